//! Confirming an authenticator app.

use crate::routes::prelude::*;

use tradewind_store::identity::factors;

use crate::identity::factor::{PENDING_NS, fresh_codes, seed_of, six_digits};
use crate::identity::{Lockout, audit, keep};

/// Confirms an enrolment with a code of the app. From now on signing in asks for one; all other sessions end.
#[utoipa::path(post, path = "/api/v1/me/mfa/totp/confirm", tag = "identity", request_body = wire::FactorCode,
    responses((status = 200, body = wire::BackupCodes),
        (status = 409, description = "Problem: SECOND_FACTOR_ENABLED, SECOND_FACTOR_NOT_PENDING.",
        body = wire::Problem, content_type = "application/problem+json")))]
pub async fn confirm_totp(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    Body(body): Body<wire::FactorCode>,
) -> ApiResult<Json<wire::BackupCodes>> {
    let _turn = state.turns.of(&caller.username).await?;
    let now = state.clock.now();
    let lockout = Lockout::new(&caller.username, &request.network());
    lockout.check(&state.store, now).await?;
    let factor = factors::of_owner(&state.store, &caller.user).await?;
    let factor = factor
        .filter(|factor| factor.enabled_at.is_some() || now.since(factor.begun_at) < PENDING_NS)
        .ok_or_else(|| ApiError::of(Code::SecondFactorNotPending))?;
    if factor.enabled_at.is_some() {
        return Err(ApiError::of(Code::SecondFactorEnabled));
    }
    let seed = seed_of(&state.keyring, &factor)?;
    let step = six_digits(&body.code).and_then(|code| seed.step_of(&code, now, factor.last_step));
    let Some(step) = step else {
        lockout.failed(&state.store, now).await?;
        let note = Note {
            outcome: "WRONG_CODE",
            ..Note::ok(&caller, "factor.enable", caller.user.as_str())
        };
        audit::write(&state, &request, note).await?;
        let text = "this is not the app's code; check the clock of its device";
        return Err(ApiError::field("code", "WRONG_CODE", text));
    };
    let (backup_codes, digests) = fresh_codes(&seed)?;
    if !factors::enable(&state.store, &factor, step, &digests, keep(&caller.via), now).await? {
        return Err(ApiError::of(Code::SecondFactorNotPending));
    }
    state.identity_changed();
    let note = Note::ok(&caller, "factor.enable", caller.user.as_str());
    audit::write(&state, &request, note).await?;
    Ok(Json(wire::BackupCodes { backup_codes }))
}

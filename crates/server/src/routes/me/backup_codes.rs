//! New backup codes.

use crate::routes::prelude::*;

use tradewind_store::identity::factors;

use crate::identity::audit;
use crate::identity::factor::{fresh_codes, seed_of};
use crate::identity::sign_in::{Proof, prove};

/// Makes new backup codes; the old ones hold no more.
#[utoipa::path(post, path = "/api/v1/me/mfa/backup-codes", tag = "identity", request_body = wire::FactorProof,
    responses((status = 200, body = wire::BackupCodes), (status = 409, description = "Problem: SECOND_FACTOR_OFF.",
        body = wire::Problem, content_type = "application/problem+json")))]
pub async fn post_backup_codes(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    Body(body): Body<wire::FactorProof>,
) -> ApiResult<Json<wire::BackupCodes>> {
    let proof = Proof {
        password: ("password", &body.password),
        code: Some(&body.code),
        action: "factor.backup_codes",
    };
    let user = prove(&state, &request, &caller, proof).await?;
    let factor = factors::of_owner(&state.store, &user.id).await?;
    let factor = factor.ok_or_else(|| ApiError::of(Code::SecondFactorOff))?;
    let (backup_codes, digests) = fresh_codes(&seed_of(&state.keyring, &factor)?)?;
    factors::replace_backup(&state.store, &user.id, &digests).await?;
    let note = Note::ok(&caller, "factor.backup_codes", user.id.as_str());
    audit::write(&state, &request, note).await?;
    Ok(Json(wire::BackupCodes { backup_codes }))
}

//! Taking one's own second factor away.

use crate::routes::prelude::*;

use tradewind_store::identity::factors;

use crate::identity::sign_in::{Proof, prove};
use crate::identity::{audit, keep};

/// Takes one's second factor and its backup codes away; all other sessions end.
#[utoipa::path(delete, path = "/api/v1/me/mfa", tag = "identity", request_body = wire::FactorProof,
    responses((status = 204), (status = 409, description = "Problem: SECOND_FACTOR_OFF.",
        body = wire::Problem, content_type = "application/problem+json")))]
pub async fn delete_mfa(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    Body(body): Body<wire::FactorProof>,
) -> ApiResult<StatusCode> {
    let proof = Proof {
        password: ("password", &body.password),
        code: Some(&body.code),
        action: "factor.disable",
    };
    let user = prove(&state, &request, &caller, proof).await?;
    if !factors::remove(&state.store, &user.id, keep(&caller.via), state.clock.now()).await? {
        return Err(ApiError::of(Code::SecondFactorOff));
    }
    state.identity_changed();
    audit::write(
        &state,
        &request,
        Note::ok(&caller, "factor.disable", user.id.as_str()),
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

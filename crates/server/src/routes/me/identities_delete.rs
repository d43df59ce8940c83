//! Unlinking an identity at a provider.

use crate::routes::prelude::*;

use tradewind_store::identity::linked;

use crate::identity::audit;
use crate::identity::sign_in::{Proof, prove};

/// Takes the link to an identity away, with one's password: whoever has none, because a provider made them, keeps it. Open
/// sessions stay.
#[utoipa::path(delete, path = "/api/v1/me/identities/{identity}", tag = "identity",
    params(("identity" = String, Path, description = "Id of the link.")), request_body = wire::PasswordProof,
    responses((status = 204), (status = 404, description = "Problem: IDENTITY_UNKNOWN.", body = wire::Problem,
        content_type = "application/problem+json")))]
pub async fn delete_identity(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    params: Params,
    Body(body): Body<wire::PasswordProof>,
) -> ApiResult<StatusCode> {
    let proof = Proof {
        password: ("password", &body.password),
        code: None,
        action: "identity.unlink",
    };
    prove(&state, &request, &caller, proof).await?;
    let id = params.text("identity");
    if !linked::delete(&state.store, &caller.user, id).await? {
        return Err(ApiError::of(Code::IdentityUnknown));
    }
    audit::write(&state, &request, Note::ok(&caller, "identity.unlink", id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

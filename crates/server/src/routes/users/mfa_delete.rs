//! Taking a person's second factor away: the app and the backup codes are lost.

use crate::routes::prelude::*;

use tradewind_store::identity::ending::Keep;
use tradewind_store::identity::factors;

use crate::identity::audit;

/// Takes a person's second factor away and ends all their sessions. Find out first that it is they who ask.
#[utoipa::path(delete, path = "/api/v1/users/{user}/mfa", tag = "identity",
    params(("user" = String, Path, description = "User id.")),
    responses((status = 204), (status = 409, description = "Problem: SECOND_FACTOR_OFF.",
        body = wire::Problem, content_type = "application/problem+json")))]
pub async fn delete_user_mfa(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<StatusCode> {
    let user = super::administered(&state, &caller, &params).await?;
    if !factors::remove(&state.store, &user.id, Keep::default(), state.clock.now()).await? {
        return Err(ApiError::of(Code::SecondFactorOff));
    }
    state.identity_changed();
    audit::write(
        &state,
        &request,
        Note::ok(&caller, "factor.reset", user.id.as_str()),
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

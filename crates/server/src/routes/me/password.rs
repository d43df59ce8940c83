//! Changing one's own password.

use crate::routes::prelude::*;

use tradewind_store::identity::users;

use crate::identity::manage::check_password;
use crate::identity::sign_in::{Proof, prove};
use crate::identity::{audit, keep};

/// Changes one's own password and ends all other sessions.
#[utoipa::path(post, path = "/api/v1/me/password", tag = "identity", request_body = wire::PasswordChange,
    responses((status = 204)))]
pub async fn post_password(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    Body(body): Body<wire::PasswordChange>,
) -> ApiResult<StatusCode> {
    let proof = Proof {
        password: ("current", &body.current),
        code: None,
        action: "password.change",
    };
    let user = prove(&state, &request, &caller, proof).await?;
    check_password("new", &body.new, &user.username)?;
    let hash = state.passwords.hash(&body.new).await?;
    let now = state.clock.now();
    users::change_password(&state.store, &user.id, &hash, keep(&caller.via), now).await?;
    state.identity_changed();
    audit::write(
        &state,
        &request,
        Note::ok(&caller, "password.change", user.id.as_str()),
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

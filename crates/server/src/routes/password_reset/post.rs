//! Asking for a link to a new password.

use crate::routes::prelude::*;

use crate::identity::reset;

/// Asks for a link by which one's password is set anew. It goes the way that the operator has configured; the answer is
/// always the same.
#[utoipa::path(post, path = "/api/v1/password-reset", tag = "identity", request_body = wire::ResetRequest,
    responses((status = 202)))]
pub async fn post_password_reset(
    State(state): State<AppState>,
    request: RequestInfo,
    Body(body): Body<wire::ResetRequest>,
) -> StatusCode {
    reset::request(&state, &request, &body.username);
    StatusCode::ACCEPTED
}

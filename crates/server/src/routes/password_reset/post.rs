//! Asking for a link to a new password.

use crate::routes::prelude::*;

use crate::identity::reset;

/// Characters of a name that is looked for.
const NAME_MAX: usize = 64;

/// Asks for a link by which one's password is set anew. It goes the way that the operator has configured; the answer is
/// always the same.
#[utoipa::path(post, path = "/api/v1/password-reset", tag = "identity", request_body = wire::ResetRequest,
    responses((status = 202)))]
pub async fn post_password_reset(
    State(state): State<AppState>,
    request: RequestInfo,
    Body(body): Body<wire::ResetRequest>,
) -> ApiResult<StatusCode> {
    // What is asked for becomes the name of a bucket of the limits; nobody has a name as long as that.
    if body.username.chars().count() > NAME_MAX {
        let text = format!("a user name has at most {NAME_MAX} characters");
        return Err(ApiError::field("username", "OUT_OF_RANGE", text));
    }
    reset::request(&state, &request, &body.username);
    Ok(StatusCode::ACCEPTED)
}

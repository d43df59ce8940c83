//! What one wants to be told of.

use crate::routes::prelude::*;

use super::notifications;

/// What one wants to be told of, how, and when not. The open web app does it; nothing is sent by mail or messenger. The
/// `ETag` is its version, 0 for who never chose.
#[utoipa::path(get, path = "/api/v1/me/notifications", tag = "identity",
    responses((status = 200, body = wire::NotificationSettings)))]
pub async fn get_notifications(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> ApiResult<impl IntoResponse> {
    let (chosen, version) = notifications::of(&state, &caller).await?;
    Ok((Tag::version(version).header()?, Json(chosen)))
}

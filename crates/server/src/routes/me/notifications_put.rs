//! Choosing what one is told of.

use crate::routes::prelude::*;

use super::notifications;

/// Chooses what one is told of, how, and when not. `If-Match` carries the `ETag` that the choice is based on.
#[utoipa::path(put, path = "/api/v1/me/notifications", tag = "identity",
    params(("If-Match" = String, Header, description = "The `ETag` of what was read before; `*` for any.")),
    request_body = wire::NotificationSettings, responses((status = 200, body = wire::NotificationSettings),
        (status = 412, description = "Problem: VERSION_CONFLICT.", body = wire::Problem, content_type = "application/problem+json"),
        (status = 428, description = "Problem: PRECONDITION_MISSING.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn put_notifications(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    based_on: IfMatch,
    Body(body): Body<wire::NotificationSettings>,
) -> ApiResult<impl IntoResponse> {
    let version: Option<u32> = based_on.needed()?.version()?;
    let chosen = notifications::checked(body)?;
    let (chosen, version) = to_its_end(async move {
        let version = notifications::put(&state, &caller, &chosen, version).await?;
        Ok::<_, ApiError>((chosen, version))
    })
    .await?;
    Ok((Tag::version(version).header()?, Json(chosen)))
}

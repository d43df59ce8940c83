//! One person.

use crate::routes::prelude::*;

use tradewind_store::identity::{factors, users};
use tradewind_types::UserId;

/// A person of one's own organisation; the version is also the `ETag`.
#[utoipa::path(get, path = "/api/v1/users/{user}", tag = "identity",
    params(("user" = String, Path, description = "User id.")), responses((status = 200, body = wire::User)))]
pub async fn get_user(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<impl IntoResponse> {
    let id: UserId = params.id("user", Code::UserUnknown)?;
    let row = users::by_id_in(&state.store, &caller.org, &id).await?;
    let row = row.ok_or_else(|| ApiError::of(Code::UserUnknown))?;
    let second_factor = factors::is_on(&state.store, &id).await?;
    let user = super::describe(row, second_factor)?;
    Ok((Tag::version(user.version).header()?, Json(user)))
}

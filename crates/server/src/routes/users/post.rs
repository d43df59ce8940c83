//! Making a person.

use crate::routes::prelude::*;

use crate::access::may_administer;
use crate::identity::audit;
use crate::identity::manage::{Person, create_user};

/// Makes a person. Only a super administrator makes administrators.
#[utoipa::path(post, path = "/api/v1/users", tag = "identity", request_body = wire::NewUser,
    responses((status = 201, body = wire::User)))]
pub async fn post_user(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    Body(body): Body<wire::NewUser>,
) -> ApiResult<impl IntoResponse> {
    if !may_administer(caller.role, body.role) {
        return Err(ApiError::new(
            Code::Forbidden,
            "only a super administrator makes administrators",
        ));
    }
    let person = Person {
        username: &body.username,
        display_name: &body.display_name,
        password: &body.password,
        role: body.role,
    };
    let row = create_user(
        &state.store,
        &state.passwords,
        &caller.org,
        &person,
        state.clock.now(),
    )
    .await?;
    let note = Note::ok(&caller, "user.create", row.id.as_str()).with(json!({"role": row.role}));
    let personal = json!({"username": row.username, "display_name": row.display_name});
    audit::write_about(&state, &request, note, row.id.as_str(), personal).await?;
    Ok((StatusCode::CREATED, Json(super::describe(row, false)?)))
}

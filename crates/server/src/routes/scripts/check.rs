//! Checking a script.

use crate::routes::prelude::*;

use crate::map;

/// Checks a script without deploying it, and tells what it declares. A script that cannot run is refused with line and
/// column.
#[utoipa::path(post, path = "/api/v1/scripts/check", tag = "strategies",
    request_body = wire::ScriptText, responses((status = 200, body = wire::ScriptChecked)))]
pub async fn check_script(Body(body): Body<wire::ScriptText>) -> ApiResult<Json<wire::ScriptChecked>> {
    Ok(Json(map::deployment::check(&body.script)?))
}

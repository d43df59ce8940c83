//! Replacing risk settings.

use crate::routes::prelude::*;

use tradewind_engine::CommandReply;

use crate::map;

/// Replaces the risk settings of an account. `If-Match` carries the version that the change is based on.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/risk", tag = "risk",
    params(("account" = String, Path, description = "Account id."),
        ("If-Match" = String, Header, description = "The `ETag` of the settings read before.")),
    request_body = wire::RiskSettings, responses((status = 200, body = wire::Risk),
        (status = 412, description = "Problem: VERSION_CONFLICT.", body = wire::Problem, content_type = "application/problem+json"),
        (status = 428, description = "Problem: PRECONDITION_MISSING.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn put_risk(
    State(state): State<AppState>,
    request: RequestInfo,
    based_on: IfMatch,
    access: AccountAccess,
    Body(body): Body<wire::RiskSettings>,
) -> ApiResult<impl IntoResponse> {
    let unversioned = || ApiError::of(Code::VersionConflict);
    let expected_version = based_on.needed()?.version()?.ok_or_else(unversioned)?;
    let settings = map::risk::settings_back(&body)?;
    let command = Command::SetRiskSettings {
        account: access.id.clone(),
        settings,
        expected_version,
    };
    let CommandReply::Risk { version } = command_as(&state, &request, &access.caller, command).await? else {
        return Err(ApiError::of(Code::Internal));
    };
    Ok((
        Tag::version(version).header()?,
        Json(wire::Risk {
            version,
            settings: body,
        }),
    ))
}

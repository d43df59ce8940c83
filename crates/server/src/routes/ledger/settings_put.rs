//! Changing how an account keeps its books.

use crate::routes::prelude::*;

use tradewind_engine::CommandReply;
use tradewind_types::record::BookTask;

use crate::map;

/// Changes how an account keeps its books. What is closed stays closed as it was; the method holds from the next fill.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/ledger/settings", tag = "accounts",
    params(("account" = String, Path, description = "Account id."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the change is based on; any when absent.")),
    request_body = wire::LedgerSettingsChange, responses((status = 200, body = wire::LedgerSettings),
        (status = 412, description = "Problem: VERSION_CONFLICT.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn put_ledger_settings(
    State(state): State<AppState>,
    request: RequestInfo,
    based_on: IfMatch,
    access: AccountAccess,
    Body(body): Body<wire::LedgerSettingsChange>,
) -> ApiResult<impl IntoResponse> {
    based_on.check(Some(&Tag::version(body.expected_version)))?;
    let settings = map::bookkeeping::settings_back(&body)?;
    let task = BookTask::Settings {
        settings: settings.clone(),
        expected_version: body.expected_version,
    };
    let command = Command::Book {
        account: access.id.clone(),
        task: Box::new(task),
        key: format!("settings:{}", body.expected_version),
        reason: "settings".to_owned(),
    };
    match command_as(&state, &request, &access.caller, command).await? {
        CommandReply::Risk { version } => {
            let settings = map::bookkeeping::settings(&settings, version);
            Ok((Tag::version(version).header()?, Json(settings)))
        }
        _ => Err(ApiError::of(Code::Internal)),
    }
}

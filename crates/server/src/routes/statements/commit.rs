//! Booking a statement.

use crate::routes::prelude::*;

use tradewind_engine::CommandReply;
use tradewind_engine::kernel::bookkeeping::RowTrial;
use tradewind_types::record::BookTask;

use super::{StatementQuery, read, try_rows};
use crate::map;

/// Books a statement that was looked at: the same file, with the `digest` of the preview. All rows that the preview
/// called booked are booked in one step, or none. Rows are known by hash, so that committing twice books nothing twice.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/statements/commit", tag = "accounts",
    params(("account" = String, Path, description = "Account id."), StatementQuery),
    request_body(content = String, content_type = "text/csv", description = "The file."),
    responses((status = 200, body = wire::Statement)))]
pub async fn commit_statement(
    State(state): State<AppState>,
    request: RequestInfo,
    access: AccountAccess,
    QueryOf(query): QueryOf<StatementQuery>,
    file: FileBody,
) -> ApiResult<Json<wire::Statement>> {
    let Some(digest) = query.digest.clone() else {
        return Err(ApiError::field(
            "digest",
            "MISSING",
            "the digest that the preview told is needed",
        ));
    };
    let mut statement = read(&query, file).await?;
    if statement.digest != digest {
        return Err(ApiError::field(
            "digest",
            "OTHER_FILE",
            "this is not the file that was looked at",
        ));
    }
    let trials = try_rows(&state, &access.id, &statement.rows).await?;
    let fits: Vec<_> = statement
        .rows
        .iter()
        .zip(&trials)
        .filter(|(_, trial)| **trial == RowTrial::Fits)
        .map(|(row, _)| row.clone())
        .collect();
    let answer = map::bookkeeping::statement(&statement, &trials);
    if fits.is_empty() {
        return Ok(Json(answer));
    }
    statement.rows = fits;
    let command = Command::Book {
        account: access.id.clone(),
        task: Box::new(BookTask::Import {
            preset: statement.preset.name().to_owned(),
            digest: statement.digest.clone(),
            rows: statement.rows,
        }),
        key: format!("statement:{}", statement.digest),
        reason: format!("statement {}", statement.preset),
    };
    match command_as(&state, &request, &access.caller, command).await? {
        CommandReply::Imported { .. } => Ok(Json(answer)),
        _ => Err(ApiError::of(Code::Internal)),
    }
}

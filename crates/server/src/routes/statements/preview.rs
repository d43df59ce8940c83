//! Looking at a statement before it is booked.

use crate::routes::prelude::*;

use super::{StatementQuery, read, try_rows};
use crate::map;

/// Reads a CSV or XLSX statement (at most 10 MB, the body is the file) and says what committing it would book: rows that
/// fit, rows booked before, rows that move nothing, rows refused with line, column and reason, and what it comes to.
/// Nothing is booked.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/statements/preview", tag = "accounts",
    params(("account" = String, Path, description = "Account id."), StatementQuery),
    request_body(content = String, content_type = "text/csv", description = "The file."),
    responses((status = 200, body = wire::Statement)))]
pub async fn preview_statement(
    State(state): State<AppState>,
    access: AccountAccess,
    QueryOf(query): QueryOf<StatementQuery>,
    file: FileBody,
) -> ApiResult<Json<wire::Statement>> {
    let statement = read(&query, file).await?;
    let trials = try_rows(&state, &access.id, &statement.rows).await?;
    Ok(Json(map::bookkeeping::statement(&statement, &trials)))
}

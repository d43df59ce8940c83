//! Deleting a file.

use crate::routes::prelude::*;

use crate::routes::backtests::blocking;

/// Deletes a file, unless a backtest that may still run reads it.
#[utoipa::path(delete, path = "/api/v1/backtest-files/{file}", tag = "backtests",
    params(("file" = String, Path, description = "The file's name.")), responses((status = 204)))]
pub async fn delete_backtest_file(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<StatusCode> {
    let name = params.text("file").to_owned();
    blocking(&state, move |jobs| jobs.delete_file(&caller.user, &name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

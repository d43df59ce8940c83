//! Sending a file.

use crate::routes::prelude::*;

use axum::extract::Request;
use futures_util::StreamExt as _;

use crate::routes::backtests::blocking;

/// Bytes gathered before the disk is written to.
const PART_BYTES: usize = 1 << 20;

/// Keeps a file of market data (CSV, gzipped CSV, Parquet) or a script (`.rhai`) for one's own backtests. The body is the
/// file, at most 256 MB. A name that is taken is refused: files are not changed.
#[utoipa::path(put, path = "/api/v1/backtest-files/{file}", tag = "backtests",
    params(("file" = String, Path, description = "The file's name, e.g. `spy.1d.csv`.")),
    request_body(content = String, content_type = "application/octet-stream", description = "The file."),
    responses((status = 201, body = wire::BacktestFile)))]
pub async fn put_backtest_file(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    params: Params,
    request: Request,
) -> ApiResult<impl IntoResponse> {
    let name = params.text("file").to_owned();
    let user = caller.user.clone();
    let owner = user.clone();
    let mut upload = blocking(&state, move |jobs| jobs.upload(&owner, &name)).await?;
    let mut body = request.into_body().into_data_stream();
    let mut part = Vec::new();
    let mut over = false;
    while !over {
        match body.next().await {
            Some(Ok(bytes)) => part.extend_from_slice(&bytes),
            Some(Err(_)) => return Err(ApiError::new(Code::BadRequest, "the body ended early")),
            None => over = true,
        }
        if over || part.len() >= PART_BYTES {
            let bytes = std::mem::take(&mut part);
            let step = move |_: &_| upload.write(&bytes).map(|()| upload);
            upload = blocking(&state, step).await?;
        }
    }
    let kept = blocking(&state, move |jobs| jobs.keep_upload(&user, upload, None)).await?;
    Ok((StatusCode::CREATED, Json(kept)))
}

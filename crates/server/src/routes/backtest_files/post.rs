//! A file of the program's own bars.

use crate::routes::prelude::*;

use tradewind_types::UnixNanos;
use tradewind_types::market::BarInterval;

use crate::map;
use crate::routes::backtests::blocking;

/// Most rows of a file.
const BARS_MAX: usize = 20_000;

/// Keeps the closed bars that the program has of an instrument as a CSV file for one's own backtests.
#[utoipa::path(post, path = "/api/v1/backtest-files", tag = "backtests", request_body = wire::NewBacktestFile,
    responses((status = 201, body = wire::BacktestFile)))]
pub async fn post_backtest_file(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(body): Body<wire::NewBacktestFile>,
) -> ApiResult<impl IntoResponse> {
    let interval: BarInterval =
        body.interval
            .parse()
            .map_err(|e: tradewind_types::market::bars::BadInterval| {
                ApiError::field("interval", "MALFORMED", e.to_string())
            })?;
    let Some(id) = known_instrument(&state, Some(&body.instrument)).await? else {
        return Err(ApiError::of(Code::InstrumentUnknown));
    };
    let name = body.name.unwrap_or_else(|| format!("{id}-{interval}.csv"));
    let bars = state.engine.query(move |kernel| {
        let (instrument, market) = kernel.market(&id)?;
        let mut read = market.bars(interval, UnixNanos(0), kernel.now(), BARS_MAX);
        read.bars.truncate(read.closed);
        Some((instrument.clone(), read.bars))
    });
    let Some((instrument, bars)) = bars.await? else {
        return Err(ApiError::of(Code::InstrumentUnknown));
    };
    if bars.is_empty() {
        let text = format!("there is no closed bar of {interval} yet");
        return Err(ApiError::field("interval", "NO_DATA", text));
    }
    let mut csv = String::from("ts,open,high,low,close,volume\n");
    for bar in &bars {
        let b = map::market::bar(&instrument, bar, true);
        let volume = b.volume.unwrap_or_default();
        let row = format!(
            "{},{},{},{},{},{}\n",
            bar.ts, b.open, b.high, b.low, b.close, volume
        );
        csv.push_str(&row);
    }
    let rows = bars.len() as u64;
    let kept = blocking(&state, move |jobs| {
        let mut upload = jobs.upload(&caller.user, &name)?;
        upload.write(csv.as_bytes())?;
        jobs.keep_upload(&caller.user, upload, Some(rows))
    });
    Ok((StatusCode::CREATED, Json(kept.await?)))
}

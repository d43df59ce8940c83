//! Stored market data: what there is, gaps, quality, backfill, compaction, retention.

pub mod backfill;
pub mod compact;
pub mod gaps;
pub mod list;
pub mod quality;
pub mod retention_get;
pub mod retention_post;

use std::sync::Arc;

use tradewind_engine::runtime::ALWAYS;
use tradewind_store::catalog::Series;
use tradewind_types::InstrumentId;
use tradewind_types::time::DAY_NS;

use super::prelude::*;
use crate::catalogue::{BARS_MAX, Catalogue};

/// The catalogue of the program.
fn of(state: &AppState) -> ApiResult<Arc<Catalogue>> {
    let catalogue = state.catalogue.as_ref().map(Arc::clone);
    catalogue.ok_or_else(|| ApiError::of(Code::CatalogueUnavailable))
}

/// A series of bars by the names of its instrument and interval.
fn series(instrument: &str, interval: &str) -> ApiResult<Series> {
    let id: InstrumentId = instrument
        .parse()
        .map_err(|e: tradewind_types::IdError| ApiError::field("instrument", "MALFORMED", e.to_string()))?;
    let interval = crate::bars::interval(interval)?;
    if interval.is_time() {
        return Ok(Series::bars(id, interval));
    }
    let detail =
        format!("{interval} bars are built from trades; the catalogue keeps bars of time such as 1m");
    Err(ApiError::field("interval", "NOT_KEPT", detail))
}

/// Refuses a stretch of time that has room for more bars than one question may look at.
fn within_reach(field: &'static str, series: &Series, span_ns: u64) -> ApiResult<()> {
    let each = series.interval.map_or(1, |interval| interval.nanos().max(1));
    if span_ns / each <= BARS_MAX {
        return Ok(());
    }
    let days = (each.saturating_mul(BARS_MAX) / DAY_NS).max(1);
    let detail = format!("at most {days} days of {} bars at once", series.interval_name());
    Err(ApiError::field(field, "OUT_OF_RANGE", detail))
}

/// The calendar that is named, else the instrument's own, else none.
async fn calendar(state: &AppState, named: Option<String>, id: &InstrumentId) -> ApiResult<String> {
    if let Some(named) = named {
        return Ok(named);
    }
    let id = id.clone();
    let own = state.engine.query(move |kernel| {
        let (instrument, _) = kernel.market(&id)?;
        Some(instrument.calendar.to_string())
    });
    Ok(own.await?.unwrap_or_else(|| ALWAYS.to_owned()))
}

//! Filling gaps on request: the same questions that the running program asks by itself, as many as a request has time
//! for.

use tradewind_engine::runtime::SessionSource;
use tradewind_store::catalog::gaps::{GapRules, History};
use tradewind_store::catalog::{Catalog, CatalogError};
use tradewind_types::UnixNanos;
use tradewind_types::time::{DAY_NS, SECOND_NS};

use super::{BackfillAsked, BackfillDone, SETTLED_NS, bound, gaps_of, joined, sessions_between};

/// Questions of one request.
const ASKED_MAX: u64 = 60;
/// How long a venue that had nothing is not asked again by hand: a repeated request goes on with what is further back.
const ASK_AGAIN_NS: i64 = 600 * SECOND_NS as i64;

/// When markets trade, and whose calendar counts.
#[derive(Clone, Copy)]
pub struct Trading<'a> {
    /// Sessions by calendar.
    pub sessions: &'a SessionSource,
    /// The instrument's calendar.
    pub calendar: &'a str,
}

/// Asks a history for what is missing in a series, the latest first.
///
/// # Errors
/// When the catalogue fails, or the calendar is not known. What a venue says is among the failures of the answer.
pub async fn fill_by_hand(
    catalog: &Catalog,
    history: &impl History,
    asked: &BackfillAsked,
    trading: Trading<'_>,
    (now, rules): (UnixNanos, &GapRules),
) -> Result<BackfillDone, CatalogError> {
    let series = &asked.series;
    let settled = UnixNanos(now.0.saturating_sub(SETTLED_NS));
    let to = asked.to.map_or(settled, |to| to.min(settled));
    let back = UnixNanos(to.0.saturating_sub(u64::from(rules.days_back) * DAY_NS));
    let times = asked.from.unwrap_or(back)..to;
    if times.start >= times.end {
        return Ok(BackfillDone::default());
    }
    let rules = series.interval.map_or(*rules, |interval| rules.of(interval));
    let rules = GapRules {
        days_back: u16::MAX,
        ask_again_ns: rules.ask_again_ns.min(ASK_AGAIN_NS),
        // Somebody asks: whether the history has ended is theirs to say.
        empty_max: u32::MAX,
        asked_max: ASKED_MAX,
        ..rules
    };
    let sessions = sessions_between(trading.sessions, trading.calendar, times.clone());
    let sessions = sessions.map_err(CatalogError::Refused)?;
    let range = bound(times.start)..bound(times.end);
    let look = || {
        gaps_of(
            catalog,
            series,
            sessions.clone(),
            (range.clone(), range.end),
            &rules,
        )
    };
    let gaps = look().await?;
    if gaps.is_empty() {
        return Ok(BackfillDone::default());
    }
    let filled = catalog
        .backfill(series, &gaps, history, (bound(now), &rules))
        .await?;
    let left = if filled.added > 0 { look().await? } else { gaps };
    Ok(BackfillDone {
        filled,
        gaps_left: joined(left).len() as u64,
    })
}

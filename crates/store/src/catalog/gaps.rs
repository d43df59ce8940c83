//! What is missing in a series of bars, and how it is fetched: the plan is pure, the sessions are handed in, the
//! venue's history is a trait.

use std::future::Future;
use std::ops::Range;

use tradewind_types::time::{DAY_NS, SECOND_NS};

use super::merge::{Change, Rule};
use super::partition::by_place;
use super::place::Series;
use super::rows::Rows;
use super::{Catalog, CatalogError};
use crate::StoreError;
use crate::db::from_sql;

/// What counts as a gap, and how gaps are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GapRules {
    /// Stretches in session without a bar up to this long are none, in nanoseconds.
    pub longer_than_ns: i64,
    /// How far back is looked, in days.
    pub days_back: u16,
    /// Length of one question to a venue, in nanoseconds.
    pub batch_ns: i64,
    /// How long a venue that had nothing is not asked again, in nanoseconds.
    pub ask_again_ns: i64,
}

impl Default for GapRules {
    /// Above 3 minutes, 30 days back, 120 minutes a question, again after a day.
    fn default() -> Self {
        let minute = 60 * SECOND_NS as i64;
        Self {
            longer_than_ns: 3 * minute,
            days_back: 30,
            batch_ns: 120 * minute,
            ask_again_ns: DAY_NS as i64,
        }
    }
}

/// A stretch in session without bars: `from <= t < to`, nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Gap {
    /// Its begin.
    pub from: i64,
    /// Its end.
    pub to: i64,
    /// Bars that would fill it.
    pub bars: u64,
}

/// The gaps of a series up to now. `ts` are opening times in order; `sessions` are (open, close) in order, without
/// overlap; only what is inside of `times` and not further back than the rules say is looked at.
#[must_use]
pub fn scan(
    ts: &[i64],
    interval_ns: i64,
    sessions: impl IntoIterator<Item = (i64, i64)>,
    (times, now): (Range<i64>, i64),
    rules: &GapRules,
) -> Vec<Gap> {
    let interval_ns = interval_ns.max(1);
    let back = i64::from(rules.days_back) * DAY_NS as i64;
    let (first, last) = (times.start.max(now.saturating_sub(back)), times.end.min(now));
    let mut gaps = Vec::new();
    let mut at = 0;
    for (open, close) in sessions {
        if interval_ns >= DAY_NS as i64 {
            // A bar of a day may be stamped anywhere from the UTC midnight before the open on.
            let from = open - open.rem_euclid(DAY_NS as i64);
            at += ts[at..].partition_point(|t| *t < from);
            let there = ts.get(at).is_some_and(|t| *t < close);
            if !there && open >= first && close <= last {
                gaps.push(Gap {
                    from: open,
                    to: close,
                    bars: 1,
                });
            }
            continue;
        }
        let (open, close) = (open.max(first), close.min(last));
        if open >= close {
            continue;
        }
        // A bar that opened before may reach into the session.
        at += ts[at..].partition_point(|t| *t < open);
        let mut known = open;
        if at > 0 && ts[at - 1] + interval_ns > open {
            known = ts[at - 1] + interval_ns;
        }
        while known < close {
            let next = ts.get(at).copied().filter(|t| *t < close);
            let upto = next.unwrap_or(close);
            // Of the running interval nothing can be known yet.
            let whole = (upto - known) / interval_ns * interval_ns;
            if upto - known > rules.longer_than_ns && whole > 0 {
                gaps.push(Gap {
                    from: known,
                    to: if next.is_some() { upto } else { known + whole },
                    bars: (whole / interval_ns) as u64,
                });
            }
            let Some(next) = next else { break };
            known = known.max(next + interval_ns);
            at += 1;
        }
    }
    gaps
}

/// Gaps cut into questions of a bounded length.
#[must_use]
pub fn batches(gaps: &[Gap], rules: &GapRules) -> Vec<Range<i64>> {
    let step = rules.batch_ns.max(1);
    let mut found = Vec::new();
    for gap in gaps {
        let mut from = gap.from;
        while from < gap.to {
            let to = from.saturating_add(step).min(gap.to);
            found.push(from..to);
            from = to;
        }
    }
    found
}

/// A venue's history of bars.
pub trait History: Send + Sync {
    /// Bars of a series with `from <= ts < to`, in any order; an empty table where the venue has none.
    ///
    /// # Errors
    /// What the venue says.
    fn bars(&self, series: &Series, times: Range<i64>) -> impl Future<Output = Result<Rows, String>> + Send;
}

/// What a backfill did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Filled {
    /// Questions asked.
    pub asked: u64,
    /// Questions not asked, since the venue had nothing lately.
    pub skipped: u64,
    /// Questions that the venue had nothing for.
    pub empty: u64,
    /// What the answers did.
    pub change: Change,
    /// The first failures.
    pub failures: Vec<String>,
}

/// Failures that a backfill tells.
const FAILURES_MAX: usize = 10;

impl Catalog {
    /// The gaps of a series of bars, as [`scan`].
    ///
    /// # Errors
    /// As [`Catalog::read`].
    pub async fn gaps(
        &self,
        series: &Series,
        sessions: impl IntoIterator<Item = (i64, i64)>,
        (times, now): (Range<i64>, i64),
        rules: &GapRules,
    ) -> Result<Vec<Gap>, CatalogError> {
        let interval_ns = series.interval.map_or(0, |interval| interval.nanos() as i64);
        let back = i64::from(rules.days_back) * DAY_NS as i64;
        let from = times
            .start
            .max(now.saturating_sub(back))
            .saturating_sub(DAY_NS as i64);
        let bars = self.bars(series.clone(), from..times.end).await?;
        Ok(scan(&bars.ts, interval_ns, sessions, (times, now), rules))
    }

    /// Fetches what is missing, question by question; each answer is in the catalogue before the next is asked.
    ///
    /// # Errors
    /// When the catalogue fails. What a venue says is among the failures of the answer.
    pub async fn backfill(
        &self,
        series: &Series,
        gaps: &[Gap],
        history: &impl History,
        (now, rules): (i64, &GapRules),
    ) -> Result<Filled, CatalogError> {
        let mut filled = Filled::default();
        for times in batches(gaps, rules) {
            if self.asked_lately(series, &times, (now, rules)).await? {
                filled.skipped += 1;
                continue;
            }
            filled.asked += 1;
            let rows = match history.bars(series, times.clone()).await {
                Ok(rows) => rows,
                Err(why) => {
                    if filled.failures.len() < FAILURES_MAX {
                        filled.failures.push(why);
                    }
                    continue;
                }
            };
            filled.empty += u64::from(rows.is_empty());
            self.note_asked(series, &times, (now, rows.len())).await?;
            if rows.is_empty() {
                continue;
            }
            let mut session = self.session().await?;
            for (place, rows) in by_place(&series.shelf(), &rows)? {
                session
                    .add(&place, rows, Rule::LatestWrite { input: now })
                    .await?;
            }
            filled.change += session.commit().await?;
        }
        Ok(filled)
    }

    async fn asked_lately(
        &self,
        series: &Series,
        times: &Range<i64>,
        (now, rules): (i64, &GapRules),
    ) -> Result<bool, CatalogError> {
        let Some(tail) = &self.tail else {
            return Ok(false);
        };
        let found: Option<(i64,)> = sqlx::query_as(
            "SELECT asked_at FROM catalog_asked WHERE instrument = $1 AND bar_interval = $2 AND from_ts <= $3 \
             AND to_ts >= $4 AND found_rows = 0 ORDER BY asked_at DESC LIMIT 1",
        )
        .bind(series.instrument.to_string())
        .bind(series.interval_name())
        .bind(times.start)
        .bind(times.end)
        .fetch_optional(tail.db().reader())
        .await
        .map_err(StoreError::from)?;
        let asked_at = found.map(|(at,)| from_sql(at).0 as i64);
        Ok(asked_at.is_some_and(|at| now.saturating_sub(at) < rules.ask_again_ns))
    }

    async fn note_asked(
        &self,
        series: &Series,
        times: &Range<i64>,
        (now, rows): (i64, usize),
    ) -> Result<(), CatalogError> {
        let Some(tail) = &self.tail else {
            return Ok(());
        };
        sqlx::query(
            "INSERT INTO catalog_asked (instrument, bar_interval, from_ts, to_ts, asked_at, found_rows) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (instrument, bar_interval, from_ts, to_ts) \
             DO UPDATE SET asked_at = excluded.asked_at, found_rows = excluded.found_rows",
        )
        .bind(series.instrument.to_string())
        .bind(series.interval_name())
        .bind(times.start)
        .bind(times.end)
        .bind(now)
        .bind(rows as i64)
        .execute(tail.db().writer())
        .await
        .map_err(StoreError::from)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000_000;
    const DAY: i64 = DAY_NS as i64;

    fn gaps(minutes: &[i64], sessions: &[(i64, i64)], now: i64) -> Vec<(i64, i64, u64)> {
        let ts: Vec<i64> = minutes.iter().map(|m| m * MINUTE).collect();
        let sessions = sessions.iter().map(|(a, b)| (a * MINUTE, b * MINUTE));
        let found = scan(
            &ts,
            MINUTE,
            sessions,
            (0..i64::MAX, now * MINUTE),
            &GapRules::default(),
        );
        found
            .iter()
            .map(|g| (g.from / MINUTE, g.to / MINUTE, g.bars))
            .collect()
    }

    #[test]
    fn only_stretches_in_session_above_three_minutes_are_gaps() {
        // 3 missing bars are 3 minutes: none. 4 are a gap.
        assert_eq!(gaps(&[0, 4, 5], &[(0, 6)], 100), []);
        assert_eq!(gaps(&[0, 5], &[(0, 6)], 100), [(1, 5, 4)]);
        // At the begin and the end of a session.
        assert_eq!(gaps(&[14, 15], &[(10, 20)], 100), [(10, 14, 4), (16, 20, 4)]);
        // Nothing between sessions; a session without any bar.
        assert_eq!(
            gaps(&[0, 1, 50, 51], &[(0, 2), (20, 30), (50, 52)], 100),
            [(20, 30, 10)]
        );
        // Not beyond now, and not into the running interval.
        assert_eq!(gaps(&[0], &[(0, 60)], 10), [(1, 10, 9)]);
        assert_eq!(gaps(&[], &[(0, 60)], 0), []);
    }

    #[test]
    fn nothing_further_back_than_thirty_days_is_looked_at() {
        let now = 40 * 24 * 60;
        let found = gaps(&[], &[(0, 60), (39 * 24 * 60, 39 * 24 * 60 + 60)], now);
        assert_eq!(found, [(39 * 24 * 60, 39 * 24 * 60 + 60, 60)]);
    }

    #[test]
    fn a_session_without_its_daily_bar_is_a_gap() {
        let sessions = [
            (DAY + 5 * MINUTE, DAY + 90 * MINUTE),
            (2 * DAY + 5 * MINUTE, 2 * DAY + 90 * MINUTE),
        ];
        let found = scan(
            &[DAY],
            DAY,
            sessions,
            (0..i64::MAX, 3 * DAY),
            &GapRules::default(),
        );
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].from, found[0].bars), (2 * DAY + 5 * MINUTE, 1));
    }

    #[test]
    fn questions_are_two_hours_long_at_most() {
        let gap = Gap {
            from: 0,
            to: 250 * MINUTE,
            bars: 250,
        };
        let asked = batches(&[gap], &GapRules::default());
        assert_eq!(
            asked,
            [
                0..120 * MINUTE,
                120 * MINUTE..240 * MINUTE,
                240 * MINUTE..250 * MINUTE
            ]
        );
    }
}

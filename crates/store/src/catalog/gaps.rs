//! What is missing in a series of bars, and how it is fetched: the plan is pure, the sessions are handed in, the
//! venue's history is a trait.

use std::future::Future;
use std::ops::Range;

use tradewind_types::UnixNanos;
use tradewind_types::market::{BarGrid, BarInterval};
use tradewind_types::time::{DAY_NS, SECOND_NS};

use super::place::Series;
use super::rows::Rows;
use super::{Catalog, CatalogError};
use crate::db::from_sql;
use crate::sql;

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
    /// After how many questions in a row that the venue had nothing for its history counts as ended.
    pub empty_max: u32,
    /// Questions of one backfill at most.
    pub asked_max: u64,
}

/// Bars of one question at least, so that those of long intervals are not asked for one by one.
const BATCH_BARS: i64 = 120;

impl GapRules {
    /// The rules for bars of an interval: a question is for 120 of them at least.
    #[must_use]
    pub fn of(self, interval: BarInterval) -> Self {
        let bars = (interval.nanos() as i64).saturating_mul(BATCH_BARS);
        Self {
            batch_ns: self.batch_ns.max(bars),
            ..self
        }
    }
}

impl Default for GapRules {
    /// Above 3 minutes, 30 days back, 120 minutes a question, again after a day; ended after 12 questions for nothing.
    fn default() -> Self {
        let minute = 60 * SECOND_NS as i64;
        Self {
            longer_than_ns: 3 * minute,
            days_back: 30,
            batch_ns: 120 * minute,
            ask_again_ns: DAY_NS as i64,
            empty_max: 12,
            asked_max: u64::MAX,
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
///
/// Of `D`, `W` and `M` one bar is wanted for each day, week or month that has a session and lies inside whole. A session
/// counts to the UTC day in which it closes.
#[must_use]
pub fn scan(
    ts: &[i64],
    interval: BarInterval,
    sessions: impl IntoIterator<Item = (i64, i64)>,
    (times, now): (Range<i64>, i64),
    rules: &GapRules,
) -> Vec<Gap> {
    let back = i64::from(rules.days_back) * DAY_NS as i64;
    let times = times.start.max(now.saturating_sub(back))..times.end.min(now);
    if interval.nanos() >= DAY_NS {
        return scan_long(ts, interval, sessions, &times);
    }
    let interval_ns = (interval.nanos() as i64).max(1);
    let mut gaps = Vec::new();
    let mut at = 0;
    for (open, close) in sessions {
        let (open, close) = (open.max(times.start), close.min(times.end));
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

/// The sessions of one day, week or month.
struct Period {
    slot: Range<i64>,
    open: i64,
    close: i64,
}

fn scan_long(
    ts: &[i64],
    interval: BarInterval,
    sessions: impl IntoIterator<Item = (i64, i64)>,
    times: &Range<i64>,
) -> Vec<Gap> {
    let mut periods: Vec<Period> = Vec::new();
    for (open, close) in sessions {
        let end = UnixNanos(close.saturating_sub(1).unsigned_abs());
        let Some(slot) = BarGrid::Utc.slot(interval, end) else {
            continue;
        };
        let slot = slot.start.0 as i64..slot.end.0 as i64;
        match periods.last_mut().filter(|last| last.slot == slot) {
            Some(last) => last.close = close,
            None => periods.push(Period { slot, open, close }),
        }
    }
    let whole = |period: &Period| match interval {
        // Of the day the sessions are all there is; a week or month may have some beyond those handed in.
        BarInterval::DAY => period.open >= times.start && period.close <= times.end,
        _ => period.slot.start >= times.start && period.slot.end <= times.end,
    };
    let missing = |period: &Period| {
        // A bar is stamped with the first opening, or with the midnight at which its period begins.
        let from = period.open.min(period.slot.start);
        let at = ts.partition_point(|t| *t < from);
        ts.get(at).is_none_or(|t| *t >= period.close)
    };
    let gap = |period: &Period| Gap {
        from: period.open,
        to: period.close,
        bars: 1,
    };
    periods
        .iter()
        .filter(|period| whole(period) && missing(period))
        .map(gap)
        .collect()
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
    /// Bars that the answers added.
    pub added: u64,
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
        let interval = series
            .interval
            .ok_or_else(|| CatalogError::Refused(format!("{series}: gaps are looked for in bars alone")))?;
        let back = i64::from(rules.days_back) * DAY_NS as i64;
        let from = times
            .start
            .max(now.saturating_sub(back))
            .saturating_sub(DAY_NS as i64);
        let bars = self.bars(series.clone(), from..times.end).await?;
        Ok(scan(&bars.ts, interval, sessions, (times, now), rules))
    }

    /// Fetches what is missing, question by question, the latest first; each answer is in the catalogue before the next is
    /// asked. Where the venue had nothing several times in a row its history has ended: what is older is left.
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
        let mut nothing = 0;
        for times in batches(gaps, rules).into_iter().rev() {
            if nothing >= rules.empty_max || filled.asked >= rules.asked_max {
                break;
            }
            if self.asked_lately(series, &times, (now, rules)).await? {
                filled.skipped += 1;
                nothing += 1;
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
            filled.added += self.fill(series, &rows).await?;
            self.note_asked(series, &times, (now, rows.len())).await?;
            if rows.is_empty() {
                filled.empty += 1;
                nothing += 1;
            } else {
                nothing = 0;
            }
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
        let found = sql::query(
            "SELECT asked_at FROM catalog_asked WHERE instrument = $1 AND bar_interval = $2 AND from_ts <= $3 \
             AND to_ts >= $4 AND found_rows = 0 ORDER BY asked_at DESC LIMIT 1",
        )
        .bind(series.instrument.to_string())
        .bind(series.interval_name())
        .bind(times.start)
        .bind(times.end)
        .fetch_optional(tail.db())
        .await?;
        let asked_at: Option<i64> = found.map(|row| row.at(0)).transpose()?;
        let asked_at = asked_at.map(|at| from_sql(at).0 as i64);
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
        sql::query(
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
        .execute(tail.db())
        .await?;
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
            BarInterval::M1,
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
            BarInterval::DAY,
            sessions,
            (0..i64::MAX, 3 * DAY),
            &GapRules::default(),
        );
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].from, found[0].bars), (2 * DAY + 5 * MINUTE, 1));
    }

    #[test]
    fn a_week_or_month_wants_one_bar_not_one_of_every_session() {
        // 2024-01-01 is a Monday; New York's hours, five days a week, for five weeks.
        let monday = 19_723 * DAY;
        let session = |day: i64| {
            (
                monday + day * DAY + 870 * MINUTE,
                monday + day * DAY + 1_260 * MINUTE,
            )
        };
        let sessions: Vec<_> = (0..35).filter(|day| day % 7 < 5).map(session).collect();
        let found = |interval: BarInterval, ts: &[i64], until: i64| {
            let rules = GapRules {
                days_back: 60,
                ..GapRules::default()
            };
            let times = (monday..i64::MAX, monday + until * DAY);
            scan(ts, interval, sessions.iter().copied(), times, &rules)
        };
        // Stamped at Monday's midnight, or when Monday's session opens.
        let weeks = [monday, session(7).0, monday + 14 * DAY, session(28).0];
        let gaps = found(BarInterval::WEEK, &weeks, 35);
        assert_eq!(gaps.len(), 1);
        assert_eq!(
            (gaps[0].from, gaps[0].to, gaps[0].bars),
            (session(21).0, session(25).1, 1)
        );
        // The week that runs is no gap, nor is the month.
        assert_eq!(found(BarInterval::WEEK, &weeks[..3], 27), []);
        assert_eq!(found(BarInterval::MONTH, &[], 30), []);
        assert_eq!(found(BarInterval::MONTH, &[], 35).len(), 1);
        assert_eq!(found(BarInterval::MONTH, &[session(0).0], 35), []);
    }

    #[test]
    fn the_bar_of_the_day_before_is_not_taken_for_a_session_that_opens_in_the_evening() {
        // 23:00 to 22:00 UTC, as on Globex; the bar of the first day is stamped with its midnight.
        let sessions = [
            (DAY - 60 * MINUTE, DAY + 1_320 * MINUTE),
            (2 * DAY - 60 * MINUTE, 2 * DAY + 1_320 * MINUTE),
        ];
        let found = |ts: &[i64]| {
            let times = (0..i64::MAX, 4 * DAY);
            scan(ts, BarInterval::DAY, sessions, times, &GapRules::default())
        };
        assert_eq!(found(&[DAY]).len(), 1);
        assert_eq!(found(&[DAY, 2 * DAY]), []);
        assert_eq!(found(&[DAY - 60 * MINUTE, 2 * DAY - 60 * MINUTE]), []);
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

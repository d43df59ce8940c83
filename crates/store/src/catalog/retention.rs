//! What is kept how long, and what becomes of the rest. A plan first, which changes nothing; then the plan is carried
//! out, interval by interval.

use std::ops::Range;
use std::str::FromStr;

use tradewind_types::market::{Bar, BarGrid, BarInterval, BarSlot, Known, aggregate_on};
use tradewind_types::time::DAY_NS;
use tradewind_types::{InstrumentId, InstrumentIdx, UnixNanos};

use super::decode::OpenFile;
use super::figures::NONE_WIDE;
use super::history::{Shape, bar};
use super::merge::Rule;
use super::partition::by_place;
use super::place::{Place, Series, is_long, midnight};
use super::read::Query;
use super::rows::Rows;
use super::schema::Kind;
use super::session::Session;
use super::tail::bar_row;
use super::{Catalog, CatalogError};

/// One rule: the first that fits a file counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// What the file holds.
    pub kind: Kind,
    /// Bars of these lengths in seconds, both ends included; `None` for all, and for everything else.
    pub interval_secs: Option<(u32, u32)>,
    /// Days that it is kept after its last possible row; `None` = for ever.
    pub keep_days: Option<u32>,
    /// Bars that it is made into before it goes.
    pub into: Option<BarInterval>,
}

/// The defaults: ticks, option snapshots and bars below a minute 30 days; bars below a day 5 years, then made into
/// daily ones; daily and longer bars for ever.
#[must_use]
pub fn default_policies() -> Vec<Policy> {
    let ticks = |kind| Policy {
        kind,
        interval_secs: None,
        keep_days: Some(30),
        into: None,
    };
    let bars = |secs_max: Option<u32>, days, into| Policy {
        kind: Kind::Bars,
        interval_secs: secs_max.map(|most| (0, most)),
        keep_days: days,
        into,
    };
    let minute = Some(BarInterval::M1);
    let day = Some(BarInterval::DAY);
    vec![
        ticks(Kind::Trades),
        ticks(Kind::Quotes),
        ticks(Kind::Options),
        bars(Some(59), Some(30), minute),
        bars(Some(86_399), Some(5 * 366), day),
        bars(None, None, None),
    ]
}

/// Policies as somebody wishes them, and behind them the defaults for all else.
#[must_use]
pub fn before_defaults(own: &[Policy]) -> Vec<Policy> {
    own.iter().copied().chain(default_policies()).collect()
}

/// A text that is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no policy; right are trades=7, 1m=365:D, <=30s=7, D=forever: kind or interval, days, and bars to make first"
)]
pub struct BadPolicy(String);

impl FromStr for Policy {
    type Err = BadPolicy;

    /// `trades=7`, `1m=365:D`, `<=5m=30`, `D=forever`: what, the days that it is kept, and the bars of time that it is
    /// made into before it goes.
    fn from_str(text: &str) -> Result<Self, BadPolicy> {
        let refuse = || BadPolicy(text.to_owned());
        let time = |text: &str| -> Result<BarInterval, BadPolicy> {
            let interval = text.parse().ok();
            interval.filter(|i: &BarInterval| i.is_time()).ok_or_else(refuse)
        };
        let (what, rest) = text.rsplit_once('=').ok_or_else(refuse)?;
        let (days, into) = match rest.split_once(':') {
            Some((days, into)) => (days, Some(time(into)?)),
            None => (rest, None),
        };
        let keep_days = match days {
            "forever" => None,
            days => Some(days.parse().map_err(|_| refuse())?),
        };
        let (kind, interval_secs) = match (what.parse::<Kind>(), what.strip_prefix("<=")) {
            (Ok(kind), _) => (kind, None),
            (Err(_), upto) => {
                let interval = time(upto.unwrap_or(what))?;
                let least = if upto.is_some() { 0 } else { interval.secs() };
                (Kind::Bars, Some((least, interval.secs())))
            }
        };
        // Only bars are made into longer ones, and only when they go.
        if into.is_some() && (kind != Kind::Bars || keep_days.is_none()) {
            return Err(refuse());
        }
        Ok(Policy {
            kind,
            interval_secs,
            keep_days,
            into,
        })
    }
}

/// What is to be done with one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The file.
    pub place: Place,
    /// Its rows.
    pub rows: u64,
    /// Its bytes.
    pub bytes: u64,
    /// Bars that it is made into first.
    pub into: Option<BarInterval>,
}

impl Policy {
    fn fits(&self, place: &Place) -> bool {
        let shelf = &place.shelf;
        let long_enough = match (self.interval_secs, shelf.interval) {
            (Some((least, most)), Some(interval)) => {
                interval.is_time() && (least..=most).contains(&interval.secs())
            }
            (Some(_), None) => false,
            (None, _) => true,
        };
        self.kind == shelf.kind && long_enough
    }
}

impl Catalog {
    /// Which files the policies would take away now.
    ///
    /// # Errors
    /// When a file fails.
    pub async fn due(&self, policies: &[Policy], now: UnixNanos) -> Result<Vec<Due>, CatalogError> {
        let now = i64::try_from(now.0).unwrap_or(i64::MAX);
        let mut due = Vec::new();
        for (place, source) in self.places().await? {
            let Some(policy) = policies.iter().find(|policy| policy.fits(&place)) else {
                continue;
            };
            let Some(days) = policy.keep_days else { continue };
            let age = now.saturating_sub(place.part.times().end);
            if age <= i64::from(days) * DAY_NS as i64 {
                continue;
            }
            let Some(file) = OpenFile::open(&self.files, &source, place.shelf.kind).await? else {
                continue;
            };
            due.push(Due {
                rows: file.rows(),
                bytes: self.files.size(&source).await?.unwrap_or(0),
                into: policy.into.filter(|into| Some(*into) > place.shelf.interval),
                place,
            });
        }
        Ok(due)
    }

    /// Carries a plan out, the finest bars first: makes coarser bars where it says so, and takes the files away; all files
    /// of one interval at once. `grids` tells the grid of an instrument's bars over a range of times.
    ///
    /// A coarser bar that is stored already stays as it is, whatever the finer ones say: it may be the exchange's own.
    ///
    /// # Errors
    /// When a file fails, its bars cannot be made into coarser ones, or its grid is not known; nothing of its interval is
    /// taken away then.
    pub async fn retire(&self, due: &[Due], now: UnixNanos, grids: &Grids<'_>) -> Result<(), CatalogError> {
        let length = |due: &&Due| due.place.shelf.interval.map_or(0, BarInterval::nanos);
        let mut due: Vec<&Due> = due.iter().collect();
        due.sort_by_key(length);
        for same in due.chunk_by(|a, b| length(a) == length(b)) {
            let mut session = self.session().await?;
            for due in same {
                if let (Some(into), Some(symbol)) = (due.into, &due.place.shelf.symbol) {
                    let instrument = InstrumentId::new(symbol.clone(), due.place.shelf.market.clone());
                    let into = Series::bars(instrument, into);
                    self.coarsen(&due.place, &into, (&mut session, now), grids)
                        .await?;
                }
                session.remove(&due.place);
            }
            session.commit().await?;
        }
        Ok(())
    }

    async fn coarsen(
        &self,
        place: &Place,
        into: &Series,
        (session, now): (&mut Session, UnixNanos),
        grids: &Grids<'_>,
    ) -> Result<(), CatalogError> {
        let (Some(fine), Some(coarse)) = (place.shelf.interval, into.interval) else {
            return Ok(());
        };
        let refuse = |what: String| CatalogError::Refused(format!("{place}: {what}"));
        let times = place.part.times();
        let grid = grids(&into.instrument, times.clone()).map_err(refuse)?;
        // A session may begin in one file and end in the next: what belongs to its bar is taken from both.
        let reach = (coarse.nanos() + DAY_NS) as i64;
        let around = times.start.saturating_sub(reach).max(0)..times.end.saturating_add(reach);
        let finer = Series::bars(into.instrument.clone(), fine);
        let rows = self.read(&Query::all(finer).between(around.clone())).await?;
        let shape = Shape {
            instrument: InstrumentIdx(0),
            interval: fine,
            scales: rows.scales,
        };
        let mut bars = Vec::new();
        let mut slot: Option<BarSlot> = None;
        for row in 0..rows.len() {
            let ts = UnixNanos(rows.ts(row).unsigned_abs());
            if slot.is_none_or(|slot| ts >= slot.end) {
                slot = grid.slot(coarse, ts);
            }
            // Bars outside the sessions belong to no coarser one.
            if slot.is_some_and(|slot| touches(&slot, &times)) {
                bars.push(bar(&rows, row, shape)?);
            }
        }
        if bars.is_empty() && !rows.between(times.start, times.end).is_empty() {
            return Err(refuse(
                "none of its bars lies in a session of its calendar; which is its own?".to_owned(),
            ));
        }
        let known = Known {
            since: UnixNanos(0),
            until: now,
        };
        let mut made = aggregate_on(&grid, &bars, coarse, known).map_err(|e| refuse(e.to_string()))?;
        let there = self.bars(into.clone(), around).await?.ts;
        made.retain(|bar| !stands(&there, bar, &grid));
        let told = [6, 7, 8].map(|at| (at, (0..rows.len()).any(|row| rows.get(at, row) != NONE_WIDE)));
        let mut coarser = Rows::new(Kind::Bars, rows.scales);
        for made in &made {
            let bar = Bar {
                ts_init: now,
                ..*made
            };
            let mut row = bar_row(&mut coarser, into.instrument.symbol.as_str(), &bar);
            // What the finer bars do not say the coarser ones do not either.
            for (at, _) in told.iter().filter(|(_, told)| !told) {
                row[*at] = NONE_WIDE;
            }
            coarser.push(&row);
        }
        for (place, rows) in by_place(&into.shelf(), &coarser)? {
            session.add(&place, rows, Rule::HigherRevision).await?;
        }
        Ok(())
    }
}

/// Tells the grid on which an instrument's bars lie over a range of times in nanoseconds, or why it is not known.
pub type Grids<'a> = dyn Fn(&InstrumentId, Range<i64>) -> Result<BarGrid, String> + Sync + 'a;

fn touches(slot: &BarSlot, times: &Range<i64>) -> bool {
    let bound = |ts: UnixNanos| i64::try_from(ts.0).unwrap_or(i64::MAX);
    bound(slot.start) < times.end && bound(slot.end) > times.start
}

/// Whether one of the stored bars, by their times in order, stands for a bar's slot: it opens inside of it, or, of days
/// and longer, is stamped with the midnight of its trading date's day, week or month.
fn stands(there: &[i64], bar: &Bar, grid: &BarGrid) -> bool {
    let Some(slot) = grid.slot(bar.interval, bar.ts) else {
        return false;
    };
    let first = there.partition_point(|ts| ts.unsigned_abs() < slot.start.0);
    if there.get(first).is_some_and(|ts| ts.unsigned_abs() < slot.end.0) {
        return true;
    }
    let midnight = || {
        let date = midnight(grid.trading_date(bar.ts)?)?;
        let utc = BarGrid::Utc.slot(bar.interval, UnixNanos(date.unsigned_abs()))?;
        there.binary_search(&i64::try_from(utc.start.0).ok()?).ok()
    };
    is_long(bar.interval) && midnight().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_names_one_interval_or_all_up_to_one() {
        let of = |text: &str| {
            let policy: Result<Policy, _> = text.parse();
            policy
                .ok()
                .map(|p| (p.kind, p.interval_secs, p.keep_days, p.into))
        };
        let day = Some(BarInterval::DAY);
        assert_eq!(of("5m=30"), Some((Kind::Bars, Some((300, 300)), Some(30), None)));
        assert_eq!(of("<=5m=30:D"), Some((Kind::Bars, Some((0, 300)), Some(30), day)));
        assert_eq!(
            of("D=forever"),
            Some((Kind::Bars, Some((86_400, 86_400)), None, None))
        );
        assert_eq!(of("bars=forever"), Some((Kind::Bars, None, None, None)));
        assert_eq!(of("trades=7"), Some((Kind::Trades, None, Some(7), None)));
    }

    #[test]
    fn what_is_no_policy_is_told_with_one_that_is() {
        let wrong = [
            "5m",
            "100tick=3",
            "<=trades=7",
            "5m=x",
            "everything=1",
            "1m=30:100tick",
            "trades=7:1m",
            "1m=forever:D",
        ];
        for text in wrong {
            let told = text.parse::<Policy>().expect_err(text).to_string();
            assert!(told.starts_with(&format!("`{text}` is no policy")), "{told}");
            assert!(told.contains("trades=7"), "{told}");
        }
    }
}

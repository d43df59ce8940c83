//! Bars as readers want them: the engine's own, and where those are missing or incomplete, made of finer bars it keeps.
//!
//! The engine builds every time interval from the trades themselves, but it may have begun in the middle of a month,
//! and a venue tells candles of some intervals only. What is put together from finer bars has the same numbers.

use tradewind_types::UnixNanos;
use tradewind_types::market::{Bar, BarBuilder, BarInterval, Known, aggregate_on};

use super::{CLOSE_GRACE_NS, MarketState};

/// Bars of one interval, oldest first; all but a forming one are closed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadBars {
    /// The bars.
    pub bars: Vec<Bar>,
    /// How many of them are closed: all, or all but the last.
    pub closed: usize,
}

impl MarketState {
    /// The bars of an interval that open at `from` or later, the forming one last, as known at `now`. At most the
    /// `max` newest.
    ///
    /// Tick, volume and value bars are there only where they are kept (see [`MarketState::series`]): where they are cut
    /// depends on every trade of the day.
    #[must_use]
    pub fn bars(&self, interval: BarInterval, from: UnixNanos, now: UnixNanos, max: usize) -> ReadBars {
        let mut bars = self.whole(interval, from);
        bars.drain(..bars.len().saturating_sub(max));
        let forms = |bar: &Bar| {
            let closed = self.series(interval).and_then(|series| series.closed().back());
            let told = closed.is_some_and(|last| bar.ts <= last.ts);
            let slot = self.grid.slot(interval, bar.ts);
            let over =
                interval.is_time() && slot.is_some_and(|slot| slot.settles.plus(CLOSE_GRACE_NS) <= now);
            !told && !over
        };
        let closed = bars.len() - usize::from(bars.last().is_some_and(forms));
        ReadBars { bars, closed }
    }

    /// The bar that forms, whole where finer bars make it so.
    #[must_use]
    pub fn forming(&self, interval: BarInterval) -> Option<Bar> {
        let own = self.series(interval)?.forming()?;
        if own.complete {
            return Some(own);
        }
        let whole = self.whole(interval, own.ts);
        whole.into_iter().find(|bar| bar.ts == own.ts)
    }

    /// A closed bar as its readers are told of it: whole where finer bars make it so.
    #[must_use]
    pub fn completed(&self, bar: &Bar) -> Bar {
        if bar.complete || !bar.interval.is_time() {
            return *bar;
        }
        let whole = self.whole(bar.interval, bar.ts);
        whole.into_iter().find(|b| b.ts == bar.ts).unwrap_or(*bar)
    }

    /// A builder of tick, volume or value bars that has seen the recent trades, with the bars that these closed: for a
    /// reader who counts on from here. They are not complete before the next trading day.
    #[must_use]
    pub fn counting(&self, interval: BarInterval) -> (BarBuilder, Vec<Bar>) {
        let mut builder = self.builder(interval);
        let mut closed = Vec::new();
        for trade in &self.trades {
            builder.on_trade(trade, &mut closed);
        }
        (builder, latest_revisions(closed))
    }

    /// The next finer interval that bars of this one are made of.
    fn finer(&self, interval: BarInterval) -> Option<BarInterval> {
        let mut shorter = BarInterval::every().rev().filter(|i| *i < interval);
        shorter.find(|i| interval.is_time() && interval.is_made_of(*i))
    }

    /// When the earliest bar opens that this interval's could be made of.
    fn reach(&self, interval: BarInterval) -> Option<UnixNanos> {
        let own = self
            .series(interval)
            .and_then(|s| s.closed().front().copied().or(s.forming()));
        let own = own.map(|bar| bar.ts);
        let finer = self.finer(interval).and_then(|finer| self.reach(finer));
        own.into_iter().chain(finer).min()
    }

    /// Own bars from `from` on, and those put together from finer ones where they know more. Looks only at what is
    /// missing: before the first of its own, and where one of its own is incomplete.
    fn whole(&self, interval: BarInterval, from: UnixNanos) -> Vec<Bar> {
        let mut own: Vec<Bar> = Vec::new();
        if let Some(series) = self.series(interval) {
            let start = series.closed().partition_point(|bar| bar.ts < from);
            own.extend(series.closed().range(start..));
            let last = own.last().map(|bar| bar.ts);
            let forming = series
                .forming()
                .filter(|bar| bar.ts >= from && last.is_none_or(|ts| ts < bar.ts));
            own.extend(forming);
        }
        let Some(finer) = self.finer(interval) else {
            return own;
        };
        let Some(reach) = self.reach(finer) else {
            return own;
        };
        let first = own.first().map(|bar| bar.ts);
        let wanted = if first.is_none_or(|first| from.max(reach) < first) {
            Some(from)
        } else {
            own.iter().find(|bar| !bar.complete).map(|bar| bar.ts)
        };
        let Some(wanted) = wanted else {
            return own;
        };
        let parts = self.whole(finer, wanted);
        let since = if reach < wanted {
            wanted
        } else {
            parts.first().map_or(wanted, |bar| bar.ts)
        };
        // Whether the last one is over is the reader's to say.
        let known = Known {
            since,
            until: UnixNanos(u64::MAX),
        };
        match aggregate_on(&self.grid, &parts, interval, known) {
            Ok(derived) => overlay(own, derived),
            // What does not add up leaves the engine's own bars as they are.
            Err(_) => own,
        }
    }
}

/// Two ascending series as one. A complete bar of the first stands; otherwise the second's does, when it is complete or
/// has seen more.
fn overlay(own: Vec<Bar>, derived: Vec<Bar>) -> Vec<Bar> {
    let mut out = Vec::with_capacity(own.len().max(derived.len()));
    let mut derived = derived.into_iter().peekable();
    for bar in own {
        while let Some(earlier) = derived.next_if(|d| d.ts < bar.ts) {
            out.push(earlier);
        }
        let same = derived.next_if(|d| d.ts == bar.ts);
        let better = same.filter(|d| !bar.complete && (d.complete || d.volume > bar.volume));
        // Amendments of our own bar count on.
        out.push(better.map_or(bar, |d| Bar {
            revision: bar.revision.max(d.revision),
            ..d
        }));
    }
    out.extend(derived);
    out
}

/// Of bars that were amended the last state, in order of time.
fn latest_revisions(told: Vec<Bar>) -> Vec<Bar> {
    let mut out: Vec<Bar> = Vec::with_capacity(told.len());
    for bar in told {
        match out.binary_search_by_key(&bar.ts, |b| b.ts) {
            Ok(at) => out[at] = bar,
            Err(at) => out.insert(at, bar),
        }
    }
    out
}

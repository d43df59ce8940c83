//! Tick, volume and value bars: they end with the trade that fills them.
//!
//! - **A trade is not split.** The one that reaches or crosses the threshold belongs whole to the bar that it ends, and
//!   nothing is carried over: the next bar begins at zero. So every trade is in one bar, counts and values stay those
//!   of real prints, and a bar may hold more than its threshold by part of one trade. This is how the bars are defined
//!   in M. López de Prado, "Advances in Financial Machine Learning" (2018), section 2.3.1.
//! - **They start over with the trading day** (the grid's session date, or the UTC day): its last bar may be smaller.
//!   Where the bars of a day are cut then depends on that day's trades alone, and what was running since yesterday
//!   cuts them as a run over the history does. For the same reason a bar is complete only if the feed has been whole
//!   since the day began.
//! - **The stamp** is the time of the first trade. Of bars that begin in one nanosecond each later one is stamped a
//!   nanosecond later, so that a stamp names one bar.
//! - **A late trade** (within 5 s) amends the closed bar in whose time it falls, which may then hold more than its
//!   threshold; bars that were told are not cut anew.

use super::bar_builder::{BarBuilder, Goal, LATE_MAX_NS, Open, Tick};
use super::bar_grid::BarSlot;
use super::bars::Bar;
use crate::UnixNanos;
use crate::num::NumberError;

/// Most closed bars that are kept for late trades; a trade older than those is dropped.
const CLOSED_MAX: usize = 4_096;

impl Goal {
    fn is_reached_by(self, bar: &Bar) -> bool {
        match self {
            Goal::Time => false,
            Goal::Ticks(count) => bar.trades >= count,
            Goal::Volume(volume) => bar.volume.0 >= volume,
            // Prices may be negative.
            Goal::Value(value) => bar.value.unsigned_abs() >= value.unsigned_abs(),
        }
    }
}

impl BarBuilder {
    /// Takes a tick of a trading day.
    pub(super) fn on_counted(
        &mut self,
        day: BarSlot,
        tick: Tick,
        out: &mut Vec<Bar>,
    ) -> Result<(), NumberError> {
        let at = self.closed.partition_point(|open| open.last <= tick.ts_event);
        if at < self.closed.len() || tick.ts_event < self.forgotten || self.is_closed(&day) {
            return self.amend_counted(at, day, tick, out);
        }
        if let Some(open) = self.current.as_mut().filter(|open| open.slot.start == day.start) {
            let known = self.open_interest;
            open.add(tick, known)?;
            self.clock = self.clock.max(tick.ts_event);
        } else {
            let open = self.open_counted(day, tick)?;
            self.clock = self.clock.max(tick.ts_event);
            self.close(tick.ts_init, out);
            self.next_stamp = open.bar.ts.plus(1);
            self.begin(open);
        }
        if self
            .current
            .as_ref()
            .is_some_and(|open| self.goal.is_reached_by(&open.bar))
        {
            self.close(tick.ts_init, out);
        }
        Ok(())
    }

    fn open_counted(&self, day: BarSlot, tick: Tick) -> Result<Open, NumberError> {
        let stamp = tick.ts_event.max(day.start).max(self.next_stamp);
        Open::new(self, day, stamp, tick)
    }

    /// A tick that belongs before what is open; `at` is the first closed bar that ends after it.
    fn amend_counted(
        &mut self,
        at: usize,
        day: BarSlot,
        tick: Tick,
        out: &mut Vec<Bar>,
    ) -> Result<(), NumberError> {
        let too_late = self.clock.since(tick.ts_event) > LATE_MAX_NS;
        if too_late || tick.ts_event < self.forgotten {
            self.dropped += 1;
            return Ok(());
        }
        let same_day = |at: usize| {
            self.closed
                .get(at)
                .is_some_and(|open| open.slot.start == day.start)
        };
        if same_day(at) {
            return self.revise(at, tick, out);
        }
        // After the last bar of a day that is over.
        if let Some(last) = at.checked_sub(1).filter(|last| same_day(*last)) {
            return self.revise(last, tick, out);
        }
        let stamp = tick.ts_event.max(day.start);
        let open = Open::new(self, day, stamp, tick)?;
        out.push(open.bar);
        self.closed.insert(at, open);
        Ok(())
    }

    pub(super) fn forget_counted(&mut self) {
        let clock = self.clock;
        let out_of_reach = |open: &Open| open.last.plus(LATE_MAX_NS) < clock;
        while self.closed.front().is_some_and(out_of_reach) {
            self.closed.pop_front();
        }
        while self.closed.len() > CLOSED_MAX {
            let gone = self.closed.pop_front();
            self.forgotten = gone.map_or(UnixNanos(0), |open| open.last).max(self.forgotten);
        }
    }
}

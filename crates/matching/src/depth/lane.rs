//! The driver: brings market events, requests, reports and timers together in the order of time.
//!
//! There are two places, the venue and us, and two ways between them. At one moment the venue's market event comes first,
//! then our request that arrives then, then what we see of the market, then the report that reaches us, then the
//! timer: whoever is late loses.
//!
//! The venue may run ahead of us as long as nothing of ours can reach it, that is, up to the next arrival of a request
//! and the next call of the strategy. So events are processed in bursts: many at the venue, then the same ones here,
//! with hardly a decision in between. A strategy that wants each event ([`DepthStrategy::ON_EVENT`]) makes the bursts as
//! short as its delay. Results do not depend on how the events are cut into chunks.

use super::account::Totals;
use super::desk::Desk;
use super::event::DepthEvent;
use super::order::{OwnId, Report};
use super::queue::QueueRule;
use super::ring::Ring;
use super::venue::Venue;
use super::{DepthConfig, DepthError};

/// A strategy on a desk. What it does, it does through the desk; the lane is compiled for it.
pub trait DepthStrategy {
    /// Whether [`on_event`](Self::on_event) is wanted; without it the lane is faster.
    const ON_EVENT: bool = false;

    /// Time between calls of [`on_timer`](Self::on_timer), counted from the first event; `None` for no calls.
    fn interval_ns(&self) -> Option<i64> {
        None
    }

    /// A market event reached us, and is in the desk's book.
    fn on_event(&mut self, _desk: &mut Desk, _event: &DepthEvent) {}

    /// The interval is over.
    fn on_timer(&mut self, _desk: &mut Desk) {}

    /// A report reached us, and is in the desk's orders and position.
    fn on_report(&mut self, _desk: &mut Desk, _report: &Report) {}
}

/// What a run came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// Counters and sums, at the venue.
    pub totals: Totals,
    /// Over every request and every report as it reached us, with times: equal runs have equal digests.
    pub digest: u64,
    /// Levels that lay too far from the best price to be kept; 0 in any sane feed.
    pub dropped_levels: u64,
}

/// A replay of one instrument's market with one strategy in it.
#[derive(Clone, Debug)]
pub struct DepthLane<S, Q> {
    strategy: S,
    desk: Desk,
    venue: Venue<Q>,
    feed: Ring,
    /// Time of the latest event at the venue.
    seen_ns: i64,
    /// Time of the latest event that reached us, and of the latest that will.
    reached_ns: i64,
    due_last_ns: i64,
    interval_ns: i64,
    timer_ns: i64,
    failed: Option<DepthError>,
}

/// What happens next beside market events at the venue.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Request,
    Feed,
    Report,
    Timer,
}

impl<S: DepthStrategy, Q: QueueRule> DepthLane<S, Q> {
    /// A lane with an empty book, before the first event.
    #[must_use]
    pub fn new(strategy: S, rule: Q, config: DepthConfig) -> Self {
        let interval_ns = strategy.interval_ns().map_or(0, |ns| ns.max(1));
        Self {
            desk: Desk::new(config.entry.clone()),
            feed: Ring::new(config.in_flight_max),
            venue: Venue::new(rule, config),
            strategy,
            seen_ns: i64::MIN,
            reached_ns: i64::MIN,
            due_last_ns: i64::MIN,
            interval_ns,
            timer_ns: i64::MAX,
            failed: None,
        }
    }

    /// The strategy.
    #[must_use]
    pub fn strategy(&self) -> &S {
        &self.strategy
    }

    /// Our desk.
    #[must_use]
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// The venue's book, which is ahead of the desk's.
    #[must_use]
    pub fn venue_book(&self) -> &super::FlatBook {
        self.venue.book()
    }

    /// Lots of others that trade before an order of ours that rests.
    pub fn ahead(&mut self, id: OwnId) -> Option<f64> {
        self.venue.ahead(id)
    }

    /// Sums so far.
    #[must_use]
    pub fn totals(&self) -> &Totals {
        &self.venue.out.totals
    }

    /// Processes all events, then waits for what is on its way.
    ///
    /// # Errors
    /// [`DepthError`], the first.
    pub fn run(&mut self, events: impl IntoIterator<Item = DepthEvent>) -> Result<Outcome, DepthError> {
        const CHUNK: usize = 512;
        let mut chunk = Vec::with_capacity(CHUNK);
        for event in events {
            chunk.push(event);
            if chunk.len() == CHUNK {
                self.feed(&chunk)?;
                chunk.clear();
            }
        }
        self.feed(&chunk)?;
        self.finish()
    }

    /// Processes the next events; those at one time may be spread over several calls.
    ///
    /// # Errors
    /// [`DepthError`]; the lane then takes nothing more.
    pub fn feed(&mut self, events: &[DepthEvent]) -> Result<(), DepthError> {
        self.drive(events, false)
    }

    /// The data is over: what is on its way arrives, timers run up to the last event's arrival, and no more requests
    /// are taken after it.
    ///
    /// # Errors
    /// [`DepthError`].
    pub fn finish(&mut self) -> Result<Outcome, DepthError> {
        self.drive(&[], true)?;
        Ok(Outcome {
            totals: self.venue.out.totals,
            digest: self.desk.digest.value(),
            dropped_levels: self.venue.book().dropped() + self.desk.book().dropped(),
        })
    }

    fn drive(&mut self, events: &[DepthEvent], ending: bool) -> Result<(), DepthError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let result = self.drive_on(events, ending);
        self.failed = result.err();
        result
    }

    fn drive_on(&mut self, events: &[DepthEvent], ending: bool) -> Result<(), DepthError> {
        let mut rest = events;
        loop {
            rest = self.burst(rest)?;
            // Up to here, inclusive, the venue's side is complete.
            let frontier_ns = match rest.first() {
                Some(next) => next.ts_ns - 1,
                None if ending => i64::MAX - 1,
                None => self.seen_ns.saturating_sub(1),
            };
            let (at_ns, step) = self.next_step();
            if at_ns <= frontier_ns && !(ending && self.is_over(at_ns)) {
                self.take(at_ns, step)?;
            } else if rest.is_empty() {
                self.catch_up(frontier_ns);
                return Ok(());
            }
        }
    }

    /// Whether only timers after the last event's arrival are left. From there on nothing may be asked for.
    fn is_over(&mut self, at_ns: i64) -> bool {
        self.desk.ended = at_ns > self.due_last_ns;
        self.desk.ended && self.desk.next_request_ns() == i64::MAX && self.venue.out.next_ns() == i64::MAX
    }

    /// Market events at the venue, until something else comes first; what is left of them.
    #[inline]
    fn burst<'e>(&mut self, events: &'e [DepthEvent]) -> Result<&'e [DepthEvent], DepthError> {
        if self.timer_ns == i64::MAX
            && self.interval_ns > 0
            && let Some(first) = events.first()
        {
            self.timer_ns = first.ts_ns.saturating_add(self.interval_ns);
        }
        let mut horizon_ns = self.next_step().0;
        for (at, event) in events.iter().enumerate() {
            if event.ts_ns > horizon_ns {
                return Ok(&events[at..]);
            }
            event.check()?;
            if event.ts_ns < self.seen_ns || event.ts_ns == i64::MIN {
                return Err(DepthError::Time { ts_ns: event.ts_ns });
            }
            self.seen_ns = event.ts_ns;
            if self.feed.is_full() && !S::ON_EVENT {
                self.catch_up(event.ts_ns.saturating_sub(1));
            }
            self.venue.process(event, &mut self.feed)?;
            self.due_last_ns = self.due_last_ns.max(event.local_ns());
            if S::ON_EVENT {
                horizon_ns = horizon_ns.min(self.due_last_ns);
            }
            horizon_ns = horizon_ns.min(self.venue.out.next_ns());
        }
        Ok(&[])
    }

    /// The earliest of what is not a market event at the venue; of several at one time the first in this order.
    #[inline]
    fn next_step(&self) -> (i64, Step) {
        let mut next = (self.desk.next_request_ns(), Step::Request);
        if S::ON_EVENT
            && let Some(event) = self.feed.front()
        {
            let at_ns = event.local_ns().max(self.reached_ns);
            if at_ns < next.0 {
                next = (at_ns, Step::Feed);
            }
        }
        for other in [
            (self.venue.out.next_ns(), Step::Report),
            (self.timer_ns, Step::Timer),
        ] {
            if other.0 < next.0 {
                next = other;
            }
        }
        next
    }

    fn take(&mut self, at_ns: i64, step: Step) -> Result<(), DepthError> {
        match step {
            Step::Request => {
                if let Some(request) = self.desk.pop_request() {
                    self.venue.arrive(at_ns, &request)?;
                }
            }
            Step::Feed => {
                if let Some(event) = self.feed.front().copied() {
                    self.feed.pop();
                    self.reached_ns = at_ns;
                    self.desk.set_time(at_ns);
                    self.desk.see(&event);
                    self.strategy.on_event(&mut self.desk, &event);
                }
            }
            Step::Report => {
                self.catch_up(at_ns);
                self.desk.set_time(at_ns);
                if let Some(report) = self.venue.out.pop() {
                    self.desk.hear(&report);
                    self.strategy.on_report(&mut self.desk, &report);
                }
            }
            Step::Timer => {
                self.catch_up(at_ns);
                self.desk.set_time(at_ns);
                self.timer_ns = at_ns.saturating_add(self.interval_ns);
                self.strategy.on_timer(&mut self.desk);
            }
        }
        Ok(())
    }

    /// Lets everything reach us that is due until then, where the strategy is not told of each.
    #[inline]
    fn catch_up(&mut self, until_ns: i64) {
        if S::ON_EVENT {
            return;
        }
        while let Some(event) = self.feed.front() {
            let at_ns = event.local_ns().max(self.reached_ns);
            if at_ns > until_ns {
                return;
            }
            self.desk.see(event);
            self.feed.pop();
            self.reached_ns = at_ns;
        }
    }
}

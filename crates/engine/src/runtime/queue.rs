//! The engine's inbox: commands and queries on one side, market data on the other.
//!
//! | lane | bound | when it is full |
//! | --- | --- | --- |
//! | commands, queries | [`COMMANDS_MAX`] | the caller gets `Busy`; nothing is dropped |
//! | venue reports | [`REPORTS_MAX`] | the venue's client waits; nothing is dropped |
//! | trades, books, bars | [`MARKET_MAX`] | the feed waits (back-pressure); counted |
//! | quotes | with the above | the latest of each instrument replaces the one that waits; counted |

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustc_hash::FxHashMap;
use tokio::sync::{Notify, oneshot};
use tradewind_types::InstrumentIdx;
use tradewind_types::market::{MarketEvent, Quote};
use tradewind_types::record::{CommandEnvelope, VenueReport};

use super::EngineError;
use crate::kernel::{CommandReply, Kernel};

/// Commands and queries that may wait.
pub const COMMANDS_MAX: usize = 4_096;
/// Market events that may wait.
pub const MARKET_MAX: usize = 65_536;
/// Reports of venues that may wait.
pub const REPORTS_MAX: usize = 16_384;
/// Market events handed to the kernel at once.
const DRAIN_MAX: usize = 1_024;

/// A question answered on the engine thread.
pub(crate) type Query = Box<dyn FnOnce(&Kernel) + Send>;
/// Where a command's answer goes.
pub(crate) type Reply = oneshot::Sender<Result<CommandReply, EngineError>>;

/// Something that waits in the first lane.
pub(crate) enum Request {
    Command(Box<CommandEnvelope>, Reply),
    Query(Query),
}

#[derive(Default)]
struct Lanes {
    requests: VecDeque<Request>,
    reports: VecDeque<Box<VenueReport>>,
    market: VecDeque<MarketEvent>,
    late_quotes: FxHashMap<InstrumentIdx, Quote>,
    closed: bool,
    conflated: u64,
    waited: u64,
    depth_max: usize,
}

/// What the engine thread took out.
pub(crate) struct Drained {
    pub(crate) requests: Vec<Request>,
    #[allow(clippy::vec_box, reason = "they go on as events, which hold them boxed")]
    pub(crate) reports: Vec<Box<VenueReport>>,
    pub(crate) market: Vec<MarketEvent>,
    pub(crate) closed: bool,
}

/// The queue; shared by the handle, the feeds and the engine thread.
#[derive(Default)]
pub(crate) struct Inbox {
    lanes: Mutex<Lanes>,
    filled: Condvar,
    drained: Notify,
}

/// Depth and counters of the inbox.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct InboxStats {
    pub(crate) depth: usize,
    pub(crate) depth_max: usize,
    pub(crate) conflated: u64,
    pub(crate) waited: u64,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Lanes> {
        // The lanes stay consistent whatever panicked while holding them: every change is one push or pop.
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push_request(&self, request: Request) -> Result<(), EngineError> {
        let mut lanes = self.lock();
        if lanes.closed {
            return Err(EngineError::ShuttingDown);
        }
        if lanes.requests.len() >= COMMANDS_MAX {
            return Err(EngineError::Busy);
        }
        lanes.requests.push_back(request);
        self.filled.notify_one();
        Ok(())
    }

    /// Takes the event, or hands it back when the lane is full and it may not be conflated.
    #[allow(
        clippy::result_large_err,
        reason = "the event comes back to be sent again; boxing would cost every call"
    )]
    pub(crate) fn try_push_market(&self, event: MarketEvent) -> Result<(), MarketEvent> {
        let mut lanes = self.lock();
        if lanes.closed {
            return Ok(());
        }
        if lanes.market.len() >= MARKET_MAX {
            let MarketEvent::Quote(quote) = event else {
                lanes.waited += 1;
                return Err(event);
            };
            lanes.late_quotes.insert(quote.instrument, quote);
            lanes.conflated += 1;
            return Ok(());
        }
        lanes.market.push_back(event);
        lanes.depth_max = lanes.depth_max.max(lanes.market.len());
        self.filled.notify_one();
        Ok(())
    }

    /// Waits for room when the lane is full.
    pub(crate) async fn push_market(&self, event: MarketEvent) {
        let mut event = event;
        loop {
            let room = self.drained.notified();
            match self.try_push_market(event) {
                Ok(()) => return,
                Err(back) => event = back,
            }
            room.await;
        }
    }

    /// Takes a venue's report; waits for room when there are too many.
    pub(crate) async fn push_report(&self, report: Box<VenueReport>) {
        loop {
            let room = self.drained.notified();
            {
                let mut lanes = self.lock();
                if lanes.closed {
                    return;
                }
                if lanes.reports.len() < REPORTS_MAX {
                    lanes.reports.push_back(report);
                    self.filled.notify_one();
                    return;
                }
            }
            room.await;
        }
    }

    /// Everything that waits (market data up to a limit), after waiting at most `timeout` for the first.
    pub(crate) fn drain(&self, timeout: Duration) -> Drained {
        let mut lanes = self.lock();
        let idle = lanes.requests.is_empty() && lanes.reports.is_empty() && lanes.market.is_empty();
        if idle && !lanes.closed {
            let (guard, _) = self
                .filled
                .wait_timeout(lanes, timeout)
                .unwrap_or_else(PoisonError::into_inner);
            lanes = guard;
        }
        let count = lanes.market.len().min(DRAIN_MAX);
        let mut market: Vec<MarketEvent> = lanes.market.drain(..count).collect();
        if lanes.market.is_empty() && !lanes.late_quotes.is_empty() {
            let mut late: Vec<Quote> = lanes.late_quotes.drain().map(|(_, quote)| quote).collect();
            late.sort_by_key(|quote| quote.instrument);
            market.extend(late.into_iter().map(MarketEvent::Quote));
        }
        let requests = lanes.requests.drain(..).collect();
        let reports: Vec<Box<VenueReport>> = lanes.reports.drain(..).collect();
        let closed = lanes.closed;
        drop(lanes);
        if count > 0 || !reports.is_empty() {
            self.drained.notify_waiters();
        }
        Drained {
            requests,
            reports,
            market,
            closed,
        }
    }

    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
        self.drained.notify_waiters();
    }

    pub(crate) fn stats(&self) -> InboxStats {
        let lanes = self.lock();
        InboxStats {
            depth: lanes.market.len() + lanes.requests.len(),
            depth_max: lanes.depth_max,
            conflated: lanes.conflated,
            waited: lanes.waited,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tradewind_types::{PriceMantissa, SizeMantissa, UnixNanos};

    fn quote(instrument: u32, bid: i64) -> MarketEvent {
        MarketEvent::Quote(Quote {
            instrument: InstrumentIdx(instrument),
            bid: PriceMantissa(bid),
            ask: PriceMantissa(bid + 1),
            bid_size: SizeMantissa(1),
            ask_size: SizeMantissa(1),
            ts_event: UnixNanos(1),
            ts_init: UnixNanos(1),
        })
    }

    #[test]
    fn a_full_lane_conflates_quotes_to_the_latest_and_hands_back_everything_else() {
        let inbox = Inbox::default();
        for i in 0..MARKET_MAX {
            inbox.try_push_market(quote(0, i as i64)).expect("room");
        }
        inbox.try_push_market(quote(1, 7)).expect("conflated");
        inbox.try_push_market(quote(1, 8)).expect("conflated");
        let reset = MarketEvent::Reset {
            instrument: InstrumentIdx(0),
            ts_init: UnixNanos(1),
        };
        assert_eq!(inbox.try_push_market(reset.clone()), Err(reset));
        let mut seen = Vec::new();
        while inbox.stats().depth > 0 {
            seen.extend(inbox.drain(Duration::ZERO).market);
        }
        assert_eq!(seen.len(), MARKET_MAX + 1);
        assert_eq!(seen.last(), Some(&quote(1, 8)));
        assert_eq!((inbox.stats().conflated, inbox.stats().waited), (2, 1));
    }

    #[test]
    fn a_closed_inbox_takes_no_more_requests() {
        let inbox = Inbox::default();
        inbox.close();
        let refused = inbox.push_request(Request::Query(Box::new(|_| {})));
        assert!(matches!(refused, Err(EngineError::ShuttingDown)));
        assert!(inbox.drain(Duration::ZERO).closed);
    }
}

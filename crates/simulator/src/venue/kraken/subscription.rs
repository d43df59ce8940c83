//! What a connection has subscribed to, and what each subscription sends in a step.

use tradewind_types::{PriceMantissa, SizeMantissa};

use super::message;
use crate::venue::Outbound;
use crate::venue::format::skewed;
use crate::world::VenueStep;
use crate::world::history::Candle;
use crate::world::listing::{Level, ListingInfo, MarketStep, PublishedBook};

/// Candle lengths, minutes.
pub(super) const INTERVALS: [u64; 9] = [1, 5, 15, 30, 60, 240, 1_440, 10_080, 21_600];
/// Depths of a book subscription.
pub(super) const DEPTHS: [usize; 5] = [10, 25, 100, 500, 1_000];

/// What a subscription is to; at most one of each on a connection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Topic {
    /// Reference data.
    Instrument,
    /// Ticker, on each trade or on each change of the best prices.
    Ticker {
        /// On each change of the best prices.
        on_bbo: bool,
    },
    /// Book of so many levels.
    Book {
        /// Levels of a side.
        depth: usize,
    },
    /// Trades.
    Trade,
    /// Candles of so many minutes.
    Ohlc {
        /// Minutes.
        minutes: u64,
    },
}

impl Topic {
    /// The channel's name.
    pub(super) fn channel(self) -> &'static str {
        match self {
            Topic::Instrument => "instrument",
            Topic::Ticker { .. } => "ticker",
            Topic::Book { .. } => "book",
            Topic::Trade => "trade",
            Topic::Ohlc { .. } => "ohlc",
        }
    }

    /// Whether a connection may have both for one symbol.
    pub(super) fn clashes(self, other: Topic) -> bool {
        self.channel() == other.channel() && (!matches!(self, Topic::Ohlc { .. }) || self == other)
    }
}

type Side = Vec<Level>;

/// The part of a book that a subscriber sees.
#[derive(Debug)]
pub(super) struct BookView {
    depth: usize,
    /// The whole book, kept up step by step.
    whole: PublishedBook,
    /// What the subscriber has, best first.
    bids: Side,
    asks: Side,
}

impl BookView {
    /// The view of a book.
    pub(super) fn new(whole: PublishedBook, depth: usize) -> Self {
        let (bids, asks) = (whole.top_bids(depth), whole.top_asks(depth));
        Self {
            depth,
            whole,
            bids,
            asks,
        }
    }

    /// What the subscriber has: bids and asks.
    pub(super) fn sides(&self) -> (&[Level], &[Level]) {
        (&self.bids, &self.asks)
    }

    /// Applies a step and returns what to tell: changed levels, levels gone (size 0), and levels that came
    /// into view because better ones went. Levels pushed out of view are not told: the subscriber cuts its
    /// book to the depth.
    fn step(&mut self, market: &MarketStep) -> (Side, Side) {
        for level in &market.levels {
            self.whole.apply(level);
        }
        let bids = self.whole.top_bids(self.depth);
        let asks = self.whole.top_asks(self.depth);
        let told = (
            differences(&self.bids, &bids, |p| self.whole.bids.contains_key(&p)),
            differences(&self.asks, &asks, |p| self.whole.asks.contains_key(&p)),
        );
        (self.bids, self.asks) = (bids, asks);
        told
    }
}

/// Levels gone first, then new and changed ones.
fn differences(old: &Side, new: &Side, exists: impl Fn(PriceMantissa) -> bool) -> Side {
    let find = |side: &Side, price: PriceMantissa| side.iter().find(|(p, _)| *p == price).map(|(_, s)| *s);
    let gone = old
        .iter()
        .filter(|(p, _)| !exists(*p))
        .map(|(p, _)| (*p, SizeMantissa(0)));
    let changed = new.iter().filter(|(p, s)| find(old, *p) != Some(*s)).copied();
    gone.chain(changed).collect()
}

/// One symbol in one channel.
#[derive(Debug)]
pub(super) struct Subscription {
    /// What.
    pub(super) topic: Topic,
    /// Index of the product.
    pub(super) product: usize,
    /// Its listing.
    pub(super) info: ListingInfo,
    /// Steps up to this one are in the snapshot.
    pub(super) since: u64,
    /// For books.
    pub(super) book: Option<BookView>,
    /// The candle in the making, for `ohlc`.
    pub(super) candle: Option<Candle>,
    /// Best prices last told, for `ticker` on best prices.
    pub(super) best: (Option<Level>, Option<Level>),
}

impl Subscription {
    /// What a step says to this subscription.
    pub(super) fn on_step(&mut self, step: &VenueStep, skew_ns: i64) -> Option<Outbound> {
        if step.step <= self.since {
            return None;
        }
        let market = step.markets.iter().find(|m| m.product == self.product)?;
        let at = |ts| skewed(ts, skew_ns);
        let now = at(step.ts);
        let info = &self.info;
        let text = match self.topic {
            Topic::Instrument => return None,
            Topic::Book { .. } => {
                let view = self.book.as_mut()?;
                let (bids, asks) = view.step(market);
                if bids.is_empty() && asks.is_empty() {
                    return None;
                }
                message::book("update", info, (&bids, &asks), view.sides(), now)
            }
            Topic::Trade if !market.trades.is_empty() => {
                message::trades("update", info, market.trades.iter(), at)
            }
            Topic::Ticker { on_bbo } => {
                let best = (market.ticker.bid, market.ticker.ask);
                let moved = std::mem::replace(&mut self.best, best) != best;
                if market.trades.is_empty() && !(on_bbo && moved) {
                    return None;
                }
                message::ticker("update", info, &market.ticker, now)?
            }
            Topic::Ohlc { minutes } if !market.trades.is_empty() => {
                let mut told: Vec<Candle> = Vec::new();
                for one in market.trades.iter().map(|t| Candle::of(t, minutes * 60)) {
                    match &mut self.candle {
                        Some(candle) if candle.start_s == one.start_s => candle.merge(&one),
                        other => {
                            // The last word on the candle before, if this step changed it.
                            *other = Some(one);
                        }
                    }
                    match (told.last_mut(), self.candle) {
                        (Some(last), Some(candle)) if last.start_s == candle.start_s => *last = candle,
                        (_, Some(candle)) => told.push(candle),
                        (_, None) => {}
                    }
                }
                message::ohlc("update", info, minutes, &told, now)
            }
            Topic::Trade | Topic::Ohlc { .. } => return None,
        };
        Some(Outbound::new(self.topic.channel(), text))
    }
}

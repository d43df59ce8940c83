//! What a strategy is shown when it is asked: its instruments, its own positions, its share of the equity.

use tradewind_indicators::{BarInput, Slot};
use tradewind_types::UnixNanos;
use tradewind_types::market::Quote;

use crate::face::OwnPosition;
use crate::feed::Feed;
use crate::window::Window;

/// The last quote of an instrument.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct QuoteView {
    /// Best bid.
    pub bid: f64,
    /// Best offer.
    pub ask: f64,
    /// Size at the bid; 0 without one.
    pub bid_size: f64,
    /// Size at the offer; 0 without one.
    pub ask_size: f64,
    /// When we learned of it.
    pub ts: UnixNanos,
}

impl QuoteView {
    /// The mean of bid and offer.
    #[must_use]
    pub fn mid(&self) -> f64 {
        (self.bid + self.ask) / 2.0
    }
}

/// What an instance knows of one of its instruments besides the bars.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SlotState {
    pub(crate) quote: Option<Quote>,
    pub(crate) position: OwnPosition,
    /// The position's quantity and average price, for strategies that calculate.
    pub(crate) held: f64,
    pub(crate) average: f64,
    pub(crate) multiplier: f64,
    /// What one unit of the instrument's currency is worth in the account's; `None` while no rate is known.
    pub(crate) rate: Option<f64>,
    pub(crate) fresh: bool,
}

impl SlotState {
    pub(crate) const fn flat(multiplier: f64) -> Self {
        Self {
            quote: None,
            position: OwnPosition {
                quantity: tradewind_types::Decimal::ZERO,
                average_price: tradewind_types::Decimal::ZERO,
            },
            held: 0.0,
            average: 0.0,
            multiplier,
            rate: Some(1.0),
            fresh: false,
        }
    }
}

/// The state of the world as far as a strategy may know it. Read-only; never another account, the clock, or
/// anything later than the event being handled.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub(crate) feeds: &'a [Feed],
    pub(crate) states: &'a [SlotState],
    pub(crate) places: &'a [Slot],
    pub(crate) window_bars: usize,
    pub(crate) equity: f64,
}

impl<'a> Context<'a> {
    /// How many instruments there are.
    #[must_use]
    #[inline]
    pub fn slots(&self) -> usize {
        self.feeds.len()
    }

    /// The window of an instrument; none for a slot that there is not or that has not had a bar.
    #[must_use]
    #[inline]
    pub fn window(&self, slot: usize) -> Option<Window<'a>> {
        let feed = self.feeds.get(slot).filter(|feed| feed.bars_seen > 0)?;
        Some(Window::new(feed, self.places, self.window_bars))
    }

    /// The window of the first instrument.
    #[must_use]
    #[inline]
    pub fn first(&self) -> Window<'a> {
        Window::new(&self.feeds[0], self.places, self.window_bars)
    }

    /// An indicator value of the first instrument: place in the declared list, output, bars back.
    #[must_use]
    #[inline]
    pub fn value(&self, at: usize, output: usize, back: usize) -> Option<f64> {
        let place = self.places.get(at)?;
        self.feeds[0].bank.track(*place).value(output, back)
    }

    /// The last closed bar of an instrument.
    #[must_use]
    #[inline]
    pub fn bar(&self, slot: usize) -> Option<&'a BarInput> {
        self.feeds.get(slot)?.last(1).last()
    }

    /// Opening time of the latest bar of all instruments.
    #[must_use]
    pub fn ts(&self) -> UnixNanos {
        let latest = self.feeds.iter().filter_map(Feed::last_ts).max();
        latest.unwrap_or(UnixNanos(0))
    }

    /// Whether the instrument closed a bar at the time being handled.
    #[must_use]
    pub fn fresh(&self, slot: usize) -> bool {
        self.states.get(slot).is_some_and(|s| s.fresh)
    }

    /// The last quote of an instrument, if there was one.
    #[must_use]
    pub fn quote(&self, slot: usize) -> Option<QuoteView> {
        let quote = self.states.get(slot)?.quote?;
        let scales = self.feeds.get(slot)?.scales;
        Some(QuoteView {
            bid: quote.bid.to_f64(scales.price),
            ask: quote.ask.to_f64(scales.price),
            bid_size: quote.bid_size.to_f64(scales.size),
            ask_size: quote.ask_size.to_f64(scales.size),
            ts: quote.ts_init,
        })
    }

    /// What the strategy holds of an instrument; flat for a slot that there is not.
    #[must_use]
    pub fn position(&self, slot: usize) -> OwnPosition {
        self.states.get(slot).map(|s| s.position).unwrap_or_default()
    }

    /// The quantity held, as a number to calculate with; negative = short.
    #[must_use]
    #[inline]
    pub fn held(&self, slot: usize) -> f64 {
        self.states.get(slot).map_or(0.0, |s| s.held)
    }

    /// Average cost of what is held; 0 when flat.
    #[must_use]
    pub fn average_price(&self, slot: usize) -> f64 {
        self.states.get(slot).map_or(0.0, |s| s.average)
    }

    /// The equity allotted to the strategy, in the account's currency; current only where it declared
    /// [`crate::Inputs::equity`].
    #[must_use]
    pub fn equity(&self) -> f64 {
        self.equity
    }

    /// The share of the equity that the position is worth at the last close; negative = short. None without equity,
    /// bars, or a rate between the instrument's currency and the account's.
    #[must_use]
    pub fn weight(&self, slot: usize) -> Option<f64> {
        let state = self.states.get(slot)?;
        let close = self.bar(slot)?.close;
        let worth = state.held * close * state.multiplier * state.rate?;
        (self.equity > 0.0).then(|| worth / self.equity)
    }
}

//! What a strategy sees of one instrument: the last closed bars and indicator values, read-only.

use tradewind_indicators::{BarInput, Slot, Track};
use tradewind_types::UnixNanos;

use crate::feed::Feed;
use crate::reason::Reason;

/// A read-only view that ends at the bar being handled. Nothing later can be reached through it.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    feed: &'a Feed,
    places: &'a [Slot],
    bars: &'a [BarInput],
}

impl<'a> Window<'a> {
    #[inline]
    pub(crate) fn new(feed: &'a Feed, places: &'a [Slot], window_bars: usize) -> Self {
        Self {
            feed,
            places,
            bars: feed.last(window_bars.max(1)),
        }
    }

    /// The closed bars, oldest first; the last one is being handled.
    #[must_use]
    #[inline]
    pub fn bars(&self) -> &'a [BarInput] {
        self.bars
    }

    /// The bar `back` bars before the one being handled, within the window.
    #[must_use]
    #[inline]
    pub fn bar(&self, back: usize) -> Option<&'a BarInput> {
        self.bars.get(self.bars.len().checked_sub(back + 1)?)
    }

    /// Close of the bar being handled.
    #[must_use]
    #[inline]
    pub fn close(&self) -> f64 {
        self.bars.last().map_or(f64::NAN, |bar| bar.close)
    }

    /// Opening time of the bar being handled.
    #[must_use]
    pub fn ts(&self) -> UnixNanos {
        self.bars.last().map_or(self.feed.first_ts, |bar| bar.ts)
    }

    /// Recent values of the indicator at `at` in the declared list; none past its end.
    #[must_use]
    #[inline]
    pub fn indicator(&self, at: usize) -> Option<Track<'a>> {
        self.places.get(at).map(|slot| self.feed.bank.track(*slot))
    }

    /// An output of an indicator, `back` bars before the one being handled.
    #[must_use]
    #[inline]
    pub fn value(&self, at: usize, output: usize, back: usize) -> Option<f64> {
        self.indicator(at)?.value(output, back)
    }

    /// How many bars the strategy has seen, this one included.
    #[must_use]
    pub fn bars_seen(&self) -> u64 {
        self.feed.bars_seen
    }

    /// Opening time of the first bar ever seen; sums over a session begin there at the earliest.
    #[must_use]
    pub fn history_from(&self) -> UnixNanos {
        self.feed.first_ts
    }

    /// Decimals of the instrument's prices.
    #[must_use]
    pub fn decimals(&self) -> u8 {
        self.feed.scales.price
    }

    /// A reason whose prices are shown at this instrument's decimals.
    #[must_use]
    #[inline]
    pub fn reason(&self, template: &'static str, figures: &[f64]) -> Reason {
        Reason::new(template, self.decimals(), figures)
    }
}

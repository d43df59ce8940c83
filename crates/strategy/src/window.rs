//! What a strategy sees: the last closed bars and indicator values, read-only.

use tradewind_indicators::{BarInput, IndicatorBank, Scales, Slot, Track};
use tradewind_types::UnixNanos;

/// A read-only view that ends at the bar being handled. Nothing later can be reached through it.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    pub(crate) bars: &'a [BarInput],
    pub(crate) bank: &'a IndicatorBank,
    pub(crate) slots: &'a [Slot],
    pub(crate) bars_seen: u64,
    pub(crate) history_from: UnixNanos,
    pub(crate) scales: Scales,
}

impl<'a> Window<'a> {
    /// The closed bars, oldest first; the last one is being handled. Never empty.
    #[must_use]
    pub fn bars(&self) -> &'a [BarInput] {
        self.bars
    }

    /// Close of the bar being handled.
    #[must_use]
    pub fn close(&self) -> f64 {
        self.bars.last().map_or(f64::NAN, |bar| bar.close)
    }

    /// Opening time of the bar being handled.
    #[must_use]
    pub fn ts(&self) -> UnixNanos {
        self.bars.last().map_or(self.history_from, |bar| bar.ts)
    }

    /// Recent values of the indicator at `at` in the declared list; empty past its end.
    #[must_use]
    pub fn indicator(&self, at: usize) -> Option<Track<'a>> {
        self.slots.get(at).map(|slot| self.bank.track(*slot))
    }

    /// An output of an indicator, `back` bars before the one being handled.
    #[must_use]
    pub fn value(&self, at: usize, output: usize, back: usize) -> Option<f64> {
        self.indicator(at)?.back(back)?.get(output)
    }

    /// How many bars the strategy has seen, this one included.
    #[must_use]
    pub fn bars_seen(&self) -> u64 {
        self.bars_seen
    }

    /// Opening time of the first bar ever seen; sums over a session begin there at the earliest.
    #[must_use]
    pub fn history_from(&self) -> UnixNanos {
        self.history_from
    }

    /// A price as text, at the instrument's decimals.
    #[must_use]
    pub fn price_text(&self, price: f64) -> String {
        format!("{price:.*}", usize::from(self.scales.price))
    }

    /// A computed price (average, band) as text, with two decimals more than the instrument's prices: close
    /// averages differ in them.
    #[must_use]
    pub fn average_text(&self, price: f64) -> String {
        format!("{price:.*}", usize::from(self.scales.price) + 2)
    }
}

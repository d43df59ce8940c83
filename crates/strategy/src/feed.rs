//! One instrument's closed bars on their way in: order, revisions, the window's memory, the indicators.

use tradewind_indicators::{BarInput, IndicatorBank, Scales};
use tradewind_types::UnixNanos;
use tradewind_types::market::{Bar, BarInterval};

/// Bars kept beyond the window before old ones are dropped.
const SLACK: usize = 256;

/// Why a bar caused nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ignored {
    /// The bar came before: a later revision, or the same again. Strategies keep what they saw when it closed.
    AlreadySeen,
    /// It opens before a bar that was already handled.
    OutOfOrder,
    /// It is of another interval.
    OtherInterval,
    /// The strategy has no such slot.
    UnknownSlot,
}

#[derive(Debug)]
pub(crate) struct Feed {
    pub(crate) interval: BarInterval,
    pub(crate) scales: Scales,
    pub(crate) bank: IndicatorBank,
    pub(crate) bars_seen: u64,
    pub(crate) first_ts: UnixNanos,
    last_ts: Option<UnixNanos>,
    recent: Vec<BarInput>,
    keep: usize,
}

impl Feed {
    /// Remembers `keep` bars and indicator values.
    pub(crate) fn new(interval: BarInterval, scales: Scales, keep: usize) -> Self {
        let keep = keep.max(1);
        Self {
            interval,
            scales,
            bank: IndicatorBank::new(keep),
            bars_seen: 0,
            first_ts: UnixNanos(0),
            last_ts: None,
            recent: Vec::with_capacity(keep + keep.max(SLACK)),
            keep,
        }
    }

    /// Why a bar is not to be taken, if so.
    #[inline]
    pub(crate) fn refuses(&self, bar: &Bar) -> Option<Ignored> {
        if bar.interval != self.interval {
            return Some(Ignored::OtherInterval);
        }
        match self.last_ts {
            Some(last) if bar.ts == last => Some(Ignored::AlreadySeen),
            Some(last) if bar.ts < last => Some(Ignored::OutOfOrder),
            _ => None,
        }
    }

    /// Takes the next bar.
    #[inline]
    pub(crate) fn take(&mut self, bar: &Bar) {
        let input = BarInput::from_bar(bar, self.scales);
        if self.recent.len() >= self.keep + self.keep.max(SLACK) {
            self.recent.drain(..self.recent.len() - self.keep);
        }
        self.recent.push(input);
        self.bank.update(&input);
        if self.last_ts.is_none() {
            self.first_ts = input.ts;
        }
        self.bars_seen += 1;
        self.last_ts = Some(input.ts);
    }

    /// The last bars, `count` at most, oldest first.
    #[inline]
    pub(crate) fn last(&self, count: usize) -> &[BarInput] {
        &self.recent[self.recent.len().saturating_sub(count.min(self.keep))..]
    }

    pub(crate) fn last_ts(&self) -> Option<UnixNanos> {
        self.last_ts
    }
}

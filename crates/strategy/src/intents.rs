//! What a strategy asks for. Intents, not orders: the kernel sizes, quantises, passes the risk gate and links.
//!
//! Quantities and shares of equity are decimals. Price levels are `f64`, since they come from indicators; whoever
//! makes an order of them rounds to the tick by a named policy.

use std::sync::Arc;

use tradewind_types::order::UnitFraction;
use tradewind_types::risk::SizingRule;
use tradewind_types::{Decimal, Side};

use crate::face::Verdict;
use crate::reason::Reason;

/// Most intents of one call; a strategy that asks for more is halted.
pub const INTENTS_MAX: usize = 256;

/// How much to enter with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Size {
    /// What the account's settings give: a share of equity × confidence.
    Default,
    /// This much of the instrument, above 0; down to the lot.
    Quantity(Decimal),
    /// Worth this share of the equity allotted, e.g. 0.1.
    EquityFraction(Decimal),
    /// So that a fill at the stop-loss costs this share of the equity allotted. Needs a stop-loss.
    RiskToStop(Decimal),
    /// By a rule with what it needs to know: a volatility target, Kelly, a value at risk.
    By(SizingRule),
}

/// How to enter.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum EntryKind {
    /// As the account's settings say: a limit a little through the quote.
    Default,
    /// A market order.
    Market,
    /// A limit order at this price.
    Limit(f64),
    /// A market order once this price is reached.
    Stop(f64),
}

/// What a position should be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Amount {
    /// Worth this share of the equity allotted; negative = short.
    Weight(Decimal),
    /// This much of the instrument; negative = short.
    Quantity(Decimal),
}

/// To open or add to a position.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// Which instrument of the strategy.
    pub slot: usize,
    /// Buy or sell.
    pub side: Side,
    /// How much.
    pub size: Size,
    /// How.
    pub kind: EntryKind,
    /// Price at which to give up; `None` = as the account's settings say.
    pub stop_loss: Option<f64>,
    /// Price at which to take the profit; `None` = as the account's settings say.
    pub take_profit: Option<f64>,
    /// How sure, 0 to 1; the gate has a minimum.
    pub confidence: UnitFraction,
    /// Why.
    pub reason: Reason,
}

impl Entry {
    /// At the account's default size and kind, wholly sure, without levels of its own.
    #[must_use]
    #[inline]
    pub fn new(slot: usize, side: Side, reason: Reason) -> Self {
        Self {
            slot,
            side,
            size: Size::Default,
            kind: EntryKind::Default,
            stop_loss: None,
            take_profit: None,
            confidence: UnitFraction(crate::ONE),
            reason,
        }
    }
}

/// One thing a strategy asks for.
#[derive(Clone, PartialEq, Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "a few per call, in a buffer that is reused; a box would allocate"
)]
pub enum Intent {
    /// What it thinks; the combination may act on it.
    Opinion(Verdict),
    /// Bring the position to this. Asking for what is there already is no order.
    Target {
        /// Which instrument of the strategy.
        slot: usize,
        /// What it should be.
        amount: Amount,
        /// Why.
        reason: Reason,
    },
    /// Open or add.
    Enter(Entry),
    /// Cancel the strategy's entries that still rest in the instrument and close what it holds there. Nothing
    /// to close is no error.
    Exit {
        /// Which instrument of the strategy.
        slot: usize,
        /// Why.
        reason: Reason,
    },
    /// Cancel the strategy's orders that rest in the instrument, protective ones excepted.
    CancelAll {
        /// Which instrument of the strategy.
        slot: usize,
        /// Why.
        reason: Reason,
    },
}

impl Intent {
    /// Why.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        match self {
            Intent::Opinion(verdict) => &verdict.reason,
            Intent::Enter(entry) => &entry.reason,
            Intent::Target { reason, .. }
            | Intent::Exit { reason, .. }
            | Intent::CancelAll { reason, .. } => reason,
        }
    }

    /// The instrument concerned; opinions are of the first.
    #[must_use]
    pub fn slot(&self) -> usize {
        match self {
            Intent::Opinion(_) => 0,
            Intent::Enter(entry) => entry.slot,
            Intent::Target { slot, .. } | Intent::Exit { slot, .. } | Intent::CancelAll { slot, .. } => *slot,
        }
    }
}

/// The intents of one call, in their order. Reused from call to call, so that a call allocates nothing.
#[derive(Debug, Default)]
pub struct Intents {
    list: Vec<Intent>,
    halt: Option<Arc<str>>,
}

impl Intents {
    /// An empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self {
            list: Vec::with_capacity(8),
            halt: None,
        }
    }

    /// Adds an intent. Past [`INTENTS_MAX`] the strategy is halted instead.
    #[inline]
    pub fn push(&mut self, intent: Intent) {
        if self.list.len() < INTENTS_MAX {
            self.list.push(intent);
        } else {
            self.halt(Arc::from(format!("more than {INTENTS_MAX} intents in one call")));
        }
    }

    /// Gives an opinion.
    #[inline]
    pub fn opinion(&mut self, verdict: Verdict) {
        self.push(Intent::Opinion(verdict));
    }

    /// Asks to open or add.
    #[inline]
    pub fn enter(&mut self, entry: Entry) {
        self.push(Intent::Enter(entry));
    }

    /// Asks for a position.
    #[inline]
    pub fn target(&mut self, slot: usize, amount: Amount, reason: Reason) {
        self.push(Intent::Target { slot, amount, reason });
    }

    /// Asks to close.
    #[inline]
    pub fn exit(&mut self, slot: usize, reason: Reason) {
        self.push(Intent::Exit { slot, reason });
    }

    /// Asks to cancel what rests.
    #[inline]
    pub fn cancel_all(&mut self, slot: usize, reason: Reason) {
        self.push(Intent::CancelAll { slot, reason });
    }

    /// The strategy cannot go on. Takes back what it asked for in this call; the first reason stays.
    pub fn halt(&mut self, why: Arc<str>) {
        self.list.clear();
        self.halt.get_or_insert(why);
    }

    /// Why the strategy cannot go on, if so.
    #[must_use]
    #[inline]
    pub fn halted(&self) -> Option<&Arc<str>> {
        self.halt.as_ref()
    }

    /// All, in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, Intent> {
        self.list.iter()
    }

    /// How many.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether nothing is asked for.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Takes all out, in their order; the buffer stays.
    pub fn drain(&mut self) -> std::vec::Drain<'_, Intent> {
        self.list.drain(..)
    }

    /// Forgets all.
    #[inline]
    pub fn clear(&mut self) {
        self.list.clear();
        self.halt = None;
    }

    /// The last opinion given, taken out.
    pub(crate) fn take_opinion(&mut self) -> Option<Verdict> {
        self.list.drain(..).fold(None, |last, intent| match intent {
            Intent::Opinion(verdict) => Some(verdict),
            _ => last,
        })
    }
}

impl<'a> IntoIterator for &'a Intents {
    type Item = &'a Intent;
    type IntoIter = std::slice::Iter<'a, Intent>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A share or weight as a decimal of six places; `None` when it is not finite or beyond ±1000.
#[must_use]
pub fn share(value: f64) -> Option<Decimal> {
    if !(value.is_finite() && value.abs() <= 1_000.0) {
        return None;
    }
    Some(Decimal::new((value * 1e6).round() as i64, 6).normalize())
}

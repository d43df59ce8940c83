//! The one strategy face: what a strategy declares, what it is told, what it answers.

use std::fmt;

use tradewind_indicators::IndicatorSpec;
use tradewind_types::market::BarInterval;
use tradewind_types::order::UnitFraction;
use tradewind_types::signal::Opinion;
use tradewind_types::{Decimal, Price, Quantity, Side, StrategyId, UnixNanos};

use crate::context::Context;
use crate::intents::Intents;
use crate::reason::Reason;

/// When a strategy of several instruments is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Alignment {
    /// When every instrument has closed a bar of the same time; times that one of them lacks are passed over.
    #[default]
    Whole,
    /// At every time at which at least one has closed a bar, once all that come have come
    /// ([`crate::Instance::flush`]); [`Context::fresh`] tells which.
    Partial,
}

/// What a strategy needs, declared before its first bar. Says nothing of any instrument.
#[derive(Clone, PartialEq, Debug)]
pub struct Inputs {
    /// Of which bars.
    pub interval: BarInterval,
    /// How many instruments it works on; they are its slots 0, 1, ….
    pub slots: usize,
    /// When it is asked, with several.
    pub alignment: Alignment,
    /// Closed bars (of each instrument) before its first call.
    pub warm_up_bars: usize,
    /// How many bars (and indicator values) its window reaches back, the current one included.
    pub window_bars: usize,
    /// Its indicators, computed for each slot; [`crate::Window::indicator`] takes the place in this list.
    pub indicators: Vec<IndicatorSpec>,
    /// Whether [`Strategy::on_quote`] is to be called. The last quote is in the context either way.
    pub quotes: bool,
    /// Whether it reads [`Context::equity`] or [`Context::weight`]: the host then keeps it current on every bar.
    pub equity: bool,
}

impl Inputs {
    /// For one instrument, without quotes or equity.
    #[must_use]
    pub fn single(
        interval: BarInterval,
        warm_up_bars: usize,
        window_bars: usize,
        indicators: Vec<IndicatorSpec>,
    ) -> Self {
        Self {
            interval,
            slots: 1,
            alignment: Alignment::Whole,
            warm_up_bars,
            window_bars,
            indicators,
            quotes: false,
            equity: false,
        }
    }
}

/// What a strategy thinks at one closed bar.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// Buy, sell or hold.
    pub opinion: Opinion,
    /// How far past its thresholds, 0 to 1; 0 for a hold.
    pub strength: UnitFraction,
    /// How sure, 0 to 1; 0 for a hold.
    pub confidence: UnitFraction,
    /// Why, in words, with the figures.
    pub reason: Reason,
}

impl Verdict {
    /// Neither side, and why.
    #[must_use]
    #[inline]
    pub fn hold(reason: impl Into<Reason>) -> Self {
        Self {
            opinion: Opinion::Hold,
            strength: UnitFraction(0),
            confidence: UnitFraction(0),
            reason: reason.into(),
        }
    }
}

/// What a strategy holds of an instrument, by its own orders.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OwnPosition {
    /// Negative = short.
    pub quantity: Decimal,
    /// Average cost; 0 when flat.
    pub average_price: Decimal,
}

/// An execution of one of the strategy's own orders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OwnFill {
    /// Which instrument of the strategy.
    pub slot: usize,
    /// Bought or sold.
    pub side: Side,
    /// How much.
    pub quantity: Quantity,
    /// At what price.
    pub price: Price,
    /// When.
    pub ts: UnixNanos,
}

/// An algorithm that looks at closed bars, quotes and its own fills, and says what it wants.
///
/// Deterministic: what it says depends on what it was given so far and on nothing else. Built-in strategies and
/// scripts, live, paper and backtest use this one face.
pub trait Strategy: Send + fmt::Debug {
    /// The id of this instance, e.g. `fast_scalping`.
    fn id(&self) -> &StrategyId;

    /// What it needs. Must not change.
    fn inputs(&self) -> &Inputs;

    /// Handles a closed bar (of all its instruments). Called once per time in order, from bar `warm_up_bars` on.
    fn on_bar(&mut self, context: &Context<'_>, out: &mut Intents);

    /// Handles a quote of one of its instruments; only where it declared [`Inputs::quotes`].
    fn on_quote(&mut self, context: &Context<'_>, slot: usize, out: &mut Intents) {
        let _ = (context, slot, out);
    }

    /// Handles an execution of one of its own orders.
    fn on_fill(&mut self, fill: &OwnFill, out: &mut Intents) {
        let _ = (fill, out);
    }
}

impl<S: Strategy + ?Sized> Strategy for Box<S> {
    fn id(&self) -> &StrategyId {
        (**self).id()
    }

    fn inputs(&self) -> &Inputs {
        (**self).inputs()
    }

    fn on_bar(&mut self, context: &Context<'_>, out: &mut Intents) {
        (**self).on_bar(context, out);
    }

    fn on_quote(&mut self, context: &Context<'_>, slot: usize, out: &mut Intents) {
        (**self).on_quote(context, slot, out);
    }

    fn on_fill(&mut self, fill: &OwnFill, out: &mut Intents) {
        (**self).on_fill(fill, out);
    }
}

/// One strategy's verdict on one bar of an instrument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StrategyOpinion {
    /// Who.
    pub strategy: StrategyId,
    /// What, and why.
    pub verdict: Verdict,
}

//! The one strategy face: what a strategy declares, what it is asked, what it answers.

use std::fmt;

use tradewind_indicators::IndicatorSpec;
use tradewind_types::StrategyId;
use tradewind_types::market::BarInterval;
use tradewind_types::order::UnitFraction;
use tradewind_types::signal::Opinion;

use crate::Window;

/// What a strategy needs, declared before its first bar. Says nothing of any instrument.
#[derive(Clone, PartialEq, Debug)]
pub struct Inputs {
    /// Of which bars.
    pub interval: BarInterval,
    /// Closed bars before its first opinion.
    pub warm_up_bars: usize,
    /// How many bars (and indicator values) its window reaches back, the current one included.
    pub window_bars: usize,
    /// Its indicators; [`Window::indicator`] takes the place in this list.
    pub indicators: Vec<IndicatorSpec>,
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
    pub reason: String,
}

impl Verdict {
    /// Neither side, and why.
    #[must_use]
    pub fn hold(reason: String) -> Self {
        Self {
            opinion: Opinion::Hold,
            strength: UnitFraction(0),
            confidence: UnitFraction(0),
            reason,
        }
    }
}

/// An algorithm that has an opinion on every closed bar.
///
/// Deterministic: the answer depends on the bars seen so far and on nothing else.
pub trait Strategy: Send + fmt::Debug {
    /// Its id, e.g. `fast_scalping`.
    fn id(&self) -> &StrategyId;

    /// What it needs. Must not change.
    fn inputs(&self) -> &Inputs;

    /// Handles one closed bar. Called once per bar in order, from bar `warm_up_bars` on.
    fn on_bar(&mut self, window: &Window<'_>) -> Verdict;
}

/// One strategy's verdict on one bar of an instrument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StrategyOpinion {
    /// Who.
    pub strategy: StrategyId,
    /// What, and why.
    pub verdict: Verdict,
}

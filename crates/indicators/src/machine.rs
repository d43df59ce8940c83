//! The streaming face: one closed bar in, that bar's values out.
//!
//! An enum, not a trait object: a bank steps its indicators on every bar of a backtest, and a match on a few
//! variants costs less than a call through a table. It is private inside [`Indicator`], so that a new family is
//! no change of the face.

use ta_lib::{
    AtrStream, BbandsStream, DonchianStream, EmaStream, MacdStream, RsiStream, SmaStream, StochStream,
    StochfStream, SupertrendStream,
};

use crate::adapter::Adapter;
use crate::input::BarInput;
use crate::value::Values;
use crate::vwap::SessionVwap;
use crate::zscore::ScoreStream;

/// Every streaming algorithm there is.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "a bank holds a handful, in one vector; a box would cost a pointer on every bar"
)]
pub(crate) enum Machine {
    Sma(Adapter<SmaStream>),
    Ema(Adapter<EmaStream>),
    Rsi(Adapter<RsiStream>),
    Macd(Adapter<MacdStream>),
    Stoch(Adapter<StochStream>),
    Stochf(Adapter<StochfStream>),
    Bbands(Adapter<BbandsStream>),
    Zscore(Adapter<ScoreStream>),
    Donchian(Adapter<DonchianStream>),
    Supertrend(Adapter<SupertrendStream>),
    Atr(Adapter<AtrStream>),
    Vwap(SessionVwap),
}

/// An indicator that takes one closed bar at a time. Made by [`crate::IndicatorSpec::start`].
#[derive(Debug)]
pub struct Indicator(Machine);

impl From<Machine> for Indicator {
    fn from(machine: Machine) -> Self {
        Self(machine)
    }
}

impl Indicator {
    /// Takes the next closed bar. `None` before enough bars, where the indicator is undefined at this bar,
    /// and for a bar with a figure that is not finite (which is ignored). Amortised O(1).
    #[inline]
    pub fn update(&mut self, bar: &BarInput) -> Option<Values> {
        if bar.is_finite() { self.step(bar) } else { None }
    }

    /// Takes the next bar, whose figures are finite.
    #[inline]
    pub(crate) fn step(&mut self, bar: &BarInput) -> Option<Values> {
        match &mut self.0 {
            Machine::Ema(a) => a.step(bar),
            Machine::Sma(a) => a.step(bar),
            Machine::Rsi(a) => a.step(bar),
            Machine::Macd(a) => a.step(bar),
            Machine::Stoch(a) => a.step(bar),
            Machine::Stochf(a) => a.step(bar),
            Machine::Bbands(a) => a.step(bar),
            Machine::Zscore(a) => a.step(bar),
            Machine::Donchian(a) => a.step(bar),
            Machine::Supertrend(a) => a.step(bar),
            Machine::Atr(a) => a.step(bar),
            Machine::Vwap(a) => a.step(bar),
        }
    }
}

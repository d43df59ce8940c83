//! The streaming face: one closed bar in, that bar's values out.
//!
//! An enum, not a trait object, for what strategies use on every bar of a backtest: a match on a few variants costs
//! less than a call through a table. All others are behind one pointer. It is private inside [`Indicator`], so that
//! a new family is no change of the face.

use ta_lib::{
    AtrStream, BbandsStream, DonchianStream, EmaStream, MacdStream, RsiStream, SmaStream, StochStream,
    StochfStream, SupertrendStream,
};

use crate::adapter::Adapter;
use crate::input::{BarInput, Input};
use crate::stepper::{DynStepper, Stepper, put};
use crate::value::{OUTPUTS_MAX, Values};
use crate::vwap::SessionVwap;
use crate::zscore::ScoreStream;

/// Every streaming algorithm there is.
#[derive(Debug, Clone)]
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
    Other(Box<dyn DynStepper>),
}

impl Machine {
    /// Of an algorithm that has no variant of its own.
    pub(crate) fn other(stepper: impl Stepper) -> Self {
        Self::Other(Box::new(stepper))
    }
}

/// An indicator that takes one closed bar at a time. Made by [`crate::IndicatorSpec::start`]. A clone goes on by
/// itself from the same bar.
#[derive(Debug, Clone)]
pub struct Indicator {
    machine: Machine,
    inputs: &'static [Input],
}

impl Indicator {
    pub(crate) fn new(machine: Machine, inputs: &'static [Input]) -> Self {
        Self { machine, inputs }
    }

    /// Takes the next closed bar. `None` before enough bars, where the indicator is undefined at this bar,
    /// and for a bar with a figure that it reads and that is not finite (which is ignored). Amortised O(1).
    #[inline]
    pub fn update(&mut self, bar: &BarInput) -> Option<Values> {
        if !bar.is_finite() && !self.takes(bar) {
            return None;
        }
        let mut row = [f64::NAN; OUTPUTS_MAX];
        let width = self.step_into(bar, &mut row);
        values(&row[..width])
    }

    /// What [`Indicator::update`] would give for a bar that is still forming, without taking it. While the indicator
    /// warms up this costs O(bars so far).
    #[must_use]
    pub fn peek(&self, bar: &BarInput) -> Option<Values> {
        if !self.takes(bar) {
            return None;
        }
        let mut row = [f64::NAN; OUTPUTS_MAX];
        let width = self.peek_into(bar, &mut row);
        values(&row[..width])
    }

    /// Whether all that it reads of the bar is finite.
    #[cold]
    pub(crate) fn takes(&self, bar: &BarInput) -> bool {
        self.inputs.iter().all(|input| input.of(bar).is_finite())
    }

    /// Takes the next bar, whose figures are finite, and writes its values to the begin of `row`, which is wide enough.
    /// Gives how many there are; 0 = none.
    #[inline]
    pub(crate) fn step_into(&mut self, bar: &BarInput, row: &mut [f64]) -> usize {
        match &mut self.machine {
            Machine::Ema(a) => put(a.step(bar), row),
            Machine::Sma(a) => put(a.step(bar), row),
            Machine::Rsi(a) => put(a.step(bar), row),
            Machine::Macd(a) => put(a.step(bar), row),
            Machine::Stoch(a) => put(a.step(bar), row),
            Machine::Stochf(a) => put(a.step(bar), row),
            Machine::Bbands(a) => put(a.step(bar), row),
            Machine::Zscore(a) => put(a.step(bar), row),
            Machine::Donchian(a) => put(a.step(bar), row),
            Machine::Supertrend(a) => put(a.step(bar), row),
            Machine::Atr(a) => put(a.step(bar), row),
            Machine::Vwap(a) => put(a.step(bar), row),
            Machine::Other(a) => a.step_into(bar, row),
        }
    }

    fn peek_into(&self, bar: &BarInput, row: &mut [f64]) -> usize {
        match &self.machine {
            Machine::Ema(a) => put(a.peek(bar), row),
            Machine::Sma(a) => put(a.peek(bar), row),
            Machine::Rsi(a) => put(a.peek(bar), row),
            Machine::Macd(a) => put(a.peek(bar), row),
            Machine::Stoch(a) => put(a.peek(bar), row),
            Machine::Stochf(a) => put(a.peek(bar), row),
            Machine::Bbands(a) => put(a.peek(bar), row),
            Machine::Zscore(a) => put(a.peek(bar), row),
            Machine::Donchian(a) => put(a.peek(bar), row),
            Machine::Supertrend(a) => put(a.peek(bar), row),
            Machine::Atr(a) => put(a.peek(bar), row),
            Machine::Vwap(a) => put(a.peek(bar), row),
            Machine::Other(a) => a.peek_into(bar, row),
        }
    }
}

/// `None` when no output has a value.
fn values(row: &[f64]) -> Option<Values> {
    let any = row.iter().any(|value| value.is_finite());
    any.then(|| Values::from_slice(row))
}

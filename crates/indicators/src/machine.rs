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
use crate::value::{OUTPUTS_MAX, Values};
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
    fn step(&mut self, bar: &BarInput) -> Option<Values> {
        let mut row = [f64::NAN; OUTPUTS_MAX];
        let width = self.step_into(bar, &mut row);
        (width > 0).then(|| Values::from_slice(&row[..width]))
    }

    /// Takes the next bar, whose figures are finite, and writes its values to the begin of `row`, which is wide enough.
    /// Gives how many there are; 0 = none.
    #[inline]
    pub(crate) fn step_into(&mut self, bar: &BarInput, row: &mut [f64]) -> usize {
        match &mut self.0 {
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
        }
    }
}

#[inline(always)]
fn put<R: AsRef<[f64]>>(values: Option<R>, row: &mut [f64]) -> usize {
    let Some(values) = values else {
        return 0;
    };
    let values = values.as_ref();
    for (to, from) in row.iter_mut().zip(values) {
        *to = *from;
    }
    values.len()
}

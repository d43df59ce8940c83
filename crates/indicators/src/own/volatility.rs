//! Volatility of closes: historical volatility and the Ulcer index.

use std::collections::VecDeque;

use super::window::{Highest, Moments, Sliding, Sum};
use crate::adapter::by_streaming;
use crate::input::{BarInput, Input};
use crate::machine::Machine;
use crate::params::{Param, Params};
use crate::registry::{Definition, Group, Pane, no_relation};
use crate::stepper::Stepper;

/// Historical volatility in percent a year: `100 · s · √year`, `s` the sample standard deviation (n − 1) of the last
/// `period` log returns `ln(close / close₋₁)`, `year` the number of bars in a year (252 trading days). No value
/// while a close in the window is zero or negative. Source: Hull, *Options, Futures, and Other Derivatives*, on
/// estimating volatility from historical data; pandas-ta-classic `hvol`. (Tulip's `volatility` is another figure:
/// simple returns, population deviation, a fraction.)
pub(crate) static HV: Definition = Definition {
    name: "HV",
    aliases: &["HVOL"],
    title: "Historical volatility",
    group: Group::Volatility,
    ta_lib: None,
    inputs: &[Input::Close],
    params: &[
        Param::period("period", 20, 2),
        Param::real("year", 252.0, 1.0, 1_000_000.0),
    ],
    outputs: &["hv"],
    pane: Pane::Own,
    warm_up: |params| params.period(0) as usize + 1,
    relation: no_relation,
    start: |params| Machine::other(HistoricalVolatility::new(params)),
    batch: |params, bars| Ok(by_streaming(HistoricalVolatility::new(params), 1, bars)),
};

#[derive(Debug, Clone)]
struct HistoricalVolatility {
    scale: f64,
    before: Option<f64>,
    returns: Sliding<Moments>,
}

impl HistoricalVolatility {
    fn new(params: &Params) -> Self {
        Self {
            scale: 100.0 * params.real(1).sqrt(),
            before: None,
            returns: Sliding::new(params.period(0) as usize),
        }
    }
}

impl Stepper for HistoricalVolatility {
    type Row = [f64; 1];

    fn step(&mut self, bar: &BarInput) -> Option<[f64; 1]> {
        let before = self.before.replace(bar.close)?;
        // Where a price is not positive this is NaN or infinite, and so is the window that it lies in.
        let moments = self.returns.push(Moments::of((bar.close / before).ln()))?;
        let hv = moments.sample_deviation() * self.scale;
        hv.is_finite().then_some([hv])
    }
}

/// Ulcer index: `√(Σ d² / period)` over the last `period` bars, `d = 100 · (close − high) / high` with `high` the highest
/// of the `period` closes up to that bar: the depth of drawdowns in percent. Source: Martin and McCann, *The
/// Investor's Guide to Fidelity Funds*; pandas-ta-classic `ui`. (stock-indicators takes the highest close
/// since the window's begin instead.)
pub(crate) static ULCER: Definition = Definition {
    name: "ULCER",
    aliases: &["UI"],
    title: "Ulcer index",
    group: Group::Volatility,
    ta_lib: None,
    inputs: &[Input::Close],
    params: &[Param::period("period", 14, 1)],
    outputs: &["ulcer"],
    pane: Pane::Own,
    warm_up: |params| 2 * params.period(0) as usize - 1,
    relation: no_relation,
    start: |params| Machine::other(Ulcer::new(params)),
    batch: |params, bars| Ok(by_streaming(Ulcer::new(params), 1, bars)),
};

#[derive(Debug, Clone)]
struct Ulcer {
    period: f64,
    highest: Sliding<Highest>,
    squares: Sliding<Sum>,
}

impl Ulcer {
    fn new(params: &Params) -> Self {
        let period = params.period(0) as usize;
        Self {
            period: params.real(0),
            highest: Sliding::new(period),
            squares: Sliding::new(period),
        }
    }
}

impl Stepper for Ulcer {
    type Row = [f64; 1];

    fn step(&mut self, bar: &BarInput) -> Option<[f64; 1]> {
        let high = self.highest.push(Highest(bar.close))?.0;
        let depth = 100.0 * (bar.close - high) / high;
        let ulcer = (self.squares.push(Sum(depth * depth))?.0 / self.period).sqrt();
        ulcer.is_finite().then_some([ulcer])
    }
}

/// The value of `lag` bars ago.
#[derive(Debug, Clone)]
pub(crate) struct Lag {
    lag: usize,
    values: VecDeque<f64>,
}

impl Lag {
    pub(crate) fn new(lag: usize) -> Self {
        Self {
            lag,
            values: VecDeque::new(),
        }
    }

    /// Adds a value and gives the one of `lag` values before it.
    pub(crate) fn push(&mut self, value: f64) -> Option<f64> {
        self.values.push_back(value);
        if self.values.len() > self.lag {
            self.values.pop_front()
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::swings::tests::bar;
    use super::*;

    #[test]
    fn a_close_that_is_not_positive_has_no_volatility_until_it_has_left_the_window() {
        let mut hv = HistoricalVolatility::new(&Params::from_slice(&[2.0, 252.0]));
        let closes = [100.0, 101.0, 100.0, -1.0, 100.0, 101.0, 100.0, 100.0, 100.0];
        let has: Vec<bool> = closes
            .iter()
            .map(|c| hv.step(&bar(0, *c, *c)).is_some())
            .collect();
        assert_eq!(has, [false, false, true, false, false, false, true, true, true]);
    }

    #[test]
    fn a_flat_market_has_no_volatility_at_all() {
        let mut hv = HistoricalVolatility::new(&Params::from_slice(&[3.0, 252.0]));
        let mut last = None;
        for close in [100.0, 180.0, 20.0, 50.1, 50.1, 50.1, 50.1] {
            last = hv.step(&bar(0, close, close));
        }
        assert_eq!(last.map(|[v]| v.to_bits()), Some(0.0f64.to_bits()));
    }

    #[test]
    fn a_rising_market_has_no_ulcer() {
        let mut ulcer = Ulcer::new(&Params::from_slice(&[3.0]));
        let rows: Vec<_> = (1..9)
            .map(|c| ulcer.step(&bar(0, f64::from(c), f64::from(c))))
            .collect();
        assert_eq!(rows[3], None);
        assert_eq!(rows[4], Some([0.0]));
        // One close 10 % under the high, in a window of three: √(100 / 3).
        let [down] = ulcer.step(&bar(0, 7.2, 7.2)).unwrap();
        assert!((down - (100.0f64 / 3.0).sqrt()).abs() < 1e-12, "{down}");
    }
}

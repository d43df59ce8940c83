//! Market phase: where the price and its short average stand to the long one.

use super::window::{Sliding, Sum};
use crate::adapter::by_streaming;
use crate::input::{BarInput, Input};
use crate::machine::Machine;
use crate::params::{Param, Params};
use crate::registry::{Definition, Group, Pane};
use crate::stepper::Stepper;

/// One of six phases, from the close and its simple averages over `fast` and `slow` closes:
///
/// | phase | close > fast | close > slow | fast > slow |
/// | --- | --- | --- | --- |
/// | 1 recovery | yes | no | no |
/// | 2 accumulation | yes | yes | no |
/// | 3 bullish | yes | yes | yes |
/// | 4 warning | no | yes | yes |
/// | 5 distribution | no | no | yes |
/// | 6 bearish | no | no | no |
///
/// No other combination can be. What is equal to within 1e-12 counts as *no*, so that rounding in a flat market is no phase. Source:
/// Dukas, *The TrendAdvisor Guide to Breakthrough Profits* (the Diamond of 50 and 200 days).
pub(crate) static MARKET_PHASE: Definition = Definition {
    name: "MARKET_PHASE",
    aliases: &["PHASE"],
    title: "Market phase",
    group: Group::Levels,
    ta_lib: None,
    inputs: &[Input::Close],
    params: &[Param::period("fast", 50, 1), Param::period("slow", 200, 2)],
    outputs: &["phase"],
    pane: Pane::Own,
    warm_up: |params| params.period(1) as usize,
    relation: |params| {
        if params.period(0) < params.period(1) {
            Ok(())
        } else {
            Err("fast must be less than slow")
        }
    },
    start: |params| Machine::other(Phase::new(params)),
    batch: |params, bars| Ok(by_streaming(Phase::new(params), 1, bars)),
};

#[derive(Debug, Clone)]
struct Phase {
    fast: (f64, Sliding<Sum>),
    slow: (f64, Sliding<Sum>),
}

impl Phase {
    fn new(params: &Params) -> Self {
        let average = |at: usize| (params.real(at), Sliding::new(params.period(at) as usize));
        Self {
            fast: average(0),
            slow: average(1),
        }
    }
}

impl Stepper for Phase {
    type Row = [f64; 1];

    fn step(&mut self, bar: &BarInput) -> Option<[f64; 1]> {
        let fast = self.fast.1.push(Sum(bar.close));
        let slow = self.slow.1.push(Sum(bar.close))?.0 / self.slow.0;
        let fast = fast?.0 / self.fast.0;
        let over_fast = is_above(bar.close, fast);
        let over_slow = is_above(bar.close, slow);
        Some([match (over_fast, over_slow, is_above(fast, slow)) {
            (true, false, _) => 1.0,
            (true, true, false) => 2.0,
            (true, true, true) => 3.0,
            (false, true, _) => 4.0,
            (false, false, true) => 5.0,
            (false, false, false) => 6.0,
        }])
    }
}

fn is_above(a: f64, b: f64) -> bool {
    a - b > 1e-12 * b.abs()
}

#[cfg(test)]
mod tests {
    use super::super::swings::tests::bar;
    use super::*;

    fn phases(closes: &[f64]) -> Vec<f64> {
        let mut phase = Phase::new(&Params::from_slice(&[2.0, 4.0]));
        closes
            .iter()
            .filter_map(|c| phase.step(&bar(0, *c, *c)).map(|[p]| p))
            .collect()
    }

    #[test]
    fn a_market_that_falls_turns_and_falls_again_goes_round_the_diamond() {
        let closes = [9.0, 8.0, 7.0, 3.0, 4.0, 5.1, 9.0, 8.9, 6.0, 5.0];
        assert_eq!(phases(&closes), [6.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }

    #[test]
    fn a_flat_market_is_in_one_phase_whatever_the_rounding() {
        assert_eq!(phases(&[100.1; 9]), [6.0; 6]);
    }
}

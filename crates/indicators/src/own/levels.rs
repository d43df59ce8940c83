//! Support and resistance: prices at which the market has turned before.

use std::collections::VecDeque;

use super::swings::{STRENGTH, SwingFinder, earliest};
use crate::adapter::by_streaming;
use crate::input::{BarInput, Input};
use crate::machine::Machine;
use crate::params::{Param, Params};
use crate::registry::{Definition, Group, Pane, no_relation};
use crate::stepper::Stepper;

const PARAMS: &[Param] = &[
    STRENGTH,
    Param::real("tolerance", 0.5, 0.001, 20.0),
    Param {
        max: 1_000.0,
        ..Param::period("memory", 40, 1)
    },
    Param {
        max: 1_000.0,
        ..Param::period("touches", 2, 1)
    },
];
const OUTPUTS: &[&str] = &["level", "touches"];

/// Nearest support: the highest level at or under the close, and how many swings make it. Levels: the last
/// `memory` confirmed swing highs and lows together (a broken resistance is a support), sorted by price and joined
/// from the lowest up while they lie within `tolerance` percent of the lowest of their group; a group of at least
/// `touches` swings is a level, at their mean. No value where there is none. A swing is known `strength` bars after its
/// bar. Source: Murphy, *Technical Analysis of the Financial Markets*, on levels and their reversal of roles; the grouping is
/// our own rule.
pub(crate) static SUPPORT: Definition = Definition {
    name: "SUPPORT",
    aliases: &[],
    title: "Nearest support",
    group: Group::Levels,
    ta_lib: None,
    inputs: &[Input::High, Input::Low, Input::Close],
    params: PARAMS,
    outputs: OUTPUTS,
    pane: Pane::Price,
    warm_up: |params| earliest(params.period(0), 1),
    relation: no_relation,
    start: |params| Machine::other(Nearest::new(params, false)),
    batch: |params, bars| Ok(by_streaming(Nearest::new(params, false), 2, bars)),
};

/// Nearest resistance: the lowest level above the close, and how many swings make it. Levels as of `SUPPORT`.
pub(crate) static RESISTANCE: Definition = Definition {
    name: "RESISTANCE",
    aliases: &[],
    title: "Nearest resistance",
    group: Group::Levels,
    ta_lib: None,
    inputs: &[Input::High, Input::Low, Input::Close],
    params: PARAMS,
    outputs: OUTPUTS,
    pane: Pane::Price,
    warm_up: |params| earliest(params.period(0), 1),
    relation: no_relation,
    start: |params| Machine::other(Nearest::new(params, true)),
    batch: |params, bars| Ok(by_streaming(Nearest::new(params, true), 2, bars)),
};

#[derive(Debug, Clone)]
struct Nearest {
    finder: SwingFinder,
    share: f64,
    memory: usize,
    touches: usize,
    above: bool,
    /// Prices of the last swings, in order of time.
    swings: VecDeque<f64>,
    /// The same, in order of price.
    sorted: Vec<f64>,
    /// Price and touches, lowest first.
    levels: Vec<(f64, f64)>,
}

impl Nearest {
    fn new(params: &Params, above: bool) -> Self {
        Self {
            finder: SwingFinder::new(params.period(0)),
            share: params.real(1) / 100.0,
            memory: params.period(2) as usize,
            touches: params.period(3) as usize,
            above,
            swings: VecDeque::new(),
            sorted: Vec::new(),
            levels: Vec::new(),
        }
    }

    fn add(&mut self, price: f64) {
        self.swings.push_back(price);
        let at = self.sorted.partition_point(|p| *p < price);
        self.sorted.insert(at, price);
        if self.swings.len() > self.memory
            && let Some(old) = self.swings.pop_front()
        {
            let at = self.sorted.partition_point(|p| *p < old);
            self.sorted.remove(at);
        }
    }

    /// Groups the sorted prices anew: O(memory), at each swing.
    fn group(&mut self) {
        self.levels.clear();
        let mut rest = self.sorted.as_slice();
        while let Some(lowest) = rest.first() {
            let limit = lowest + self.share * lowest.abs();
            let count = rest.partition_point(|p| *p <= limit).max(1);
            let (group, others) = rest.split_at(count);
            if count >= self.touches {
                let mean = group.iter().sum::<f64>() / count as f64;
                self.levels.push((mean, count as f64));
            }
            rest = others;
        }
    }
}

impl Stepper for Nearest {
    type Row = [f64; 2];

    fn step(&mut self, bar: &BarInput) -> Option<[f64; 2]> {
        let mut found = false;
        for swing in self.finder.step(bar).into_iter().flatten() {
            self.add(swing.price);
            found = true;
        }
        if found {
            self.group();
        }
        let first_above = self.levels.partition_point(|(price, _)| *price <= bar.close);
        let at = if self.above {
            first_above
        } else {
            first_above.checked_sub(1)?
        };
        self.levels.get(at).map(|(price, touches)| [*price, *touches])
    }
}

#[cfg(test)]
mod tests {
    use super::super::swings::tests::bar;
    use super::*;

    fn both(prices: &[f64], params: &[f64]) -> [Option<[f64; 2]>; 2] {
        let params = Params::from_slice(params);
        [false, true].map(|above| {
            let mut nearest = Nearest::new(&params, above);
            let mut last = None;
            for (at, p) in prices.iter().enumerate() {
                last = nearest.step(&bar(at as u64, *p, *p));
            }
            last
        })
    }

    #[test]
    fn turns_at_nearly_one_price_make_a_level_and_a_single_turn_does_not() {
        // Turns: 110, 100, 110.2, 99.8, 120; the close is at 105.
        let prices = [104.0, 110.0, 100.0, 110.2, 99.8, 120.0, 105.0];
        let [support, resistance] = both(&prices, &[1.0, 0.5, 40.0, 2.0]);
        let near = |row: Option<[f64; 2]>, level: f64| {
            let [price, touches] = row.unwrap();
            assert!(
                (price - level).abs() < 1e-9 && (touches - 2.0).abs() < 1e-9,
                "{price} {touches}"
            );
        };
        near(support, 99.9);
        near(resistance, 110.1);
        assert_eq!(both(&prices, &[1.0, 0.5, 40.0, 3.0]), [None, None]);
        // With one touch enough and no tolerance to speak of, each turn is a level.
        let [support, resistance] = both(&prices, &[1.0, 0.001, 40.0, 1.0]);
        assert_eq!((support, resistance), (Some([100.0, 1.0]), Some([110.0, 1.0])));
    }

    #[test]
    fn old_turns_are_forgotten_and_a_broken_resistance_is_a_support() {
        let prices = [90.0, 100.0, 95.0, 100.0, 80.0, 130.0, 120.0, 130.0, 115.0];
        assert_eq!(both(&prices, &[1.0, 0.1, 40.0, 2.0])[0], Some([100.0, 2.0]));
        assert_eq!(both(&prices, &[1.0, 0.1, 3.0, 2.0]), [None, Some([130.0, 2.0])]);
    }
}

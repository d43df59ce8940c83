//! Market structure: higher highs and higher lows, or lower ones.

use super::swings::{STRENGTH, SwingPath, earliest};
use crate::adapter::by_streaming;
use crate::input::{BarInput, Input};
use crate::machine::Machine;
use crate::params::Params;
use crate::registry::{Definition, Group, Pane, no_relation};
use crate::stepper::Stepper;

/// What the last two confirmed swing highs and lows say. `highs`: 1 where the last swing high is higher than the one
/// before (HH), −1 lower (LH), 0 equal; `lows`: the same of swing lows (HL 1, LL −1); `trend`: 1 where both are 1 (uptrend), −1
/// where both are −1 (downtrend), else 0. `swing_high` and `swing_low` are the last ones' prices. `break` is 1 on the
/// bar that is the first to close above the last swing high (break of structure upwards), −1 on the first to
/// close under the last swing low, else 0. A swing is known `strength` bars after its bar. No value before two of each.
/// Source: Dow's theory as in Edwards and Magee, *Technical Analysis of Stock Trends*.
pub(crate) static STRUCTURE: Definition = Definition {
    name: "STRUCTURE",
    aliases: &["MARKET_STRUCTURE", "HHLL"],
    title: "Market structure (higher highs, lower lows)",
    group: Group::Levels,
    ta_lib: None,
    inputs: &[Input::High, Input::Low, Input::Close],
    params: &[STRENGTH],
    outputs: &["trend", "highs", "lows", "swing_high", "swing_low", "break"],
    pane: Pane::Own,
    warm_up: |params| earliest(params.period(0), 4),
    relation: no_relation,
    start: |params| Machine::other(Structure::new(params)),
    batch: |params, bars| Ok(by_streaming(Structure::new(params), 6, bars)),
};

#[derive(Debug, Clone)]
struct Structure {
    path: SwingPath,
    labels: Option<Labels>,
    /// The bar of the swing high that was broken last, and of the low.
    broken: [Option<u64>; 2],
}

#[derive(Debug, Clone, Copy)]
struct Labels {
    trend: f64,
    highs: f64,
    lows: f64,
    /// Price and bar.
    high: (f64, u64),
    low: (f64, u64),
}

impl Structure {
    fn new(params: &Params) -> Self {
        Self {
            path: SwingPath::new(params.period(0), 4),
            labels: None,
            broken: [None; 2],
        }
    }

    fn label(&self) -> Option<Labels> {
        let mut swings = self.path.last::<4>()?;
        if swings[3].is_high {
            // low, high, low, high: put the highs first.
            swings.swap(0, 1);
            swings.swap(2, 3);
        }
        let [high_before, low_before, high, low] = swings;
        let highs = direction(high_before.price, high.price);
        let lows = direction(low_before.price, low.price);
        Some(Labels {
            trend: if highs + lows > 1.5 {
                1.0
            } else if highs + lows < -1.5 {
                -1.0
            } else {
                0.0
            },
            highs,
            lows,
            high: (high.price, high.at),
            low: (low.price, low.at),
        })
    }

    /// 1 or −1 on the first close beyond the last swing, else 0.
    fn break_at(&mut self, labels: &Labels, close: f64) -> f64 {
        let [high, low] = &mut self.broken;
        if close > labels.high.0 && *high != Some(labels.high.1) {
            *high = Some(labels.high.1);
            1.0
        } else if close < labels.low.0 && *low != Some(labels.low.1) {
            *low = Some(labels.low.1);
            -1.0
        } else {
            0.0
        }
    }
}

fn direction(before: f64, now: f64) -> f64 {
    if now > before {
        1.0
    } else if now < before {
        -1.0
    } else {
        0.0
    }
}

impl Stepper for Structure {
    type Row = [f64; 6];

    fn step(&mut self, bar: &BarInput) -> Option<[f64; 6]> {
        if self.path.step(bar) {
            self.labels = self.label();
        }
        let labels = self.labels?;
        let broken = self.break_at(&labels, bar.close);
        let Labels {
            trend,
            highs,
            lows,
            high,
            low,
        } = labels;
        Some([trend, highs, lows, high.0, low.0, broken])
    }
}

#[cfg(test)]
mod tests {
    use super::super::swings::tests::bar;
    use super::*;

    fn rows(prices: &[f64]) -> Vec<Option<[f64; 6]>> {
        let mut structure = Structure::new(&Params::from_slice(&[1.0]));
        prices
            .iter()
            .enumerate()
            .map(|(at, p)| structure.step(&bar(at as u64, *p, *p)))
            .collect()
    }

    #[test]
    fn higher_highs_and_higher_lows_are_an_uptrend_that_a_close_under_the_last_low_breaks() {
        let rows = rows(&[5.0, 8.0, 6.0, 10.0, 7.0, 9.0, 11.0, 10.0, 6.5, 6.4, 6.3]);
        // High 8, low 6, high 10, low 7; the low at bar 4 is known at bar 5.
        assert_eq!(&rows[..5], [None; 5]);
        assert_eq!(rows[5], Some([1.0, 1.0, 1.0, 10.0, 7.0, 0.0]));
        assert_eq!(rows[6], Some([1.0, 1.0, 1.0, 10.0, 7.0, 1.0]));
        assert_eq!(rows[7], Some([1.0, 1.0, 1.0, 11.0, 7.0, 0.0]));
        assert_eq!(rows[8].map(|r| r[5]), Some(-1.0));
        assert_eq!(rows[9].map(|r| r[5]), Some(0.0), "each swing is broken once");
    }

    #[test]
    fn lower_highs_and_lower_lows_are_a_downtrend_and_others_neither() {
        let down = rows(&[9.0, 10.0, 6.0, 8.0, 5.0, 6.0]);
        assert_eq!(down[5], Some([-1.0, -1.0, -1.0, 8.0, 5.0, 0.0]));
        let wide = rows(&[9.0, 10.0, 6.0, 11.0, 5.0, 6.0]);
        assert_eq!(wide[5], Some([0.0, 1.0, -1.0, 11.0, 5.0, 0.0]));
        let equal = rows(&[9.0, 10.0, 6.0, 10.0, 7.0, 8.0]);
        assert_eq!(equal[5], Some([0.0, 0.0, 1.0, 10.0, 7.0, 0.0]));
    }
}

//! Fibonacci levels of the last swing.

use super::swings::{STRENGTH, SwingPath, earliest};
use crate::adapter::by_streaming;
use crate::input::{BarInput, Input};
use crate::machine::Machine;
use crate::params::Params;
use crate::registry::{Definition, Group, Pane, no_relation};
use crate::stepper::Stepper;

/// Retracements and extensions of the last leg between two confirmed swings, from A to B: `B − r (B − A)` for the
/// retracements `r` 0, 0.236, 0.382, 0.5, 0.618, 0.786 and 1; `A + e (B − A)` for the extensions `e` 1.272 and 1.618.
/// After a leg up the retracements lie under B, after a leg down over it. A swing is known `strength` bars after its
/// bar; the levels change then and not before. Source: Fibonacci's ratios as in Fischer and Fischer, *Candlesticks,
/// Fibonacci, and Chart Pattern Trading Tools*; 0.786 = √0.618, 1.272 = √1.618.
pub(crate) static FIB: Definition = Definition {
    name: "FIB",
    aliases: &["FIBONACCI"],
    title: "Fibonacci levels of the last swing",
    group: Group::Levels,
    ta_lib: None,
    inputs: &[Input::High, Input::Low],
    params: &[STRENGTH],
    outputs: &[
        "level_0",
        "level_236",
        "level_382",
        "level_50",
        "level_618",
        "level_786",
        "level_100",
        "level_1272",
        "level_1618",
    ],
    pane: Pane::Price,
    warm_up: |params| earliest(params.period(0), 2),
    relation: no_relation,
    start: |params| Machine::other(Fibonacci::new(params)),
    batch: |params, bars| Ok(by_streaming(Fibonacci::new(params), 9, bars)),
};

const RATIOS: [f64; 9] = [0.0, 0.236, 0.382, 0.5, 0.618, 0.786, 1.0, 1.272, 1.618];
/// How many of the ratios are retracements.
const RETRACEMENTS: usize = 7;

#[derive(Debug, Clone)]
struct Fibonacci {
    path: SwingPath,
    row: Option<[f64; 9]>,
}

impl Fibonacci {
    fn new(params: &Params) -> Self {
        Self {
            path: SwingPath::new(params.period(0), 2),
            row: None,
        }
    }
}

impl Stepper for Fibonacci {
    type Row = [f64; 9];

    fn step(&mut self, bar: &BarInput) -> Option<[f64; 9]> {
        if self.path.step(bar)
            && let Some([a, b]) = self.path.last()
        {
            let leg = b.price - a.price;
            let mut row = RATIOS;
            for (at, level) in row.iter_mut().enumerate() {
                *level = if at < RETRACEMENTS {
                    b.price - *level * leg
                } else {
                    a.price + *level * leg
                };
            }
            self.row = Some(row);
        }
        self.row
    }
}

#[cfg(test)]
mod tests {
    use super::super::swings::tests::bar;
    use super::*;

    #[test]
    fn the_levels_hold_from_the_bar_that_confirms_the_swing() {
        let mut fib = Fibonacci::new(&Params::from_slice(&[1.0]));
        let rows: Vec<_> = [150.0, 100.0, 150.0, 200.0, 150.0, 140.0, 160.0]
            .iter()
            .enumerate()
            .map(|(at, p)| fib.step(&bar(at as u64, *p, *p)))
            .collect();
        assert_eq!(&rows[..4], [None; 4]);
        let up = rows[4].unwrap();
        assert_eq!(up[0].to_bits(), 200.0f64.to_bits());
        for (level, truth) in up
            .iter()
            .zip([200.0, 176.4, 161.8, 150.0, 138.2, 121.4, 100.0, 227.2, 261.8])
        {
            assert!((level - truth).abs() < 1e-9, "{level} {truth}");
        }
        assert_eq!(rows[5], rows[4]);
        // A leg down from 200 to 140: retracements above, extensions below.
        let down = rows[6].unwrap();
        assert!(
            (down[4] - 177.08).abs() < 1e-9 && (down[8] - 102.92).abs() < 1e-9,
            "{down:?}"
        );
    }
}

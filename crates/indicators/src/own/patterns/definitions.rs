//! Chart patterns as indicators: a signal on the bar that confirms one.

use super::super::swings::{STRENGTH, earliest};
use super::{PatternKind, PatternRules, PatternScanner};
use crate::adapter::by_streaming;
use crate::input::{BarInput, Input};
use crate::machine::Machine;
use crate::params::{Param, Params};
use crate::registry::{Definition, Group, Pane, no_relation};
use crate::stepper::Stepper;

/// The patterns of this folder.
pub(crate) static PATTERNS: &[&Definition] = &[
    &HEAD_AND_SHOULDERS,
    &INVERSE_HEAD_AND_SHOULDERS,
    &DOUBLE_TOP,
    &DOUBLE_BOTTOM,
    &ASCENDING_TRIANGLE,
    &DESCENDING_TRIANGLE,
    &SYMMETRIC_TRIANGLE,
    &FLAG,
    &PENNANT,
    &CUP_AND_HANDLE,
];

/// A definition of one pattern: `signal` is 100 on the bar that confirms one that says up, −100 on one that says down, else 0;
/// `level` is the price of the line that was crossed, `target` the price that it points to, `bars` the bars since its first corner,
/// the three only where there is a signal. No value before as many swings as the pattern has. `strength` and
/// `tolerance` as in [`PatternRules`]; the rules and their sources are in the pattern's own file.
macro_rules! pattern {
    ($name:ident, $kind:ident, $swings:literal, $title:literal, $aliases:expr) => {
        #[doc = $title]
        static $name: Definition = Definition {
            name: concat!("PATTERN_", stringify!($name)),
            aliases: $aliases,
            title: $title,
            group: Group::ChartPattern,
            ta_lib: None,
            inputs: &[Input::High, Input::Low, Input::Close],
            params: &[STRENGTH, Param::real("tolerance", 20.0, 1.0, 50.0)],
            outputs: &["signal", "level", "target", "bars"],
            pane: Pane::Own,
            warm_up: |params| earliest(params.period(0), $swings),
            relation: no_relation,
            start: |params| Machine::other(Signal::new(params, PatternKind::$kind, $swings)),
            batch: |params, bars| {
                Ok(by_streaming(
                    Signal::new(params, PatternKind::$kind, $swings),
                    4,
                    bars,
                ))
            },
        };
    };
}

pattern!(
    HEAD_AND_SHOULDERS,
    HeadAndShoulders,
    6,
    "Head and shoulders",
    &["HEAD_SHOULDERS"]
);
pattern!(
    INVERSE_HEAD_AND_SHOULDERS,
    InverseHeadAndShoulders,
    6,
    "Inverse head and shoulders",
    &["INVERSE_HEAD_SHOULDERS"]
);
pattern!(DOUBLE_TOP, DoubleTop, 4, "Double top", &["DOUBLE_TOP"]);
pattern!(
    DOUBLE_BOTTOM,
    DoubleBottom,
    4,
    "Double bottom",
    &["DOUBLE_BOTTOM"]
);
pattern!(
    ASCENDING_TRIANGLE,
    AscendingTriangle,
    5,
    "Ascending triangle",
    &["ASCENDING_TRIANGLE"]
);
pattern!(
    DESCENDING_TRIANGLE,
    DescendingTriangle,
    5,
    "Descending triangle",
    &["DESCENDING_TRIANGLE"]
);
pattern!(
    SYMMETRIC_TRIANGLE,
    SymmetricTriangle,
    5,
    "Symmetric triangle",
    &["SYMMETRIC_TRIANGLE"]
);
pattern!(FLAG, Flag, 5, "Flag", &["FLAG"]);
pattern!(PENNANT, Pennant, 5, "Pennant", &["PENNANT"]);
pattern!(CUP_AND_HANDLE, CupAndHandle, 5, "Cup and handle", &["CUP_HANDLE"]);

#[derive(Debug, Clone)]
struct Signal {
    scanner: PatternScanner,
    swings: usize,
}

impl Signal {
    fn new(params: &Params, kind: PatternKind, swings: usize) -> Self {
        let rules = PatternRules {
            strength: params.period(0).unsigned_abs(),
            tolerance: params.real(1),
        };
        Self {
            scanner: PatternScanner::new(rules, &[kind]),
            swings,
        }
    }
}

impl Stepper for Signal {
    type Row = [f64; 4];

    fn step(&mut self, bar: &BarInput) -> Option<[f64; 4]> {
        let found = self.scanner.take(bar).last().map(|detection| {
            let signal = if detection.upwards { 100.0 } else { -100.0 };
            [signal, detection.level, detection.target, detection.bars as f64]
        });
        match found {
            Some(row) => Some(row),
            None if self.scanner.swings() >= self.swings => Some([0.0, f64::NAN, f64::NAN, f64::NAN]),
            None => None,
        }
    }
}

//! The scanner: takes bars, keeps the shapes that wait, reports the patterns that are confirmed.

use std::collections::VecDeque;

use tradewind_types::UnixNanos;

use super::super::swings::{Swing, SwingPath};
use super::cup::{CUP_MAX, SWINGS_MAX, cup_and_handle, turned};
use super::flag::flag_or_pennant;
use super::reversal::{double_top, head_and_shoulders};
use super::shape::{Outcome, Shape};
use super::triangle::triangle;
use super::{PatternKind, PatternPoint, PatternRules};
use crate::input::{BarColumns, BarInput};

/// A confirmed pattern.
#[derive(Clone, PartialEq, Debug)]
pub struct Detection {
    /// What it is.
    pub kind: PatternKind,
    /// Whether it says up.
    pub upwards: bool,
    /// Opening time of the bar whose close confirmed it; nothing of it was known before that close.
    pub ts: UnixNanos,
    /// Its corners, oldest first.
    pub points: Vec<PatternPoint>,
    /// Bars from its first corner to the one that confirmed it.
    pub bars: u64,
    /// Price of the line that was crossed, at that bar.
    pub level: f64,
    /// The price that it points to.
    pub target: f64,
}

/// A shape that waits, on prices turned upside down where `sign` is −1.
#[derive(Clone, Debug)]
struct Waiting {
    sign: f64,
    shape: Shape,
}

/// Looks for chart patterns in a stream of bars. O(1) amortised a bar, but for a cup's closes (at most 512) when a swing
/// is confirmed.
///
/// ```
/// use tradewind_indicators::{BarInput, PatternKind, PatternRules, PatternScanner};
/// use tradewind_types::UnixNanos;
///
/// let rules = PatternRules { strength: 1, tolerance: 20.0 };
/// let mut scanner = PatternScanner::new(rules, &[PatternKind::DoubleTop]);
/// // A rise from 90, a top at 120, a low at 110, a top at 121, a fall to 108.
/// let prices = [95.0, 90.0, 105.0, 120.0, 110.0, 121.0, 115.0, 108.0];
/// let mut found = Vec::new();
/// for (at, price) in prices.into_iter().enumerate() {
///     let ts = UnixNanos::from_secs(60 * at as u64);
///     let bar = BarInput { ts, open: price, high: price, low: price, close: price, volume: 1.0, value: price };
///     found.extend(scanner.update(&bar).iter().cloned());
/// }
/// assert_eq!(found.len(), 1);
/// assert_eq!((found[0].level, found[0].target, found[0].bars), (110.0, 99.5, 4));
/// assert_eq!(found[0].ts, UnixNanos::from_secs(7 * 60));
/// ```
#[derive(Clone, Debug)]
pub struct PatternScanner {
    rules: PatternRules,
    kinds: Vec<PatternKind>,
    path: SwingPath,
    /// The last closes, where cups are looked for.
    closes: VecDeque<f64>,
    waiting: Vec<Waiting>,
    /// The bar where the last reported pattern of each kind ended.
    ended: Vec<(PatternKind, u64)>,
    found: Vec<Detection>,
}

impl PatternScanner {
    /// Looks for patterns of the given kinds. Rules out of range are brought into it.
    #[must_use]
    pub fn new(rules: PatternRules, kinds: &[PatternKind]) -> Self {
        let rules = PatternRules {
            strength: rules.strength.clamp(1, 5_000),
            tolerance: if rules.tolerance.is_finite() {
                rules.tolerance.clamp(1.0, 50.0)
            } else {
                PatternRules::default().tolerance
            },
        };
        Self {
            rules,
            kinds: kinds.to_vec(),
            path: SwingPath::new(rules.strength as i32, SWINGS_MAX),
            closes: VecDeque::new(),
            waiting: Vec::new(),
            ended: Vec::new(),
            found: Vec::new(),
        }
    }

    /// Takes the next closed bar; gives the patterns that it confirms. A bar with a figure that is not finite is ignored.
    pub fn update(&mut self, bar: &BarInput) -> &[Detection] {
        if bar.is_finite() { self.take(bar) } else { &[] }
    }

    /// Takes the next bar, whose high, low and close are finite.
    pub(super) fn take(&mut self, bar: &BarInput) -> &[Detection] {
        self.found.clear();
        self.step(bar);
        &self.found
    }

    /// All patterns in a series, in the order of their confirmation.
    #[must_use]
    pub fn scan(mut self, bars: &BarColumns<'_>) -> Vec<Detection> {
        let mut all = Vec::new();
        for at in 0..bars.len() {
            all.extend_from_slice(self.update(&bars.bar(at)));
        }
        all
    }

    /// How many swings the path has.
    pub(super) fn swings(&self) -> usize {
        self.path.len()
    }

    fn step(&mut self, bar: &BarInput) {
        if self.kinds.contains(&PatternKind::CupAndHandle) {
            self.closes.push_back(bar.close);
            if self.closes.len() as u64 > 2 * CUP_MAX {
                self.closes.pop_front();
            }
        }
        if self.path.step(bar) {
            self.look_for_shapes();
        }
        let now = self.path.now();
        let mut confirmed = Vec::new();
        self.waiting.retain(
            |waiting| match waiting.shape.judge(now, bar.close * waiting.sign) {
                Outcome::Waits => true,
                Outcome::Failed => false,
                Outcome::Confirmed { upwards, level } => {
                    confirmed.push((waiting.clone(), upwards, level));
                    false
                }
            },
        );
        for (waiting, upwards, level) in confirmed {
            self.report(bar.ts, now, &waiting, upwards, level);
        }
    }

    fn report(&mut self, ts: UnixNanos, now: u64, waiting: &Waiting, upwards: bool, level: f64) {
        let Waiting { sign, shape } = waiting;
        let point = |swing: &Swing| PatternPoint {
            ts: swing.ts,
            price: swing.price * sign,
        };
        let target = if upwards {
            level + shape.reach
        } else {
            level - shape.reach
        };
        self.found.push(Detection {
            kind: shape.kind,
            upwards: upwards == (*sign > 0.0),
            ts,
            points: shape.points.iter().map(point).collect(),
            bars: shape.points.first().map_or(0, |first| now - first.at),
            level: level * sign,
            target: target * sign,
        });
        if let Some(last) = shape.points.last() {
            self.ended.retain(|(kind, _)| *kind != shape.kind);
            self.ended.push((shape.kind, last.at));
        }
    }

    /// Looks at the last swings with each pattern's rules, both ways up.
    fn look_for_shapes(&mut self) {
        for at in 0..self.kinds.len() {
            let kind = self.kinds[at];
            for sign in [1.0, -1.0] {
                let Some(shape) = self.shape(kind, sign) else {
                    continue;
                };
                let begins = shape.points.first().map_or(0, |first| first.at);
                if self.ended.iter().any(|(k, ended)| *k == kind && begins < *ended) {
                    continue;
                }
                self.waiting
                    .retain(|other| other.shape.kind != kind || (other.sign > 0.0) != (sign > 0.0));
                self.waiting.push(Waiting { sign, shape });
            }
        }
    }

    fn shape(&self, kind: PatternKind, sign: f64) -> Option<Shape> {
        let tolerance = self.rules.tolerance / 100.0;
        let upright = sign > 0.0;
        match kind {
            PatternKind::HeadAndShoulders if upright => {
                head_and_shoulders(&self.last(sign)?, tolerance, kind)
            }
            PatternKind::InverseHeadAndShoulders if !upright => {
                head_and_shoulders(&self.last(sign)?, tolerance, kind)
            }
            PatternKind::DoubleTop if upright => double_top(&self.last(sign)?, tolerance, kind),
            PatternKind::DoubleBottom if !upright => double_top(&self.last(sign)?, tolerance, kind),
            PatternKind::AscendingTriangle
            | PatternKind::DescendingTriangle
            | PatternKind::SymmetricTriangle
                if upright =>
            {
                triangle(&self.last(sign)?, tolerance).filter(|shape| shape.kind == kind)
            }
            PatternKind::Flag | PatternKind::Pennant => flag_or_pennant(&self.last(sign)?, tolerance, kind),
            PatternKind::CupAndHandle => cup_and_handle(
                &self.path,
                &self.closes,
                u64::from(self.rules.strength),
                tolerance,
                sign,
            ),
            _ => None,
        }
    }

    fn last<const N: usize>(&self, sign: f64) -> Option<[Swing; N]> {
        self.path
            .last::<N>()
            .map(|swings| swings.map(|s| turned(&s, sign)))
    }
}

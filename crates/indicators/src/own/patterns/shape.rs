//! Shapes: swings that fit a pattern's rules, and the lines that they wait at.

use super::super::swings::Swing;
use super::PatternKind;

/// A straight line through two points, prices over bars.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    at: u64,
    price: f64,
    slope: f64,
}

impl Line {
    /// Through two swings of different bars; level where they are of one.
    pub(super) fn through(a: &Swing, b: &Swing) -> Self {
        let bars = b.at as f64 - a.at as f64;
        Self {
            at: a.at,
            price: a.price,
            slope: if bars > 0.0 {
                (b.price - a.price) / bars
            } else {
                0.0
            },
        }
    }

    /// A level line.
    pub(super) fn level(price: f64) -> Self {
        Self {
            at: 0,
            price,
            slope: 0.0,
        }
    }

    /// Its price at a bar.
    pub(super) fn price_at(&self, bar: u64) -> f64 {
        self.price + self.slope * (bar as f64 - self.at as f64)
    }

    /// Price a bar.
    pub(super) fn slope(&self) -> f64 {
        self.slope
    }
}

/// A shape that waits for its confirmation.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) kind: PatternKind,
    /// Its corners, oldest first.
    pub(super) points: Vec<Swing>,
    /// Confirmed by a close above this line.
    pub(super) above: Option<Line>,
    /// Confirmed by a close below this line.
    pub(super) below: Option<Line>,
    /// Failed by a close above.
    pub(super) fails_above: f64,
    /// Failed by a close below.
    pub(super) fails_below: f64,
    /// The last bar that can confirm it.
    pub(super) until: u64,
    /// How far beyond the line the target lies.
    pub(super) reach: f64,
}

/// What a waiting shape says of a bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Outcome {
    Waits,
    Confirmed { upwards: bool, level: f64 },
    Failed,
}

impl Shape {
    /// Judges the close of the bar `now`.
    pub(super) fn judge(&self, now: u64, close: f64) -> Outcome {
        if now > self.until {
            return Outcome::Failed;
        }
        let above = self
            .above
            .map(|line| line.price_at(now))
            .filter(|level| close > *level);
        let below = self
            .below
            .map(|line| line.price_at(now))
            .filter(|level| close < *level);
        match (above, below) {
            (Some(level), _) => Outcome::Confirmed { upwards: true, level },
            (_, Some(level)) => Outcome::Confirmed {
                upwards: false,
                level,
            },
            _ if close > self.fails_above || close < self.fails_below => Outcome::Failed,
            _ => Outcome::Waits,
        }
    }
}

//! Chart patterns: shapes of several swings, reported with their dated points on the bar that confirms them.
//!
//! A pattern goes through three states. Its *shape* is looked for whenever a swing is confirmed (`strength` bars after
//! its bar) and is made of the last swings in turn. A shape that fits the rules *waits* for a close beyond its line.
//! It is *reported* on the first bar, from the one that confirms its last swing on, that closes beyond the line; it
//! is dropped when it fails (a close beyond its far side) or when it has waited too long. A newer shape
//! of the same pattern takes the place of one that waits. Patterns of one kind never overlap: the next one begins where the last
//! reported one ended, or later. Nothing looks ahead and nothing reported changes.
//!
//! All tolerances are in percent of the pattern's own height, so that one rule fits a chart of minutes and one of
//! days (Lo, Mamaysky and Wang, *Foundations of Technical Analysis*, Journal of Finance 55, 2000, from whom the shapes as
//! sequences of extremes are taken, use 1.5 % of the price). The shapes and the breakouts follow Edwards and Magee,
//! *Technical Analysis of Stock Trends*, and Bulkowski, *Encyclopedia of Chart Patterns*; each rule's numbers are
//! in its own file.
//!
//! Rules are written for one direction; the other is the same on prices turned upside down.

use tradewind_types::UnixNanos;

mod cup;
mod definitions;
mod flag;
mod reversal;
mod scanner;
mod shape;
mod triangle;

pub(crate) use definitions::PATTERNS;
pub use scanner::{Detection, PatternScanner};

/// A kind of chart pattern.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PatternKind {
    /// Three highs, the middle one highest, over a neckline; falls under it.
    HeadAndShoulders,
    /// Three lows, the middle one lowest, under a neckline; rises over it.
    InverseHeadAndShoulders,
    /// Two highs at one price; falls under the low between them.
    DoubleTop,
    /// Two lows at one price; rises over the high between them.
    DoubleBottom,
    /// A level upper and a rising lower line; leaves either way.
    AscendingTriangle,
    /// A falling upper and a level lower line; leaves either way.
    DescendingTriangle,
    /// A falling upper and a rising lower line; leaves either way.
    SymmetricTriangle,
    /// A pause between parallel lines after a sharp move, which goes on.
    Flag,
    /// A pause between converging lines after a sharp move, which goes on.
    Pennant,
    /// A round bottom and a small dip after it; rises over the rim. Or the same upside down.
    CupAndHandle,
}

impl PatternKind {
    /// All, in the order of lists.
    pub const ALL: [PatternKind; 10] = [
        PatternKind::HeadAndShoulders,
        PatternKind::InverseHeadAndShoulders,
        PatternKind::DoubleTop,
        PatternKind::DoubleBottom,
        PatternKind::AscendingTriangle,
        PatternKind::DescendingTriangle,
        PatternKind::SymmetricTriangle,
        PatternKind::Flag,
        PatternKind::Pennant,
        PatternKind::CupAndHandle,
    ];

    /// Its name, e.g. `head_and_shoulders`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            PatternKind::HeadAndShoulders => "head_and_shoulders",
            PatternKind::InverseHeadAndShoulders => "inverse_head_and_shoulders",
            PatternKind::DoubleTop => "double_top",
            PatternKind::DoubleBottom => "double_bottom",
            PatternKind::AscendingTriangle => "ascending_triangle",
            PatternKind::DescendingTriangle => "descending_triangle",
            PatternKind::SymmetricTriangle => "symmetric_triangle",
            PatternKind::Flag => "flag",
            PatternKind::Pennant => "pennant",
            PatternKind::CupAndHandle => "cup_and_handle",
        }
    }
}

/// A corner of a pattern.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PatternPoint {
    /// Opening time of its bar.
    pub ts: UnixNanos,
    /// High or low of its bar.
    pub price: f64,
}

/// What makes a pattern.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PatternRules {
    /// Bars on each side of a swing, at least 1.
    pub strength: u32,
    /// Percent of the pattern's height by which what should be level or equal may differ, 1 to 50.
    pub tolerance: f64,
}

impl Default for PatternRules {
    /// Strength 3, tolerance 20 %.
    fn default() -> Self {
        Self {
            strength: 3,
            tolerance: 20.0,
        }
    }
}

#[cfg(test)]
mod tests;

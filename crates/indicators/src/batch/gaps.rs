//! Candles after a gap between two bodies. Most bars have none, so bars are looked at in blocks for one first.

use std::ops::Range;

use ta_lib::RetCode;

use super::{Task, blocks, greater, outputs, smaller};
use crate::input::BarColumns;

/// Bars that are looked at together.
const BLOCK: usize = 32;

/// Bars whose range says what sizes are near each other, and the share of their mean. Source: TA-Lib's settings.
const NEAR: (usize, f64) = (5, 0.2);

/// Three candles of which the first two have one colour and a gap in its direction between their bodies; the third has
/// the other colour, opens within the second body and closes within the first. 100 upwards, −100 downwards.
pub(crate) fn gap_three_methods(task: Task<'_>, columns: &mut [&mut [f64]]) -> Result<(), RetCode> {
    let [column] = outputs(columns)?;
    let bars = task.bars;
    after_gaps(bars, task.first, column, |third, gap| {
        let [one, two, three] = [third - 2, third - 1, third].map(|at| Body::of(bars, at));
        let colours = one.is_white() == (gap == Gap::Up) && two.is_white() == one.is_white();
        let closes = three.is_white() != two.is_white() && two.holds(three.open) && one.holds(three.close);
        colours && closes
    });
    Ok(())
}

/// Three candles: a gap between the bodies of the first two, the second with the gap's colour; the third with the other
/// colour opens within the second body and closes inside the gap, and the sizes of both differ by less than a fifth of
/// the mean range of five bars before. 100 upwards, −100 downwards.
pub(crate) fn tasuki_gap(task: Task<'_>, columns: &mut [&mut [f64]]) -> Result<(), RetCode> {
    let [column] = outputs(columns)?;
    let bars = task.bars;
    let mut ranges = Ranges::new(bars, task.first);
    after_gaps(bars, task.first, column, |third, gap| {
        let [one, two, three] = [third - 2, third - 1, third].map(|at| Body::of(bars, at));
        let colours = two.is_white() == (gap == Gap::Up) && three.is_white() != two.is_white();
        let inside = match gap {
            Gap::Up => three.close < two.open && three.close > one.top(),
            Gap::Down => three.close > two.open && three.close < one.bottom(),
        };
        let (bars_before, share) = NEAR;
        let fits = colours && two.holds(three.open) && inside;
        fits && (two.size() - three.size()).abs()
            < share * (ranges.total_at(bars, third) / bars_before as f64)
    });
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Gap {
    Up,
    Down,
}

/// A candle without its shadows.
#[derive(Clone, Copy)]
struct Body {
    open: f64,
    close: f64,
}

impl Body {
    fn of(bars: &BarColumns<'_>, at: usize) -> Self {
        Self {
            open: bars.open[at],
            close: bars.close[at],
        }
    }

    fn is_white(self) -> bool {
        self.close >= self.open
    }

    #[inline(always)]
    fn top(self) -> f64 {
        greater(self.open, self.close)
    }

    #[inline(always)]
    fn bottom(self) -> f64 {
        smaller(self.open, self.close)
    }

    fn size(self) -> f64 {
        (self.close - self.open).abs()
    }

    /// Whether a price lies between open and close, at neither.
    fn holds(self, price: f64) -> bool {
        price < self.top() && price > self.bottom()
    }

    /// The gap between this body and the next, if there is one.
    #[inline(always)]
    fn gap_to(self, next: Self) -> Option<Gap> {
        if next.bottom() > self.top() {
            Some(Gap::Up)
        } else if next.top() < self.bottom() {
            Some(Gap::Down)
        } else {
            None
        }
    }
}

/// Writes 100 or −100 where the two bars before have a gap between their bodies and `fits` says so of the bar, else 0.
/// Bars are asked for in their order.
fn after_gaps(
    bars: &BarColumns<'_>,
    first: usize,
    column: &mut [f64],
    mut fits: impl FnMut(usize, Gap) -> bool,
) {
    column[first..].fill(0.0);
    for rows in blocks(first..bars.len(), BLOCK) {
        if !any_gap(bars, rows.start - 2..rows.end - 1) {
            continue;
        }
        for at in rows {
            let Some(gap) = Body::of(bars, at - 2).gap_to(Body::of(bars, at - 1)) else {
                continue;
            };
            if fits(at, gap) {
                column[at] = if gap == Gap::Up { 100.0 } else { -100.0 };
            }
        }
    }
}

/// Whether there is a gap between any two bodies beside each other. Counted, not searched for: without a branch two bars
/// take one instruction.
#[inline(always)]
fn any_gap(bars: &BarColumns<'_>, rows: Range<usize>) -> bool {
    let (open, close) = (&bars.open[rows.clone()], &bars.close[rows]);
    let later = open[1..].iter().zip(&close[1..]);
    let mut gaps = 0u64;
    for ((open, close), (next_open, next_close)) in open.iter().zip(close).zip(later) {
        let body = (smaller(*open, *close), greater(*open, *close));
        let next = (smaller(*next_open, *next_close), greater(*next_open, *next_close));
        gaps += u64::from((next.0 > body.1) | (next.1 < body.0));
    }
    gaps > 0
}

/// The sum of the ranges of the bars that say what is near: those before the second of three candles. It is brought
/// forward, bar by bar, when it is asked for.
struct Ranges {
    total: f64,
    /// The third candle that the total is for.
    third: usize,
}

impl Ranges {
    /// Before the first third candle, at `first`.
    fn new(bars: &BarColumns<'_>, first: usize) -> Self {
        let mut total = 0.0;
        for at in first - 1 - NEAR.0..first - 1 {
            total += range(bars, at);
        }
        Self { total, third: first }
    }

    /// The sum for a third candle that is not before the last one.
    fn total_at(&mut self, bars: &BarColumns<'_>, third: usize) -> f64 {
        for at in self.third..third {
            self.total += range(bars, at - 1) - range(bars, at - 1 - NEAR.0);
        }
        self.third = third;
        self.total
    }
}

fn range(bars: &BarColumns<'_>, at: usize) -> f64 {
    bars.high[at] - bars.low[at]
}

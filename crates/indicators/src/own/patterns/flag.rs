//! Flag and pennant, upwards; upside down they go downwards.

use super::super::swings::Swing;
use super::PatternKind;
use super::shape::{Line, Shape};

/// Five swings `low₀ high₁ low₂ high₃ low₄`: the pole from 0 to 1, then the pause, with the upper line through 1 and 3 and the lower
/// through 2 and 4. `height` is the distance of the lines at 1, `t` the tolerance times it, and a line's *change*
/// is what it gains from 1 to 4.
/// - The pause gives back at most half of the pole: `high₁ − min(low₂, low₄) ≤ pole / 2`.
/// - It lasts at most 4 times as long as the pole, and the pole at most twice as long as it.
/// - Flag: the changes of the lines differ by at most `t`, and the upper line gains at most `t` (the pause is level
///   or against the pole). Pennant: the upper line loses and the lower gains more than `t`, and they have not met at 4.
///
/// Confirmed by a close over the upper line, failed by one that gives back more than half of the pole, after as many
/// bars as the pause is long at the latest (a pennant: or when its lines meet). Target: `pole` over the line.
pub(super) fn flag_or_pennant(swings: &[Swing; 5], tolerance: f64, wanted: PatternKind) -> Option<Shape> {
    let [start, high, low, high_after, low_after] = swings;
    if low_after.is_high {
        return None;
    }
    let pole = high.price - start.price;
    let (pole_bars, pause_bars) = (high.at - start.at, low_after.at - high.at);
    let (upper, lower) = (Line::through(high, high_after), Line::through(low, low_after));
    let gap = |bar: u64| upper.price_at(bar) - lower.price_at(bar);
    let height = gap(high.at);
    let slack = tolerance * height;
    let (up, down) = (
        upper.slope() * pause_bars as f64,
        lower.slope() * pause_bars as f64,
    );
    let half = high.price - pole / 2.0;
    let fits = height > 0.0
        && low.price.min(low_after.price) >= half
        && pause_bars <= 4 * pole_bars
        && pole_bars <= 2 * pause_bars;
    let longest = low_after.at + pause_bars;
    let until = match wanted {
        PatternKind::Flag if (up - down).abs() <= slack && up <= slack => longest,
        PatternKind::Pennant if up < -slack && down > slack && gap(low_after.at) > 0.0 => {
            let meet = height / (lower.slope() - upper.slope());
            longest.min(high.at.saturating_add(meet as u64))
        }
        _ => return None,
    };
    fits.then(|| Shape {
        kind: wanted,
        points: swings.to_vec(),
        above: Some(upper),
        below: None,
        fails_above: f64::INFINITY,
        fails_below: half,
        until,
        reach: pole,
    })
}

//! Triangles: ascending, descending, symmetric.

use super::super::swings::Swing;
use super::PatternKind;
use super::shape::{Line, Shape};

/// Five swings in turn, three on one side and two on the other. The line of the three goes through the first and the last, that
/// of the two through both. `height` is the distance of the lines at the first swing, `t` the tolerance times it, and a
/// line's *change* is what it gains from the first swing to the last.
/// - The middle one of the three lies within `t` of their line.
/// - The lines have not met at the last swing.
/// - Ascending: the upper line changes by at most `t` either way, the lower gains more than `t`. Descending: the upper
///   loses more than `t`, the lower changes by at most `t`. Symmetric: the upper loses and the lower gains more than `t`.
///
/// Confirmed by a close over the upper line (upwards) or under the lower (downwards), until the lines meet or as many bars
/// have gone by as it is long. Target: `height` beyond the line.
pub(super) fn triangle(swings: &[Swing; 5], tolerance: f64) -> Option<Shape> {
    let [a, b, c, d, e] = swings;
    let (three, two) = (Line::through(a, e), Line::through(b, d));
    let (upper, lower) = if e.is_high { (three, two) } else { (two, three) };
    let gap = |bar: u64| upper.price_at(bar) - lower.price_at(bar);
    let height = gap(a.at);
    let slack = tolerance * height;
    let bars = (e.at - a.at) as f64;
    let (up, low) = (upper.slope() * bars, lower.slope() * bars);
    let kind = if up.abs() <= slack && low > slack {
        PatternKind::AscendingTriangle
    } else if up < -slack && low.abs() <= slack {
        PatternKind::DescendingTriangle
    } else if up < -slack && low > slack {
        PatternKind::SymmetricTriangle
    } else {
        return None;
    };
    let fits = height > 0.0 && gap(e.at) > 0.0 && (c.price - three.price_at(c.at)).abs() <= slack;
    // The lines converge: one gains or the other loses more than the tolerance, and neither more than that the other way.
    let meet = height / (lower.slope() - upper.slope());
    if !fits || meet <= 0.0 {
        return None;
    }
    Some(Shape {
        kind,
        points: swings.to_vec(),
        above: Some(upper),
        below: Some(lower),
        fails_above: f64::INFINITY,
        fails_below: f64::NEG_INFINITY,
        until: (e.at + (e.at - a.at)).min(a.at.saturating_add(meet as u64)),
        reach: height,
    })
}

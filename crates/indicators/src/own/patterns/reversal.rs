//! Head and shoulders, double top; upside down their inverses.

use super::super::swings::Swing;
use super::PatternKind;
use super::shape::{Line, Shape};

/// Six swings `low₀ high₁ low₂ high₃ low₄ high₅`: left shoulder 1, head 3, right shoulder 5, neckline through 2 and 4. `height`
/// is the head's over the neckline, `t` the tolerance times it.
/// - The head is at least `t` above both shoulders, the shoulders at least `t` above the neckline.
/// - The shoulders differ by at most `t`, the lows 2 and 4 by at most `t`.
/// - Of the spans 1–3 and 3–5 the longer is at most 3 times the shorter.
/// - The rise before it began under both lows: `low₀ < min(low₂, low₄)`.
///
/// Confirmed by a close under the neckline, failed by one over the head, after as many bars as it is long at the latest. Target:
/// `height` under the neckline.
pub(super) fn head_and_shoulders(swings: &[Swing; 6], tolerance: f64, kind: PatternKind) -> Option<Shape> {
    let [start, left, low_left, head, low_right, right] = swings;
    if !right.is_high {
        return None;
    }
    let neck = Line::through(low_left, low_right);
    let over_neck = |swing: &Swing| swing.price - neck.price_at(swing.at);
    let height = over_neck(head);
    let slack = tolerance * height;
    let spans = ((head.at - left.at) as f64, (right.at - head.at) as f64);
    let fits = height > 0.0
        && head.price - left.price.max(right.price) >= slack
        && over_neck(left).min(over_neck(right)) >= slack
        && (left.price - right.price).abs() <= slack
        && (low_left.price - low_right.price).abs() <= slack
        && spans.0.max(spans.1) <= 3.0 * spans.0.min(spans.1)
        && start.price < low_left.price.min(low_right.price);
    fits.then(|| Shape {
        kind,
        points: vec![*left, *low_left, *head, *low_right, *right],
        above: None,
        below: Some(neck),
        fails_above: head.price,
        fails_below: f64::NEG_INFINITY,
        until: right.at + (right.at - left.at),
        reach: height,
    })
}

/// Four swings `low₀ high₁ low₂ high₃`: tops 1 and 3. `height` is their mean over `low₂`.
/// - The tops differ by at most the tolerance times `height`.
/// - The rise before it was at least as high: `low₀ ≤ low₂`.
///
/// Confirmed by a close under `low₂`, failed by one over both tops, after as many bars as it is long at the latest. Target:
/// `height` under `low₂`.
pub(super) fn double_top(swings: &[Swing; 4], tolerance: f64, kind: PatternKind) -> Option<Shape> {
    let [start, first, low, second] = swings;
    if !second.is_high {
        return None;
    }
    let height = (first.price + second.price) / 2.0 - low.price;
    let fits =
        height > 0.0 && (first.price - second.price).abs() <= tolerance * height && start.price <= low.price;
    fits.then(|| Shape {
        kind,
        points: vec![*first, *low, *second],
        above: None,
        below: Some(Line::level(low.price)),
        fails_above: first.price.max(second.price),
        fails_below: f64::NEG_INFINITY,
        until: second.at + (second.at - first.at),
        reach: height,
    })
}

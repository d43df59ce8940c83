//! Cup and handle, upwards; upside down it goes downwards.

use std::collections::VecDeque;

use super::super::swings::{Swing, SwingPath};
use super::PatternKind;
use super::shape::{Line, Shape};

/// Longest cup, in bars; also how many closes are remembered.
pub(super) const CUP_MAX: u64 = 512;
/// Most swings that are looked through for a left rim.
pub(super) const SWINGS_MAX: usize = 64;

/// A low before the left rim, the left rim, the right rim, and a low after it: the handle. The left rim is the nearest
/// earlier swing high that fits; the bottom is the lowest low between the rims, `depth` the rims' mean over it.
/// - The rims differ by at most the tolerance times `depth`, and no swing high between them reaches the lower one.
/// - The cup is at least 6 times `strength` and at most 512 bars long, its bottom in the middle three fifths.
/// - It is round: at least 55 % of the closes inside lie in its lower half (of a V half of them do, of a parabola 71 %).
/// - The rise before it was at least as high as the cup: the low before the left rim is not over the bottom.
/// - The handle lies in the cup's upper half and is at most half as long as the cup.
///
/// Confirmed by a close over the right rim, failed by one in the cup's lower half, after half as many bars as the cup is long at the
/// latest. Target: `depth` over the right rim. Source: O'Neil, *How to Make Money in Stocks*; the numbers for *round* are
/// our own.
pub(super) fn cup_and_handle(
    path: &SwingPath,
    closes: &VecDeque<f64>,
    strength: u64,
    tolerance: f64,
    sign: f64,
) -> Option<Shape> {
    let swing = |back: usize| path.back(back).map(|s| turned(s, sign));
    let (handle, right) = (swing(0)?, swing(1)?);
    if handle.is_high {
        return None;
    }
    let (mut bottom, mut inner) = (swing(2)?, f64::NEG_INFINITY);
    let mut back = 3;
    while let (Some(left), Some(before)) = (swing(back), swing(back + 1)) {
        let depth = (left.price + right.price) / 2.0 - bottom.price;
        let cup = Cup {
            left,
            bottom,
            right,
            handle,
            depth,
        };
        let rims_fit = (left.price - right.price).abs() <= tolerance * depth
            && inner < left.price.min(right.price)
            && before.price <= bottom.price;
        if rims_fit && cup.has_good_spans(strength) && cup.is_round(closes, path.now(), sign) {
            return Some(cup.shape());
        }
        inner = inner.max(left.price);
        if inner >= right.price || right.at - left.at > CUP_MAX {
            return None;
        }
        if before.price < bottom.price {
            bottom = before;
        }
        back += 2;
    }
    None
}

/// A swing on prices turned upside down, where `sign` is −1.
pub(super) fn turned(swing: &Swing, sign: f64) -> Swing {
    Swing {
        price: swing.price * sign,
        is_high: swing.is_high == (sign > 0.0),
        ..*swing
    }
}

struct Cup {
    left: Swing,
    bottom: Swing,
    right: Swing,
    handle: Swing,
    depth: f64,
}

impl Cup {
    fn length(&self) -> u64 {
        self.right.at - self.left.at
    }

    fn has_good_spans(&self, strength: u64) -> bool {
        let length = self.length();
        let to_bottom = 5 * (self.bottom.at - self.left.at);
        let handle_depth = self.right.price - self.handle.price;
        (6 * strength..=CUP_MAX).contains(&length)
            && (length..=4 * length).contains(&to_bottom)
            && handle_depth <= self.depth / 2.0
            && 2 * (self.handle.at - self.right.at) <= length
    }

    /// Whether 55 % of the closes between the rims lie in the lower half.
    fn is_round(&self, closes: &VecDeque<f64>, now: u64, sign: f64) -> bool {
        let half = self.right.price.min(self.left.price) - self.depth / 2.0;
        let back = |bar: u64| closes.len().checked_sub((now - bar) as usize + 1);
        let (Some(first), Some(end)) = (back(self.left.at + 1), back(self.right.at)) else {
            return false;
        };
        let inside = closes.range(first..end);
        let low = inside.filter(|close| **close * sign < half).count();
        100 * low >= 55 * (end - first)
    }

    fn shape(self) -> Shape {
        let until = self.handle.at + self.length() / 2;
        Shape {
            kind: PatternKind::CupAndHandle,
            above: Some(Line::level(self.right.price)),
            below: None,
            fails_above: f64::INFINITY,
            fails_below: self.right.price - self.depth / 2.0,
            until,
            reach: self.depth,
            points: vec![self.left, self.bottom, self.right, self.handle],
        }
    }
}

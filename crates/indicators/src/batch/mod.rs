//! Whole columns of functions that the library has too, written for speed from their definitions: what takes the
//! library's batch function longer than the C library. Streams stay the library's, and both faces agree bit for bit:
//! sums are taken in the same order, quotients with the same operands.
//!
//! What they have in common: bars are worked on in blocks that stay in the nearest cache; what does not depend on the
//! bar before is computed for a whole block without branches, two figures an instruction; what does is a loop of its
//! own that does nothing else.
//!
//! Not here: zeros with a sign. Where `−0` and `0` are both in a window either may be given.

mod deviation;
mod extremes;
mod flow;
mod gaps;
mod heikin_ashi;
mod oscillator;
mod rank;
mod stochastics;
mod volume_index;

use std::ops::Range;

use ta_lib::{Core, OutRange, RetCode};

use crate::input::BarColumns;
use crate::params::Params;

pub(crate) use deviation::average_deviation;
pub(crate) use extremes::{Extremes, donchian};
pub(crate) use flow::money_flow;
pub(crate) use gaps::{gap_three_methods, tasuki_gap};
pub(crate) use heikin_ashi::heikin_ashi;
pub(crate) use oscillator::ultimate_oscillator;
pub(crate) use rank::{percent_rank, percentile};
pub(crate) use stochastics::{fast_stochastic, kdj, momentum_index, slow_stochastic};
pub(crate) use volume_index::{negative_volume_index, positive_volume_index};

/// What a function works with besides its outputs. There are more than `first` bars.
#[derive(Clone, Copy)]
pub(crate) struct Task<'a> {
    pub(crate) core: &'a Core,
    pub(crate) params: &'a Params,
    pub(crate) bars: &'a BarColumns<'a>,
    /// The row of the first value.
    pub(crate) first: usize,
}

impl Task<'_> {
    /// A length among the parameters, which are checked: it is at least 1.
    fn period(&self, at: usize) -> usize {
        self.params.period(at).unsigned_abs() as usize
    }

    /// Whether the library wrote all that there is to write.
    pub(crate) fn done(&self, range: OutRange) -> Result<(), RetCode> {
        match range.beg_idx == self.first && range.beg_idx + range.count == self.bars.len() {
            true => Ok(()),
            false => Err(RetCode::InternalError),
        }
    }
}

/// The columns by number, which is that of the definition's outputs.
fn outputs<'a, 'b, const N: usize>(
    columns: &'a mut [&'b mut [f64]],
) -> Result<&'a mut [&'b mut [f64]; N], RetCode> {
    columns.try_into().map_err(|_| RetCode::BadParam)
}

/// Rows in pieces of `size`, the last one shorter.
pub(crate) fn blocks(rows: Range<usize>, size: usize) -> impl Iterator<Item = Range<usize>> {
    let end = rows.end;
    rows.step_by(size).map(move |at| at..(at + size).min(end))
}

/// The greater one; one instruction, as numbers are compared that are finite.
#[inline(always)]
fn greater(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// The smaller one.
#[inline(always)]
fn smaller(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

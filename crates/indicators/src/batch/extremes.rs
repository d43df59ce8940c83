//! The greatest and the least of windows that slide.
//!
//! The extreme of `2w` figures is that of two windows of `w` beside each other, so that a few passes over a block
//! double the width until two overlapping windows cover the period: `log₂ period + 1` comparisons a bar, none of which
//! decides a branch. A scan of the window when its extreme leaves is `period` comparisons in the worst case and
//! mispredicted in every case. Source of the idea: sparse tables of range minima (Bender and Farach-Colton 2000).

use ta_lib::RetCode;

use super::{Task, blocks, greater, outputs, smaller};

/// Rows of a block at least: with the work space they fit the nearest cache.
const BLOCK_LEAST: usize = 512;

/// Work space for windows of one length.
pub(crate) struct Extremes {
    period: usize,
    near: Vec<f64>,
    far: Vec<f64>,
}

impl Extremes {
    /// For windows of `period` figures, at least 1.
    pub(crate) fn new(period: usize) -> Self {
        let space = BLOCK_LEAST.max(period) + period;
        Self {
            period,
            near: vec![0.0; space],
            far: vec![0.0; space],
        }
    }

    /// Rows of a block, the most that are computed at once. Long windows have long blocks, whose edges cost less.
    pub(crate) fn block(&self) -> usize {
        BLOCK_LEAST.max(self.period)
    }

    /// `highest[k]` becomes the greatest of `figures[k..k + period]`; there are `period − 1` more figures than rows.
    pub(crate) fn highest(&mut self, figures: &[f64], highest: &mut [f64]) {
        self.slide(figures, highest, greater);
    }

    /// `lowest[k]` becomes the least of `figures[k..k + period]`.
    pub(crate) fn lowest(&mut self, figures: &[f64], lowest: &mut [f64]) {
        self.slide(figures, lowest, smaller);
    }

    #[inline(always)]
    fn slide(&mut self, figures: &[f64], rows: &mut [f64], pick: impl Fn(f64, f64) -> f64 + Copy) {
        let count = rows.len();
        if self.period < 3 {
            return combine(figures, &figures[self.period - 1..], rows, pick);
        }
        let (mut near, mut far) = (self.near.as_mut_slice(), self.far.as_mut_slice());
        let (mut width, mut known) = (2, figures.len() - 1);
        combine(figures, &figures[1..], &mut near[..known], pick);
        while width * 2 < self.period {
            known -= width;
            combine(near, &near[width..], &mut far[..known], pick);
            width *= 2;
            (near, far) = (far, near);
        }
        combine(near, &near[self.period - width..][..count], rows, pick);
    }
}

/// Of each two figures the one that is picked.
#[inline(always)]
fn combine(a: &[f64], b: &[f64], picked: &mut [f64], pick: impl Fn(f64, f64) -> f64) {
    for ((picked, a), b) in picked.iter_mut().zip(a).zip(b) {
        *picked = pick(*a, *b);
    }
}

/// The highest high and the lowest low of `period` bars and the middle between them. Donchian.
pub(crate) fn donchian(task: Task<'_>, columns: &mut [&mut [f64]]) -> Result<(), RetCode> {
    let [upper, middle, lower] = outputs(columns)?;
    let mut extremes = Extremes::new(task.period(0));
    for rows in blocks(task.first..task.bars.len(), extremes.block()) {
        let window = rows.start - task.first..rows.end;
        let (upper, lower) = (&mut upper[rows.clone()], &mut lower[rows.clone()]);
        extremes.highest(&task.bars.high[window.clone()], upper);
        extremes.lowest(&task.bars.low[window], lower);
        for ((middle, upper), lower) in middle[rows].iter_mut().zip(upper).zip(lower) {
            *middle = (*upper + *lower) / 2.0;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tradewind_types::SplitMix64;

    #[test]
    fn extremes_of_windows_are_those_that_a_look_at_each_window_finds() {
        let mut random = SplitMix64::new(5);
        let figures: Vec<f64> = (0..700).map(|_| random.below(50) as f64).collect();
        for period in [1, 2, 3, 4, 5, 8, 9, 16, 17, 100, 513, 700] {
            let mut extremes = Extremes::new(period);
            for count in [1, 2, 3, 400, 700 - period + 1] {
                let count = count.min(700 - period + 1).min(extremes.block());
                let figures = &figures[..count + period - 1];
                let (mut highest, mut lowest) = (vec![0.0; count], vec![0.0; count]);
                extremes.highest(figures, &mut highest);
                extremes.lowest(figures, &mut lowest);
                for (at, window) in figures.windows(period).enumerate() {
                    let most = window.iter().copied().fold(f64::MIN, f64::max);
                    let least = window.iter().copied().fold(f64::MAX, f64::min);
                    assert_eq!(
                        (highest[at].to_bits(), lowest[at].to_bits()),
                        (most.to_bits(), least.to_bits())
                    );
                }
            }
        }
    }
}

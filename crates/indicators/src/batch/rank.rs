//! Order statistics of a window that slides, and the rank of a figure among those before it.
//!
//! The figure at a rank moves by one place at most when one figure leaves the window and one comes. How many figures are
//! below it and how many equal it says whether it moves; only then the window is looked through for its neighbour, eight
//! figures side by side and without a branch.

use ta_lib::RetCode;

use super::{Task, greater, outputs, smaller};

/// The longest window that is looked through; the library keeps longer ones in order.
const LOOKED_THROUGH: usize = 256;
/// Figures that are compared side by side.
const LANES: usize = 8;

/// The close at the rank `⌈percentile·period/100⌉` of the last `period` closes, counted from the lowest, at least 1.
/// Source: the nearest-rank method (Hyndman and Fan 1996, type 1).
pub(crate) fn percentile(task: Task<'_>, columns: &mut [&mut [f64]]) -> Result<(), RetCode> {
    let [column] = outputs(columns)?;
    let (closes, period) = (task.bars.close, task.period(0));
    let rows = &mut column[task.first..];
    if period > LOOKED_THROUGH {
        let (whole, percent) = (task.params.period(0), task.params.real(1));
        let range = task
            .core
            .percentile(0, closes.len() - 1, closes, whole, percent, rows)?;
        return task.done(range);
    }
    // The product is taken first: of whole numbers it is exact, where a hundredth is not.
    let rank = (task.params.real(1) * period as f64 / 100.0).ceil() as usize;
    let mut ranked = Ranked::new(&closes[..period], rank.clamp(1, period));
    rows[0] = ranked.value;
    let slides = closes.iter().zip(closes.windows(period).skip(1));
    for (row, (leaves, window)) in rows[1..].iter_mut().zip(slides) {
        ranked.slide(*leaves, window);
        *row = ranked.value;
    }
    Ok(())
}

/// Per cent of the `period` closes before that are below this one.
pub(crate) fn percent_rank(task: Task<'_>, columns: &mut [&mut [f64]]) -> Result<(), RetCode> {
    let [column] = outputs(columns)?;
    let (closes, period) = (task.bars.close, task.period(0));
    let rows = &mut column[task.first..];
    let whole = rows.len() - rows.len() % LANES;
    let (pieces, rest) = rows.split_at_mut(whole);
    for (piece, ranks) in pieces.chunks_exact_mut(LANES).enumerate() {
        let at = piece * LANES;
        ranks.copy_from_slice(&side_by_side::<LANES>(&closes[at..at + period + LANES]));
    }
    for (rank, window) in rest.iter_mut().zip(closes[whole..].windows(period + 1)) {
        [*rank] = side_by_side::<1>(window);
    }
    Ok(())
}

/// The ranks of the last `N` closes, each among the same number of closes before it.
#[inline(always)]
fn side_by_side<const N: usize>(closes: &[f64]) -> [f64; N] {
    let period = closes.len() - N;
    let mut below = [0.0; N];
    let ranked = &closes[period..];
    for before in closes[..closes.len() - 1].windows(N) {
        for ((below, before), close) in below.iter_mut().zip(before).zip(ranked) {
            *below += if before < close { 1.0 } else { 0.0 };
        }
    }
    below.map(|below| below / period as f64 * 100.0)
}

/// The figure at a rank.
struct Ranked {
    rank: usize,
    value: f64,
    /// Figures of the window that are less.
    below: usize,
    /// Figures of the window that are not more.
    reached: usize,
}

impl Ranked {
    fn new(window: &[f64], rank: usize) -> Self {
        let mut sorted = window.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let value = sorted[rank - 1];
        Self {
            rank,
            value,
            below: count(window, |x| x < value),
            reached: count(window, |x| x <= value),
        }
    }

    /// `leaves` is the figure before the window, whose last is new.
    fn slide(&mut self, leaves: f64, window: &[f64]) {
        let comes = window[window.len() - 1];
        let value = self.value;
        self.below += usize::from(comes < value);
        self.below -= usize::from(leaves < value);
        self.reached += usize::from(comes <= value);
        self.reached -= usize::from(leaves <= value);
        if self.below >= self.rank {
            let next = nearest(window, f64::NEG_INFINITY, |x| x < value, greater);
            (self.value, self.reached) = (next, self.below);
            self.below = count(window, |x| x < next);
        } else if self.reached < self.rank {
            let next = nearest(window, f64::INFINITY, |x| x > value, smaller);
            (self.value, self.below) = (next, self.reached);
            self.reached = count(window, |x| x <= next);
        }
    }
}

/// Of the figures that are wanted the one that is picked over the others.
#[inline(always)]
fn nearest(window: &[f64], none: f64, wanted: impl Fn(f64) -> bool, pick: impl Fn(f64, f64) -> f64) -> f64 {
    let (eights, rest) = window.as_chunks::<LANES>();
    let mut found = [none; LANES];
    for eight in eights {
        for (found, x) in found.iter_mut().zip(eight) {
            let candidate = if wanted(*x) { *x } else { none };
            *found = pick(candidate, *found);
        }
    }
    let rest = rest.iter().copied().filter(|x| wanted(*x));
    found.into_iter().chain(rest).fold(none, pick)
}

#[inline(always)]
fn count(window: &[f64], counted: impl Fn(f64) -> bool) -> usize {
    let (eights, rest) = window.as_chunks::<LANES>();
    let mut counts = [0u64; LANES];
    for eight in eights {
        for (count, x) in counts.iter_mut().zip(eight) {
            *count += u64::from(counted(*x));
        }
    }
    let rest = rest.iter().filter(|x| counted(**x)).count();
    rest + counts.iter().sum::<u64>() as usize
}

//! What indicators give: the values of one bar, or whole columns.

use std::slice::{ChunksExact, ChunksExactMut};

/// Most outputs that any indicator has.
pub const OUTPUTS_MAX: usize = 12;

/// The outputs of an indicator at one bar, in the order of its definition. At least one of them has a value.
#[derive(Clone, Copy, Debug)]
pub struct Values {
    values: [f64; OUTPUTS_MAX],
    len: u8,
}

impl Values {
    /// The outputs given; those past [`OUTPUTS_MAX`] are left out.
    pub(crate) fn from_slice(given: &[f64]) -> Self {
        let len = given.len().min(OUTPUTS_MAX);
        let mut values = [0.0; OUTPUTS_MAX];
        values[..len].copy_from_slice(&given[..len]);
        Self {
            values,
            len: len as u8,
        }
    }

    /// The first output, the only one of most indicators. `NaN` where others have a value and it has none.
    #[must_use]
    pub fn first(&self) -> f64 {
        self.values[0]
    }

    /// The output at `at`, if the indicator has that many and this one has a value.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<f64> {
        self.as_slice().get(at).copied().filter(|value| value.is_finite())
    }

    /// All outputs; `NaN` for one without a value.
    #[must_use]
    #[inline]
    pub fn as_slice(&self) -> &[f64] {
        &self.values[..usize::from(self.len)]
    }
}

/// Equal when each output is equal or missing in both.
impl PartialEq for Values {
    fn eq(&self, other: &Self) -> bool {
        let same = |(a, b): (&f64, &f64)| a == b || (a.is_nan() && b.is_nan());
        self.len == other.len && self.as_slice().iter().zip(other.as_slice()).all(same)
    }
}

/// An indicator over a whole series: one column per output, as long as the input. What is not a finite number means *no
/// value*: not warm yet, or undefined at that bar (VWAP before the session's first volume).
///
/// The columns lie one after the other in one piece of memory: allocators hand big pieces back to the system one by
/// one, and three that come and go cost more than the figures in them.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Series {
    figures: Vec<f64>,
    outputs: usize,
    bars: usize,
}

impl Series {
    /// No value anywhere.
    pub(crate) fn empty(outputs: usize, bars: usize) -> Self {
        Self {
            figures: vec![f64::NAN; outputs * bars],
            outputs,
            bars,
        }
    }

    /// Takes the given shape, with no value in the first `missing` rows and anything in the others, which the caller
    /// overwrites. Memory of the right size is used again as it is; new memory is zeros, pages that the system gives
    /// when they are first written, so that a long column is written once, not twice.
    pub(crate) fn reshape(&mut self, outputs: usize, bars: usize, missing: usize) {
        if self.figures.len() != outputs * bars {
            self.figures = vec![0.0; outputs * bars];
        }
        (self.outputs, self.bars) = (outputs, bars);
        for column in self.columns_mut() {
            column[..missing.min(bars)].fill(f64::NAN);
        }
    }

    /// Number of bars.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bars
    }

    /// Whether there is no bar.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bars == 0
    }

    /// Number of outputs.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The columns, one per output; none of a series without bars.
    pub fn columns(&self) -> ChunksExact<'_, f64> {
        self.figures.chunks_exact(self.bars.max(1))
    }

    pub(crate) fn columns_mut(&mut self) -> ChunksExactMut<'_, f64> {
        self.figures.chunks_exact_mut(self.bars.max(1))
    }

    /// Writes the values of a bar, which is one of them.
    #[inline]
    pub(crate) fn set_row(&mut self, bar: usize, row: &[f64]) {
        for (output, value) in row.iter().enumerate() {
            self.figures[output * self.bars + bar] = *value;
        }
    }

    /// The value of an output at a bar, where there is one.
    #[must_use]
    pub fn get(&self, output: usize, bar: usize) -> Option<f64> {
        if bar >= self.bars {
            return None;
        }
        let value = *self.figures.get(output * self.bars + bar)?;
        value.is_finite().then_some(value)
    }

    /// Whether any output has a value at a bar.
    #[must_use]
    pub fn has(&self, bar: usize) -> bool {
        (0..self.outputs).any(|output| self.get(output, bar).is_some())
    }
}

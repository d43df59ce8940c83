//! What indicators give: the values of one bar, or whole columns.

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
#[derive(Clone, PartialEq, Debug)]
pub struct Series {
    columns: Vec<Vec<f64>>,
    bars: usize,
}

impl Series {
    /// No value anywhere.
    pub(crate) fn empty(outputs: usize, bars: usize) -> Self {
        Self {
            columns: vec![vec![f64::NAN; bars]; outputs],
            bars,
        }
    }

    /// No value in the first `missing` rows, zeros in the others for the caller to overwrite. The zeros are pages
    /// that the system gives when they are first written, so a long column is written once, not twice.
    pub(crate) fn to_fill(outputs: usize, bars: usize, missing: usize) -> Self {
        let column = || {
            let mut column = vec![0.0; bars];
            column[..missing.min(bars)].fill(f64::NAN);
            column
        };
        Self {
            columns: (0..outputs).map(|_| column()).collect(),
            bars,
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

    /// The columns, one per output.
    #[must_use]
    pub fn columns(&self) -> &[Vec<f64>] {
        &self.columns
    }

    pub(crate) fn columns_mut(&mut self) -> &mut [Vec<f64>] {
        &mut self.columns
    }

    /// The value of an output at a bar, where there is one.
    #[must_use]
    pub fn get(&self, output: usize, bar: usize) -> Option<f64> {
        let value = *self.columns.get(output)?.get(bar)?;
        value.is_finite().then_some(value)
    }

    /// Whether any output has a value at a bar.
    #[must_use]
    pub fn has(&self, bar: usize) -> bool {
        (0..self.columns.len()).any(|output| self.get(output, bar).is_some())
    }
}

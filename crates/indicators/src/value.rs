//! What indicators give: the values of one bar, or whole columns.

/// Most outputs that any indicator has.
pub const OUTPUTS_MAX: usize = 5;

/// The outputs of an indicator at one bar, in the order of its definition.
#[derive(Clone, Copy, PartialEq, Debug)]
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

    /// The first output, the only one of most indicators.
    #[must_use]
    pub fn first(&self) -> f64 {
        self.values[0]
    }

    /// The output at `at`, if the indicator has that many.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<f64> {
        self.as_slice().get(at).copied()
    }

    /// All outputs.
    #[must_use]
    #[inline]
    pub fn as_slice(&self) -> &[f64] {
        &self.values[..usize::from(self.len)]
    }
}

/// An indicator over a whole series: one column per output, as long as the input. `NaN` means *no value*:
/// not warm yet, or undefined at that bar (VWAP before the session's first volume).
#[derive(Clone, PartialEq, Debug)]
pub struct Series {
    columns: Vec<Vec<f64>>,
    bars: usize,
}

impl Series {
    pub(crate) fn empty(outputs: usize, bars: usize) -> Self {
        Self {
            columns: vec![vec![f64::NAN; bars]; outputs],
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
        (!value.is_nan()).then_some(value)
    }

    /// Whether the series has values at a bar.
    #[must_use]
    pub fn has(&self, bar: usize) -> bool {
        self.get(0, bar).is_some()
    }
}

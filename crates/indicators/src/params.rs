//! Parameters of indicators: what they are called, their defaults and their ranges.

/// Most parameters that any indicator has.
pub(crate) const PARAMS_MAX: usize = 4;
/// Longest period accepted; bounds the memory that an id from outside can ask for.
pub(crate) const PERIOD_MAX: f64 = 5_000.0;

/// One parameter.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Param {
    /// Its name, e.g. `period`.
    pub name: &'static str,
    /// Taken when the id leaves it out.
    pub default: f64,
    /// Least allowed.
    pub min: f64,
    /// Most allowed.
    pub max: f64,
    /// Whether it has to be a whole number.
    pub whole: bool,
}

impl Param {
    pub(crate) const fn period(name: &'static str, default: u32, min: u32) -> Self {
        Self {
            name,
            default: default as f64,
            min: min as f64,
            max: PERIOD_MAX,
            whole: true,
        }
    }

    pub(crate) const fn real(name: &'static str, default: f64, min: f64, max: f64) -> Self {
        Self {
            name,
            default,
            min,
            max,
            whole: false,
        }
    }
}

/// Checked parameter values, in the order of the definition.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Params {
    values: [f64; PARAMS_MAX],
    len: u8,
}

impl Params {
    pub(crate) fn from_slice(values: &[f64]) -> Self {
        let len = values.len().min(PARAMS_MAX);
        let mut params = Self {
            values: [0.0; PARAMS_MAX],
            len: len as u8,
        };
        params.values[..len].copy_from_slice(&values[..len]);
        params
    }

    /// All values.
    #[must_use]
    pub fn as_slice(&self) -> &[f64] {
        &self.values[..usize::from(self.len)]
    }

    /// The value at `at`; 0 past the end.
    pub(crate) fn real(&self, at: usize) -> f64 {
        self.as_slice().get(at).copied().unwrap_or(0.0)
    }

    /// The whole value at `at`. Ranges were checked, so the conversion is exact.
    pub(crate) fn period(&self, at: usize) -> i32 {
        self.real(at) as i32
    }
}

//! Parameters of indicators: what they are called, their defaults and their ranges.

use ta_lib::MAType;

/// Most parameters that any indicator has.
pub(crate) const PARAMS_MAX: usize = 12;
/// Longest period accepted; bounds the memory that an id from outside can ask for.
pub(crate) const PERIOD_MAX: f64 = 5_000.0;

/// What values a parameter takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParamKind {
    /// A whole number.
    Whole,
    /// Any number in the range.
    Real,
    /// The kind of moving average by TA-Lib's number, see [`AVERAGES`].
    Average,
}

/// The kinds of moving average that a parameter of kind [`ParamKind::Average`] takes, by number. 10 stands for no
/// averaging; 11 is not used. Source: TA-Lib `MAType`.
pub const AVERAGES: [(u8, &str); 15] = [
    (0, "SMA"),
    (1, "EMA"),
    (2, "WMA"),
    (3, "DEMA"),
    (4, "TEMA"),
    (5, "TRIMA"),
    (6, "KAMA"),
    (7, "MAMA"),
    (8, "T3"),
    (9, "HMA"),
    (10, "none"),
    (12, "ZLEMA"),
    (13, "RMA"),
    (14, "VIDYA"),
    (15, "ALMA"),
];

/// One parameter.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Param {
    /// Its name, e.g. `period`.
    pub name: &'static str,
    /// Taken when the id leaves it out, unless it follows another.
    pub default: f64,
    /// Least allowed.
    pub min: f64,
    /// Most allowed.
    pub max: f64,
    /// What values it takes.
    pub kind: ParamKind,
    /// The place of the parameter whose value it takes when the id leaves it out.
    pub follows: Option<u8>,
    /// Left out of canonical ids when it and all after it have their defaults (`BBANDS_20_2`).
    pub quiet: bool,
}

impl Param {
    /// A whole number of bars, from `min` to [`PERIOD_MAX`].
    pub(crate) const fn period(name: &'static str, default: u32, min: u32) -> Self {
        Self {
            name,
            default: default as f64,
            min: min as f64,
            max: PERIOD_MAX,
            kind: ParamKind::Whole,
            follows: None,
            quiet: false,
        }
    }

    /// A number.
    pub(crate) const fn real(name: &'static str, default: f64, min: f64, max: f64) -> Self {
        Self {
            name,
            default,
            min,
            max,
            kind: ParamKind::Real,
            follows: None,
            quiet: false,
        }
    }

    /// A whole number of bars, from `min` to `max`.
    pub(crate) const fn period_to(name: &'static str, default: u32, min: u32, max: u32) -> Self {
        Self {
            max: max as f64,
            ..Self::period(name, default, min)
        }
    }

    /// A kind of moving average.
    pub(crate) const fn average(name: &'static str, default: u32) -> Self {
        Self {
            name,
            default: default as f64,
            min: 0.0,
            max: 15.0,
            kind: ParamKind::Average,
            follows: None,
            quiet: true,
        }
    }

    /// The same, left out of canonical ids at its default.
    pub(crate) const fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// The same, with the value of the parameter at `at` as its default.
    pub(crate) const fn following(self, at: u8) -> Self {
        Self {
            follows: Some(at),
            ..self
        }
    }

    /// The value that it has when an id leaves it out, after the values `before`.
    pub(crate) fn value_after(&self, before: &[f64]) -> f64 {
        let followed = self.follows.and_then(|at| before.get(usize::from(at)));
        followed.copied().unwrap_or(self.default)
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

    /// The kind of moving average at `at`. Ranges were checked, so there is one.
    pub(crate) fn average(&self, at: usize) -> MAType {
        MAType::try_from(self.period(at)).unwrap_or(MAType::SMA)
    }
}

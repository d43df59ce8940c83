//! Why an indicator could not be had.

use crate::AVERAGES;

/// An id or its parameters were refused, or the library refused the data.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum IndicatorError {
    /// No indicator has that name.
    #[error("`{id}` names no indicator; near it are {near} (see `tradewind indicators list`)")]
    Unknown {
        /// What was asked for, cut to 48 characters.
        id: String,
        /// Names that are nearest to it.
        near: String,
    },
    /// More parameters than the indicator has.
    #[error("{name} takes at most {max} parameters, got {given}")]
    TooManyParams {
        /// The indicator.
        name: &'static str,
        /// How many it has.
        max: usize,
        /// How many were given.
        given: usize,
    },
    /// A parameter that has to be whole is not.
    #[error("{name}: {param} must be a whole number, got {value}")]
    NotWhole {
        /// The indicator.
        name: &'static str,
        /// The parameter.
        param: &'static str,
        /// What was given.
        value: f64,
    },
    /// A kind of moving average that there is not.
    #[error(
        "{name}: {param} must be the number of a kind of average ({}), got {value}",
        averages()
    )]
    NoAverage {
        /// The indicator.
        name: &'static str,
        /// The parameter.
        param: &'static str,
        /// What was given.
        value: f64,
    },
    /// A parameter outside its range.
    #[error("{name}: {param} must be between {min} and {max}, got {value}")]
    OutOfRange {
        /// The indicator.
        name: &'static str,
        /// The parameter.
        param: &'static str,
        /// What was given.
        value: f64,
        /// Least allowed.
        min: f64,
        /// Most allowed.
        max: f64,
    },
    /// Parameters that contradict each other.
    #[error("{name}: {rule}")]
    Relation {
        /// The indicator.
        name: &'static str,
        /// What has to hold.
        rule: &'static str,
    },
    /// Columns of different lengths.
    #[error("bar columns differ in length: {expected} times, but a column of {found}")]
    UnequalColumns {
        /// Length of the time column.
        expected: usize,
        /// Length of the odd one.
        found: usize,
    },
    /// The library refused; with checked parameters this means a series of more than 2³¹ bars.
    #[error("{name}: the indicator library refused the series of {bars} bars")]
    Refused {
        /// The indicator.
        name: &'static str,
        /// Length of the series.
        bars: usize,
    },
}

/// The kinds of moving average with their numbers, for people.
fn averages() -> String {
    let kinds: Vec<String> = AVERAGES.iter().map(|(at, name)| format!("{at} {name}")).collect();
    kinds.join(", ")
}

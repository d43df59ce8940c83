//! Why a message was refused: one variant per kind of defect, with the values that matter.

/// A message that was not understood. Nothing of it has been applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are no JSON document.
    #[error("malformed JSON: {detail}")]
    Malformed {
        /// What the parser says, with its position.
        detail: String,
    },
    /// The message is JSON, but of a shape that no message of this venue has.
    #[error("not a message of this venue: {detail}")]
    Shape {
        /// What is odd about it.
        detail: String,
    },
    /// A field that the message needs is missing.
    #[error("field `{field}` is missing")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// A field that the message needs is null.
    #[error("field `{field}` is null")]
    Null {
        /// The field.
        field: &'static str,
    },
    /// A field stands twice in one object.
    #[error("field `{field}` stands twice in one object")]
    Duplicate {
        /// The field.
        field: String,
    },
    /// A field has another type than documented.
    #[error("field `{field}` is {got}, expected {expected}")]
    WrongType {
        /// The field.
        field: &'static str,
        /// The documented type.
        expected: &'static str,
        /// The type found.
        got: &'static str,
    },
    /// NaN or infinity.
    #[error("field `{field}` is not finite: `{text}`")]
    NotFinite {
        /// The field; empty where the document has it outside of a string.
        field: &'static str,
        /// What was given.
        text: String,
    },
    /// No number.
    #[error("field `{field}` is not a number: `{text}`")]
    NotANumber {
        /// The field.
        field: &'static str,
        /// What was given.
        text: String,
    },
    /// A price, or a size traded, of zero or below.
    #[error("field `{field}` must be greater than 0, got `{text}`")]
    NotPositive {
        /// The field.
        field: &'static str,
        /// The value.
        text: String,
    },
    /// A size below zero.
    #[error("field `{field}` must not be negative, got `{text}`")]
    Negative {
        /// The field.
        field: &'static str,
        /// The value.
        text: String,
    },
    /// More decimals than the instrument's scale.
    #[error("field `{field}` has more than the {scale} decimals of its instrument: `{text}`")]
    TooManyDecimals {
        /// The field.
        field: &'static str,
        /// The value.
        text: String,
        /// The instrument's decimals.
        scale: u8,
    },
    /// The number is exact but too large for its integer.
    #[error("field `{field}` does not fit: `{text}`")]
    DoesNotFit {
        /// The field.
        field: &'static str,
        /// The value.
        text: String,
    },
    /// A word that the field cannot have, or a malformed time.
    #[error("field `{field}` must be {expected}, got `{text}`")]
    BadValue {
        /// The field.
        field: &'static str,
        /// What it could be.
        expected: &'static str,
        /// What was given.
        text: String,
    },
    /// Nobody asked for this product.
    #[error("unknown product `{symbol}`")]
    UnknownProduct {
        /// The venue's name of it.
        symbol: String,
    },
    /// A table that grows by itself has reached its limit.
    #[error("more than {limit} products in one feed")]
    TooManyProducts {
        /// The limit.
        limit: usize,
    },
}

impl DecodeError {
    /// A short constant name, for counters and metrics.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            DecodeError::Malformed { .. } => "malformed",
            DecodeError::Shape { .. } => "shape",
            DecodeError::Missing { .. } => "missing",
            DecodeError::Null { .. } => "null",
            DecodeError::Duplicate { .. } => "duplicate",
            DecodeError::WrongType { .. } => "wrong_type",
            DecodeError::NotFinite { .. } => "not_finite",
            DecodeError::NotANumber { .. } => "not_a_number",
            DecodeError::NotPositive { .. } => "not_positive",
            DecodeError::Negative { .. } => "negative",
            DecodeError::TooManyDecimals { .. } => "too_many_decimals",
            DecodeError::DoesNotFit { .. } => "does_not_fit",
            DecodeError::BadValue { .. } => "bad_value",
            DecodeError::UnknownProduct { .. } => "unknown_product",
            DecodeError::TooManyProducts { .. } => "too_many_products",
        }
    }
}

/// Text for an error, cut to a length that a log line bears.
pub(crate) fn cut(text: &str) -> String {
    text.chars().take(64).collect()
}

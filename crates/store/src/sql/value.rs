//! What can be bound to a statement.

use std::borrow::Cow;

use sqlx::Arguments;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;

use crate::StoreError;

/// A bound value; none is NULL of its type, which PostgreSQL wants to know.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'q> {
    /// BIGINT.
    Integer(Option<i64>),
    /// DOUBLE PRECISION.
    Real(Option<f64>),
    /// BOOLEAN.
    Bool(Option<bool>),
    /// TEXT.
    Text(Option<Cow<'q, str>>),
    /// BLOB, BYTEA.
    Bytes(Option<Cow<'q, [u8]>>),
}

impl Value<'_> {
    /// Whether it is a text with the character U+0000.
    pub(crate) fn has_nul(&self) -> bool {
        matches!(self, Value::Text(Some(text)) if text.contains('\0'))
    }
}

macro_rules! from {
    ($($from:ty => $variant:ident $with:expr;)*) => {$(
        impl<'q> From<$from> for Value<'q> {
            fn from(value: $from) -> Self {
                Value::$variant(Some($with(value)))
            }
        }
        impl<'q> From<Option<$from>> for Value<'q> {
            fn from(value: Option<$from>) -> Self {
                Value::$variant(value.map($with))
            }
        }
    )*};
}

from! {
    i64 => Integer |v| v;
    f64 => Real |v| v;
    bool => Bool |v| v;
    &'q str => Text Cow::Borrowed;
    &'q String => Text |v: &'q String| Cow::Borrowed(v.as_str());
    String => Text Cow::Owned;
    &'q [u8] => Bytes Cow::Borrowed;
    &'q Vec<u8> => Bytes |v: &'q Vec<u8>| Cow::Borrowed(v.as_slice());
    Vec<u8> => Bytes Cow::Owned;
}

fn encoding(error: Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    StoreError::from(sqlx::Error::Encode(error))
}

/// The values as SQLite takes them.
pub(super) fn sqlite(values: Vec<Value<'_>>) -> Result<SqliteArguments, StoreError> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        match value {
            Value::Integer(v) => Arguments::add(&mut arguments, v),
            Value::Real(v) => Arguments::add(&mut arguments, v),
            Value::Bool(v) => Arguments::add(&mut arguments, v),
            Value::Text(v) => Arguments::add(&mut arguments, v.map(Cow::into_owned)),
            Value::Bytes(v) => Arguments::add(&mut arguments, v.map(Cow::into_owned)),
        }
        .map_err(encoding)?;
    }
    Ok(arguments)
}

/// The values as PostgreSQL takes them.
pub(super) fn postgres(values: &[Value<'_>]) -> Result<PgArguments, StoreError> {
    let mut arguments = PgArguments::default();
    for value in values {
        match value {
            Value::Integer(v) => arguments.add(*v),
            Value::Real(v) => arguments.add(*v),
            Value::Bool(v) => arguments.add(*v),
            text if text.has_nul() => return Err(StoreError::NulCharacter),
            Value::Text(v) => arguments.add(v.as_deref()),
            Value::Bytes(v) => arguments.add(v.as_deref()),
        }
        .map_err(encoding)?;
    }
    Ok(arguments)
}

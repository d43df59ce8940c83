//! Many rows with one statement.

use std::fmt::Write as _;

use super::value::Value;
use super::{Tx, assembled};
use crate::StoreError;

/// Rows of one statement: with at most 30 columns this stays below the 32,766 parameters of SQLite and far below
/// the 65,535 of PostgreSQL.
const ROWS_MAX: usize = 100;

/// The values of one row, bound one after the other.
#[derive(Debug)]
pub struct Tuple<'a>(&'a mut Vec<Value<'static>>);

impl Tuple<'_> {
    /// Binds the next value. What is written so has happened and cannot be refused: of a text the character U+0000, which
    /// PostgreSQL does not store, becomes U+FFFD.
    pub fn push_bind(&mut self, value: impl Into<Value<'static>>) -> &mut Self {
        let value = match value.into() {
            Value::Text(Some(text)) if text.contains('\0') => {
                Value::Text(Some(text.replace('\0', "\u{fffd}").into()))
            }
            value => value,
        };
        self.0.push(value);
        self
    }
}

/// Inserts `rows` in statements of at most 100: `into` (up to `VALUES`), their values, `tail` (`ON CONFLICT …` or
/// nothing). `bind` binds the same number of values for each row.
///
/// # Errors
/// Those of the database.
pub async fn insert_rows<R>(
    tx: &mut Tx,
    into: &'static str,
    rows: &[R],
    tail: &'static str,
    bind: impl Fn(Tuple<'_>, &R),
) -> Result<(), StoreError> {
    for part in rows.chunks(ROWS_MAX) {
        let mut text = format!("{into} VALUES ");
        let mut values = Vec::new();
        for (index, row) in part.iter().enumerate() {
            let first = values.len();
            bind(Tuple(&mut values), row);
            text.push_str(if index == 0 { "(" } else { ", (" });
            for place in first + 1..=values.len() {
                let comma = if place == first + 1 { "" } else { ", " };
                // Writing to a `String` does not fail.
                let _ = write!(text, "{comma}${place}");
            }
            text.push(')');
        }
        text.push_str(tail);
        let mut statement = assembled(text);
        for value in values {
            statement = statement.bind(value);
        }
        // Only full statements come again with the same text and are worth keeping prepared.
        if part.len() < ROWS_MAX {
            statement = statement.once();
        }
        statement.execute(&mut *tx).await?;
    }
    Ok(())
}

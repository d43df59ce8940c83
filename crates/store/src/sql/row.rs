//! A row of an answer.

use std::fmt;

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Column, Decode, Postgres, Row as _, Sqlite, Type, TypeInfo, ValueRef};

use crate::StoreError;

/// A row.
pub enum Row {
    /// Of SQLite.
    Sqlite(SqliteRow),
    /// Of PostgreSQL.
    Postgres(PgRow),
}

/// What a column can be read as: `i64`, `f64`, `bool`, `String`, `&str`, `Vec<u8>`, `&[u8]`, and those in an `Option`.
pub trait FromColumn<'r>: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres> {}

impl<'r, T> FromColumn<'r> for T where
    T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>
{
}

/// A cell of whatever type, comparable across the databases: booleans are 0 and 1.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub enum Cell {
    /// NULL.
    Null,
    /// BIGINT or BOOLEAN.
    Integer(i64),
    /// DOUBLE PRECISION.
    Real(f64),
    /// TEXT.
    Text(String),
    /// BLOB or BYTEA.
    Bytes(Vec<u8>),
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Null => f.write_str("NULL"),
            Cell::Integer(value) => write!(f, "{value}"),
            Cell::Real(value) => write!(f, "{value}"),
            Cell::Text(text) => write!(f, "`{text}`"),
            Cell::Bytes(bytes) => {
                f.write_str("x'")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
                f.write_str("'")
            }
        }
    }
}

impl Row {
    /// The value of a column by its name.
    ///
    /// # Errors
    /// When there is no such column, or its value has another type.
    pub fn get<'r, T: FromColumn<'r>>(&'r self, column: &str) -> Result<T, StoreError> {
        Ok(match self {
            Row::Sqlite(row) => row.try_get(column)?,
            Row::Postgres(row) => row.try_get(column)?,
        })
    }

    /// The value of a column by its place, from 0.
    ///
    /// # Errors
    /// When there is no such column, or its value has another type.
    pub fn at<'r, T: FromColumn<'r>>(&'r self, place: usize) -> Result<T, StoreError> {
        Ok(match self {
            Row::Sqlite(row) => row.try_get(place)?,
            Row::Postgres(row) => row.try_get(place)?,
        })
    }

    /// The names of its columns, in order.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Row::Sqlite(row) => row.columns().iter().map(Column::name).collect(),
            Row::Postgres(row) => row.columns().iter().map(Column::name).collect(),
        }
    }

    /// The value of a column by its place, whatever its type.
    ///
    /// # Errors
    /// When there is no such column, or the database has a type in it that this program never makes.
    pub fn cell(&self, place: usize) -> Result<Cell, StoreError> {
        match self {
            Row::Sqlite(row) => {
                let raw = row.try_get_raw(place)?;
                if raw.is_null() {
                    return Ok(Cell::Null);
                }
                let kind = raw.type_info().name().to_owned();
                Ok(match kind.as_str() {
                    "TEXT" => Cell::Text(row.try_get_unchecked(place)?),
                    "REAL" => Cell::Real(row.try_get_unchecked(place)?),
                    "BLOB" => Cell::Bytes(row.try_get_unchecked(place)?),
                    _ => Cell::Integer(row.try_get_unchecked(place)?),
                })
            }
            Row::Postgres(row) => {
                let raw = row.try_get_raw(place)?;
                if raw.is_null() {
                    return Ok(Cell::Null);
                }
                let kind = raw.type_info().name().to_owned();
                match kind.as_str() {
                    "TEXT" | "VARCHAR" | "NAME" => Ok(Cell::Text(row.try_get_unchecked(place)?)),
                    "BOOL" => Ok(Cell::Integer(i64::from(row.try_get_unchecked::<bool, _>(place)?))),
                    "INT8" => Ok(Cell::Integer(row.try_get_unchecked(place)?)),
                    "INT4" => Ok(Cell::Integer(i64::from(row.try_get_unchecked::<i32, _>(place)?))),
                    "FLOAT8" => Ok(Cell::Real(row.try_get_unchecked(place)?)),
                    "BYTEA" => Ok(Cell::Bytes(row.try_get_unchecked(place)?)),
                    other => Err(StoreError::corrupt("type of a column", other)),
                }
            }
        }
    }

    /// [`Row::cell`] by the name of the column.
    ///
    /// # Errors
    /// As [`Row::cell`].
    pub fn cell_of(&self, column: &str) -> Result<Cell, StoreError> {
        let place = self.columns().iter().position(|name| *name == column);
        let unknown = || StoreError::Statement(sqlx::Error::ColumnNotFound(column.to_owned()));
        self.cell(place.ok_or_else(unknown)?)
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Names only: a row may hold what must not be in a log.
        f.debug_tuple("Row").field(&self.columns()).finish()
    }
}

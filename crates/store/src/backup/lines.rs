//! The lines of a backup.

use serde::{Deserialize, Serialize};

use super::Archived;
use crate::sql::Cell;
use crate::transfer::shape::TableShape;

/// What stands at the beginning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Version of the format: 1.
    pub format: u32,
    /// When it was taken, RFC 3339.
    pub taken_at: String,
    /// `SQLite` or `PostgreSQL`.
    pub database: String,
    /// Version of the program that took it; none in backups of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// What the database's file and the journal's of one backup have in common and no others; none in backups of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
    /// Checksums of the migrations that were applied, oldest first.
    pub migrations: Vec<String>,
}

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    Header(Header),
    /// The rows of this table follow.
    Table(TableShape),
    Row(Vec<Stored>),
    /// The table is over.
    End {
        rows: u64,
        sha256: String,
    },
    /// Everything is.
    Finished {
        tables: u64,
        /// What the journal's file beside it has, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        journal: Option<Archived>,
    },
}

/// A cell.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stored {
    N,
    I(i64),
    T(String),
    /// Bits of a double, so that nothing is rounded.
    F(u64),
    /// Hexadecimal.
    B(String),
}

impl From<&Cell> for Stored {
    fn from(cell: &Cell) -> Self {
        match cell {
            Cell::Null => Stored::N,
            Cell::Integer(value) => Stored::I(*value),
            Cell::Real(value) => Stored::F(value.to_bits()),
            Cell::Text(text) => Stored::T(text.clone()),
            Cell::Bytes(bytes) => Stored::B(bytes.iter().map(|b| format!("{b:02x}")).collect()),
        }
    }
}

impl Stored {
    /// The cell; none for bytes that are no hexadecimal digits.
    pub(super) fn cell(self) -> Option<Cell> {
        Some(match self {
            Stored::N => Cell::Null,
            Stored::I(value) => Cell::Integer(value),
            Stored::F(bits) => Cell::Real(f64::from_bits(bits)),
            Stored::T(text) => Cell::Text(text),
            Stored::B(text) => {
                let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
                let pairs = digits.filter(|d| d.len() % 2 == 0)?;
                let byte = |pair: &[u32]| u8::try_from(pair[0] * 16 + pair[1]).ok();
                Cell::Bytes(pairs.chunks_exact(2).map(byte).collect::<Option<_>>()?)
            }
        })
    }
}

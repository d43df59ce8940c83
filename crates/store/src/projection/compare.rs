//! Two sets of projections compared row by row.

use std::cmp::Ordering;
use std::fmt;

use futures_util::TryStreamExt;
use sqlx::sqlite::SqliteRow;
use sqlx::{Column, Row, SqliteConnection, TypeInfo, ValueRef};

use super::scope::Scope;
use super::tables::{TABLES, Table};
use crate::StoreError;

/// Differences described for each table; the rest is counted.
pub const DIFFERENCES_MAX: usize = 20;

/// What one table has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableReport {
    /// Its name.
    pub table: &'static str,
    /// Rows on the left.
    pub left_rows: u64,
    /// Rows on the right.
    pub right_rows: u64,
    /// Rows that differ or are on one side only.
    pub different: u64,
    /// The first of them.
    pub differences: Vec<Difference>,
}

/// One row that is not the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The key, e.g. `seq=12`.
    pub key: String,
    /// Column, left and right value; empty when the row is on one side only.
    pub columns: Vec<(String, String, String)>,
    /// `both`, `left only` or `right only`.
    pub found: &'static str,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.found)?;
        for (column, left, right) in &self.columns {
            write!(f, "; {column} {left} / {right}")?;
        }
        Ok(())
    }
}

/// A cell, comparable across databases.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Null => f.write_str("NULL"),
            Cell::Integer(value) => write!(f, "{value}"),
            Cell::Real(value) => write!(f, "{value}"),
            Cell::Text(text) => write!(f, "`{text}`"),
        }
    }
}

fn cell(row: &SqliteRow, column: &str) -> Result<Cell, StoreError> {
    let raw = row.try_get_raw(column)?;
    if raw.is_null() {
        return Ok(Cell::Null);
    }
    let kind = raw.type_info().name().to_owned();
    Ok(match kind.as_str() {
        "TEXT" => Cell::Text(row.try_get_unchecked(column)?),
        "REAL" => Cell::Real(row.try_get_unchecked(column)?),
        _ => Cell::Integer(row.try_get_unchecked(column)?),
    })
}

fn key(table: &Table, row: &SqliteRow) -> Result<Vec<Cell>, StoreError> {
    table.key.iter().map(|column| cell(row, column)).collect()
}

fn key_text(table: &Table, key: &[Cell]) -> String {
    let parts: Vec<String> = table
        .key
        .iter()
        .zip(key)
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    parts.join(" ")
}

fn columns_apart(left: &SqliteRow, right: &SqliteRow) -> Result<Vec<(String, String, String)>, StoreError> {
    let mut apart = Vec::new();
    for column in left.columns() {
        let name = column.name();
        let (l, r) = (cell(left, name)?, cell(right, name)?);
        if l != r {
            apart.push((name.to_owned(), l.to_string(), r.to_string()));
        }
    }
    Ok(apart)
}

impl TableReport {
    fn note(&mut self, key: String, found: &'static str, columns: Vec<(String, String, String)>) {
        self.different += 1;
        if self.differences.len() < DIFFERENCES_MAX {
            self.differences.push(Difference { key, columns, found });
        }
    }
}

/// Compares the projections of an engine in two databases, table by table. Each side should be within a
/// transaction, so that nothing moves meanwhile. O(rows), a row of each side in memory.
///
/// # Errors
/// Those of the databases.
pub async fn compare(
    left: &mut SqliteConnection,
    right: &mut SqliteConnection,
    scope: &Scope,
) -> Result<Vec<TableReport>, StoreError> {
    let mut reports = Vec::with_capacity(TABLES.len());
    for table in TABLES {
        reports.push(compare_table(left, right, scope, table).await?);
    }
    Ok(reports)
}

async fn compare_table(
    left: &mut SqliteConnection,
    right: &mut SqliteConnection,
    scope: &Scope,
    table: &Table,
) -> Result<TableReport, StoreError> {
    let mut report = TableReport {
        table: table.name,
        ..TableReport::default()
    };
    let mut lefts = sqlx::query(table.select).bind(scope.engine.as_str()).fetch(left);
    let mut rights = sqlx::query(table.select).bind(scope.engine.as_str()).fetch(right);
    let (mut l, mut r) = (lefts.try_next().await?, rights.try_next().await?);
    loop {
        let left_key = l.as_ref().map(|row| key(table, row)).transpose()?;
        let right_key = r.as_ref().map(|row| key(table, row)).transpose()?;
        let (order, at) = match (&left_key, &right_key) {
            (None, None) => return Ok(report),
            (Some(at), None) => (Ordering::Less, at),
            (None, Some(at)) => (Ordering::Greater, at),
            (Some(a), Some(b)) => match a.partial_cmp(b).unwrap_or(Ordering::Equal) {
                Ordering::Greater => (Ordering::Greater, b),
                order => (order, a),
            },
        };
        let text = || key_text(table, at);
        match (order, &l, &r) {
            (Ordering::Equal, Some(a), Some(b)) => {
                let apart = columns_apart(a, b)?;
                if !apart.is_empty() {
                    report.note(text(), "both", apart);
                }
            }
            (Ordering::Less, ..) => report.note(text(), "left only", Vec::new()),
            _ => report.note(text(), "right only", Vec::new()),
        }
        if order != Ordering::Greater {
            report.left_rows += 1;
            l = lefts.try_next().await?;
        }
        if order != Ordering::Less {
            report.right_rows += 1;
            r = rights.try_next().await?;
        }
    }
}

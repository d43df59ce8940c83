//! Two sets of projections compared row by row.

use std::cmp::Ordering;
use std::fmt;

use futures_util::TryStreamExt;

use super::scope::Scope;
use super::tables::{TABLES, Table};
use crate::StoreError;
use crate::sql::{self, Cell, Row, Tx};

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

fn key(table: &Table, row: &Row) -> Result<Vec<Cell>, StoreError> {
    table.key.iter().map(|column| row.cell_of(column)).collect()
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

fn columns_apart(left: &Row, right: &Row) -> Result<Vec<(String, String, String)>, StoreError> {
    let mut apart = Vec::new();
    for name in left.columns() {
        let (l, r) = (left.cell_of(name)?, right.cell_of(name)?);
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
/// transaction, so that nothing moves meanwhile, and without a statement timeout ([`crate::Db::snapshot_long`]): a statement
/// lasts as long as its table is read. O(rows), a row of each side in memory.
///
/// # Errors
/// Those of the databases.
pub async fn compare(left: &mut Tx, right: &mut Tx, scope: &Scope) -> Result<Vec<TableReport>, StoreError> {
    let mut reports = Vec::with_capacity(TABLES.len());
    for table in TABLES {
        reports.push(compare_table(left, right, scope, table).await?);
    }
    Ok(reports)
}

async fn compare_table(
    left: &mut Tx,
    right: &mut Tx,
    scope: &Scope,
    table: &Table,
) -> Result<TableReport, StoreError> {
    let mut report = TableReport {
        table: table.name,
        ..TableReport::default()
    };
    let mut lefts = sql::query(table.select).bind(scope.engine.as_str()).fetch(left);
    let mut rights = sql::query(table.select).bind(scope.engine.as_str()).fetch(right);
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

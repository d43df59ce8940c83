//! Rows of cells into a table.

use std::fmt::Write as _;

use super::shape::{Kind, TableShape, quoted};
use crate::StoreError;
use crate::sql::{Cell, Tx, Value, assembled};

/// Values of one statement; SQLite takes 32,766, PostgreSQL 65,535.
const VALUES_MAX: usize = 8_000;

/// Gathers rows of one table and inserts many with a statement.
#[derive(Debug)]
pub(crate) struct Inserter<'a> {
    table: &'a TableShape,
    values: Vec<Value<'static>>,
    rows_max: usize,
}

impl<'a> Inserter<'a> {
    pub(crate) fn new(table: &'a TableShape) -> Self {
        Self {
            table,
            values: Vec::new(),
            rows_max: (VALUES_MAX / table.columns.len().max(1)).max(1),
        }
    }

    /// Takes a row whose cells are in the order of the table's columns.
    pub(crate) async fn push(&mut self, tx: &mut Tx, row: Vec<Cell>) -> Result<(), StoreError> {
        if row.len() != self.table.columns.len() {
            let text = format!("{} cells for {} columns", row.len(), self.table.columns.len());
            return Err(StoreError::Schema(format!("{}: {text}", self.table.name)));
        }
        for (column, cell) in self.table.columns.iter().zip(row) {
            let shown = cell.to_string();
            let (table, name, kind) = (&self.table.name, &column.name, column.kind);
            let value = value(kind, cell).ok_or_else(|| {
                StoreError::Schema(format!("{table}.{name} is {kind:?}, which {shown} is not"))
            })?;
            if tx.is_postgres() && value.has_nul() {
                let text = "has the character U+0000, which PostgreSQL does not store";
                return Err(StoreError::Schema(format!("{table}.{name} {text}: {shown:?}")));
            }
            self.values.push(value);
        }
        if self.values.len() / self.table.columns.len() == self.rows_max {
            self.flush(tx).await?;
        }
        Ok(())
    }

    /// Inserts what was gathered.
    pub(crate) async fn flush(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        let width = self.table.columns.len();
        let rows = self.values.len() / width.max(1);
        if rows == 0 {
            return Ok(());
        }
        let name = quoted(&self.table.name);
        let mut text = format!("INSERT INTO {name} ({}) VALUES ", self.table.column_list());
        for place in 0..rows * width {
            let before = match (place, place % width) {
                (0, _) => "(",
                (_, 0) => "), (",
                _ => ", ",
            };
            // Writing to a `String` does not fail.
            let _ = write!(text, "{before}${}", place + 1);
        }
        text.push(')');
        let mut statement = assembled(text);
        if rows < self.rows_max {
            statement = statement.once();
        }
        for value in self.values.drain(..) {
            statement = statement.bind(value);
        }
        statement.execute(tx).await?;
        Ok(())
    }
}

/// A cell as the column wants it; none when it is of another type.
fn value(kind: Kind, cell: Cell) -> Option<Value<'static>> {
    Some(match (kind, cell) {
        (Kind::Integer, Cell::Null) => Value::Integer(None),
        (Kind::Integer, Cell::Integer(v)) => Value::Integer(Some(v)),
        (Kind::Real, Cell::Null) => Value::Real(None),
        (Kind::Real, Cell::Real(v)) => Value::Real(Some(v)),
        (Kind::Bool, Cell::Null) => Value::Bool(None),
        (Kind::Bool, Cell::Integer(v @ (0 | 1))) => Value::Bool(Some(v == 1)),
        (Kind::Text, Cell::Null) => Value::Text(None),
        (Kind::Text, Cell::Text(v)) => Value::Text(Some(v.into())),
        (Kind::Bytes, Cell::Null) => Value::Bytes(None),
        (Kind::Bytes, Cell::Bytes(v)) => Value::Bytes(Some(v.into())),
        _ => return None,
    })
}

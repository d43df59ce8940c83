//! Columns of sealed values, for sealing all of them anew. What is in them is nobody's business here.

use crate::sql::query;
use crate::{Db, StoreError};

/// A column and its two statements; made by [`sealed_column!`](crate::sealed_column).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedColumn {
    /// `table.column`.
    pub name: &'static str,
    /// What its values are sealed for; the row's id follows after a `/`.
    pub purpose: &'static str,
    /// Reads ids and values.
    pub select: &'static str,
    /// Replaces the value $2 by $3 in the row $1.
    pub replace: &'static str,
}

/// Describes a column of sealed values: table, column of the row's id, column of the value, and the purpose.
#[macro_export]
macro_rules! sealed_column {
    ($table:literal, $id:literal, $column:literal, $purpose:literal) => {
        $crate::identity::sealed::SealedColumn {
            name: concat!($table, ".", $column),
            purpose: $purpose,
            select: concat!(
                "SELECT ",
                $id,
                " AS row_id, ",
                $column,
                " AS value FROM ",
                $table,
                " WHERE ",
                $column,
                " IS NOT NULL ORDER BY ",
                $id
            ),
            replace: concat!(
                "UPDATE ",
                $table,
                " SET ",
                $column,
                " = $3 WHERE ",
                $id,
                " = $1 AND ",
                $column,
                " = $2"
            ),
        }
    };
}

/// All ids and values of a column.
///
/// # Errors
/// Those of the database.
pub async fn all(db: &Db, column: &SealedColumn) -> Result<Vec<(String, String)>, StoreError> {
    let rows = query(column.select).fetch_all(db).await?;
    let read = |row: &crate::sql::Row| Ok((row.get("row_id")?, row.get("value")?));
    rows.iter().map(read).collect()
}

/// Replaces a value; false when it is no longer the old one: somebody was faster.
///
/// # Errors
/// Those of the database.
pub async fn replace(
    db: &Db,
    column: &SealedColumn,
    id: &str,
    old: &str,
    new: &str,
) -> Result<bool, StoreError> {
    let changed = query(column.replace)
        .bind(id)
        .bind(old)
        .bind(new)
        .execute(db)
        .await?;
    Ok(changed == 1)
}

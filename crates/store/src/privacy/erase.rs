//! Copying and erasing what the tables say of a person.

use tradewind_types::UnixNanos;

use super::tables::{Erasure, TABLES};
use crate::db::to_sql;
use crate::sql::{Cell, query};
use crate::{Db, StoreError};

/// The rows of one table, by column.
#[derive(Debug, Clone, PartialEq)]
pub struct TableCopy {
    /// Name of the table.
    pub name: &'static str,
    /// Its rows.
    pub rows: Vec<Vec<(String, Cell)>>,
}

/// Everything that the tables say of a person, but for what is secret.
///
/// # Errors
/// Those of the database.
pub async fn copy(db: &Db, person: &str) -> Result<Vec<TableCopy>, StoreError> {
    let mut all = Vec::new();
    for table in TABLES {
        let Some(statement) = table.copy else { continue };
        let rows = query(statement).bind(person).fetch_all(db).await?;
        let mut copied = Vec::with_capacity(rows.len());
        for row in &rows {
            let names = row.columns();
            let cells = names
                .iter()
                .enumerate()
                .map(|(place, name)| Ok(((*name).to_owned(), row.cell(place)?)));
            copied.push(cells.collect::<Result<Vec<_>, StoreError>>()?);
        }
        all.push(TableCopy {
            name: table.name,
            rows: copied,
        });
    }
    Ok(all)
}

/// Erases a person in all tables and destroys their key, in one transaction. `attempts` are the names under which their
/// failed sign-ins were counted.
///
/// # Errors
/// Those of the database; nothing is changed then.
pub async fn erase(db: &Db, person: &str, attempts: &[String], now: UnixNanos) -> Result<(), StoreError> {
    let mut tx = db.begin("users").await?;
    for table in TABLES {
        if let Erasure::By(statement) = table.erasure {
            query(statement).bind(person).execute(&mut tx).await?;
        }
    }
    // Also when there never was a key: none is made afterwards.
    query(
        "INSERT INTO person_keys (person, sealed, created_at, destroyed_at) VALUES ($1, NULL, $2, $2)
         ON CONFLICT (person) DO UPDATE SET sealed = NULL, destroyed_at = $2",
    )
    .bind(person)
    .bind(to_sql(now))
    .execute(&mut tx)
    .await?;
    for subject in attempts {
        query("DELETE FROM login_attempts WHERE subject = $1")
            .bind(subject.as_str())
            .execute(&mut tx)
            .await?;
    }
    tx.commit().await
}

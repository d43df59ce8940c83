//! One key for each person, sealed by whoever calls. Destroying it makes everything unreadable that it sealed.

use tradewind_types::UnixNanos;

use crate::db::{from_sql, to_sql};
use crate::sql::{Row, Target, query};
use crate::{Db, StoreError};

/// A person's key as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonKey {
    /// Sealed.
    Sealed(String),
    /// Gone, since when.
    Destroyed(UnixNanos),
}

fn read(row: &Row) -> Result<PersonKey, StoreError> {
    let sealed: Option<String> = row.get("sealed")?;
    let destroyed: Option<i64> = row.get("destroyed_at")?;
    Ok(match sealed {
        Some(sealed) => PersonKey::Sealed(sealed),
        None => PersonKey::Destroyed(from_sql(destroyed.unwrap_or_default())),
    })
}

/// The key of a person.
///
/// # Errors
/// Those of the database.
pub async fn get(db: &Db, person: &str) -> Result<Option<PersonKey>, StoreError> {
    let row = query("SELECT sealed, destroyed_at FROM person_keys WHERE person = $1")
        .bind(person)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Whether a person was erased: their key was destroyed.
///
/// # Errors
/// Those of the database.
pub async fn is_erased<'a>(on: impl Target<'a>, person: &str) -> Result<bool, StoreError> {
    let row = query("SELECT 1 FROM person_keys WHERE person = $1 AND destroyed_at IS NOT NULL")
        .bind(person)
        .fetch_optional(on)
        .await?;
    Ok(row.is_some())
}

/// Stores a person's first key; whichever was first is returned.
///
/// # Errors
/// Those of the database.
pub async fn insert_first(
    db: &Db,
    person: &str,
    sealed: &str,
    now: UnixNanos,
) -> Result<PersonKey, StoreError> {
    query(
        "INSERT INTO person_keys (person, sealed, created_at, destroyed_at) VALUES ($1, $2, $3, NULL)
         ON CONFLICT (person) DO NOTHING",
    )
    .bind(person)
    .bind(sealed)
    .bind(to_sql(now))
    .execute(db)
    .await?;
    let row = query("SELECT sealed, destroyed_at FROM person_keys WHERE person = $1")
        .bind(person)
        .fetch_one(db.writing())
        .await?;
    read(&row)
}

//! Settings that were changed while the program ran, by name.

use std::collections::BTreeMap;

use tradewind_types::UnixNanos;

use crate::db::to_sql;
use crate::sql::{self, Target};
use crate::{Db, StoreError};

/// Settings and their texts.
pub type Changed = BTreeMap<String, String>;

/// All of them.
///
/// # Errors
/// Those of the database.
pub async fn all(db: &Db) -> Result<Changed, StoreError> {
    read(db).await
}

async fn read<'a>(on: impl Target<'a>) -> Result<Changed, StoreError> {
    let rows = sql::query("SELECT name, value FROM settings")
        .fetch_all(on)
        .await?;
    rows.iter()
        .map(|row| Ok((row.get("name")?, row.get("value")?)))
        .collect()
}

/// Replaces them by what `decide` makes of them, one change after the other; before and after.
///
/// # Errors
/// Those of the database; what `decide` refuses is the inner error, and nothing is changed.
pub async fn change<E>(
    db: &Db,
    now: UnixNanos,
    decide: impl FnOnce(&Changed) -> Result<Changed, E>,
) -> Result<Result<(Changed, Changed), E>, StoreError> {
    let mut tx = db.begin("settings").await?;
    let before = read(&mut tx).await?;
    let after = match decide(&before) {
        Ok(after) => after,
        Err(refused) => return Ok(Err(refused)),
    };
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        sql::query("DELETE FROM settings WHERE name = $1")
            .bind(name)
            .execute(&mut tx)
            .await?;
    }
    for (name, value) in after
        .iter()
        .filter(|(name, value)| before.get(*name) != Some(*value))
    {
        sql::query(
            "INSERT INTO settings (name, value, changed_at) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at",
        )
        .bind(name)
        .bind(value)
        .bind(to_sql(now))
        .execute(&mut tx)
        .await?;
    }
    tx.commit().await?;
    Ok(Ok((before, after)))
}

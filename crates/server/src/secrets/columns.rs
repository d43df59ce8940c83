//! Every column with sealed values, and sealing all of them anew after a new root key was put in front.

use std::collections::BTreeMap;

use tradewind_store::identity::sealed::{self, SealedColumn};
use tradewind_store::{Db, StoreError, sealed_column};

use super::keyring::{Keyring, SealError, key_of};

/// The columns. One that is not here keeps its values under an old root key for ever.
pub const COLUMNS: &[SealedColumn] = &[
    sealed_column!("second_factors", "owner", "seed", "totp"),
    sealed_column!("signing_keys", "kid", "sealed", "signing-key"),
    sealed_column!("person_keys", "person", "sealed", "person_keys"),
    sealed_column!("audit_keys", "id", "sealed", "audit_keys"),
];

/// Passes over a column in which other processes go on changing values.
const PASSES_MAX: u32 = 8;

/// Why values could not be counted or sealed anew. What was done stays.
#[derive(Debug, thiserror::Error)]
pub enum ColumnError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A value that cannot be opened.
    #[error("{column}, row {id}: {error}")]
    Value {
        /// `table.column`.
        column: &'static str,
        /// The row.
        id: String,
        /// Why.
        error: SealError,
    },
    /// Other processes were faster every time.
    #[error("{column} is changed by others all the time; begin again")]
    Restless {
        /// `table.column`.
        column: &'static str,
    },
}

fn wrong(column: &SealedColumn, id: &str, error: SealError) -> ColumnError {
    ColumnError::Value {
        column: column.name,
        id: id.to_owned(),
        error,
    }
}

/// How many values there are under which root key.
///
/// # Errors
/// Those of the database, and for a value that is none.
pub async fn usage(db: &Db) -> Result<BTreeMap<String, u64>, ColumnError> {
    let mut counts = BTreeMap::new();
    for column in COLUMNS {
        for (id, value) in sealed::all(db, column).await? {
            let key = key_of(&value).map_err(|error| wrong(column, &id, error))?;
            *counts.entry(key.to_owned()).or_insert(0) += 1;
        }
    }
    Ok(counts)
}

/// Seals everything anew that is not under the newest root key; returns how many values that were. A value that somebody
/// else changes meanwhile is looked at again.
///
/// # Errors
/// When a value cannot be opened. Those before it are done, and doing it again does the rest.
pub async fn reseal_all(db: &Db, keyring: &Keyring) -> Result<u64, ColumnError> {
    let mut done = 0;
    for column in COLUMNS {
        let mut pass = 0;
        while let Some(changed) = reseal_column(db, keyring, column).await? {
            done += changed;
            pass += 1;
            if pass == PASSES_MAX {
                return Err(ColumnError::Restless { column: column.name });
            }
        }
    }
    Ok(done)
}

/// One pass; `None` when there was nothing to do.
async fn reseal_column(
    db: &Db,
    keyring: &Keyring,
    column: &SealedColumn,
) -> Result<Option<u64>, ColumnError> {
    let (mut found, mut changed) = (false, 0);
    for (id, old) in sealed::all(db, column).await? {
        let purpose = format!("{}/{id}", column.purpose);
        let anew = keyring.reseal(&purpose, &old);
        let Some(anew) = anew.map_err(|error| wrong(column, &id, error))? else {
            continue;
        };
        found = true;
        changed += u64::from(sealed::replace(db, column, &id, &old, &anew).await?);
    }
    Ok(found.then_some(changed))
}

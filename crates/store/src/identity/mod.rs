//! Repositories of identity: one module per table, plain functions over a [`crate::Db`].

pub mod audit;
pub mod ending;
pub mod factors;
pub mod families;
pub mod idempotency;
pub mod keys;
pub mod linked;
pub mod links;
pub mod logins;
pub mod memberships;
pub mod organisations;
pub mod resets;
pub mod sealed;
pub mod sessions;
pub mod signing_keys;
pub mod users;

use crate::StoreError;
use crate::sql::Row;

/// The version of a row that has one.
fn version(row: &Row) -> Result<u32, StoreError> {
    let stored: i64 = row.get("version")?;
    Ok(u32::try_from(stored).unwrap_or(u32::MAX))
}

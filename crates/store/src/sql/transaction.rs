//! Transactions.

use sha2::{Digest, Sha256};
use sqlx::{Postgres, Sqlite, Transaction};

use super::query;
use crate::StoreError;

/// A transaction; what is not committed when it is dropped is taken back.
#[derive(Debug)]
pub struct Tx(pub(super) Inner);

#[derive(Debug)]
pub(super) enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    pub(crate) fn sqlite(tx: Transaction<'static, Sqlite>) -> Self {
        Self(Inner::Sqlite(tx))
    }

    pub(crate) fn postgres(tx: Transaction<'static, Postgres>) -> Self {
        Self(Inner::Postgres(tx))
    }

    /// Whether it is one of PostgreSQL.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        matches!(self.0, Inner::Postgres(_))
    }

    /// Waits for one more name beside the one that the transaction began with; see [`crate::Db::begin`]. Everybody who
    /// takes several takes them in the same order: of people first, then of accounts by their ids.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn also(&mut self, name: &str) -> Result<(), StoreError> {
        if self.is_postgres() {
            query("SELECT pg_advisory_xact_lock($1)")
                .bind(lock_number(name))
                .execute(&mut *self)
                .await?;
        }
        Ok(())
    }

    /// Keeps what was done.
    ///
    /// # Errors
    /// When the database does not confirm it. It may have kept it nevertheless: the answer can be what was lost.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self.0 {
            Inner::Sqlite(tx) => tx.commit().await?,
            Inner::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// Takes back what was done.
    ///
    /// # Errors
    /// When the database does not answer; it takes it back then, too.
    pub async fn rollback(self) -> Result<(), StoreError> {
        match self.0 {
            Inner::Sqlite(tx) => tx.rollback().await?,
            Inner::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }
}

/// The number of the advisory lock that stands for a name.
pub(crate) fn lock_number(name: &str) -> i64 {
    let hash = Sha256::digest(name.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    i64::from_be_bytes(first)
}

//! What drawings and templates share: changing and deleting what has an owner and a version.

use tradewind_types::{UnixNanos, UserId};

use super::Changed;
use crate::db::to_sql;
use crate::sql::{self, Row};
use crate::{Db, StoreError};

/// The statements for a table whose rows have an owner, an id, content and a version.
pub(super) struct Kept {
    pub(super) update: &'static str,
    pub(super) version: &'static str,
    pub(super) delete: &'static str,
}

/// The statements for a table and the column of its ids.
macro_rules! kept {
    ($table:literal, $id:literal) => {
        crate::chart::kept::Kept {
            update: concat!(
                "UPDATE ",
                $table,
                " SET content = $1, version = version + 1, updated_at = $2 WHERE owner = $3 AND ",
                $id,
                " = $4 AND version = $5 RETURNING *"
            ),
            version: concat!(
                "SELECT version FROM ",
                $table,
                " WHERE owner = $1 AND ",
                $id,
                " = $2"
            ),
            delete: concat!("DELETE FROM ", $table, " WHERE owner = $1 AND ", $id, " = $2"),
        }
    };
}
pub(super) use kept;

impl Kept {
    /// Gives a row new content when it still has the version that the change is based on; `read` makes the result of it.
    pub(super) async fn update<T>(
        &self,
        db: &Db,
        (owner, id): (&UserId, &str),
        content: &str,
        (based_on, now): (i64, UnixNanos),
        read: impl FnOnce(&Row) -> Result<T, StoreError>,
    ) -> Result<Changed<T>, StoreError> {
        let row = sql::query(self.update)
            .bind(content)
            .bind(to_sql(now))
            .bind(owner.as_str())
            .bind(id)
            .bind(based_on)
            .fetch_optional(db.writing())
            .await?;
        if let Some(row) = row {
            return read(&row).map(Changed::Done);
        }
        let there = sql::query(self.version)
            .bind(owner.as_str())
            .bind(id)
            .fetch_optional(db)
            .await?;
        Ok(there.map_or(Changed::Missing, |_| Changed::Stale))
    }

    /// Deletes a row; where a version is told, only that one.
    pub(super) async fn delete(
        &self,
        db: &Db,
        owner: &UserId,
        id: &str,
        version: Option<i64>,
    ) -> Result<Changed<()>, StoreError> {
        let mut tx = db.begin(&format!("chart of {owner}")).await?;
        let row = sql::query(self.version)
            .bind(owner.as_str())
            .bind(id)
            .fetch_optional(&mut tx)
            .await?;
        let Some(row) = row else {
            return Ok(Changed::Missing);
        };
        let stored: i64 = row.get("version")?;
        if version.is_some_and(|version| version != stored) {
            return Ok(Changed::Stale);
        }
        sql::query(self.delete)
            .bind(owner.as_str())
            .bind(id)
            .execute(&mut tx)
            .await?;
        tx.commit().await?;
        Ok(Changed::Done(()))
    }
}

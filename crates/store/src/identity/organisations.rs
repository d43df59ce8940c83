//! The organisation (a desk) and its engine.

use tradewind_types::{EngineId, OrgId, UnixNanos};

use crate::db::to_sql;
use crate::sql;
use crate::{Db, StoreError};

/// Makes sure that the organisation and its engine are known.
///
/// # Errors
/// Those of the database.
pub async fn ensure(db: &Db, org: &OrgId, engine: &EngineId, now: UnixNanos) -> Result<(), StoreError> {
    let mut tx = db.begin("organisations").await?;
    sql::query("INSERT INTO organisations (org_id, name, created_at) VALUES ($1, $1, $2) ON CONFLICT (org_id) DO NOTHING")
        .bind(org.as_str())
        .bind(to_sql(now))
        .execute(&mut tx)
        .await?;
    sql::query("INSERT INTO engines (engine_id, org_id, created_at) VALUES ($1, $2, $3) ON CONFLICT (engine_id) DO NOTHING")
        .bind(engine.as_str())
        .bind(org.as_str())
        .bind(to_sql(now))
        .execute(&mut tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

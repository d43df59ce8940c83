//! Chaining rows that are older than the chain.

use super::{AuditRow, ChainHash, Entry, Head, LOCK, read};
use crate::sql::query;
use crate::{Db, StoreError};

/// Rows that are not chained, oldest first, at most `limit`.
///
/// # Errors
/// Those of the database.
pub async fn unchained(db: &Db, limit: u32) -> Result<Vec<Entry>, StoreError> {
    let rows = query("SELECT * FROM audit WHERE hash = '' ORDER BY seq LIMIT $1")
        .bind(i64::from(limit))
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

/// Chains rows, the oldest unchained first, and stores their sealed addresses; how many were done. Of two processes that
/// do the same each row is done by one.
///
/// # Errors
/// Those of the database.
pub async fn chain(db: &Db, rows: &[(i64, AuditRow)]) -> Result<usize, StoreError> {
    let mut tx = db.begin(LOCK).await?;
    let mut done = 0;
    for (seq, row) in rows {
        let before = query("SELECT seq, hash FROM audit WHERE seq < $1 ORDER BY seq DESC LIMIT 1")
            .bind(*seq)
            .fetch_optional(&mut tx)
            .await?;
        // A row that is missing before this one stays missing: the number below is expected, and looking the chain over
        // will say so.
        let before = match before {
            None => ChainHash::GENESIS,
            Some(before) => {
                let text: String = before.get("hash")?;
                ChainHash::parse(&text).ok_or_else(|| StoreError::corrupt("audit.hash", &text))?
            }
        };
        let head = Head {
            seq: seq.saturating_sub(1),
            hash: before,
        };
        done += query("UPDATE audit SET ip = $2, hash = $3 WHERE seq = $1 AND hash = ''")
            .bind(*seq)
            .bind(row.ip.as_str())
            .bind(head.next(row).hash.text())
            .execute(&mut tx)
            .await? as usize;
    }
    tx.commit().await?;
    Ok(done)
}

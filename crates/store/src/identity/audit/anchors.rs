//! Deleting the beginning of the chain when its time is over, and what then stands in its place.
//!
//! An anchor names the last deleted row and its hash, signed by whoever cut. The chain goes on from there, so that what
//! is left can be looked over as before; without a valid signature nobody makes rows disappear that way.

use tradewind_types::UnixNanos;

use super::{AuditRow, ChainHash, Head, LOCK, append_in};
use crate::db::{from_sql, to_sql};
use crate::sql::{Row, query};
use crate::{Db, StoreError};

/// Where the chain begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// The last row that was deleted.
    pub through: Head,
    /// How many rows were deleted up to it, ever.
    pub entries: i64,
    /// When.
    pub made_at: UnixNanos,
    /// Which key signed it.
    pub key_id: String,
    /// The signature.
    pub signature: String,
}

fn read(row: &Row) -> Result<Anchor, StoreError> {
    let hash: String = row.get("hash")?;
    Ok(Anchor {
        through: Head {
            seq: row.get("through_seq")?,
            hash: ChainHash::parse(&hash).ok_or_else(|| StoreError::corrupt("audit_anchors.hash", &hash))?,
        },
        entries: row.get("entries")?,
        made_at: from_sql(row.get("made_at")?),
        key_id: row.get("key_id")?,
        signature: row.get("signature")?,
    })
}

/// The newest anchor.
///
/// # Errors
/// Those of the database.
pub async fn newest(db: &Db) -> Result<Option<Anchor>, StoreError> {
    let row = query("SELECT * FROM audit_anchors ORDER BY through_seq DESC LIMIT 1")
        .fetch_optional(db)
        .await?;
    row.as_ref().map(read).transpose()
}

/// How many rows are older than `before`, and the oldest row's time.
///
/// # Errors
/// Those of the database.
pub async fn older_than(db: &Db, before: UnixNanos) -> Result<(i64, Option<UnixNanos>), StoreError> {
    let row = query("SELECT COUNT(*) AS n, (SELECT MIN(ts) FROM audit) AS oldest FROM audit WHERE ts < $1")
        .bind(to_sql(before))
        .fetch_one(db)
        .await?;
    Ok((row.get("n")?, row.get::<Option<i64>>("oldest")?.map(from_sql)))
}

/// The last row that may go: all rows up to it are older than `before`, none is of or about one of `held`, and it is not
/// the end of the chain. Answers the row and how many rows there are up to it.
///
/// # Errors
/// Those of the database.
pub async fn may_go(db: &Db, before: UnixNanos, held: &[String]) -> Result<Option<(Head, i64)>, StoreError> {
    let first_kept = query("SELECT MIN(seq) AS seq FROM audit WHERE ts >= $1").bind(to_sql(before));
    let newest = query("SELECT MAX(seq) AS seq FROM audit")
        .fetch_one(db)
        .await?
        .get::<Option<i64>>("seq")?;
    let Some(newest) = newest else { return Ok(None) };
    let mut kept = first_kept
        .fetch_one(db)
        .await?
        .get::<Option<i64>>("seq")?
        .unwrap_or(newest)
        .min(newest);
    for person in held {
        let of_them =
            query("SELECT MIN(seq) AS seq FROM audit WHERE actor = $1 OR subject = $1 OR person = $1")
                .bind(person.as_str())
                .fetch_one(db)
                .await?;
        kept = of_them
            .get::<Option<i64>>("seq")?
            .map_or(kept, |seq| kept.min(seq));
    }
    let row = query("SELECT seq, hash FROM audit WHERE seq < $1 ORDER BY seq DESC LIMIT 1")
        .bind(kept)
        .fetch_optional(db)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let through = super::read_head(&row)?;
    let count = query("SELECT COUNT(*) AS n FROM audit WHERE seq <= $1")
        .bind(through.seq)
        .fetch_one(db)
        .await?;
    Ok(Some((through, count.get("n")?)))
}

/// Deletes all rows up to an anchor, stores it, and appends a row that says so. False when the row that the anchor names
/// is no longer there as it was.
///
/// # Errors
/// Those of the database.
pub async fn cut(db: &Db, anchor: &Anchor, note: &AuditRow) -> Result<bool, StoreError> {
    let mut tx = db.begin(LOCK).await?;
    let there = query("SELECT hash FROM audit WHERE seq = $1")
        .bind(anchor.through.seq)
        .fetch_optional(&mut tx)
        .await?;
    let hash = there.map(|row| row.get::<String>("hash")).transpose()?;
    if hash.as_deref() != Some(anchor.through.hash.text().as_str()) {
        return Ok(false);
    }
    query(
        "INSERT INTO audit_anchors (through_seq, hash, entries, made_at, key_id, signature)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(anchor.through.seq)
    .bind(anchor.through.hash.text())
    .bind(anchor.entries)
    .bind(to_sql(anchor.made_at))
    .bind(anchor.key_id.as_str())
    .bind(anchor.signature.as_str())
    .execute(&mut tx)
    .await?;
    append_in(&mut tx, note).await?;
    query("DELETE FROM audit WHERE seq <= $1")
        .bind(anchor.through.seq)
        .execute(&mut tx)
        .await?;
    tx.commit().await?;
    Ok(true)
}

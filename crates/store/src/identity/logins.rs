//! Failed sign-ins, counted per subject (a name, an address), and lockouts that come of them.

use tradewind_types::UnixNanos;

use crate::db::{from_sql, to_sql};
use crate::sql;
use crate::{Db, StoreError};

/// Until when a subject is locked out, if it is.
///
/// # Errors
/// Those of the database.
pub async fn locked_until(db: &Db, subject: &str, now: UnixNanos) -> Result<Option<UnixNanos>, StoreError> {
    let row = sql::query("SELECT locked_until FROM login_attempts WHERE subject = $1")
        .bind(subject)
        .fetch_optional(db)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let until = from_sql(row.get("locked_until")?);
    Ok((until > now).then_some(until))
}

/// Counts a failure. When there are `max` within `window_ns`, the subject is locked for `lock_ns`, and the end is
/// returned.
///
/// # Errors
/// Those of the database.
pub async fn failed(
    db: &Db,
    subject: &str,
    now: UnixNanos,
    max: u32,
    window_ns: u64,
    lock_ns: u64,
) -> Result<Option<UnixNanos>, StoreError> {
    let window_start = UnixNanos(now.0.saturating_sub(window_ns));
    // What no longer counts for anybody goes, or strangers would fill the table.
    sql::query(
        "DELETE FROM login_attempts WHERE window_started_at <= $1 AND locked_until <= $2 AND subject <> $3",
    )
    .bind(to_sql(window_start))
    .bind(to_sql(now))
    .bind(subject)
    .execute(db)
    .await?;
    // One statement, so that parallel guesses cannot slip through between reading and writing.
    let row = sql::query(
        "INSERT INTO login_attempts (subject, failures, window_started_at, locked_until) VALUES ($1, 1, $2, 0)
         ON CONFLICT (subject) DO UPDATE SET
            failures = CASE WHEN login_attempts.window_started_at <= $3 THEN 1 ELSE login_attempts.failures + 1 END,
            window_started_at = CASE WHEN login_attempts.window_started_at <= $3 THEN $2
                                     ELSE login_attempts.window_started_at END
         RETURNING failures",
    )
    .bind(subject)
    .bind(to_sql(now))
    .bind(to_sql(window_start))
    .fetch_one(db.writing())
    .await?;
    let failures: i64 = row.get("failures")?;
    if failures < i64::from(max) {
        return Ok(None);
    }
    let until = now.plus(lock_ns);
    sql::query("UPDATE login_attempts SET locked_until = $2, failures = 0, window_started_at = $3 WHERE subject = $1")
        .bind(subject)
        .bind(to_sql(until))
        .bind(to_sql(now))
        .execute(db)
        .await?;
    Ok(Some(until))
}

/// Forgets a subject's failures after a success.
///
/// # Errors
/// Those of the database.
pub async fn succeeded(db: &Db, subject: &str) -> Result<(), StoreError> {
    sql::query("DELETE FROM login_attempts WHERE subject = $1")
        .bind(subject)
        .execute(db)
        .await?;
    Ok(())
}

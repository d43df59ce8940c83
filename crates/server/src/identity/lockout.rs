//! Sign-in lockout: five failures within fifteen minutes lock a name, and an address, for fifteen minutes.

use tradewind_store::Db;
use tradewind_store::identity::logins;
use tradewind_store::identity::users::username_key;
use tradewind_types::UnixNanos;

use crate::problem::{ApiError, ApiResult, Code};

const FAILURES_MAX: u32 = 5;
const WINDOW_NS: u64 = 15 * 60 * 1_000_000_000;
const LOCK_NS: u64 = WINDOW_NS;

/// The lockout of one attempt: by name and by address. Unknown names count like known ones, so that nothing tells
/// them apart.
pub struct Lockout {
    subjects: [String; 2],
}

impl Lockout {
    /// For an attempt with a name (cut to a limit) from an address.
    #[must_use]
    pub fn new(username: &str, ip: &str) -> Self {
        let name: String = username_key(username).chars().take(64).collect();
        Self {
            subjects: [format!("user:{name}"), format!("ip:{ip}")],
        }
    }

    /// Refuses when either is locked.
    ///
    /// # Errors
    /// `LOCKED_OUT`, or those of the database.
    pub async fn check(&self, db: &Db, now: UnixNanos) -> ApiResult<()> {
        for subject in &self.subjects {
            if let Some(until) = logins::locked_until(db, subject, now).await? {
                return Err(locked(until, now));
            }
        }
        Ok(())
    }

    /// Counts a failure for both.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn failed(&self, db: &Db, now: UnixNanos) -> ApiResult<()> {
        for subject in &self.subjects {
            logins::failed(db, subject, now, FAILURES_MAX, WINDOW_NS, LOCK_NS).await?;
        }
        Ok(())
    }

    /// Forgets the name's failures. The address's stay: one good password does not excuse guessing at others'.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn succeeded(&self, db: &Db) -> ApiResult<()> {
        logins::succeeded(db, &self.subjects[0]).await?;
        Ok(())
    }
}

fn locked(until: UnixNanos, now: UnixNanos) -> ApiError {
    let seconds = until.since(now).div_ceil(1_000_000_000).max(1);
    ApiError::of(Code::LockedOut).retry_after(seconds)
}

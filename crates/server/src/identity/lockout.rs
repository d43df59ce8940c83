//! Sign-in lockout: five failures within fifteen minutes lock a name, and an address, for fifteen minutes.

use std::hash::{BuildHasher, RandomState};

use tokio::sync::{Semaphore, SemaphorePermit};
use tradewind_store::Db;
use tradewind_store::identity::logins;
use tradewind_store::identity::users::username_key;
use tradewind_types::UnixNanos;

use super::token::hash_token;
use crate::problem::{ApiError, ApiResult, Code};

const FAILURES_MAX: u32 = 5;
const WINDOW_NS: u64 = 15 * 60 * 1_000_000_000;
const LOCK_NS: u64 = WINDOW_NS;

/// Attempts at names whose places are the same wait for each other.
const PLACES: usize = 64;

/// One attempt at a time for each name: guesses that are sent together are counted one by one, so that the lockout takes
/// effect on the sixth and not on whichever comes after all of them.
pub struct Turns {
    hasher: RandomState,
    places: Vec<Semaphore>,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            places: (0..PLACES).map(|_| Semaphore::new(1)).collect(),
        }
    }
}

impl Turns {
    /// Waits until no other attempt at the name is under way; the turn ends when the permit is dropped.
    ///
    /// # Errors
    /// Never in practice.
    pub async fn of(&self, username: &str) -> ApiResult<SemaphorePermit<'_>> {
        let place = self.hasher.hash_one(username_key(username)) as usize % PLACES;
        let permit = self.places[place].acquire().await;
        permit.map_err(|_| ApiError::of(Code::Internal))
    }
}

/// The lockout of one attempt: by name and by address. Unknown names count like known ones, so that nothing tells
/// them apart.
pub struct Lockout {
    subjects: [String; 2],
}

impl Lockout {
    /// For an attempt with a name from an address. Names are counted by their hash: what is tried as a name may be a
    /// password in the wrong field.
    #[must_use]
    pub fn new(username: &str, ip: &str) -> Self {
        Self {
            subjects: [Self::name(username), format!("ip:{ip}")],
        }
    }

    /// Under what the failures of a name are counted: its hash, since what is tried as a name may be a password in the wrong
    /// field.
    #[must_use]
    pub fn name(username: &str) -> String {
        format!("user:{}", hash_token(&username_key(username)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_counted_without_case_and_cannot_be_read_where_it_is_counted() {
        let [name, address] = Lockout::new("My Password 77", "192.0.2.4").subjects;
        assert_eq!(Lockout::new("my password 77", "").subjects[0], name);
        assert_ne!(Lockout::new("my password 78", "").subjects[0], name);
        assert!(!name.to_lowercase().contains("password"), "{name}");
        assert_eq!(address, "ip:192.0.2.4");
    }
}

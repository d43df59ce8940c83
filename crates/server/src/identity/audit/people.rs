//! One key for each person, with which everything personal is sealed that stays when they go.
//!
//! Keys are remembered for two seconds, and forgotten at once when they are destroyed in this process: one that another
//! process destroys is gone from memory a moment later.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tradewind_store::Db;
use tradewind_store::privacy::person_keys::{self, PersonKey};
use tradewind_types::{Clock, UnixNanos};
use zeroize::{Zeroize as _, Zeroizing};

use crate::identity::Secret;
use crate::problem::{ApiError, ApiResult, Code};
use crate::secrets::{Keyring, RootKey};

/// How long keys are remembered.
const REMEMBERED_NS: u64 = 2_000_000_000;
/// Keys that are remembered; beyond that all are read again.
const REMEMBERED_MAX: usize = 1_024;

#[derive(Default)]
struct Known {
    keys: HashMap<String, (UnixNanos, Arc<Keyring>)>,
    /// Goes up with each key that is destroyed: what was read before may be what is gone now.
    generation: u64,
}

impl Known {
    fn drop_old(&mut self, now: UnixNanos) {
        self.keys.retain(|_, (at, _)| now.since(*at) < REMEMBERED_NS);
    }
}

/// The keys of people, sealed in the database, remembered in memory.
pub struct People {
    db: Db,
    keyring: Arc<Keyring>,
    clock: Arc<dyn Clock>,
    known: Mutex<Known>,
}

fn purpose(person: &str) -> String {
    format!("person_keys/{person}")
}

impl People {
    /// In a database.
    #[must_use]
    pub fn new(db: &Db, keyring: &Arc<Keyring>, clock: &Arc<dyn Clock>) -> Self {
        Self {
            db: db.clone(),
            keyring: Arc::clone(keyring),
            clock: Arc::clone(clock),
            known: Mutex::default(),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets a key that was destroyed.
    pub fn forget(&self, person: &str) {
        let mut known = self.known();
        known.generation += 1;
        known.keys.remove(person);
    }

    /// Forgets keys that were read a while ago.
    pub(super) fn forget_old(&self) {
        self.known().drop_old(self.clock.now());
    }

    /// A key that was read a moment ago, and the generation with which to remember what is read now.
    fn remembered(&self, person: &str) -> (Option<Arc<Keyring>>, u64) {
        let now = self.clock.now();
        let known = self.known();
        let found = known.keys.get(person);
        let fresh = found.filter(|(at, _)| now.since(*at) < REMEMBERED_NS);
        (fresh.map(|(_, key)| Arc::clone(key)), known.generation)
    }

    /// Opens a stored key; `None` when it was destroyed.
    fn take(&self, person: &str, stored: PersonKey, generation: u64) -> ApiResult<Option<Arc<Keyring>>> {
        let PersonKey::Sealed(sealed) = stored else {
            return Ok(None);
        };
        let text = self.keyring.open(&purpose(person), &sealed)?;
        let decoded = Zeroizing::new(URL_SAFE_NO_PAD.decode(&*text).unwrap_or_default());
        let mut bytes = <[u8; 32]>::try_from(decoded.as_slice()).map_err(|_| {
            tracing::error!(person, "the key of a person is not one");
            ApiError::of(Code::Internal)
        })?;
        let key = RootKey::new(bytes);
        bytes.zeroize();
        let ring = Keyring::of(vec![key]).map_err(|_| ApiError::of(Code::Internal))?;
        let ring = Arc::new(ring);
        let now = self.clock.now();
        let mut known = self.known();
        known.drop_old(now);
        if known.keys.len() >= REMEMBERED_MAX {
            known.keys.clear();
        }
        if known.generation == generation {
            known.keys.insert(person.to_owned(), (now, Arc::clone(&ring)));
        }
        Ok(Some(ring))
    }

    /// A person's key, made when there is none; `None` when it was destroyed: nothing is sealed for those who went.
    async fn key(&self, person: &str, now: UnixNanos) -> ApiResult<Option<Arc<Keyring>>> {
        let (key, generation) = self.remembered(person);
        if key.is_some() {
            return Ok(key);
        }
        let stored = match person_keys::get(&self.db, person).await? {
            Some(stored) => stored,
            None => {
                let fresh = Secret::generate()?;
                let sealed = self.keyring.seal(&purpose(person), fresh.text().as_bytes())?;
                person_keys::insert_first(&self.db, person, &sealed, now).await?
            }
        };
        self.take(person, stored, generation)
    }

    /// Seals a text with a person's key. Nothing comes of nothing, and of a person whose key was destroyed.
    ///
    /// # Errors
    /// Those of the database and of sealing.
    pub async fn seal(&self, person: &str, what: &str, text: &str, now: UnixNanos) -> ApiResult<String> {
        if text.is_empty() || person.is_empty() {
            return Ok(String::new());
        }
        match self.key(person, now).await? {
            Some(key) => Ok(key.seal(what, text.as_bytes())?),
            None => Ok(String::new()),
        }
    }

    /// Opens what was sealed with a person's key; `None` when that was destroyed.
    ///
    /// # Errors
    /// Those of the database; when the value was changed.
    pub async fn open(&self, person: &str, what: &str, sealed: &str) -> ApiResult<Option<String>> {
        if sealed.is_empty() {
            return Ok(Some(String::new()));
        }
        let (mut key, generation) = self.remembered(person);
        if key.is_none()
            && let Some(stored) = person_keys::get(&self.db, person).await?
        {
            key = self.take(person, stored, generation)?;
        }
        let Some(key) = key else { return Ok(None) };
        let plain = key.open(what, sealed)?;
        Ok(Some(String::from_utf8_lossy(&plain).into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tradewind_store::migrate;
    use tradewind_venues::clock::ManualClock;

    const NOW: UnixNanos = UnixNanos::from_secs(1_795_338_000);

    async fn people(folder: &tempfile::TempDir) -> (People, Arc<ManualClock>) {
        let place = tradewind_store::testing::place(folder.path()).await;
        let db = Db::open(&place).await.expect("open");
        migrate::up(&db, NOW).await.expect("up");
        let keyring = Arc::new(Keyring::of(vec![RootKey::new([1; 32])]).expect("keys"));
        let clock = Arc::new(ManualClock::at(NOW));
        let shared: Arc<dyn Clock> = Arc::clone(&clock) as _;
        (People::new(&db, &keyring, &shared), clock)
    }

    async fn destroyed(people: &People) {
        tradewind_store::sql::query(
            "UPDATE person_keys SET sealed = NULL, destroyed_at = 1 WHERE person = 'u1'",
        )
        .execute(&people.db)
        .await
        .expect("destroyed");
    }

    #[tokio::test]
    async fn a_key_that_another_process_destroys_is_gone_two_seconds_later() {
        let folder = tempfile::tempdir().expect("a folder");
        let (people, clock) = people(&folder).await;
        let sealed = people.seal("u1", "x", "192.0.2.1", NOW).await.expect("sealed");
        destroyed(&people).await;
        clock.advance(Duration::from_millis(1_999));
        let opened = people.open("u1", "x", &sealed).await.expect("remembered");
        assert_eq!(opened.as_deref(), Some("192.0.2.1"));
        clock.advance(Duration::from_millis(1));
        assert_eq!(people.open("u1", "x", &sealed).await.expect("read again"), None);
        people.forget_old();
        assert!(people.known().keys.is_empty());
    }

    #[tokio::test]
    async fn a_key_that_was_read_before_it_was_destroyed_is_not_remembered_afterwards() {
        let folder = tempfile::tempdir().expect("a folder");
        let (people, _) = people(&folder).await;
        let sealed = people.seal("u1", "x", "192.0.2.1", NOW).await.expect("sealed");
        people.forget("u1");
        let (none, generation) = people.remembered("u1");
        assert!(none.is_none());
        let stored = person_keys::get(&people.db, "u1")
            .await
            .expect("read")
            .expect("a key");
        destroyed(&people).await;
        people.forget("u1");
        assert!(people.take("u1", stored, generation).expect("opened").is_some());
        assert_eq!(people.open("u1", "x", &sealed).await.expect("asked"), None);
    }
}

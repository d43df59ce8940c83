//! One key for each person, with which everything personal is sealed that stays when they go.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tradewind_store::Db;
use tradewind_store::privacy::person_keys::{self, PersonKey};
use tradewind_types::UnixNanos;
use zeroize::{Zeroize as _, Zeroizing};

use crate::identity::Secret;
use crate::problem::{ApiError, ApiResult, Code};
use crate::secrets::{Keyring, RootKey};

/// Keys that are remembered; beyond that all are read again.
const REMEMBERED_MAX: usize = 1_024;

/// The keys of people, sealed in the database, remembered in memory.
pub struct People {
    db: Db,
    keyring: Arc<Keyring>,
    known: Mutex<HashMap<String, Arc<Keyring>>>,
}

fn purpose(person: &str) -> String {
    format!("person_keys/{person}")
}

impl People {
    /// In a database.
    #[must_use]
    pub fn new(db: &Db, keyring: &Arc<Keyring>) -> Self {
        Self {
            db: db.clone(),
            keyring: Arc::clone(keyring),
            known: Mutex::new(HashMap::new()),
        }
    }

    /// Forgets a key that was destroyed.
    pub fn forget(&self, person: &str) {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(person);
    }

    fn remembered(&self, person: &str) -> Option<Arc<Keyring>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(person).map(Arc::clone)
    }

    /// Opens a stored key; `None` when it was destroyed.
    fn take(&self, person: &str, stored: PersonKey) -> ApiResult<Option<Arc<Keyring>>> {
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
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED_MAX {
            known.clear();
        }
        known.insert(person.to_owned(), Arc::clone(&ring));
        Ok(Some(ring))
    }

    /// A person's key, made when there is none; `None` when it was destroyed: nothing is sealed for those who went.
    async fn key(&self, person: &str, now: UnixNanos) -> ApiResult<Option<Arc<Keyring>>> {
        if let Some(key) = self.remembered(person) {
            return Ok(Some(key));
        }
        let stored = match person_keys::get(&self.db, person).await? {
            Some(stored) => stored,
            None => {
                let fresh = Secret::generate()?;
                let sealed = self.keyring.seal(&purpose(person), fresh.text().as_bytes())?;
                person_keys::insert_first(&self.db, person, &sealed, now).await?
            }
        };
        self.take(person, stored)
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
        let key = match self.remembered(person) {
            Some(key) => Some(key),
            None => match person_keys::get(&self.db, person).await? {
                Some(stored) => self.take(person, stored)?,
                None => None,
            },
        };
        let Some(key) = key else { return Ok(None) };
        let plain = key.open(what, sealed)?;
        Ok(Some(String::from_utf8_lossy(&plain).into_owned()))
    }
}

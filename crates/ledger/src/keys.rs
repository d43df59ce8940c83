//! Idempotency keys already booked.
//!
//! Keys of transfers, corrections, imports and other entries that people or programs ask for are kept for ever. Keys that
//! the kernel makes for holds, releases and fills come by the million; of these the newest
//! [`GENERATED_MAX`] are kept. An older fill that comes again is caught by its order, which is full by then.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};
use tradewind_types::record::EntryKind;

use crate::error::LedgerError;

/// Longest key in bytes.
const KEY_BYTES_MAX: usize = 200;
/// Begins the keys of imported rows, which are never forgotten: a statement may come again years later.
pub const IMPORT_PREFIX: &str = "import:";
/// Kernel-made keys remembered.
const GENERATED_MAX: usize = 65_536;

/// The keys, serialised as two lists.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Lists", into = "Lists")]
pub(crate) struct Keys {
    /// Keys are hashes or numbers of ours; a quick hash is enough.
    all: HashSet<Arc<str>, FxBuildHasher>,
    asked: Vec<Arc<str>>,
    generated: VecDeque<Arc<str>>,
}

#[derive(Serialize, Deserialize)]
struct Lists {
    asked: Vec<Arc<str>>,
    generated: VecDeque<Arc<str>>,
}

impl From<Lists> for Keys {
    fn from(lists: Lists) -> Self {
        let all = lists.asked.iter().chain(&lists.generated).cloned().collect();
        Self {
            all,
            asked: lists.asked,
            generated: lists.generated,
        }
    }
}

impl From<Keys> for Lists {
    fn from(keys: Keys) -> Self {
        Self {
            asked: keys.asked,
            generated: keys.generated,
        }
    }
}

impl Keys {
    /// Whether the key may be booked.
    pub(crate) fn check(&self, key: &str) -> Result<(), LedgerError> {
        if key.is_empty() || key.len() > KEY_BYTES_MAX {
            return Err(LedgerError::BadKey {
                length: key.len(),
                max: KEY_BYTES_MAX,
            });
        }
        if self.contains(key) {
            return Err(LedgerError::DuplicateKey { key: key.to_owned() });
        }
        Ok(())
    }

    pub(crate) fn contains(&self, key: &str) -> bool {
        self.all.contains(key)
    }

    pub(crate) fn insert(&mut self, key: &str, kind: EntryKind) {
        let key: Arc<str> = Arc::from(key);
        self.all.insert(key.clone());
        let made = matches!(kind, EntryKind::Hold | EntryKind::Release | EntryKind::Fill);
        if !made || key.starts_with(IMPORT_PREFIX) {
            self.asked.push(key);
            return;
        }
        self.generated.push_back(key);
        if self.generated.len() > GENERATED_MAX
            && let Some(oldest) = self.generated.pop_front()
        {
            self.all.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asked_for_keys_stay_and_made_ones_are_bounded() {
        let mut keys = Keys::default();
        keys.insert("transfer:1", EntryKind::Deposit);
        for n in 0..=GENERATED_MAX {
            keys.insert(&format!("fill:{n}"), EntryKind::Fill);
        }
        assert!(keys.contains("transfer:1"));
        assert!(!keys.contains("fill:0"));
        assert!(keys.contains("fill:1"));
        assert_eq!(keys.all.len(), GENERATED_MAX + 1);
        assert!(keys.check(&"k".repeat(201)).is_err());
        assert!(keys.check("").is_err());
    }
}

//! The key of backups.

use std::fmt;

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// 256 bits that encrypt backups. Kept elsewhere than they are: who has both can read everything, who lost it nothing.
#[derive(Clone)]
pub struct BackupKey(Zeroizing<[u8; 32]>);

/// A text that is no key. It is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a backup key is 64 hexadecimal digits (32 bytes); `tradewind store key` makes one")]
pub struct KeyError;

impl BackupKey {
    /// A key from its text, 64 hexadecimal digits with white space around.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim().as_bytes();
        let mut key = Zeroizing::new([0; 32]);
        if text.len() != 64 {
            return Err(KeyError);
        }
        for (byte, pair) in key.iter_mut().zip(text.chunks_exact(2)) {
            let digit = |c: u8| char::from(c).to_digit(16).ok_or(KeyError);
            let value = digit(pair[0])? * 16 + digit(pair[1])?;
            *byte = u8::try_from(value).map_err(|_| KeyError)?;
        }
        Ok(Self(key))
    }

    /// A key out of 32 random bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Its text.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// A name for the key that tells nothing of it: 8 hexadecimal digits of a hash. Backups under other keys are told
    /// apart by it.
    #[must_use]
    pub fn id(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"tradewind backup key\n");
        hash.update(self.0.as_slice());
        let digest = hash.finalize();
        digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for BackupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BackupKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_from_its_text_and_nothing_else_is_one() {
        let key = BackupKey::from_bytes([0xa7; 32]);
        let again = BackupKey::parse(&format!(" {}\n", *key.to_text())).expect("a key");
        assert_eq!(again.bytes(), key.bytes());
        assert_eq!((again.id(), key.id().len()), (key.id(), 8));
        assert_ne!(BackupKey::from_bytes([0xa8; 32]).id(), key.id());
        for text in ["", "a7", &"g7".repeat(32), &"a7".repeat(33)] {
            assert_eq!(BackupKey::parse(text).err(), Some(KeyError), "{text}");
        }
        assert!(!format!("{key:?}").contains("a7"));
    }
}

//! Random secrets, and what is stored and compared of them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::problem::{ApiError, Code};

/// A fresh random secret as text; wiped from memory when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// 256 random bits. Randomness is needed here: a guessable token is no token.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn generate() -> Result<Self, ApiError> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        fill(bytes.as_mut())?;
        Ok(Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_ref()))))
    }

    /// A secret that is put together from others.
    pub(crate) fn from_text(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "tokens, ids and salts have to be unguessable"
)]
pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), ApiError> {
    getrandom::fill(bytes).map_err(|error| {
        tracing::error!(%error, "the operating system gives no randomness");
        ApiError::of(Code::Internal)
    })
}

/// A random id of `bytes` bytes as lower-case hex. Ids need to be unguessable too: they name private things.
///
/// # Errors
/// When the operating system gives no randomness.
pub fn random_id(bytes: usize) -> Result<String, ApiError> {
    let mut raw = vec![0_u8; bytes];
    fill(&mut raw)?;
    Ok(raw.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What is stored of a token: its SHA-256. A fast hash suffices, since tokens have 256 random bits.
#[must_use]
pub fn hash_token(token: &str) -> String {
    let digest = Sha256::digest(token.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The CSRF token of a session: derived from the cookie's token, which a foreign page can send but not read.
#[must_use]
pub fn csrf_token(session_token: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"tradewind csrf v1\0");
    hash.update(session_token.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

/// Compares in time that depends on the lengths only.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_their_hashes_do_not_show_them() {
        let (one, two) = (
            Secret::generate().expect("random"),
            Secret::generate().expect("random"),
        );
        assert_ne!(one.text(), two.text());
        assert_eq!(one.text().len(), 43);
        assert!(!hash_token(one.text()).contains(one.text()));
        assert_ne!(csrf_token(one.text()), csrf_token(two.text()));
        assert!(same("abc", "abc") && !same("abc", "abd") && !same("abc", "ab"));
    }
}

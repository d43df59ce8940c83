//! Root keys, and sealing with them: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), whose 24-byte nonces may be drawn
//! at random for as many values as there will ever be.
//!
//! | part of a sealed text | what |
//! | --- | --- |
//! | `s1` | version of the form |
//! | key id | 8 hex digits: which root key, derived from it |
//! | base64url | 24 bytes of nonce, then ciphertext with its 16 bytes of tag |
//!
//! The purpose and the first two parts are associated data: a text opens for the purpose it was sealed for and no other.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use super::source::{Source, SourceError, Stamp};
use crate::problem::{ApiError, Code};

const VERSION: &str = "s1";
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// More root keys than this are a mistake.
const KEYS_MAX: usize = 64;

/// Base64 of URLs, written without padding and read with or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why something could not be sealed or opened. Says nothing of what was in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not of the form `s1.KEY.VALUE`.
    #[error("this is no sealed value (`s1.KEY.VALUE` is expected)")]
    Malformed,
    /// Sealed with a root key that is not there.
    #[error("the value was sealed with the root key {0}, which is not among those given")]
    UnknownKey(String),
    /// Changed, or sealed for another purpose.
    #[error("the sealed value was changed, or was sealed for another purpose")]
    Refused,
    /// No randomness for a nonce.
    #[error("the operating system gives no randomness")]
    NoRandomness,
}

impl From<SealError> for ApiError {
    fn from(error: SealError) -> Self {
        tracing::error!(%error, "a secret could not be sealed or opened");
        Self::of(Code::Internal)
    }
}

/// A root key: 256 random bits, wiped from memory when dropped.
#[derive(Clone)]
pub struct RootKey {
    id: String,
    bytes: Zeroizing<[u8; KEY_BYTES]>,
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RootKey").finish_non_exhaustive()
    }
}

impl RootKey {
    /// Of 32 bytes.
    #[must_use]
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        let bytes = Zeroizing::new(bytes);
        let mut hash = Sha256::new();
        hash.update(b"tradewind root key id v1\0");
        hash.update(bytes.as_ref());
        let digest = hash.finalize();
        let id = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        Self { id, bytes }
    }

    /// A fresh one. Randomness is the point of it.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn generate() -> Result<Self, SealError> {
        let mut bytes = Zeroizing::new([0_u8; KEY_BYTES]);
        fill(bytes.as_mut())?;
        Ok(Self::new(*bytes))
    }

    /// Its public name: tells which key a value was sealed with, and nothing of the key.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// As it is written in files and variables: 43 characters of base64url.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64.encode(self.bytes.as_ref()))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.bytes).into())
    }
}

/// Reads keys, newest first: base64url words between spaces, commas or line ends; `#` begins a comment.
///
/// # Errors
/// When there is none, too many, one twice, or a word that is no key. The word itself is never repeated.
pub(super) fn parse_keys(text: &str) -> Result<Vec<RootKey>, SourceError> {
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default());
    let words = lines.flat_map(|line| line.split([' ', '\t', ',', '\r']));
    let mut keys: Vec<RootKey> = Vec::new();
    for word in words.filter(|word| !word.is_empty()) {
        let place = keys.len() + 1;
        let decoded = Zeroizing::new(BASE64.decode(word).unwrap_or_default());
        let mut bytes =
            <[u8; KEY_BYTES]>::try_from(decoded.as_slice()).map_err(|_| SourceError::NotAKey { place })?;
        let key = RootKey::new(bytes);
        bytes.zeroize();
        if keys.iter().any(|known| known.id == key.id) {
            return Err(SourceError::Twice { place });
        }
        if keys.len() == KEYS_MAX {
            return Err(SourceError::TooMany { max: KEYS_MAX });
        }
        keys.push(key);
    }
    if keys.is_empty() {
        return Err(SourceError::NoKey);
    }
    Ok(keys)
}

struct Keys {
    /// Newest first; never empty.
    list: Vec<RootKey>,
    /// What the file was when it was read.
    stamp: Option<Stamp>,
}

/// The root keys of a running program.
pub struct Keyring {
    source: Option<Source>,
    keys: RwLock<Arc<Keys>>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").finish_non_exhaustive()
    }
}

impl Keyring {
    /// Of given keys, newest first, which stay as they are.
    ///
    /// # Errors
    /// When there is none.
    pub fn of(keys: Vec<RootKey>) -> Result<Self, SourceError> {
        if keys.is_empty() {
            return Err(SourceError::NoKey);
        }
        Ok(Self::with(None, keys, None))
    }

    /// From a source; a file that is missing is made with a fresh key, for its owner alone.
    ///
    /// # Errors
    /// When the source cannot be read or says no keys.
    pub fn load(source: Source) -> Result<Self, SourceError> {
        let (keys, stamp) = source.load()?;
        Ok(Self::with(Some(source), keys, stamp))
    }

    fn with(source: Option<Source>, list: Vec<RootKey>, stamp: Option<Stamp>) -> Self {
        Self {
            source,
            keys: RwLock::new(Arc::new(Keys { list, stamp })),
        }
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The keys as they are now: a file that another process changed (`tradewind secrets rotate`) is read again.
    fn fresh(&self) -> Arc<Keys> {
        let keys = self.keys();
        let Some(source) = &self.source else { return keys };
        match source.changed_since(keys.stamp.as_ref()) {
            Ok(false) => keys,
            Ok(true) => match source.load() {
                Ok((list, stamp)) => {
                    let fresh = Arc::new(Keys { list, stamp });
                    *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&fresh);
                    fresh
                }
                Err(error) => {
                    tracing::error!(%error, "the root keys could not be read again; the ones in memory go on");
                    keys
                }
            },
            Err(error) => {
                tracing::error!(%error, "the root keys could not be looked at; the ones in memory go on");
                keys
            }
        }
    }

    /// Ids of the keys, newest first.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        self.fresh().list.iter().map(|key| key.id.clone()).collect()
    }

    /// Seals for a purpose, with the newest key.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Result<String, SealError> {
        let keys = self.fresh();
        let key = keys
            .list
            .first()
            .ok_or_else(|| SealError::UnknownKey(String::new()))?;
        let mut nonce = [0_u8; NONCE_BYTES];
        fill(&mut nonce)?;
        let aad = associated(&key.id, purpose);
        let payload = Payload {
            msg: plain,
            aad: aad.as_bytes(),
        };
        let sealed = key
            .cipher()
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| SealError::Refused)?;
        let mut whole = nonce.to_vec();
        whole.extend_from_slice(&sealed);
        Ok(format!("{VERSION}.{}.{}", key.id, BASE64.encode(whole)))
    }

    /// Opens what was sealed for the same purpose.
    ///
    /// # Errors
    /// When it is malformed, changed, of another purpose, or of a key that is not there.
    pub fn open(&self, purpose: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (id, value) = parts(sealed)?;
        let find = |keys: &Keys| keys.list.iter().find(|key| key.id == id).cloned();
        let key = find(&self.keys())
            .or_else(|| find(&self.fresh()))
            .ok_or_else(|| SealError::UnknownKey(id.to_owned()))?;
        let whole = BASE64.decode(value).map_err(|_| SealError::Malformed)?;
        let (nonce, cipher) = whole
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(SealError::Malformed)?;
        let aad = associated(id, purpose);
        let payload = Payload {
            msg: cipher,
            aad: aad.as_bytes(),
        };
        let plain = key.cipher().decrypt(&XNonce::from(*nonce), payload);
        plain.map(Zeroizing::new).map_err(|_| SealError::Refused)
    }

    /// The same value under the newest key; `None` when it is under it already.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn reseal(&self, purpose: &str, sealed: &str) -> Result<Option<String>, SealError> {
        let newest = self.fresh().list.first().map(|key| key.id.clone());
        if newest.as_deref() == Some(parts(sealed)?.0) {
            return Ok(None);
        }
        let plain = self.open(purpose, sealed)?;
        self.seal(purpose, &plain).map(Some)
    }
}

/// The id of the root key that a value was sealed with.
///
/// # Errors
/// When it is no sealed value.
pub fn key_of(sealed: &str) -> Result<&str, SealError> {
    Ok(parts(sealed)?.0)
}

fn parts(sealed: &str) -> Result<(&str, &str), SealError> {
    let rest = sealed
        .strip_prefix(VERSION)
        .and_then(|rest| rest.strip_prefix('.'));
    let (id, value) = rest
        .and_then(|rest| rest.split_once('.'))
        .ok_or(SealError::Malformed)?;
    if id.len() != 8 || !id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(SealError::Malformed);
    }
    Ok((id, value))
}

fn associated(id: &str, purpose: &str) -> String {
    format!("tradewind {VERSION} {id} {purpose}")
}

#[allow(
    clippy::disallowed_methods,
    reason = "root keys and nonces have to be unguessable"
)]
fn fill(bytes: &mut [u8]) -> Result<(), SealError> {
    getrandom::fill(bytes).map_err(|_| SealError::NoRandomness)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(keys: &[u8]) -> Keyring {
        Keyring::of(keys.iter().map(|n| RootKey::new([*n; 32])).collect()).expect("keys")
    }

    #[test]
    fn what_is_sealed_opens_for_its_purpose_and_for_no_other() {
        let ring = ring(&[1]);
        let sealed = ring.seal("totp/u1", b"the seed").expect("sealed");
        assert_eq!(*ring.open("totp/u1", &sealed).expect("opened"), b"the seed");
        for other in ["totp/u2", "totp", "totp/u1 ", "venue/u1", ""] {
            assert_eq!(ring.open(other, &sealed), Err(SealError::Refused), "{other}");
        }
        let again = ring.seal("totp/u1", b"the seed").expect("sealed");
        assert_ne!(sealed, again, "a nonce was used twice");
        assert!(!sealed.contains("seed"));
        let nothing = ring.seal("empty", b"").expect("sealed");
        assert!(ring.open("empty", &nothing).expect("opened").is_empty());
    }

    #[test]
    fn every_changed_bit_and_every_cut_is_refused() {
        let ring = ring(&[1, 2]);
        let sealed = ring.seal("p", b"forty-two").expect("sealed");
        let (id, value) = parts(&sealed).expect("parts");
        let whole = BASE64.decode(value).expect("base64");
        for bit in 0..whole.len() * 8 {
            let mut changed = whole.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let text = format!("s1.{id}.{}", BASE64.encode(changed));
            assert_eq!(ring.open("p", &text), Err(SealError::Refused), "bit {bit}");
        }
        for length in 0..whole.len() {
            let text = format!("s1.{id}.{}", BASE64.encode(&whole[..length]));
            assert!(ring.open("p", &text).is_err(), "{length} bytes");
        }
        // The name of another key that is there does not help either.
        let other = RootKey::new([2; 32]);
        let moved = format!("s1.{}.{value}", other.id());
        assert_eq!(ring.open("p", &moved), Err(SealError::Refused));
    }

    #[test]
    fn what_is_no_sealed_value_is_told_from_one_of_an_unknown_key() {
        let ring = ring(&[1]);
        for text in [
            "",
            "s1",
            "s1.",
            "s1.xyz.AAAA",
            "s2.00000000.AAAA",
            "s1.0000000G.AAAA",
            "plain text",
        ] {
            assert_eq!(ring.open("p", text), Err(SealError::Malformed), "{text:?}");
        }
        let stranger = super::Keyring::of(vec![RootKey::new([9; 32])]).expect("keys");
        let sealed = stranger.seal("p", b"x").expect("sealed");
        let id = RootKey::new([9; 32]).id().to_owned();
        assert_eq!(ring.open("p", &sealed), Err(SealError::UnknownKey(id)));
    }

    #[test]
    fn a_new_key_in_front_seals_and_the_old_one_still_opens() {
        let (old, both) = (ring(&[1]), ring(&[2, 1]));
        let sealed = old.seal("p", b"kept").expect("sealed");
        let anew = both
            .reseal("p", &sealed)
            .expect("opened")
            .expect("under another key");
        assert_eq!(key_of(&anew), Ok(RootKey::new([2; 32]).id()));
        assert_eq!(*both.open("p", &anew).expect("opened"), b"kept");
        assert_eq!(
            both.reseal("p", &anew),
            Ok(None),
            "it is under the newest already"
        );
        assert!(matches!(old.open("p", &anew), Err(SealError::UnknownKey(_))));
        assert_eq!(both.reseal("q", &sealed), Err(SealError::Refused));
    }

    #[test]
    fn keys_are_read_with_comments_and_refused_without_being_shown() {
        let (one, two) = (RootKey::new([1; 32]), RootKey::new([2; 32]));
        let (a, b) = (one.text(), two.text());
        let text = format!("# newest first\n{}, \n\t{}= # of last year\n", *b, *a);
        let read = parse_keys(&text).expect("keys");
        let ids: Vec<&str> = read.iter().map(RootKey::id).collect();
        assert_eq!(ids, [two.id(), one.id()]);
        let wrong = parse_keys(&format!("{} hunter2hunter2", *a)).expect_err("no key");
        assert!(!wrong.to_string().contains("hunter2"), "{wrong}");
        assert!(wrong.to_string().contains("2"), "{wrong}");
        assert!(parse_keys(&format!("{0},{0}", *a)).is_err());
        assert!(parse_keys("# nothing\n").is_err());
    }

    #[test]
    fn nothing_of_a_key_is_printed() {
        let key = RootKey::new([7; 32]);
        let ring = Keyring::of(vec![key.clone()]).expect("keys");
        assert_eq!(format!("{key:?} {ring:?}"), "RootKey { .. } Keyring { .. }");
    }

    #[test]
    fn many_threads_seal_and_open_with_one_ring() {
        let ring = ring(&[1, 2]);
        std::thread::scope(|scope| {
            for thread in 0..4_u8 {
                let ring = &ring;
                scope.spawn(move || {
                    for n in 0..50_u8 {
                        let (purpose, plain) = (format!("p/{thread}"), [thread, n]);
                        let sealed = ring.seal(&purpose, &plain).expect("sealed");
                        assert_eq!(*ring.open(&purpose, &sealed).expect("opened"), plain);
                    }
                });
            }
        });
    }
}

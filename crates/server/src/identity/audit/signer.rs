//! The key that signs checkpoints and anchors: Ed25519 (RFC 8032). Its private half is in the database, sealed; its public
//! half is in the file `audit.pub` of the data directory, so that whoever may only write the database cannot put
//! another key in its place.

use std::io::{self, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use tradewind_store::Db;
use tradewind_store::identity::audit::Head;
use tradewind_store::identity::audit::anchors::Anchor;
use tradewind_store::identity::audit::keys::{self, AuditKeyRow};
use tradewind_types::{OrgId, UnixNanos};
use zeroize::Zeroizing;

use super::checkpoint::Checkpoint;
use crate::identity::{Secret, random_id};
use crate::problem::{ApiError, ApiResult, Code};
use crate::secrets::Keyring;

/// The file of the public half.
const PUBLIC: &str = "audit.pub";

/// Signs.
pub struct Signer {
    id: String,
    pair: Ed25519KeyPair,
    public: String,
}

fn unusable(why: &'static str) -> ApiError {
    tracing::error!("the key that signs the audit log cannot be used: {why}");
    ApiError::of(Code::Internal)
}

fn pair_of(text: &[u8]) -> ApiResult<Ed25519KeyPair> {
    let seed = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).unwrap_or_default());
    Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| unusable("it is not one"))
}

/// The public key that is trusted: that of the folder; `None` before anything was signed.
///
/// # Errors
/// When there is a file and it cannot be read: nothing may be trusted in its place.
pub fn trusted(folder: &Path) -> ApiResult<Option<String>> {
    match std::fs::read_to_string(folder.join(PUBLIC)) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            tracing::error!(%error, "audit.pub cannot be read");
            Err(ApiError::of(Code::Internal))
        }
    }
}

/// Whether a signature is that of a public key.
#[must_use]
pub fn holds(public: &str, message: &str, signature: &str) -> bool {
    let (Ok(public), Ok(signature)) = (URL_SAFE_NO_PAD.decode(public), URL_SAFE_NO_PAD.decode(signature))
    else {
        return false;
    };
    UnparsedPublicKey::new(&ED25519, public)
        .verify(message.as_bytes(), &signature)
        .is_ok()
}

/// What is signed of an anchor.
fn anchor_message(through: Head, entries: i64, made_at: UnixNanos) -> String {
    let (seq, hash) = (through.seq, through.hash.text());
    format!(
        "tradewind audit anchor v1\n{seq}\n{hash}\n{entries}\n{}\n",
        made_at.0
    )
}

/// Whether an anchor was signed by a public key.
#[must_use]
pub fn anchor_holds(public: &str, anchor: &Anchor) -> bool {
    let message = anchor_message(anchor.through, anchor.entries, anchor.made_at);
    holds(public, &message, &anchor.signature)
}

impl Signer {
    /// The key of a database and its folder; made when there is none.
    ///
    /// # Errors
    /// Those of the database; when the key is not that of the folder.
    pub async fn load(db: &Db, keyring: &Keyring, folder: &Path, now: UnixNanos) -> ApiResult<Self> {
        let row = match keys::current(db).await? {
            Some(row) => row,
            None => Self::make(db, keyring, now).await?,
        };
        let seed = keyring.open(&format!("audit_keys/{}", row.id), &row.sealed)?;
        let pair = pair_of(&seed)?;
        let public = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        if public != row.public_key {
            return Err(unusable("its two halves do not belong together"));
        }
        pin(folder, &public)?;
        Ok(Self {
            id: row.id,
            pair,
            public,
        })
    }

    async fn make(db: &Db, keyring: &Keyring, now: UnixNanos) -> ApiResult<AuditKeyRow> {
        let (id, seed) = (random_id(8)?, Secret::generate()?);
        let pair = pair_of(seed.text().as_bytes())?;
        let row = AuditKeyRow {
            sealed: keyring.seal(&format!("audit_keys/{id}"), seed.text().as_bytes())?,
            public_key: URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()),
            id,
        };
        if keys::insert_first(db, &row, now).await? {
            return Ok(row);
        }
        keys::current(db).await?.ok_or_else(|| unusable("it is gone"))
    }

    /// The public half, base64url.
    #[must_use]
    pub fn public(&self) -> &str {
        &self.public
    }

    fn sign(&self, message: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.pair.sign(message.as_bytes()).as_ref())
    }

    /// Signs the end of the chain.
    #[must_use]
    pub fn checkpoint(&self, org: &OrgId, head: Head, now: UnixNanos) -> Checkpoint {
        let mut made = Checkpoint {
            v: 1,
            org: org.as_str().to_owned(),
            seq: head.seq,
            hash: head.hash.text(),
            at: now.to_rfc3339(),
            public_key: self.public.clone(),
            signature: String::new(),
        };
        made.signature = self.sign(&made.message());
        made
    }

    /// Signs where the chain will begin.
    #[must_use]
    pub fn anchor(&self, through: Head, entries: i64, now: UnixNanos) -> Anchor {
        Anchor {
            through,
            entries,
            made_at: now,
            key_id: self.id.clone(),
            signature: self.sign(&anchor_message(through, entries, now)),
        }
    }
}

/// Writes the public half where it is trusted from, or makes sure that it is the one that is.
fn pin(folder: &Path, public: &str) -> ApiResult<()> {
    if let Some(trusted) = trusted(folder)? {
        return if trusted == public {
            Ok(())
        } else {
            Err(unusable("the database has another one than the file audit.pub"))
        };
    }
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(folder.join(PUBLIC))
        .and_then(|mut file| {
            writeln!(file, "{public}")?;
            file.sync_all()
        });
    written.map_err(|error| {
        tracing::error!(%error, "audit.pub cannot be written");
        ApiError::of(Code::Internal)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_cannot_be_read_is_not_the_same_as_none() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(trusted(folder.path()).expect("none"), None);
        pin(folder.path(), "ours").expect("pinned");
        assert_eq!(trusted(folder.path()).expect("read").as_deref(), Some("ours"));
        assert!(pin(folder.path(), "another").is_err());
        std::fs::write(folder.path().join(PUBLIC), b"\xff\xfe").expect("written");
        assert!(trusted(folder.path()).is_err());
        assert!(pin(folder.path(), "ours").is_err());
        std::fs::remove_file(folder.path().join(PUBLIC)).expect("removed");
        std::fs::create_dir(folder.path().join(PUBLIC)).expect("made");
        assert!(trusted(folder.path()).is_err());
    }
}

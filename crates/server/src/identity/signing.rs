//! The keys that sign access tokens: kept sealed in the database, so that all processes on it share them, and remembered for
//! half a minute.
//!
//! A key that was replaced signs no more, but verifies until the last of its tokens has ended.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use tradewind_store::identity::signing_keys::{self, SigningKeyRow};
use tradewind_store::{Db, StoreError};
use tradewind_types::{Clock, OrgId, UnixNanos, UserId};
use tradewind_wire::Jwk;

use super::jwt::{self, Claims, Realm, Signer};
use super::token::random_id;
use crate::config::Config;
use crate::problem::{ApiError, ApiResult, Code};
use crate::secrets::Keyring;

const SECOND_NS: u64 = 1_000_000_000;
/// How long an access token holds.
pub const ACCESS_S: u64 = 15 * 60;
/// How long keys are remembered; so long another process may go on signing with a key that was replaced.
const REMEMBERED_NS: u64 = 30 * SECOND_NS;
/// Between two looks for a key that is not known: somebody may be making up names.
const LOOK_AGAIN_NS: u64 = SECOND_NS;
/// A replaced key verifies for so long.
const TAIL_NS: u64 = ACCESS_S * SECOND_NS + 2 * REMEMBERED_NS;
/// For whom tokens are.
const AUDIENCE: &str = "tradewind/api/v1";

struct Verifier {
    kid: String,
    public: Vec<u8>,
    row: SigningKeyRow,
}

struct Known {
    at: UnixNanos,
    /// The one that signs first.
    keys: Arc<Vec<Verifier>>,
    /// The one that signs, once it was needed.
    signer: Option<Arc<Signer>>,
}

/// Signs and verifies access tokens.
pub struct SigningKeys {
    db: Db,
    clock: Arc<dyn Clock>,
    keyring: Arc<Keyring>,
    org: OrgId,
    realm: Realm,
    known: Mutex<Option<Known>>,
}

fn purpose(kid: &str) -> String {
    format!("signing-key/{kid}")
}

/// A fresh key, sealed.
fn fresh(keyring: &Keyring, org: &OrgId, now: UnixNanos) -> ApiResult<SigningKeyRow> {
    let seed = Signer::seed()?;
    let signer = Signer::of(&seed)?;
    Ok(SigningKeyRow {
        kid: signer.kid().to_owned(),
        org: org.clone(),
        public_key: BASE64.encode(signer.public()),
        sealed: keyring.seal(&purpose(signer.kid()), &seed)?,
        created_at: now,
        retired_at: None,
    })
}

/// Puts a new key in the place of the one that signs; returns its name. Running processes sign with it within half a minute.
///
/// # Errors
/// Those of the database, and when nothing can be sealed.
pub async fn rotate_signing_key(
    db: &Db,
    keyring: &Keyring,
    org: &OrgId,
    now: UnixNanos,
) -> ApiResult<String> {
    let row = fresh(keyring, org, now)?;
    signing_keys::rotate(db, &row).await?;
    signing_keys::purge(db, UnixNanos(now.0.saturating_sub(TAIL_NS))).await?;
    Ok(row.kid)
}

impl SigningKeys {
    /// On a database.
    #[must_use]
    pub fn new(db: Db, clock: Arc<dyn Clock>, keyring: Arc<Keyring>, config: &Config) -> Self {
        Self {
            db,
            clock,
            keyring,
            org: config.org.clone(),
            realm: Realm {
                issuer: config.issuer.clone(),
                audience: AUDIENCE.to_owned(),
            },
            known: Mutex::new(None),
        }
    }

    /// Keys that verify now, the one that signs first; looked up again when `wanted` is not among those remembered.
    async fn keys(&self, wanted: Option<&str>, now: UnixNanos) -> Result<Arc<Vec<Verifier>>, StoreError> {
        {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = known.as_ref().filter(|known| now >= known.at) {
                let age = now.since(known.at);
                let there = wanted.is_none_or(|kid| known.keys.iter().any(|key| key.kid == kid));
                if age < REMEMBERED_NS && (there || age < LOOK_AGAIN_NS) {
                    return Ok(Arc::clone(&known.keys));
                }
            }
        }
        let since = UnixNanos(now.0.saturating_sub(TAIL_NS));
        let rows = signing_keys::since(&self.db, &self.org, since).await?;
        let read = |row: SigningKeyRow| {
            let public = BASE64
                .decode(&row.public_key)
                .map_err(|_| StoreError::corrupt("signing_keys.public_key", &row.public_key))?;
            let kid = row.kid.clone();
            Ok(Verifier { kid, public, row })
        };
        let keys = Arc::new(
            rows.into_iter()
                .map(read)
                .collect::<Result<Vec<_>, StoreError>>()?,
        );
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = keys.first().map(|key| key.kid.as_str());
        let signer = known.take().and_then(|old| old.signer);
        *known = Some(Known {
            at: now,
            signer: signer.filter(|signer| newest == Some(signer.kid())),
            keys: Arc::clone(&keys),
        });
        Ok(keys)
    }

    /// The key that signs; the first is made when it is needed.
    async fn signer(&self, now: UnixNanos) -> ApiResult<Arc<Signer>> {
        let mut keys = self.keys(None, now).await?;
        if keys.iter().all(|key| key.row.retired_at.is_some()) {
            let row = fresh(&self.keyring, &self.org, now)?;
            // False when another process was faster: then its key is there.
            signing_keys::insert_first(&self.db, &row).await?;
            self.forget();
            keys = self.keys(None, now).await?;
        }
        let signing = keys.iter().find(|key| key.row.retired_at.is_none());
        let newest = signing.ok_or_else(|| ApiError::of(Code::Internal))?;
        {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            let signer = known.as_ref().and_then(|known| known.signer.as_ref());
            if let Some(signer) = signer.filter(|signer| signer.kid() == newest.kid) {
                return Ok(Arc::clone(signer));
            }
        }
        let seed = self.keyring.open(&purpose(&newest.kid), &newest.row.sealed)?;
        let signer = Arc::new(Signer::of(&seed)?);
        if signer.kid() != newest.kid {
            tracing::error!(
                kid = newest.kid,
                "a signing key is not the one that its name says"
            );
            return Err(ApiError::of(Code::Internal));
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_mut() {
            known.signer = Some(Arc::clone(&signer));
        }
        Ok(signer)
    }

    /// Forgets the keys, so that they are looked up again.
    pub fn forget(&self) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// An access token for a person's family.
    ///
    /// # Errors
    /// Those of the database, and when the key cannot be opened.
    pub async fn sign(&self, owner: &UserId, family: &str) -> ApiResult<String> {
        let now = self.clock.now();
        let signer = self.signer(now).await?;
        let second = now.0 / SECOND_NS;
        let claims = Claims {
            iss: self.realm.issuer.clone(),
            aud: self.realm.audience.clone(),
            sub: owner.to_string(),
            sid: family.to_owned(),
            client_id: "tradewind".to_owned(),
            iat: second,
            exp: second + ACCESS_S,
            jti: random_id(8)?,
        };
        Ok(signer.sign(&claims))
    }

    /// What a token says; `None` when it is not one of ours, or over.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn verify(&self, token: &str, now: UnixNanos) -> Result<Option<Claims>, StoreError> {
        let Ok(kid) = jwt::kid_of(token) else {
            return Ok(None);
        };
        let keys = self.keys(Some(&kid), now).await?;
        let holds = |key: &&Verifier| {
            let end = key.row.retired_at.map(|at| at.plus(TAIL_NS));
            key.kid == kid && end.is_none_or(|end| now < end)
        };
        let Some(key) = keys.iter().find(holds) else {
            return Ok(None);
        };
        match jwt::verify(token, &key.public, &self.realm, now) {
            Ok(claims) => Ok(Some(claims)),
            Err(error) => {
                tracing::debug!(%error, "an access token was refused");
                Ok(None)
            }
        }
    }

    /// The public halves, for whoever verifies tokens elsewhere.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn published(&self) -> ApiResult<Vec<Jwk>> {
        let now = self.clock.now();
        let keys = self.keys(None, now).await?;
        let describe = |key: &Verifier| Jwk {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            alg: "EdDSA".to_owned(),
            usage: "sig".to_owned(),
            kid: key.kid.clone(),
            x: key.row.public_key.clone(),
        };
        Ok(keys.iter().map(describe).collect())
    }
}

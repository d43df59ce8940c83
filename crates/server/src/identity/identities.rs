//! From a credential to a caller, with a short memory so that the database is not asked on every request.
//!
//! The memory lasts two seconds and is forgotten at once when anything about people, sessions, keys or memberships
//! changes in this process; changes by another process (the CLI) are seen after at most those two seconds.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tradewind_store::identity::{factors, families, keys, memberships, sessions, users};
use tradewind_store::{Db, StoreError};
use tradewind_types::{Clock, OrgId, UnixNanos};
use tradewind_wire::Role;

use super::caller::{Caller, Via, parse_member, parse_role, parse_scope};
use super::key_terms::KeyTerms;
use super::signing::SigningKeys;
use super::token::{csrf_token, hash_token, same};
use crate::config::Config;
use crate::extract::{Network, Networks};

const REMEMBERED_NS: u64 = 2_000_000_000;
const REMEMBERED_MAX: usize = 20_000;
const TOUCH_EVERY_NS: u64 = 60_000_000_000;

/// What a request carries to prove who asks.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// The session cookie's token.
    Session(String),
    /// `twk_<prefix>_<secret>`.
    Key(String),
    /// An access token, which is a JWT.
    Token(String),
}

impl Credential {
    /// What an `Authorization: Bearer` header carries: only tokens have dots.
    #[must_use]
    pub fn bearer(text: &str) -> Self {
        if text.contains('.') {
            Self::Token(text.to_owned())
        } else {
            Self::Key(text.to_owned())
        }
    }
}

struct Remembered {
    at: UnixNanos,
    generation: u64,
    caller: Option<Arc<Caller>>,
}

/// Finds callers.
pub struct Identities {
    db: Db,
    clock: Arc<dyn Clock>,
    /// The organisation that runs the installation.
    house: OrgId,
    idle_ns: u64,
    signing: Arc<SigningKeys>,
    required: Vec<Role>,
    generation: AtomicU64,
    remembered: Mutex<HashMap<String, Remembered>>,
}

impl Identities {
    /// On a database.
    #[must_use]
    pub fn new(db: Db, clock: Arc<dyn Clock>, config: &Config, signing: Arc<SigningKeys>) -> Self {
        let idle_ns = u64::try_from(config.session_idle.as_nanos()).unwrap_or(u64::MAX);
        Self {
            db,
            clock,
            house: config.org.clone(),
            idle_ns,
            signing,
            required: config.require_second_factor.clone(),
            generation: AtomicU64::new(0),
            remembered: Mutex::default(),
        }
    }

    /// Forgets all: something about people, sessions, keys or memberships changed.
    pub fn changed(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// Who the credential belongs to; `None` when it is wrong, revoked, over, or its owner disabled. From where it is used
    /// is for whoever asks to look at ([`Caller::may_come_from`]); a use from elsewhere does not count as one.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn find(
        &self,
        credential: &Credential,
        from: Option<IpAddr>,
    ) -> Result<Option<Arc<Caller>>, StoreError> {
        let now = self.clock.now();
        let digest = match credential {
            Credential::Session(token) => format!("s{}", hash_token(token)),
            Credential::Key(key) => format!("k{}", hash_token(key)),
            Credential::Token(token) => format!("t{}", hash_token(token)),
        };
        // Read before the database is asked, so that a change meanwhile makes the answer count as old.
        let generation = self.generation.load(Ordering::Acquire);
        if let Some(known) = self.recall(&digest, generation, now) {
            return Ok(known.filter(|caller| !caller.is_over(now)));
        }
        let caller = match credential {
            Credential::Session(token) => self.by_session(token, now).await?,
            Credential::Key(key) => self.by_key(key, from, now).await?,
            Credential::Token(token) => self.by_token(token, now).await?,
        };
        let caller = caller.map(Arc::new);
        // A use from where a key does not hold is no use: the next one from where it does is noted.
        if caller.as_ref().is_none_or(|caller| caller.may_come_from(from)) {
            self.remember(
                digest,
                Remembered {
                    at: now,
                    generation,
                    caller: caller.clone(),
                },
            );
        }
        Ok(caller)
    }

    /// The same caller as they are now; `None` when the credential no longer holds. For long-lived sockets.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn recheck(&self, caller: &Caller) -> Result<Option<Arc<Caller>>, StoreError> {
        let now = self.clock.now();
        // Before anything is asked: what is over is over, also while the database is away.
        if caller.is_over(now) {
            return Ok(None);
        }
        let alive = match &caller.via {
            Via::Session { id, .. } => sessions::by_id(&self.db, &caller.user, id, now)
                .await?
                .is_some_and(|session| now.since(session.last_seen_at) <= self.idle_ns),
            Via::Token { family, .. } => families::by_id(&self.db, &caller.user, family, now)
                .await?
                .is_some(),
            Via::Key { id, .. } => keys::by_id(&self.db, &caller.user, id).await?.is_some(),
        };
        if !alive {
            return Ok(None);
        }
        let fresh = self.complete(&caller.user, caller.via.clone()).await?;
        Ok(fresh.map(Arc::new))
    }

    async fn by_session(&self, token: &str, now: UnixNanos) -> Result<Option<Caller>, StoreError> {
        let Some(session) = sessions::by_token_hash(&self.db, &hash_token(token)).await? else {
            return Ok(None);
        };
        if session.expires_at <= now || now.since(session.last_seen_at) > self.idle_ns {
            return Ok(None);
        }
        if now.since(session.last_seen_at) > TOUCH_EVERY_NS {
            sessions::touch(&self.db, &session.id, now).await?;
        }
        let via = Via::Session {
            id: session.id,
            csrf: csrf_token(token),
            expires_at: session.expires_at,
        };
        self.complete(&session.owner, via).await
    }

    /// A token proves who it was made for; whether that still holds, and what they may do, is asked of the database.
    async fn by_token(&self, token: &str, now: UnixNanos) -> Result<Option<Caller>, StoreError> {
        let Some(claims) = self.signing.verify(token, now).await? else {
            return Ok(None);
        };
        let Ok(owner) = claims.sub.parse() else {
            return Ok(None);
        };
        let Some(family) = families::by_id(&self.db, &owner, &claims.sid, now).await? else {
            return Ok(None);
        };
        let via = Via::Token {
            family: family.id,
            expires_at: UnixNanos::from_secs(claims.exp),
        };
        self.complete(&family.owner, via).await
    }

    async fn by_key(
        &self,
        key: &str,
        from: Option<IpAddr>,
        now: UnixNanos,
    ) -> Result<Option<Caller>, StoreError> {
        let parts = key.strip_prefix("twk_").and_then(|rest| rest.split_once('_'));
        let Some((prefix, secret)) = parts else {
            return Ok(None);
        };
        let Some(row) = keys::by_prefix(&self.db, prefix).await? else {
            return Ok(None);
        };
        if !same(&row.secret_hash, &hash_token(secret)) || row.expires_at.is_some_and(|end| end <= now) {
            return Ok(None);
        }
        let terms = terms_of(&row)?;
        let due = |used| now.since(used) > TOUCH_EVERY_NS;
        if terms.allow(from) && row.last_used_at.is_none_or(due) {
            keys::touch(&self.db, &row.id, now).await?;
        }
        let scopes = row.scopes.iter().filter_map(|text| parse_scope(text)).collect();
        let via = Via::Key {
            id: row.id,
            scopes,
            accounts: row.accounts,
            expires_at: row.expires_at,
            terms,
        };
        self.complete(&row.owner, via).await
    }

    async fn complete(
        &self,
        owner: &tradewind_types::UserId,
        via: Via,
    ) -> Result<Option<Caller>, StoreError> {
        let Some(user) = users::by_id(&self.db, owner).await?.filter(|u| !u.disabled) else {
            return Ok(None);
        };
        let role = parse_role(&user.role).ok_or_else(|| StoreError::corrupt("users.role", &user.role))?;
        let rows = memberships::of_user(&self.db, &user.org, owner).await?;
        let memberships = rows
            .into_iter()
            .filter_map(|m| Some((m.account, parse_member(&m.role)?)))
            .collect();
        let must_enrol = self.required.contains(&role) && !factors::is_on(&self.db, owner).await?;
        Ok(Some(Caller {
            must_enrol,
            runs_the_installation: user.org == self.house,
            user: user.id,
            org: user.org,
            username: user.username,
            display_name: user.display_name,
            role,
            via,
            memberships,
        }))
    }

    fn recall(&self, digest: &str, generation: u64, now: UnixNanos) -> Option<Option<Arc<Caller>>> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let known = remembered.get(digest)?;
        let fresh = known.generation == generation && now.since(known.at) < REMEMBERED_NS && now >= known.at;
        fresh.then(|| known.caller.clone())
    }

    fn remember(&self, digest: String, entry: Remembered) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED_MAX {
            // Bounded: someone sends many different credentials. What is lost is looked up again.
            remembered.clear();
        }
        remembered.insert(digest, entry);
    }
}

/// From where, and how much, a stored key may be used.
///
/// # Errors
/// [`StoreError::Corrupt`] for a network that nobody can read: a key that cannot be limited does not hold.
fn terms_of(row: &keys::KeyRow) -> Result<KeyTerms, StoreError> {
    let read = |text: &String| {
        let network: Result<Network, _> = text.parse();
        network.map_err(|_| StoreError::corrupt("api_keys.networks", text))
    };
    let networks = row.networks.as_ref().map(|list| list.iter().map(read).collect());
    let networks: Option<Result<Vec<Network>, StoreError>> = networks;
    Ok(KeyTerms {
        networks: networks.transpose()?.map(Networks),
        requests_per_minute: row.requests_per_minute,
        orders_per_minute: row.orders_per_minute,
    })
}

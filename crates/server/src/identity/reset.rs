//! Links by which a person sets a new password: a sealed token, which nobody can make without the root keys, and which is
//! known to the database by its hash, so that it works once.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::{Semaphore, SemaphorePermit, TryAcquireError};
use tradewind_store::Db;
use tradewind_store::identity::{resets, users};
use tradewind_types::{OrgId, UnixNanos, UserId};

use super::audit::{self, Note};
use super::token::{Secret, hash_token};
use crate::AppState;
use crate::access::RateClass;
use crate::extract::RequestInfo;
use crate::problem::{ApiError, ApiResult, Code};
use crate::secrets::{Keyring, run_program};

/// How long a link holds.
const LINK_NS: u64 = 3_600 * 1_000_000_000;
const PURPOSE: &str = "password-reset";
/// Links that are delivered at one time; more wait for nobody and are dropped.
const DELIVERIES: u32 = 4;
/// How long the program that delivers may take.
const DELIVERY_MAX: Duration = Duration::from_secs(30);

/// Makes a link's token for a person; returns it with its end.
///
/// # Errors
/// Those of the database, and when nothing can be sealed.
pub async fn issue(
    db: &Db,
    keyring: &Keyring,
    org: &OrgId,
    owner: &UserId,
    now: UnixNanos,
) -> ApiResult<(Secret, UnixNanos)> {
    let secret = Secret::generate()?;
    let end = now.plus(LINK_NS);
    resets::insert(db, org, owner, &hash_token(secret.text()), now, end).await?;
    let token = keyring.seal(PURPOSE, secret.text().as_bytes())?;
    Ok((Secret::from_text(token), end))
}

/// A token that is good now: what it is stored as, and whose it is.
///
/// # Errors
/// `CREDENTIALS_REFUSED` when it is forged, unknown, used or over; those of the database.
pub async fn look_up(db: &Db, keyring: &Keyring, token: &str, now: UnixNanos) -> ApiResult<(String, UserId)> {
    let refuse = || ApiError::of(Code::CredentialsRefused);
    let opened = keyring.open(PURPOSE, token).map_err(|_| refuse())?;
    let secret = std::str::from_utf8(&opened).map_err(|_| refuse())?;
    let hash = hash_token(secret);
    let owner = resets::owner_of(db, &hash, now).await?.ok_or_else(refuse)?;
    Ok((hash, owner))
}

/// Deliveries under way.
pub struct Deliveries(Arc<Semaphore>);

impl Default for Deliveries {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(DELIVERIES as usize)))
    }
}

impl Deliveries {
    /// Waits until none is under way.
    ///
    /// # Errors
    /// Never in practice.
    pub async fn settled(&self) -> ApiResult<SemaphorePermit<'_>> {
        let all = self.0.acquire_many(DELIVERIES).await;
        all.map_err(|_| ApiError::of(Code::Internal))
    }
}

/// Sees to it that a link is made and delivered to whoever has the name, if somebody has. Returns at once, so that the
/// time taken tells nothing of who there is.
pub fn request(state: &AppState, request: &RequestInfo, username: &str) {
    if state.config.reset_command.is_empty() {
        tracing::info!("a link to a new password was asked for; [identity] reset_command is not set");
        return;
    }
    let name = users::username_key(username);
    if !state
        .limiter
        .spend(RateClass::Reset, None, &format!("name:{name}"))
        .allowed
    {
        return;
    }
    let permit = match Arc::clone(&state.deliveries.0).try_acquire_owned() {
        Ok(permit) => permit,
        Err(TryAcquireError::NoPermits | TryAcquireError::Closed) => {
            tracing::warn!("too many links to new passwords are asked for at once; one was not made");
            return;
        }
    };
    let (state, request) = (state.clone(), request.clone());
    tokio::spawn(async move {
        if let Err(error) = deliver(&state, &request, &name).await {
            tracing::error!(error = error.detail, "a link to a new password was not delivered");
        }
        drop(permit);
    });
}

async fn deliver(state: &AppState, request: &RequestInfo, name: &str) -> ApiResult<()> {
    let found = users::by_username(&state.store, name).await?;
    let Some(user) = found.filter(|user| !user.disabled) else {
        return Ok(());
    };
    request.trail.concerns(&user.org);
    let now = state.clock.now();
    let (token, end) = issue(&state.store, &state.keyring, &user.org, &user.id, now).await?;
    let told = json!({
        "user_id": user.id.as_str(),
        "username": user.username,
        "display_name": user.display_name,
        "fragment": format!("#reset={}", token.text()),
        "expires_at": end.to_rfc3339(),
    });
    let (command, told) = (state.config.reset_command.clone(), told.to_string());
    let ran = tokio::task::spawn_blocking(move || run_program(&command, told.as_bytes(), DELIVERY_MAX)).await;
    let outcome = match ran {
        Ok(Ok(_)) => "OK",
        Ok(Err(error)) => {
            tracing::error!(%error, "[identity] reset_command did not deliver");
            "NOT_DELIVERED"
        }
        Err(_) => "NOT_DELIVERED",
    };
    let note = Note {
        actor: "anonymous",
        action: "password.reset_request",
        subject: user.id.as_str(),
        outcome,
        detail: json!({}),
    };
    audit::write_concerning(state, request, note, user.id.as_str()).await
}

//! Opening browser sessions and describing them to their holders.

use http::{HeaderMap, HeaderValue, header};
use tradewind_store::identity::sessions::{self, SessionRow};
use tradewind_store::identity::users::UserRow;
use tradewind_wire::{Session, SessionAccount, SessionUser, Time};

use super::Credential;
use super::caller::{Caller, Via};
use super::token::{Secret, hash_token, random_id};
use crate::AppState;
use crate::extract::RequestInfo;
use crate::problem::{ApiError, ApiResult, Code};

/// Name of the session cookie.
pub const SESSION_COOKIE: &str = "tw_session";
/// Its name over TLS: browsers take a cookie of such a name from this very host only, so that a neighbour under the same
/// domain cannot put a session of its own in its place.
const SESSION_COOKIE_TLS: &str = "__Host-tw_session";

fn cookie_name(tls: bool) -> &'static str {
    if tls { SESSION_COOKIE_TLS } else { SESSION_COOKIE }
}

/// The session token that a request's cookies carry.
#[must_use]
pub fn cookie_token(headers: &HeaderMap, tls: bool) -> Option<String> {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, _)| *name == cookie_name(tls))
        .map(|(_, value)| value.to_owned())
}

fn cookie(state: &AppState, value: &str, age_s: u64) -> ApiResult<HeaderValue> {
    let tls = state.config.tls;
    let (name, secure) = (cookie_name(tls), if tls { "; Secure" } else { "" });
    let text = format!("{name}={value}; HttpOnly; SameSite=Strict; Path=/; Max-Age={age_s}{secure}");
    HeaderValue::from_str(&text).map_err(|_| ApiError::of(Code::Internal))
}

/// The header that takes the cookie away.
///
/// # Errors
/// Never in practice.
pub fn clear_cookie(state: &AppState) -> ApiResult<HeaderValue> {
    cookie(state, "", 0)
}

/// Opens a session for a person who has just proved who they are; a session that the request carries ends.
/// Returns the cookie and what its holder is told.
///
/// # Errors
/// Those of the database.
pub async fn open_session(
    state: &AppState,
    request: &RequestInfo,
    user: &UserRow,
    old: Option<&Caller>,
) -> ApiResult<(HeaderValue, Session)> {
    let now = state.clock.now();
    if let Some(Caller {
        user: owner,
        via: Via::Session { id, .. },
        ..
    }) = old
    {
        sessions::revoke(&state.store, owner, id, now).await?;
    }
    let token = Secret::generate()?;
    let row = SessionRow {
        id: format!("s{}", random_id(8)?),
        org: user.org.clone(),
        owner: user.id.clone(),
        token_hash: hash_token(token.text()),
        user_agent: request.user_agent.clone(),
        ip: request.ip.clone(),
        created_at: now,
        last_seen_at: now,
        expires_at: now.plus(u64::try_from(state.config.session_absolute.as_nanos()).unwrap_or(u64::MAX)),
    };
    sessions::insert(&state.store, &row).await?;
    state.identity_changed();
    let credential = Credential::Session(token.text().to_owned());
    let caller = state
        .identities
        .find(&credential, request.peer)
        .await?
        .ok_or_else(|| ApiError::of(Code::CredentialsRefused))?;
    let header = cookie(state, token.text(), state.config.session_absolute.as_secs())?;
    Ok((header, session_of(state, &caller).await?))
}

/// What a caller is told of themselves.
///
/// # Errors
/// When the engine does not answer.
pub async fn session_of(state: &AppState, caller: &Caller) -> ApiResult<Session> {
    let (csrf_token, expires_at) = match &caller.via {
        Via::Session { csrf, expires_at, .. } => (csrf.clone(), *expires_at),
        Via::Token { expires_at, .. } => (String::new(), *expires_at),
        Via::Key { expires_at, .. } => (
            String::new(),
            expires_at.unwrap_or(tradewind_types::UnixNanos(u64::MAX)),
        ),
    };
    let mine = caller.clone();
    let accounts = state.engine.query(move |kernel| {
        let visible = kernel
            .accounts()
            .filter(|account| crate::access::may_see(&mine, &account.info.id, Some(&account.info.org)));
        let describe = visible.map(|account| SessionAccount {
            account: account.info.id.to_string(),
            name: account.info.name.clone(),
            role: mine.membership(&account.info.id),
        });
        describe.collect()
    });
    let user = SessionUser {
        id: caller.user.to_string(),
        username: caller.username.clone(),
        display_name: caller.display_name.clone(),
        role: caller.role,
    };
    Ok(Session {
        user,
        csrf_token,
        expires_at: Time(expires_at),
        accounts: accounts.await?,
        must_enrol: caller.must_enrol,
        demo: state.config.demo,
    })
}

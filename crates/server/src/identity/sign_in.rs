//! Proving who one is: the password, then the second factor of those who have one. One function for browsers and programs,
//! one for people who are signed in and are asked again.

use serde_json::json;
use tradewind_store::identity::users::{self, UserRow};
use tradewind_types::UnixNanos;

use super::audit::{self, Note};
use super::factor::{self, Checked};
use super::{Caller, Lockout};
use crate::AppState;
use crate::extract::RequestInfo;
use crate::problem::{ApiError, ApiResult, Code};

/// What somebody unknown sends.
pub struct Attempt<'a> {
    /// Name to sign in with.
    pub username: &'a str,
    /// Password.
    pub password: &'a str,
    /// A code.
    pub code: Option<&'a str>,
    /// What the audit log calls it.
    pub action: &'static str,
}

/// Checks name, password and code. Failures of either count to the lockout; being asked for the code does not.
///
/// # Errors
/// `LOCKED_OUT`, `CREDENTIALS_REFUSED`, `SECOND_FACTOR_REQUIRED`, `SECOND_FACTOR_WRONG`, those of the database.
pub async fn sign_in(state: &AppState, request: &RequestInfo, attempt: Attempt<'_>) -> ApiResult<UserRow> {
    let _turn = state.turns.of(attempt.username).await?;
    let now = state.clock.now();
    let lockout = Lockout::new(attempt.username, &request.network());
    lockout.check(&state.store, now).await?;
    let user = users::by_username(&state.store, attempt.username).await?;
    if let Some(user) = &user {
        request.trail.concerns(&user.org);
    }
    let hash = user.as_ref().map(|u| u.password_hash.as_str());
    let matched = state.passwords.verify(attempt.password, hash).await?;
    let Some(user) = user.filter(|u| matched && !u.disabled) else {
        lockout.failed(&state.store, now).await?;
        let note = failure("anonymous", attempt.action, "", Code::CredentialsRefused);
        audit::write(state, request, note).await?;
        return Err(ApiError::of(Code::CredentialsRefused));
    };
    let by = ask_factor(
        state,
        request,
        (&user, &lockout),
        (attempt.code, attempt.action),
        now,
    )
    .await?;
    lockout.succeeded(&state.store).await?;
    tracing::debug!(by, "somebody signed in");
    Ok(user)
}

/// Checks the code of somebody who has proved who they are otherwise, by a password or a one-time link.
///
/// # Errors
/// As [`sign_in`], but for the password.
pub async fn second_factor(
    state: &AppState,
    request: &RequestInfo,
    user: &UserRow,
    code: Option<&str>,
    action: &'static str,
) -> ApiResult<()> {
    request.trail.concerns(&user.org);
    let _turn = state.turns.of(&user.username).await?;
    let now = state.clock.now();
    let lockout = Lockout::new(&user.username, &request.network());
    lockout.check(&state.store, now).await?;
    ask_factor(state, request, (user, &lockout), (code, action), now).await?;
    Ok(())
}

async fn ask_factor(
    state: &AppState,
    request: &RequestInfo,
    (user, lockout): (&UserRow, &Lockout),
    (code, action): (Option<&str>, &'static str),
    now: UnixNanos,
) -> ApiResult<&'static str> {
    let refused = match factor::check(state, &user.id, code, now).await? {
        Checked::Off => return Ok("password"),
        Checked::Right("backup_code") => {
            let note = Note {
                actor: user.id.as_str(),
                action: "factor.backup_code",
                subject: user.id.as_str(),
                outcome: "OK",
                detail: json!({}),
            };
            audit::write(state, request, note).await?;
            return Ok("backup_code");
        }
        Checked::Right(by) => return Ok(by),
        Checked::Missing => return Err(ApiError::of(Code::SecondFactorRequired)),
        Checked::Wrong => Code::SecondFactorWrong,
    };
    lockout.failed(&state.store, now).await?;
    let note = failure(user.id.as_str(), action, user.id.as_str(), refused);
    audit::write(state, request, note).await?;
    Err(ApiError::of(refused))
}

fn failure<'a>(actor: &'a str, action: &'static str, subject: &'a str, code: Code) -> Note<'a> {
    Note {
        actor,
        action,
        subject,
        outcome: code.name(),
        detail: json!({}),
    }
}

/// What somebody who is signed in is asked for again.
pub struct Proof<'a> {
    /// The field that the password came in, and the password.
    pub password: (&'static str, &'a str),
    /// The code, where one has to be given.
    pub code: Option<&'a str>,
    /// What the audit log calls what is to be done.
    pub action: &'static str,
}

/// Checks that whoever is signed in is the person: an open session is no proof for a change of credentials.
///
/// # Errors
/// `LOCKED_OUT`, field errors (which count to the lockout), `SECOND_FACTOR_OFF` when a code is to be given and there is no
/// factor, those of the database.
pub async fn prove(
    state: &AppState,
    request: &RequestInfo,
    caller: &Caller,
    proof: Proof<'_>,
) -> ApiResult<UserRow> {
    let _turn = state.turns.of(&caller.username).await?;
    let now = state.clock.now();
    let lockout = Lockout::new(&caller.username, &request.network());
    lockout.check(&state.store, now).await?;
    let user = users::by_id(&state.store, &caller.user)
        .await?
        .ok_or_else(|| ApiError::of(Code::Unauthenticated))?;
    let (field, password) = proof.password;
    let matched = state
        .passwords
        .verify(password, Some(&user.password_hash))
        .await?;
    let refused = if !matched {
        Some((field, "WRONG_PASSWORD", "this is not your password"))
    } else if let Some(code) = proof.code {
        match factor::check(state, &user.id, Some(code), now).await? {
            Checked::Off => return Err(ApiError::of(Code::SecondFactorOff)),
            Checked::Right(_) => None,
            Checked::Missing | Checked::Wrong => Some((
                "code",
                "WRONG_CODE",
                "the code is wrong, over, or was used before",
            )),
        }
    } else {
        None
    };
    let Some((field, code, message)) = refused else {
        return Ok(user);
    };
    lockout.failed(&state.store, now).await?;
    let note = Note {
        outcome: code,
        ..Note::ok(caller, proof.action, user.id.as_str())
    };
    audit::write(state, request, note).await?;
    Err(ApiError::field(field, code, message))
}

//! Making people, keys and one-time links: the same functions for the API and the command line.

use tradewind_store::identity::links::{self, Purpose};
use tradewind_store::identity::{keys, users};
use tradewind_store::{Db, StoreError};
use tradewind_types::{AccountId, OrgId, UnixNanos, UserId};
use tradewind_wire::{Role, Scope};

use super::caller::{role_text, scope_text};
use super::key_terms::KeyTerms;
use super::password::{Passwords, check_policy};
use super::token::{Secret, hash_token, random_id};
use crate::problem::{ApiError, ApiResult, Code};

/// How long the first-run token holds.
const SETUP_NS: u64 = 24 * 3_600 * 1_000_000_000;
/// How long a sign-in link holds.
const SIGN_IN_NS: u64 = 15 * 60 * 1_000_000_000;

/// A person to be made.
pub struct Person<'a> {
    /// Name to sign in with.
    pub username: &'a str,
    /// Name for people.
    pub display_name: &'a str,
    /// Password.
    pub password: &'a str,
    /// Role.
    pub role: Role,
}

fn check_username(username: &str) -> ApiResult<()> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if (3..=32).contains(&username.len()) && username.chars().all(legal) {
        return Ok(());
    }
    Err(ApiError::field(
        "username",
        "MALFORMED",
        "a user name has 3 to 32 letters, digits, `.`, `_` or `-`",
    ))
}

/// Checks a name for people: 1 to `max` characters, no control characters.
///
/// # Errors
/// A field error.
pub fn check_label(field: &str, text: &str, max: usize) -> ApiResult<()> {
    let length = text.chars().count();
    if text.trim().is_empty() || length > max || text.chars().any(char::is_control) {
        return Err(ApiError::field(
            field,
            "MALFORMED",
            format!("{field} has 1 to {max} printable characters"),
        ));
    }
    Ok(())
}

/// Refuses a password that breaks the policy.
///
/// # Errors
/// A field error.
pub fn check_password(field: &str, password: &str, username: &str) -> ApiResult<()> {
    check_policy(password, username)
        .map_err(|broken| ApiError::field(field, broken.code(), broken.to_string()))
}

/// Checks a person and hashes the password; not stored yet.
///
/// # Errors
/// Field errors.
pub async fn prepare(
    passwords: &Passwords,
    org: &OrgId,
    person: &Person<'_>,
    now: UnixNanos,
) -> ApiResult<users::UserRow> {
    check_username(person.username)?;
    check_label("display_name", person.display_name, 64)?;
    check_password("password", person.password, person.username)?;
    let id = random_id(8)?;
    Ok(users::UserRow {
        id: UserId::new(&format!("u{id}")).map_err(|_| ApiError::of(Code::Internal))?,
        org: org.clone(),
        username: person.username.to_owned(),
        display_name: person.display_name.trim().to_owned(),
        role: role_text(person.role).to_owned(),
        password_hash: passwords.hash(person.password).await?,
        disabled: false,
        created_at: now,
        version: 1,
    })
}

/// Makes a person.
///
/// # Errors
/// Field errors, `USERNAME_TAKEN`, those of the database.
pub async fn create_user(
    db: &Db,
    passwords: &Passwords,
    org: &OrgId,
    person: &Person<'_>,
    now: UnixNanos,
) -> ApiResult<users::UserRow> {
    let row = prepare(passwords, org, person, now).await?;
    match users::insert(db, &row).await {
        Ok(()) => Ok(row),
        Err(StoreError::Conflict { .. }) => Err(ApiError::of(Code::UsernameTaken)),
        Err(error) => Err(error.into()),
    }
}

/// A key to be made.
pub struct Key<'a> {
    /// Whose.
    pub owner: &'a UserId,
    /// A name to tell it by.
    pub name: &'a str,
    /// What it may do.
    pub scopes: &'a [Scope],
    /// Accounts it may touch; `None` = all of its owner's.
    pub accounts: Option<Vec<AccountId>>,
    /// When it ends.
    pub expires_at: Option<UnixNanos>,
    /// From where, and how much, it may be used.
    pub terms: KeyTerms,
}

/// Makes a key; returns it with the whole text, which cannot be had again.
///
/// # Errors
/// Field errors, `KEY_LIMIT`, those of the database.
pub async fn create_key(
    db: &Db,
    org: &OrgId,
    key: Key<'_>,
    now: UnixNanos,
) -> ApiResult<(keys::KeyRow, Secret)> {
    check_label("name", key.name, 64)?;
    if key.scopes.is_empty() {
        return Err(ApiError::field(
            "scopes",
            "EMPTY",
            "a key needs at least one scope",
        ));
    }
    if key.expires_at.is_some_and(|end| end <= now) {
        return Err(ApiError::field(
            "expires_at",
            "PAST",
            "expires_at must lie in the future",
        ));
    }
    let mut scopes: Vec<Scope> = key.scopes.to_vec();
    scopes.sort_unstable();
    scopes.dedup();
    let (prefix, secret) = (random_id(4)?, Secret::generate()?);
    let row = keys::KeyRow {
        id: format!("k{}", random_id(8)?),
        org: org.clone(),
        owner: key.owner.clone(),
        name: key.name.trim().to_owned(),
        secret_hash: hash_token(secret.text()),
        scopes: scopes.into_iter().map(|s| scope_text(s).to_owned()).collect(),
        accounts: key.accounts,
        networks: key
            .terms
            .networks
            .map(|networks| networks.0.iter().map(ToString::to_string).collect()),
        requests_per_minute: key.terms.requests_per_minute,
        orders_per_minute: key.terms.orders_per_minute,
        created_at: now,
        expires_at: key.expires_at,
        last_used_at: None,
        prefix,
    };
    if !keys::insert(db, &row).await? {
        return Err(ApiError::of(Code::KeyLimit));
    }
    let whole = Secret::from_text(format!("twk_{}_{}", row.prefix, secret.text()));
    Ok((row, whole))
}

/// Makes the token for the first-run set-up; earlier ones become void. `None` when there are people already.
///
/// # Errors
/// Those of the database.
pub async fn setup_token(db: &Db, org: &OrgId, now: UnixNanos) -> ApiResult<Option<Secret>> {
    if users::any(db).await? {
        return Ok(None);
    }
    links::void(db, Purpose::Setup, now).await?;
    let secret = Secret::generate()?;
    links::insert(
        db,
        org,
        Purpose::Setup,
        None,
        &hash_token(secret.text()),
        now,
        now.plus(SETUP_NS),
    )
    .await?;
    Ok(Some(secret))
}

/// Makes a one-time sign-in token for a person; it belongs behind the `#` of a URL.
///
/// # Errors
/// Those of the database.
pub async fn sign_in_token(db: &Db, org: &OrgId, user: &UserId, now: UnixNanos) -> ApiResult<Secret> {
    let secret = Secret::generate()?;
    links::insert(
        db,
        org,
        Purpose::SignIn,
        Some(user),
        &hash_token(secret.text()),
        now,
        now.plus(SIGN_IN_NS),
    )
    .await?;
    Ok(secret)
}

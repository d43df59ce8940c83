//! The second factor: an authenticator app, and backup codes for when it is out of reach.

pub mod backup;
pub mod qr;
pub mod totp;

use tradewind_store::identity::factors::{self, FactorRow};
use tradewind_types::{UnixNanos, UserId};

use crate::AppState;
use crate::problem::ApiResult;
use crate::secrets::{Keyring, SealError};

use self::totp::{DIGITS, Seed};

/// How long an enrolment may wait to be confirmed.
pub const PENDING_NS: u64 = 3_600 * 1_000_000_000;

/// What a person's seed is sealed for.
#[must_use]
pub fn purpose(owner: &UserId) -> String {
    format!("totp/{owner}")
}

/// The seed of a stored factor.
///
/// # Errors
/// When it cannot be opened.
pub fn seed_of(keyring: &Keyring, factor: &FactorRow) -> Result<Seed, SealError> {
    keyring.open(&purpose(&factor.owner), &factor.seed).map(Seed::of)
}

/// What came of looking for a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// There is none to be asked for.
    Off,
    /// There is one, and no code.
    Missing,
    /// The code is wrong, over, or was used before.
    Wrong,
    /// It was right, and is used up: by this word.
    Right(&'static str),
}

/// Checks a code against a person's factor and uses it up. Whoever calls holds the person's turn, and counts what is
/// wrong to the lockout.
///
/// # Errors
/// Those of the database, and when the seed cannot be opened.
pub async fn check(
    state: &AppState,
    owner: &UserId,
    code: Option<&str>,
    now: UnixNanos,
) -> ApiResult<Checked> {
    let factor = factors::of_owner(&state.store, owner).await?;
    let Some(factor) = factor.filter(|factor| factor.enabled_at.is_some()) else {
        return Ok(Checked::Off);
    };
    let Some(code) = code.map(str::trim).filter(|code| !code.is_empty()) else {
        return Ok(Checked::Missing);
    };
    let seed = seed_of(&state.keyring, &factor)?;
    if let Some(digits) = six_digits(code) {
        let Some(step) = seed.step_of(&digits, now, factor.last_step) else {
            return Ok(Checked::Wrong);
        };
        let used = factors::use_step(&state.store, owner, step).await?;
        return Ok(if used {
            Checked::Right("totp")
        } else {
            Checked::Wrong
        });
    }
    let Some(digest) = backup::digest(&seed, code) else {
        return Ok(Checked::Wrong);
    };
    let used = factors::use_backup(&state.store, owner, &digest, now).await?;
    Ok(if used {
        Checked::Right("backup_code")
    } else {
        Checked::Wrong
    })
}

/// A code of the app, which some people type with a blank in the middle.
#[must_use]
pub fn six_digits(code: &str) -> Option<String> {
    let plain: String = code.chars().filter(|c| *c != ' ').collect();
    (plain.len() == DIGITS && plain.bytes().all(|b| b.is_ascii_digit())).then_some(plain)
}

/// Fresh backup codes: as they are shown, and as they are stored.
///
/// # Errors
/// When the operating system gives no randomness.
pub fn fresh_codes(seed: &Seed) -> ApiResult<(Vec<String>, Vec<String>)> {
    let codes = backup::generate()?;
    let digests = codes
        .iter()
        .filter_map(|code| backup::digest(seed, code))
        .collect();
    Ok((codes.iter().map(|code| code.to_string()).collect(), digests))
}

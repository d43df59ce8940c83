//! Passwords: policy, hashing, checking.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::config::HashConfig;
use crate::problem::{ApiError, ApiResult, Code};

/// Shortest password in characters.
const LENGTH_MIN: usize = 12;
/// Longest password in bytes; more would only burn time.
const LENGTH_MAX: usize = 256;
/// Hashes computed at one time; each takes 19 MiB and a core.
const HASHES_AT_ONCE: usize = 2;

/// Passwords of known breaches that are long enough for our policy, or stems of such; lower case, one a line.
const BREACHED: &str = include_str!("breached.txt");

/// Words that anyone would try first at this program; a password has to be one without them.
const CONTEXT: [&str; 4] = ["tradewind", "trading", "trader", "administrator"];

/// Why a password is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordPolicyError {
    /// Too short.
    #[error("the password must have at least 12 characters")]
    TooShort,
    /// Too long.
    #[error("the password must have at most 256 bytes")]
    TooLong,
    /// On the list.
    #[error("the password is on the list of passwords known from breaches")]
    Breached,
    /// The user name, a word of the context, or one character over and over.
    #[error(
        "the password must not be made of the user name, of words such as `tradewind`, or of one repeated character"
    )]
    Trivial,
}

impl PasswordPolicyError {
    /// The field error's code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TooShort => "PASSWORD_TOO_SHORT",
            Self::TooLong => "PASSWORD_TOO_LONG",
            Self::Breached => "PASSWORD_BREACHED",
            Self::Trivial => "PASSWORD_TRIVIAL",
        }
    }
}

/// Checks a new password against the policy: length over composition, as NIST SP 800-63B has it.
///
/// # Errors
/// The first rule that it breaks.
pub(super) fn check_policy(password: &str, username: &str) -> Result<(), PasswordPolicyError> {
    if password.len() > LENGTH_MAX {
        return Err(PasswordPolicyError::TooLong);
    }
    if password.chars().count() < LENGTH_MIN {
        return Err(PasswordPolicyError::TooShort);
    }
    let lower = password.to_lowercase();
    let first = lower.chars().next();
    let repeated = lower.chars().all(|c| Some(c) == first);
    let name = username.to_lowercase();
    let is_filler = |c: char| c.is_ascii_digit() || c.is_ascii_punctuation();
    let known = CONTEXT
        .into_iter()
        .chain([name.as_str()])
        .filter(|word| !word.is_empty());
    let rest = known.fold(lower.clone(), |rest, word| rest.replace(word, ""));
    let own = if rest == lower {
        rest.as_str()
    } else {
        rest.trim_matches(is_filler)
    };
    if repeated || own.chars().count() < 6 {
        return Err(PasswordPolicyError::Trivial);
    }
    // Digits and signs hung on a breached password do not make it better.
    let stem = lower.trim_end_matches(is_filler);
    let listed = |text: &str| BREACHED.lines().any(|line| line == text);
    if listed(&lower) || listed(stem) {
        return Err(PasswordPolicyError::Breached);
    }
    Ok(())
}

/// Hashes and checks passwords, a few at a time, off the async threads.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    permits: Arc<Semaphore>,
    decoy: Arc<str>,
}

impl Passwords {
    /// With a cost.
    ///
    /// # Errors
    /// When the cost is out of Argon2's range.
    pub fn new(config: HashConfig) -> ApiResult<Self> {
        let params = Params::new(config.memory_kib, config.passes, 1, None).map_err(internal)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = argon2
            .hash_password(b"nobody has this password")
            .map_err(internal)?
            .to_string();
        Ok(Self {
            argon2,
            permits: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
            decoy: decoy.into(),
        })
    }

    /// Hashes a password with a fresh salt.
    ///
    /// # Errors
    /// When hashing fails, which it does not for passwords within the policy.
    pub async fn hash(&self, password: &str) -> ApiResult<String> {
        let argon2 = self.argon2.clone();
        let password = Zeroizing::new(password.to_owned());
        self.run(move || {
            argon2
                .hash_password(password.as_bytes())
                .map(|hash| hash.to_string())
                .map_err(internal)
        })
        .await?
    }

    /// Whether the password belongs to the hash. Without a hash (no such person, or one who was erased), and with one that
    /// cannot be read, it takes as long and says no.
    ///
    /// # Errors
    /// When nothing can be computed.
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> ApiResult<bool> {
        if password.len() > LENGTH_MAX {
            return Ok(false);
        }
        let argon2 = self.argon2.clone();
        let readable = |hash: &&str| {
            let readable = PasswordHash::new(hash).is_ok();
            if !readable && !hash.is_empty() {
                tracing::error!("a stored password hash cannot be read; nobody signs in with it");
            }
            readable
        };
        let hash = hash.filter(readable);
        let known = hash.is_some();
        let stored = hash.unwrap_or(&self.decoy).to_owned();
        let password = Zeroizing::new(password.to_owned());
        let matched = self
            .run(move || {
                let parsed = PasswordHash::new(&stored).map_err(internal)?;
                Ok::<bool, ApiError>(argon2.verify_password(password.as_bytes(), &parsed).is_ok())
            })
            .await??;
        Ok(matched && known)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> ApiResult<T> {
        let permit = self.permits.acquire().await.map_err(internal)?;
        let done = tokio::task::spawn_blocking(work).await.map_err(internal);
        drop(permit);
        done
    }
}

fn internal(error: impl std::fmt::Display) -> ApiError {
    tracing::error!(%error, "password hashing failed");
    ApiError::of(Code::Internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_refuses_short_long_breached_and_trivial_passwords() {
        let check = |password: &str| check_policy(password, "asha");
        assert_eq!(check("short"), Err(PasswordPolicyError::TooShort));
        assert_eq!(check(&"long ".repeat(60)), Err(PasswordPolicyError::TooLong));
        assert_eq!(check("aaaaaaaaaaaaaaa"), Err(PasswordPolicyError::Trivial));
        assert_eq!(check("asha-asha-asha"), Err(PasswordPolicyError::Trivial));
        for guess in [
            "tradewind-2026!!",
            "asha1234567890",
            "Tradewind.Trader",
            "administrator1",
        ] {
            assert_eq!(check(guess), Err(PasswordPolicyError::Trivial), "{guess}");
        }
        assert_eq!(check("tradewinds fill four sails"), Ok(()));
        assert_eq!(check("Password1234!"), Err(PasswordPolicyError::Breached));
        assert_eq!(check("qwertyuiop123"), Err(PasswordPolicyError::Breached));
        assert_eq!(check("three boats under the bridge"), Ok(()));
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let passwords = Passwords::new(HashConfig {
            memory_kib: 64,
            passes: 1,
        })
        .expect("params");
        let hash = passwords.hash("three boats under").await.expect("hash");
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        assert!(
            passwords
                .verify("three boats under", Some(&hash))
                .await
                .expect("verify")
        );
        assert!(
            !passwords
                .verify("three boats over", Some(&hash))
                .await
                .expect("verify")
        );
        assert!(
            !passwords
                .verify("nobody has this password", None)
                .await
                .expect("verify"),
            "the decoy let someone in"
        );
        for unreadable in ["", "$argon2id$v=19$m=64", "plain"] {
            let found = passwords
                .verify("nobody has this password", Some(unreadable))
                .await;
            assert!(!found.expect("no error"), "`{unreadable}` let someone in");
        }
    }
}

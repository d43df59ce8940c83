//! One-time codes by time: RFC 6238 over the HMAC-based codes of RFC 4226, in the form that every authenticator app
//! takes: SHA-1, six digits, steps of 30 s. (SHA-1's collisions do not touch HMAC; other hashes are widely ignored by apps.)

use data_encoding::BASE32_NOPAD;
use ring::hmac;
use subtle::ConstantTimeEq;
use tradewind_types::UnixNanos;
use zeroize::Zeroizing;

use crate::identity::token::fill;
use crate::problem::ApiError;

/// Bytes of a seed: as long as the hash, which RFC 4226, section 4, recommends.
const SEED_BYTES: usize = 20;
/// Length of a step in seconds.
pub(super) const STEP_S: u64 = 30;
/// Steps that a clock may be off in either direction.
const DRIFT: u64 = 1;
/// Digits of a code.
pub(super) const DIGITS: usize = 6;
/// What the app shows above the code.
const ISSUER: &str = "Tradewind";

/// The shared secret of a person and their app; wiped from memory when dropped.
pub struct Seed(Zeroizing<Vec<u8>>);

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed")
    }
}

impl Seed {
    /// A fresh one.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn generate() -> Result<Self, ApiError> {
        let mut bytes = Zeroizing::new(vec![0_u8; SEED_BYTES]);
        fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// Of stored bytes.
    #[must_use]
    pub fn of(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// Its bytes, to be sealed.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As a person types it into an app: base32 without padding.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32_NOPAD.encode(&self.0))
    }

    /// As an app scans it (the Key Uri Format of Google Authenticator). `username` has letters, digits, `.`, `_` and `-`
    /// only, which need no escaping.
    #[must_use]
    pub fn uri(&self, username: &str) -> Zeroizing<String> {
        let secret = self.text();
        let text = format!(
            "otpauth://totp/{ISSUER}:{username}?secret={}&issuer={ISSUER}&algorithm=SHA1&digits={DIGITS}&period={STEP_S}",
            *secret
        );
        Zeroizing::new(text)
    }

    /// The code of a step: HMAC-SHA-1 over its number, dynamically truncated (RFC 4226, section 5.3).
    #[must_use]
    pub fn code(&self, step: u64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let offset = usize::from(tag[tag.len() - 1] & 0x0f);
        let word = [
            tag[offset] & 0x7f,
            tag[offset + 1],
            tag[offset + 2],
            tag[offset + 3],
        ];
        format!("{:06}", u32::from_be_bytes(word) % 1_000_000)
    }

    /// The step that a code is of, when it is of this one or a neighbour and later than the last one used. All are
    /// compared, so that the time taken tells nothing.
    #[must_use]
    pub fn step_of(&self, code: &str, now: UnixNanos, last_used: u64) -> Option<u64> {
        let at = step_at(now);
        let mut found = None;
        for step in at.saturating_sub(DRIFT)..=at + DRIFT {
            let same: bool = self.code(step).as_bytes().ct_eq(code.as_bytes()).into();
            if same && step > last_used {
                found = Some(step);
            }
        }
        found
    }
}

/// The number of the step at a time.
#[must_use]
pub fn step_at(now: UnixNanos) -> u64 {
    now.0 / (STEP_S * 1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(text: &str) -> Seed {
        Seed::of(Zeroizing::new(text.as_bytes().to_vec()))
    }

    /// RFC 6238, appendix B, the rows of SHA-1; eight digits there, of which six are the last.
    #[test]
    fn the_codes_are_those_of_the_rfc() {
        let seed = seed("12345678901234567890");
        let rows = [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000_u64, "65353130"),
        ];
        for (second, code) in rows {
            assert_eq!(seed.code(second / STEP_S), code[2..], "at {second}");
        }
    }

    /// RFC 4226, appendix D.
    #[test]
    fn the_counted_codes_are_those_of_the_rfc() {
        let seed = seed("12345678901234567890");
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
            "520489",
        ];
        for (count, code) in codes.iter().enumerate() {
            assert_eq!(seed.code(count as u64), *code, "{count}");
        }
    }

    #[test]
    fn a_code_holds_for_its_step_and_the_neighbours_and_never_after_a_later_one() {
        let seed = seed("12345678901234567890");
        let now = UnixNanos::from_secs(1_111_111_111);
        let at = step_at(now);
        let tried: Vec<Option<u64>> = (at - 3..=at + 3)
            .map(|step| seed.step_of(&seed.code(step), now, 0))
            .collect();
        let near = [None, None, Some(at - 1), Some(at), Some(at + 1), None, None];
        assert_eq!(tried, near);
        assert_eq!(seed.step_of(&seed.code(at), now, at), None, "it was used");
        assert_eq!(
            seed.step_of(&seed.code(at - 1), now, at),
            None,
            "an older one after a later one"
        );
        assert_eq!(seed.step_of(&seed.code(at + 1), now, at), Some(at + 1));
        assert_eq!(seed.step_of("05047", now, 0), None);
        assert_eq!(seed.step_of("", now, 0), None);
    }

    #[test]
    fn an_app_is_told_the_seed_in_base32_and_as_a_uri() {
        let seed = seed("12345678901234567890");
        assert_eq!(*seed.text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            *seed.uri("asha.k"),
            "otpauth://totp/Tradewind:asha.k?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Tradewind&algorithm=SHA1&digits=6&period=30"
        );
        let (one, two) = (
            Seed::generate().expect("random"),
            Seed::generate().expect("random"),
        );
        assert_eq!(one.bytes().len(), 20);
        assert_ne!(one.bytes(), two.bytes());
        assert_eq!(format!("{one:?}"), "Seed");
    }
}

//! Backup codes: ten of 80 random bits each, for when the app is out of reach. Stored is an HMAC-SHA-256 under the seed,
//! which itself is sealed: whoever has the database alone cannot try codes at all.

use data_encoding::BASE32_NOPAD;
use ring::hmac;
use zeroize::Zeroizing;

use super::totp::Seed;
use crate::identity::token::fill;
use crate::problem::ApiError;

/// How many are given at once.
pub const COUNT: usize = 10;
const BYTES: usize = 10;
const LETTERS: usize = 16;
const GROUP: usize = 4;

/// Fresh codes, as they are shown: four groups of four letters.
///
/// # Errors
/// When the operating system gives no randomness.
pub fn generate() -> Result<Vec<Zeroizing<String>>, ApiError> {
    let one = |_| {
        let mut bytes = Zeroizing::new([0_u8; BYTES]);
        fill(bytes.as_mut())?;
        let text = Zeroizing::new(BASE32_NOPAD.encode(bytes.as_ref()));
        let mut shown = Zeroizing::new(String::with_capacity(LETTERS + LETTERS / GROUP));
        for (place, letter) in text.chars().enumerate() {
            if place > 0 && place % GROUP == 0 {
                shown.push('-');
            }
            shown.push(letter);
        }
        Ok(shown)
    };
    (0..COUNT).map(one).collect()
}

/// What is stored of a code; `None` when the text cannot be one. Case, blanks and hyphens do not matter.
#[must_use]
pub fn digest(seed: &Seed, code: &str) -> Option<String> {
    let plain: String = code
        .chars()
        .filter(|c| !matches!(c, '-' | ' '))
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let plain = Zeroizing::new(plain);
    if plain.len() != LETTERS || BASE32_NOPAD.decode(plain.as_bytes()).is_err() {
        return None;
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, seed.bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(b"tradewind backup code v1\0");
    context.update(plain.as_bytes());
    let tag = context.sign();
    Some(tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_different_codes_are_found_again_however_they_are_typed() {
        let seed = Seed::generate().expect("random");
        let codes = generate().expect("random");
        let digests: std::collections::BTreeSet<_> = codes.iter().filter_map(|c| digest(&seed, c)).collect();
        assert_eq!((codes.len(), digests.len()), (COUNT, COUNT));
        let first = codes[0].to_string();
        assert_eq!(first.len(), 19);
        let typed = first.to_lowercase().replace('-', " ");
        assert_eq!(digest(&seed, &first), digest(&seed, &typed));
        assert_eq!(digest(&seed, &first), digest(&seed, &first.replace('-', "")));
        assert!(
            digests
                .iter()
                .all(|stored| !stored.contains(&typed.replace(' ', "")))
        );
        let other = Seed::generate().expect("random");
        assert_ne!(
            digest(&seed, &first),
            digest(&other, &first),
            "stored alike for two people"
        );
        for no_code in ["", "123456", "AAAA-AAAA-AAAA-AAA1", "AAAA-AAAA-AAAA-AAAA-A"] {
            assert_eq!(digest(&seed, no_code), None, "{no_code}");
        }
    }
}

//! Access tokens: compact JWS (RFC 7515) over Ed25519 (RFC 8037) with the claims of RFC 9068. One algorithm, one form; what a
//! token says of its own algorithm is compared, never obeyed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tradewind_types::UnixNanos;
use zeroize::Zeroizing;

use super::token::fill;
use crate::problem::{ApiError, Code};

/// A longer text is no token of ours.
const TOKEN_BYTES_MAX: usize = 2_048;
/// How far the clock of another process that signs may be ahead, in seconds.
const AHEAD_S: u64 = 30;
const ALGORITHM: &str = "EdDSA";
const KIND: &str = "at+jwt";

/// Header of a token. Others (`jwk`, `x5u`, `crit` …) are refused, not ignored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who signed.
    pub iss: String,
    /// For whom.
    pub aud: String,
    /// The person's pseudonymous id.
    pub sub: String,
    /// The family, which can be revoked.
    pub sid: String,
    /// Which program it was made for.
    pub client_id: String,
    /// When it was made, in seconds since the epoch.
    pub iat: u64,
    /// When it ends.
    pub exp: u64,
    /// Its own id.
    pub jti: String,
}

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not of the form of a token, or too long.
    #[error("no token")]
    Malformed,
    /// Another algorithm or type.
    #[error("another algorithm or type")]
    Algorithm,
    /// Not signed by the key.
    #[error("the signature is wrong")]
    Signature,
    /// Of another issuer, or for another audience.
    #[error("another issuer or audience")]
    Elsewhere,
    /// Over.
    #[error("over")]
    Over,
    /// Made in the future.
    #[error("made in the future")]
    Early,
}

/// Who signs and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Realm {
    /// `iss`.
    pub issuer: String,
    /// `aud`.
    pub audience: String,
}

/// The private half of a signing key.
pub struct Signer {
    pair: Ed25519KeyPair,
    kid: String,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

impl Signer {
    /// A fresh seed.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn seed() -> Result<Zeroizing<Vec<u8>>, ApiError> {
        let mut seed = Zeroizing::new(vec![0_u8; 32]);
        fill(&mut seed)?;
        Ok(seed)
    }

    /// Of a seed of 32 bytes.
    ///
    /// # Errors
    /// When it has another length.
    pub fn of(seed: &[u8]) -> Result<Self, ApiError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| ApiError::of(Code::Internal))?;
        let kid = thumbprint(pair.public_key().as_ref());
        Ok(Self { pair, kid })
    }

    /// The key's name.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// Signs claims.
    #[must_use]
    pub fn sign(&self, claims: &Claims) -> String {
        let header = Header {
            alg: ALGORITHM.to_owned(),
            typ: KIND.to_owned(),
            kid: self.kid.clone(),
        };
        let text = |json: Result<Vec<u8>, _>| BASE64.encode(json.unwrap_or_default());
        self.signed(
            &text(serde_json::to_vec(&header)),
            &text(serde_json::to_vec(claims)),
        )
    }

    fn signed(&self, header: &str, payload: &str) -> String {
        let message = format!("{header}.{payload}");
        let signature = BASE64.encode(self.pair.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }
}

/// Name of a public key: its JWK thumbprint (RFC 7638).
#[must_use]
pub fn thumbprint(public: &[u8]) -> String {
    let canonical = format!(
        r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#,
        BASE64.encode(public)
    );
    BASE64.encode(Sha256::digest(canonical.as_bytes()))
}

fn split(token: &str) -> Result<(&str, &str, &str), TokenError> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(TokenError::Malformed);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
    let (header, payload) = message.split_once('.').ok_or(TokenError::Malformed)?;
    if payload.contains('.') {
        return Err(TokenError::Malformed);
    }
    Ok((header, payload, signature))
}

/// The name of the key that a token says it is signed with.
///
/// # Errors
/// When it is no token, or of another algorithm or type.
pub fn kid_of(token: &str) -> Result<String, TokenError> {
    let (header, _, _) = split(token)?;
    let header = BASE64.decode(header).map_err(|_| TokenError::Malformed)?;
    let header: Header = serde_json::from_slice(&header).map_err(|_| TokenError::Malformed)?;
    if header.alg != ALGORITHM || header.typ != KIND {
        return Err(TokenError::Algorithm);
    }
    Ok(header.kid)
}

/// Verifies a token with the public key that its header names, and what it says of itself.
///
/// # Errors
/// The first thing that is wrong; the signature comes before anything that the token says.
pub fn verify(token: &str, public: &[u8], realm: &Realm, now: UnixNanos) -> Result<Claims, TokenError> {
    kid_of(token)?;
    let (header, payload, signature) = split(token)?;
    let signature = BASE64.decode(signature).map_err(|_| TokenError::Malformed)?;
    let message = &token[..header.len() + 1 + payload.len()];
    UnparsedPublicKey::new(&ED25519, public)
        .verify(message.as_bytes(), &signature)
        .map_err(|_| TokenError::Signature)?;
    let payload = BASE64.decode(payload).map_err(|_| TokenError::Malformed)?;
    let claims: Claims = serde_json::from_slice(&payload).map_err(|_| TokenError::Malformed)?;
    if claims.iss != realm.issuer || claims.aud != realm.audience {
        return Err(TokenError::Elsewhere);
    }
    let second = now.0 / 1_000_000_000;
    if claims.exp <= second {
        return Err(TokenError::Over);
    }
    if claims.iat > second + AHEAD_S {
        return Err(TokenError::Early);
    }
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn realm() -> Realm {
        Realm {
            issuer: "tradewind".to_owned(),
            audience: "tradewind/api/v1".to_owned(),
        }
    }

    fn claims() -> Claims {
        Claims {
            iss: "tradewind".to_owned(),
            aud: "tradewind/api/v1".to_owned(),
            sub: "u1".to_owned(),
            sid: "f1".to_owned(),
            client_id: "tradewind".to_owned(),
            iat: 1_000,
            exp: 1_900,
            jti: "j".to_owned(),
        }
    }

    fn checked(token: &str, signer: &Signer, second: u64) -> Result<Claims, TokenError> {
        verify(token, signer.public(), &realm(), UnixNanos::from_secs(second))
    }

    /// RFC 8037, appendix A: the key of A.1, its thumbprint in A.3, the signature of A.4.
    #[test]
    fn keys_thumbprints_and_signatures_are_those_of_the_rfc() {
        let seed = BASE64
            .decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
            .expect("base64");
        let signer = Signer::of(&seed).expect("a seed");
        let x = BASE64.encode(signer.public());
        assert_eq!(x, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(signer.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let payload = BASE64.encode("Example of Ed25519 signing");
        let signed = signer.signed("eyJhbGciOiJFZERTQSJ9", &payload);
        assert_eq!(
            signed,
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        );
    }

    #[test]
    fn a_token_holds_until_its_end_for_its_audience() {
        let signer = Signer::of(&[1; 32]).expect("a seed");
        let token = signer.sign(&claims());
        assert_eq!(kid_of(&token).as_deref(), Ok(signer.kid()));
        assert_eq!(checked(&token, &signer, 1_000), Ok(claims()));
        assert_eq!(checked(&token, &signer, 1_899), Ok(claims()));
        assert_eq!(checked(&token, &signer, 1_900), Err(TokenError::Over));
        assert_eq!(checked(&token, &signer, 900), Err(TokenError::Early));
        let elsewhere = [
            Claims {
                iss: "somebody".to_owned(),
                ..claims()
            },
            Claims {
                aud: "tradewind".to_owned(),
                ..claims()
            },
        ];
        for other in elsewhere {
            let token = signer.sign(&other);
            assert_eq!(checked(&token, &signer, 1_000), Err(TokenError::Elsewhere));
        }
    }

    #[test]
    fn a_token_cannot_choose_its_algorithm_or_its_key() {
        let signer = Signer::of(&[1; 32]).expect("a seed");
        let payload = BASE64.encode(serde_json::to_vec(&claims()).expect("json"));
        let kid = signer.kid().to_owned();
        let forged = |header: String| signer.signed(&BASE64.encode(header), &payload);
        for alg in ["none", "None", "HS256", "RS256", "ES256", "eddsa", "Ed25519", ""] {
            let token = forged(format!(r#"{{"alg":"{alg}","typ":"at+jwt","kid":"{kid}"}}"#));
            assert_eq!(
                checked(&token, &signer, 1_000),
                Err(TokenError::Algorithm),
                "{alg}"
            );
        }
        let id_token = forged(format!(r#"{{"alg":"EdDSA","typ":"JWT","kid":"{kid}"}}"#));
        assert_eq!(checked(&id_token, &signer, 1_000), Err(TokenError::Algorithm));
        for more in [
            r#""jwk":{}"#,
            r#""x5u":"https://x""#,
            r#""crit":[]"#,
            r#""alg":"EdDSA""#,
        ] {
            let token = forged(format!(
                r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"{kid}",{more}}}"#
            ));
            assert_eq!(
                checked(&token, &signer, 1_000),
                Err(TokenError::Malformed),
                "{more}"
            );
        }
        // The public key as a secret of HMAC-SHA-256, in a token that says so and in one that says EdDSA.
        let hmac = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, signer.public());
        for alg in ["HS256", "EdDSA"] {
            let header = BASE64.encode(format!(r#"{{"alg":"{alg}","typ":"at+jwt","kid":"{kid}"}}"#));
            let message = format!("{header}.{payload}");
            let tag = BASE64.encode(ring::hmac::sign(&hmac, message.as_bytes()));
            assert!(
                checked(&format!("{message}.{tag}"), &signer, 1_000).is_err(),
                "{alg}"
            );
        }
        let other = Signer::of(&[2; 32]).expect("a seed");
        assert_eq!(
            checked(&other.sign(&claims()), &signer, 1_000),
            Err(TokenError::Signature)
        );
    }

    #[test]
    fn every_changed_character_is_refused_and_nonsense_is_no_token() {
        let signer = Signer::of(&[1; 32]).expect("a seed");
        let token = signer.sign(&claims());
        for place in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("text");
            assert!(checked(&changed, &signer, 1_000).is_err(), "place {place}");
        }
        let unsigned = token.rsplit_once('.').expect("three parts").0.to_owned();
        let long = format!("{token}{}", "A".repeat(TOKEN_BYTES_MAX));
        let padded = format!("{token}=");
        for text in [
            "",
            ".",
            "..",
            "a.b.c",
            "....",
            &unsigned,
            &format!("{unsigned}."),
            &long,
            &padded,
        ] {
            assert!(checked(text, &signer, 1_000).is_err(), "{text}");
        }
        assert_eq!(format!("{signer:?}"), "Signer");
    }
}

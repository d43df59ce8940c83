//! ID tokens: OpenID Connect Core 1.0, 3.1.3.7 (validation) and 3.1.3.6 (`at_hash`), RFC 7515.
//!
//! What a token says of its own algorithm is looked up in what the operator allows, and the key is taken from the
//! provider's key set alone: `none`, symmetric algorithms, and keys that a token brings along are nothing here.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::digest;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::keys::{Checked, Keys};
use super::settings::Algorithm;
use crate::identity::same;

/// A longer text is no ID token for us.
const TOKEN_BYTES_MAX: usize = 32 * 1024;
/// How far the provider's clock may be off.
const LEEWAY_S: f64 = 60.0;
/// The oldest token that is taken: people have ten minutes to sign in.
const AGE_MAX_S: f64 = 600.0;
/// Longest `sub` (OpenID Connect Core 1.0, 2).
const SUBJECT_MAX: usize = 255;

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

/// `aud`, which is one or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// What a token says.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Claims {
    iss: String,
    /// The person, by the provider's name.
    pub(crate) sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<String>,
    at_hash: Option<String>,
    /// Methods by which they proved who they are (RFC 8176).
    #[serde(default)]
    pub(crate) amr: Vec<String>,
    /// The authentication context.
    pub(crate) acr: Option<String>,
    email: Option<String>,
    email_verified: Option<Value>,
    /// The name that they would like to have.
    pub(crate) preferred_username: Option<String>,
    /// Their name.
    pub(crate) name: Option<String>,
    /// The rest: the operator names one that tells the role.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// Why a token is not believed; for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("it is no signed token of three parts")]
    Malformed,
    #[error("it is signed in a way that is not allowed")]
    Algorithm,
    #[error("it needs an extension that is not known (`crit`)")]
    Critical,
    #[error("the provider has no key of that name")]
    KeyUnknown,
    #[error("the signature is wrong")]
    Signature,
    #[error("its claims cannot be read")]
    Claims,
    #[error("it is of another issuer")]
    Issuer,
    #[error("it is for another audience")]
    Audience,
    #[error("another party is authorised by it")]
    AuthorizedParty,
    #[error("it is over")]
    Over,
    #[error("it is from the future")]
    Early,
    #[error("it is too old")]
    Old,
    #[error("it answers another request (nonce)")]
    Nonce,
    #[error("it goes with another access token (at_hash)")]
    AccessToken,
    #[error("it names nobody")]
    Subject,
}

/// What a token has to say.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) algorithms: &'a [Algorithm],
    /// The access token that came with it.
    pub(crate) access_token: Option<&'a str>,
    /// Seconds since 1970.
    pub(crate) now_s: f64,
}

fn decode(part: &str) -> Result<Vec<u8>, Fault> {
    BASE64.decode(part).map_err(|_| Fault::Malformed)
}

/// Checks a token.
///
/// # Errors
/// The first [`Fault`].
pub(crate) fn verify(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<Claims, Fault> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        return Err(Fault::Malformed);
    };
    if token.len() > TOKEN_BYTES_MAX {
        return Err(Fault::Malformed);
    }
    let head: Header = serde_json::from_slice(&decode(header)?).map_err(|_| Fault::Malformed)?;
    if head.crit.is_some() {
        return Err(Fault::Critical);
    }
    let algorithm = Algorithm::of(&head.alg).filter(|algorithm| expected.algorithms.contains(algorithm));
    let algorithm = algorithm.ok_or(Fault::Algorithm)?;
    let message = &token[..header.len() + 1 + payload.len()];
    let signature = decode(signature)?;
    match keys.check(algorithm, head.kid.as_deref(), message.as_bytes(), &signature) {
        Checked::Right => {}
        Checked::Wrong => return Err(Fault::Signature),
        Checked::NoKey => return Err(Fault::KeyUnknown),
    }
    let claims: Claims = serde_json::from_slice(&decode(payload)?).map_err(|_| Fault::Claims)?;
    claims.check(algorithm, expected)?;
    Ok(claims)
}

impl Claims {
    fn check(&self, algorithm: Algorithm, expected: &Expected<'_>) -> Result<(), Fault> {
        if self.iss != expected.issuer {
            return Err(Fault::Issuer);
        }
        let (ours, alone) = match &self.aud {
            Audience::One(one) => (one == expected.client_id, true),
            Audience::Many(many) => (many.iter().any(|one| one == expected.client_id), many.len() == 1),
        };
        if !ours {
            return Err(Fault::Audience);
        }
        let party = self.azp.as_deref();
        if party.is_some_and(|party| party != expected.client_id) || (!alone && party.is_none()) {
            return Err(Fault::AuthorizedParty);
        }
        let now = expected.now_s;
        // JSON has no numbers that are none: each of these comparisons decides.
        if self.exp + LEEWAY_S <= now {
            return Err(Fault::Over);
        }
        let early = |from: f64| from - LEEWAY_S > now;
        if early(self.iat) || self.nbf.is_some_and(early) {
            return Err(Fault::Early);
        }
        if self.iat + AGE_MAX_S + LEEWAY_S < now {
            return Err(Fault::Old);
        }
        if !self
            .nonce
            .as_deref()
            .is_some_and(|nonce| same(nonce, expected.nonce))
        {
            return Err(Fault::Nonce);
        }
        if let Some(hash) = &self.at_hash {
            let bound = expected
                .access_token
                .is_some_and(|token| same(hash, &half_hash(algorithm, token)));
            if !bound {
                return Err(Fault::AccessToken);
            }
        }
        if self.sub.is_empty() || self.sub.len() > SUBJECT_MAX {
            return Err(Fault::Subject);
        }
        Ok(())
    }

    /// The e-mail address, when the provider says that it is theirs.
    pub(crate) fn verified_email(&self) -> Option<&str> {
        let verified = match &self.email_verified {
            Some(Value::Bool(verified)) => *verified,
            // Some providers say it as text.
            Some(Value::String(text)) => text == "true",
            _ => false,
        };
        self.email.as_deref().filter(|_| verified)
    }

    /// The values of a claim that is a text or a list of texts; a dot leads into an object where there is no claim of
    /// the whole name.
    pub(crate) fn values(&self, claim: &str) -> Vec<&str> {
        let whole = self.rest.get(claim);
        let found = whole.or_else(|| {
            let mut parts = claim.split('.');
            let first = self.rest.get(parts.next()?)?;
            parts.try_fold(first, |at, part| at.as_object()?.get(part))
        });
        match found {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }
}

/// The left half of the hash that goes with the algorithm; Ed25519 hashes with SHA-512 (RFC 8032).
fn half_hash(algorithm: Algorithm, text: &str) -> String {
    let by = match algorithm {
        Algorithm::Rs256 | Algorithm::Es256 => &digest::SHA256,
        Algorithm::EdDsa => &digest::SHA512,
    };
    let hash = digest::digest(by, text.as_bytes());
    BASE64.encode(&hash.as_ref()[..hash.as_ref().len() / 2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{Ed25519KeyPair, KeyPair as _};
    use serde_json::json;

    const NOW: f64 = 1_800_000_000.0;

    struct Signer(Ed25519KeyPair);

    impl Signer {
        fn new(seed: u8) -> Self {
            Self(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("32 bytes"))
        }

        fn keys(&self) -> Keys {
            let x = BASE64.encode(self.0.public_key().as_ref());
            let set = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": x}]});
            Keys::read(set.to_string().as_bytes()).expect("a key")
        }

        fn token(&self, header: &Value, claims: &str) -> String {
            let message = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims));
            let signature = BASE64.encode(self.0.sign(message.as_bytes()));
            format!("{message}.{signature}")
        }
    }

    fn header() -> Value {
        json!({"alg": "EdDSA", "kid": "k"})
    }

    fn claims() -> Value {
        json!({"iss": "https://id.test", "sub": "s1", "aud": "me", "exp": NOW + 300.0, "iat": NOW, "nonce": "n"})
    }

    fn expected<'a>() -> Expected<'a> {
        Expected {
            issuer: "https://id.test",
            client_id: "me",
            nonce: "n",
            algorithms: &Algorithm::ALL,
            access_token: Some("at"),
            now_s: NOW,
        }
    }

    fn checked(change: impl FnOnce(&mut Value)) -> Result<Claims, Fault> {
        let signer = Signer::new(1);
        let mut claims = claims();
        change(&mut claims);
        verify(
            &signer.token(&header(), &claims.to_string()),
            &signer.keys(),
            &expected(),
        )
    }

    #[test]
    fn a_token_that_says_what_it_has_to_is_believed() {
        assert_eq!(checked(|_| {}).expect("believed").sub, "s1");
        assert!(checked(|c| c["aud"] = json!(["me"])).is_ok());
        assert!(
            checked(|c| {
                c["aud"] = json!(["me", "other"]);
                c["azp"] = json!("me");
            })
            .is_ok()
        );
        assert!(checked(|c| c["at_hash"] = json!(half_hash(Algorithm::EdDsa, "at"))).is_ok());
        assert!(
            checked(|c| c["exp"] = json!(NOW - 59.0)).is_ok(),
            "within the leeway"
        );
        assert!(checked(|c| c["iat"] = json!(NOW + 59.0)).is_ok());
    }

    #[test]
    fn every_claim_that_is_wrong_or_missing_is_a_fault_of_its_own() {
        let mut cases: Vec<(&str, Value, Fault)> = vec![
            ("iss", json!("https://id.test/"), Fault::Issuer),
            ("aud", json!("other"), Fault::Audience),
            ("aud", json!([]), Fault::Audience),
            ("aud", json!(["me", "other"]), Fault::AuthorizedParty),
            ("azp", json!("other"), Fault::AuthorizedParty),
            ("exp", json!(NOW - 61.0), Fault::Over),
            ("iat", json!(NOW + 61.0), Fault::Early),
            ("nbf", json!(NOW + 61.0), Fault::Early),
            ("iat", json!(NOW - 661.0), Fault::Old),
            ("nonce", json!("m"), Fault::Nonce),
            ("at_hash", json!("AAAA"), Fault::AccessToken),
            ("sub", json!(""), Fault::Subject),
            ("sub", json!("x".repeat(256)), Fault::Subject),
            ("exp", json!("soon"), Fault::Claims),
            ("amr", json!("mfa"), Fault::Claims),
        ];
        for missing in ["iss", "sub", "aud", "exp", "iat"] {
            cases.push((missing, Value::Null, Fault::Claims));
        }
        cases.push(("nonce", Value::Null, Fault::Nonce));
        for (claim, value, fault) in cases {
            let changed = checked(|c| {
                if value.is_null() {
                    c.as_object_mut().expect("an object").remove(claim);
                } else {
                    c[claim] = value.clone();
                }
            });
            assert_eq!(changed.expect_err(claim), fault, "{claim}: {value}");
        }
    }

    #[test]
    fn what_is_signed_otherwise_is_not_believed() {
        let (signer, other) = (Signer::new(1), Signer::new(2));
        let (keys, text) = (signer.keys(), claims().to_string());
        let fault = |token: &str| verify(token, &keys, &expected()).expect_err("refused");
        let good = signer.token(&header(), &text);
        assert!(verify(&good, &keys, &expected()).is_ok());
        assert_eq!(fault(&other.token(&header(), &text)), Fault::Signature);
        for alg in ["none", "None", "", "HS256", "RS384", "eddsa"] {
            let token = signer.token(&json!({"alg": alg, "kid": "k"}), &text);
            assert_eq!(fault(&token), Fault::Algorithm, "{alg}");
        }
        // The public key as the secret of an HMAC, which a verifier that obeys the header would take.
        let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, signer.0.public_key().as_ref());
        let message = format!(
            "{}.{}",
            BASE64.encode(r#"{"alg":"HS256","kid":"k"}"#),
            BASE64.encode(&text)
        );
        let mac = BASE64.encode(ring::hmac::sign(&secret, message.as_bytes()));
        assert_eq!(fault(&format!("{message}.{mac}")), Fault::Algorithm);
        let unsigned = format!("{}.{}.", BASE64.encode(r#"{"alg":"none"}"#), BASE64.encode(&text));
        assert_eq!(fault(&unsigned), Fault::Algorithm);
        assert_eq!(
            fault(&signer.token(&json!({"alg": "EdDSA", "kid": "new"}), &text)),
            Fault::KeyUnknown
        );
        assert_eq!(
            fault(&signer.token(&json!({"alg": "EdDSA", "kid": "k", "crit": ["x"]}), &text)),
            Fault::Critical
        );
        // A key that the token brings along is not looked at.
        let x = BASE64.encode(other.0.public_key().as_ref());
        let own = json!({"alg": "EdDSA", "kid": "k", "jwk": {"kty": "OKP", "crv": "Ed25519", "x": x}});
        assert_eq!(fault(&other.token(&own, &text)), Fault::Signature);
        let twice = text.replacen('{', "{\"sub\":\"s2\",", 1);
        assert_eq!(fault(&signer.token(&header(), &twice)), Fault::Claims);
        for broken in ["", "a.b", "a.b.c.d", "..", "!.!.!", "x".repeat(40_000).as_str()] {
            assert_eq!(fault(broken), Fault::Malformed);
        }
        let mut only = expected();
        only.algorithms = &[Algorithm::Rs256];
        assert_eq!(
            verify(&good, &keys, &only).expect_err("not allowed"),
            Fault::Algorithm
        );
    }

    #[test]
    fn roles_are_found_in_texts_lists_and_objects_and_mail_only_when_it_is_verified() {
        let claims = checked(|c| {
            c["groups"] = json!(["a", "b", 7]);
            c["role"] = json!("boss");
            c["realm_access"] = json!({"roles": ["deep"]});
            c["https://x.test/roles"] = json!(["url"]);
            c["email"] = json!("asha@id.test");
        })
        .expect("believed");
        assert_eq!(claims.values("groups"), ["a", "b"]);
        assert_eq!(claims.values("role"), ["boss"]);
        assert_eq!(claims.values("realm_access.roles"), ["deep"]);
        assert_eq!(claims.values("https://x.test/roles"), ["url"]);
        assert!(claims.values("nothing.at.all").is_empty());
        assert_eq!(claims.verified_email(), None);
        let said = |verified: Value| {
            let claims = checked(|c| {
                c["email"] = json!("asha@id.test");
                c["email_verified"] = verified;
            });
            claims.expect("believed").verified_email().map(str::to_owned)
        };
        assert_eq!(said(json!(true)).as_deref(), Some("asha@id.test"));
        assert_eq!(said(json!("true")).as_deref(), Some("asha@id.test"));
        assert_eq!(said(json!(false)), None);
        assert_eq!(said(json!(1)), None);
    }
}

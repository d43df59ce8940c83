//! The keys that a provider signs with (RFC 7517, 7518, 8037), and checking a signature by one.
//!
//! Of a key set only what an allowed algorithm can use is kept: symmetric keys, keys for encryption and broken ones are
//! passed over, so that one odd key does not keep everybody out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;

use super::settings::Algorithm;

/// Most keys of a set.
const KEYS_MAX: usize = 64;

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Debug, Clone)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

#[derive(Debug, Clone)]
struct Key {
    kid: Option<String>,
    material: Material,
}

/// A provider's keys.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys(Vec<Key>);

fn bytes(text: Option<&String>) -> Option<Vec<u8>> {
    BASE64.decode(text?.as_bytes()).ok()
}

/// A coordinate of P-256, which has 32 bytes to the letter (RFC 7518, 6.2.1.2).
fn coordinate(text: Option<&String>) -> Option<Vec<u8>> {
    bytes(text).filter(|bytes| bytes.len() == 32)
}

impl Key {
    fn of(value: serde_json::Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        if jwk.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let material = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => {
                // Leading zeros do not belong to a number, and `ring` does not take them.
                let number = |text| {
                    let bytes = bytes(text)?;
                    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
                    Some(bytes[zeros..].to_vec())
                };
                Material::Rsa {
                    n: number(jwk.n.as_ref())?,
                    e: number(jwk.e.as_ref())?,
                }
            }
            ("EC", Some("P-256")) => {
                let point = [vec![4], coordinate(jwk.x.as_ref())?, coordinate(jwk.y.as_ref())?];
                Material::P256(point.concat())
            }
            ("OKP", Some("Ed25519")) => Material::Ed25519(coordinate(jwk.x.as_ref())?),
            _ => return None,
        };
        let key = Self {
            kid: jwk.kid,
            material,
        };
        let said = jwk.alg.as_deref();
        // A key that says of itself for what it is is for nothing else.
        said.is_none_or(|alg| alg == key.algorithm().name() || (alg == "Ed25519" && key.is_ed25519()))
            .then_some(key)
    }

    fn is_ed25519(&self) -> bool {
        matches!(self.material, Material::Ed25519(_))
    }

    fn algorithm(&self) -> Algorithm {
        match self.material {
            Material::Rsa { .. } => Algorithm::Rs256,
            Material::P256(_) => Algorithm::Es256,
            Material::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified = match &self.material {
            Material::Rsa { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
            Material::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            Material::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
        };
        verified.is_ok()
    }
}

/// What a set of keys says of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checked {
    Right,
    Wrong,
    /// No key of that name and kind; a newer set may have it.
    NoKey,
}

impl Keys {
    /// Reads a key set.
    pub(crate) fn read(body: &[u8]) -> Result<Self, String> {
        let set: KeySet = serde_json::from_slice(body).map_err(|error| format!("no key set: {error}"))?;
        let keys: Vec<Key> = set.keys.into_iter().take(KEYS_MAX).filter_map(Key::of).collect();
        if keys.is_empty() {
            return Err("the key set has no key that could sign an ID token".to_owned());
        }
        Ok(Self(keys))
    }

    /// Checks a signature by the key of that name; without a name by the only key of the kind.
    pub(crate) fn check(
        &self,
        algorithm: Algorithm,
        kid: Option<&str>,
        message: &[u8],
        signature: &[u8],
    ) -> Checked {
        let fits = |key: &&Key| {
            key.algorithm() == algorithm && kid.is_none_or(|kid| key.kid.as_deref() == Some(kid))
        };
        let mut fitting = self.0.iter().filter(fits);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) if key.verifies(message, signature) => Checked::Right,
            (Some(_), None) => Checked::Wrong,
            _ => Checked::NoKey,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 7515, A.2 (RS256) and A.3 (ES256), and of RFC 8037, A.4 (EdDSA): key, signing input, signature.
    const RFC: [(Algorithm, &str, &str, &str); 3] = [
        (
            Algorithm::Rs256,
            r#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}"#,
            "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
        ),
        (
            Algorithm::Es256,
            r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        ),
        (
            Algorithm::EdDsa,
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        ),
    ];

    fn set(keys: &[String]) -> String {
        format!("{{\"keys\":[{}]}}", keys.join(","))
    }

    #[test]
    fn the_examples_of_the_rfcs_verify_and_others_do_not() {
        for (algorithm, key, message, signature) in RFC {
            let keys = Keys::read(set(&[key.to_owned()]).as_bytes()).expect("a key");
            let signature = BASE64.decode(signature).expect("base64url");
            let check =
                |message: &str, signature: &[u8]| keys.check(algorithm, None, message.as_bytes(), signature);
            assert_eq!(check(message, &signature), Checked::Right, "{algorithm:?}");
            assert_eq!(check(&format!("{message}x"), &signature), Checked::Wrong);
            let mut other = signature.clone();
            other[9] ^= 1;
            assert_eq!(check(message, &other), Checked::Wrong);
            assert_eq!(check(message, &[]), Checked::Wrong);
            for wrong in Algorithm::ALL.into_iter().filter(|other| *other != algorithm) {
                assert_eq!(
                    keys.check(wrong, None, message.as_bytes(), &signature),
                    Checked::NoKey
                );
            }
        }
    }

    #[test]
    fn a_key_is_found_by_its_name_and_never_guessed_among_several() {
        let (algorithm, key, message, signature) = RFC[1];
        let signature = BASE64.decode(signature).expect("base64url");
        let named = |kid: &str| key.replacen('{', &format!("{{\"kid\":\"{kid}\","), 1);
        let keys = Keys::read(set(&[named("one"), named("two")]).as_bytes()).expect("keys");
        let check = |kid| keys.check(algorithm, kid, message.as_bytes(), &signature);
        assert_eq!(check(Some("two")), Checked::Right);
        assert_eq!(check(Some("three")), Checked::NoKey);
        assert_eq!(check(None), Checked::NoKey);
    }

    #[test]
    fn keys_for_something_else_and_broken_ones_are_passed_over() {
        let good = RFC[2].1.to_owned();
        let others = [
            r#"{"kty":"oct","k":"AAAA"}"#,
            r#"{"kty":"RSA","n":"!","e":"AQAB"}"#,
            r#"{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}"#,
            r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#,
            r#"{"kty":"OKP","crv":"Ed25519","use":"enc","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            r#"{"kty":"OKP","crv":"Ed25519","alg":"HS256","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            "7",
        ];
        let mut all: Vec<String> = others.iter().map(|&text| text.to_owned()).collect();
        assert!(Keys::read(set(&all).as_bytes()).is_err(), "none of them is one");
        all.push(good);
        assert_eq!(Keys::read(set(&all).as_bytes()).expect("one").0.len(), 1);
        assert!(Keys::read(b"{}").is_err());
    }
}

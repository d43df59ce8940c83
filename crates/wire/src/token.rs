//! Access tokens of programs, and links by which a password is set anew.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Time;

/// Opens a family of tokens with a password.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// Name to sign in with.
    #[schema(example = "asha", max_length = 64)]
    pub username: String,
    /// Password.
    #[schema(max_length = 256)]
    pub password: String,
    /// Six digits of the app, or a backup code; needed by those with a second factor.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub code: Option<String>,
}

/// Shows a refresh token: to get new tokens, or to end its family.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRefresh {
    /// The refresh token. It works once.
    #[schema(max_length = 256)]
    pub refresh_token: String,
}

/// An access token and the refresh token that gets the next.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Tokens {
    /// A JWT (EdDSA) for `Authorization: Bearer`.
    pub access_token: String,
    /// `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: String,
    /// Seconds until the access token ends.
    #[schema(example = 900)]
    pub expires_in: u64,
    /// Opaque; each works once. One that is shown a second time ends the family: somebody has a copy.
    pub refresh_token: String,
    /// When the family ends, however often it is refreshed.
    pub refresh_expires_at: Time,
}

/// The keys that access tokens are signed with (RFC 7517).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct JwkSet {
    /// Newest first; the first signs.
    pub keys: Vec<Jwk>,
}

/// The public half of an Ed25519 key (RFC 8037).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Jwk {
    /// `OKP`.
    pub kty: String,
    /// `Ed25519`.
    pub crv: String,
    /// `EdDSA`.
    pub alg: String,
    /// `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// Its name: the thumbprint of RFC 7638.
    pub kid: String,
    /// The public key, base64url.
    pub x: String,
}

/// Asks for a link by which one's password is set anew. The answer is the same whether the name exists or not.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetRequest {
    /// Name to sign in with.
    #[schema(example = "asha", max_length = 64)]
    pub username: String,
}

/// A link's token; the only time that it is shown. It belongs behind `#reset=`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ResetLink {
    /// The token. It works once.
    pub token: String,
    /// When it ends.
    pub expires_at: Time,
}

/// Sets a password anew.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordReset {
    /// The link's token.
    #[schema(max_length = 512)]
    pub token: String,
    /// The new password: at least 12 characters, not on the breach list.
    #[schema(min_length = 12, max_length = 256)]
    pub new_password: String,
}

//! Signing in by OpenID Connect providers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Time;

/// A provider that people may sign in with: `GET /oidc/{id}/start`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct OidcProvider {
    /// Its id.
    #[schema(example = "work")]
    pub id: String,
    /// Its name for people.
    #[schema(example = "Example Corp")]
    pub name: String,
}

/// An identity at a provider that somebody signs in with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct LinkedIdentity {
    /// Id of the link.
    pub id: String,
    /// Id of the provider.
    pub provider: String,
    /// Its name for people.
    pub provider_name: String,
    /// When it was linked.
    pub created_at: Time,
    /// When it was last signed in with; null = never.
    pub last_used_at: Option<Time>,
}

/// Begins to link an identity.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIdentity {
    /// Id of the provider.
    #[schema(example = "work", max_length = 32)]
    pub provider: String,
    /// One's password.
    #[schema(max_length = 256)]
    pub password: String,
    /// Six digits of the app, or a backup code; needed by those with a second factor.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub code: Option<String>,
}

/// Where to send the browser.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct OidcDeparture {
    /// The provider's address, with everything it needs.
    pub url: String,
}

/// Proves who one is with the password.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordProof {
    /// One's password.
    #[schema(max_length = 256)]
    pub password: String,
}

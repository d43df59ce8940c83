//! Signing in by OpenID Connect providers that the operator names. The endpoints and the settings are part of every program;
//! what speaks with providers is there with the cargo feature `oidc` alone.
//!
//! A browser goes `GET /oidc/{provider}/start` → provider → `GET /oidc/callback`, and is in: with the same session as by a
//! password, after our second factor unless the operator trusts the provider's. What came back is checked by [`id_token`],
//! who that is here is decided by [`people`].
//!
//! What is absent: no token of the provider is kept, no address but those of configured issuers is asked, nobody is sent
//! anywhere but to the provider and to `/`.

#[cfg(feature = "oidc")]
mod fetch;
#[cfg(feature = "oidc")]
mod id_token;
#[cfg(feature = "oidc")]
mod keys;
#[cfg(feature = "oidc")]
mod login;
#[cfg(feature = "oidc")]
mod pending;
#[cfg(feature = "oidc")]
mod people;
#[cfg(feature = "oidc")]
mod provider;
pub mod settings;
#[cfg(not(feature = "oidc"))]
mod without;

use http::HeaderValue;
use serde::Deserialize;
use tradewind_store::identity::users::UserRow;

#[cfg(feature = "oidc")]
pub use login::Oidc;
#[cfg(feature = "oidc")]
pub(crate) use login::forget_browser;
pub use settings::OidcProvider;
#[cfg(not(feature = "oidc"))]
pub use without::Oidc;
#[cfg(not(feature = "oidc"))]
pub(crate) use without::forget_browser;

/// Whether this program can speak with providers.
pub const IS_BUILT_IN: bool = cfg!(feature = "oidc");

/// A browser that is sent to a provider.
pub struct Begun {
    /// Where to.
    pub url: String,
    /// By what it is known when it comes back.
    pub cookie: HeaderValue,
}

/// With what a browser comes back (RFC 6749, 4.1.2; RFC 9207).
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Returned {
    /// What it was sent with.
    pub state: Option<String>,
    /// The code.
    pub code: Option<String>,
    /// The provider's issuer.
    pub iss: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
}

/// What became of it.
pub enum Landed {
    /// This person is in.
    SignedIn(Box<UserRow>),
    /// They have to show their second factor; the cookie tells who it is about.
    CodeNeeded(HeaderValue),
    /// The identity is linked.
    Linked,
}

//! The program without the feature: there are no providers, and nothing can be made that would speak with one.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue};
use tradewind_store::identity::users::UserRow;

use super::{Begun, Landed, OidcProvider, Returned};
use crate::AppState;
use crate::extract::RequestInfo;
use crate::identity::Caller;
use crate::problem::{ApiError, ApiResult, Code};

/// Signing in by providers: there is none of it.
pub enum Oidc {}

impl Oidc {
    /// None. The command line refuses a configuration that names providers.
    #[must_use]
    pub fn of(_: &[OidcProvider]) -> Option<Arc<Self>> {
        None
    }

    /// Cannot be called.
    #[allow(unreachable_code, reason = "what comes after tells the type")]
    pub fn providers(&self) -> impl Iterator<Item = &OidcProvider> {
        match *self {}
        std::iter::empty()
    }

    /// Cannot be called.
    ///
    /// # Errors
    /// Never.
    #[allow(clippy::unused_async, reason = "the same face as with the feature")]
    pub async fn begin(&self, _: &AppState, _: &str) -> ApiResult<Begun> {
        match *self {}
    }

    /// Cannot be called.
    ///
    /// # Errors
    /// Never.
    #[allow(clippy::unused_async, reason = "the same face as with the feature")]
    pub async fn begin_link(&self, _: &AppState, _: &str, _: &Caller) -> ApiResult<Begun> {
        match *self {}
    }

    /// Cannot be called.
    ///
    /// # Errors
    /// Never.
    #[allow(clippy::unused_async, reason = "the same face as with the feature")]
    pub async fn land(
        &self,
        _: &AppState,
        _: &RequestInfo,
        _: &HeaderMap,
        _: &Returned,
    ) -> ApiResult<Landed> {
        match *self {}
    }

    /// Cannot be called.
    ///
    /// # Errors
    /// Never.
    #[allow(clippy::unused_async, reason = "the same face as with the feature")]
    pub async fn complete(
        &self,
        _: &AppState,
        _: &RequestInfo,
        _: &HeaderMap,
        _: &str,
    ) -> ApiResult<(UserRow, String)> {
        match *self {}
    }
}

/// No cookie was ever set.
pub(crate) fn forget_browser(_: &AppState) -> ApiResult<HeaderValue> {
    Err(ApiError::of(Code::OidcProviderUnknown))
}

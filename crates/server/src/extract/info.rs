//! What is known of a request before anyone looks at it.

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::problem::ApiError;

/// The request's id and where it comes from.
#[derive(Debug, Clone, Default)]
pub struct RequestInfo {
    /// The id, the same in logs, audit and journal.
    pub correlation_id: String,
    /// Address of the peer, as text.
    pub ip: String,
    /// Address of the peer, where known.
    pub peer: Option<std::net::IpAddr>,
    /// Whether the peer is this machine.
    pub loopback: bool,
    /// The browser, as it calls itself, cut.
    pub user_agent: String,
}

impl<S: Send + Sync> FromRequestParts<S> for RequestInfo {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

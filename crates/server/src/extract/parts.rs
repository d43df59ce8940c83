//! Callers, accounts, path parameters and query strings.

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::access::AccountAccess;
use crate::identity::Caller;
use crate::problem::{ApiError, ApiResult, Code, NUL};

/// The caller, of whom the guard has made sure.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Arc<Caller>);

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let caller = parts.extensions.get::<Arc<Caller>>().cloned();
        caller
            .map(Self)
            .ok_or_else(|| ApiError::of(Code::Unauthenticated))
    }
}

/// The caller of a public route, if known.
#[derive(Debug, Clone)]
pub struct MaybeCaller(pub Option<Arc<Caller>>);

impl<S: Send + Sync> FromRequestParts<S> for MaybeCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(parts.extensions.get::<Arc<Caller>>().cloned()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for AccountAccess {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| ApiError::of(Code::AccountUnknown))
    }
}

/// Path parameters by name, percent-decoded.
pub struct Params(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let raw = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::new(Code::BadRequest, "a path segment is not UTF-8"))?;
        // Nothing is named with it, and PostgreSQL does not even compare with it.
        if raw.iter().any(|(_, value)| value.contains('\0')) {
            return Err(ApiError::of(Code::NotFound));
        }
        Ok(Self(
            raw.iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        ))
    }
}

impl Params {
    /// A parameter as text.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(n, _)| n == name)
            .map_or("", |(_, value)| value)
    }

    /// A parameter as an id; one that is malformed names nothing, so it is answered like one that is unknown.
    ///
    /// # Errors
    /// `unknown`.
    pub fn id<T: FromStr>(&self, name: &str, unknown: Code) -> ApiResult<T> {
        self.text(name).parse().map_err(|_| ApiError::of(unknown))
    }
}

/// The query string.
#[derive(Debug)]
pub struct QueryOf<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryOf<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let pairs = parts.uri.query().unwrap_or_default().as_bytes();
        let nul =
            form_urlencoded::parse(pairs).find(|(name, value)| name.contains('\0') || value.contains('\0'));
        if let Some((name, _)) = nul {
            return Err(ApiError::field(
                name.replace('\0', "\u{fffd}"),
                "NUL_CHARACTER",
                NUL,
            ));
        }
        let deserializer = serde_urlencoded::Deserializer::new(form_urlencoded::parse(pairs));
        match serde_path_to_error::deserialize(deserializer) {
            Ok(query) => Ok(Self(query)),
            Err(error) => {
                let field = match error.path().to_string() {
                    path if path == "." => String::new(),
                    path => path,
                };
                Err(ApiError::field(field, "MALFORMED", error.inner().to_string()))
            }
        }
    }
}

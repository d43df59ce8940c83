//! Errors as callers see them: a catalogue of stable codes, and one value that every failure becomes.
//!
//! A handler returns an [`ApiError`]; it leaves as an empty response that carries the error as an extension, and the
//! outermost middleware writes the `application/problem+json` body, because only it knows the request's path and
//! id. So nothing can answer an error in another form.

mod catalogue;
mod from;
mod remedy;

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode};
use tradewind_types::UnixNanos;
use tradewind_wire::{FieldError, Problem, Time};

pub use catalogue::Code;
pub(crate) use from::NUL;

/// A failure on its way to the caller. Says nothing of internals.
#[derive(Debug, Clone)]
pub struct ApiError {
    /// Which.
    pub code: Code,
    /// What happened here.
    pub detail: String,
    /// Fields that were refused.
    pub errors: Vec<FieldError>,
    /// Headers that belong to it, e.g. `Retry-After`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// What handlers return.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// An error with its own words.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// An error in the catalogue's words.
    #[must_use]
    pub fn of(code: Code) -> Self {
        Self::new(code, code.description())
    }

    /// A validation error of one field.
    pub fn field(field: impl Into<String>, code: &str, message: impl Into<String>) -> Self {
        Self::fields(vec![FieldError {
            field: field.into(),
            code: code.to_owned(),
            message: message.into(),
        }])
    }

    /// A validation error of several fields.
    #[must_use]
    pub fn fields(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [one] => one.message.clone(),
            many => format!("{} fields were refused", many.len()),
        };
        Self {
            code: Code::Validation,
            detail,
            errors,
            headers: Vec::new(),
        }
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Adds `Retry-After`.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.with_header(http::header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// The body for a request.
    #[must_use]
    pub fn problem(&self, instance: &str, correlation_id: &str, now: UnixNanos) -> Problem {
        Problem {
            kind: format!("/api/v1/errors#{}", self.code.name()),
            title: self.code.title().to_owned(),
            status: self.code.status().as_u16(),
            detail: self.detail.clone(),
            instance: instance.to_owned(),
            error_code: self.code.name().to_owned(),
            correlation_id: correlation_id.to_owned(),
            timestamp: Time(now),
            errors: self.errors.clone(),
        }
    }

    /// The error for a bare status, for answers that the framework made.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        Self::of(match status {
            StatusCode::BAD_REQUEST => Code::BadRequest,
            StatusCode::UNAUTHORIZED => Code::Unauthenticated,
            StatusCode::FORBIDDEN => Code::Forbidden,
            StatusCode::NOT_FOUND => Code::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
            StatusCode::NOT_ACCEPTABLE => Code::NotAcceptable,
            StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => Code::Timeout,
            StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
            StatusCode::UPGRADE_REQUIRED => Code::UpgradeRequired,
            StatusCode::UNPROCESSABLE_ENTITY => Code::Validation,
            StatusCode::TOO_MANY_REQUESTS => Code::RateLimited,
            StatusCode::SERVICE_UNAVAILABLE => Code::Unavailable,
            status if status.is_client_error() => Code::BadRequest,
            _ => Code::Internal,
        })
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        for (name, value) in &self.headers {
            response.headers_mut().append(name.clone(), value.clone());
        }
        response.extensions_mut().insert(self);
        response
    }
}

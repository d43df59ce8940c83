//! How a REST call can fail.

use std::time::Duration;

use http::StatusCode;

use crate::breaker::BreakerRefusal;
use crate::connection::ConnectError;
use crate::rate_limit::RateLimitError;

/// A REST call failed.
#[derive(Debug, thiserror::Error)]
pub enum RestError {
    /// No connection to the venue.
    #[error(transparent)]
    Connect(ConnectError),
    /// No complete answer in time.
    #[error("no complete answer within {} ms", after.as_millis())]
    Timeout {
        /// The limit.
        after: Duration,
    },
    /// The connection broke, or what came was not HTTP.
    #[error("the HTTP exchange failed: {why}")]
    Exchange {
        /// The library's words.
        why: String,
    },
    /// The venue answered with a status other than 2xx.
    #[error("HTTP {status}: {}", body.chars().take(200).collect::<String>())]
    Status {
        /// The status.
        status: StatusCode,
        /// The answer's body, cut to 4 KiB.
        body: String,
        /// The venue's `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// The answer is over the size limit.
    #[error("the answer exceeds {limit_bytes} bytes")]
    TooLarge {
        /// The limit.
        limit_bytes: usize,
    },
    /// The body is not what was expected.
    #[error("cannot read the answer: {0}")]
    Decode(#[from] serde_json::Error),
    /// The breaker refused the call; nothing was sent.
    #[error(transparent)]
    Breaker(#[from] BreakerRefusal),
    /// The rate limiter did not let the call pass; nothing was sent.
    #[error(transparent)]
    RateLimit(#[from] RateLimitError),
    /// The request itself cannot be made.
    #[error("cannot make the request: {why}")]
    BadRequest {
        /// What is wrong.
        why: String,
    },
}

impl RestError {
    /// Nothing is known about whether the venue acted on the call: it was, or may have been, sent, and no
    /// answer says otherwise. For order entry: ask the venue before trying again.
    #[must_use]
    pub fn was_maybe_processed(&self) -> bool {
        match self {
            Self::Timeout { .. } | Self::Exchange { .. } | Self::TooLarge { .. } | Self::Decode(_) => true,
            Self::Status { status, .. } => status.is_server_error(),
            Self::Connect(_) | Self::Breaker(_) | Self::RateLimit(_) | Self::BadRequest { .. } => false,
        }
    }

    /// Another try may help: the venue was out of reach, silent, faulty or asked for patience.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect(error) => !error.is_permanent(),
            Self::Timeout { .. } | Self::Exchange { .. } => true,
            Self::Status { status, .. } => {
                status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS
            }
            _ => false,
        }
    }
}

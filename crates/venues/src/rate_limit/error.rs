//! Why a call does not pass.

use std::time::Duration;

use tradewind_types::VenueId;

use super::BUCKETS_MAX;

/// The limiter did not let a call pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RateLimitError {
    /// The call weighs more than the bucket can ever give it.
    #[error("a call of weight {weight} can never pass the {class} limit of {limit} of {venue}")]
    TooHeavy {
        /// The venue.
        venue: VenueId,
        /// The class's label.
        class: &'static str,
        /// The call's weight.
        weight: u32,
        /// What the bucket can give to such a call.
        limit: u32,
    },
    /// Too many callers wait already.
    #[error("{waiting} calls already wait for the {class} limit of {venue}")]
    TooManyWaiting {
        /// The venue.
        venue: VenueId,
        /// The class's label.
        class: &'static str,
        /// How many wait.
        waiting: usize,
    },
    /// The wait would be longer than the caller is ready to wait.
    #[error("the {class} limit of {venue} frees up in {} ms, more than the {} ms allowed", retry_in.as_millis(), allowed.as_millis())]
    TooLong {
        /// The venue.
        venue: VenueId,
        /// The class's label.
        class: &'static str,
        /// Estimated wait.
        retry_in: Duration,
        /// What the caller allows.
        allowed: Duration,
    },
    /// More accounts than the limiter keeps buckets for, all of them in use.
    #[error("more than {BUCKETS_MAX} rate-limit buckets of {venue} are in use")]
    TooManyBuckets {
        /// The venue.
        venue: VenueId,
    },
}

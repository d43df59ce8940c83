//! REST at a venue: one client for HTTP and HTTPS, behind the venue's breaker and rate limiter.
//!
//! A call passes, in this order: breaker (refuses at once), rate limiter (waits, within reason), network
//! (time and size limits). Calls that may be repeated safely are repeated after 1, 2 and 4 s when the venue
//! could not be reached, did not answer in time, or answered with a fault of its own; calls that may not be
//! (order entry) go out once, and [`RestError::was_maybe_processed`] says whether the venue may have acted.
//! Redirects are not followed and bodies are not decompressed: venues' APIs use neither unasked.

mod client;
mod connector;
mod error;
mod request;
mod retry_after;
mod settings;

pub use client::{RestClient, RestResponse};
pub use error::RestError;
pub use request::{Query, RestRequest};
pub use settings::{LevelHeader, LevelMeaning, RestSettings};

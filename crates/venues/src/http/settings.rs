//! What can be set on a REST client.

use std::time::Duration;

use crate::rate_limit::EndpointClass;

/// How to read the number in a venue's rate header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LevelMeaning {
    /// Weight used in the running period.
    Used,
    /// Weight left in the running period.
    Remaining,
}

/// A header in which a venue says how much of a limit is used or left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelHeader {
    /// The header's name, e.g. `x-mbx-used-weight-1m`.
    pub name: String,
    /// The class whose bucket it speaks of.
    pub class: EndpointClass,
    /// What its number means.
    pub meaning: LevelMeaning,
}

/// The settings of one REST client.
#[derive(Debug, Clone)]
pub struct RestSettings {
    /// `http://` or `https://`, host, optional port and path prefix; paths of requests are appended.
    pub base_url: String,
    /// Limit for DNS + TCP + TLS.
    pub connect_timeout: Duration,
    /// Limit for one try, from the connection to the last byte of the answer.
    pub timeout: Duration,
    /// Waits before the repetitions of a call that may be repeated.
    pub retry_delays: Vec<Duration>,
    /// The longest answer taken.
    pub response_bytes_max: usize,
    /// The longest wait for the rate limiter.
    pub limiter_wait_max: Duration,
    /// Idle connections kept.
    pub idle_connections_max: usize,
    /// Headers of the venue that speak of its limits.
    pub level_headers: Vec<LevelHeader>,
}

impl RestSettings {
    /// The defaults: 5 s to connect, 10 s a try, repetitions after 1, 2 and 4 s, answers up to 16 MiB.
    #[must_use]
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(10),
            retry_delays: [1, 2, 4].map(Duration::from_secs).to_vec(),
            response_bytes_max: 16 * 1024 * 1024,
            limiter_wait_max: Duration::from_secs(30),
            idle_connections_max: 8,
            level_headers: Vec::new(),
        }
    }
}

//! What can be set on a connection, with the defaults of the specification.

use std::sync::Arc;
use std::time::Duration;

use tradewind_types::VenueId;

use super::backoff::{BackoffSettings, Jitter, OsJitter};
use super::dialer::{Dialer, NetDialer};
use crate::clock::{Clock, SystemClock};
use crate::diagnostics::RingLimits;
use crate::rate_limit::{EndpointClass, Quota, RateLimiter};

/// Attempts that all connections of one venue may make in a burst, refilled over a minute.
const CONNECT_ATTEMPTS_PER_MINUTE: u32 = 30;

/// Where a session goes to.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `ws://` or `wss://`, with path and query.
    pub url: String,
    /// Extra headers of the handshake.
    pub headers: Vec<(String, String)>,
}

impl Endpoint {
    /// An endpoint without extra headers.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            headers: Vec::new(),
        }
    }

    /// The address without its query, which may hold a token.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.url.split(['?', '#']).next().unwrap_or_default()
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("url", &self.shown())
            .finish_non_exhaustive()
    }
}

/// The settings of one connection.
#[derive(Debug, Clone)]
pub struct ConnectionSettings {
    /// The connection's name, unique within its venue; labels logs and metrics.
    pub name: String,
    /// The venue.
    pub venue: VenueId,
    /// Where to.
    pub endpoint: Endpoint,
    /// Limit for DNS + TCP + TLS + WebSocket handshake together.
    pub connect_timeout: Duration,
    /// Delays between attempts.
    pub backoff: BackoffSettings,
    /// Interval of our pings where the venue's protocol names none; twice of it in silence is a dead link.
    pub heartbeat_interval: Duration,
    /// The longest message taken.
    pub message_bytes_max: usize,
    /// Read buffer of the socket.
    pub read_buffer_bytes: usize,
    /// Messages that may wait to be sent.
    pub outgoing_max: usize,
    /// Deliveries that may wait for the consumer.
    pub deliveries_max: usize,
    /// Subscriptions that one connection keeps.
    pub subscriptions_max: usize,
    /// Limit for one write.
    pub write_timeout: Duration,
    /// Limit of a graceful close; after it the close is forced.
    pub close_timeout: Duration,
    /// Data older than this on arrival is flagged late.
    pub late_after: Duration,
    /// Transitions remembered.
    pub history_max: usize,
    /// Bad messages remembered.
    pub bad_messages: RingLimits,
}

impl ConnectionSettings {
    /// The defaults of the specification.
    #[must_use]
    pub fn new(name: impl Into<String>, venue: VenueId, endpoint: Endpoint) -> Self {
        Self {
            name: name.into(),
            venue,
            endpoint,
            connect_timeout: Duration::from_secs(5),
            backoff: BackoffSettings::default(),
            heartbeat_interval: Duration::from_secs(15),
            message_bytes_max: 10 * 1024 * 1024,
            read_buffer_bytes: 64 * 1024,
            outgoing_max: 10_000,
            deliveries_max: 65_536,
            subscriptions_max: 10_000,
            write_timeout: Duration::from_secs(5),
            close_timeout: Duration::from_secs(3),
            late_after: Duration::from_secs(5),
            history_max: 256,
            bad_messages: RingLimits::default(),
        }
    }
}

/// What all connections of one venue share, and what tests replace.
#[derive(Clone)]
pub struct Environment {
    /// Opens byte streams.
    pub dialer: Arc<dyn Dialer>,
    /// Wall clock for stamps.
    pub clock: Arc<dyn Clock>,
    /// Random part of delays.
    pub jitter: Arc<dyn Jitter>,
    /// The venue's limits: attempts to connect, messages sent.
    pub limiter: Arc<RateLimiter>,
}

impl Environment {
    /// The real network and clock; attempts limited to 30 a minute over the venue, plus the venue's quotas.
    #[must_use]
    pub fn real(venue: VenueId, quotas: impl IntoIterator<Item = (EndpointClass, Quota)>) -> Self {
        let attempts = Quota::new(CONNECT_ATTEMPTS_PER_MINUTE, Duration::from_secs(60));
        let quotas = std::iter::once((EndpointClass::Connect, attempts)).chain(quotas);
        Self {
            dialer: Arc::new(NetDialer::default()),
            clock: Arc::new(SystemClock),
            jitter: Arc::new(OsJitter),
            limiter: Arc::new(RateLimiter::new(venue, quotas)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_shows_itself_without_its_query() {
        let endpoint = Endpoint::new("wss://ws.kite.trade/?access_token=secret");
        assert_eq!(endpoint.shown(), "wss://ws.kite.trade/");
        assert!(!format!("{endpoint:?}").contains("secret"));
    }
}

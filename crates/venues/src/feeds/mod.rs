//! Market-data feeds: a venue's products, history and live stream as [`MarketEvent`]s in one order.
//!
//! [`products`] asks the venue over REST what it lists. A [`Feed`] then owns one [`Connection`] whose [`DecoderProtocol`]
//! wraps a pure codec, fetches history over REST, and hands everything to a [`MarketOut`]: venue candles first, then
//! past trades, then the live stream without the trades that history already told. After a reconnect the trades missed
//! in between are fetched again. Whenever the stream is broken the instruments concerned get a
//! [`MarketEvent::Reset`], so that nobody trusts an old book.
//!
//! What is absent: no order entry, no decision, no storage.

mod coinbase_rest;
mod dialect;
mod history;
mod kraken_rest;
mod products;
mod protocol;
mod run;

use std::sync::Arc;

use tradewind_types::market::{Bar, BarInterval, MarketEvent};
use tradewind_types::{Instrument, InstrumentIdx, UnixNanos, VenueId};

use crate::breaker::{BreakerSettings, CircuitBreaker};
use crate::connection::{Connection, ConnectionMonitor, ConnectionSettings, Endpoint, Environment};
use crate::http::{RestClient, RestSettings};
use crate::rate_limit::{EndpointClass, Quota};

pub use dialect::VenueKind;
pub use products::{ProductsError, products};
pub use protocol::{DecoderProtocol, Subscription};

/// Where a feed's events go.
pub trait MarketOut: Send + Sync + 'static {
    /// Takes an event; may wait when the consumer is behind.
    fn send(&self, event: MarketEvent) -> impl Future<Output = ()> + Send;
}

/// A venue to read from.
#[derive(Debug, Clone)]
pub struct VenueSettings {
    /// Id under which it is known here.
    pub id: VenueId,
    /// Protocol.
    pub kind: VenueKind,
    /// WebSocket address.
    pub ws_url: String,
    /// REST base address; `None` = neither product list nor history (a replayed recording).
    pub rest_url: Option<String>,
    /// Venue symbols to follow; empty = all that the venue lists.
    pub symbols: Vec<String>,
    /// Whether its data is simulated, to be shown wherever the data shows.
    pub simulated: bool,
}

/// A venue's network side: what its feed, and later its order entry, share.
#[derive(Clone)]
pub struct VenueLink {
    /// Settings.
    pub settings: VenueSettings,
    /// Breaker over REST and order entry.
    pub breaker: Arc<CircuitBreaker>,
    /// Dialer, clock, limiter.
    pub environment: Environment,
    /// REST, where the venue has it.
    pub rest: Option<RestClient>,
}

/// Public REST calls per second that both venues allow to anyone.
const REST_PER_SECOND: u32 = 10;
/// WebSocket messages of ours per second.
const MESSAGES_PER_SECOND: u32 = 8;

impl VenueLink {
    /// Prepares a venue; nothing is dialled yet.
    ///
    /// # Errors
    /// When the REST address is malformed.
    pub fn new(settings: VenueSettings) -> Result<Self, crate::http::RestError> {
        let second = std::time::Duration::from_secs(1);
        let quotas = [
            (EndpointClass::MarketData, Quota::new(REST_PER_SECOND, second)),
            (EndpointClass::Subscribe, Quota::new(MESSAGES_PER_SECOND, second)),
        ];
        let environment = Environment::real(settings.id.clone(), quotas);
        let clock = Arc::clone(&environment.clock);
        let breaker = Arc::new(CircuitBreaker::new(
            settings.id.as_str(),
            BreakerSettings::default(),
            clock,
        ));
        let rest = match &settings.rest_url {
            None => None,
            Some(url) => {
                let (environment, breaker) = (environment.clone(), Arc::clone(&breaker));
                Some(RestClient::new(RestSettings::new(url), environment, breaker)?)
            }
        };
        Ok(Self {
            settings,
            breaker,
            environment,
            rest,
        })
    }
}

impl VenueLink {
    /// Whether the venue gives candles of an interval over REST.
    #[must_use]
    pub fn has_candles(&self, interval: BarInterval) -> bool {
        self.rest.is_some() && history::has_candles(self.settings.kind, interval)
    }

    /// The venue's closed candles with `times.start <= ts < times.end`, oldest first, within the venue's limits: Kraken gives
    /// the latest 720 only. Empty where it has none, or no such interval.
    ///
    /// # Errors
    /// What the venue says, or why it was not asked.
    pub async fn candles(
        &self,
        of: (InstrumentIdx, &Instrument),
        interval: BarInterval,
        times: std::ops::Range<UnixNanos>,
    ) -> Result<Vec<Bar>, crate::http::RestError> {
        history::candles_between(self, of, interval, times).await
    }

    /// The defaults for this venue's market-data connection.
    #[must_use]
    pub fn connection_settings(&self) -> ConnectionSettings {
        ConnectionSettings::new(
            format!("{}-market", self.settings.id),
            self.settings.id.clone(),
            Endpoint::new(&self.settings.ws_url),
        )
    }
}

/// A running feed. Dropping it closes the connection by force.
pub struct Feed {
    connection: Arc<Connection<DecoderProtocol>>,
    task: tokio::task::JoinHandle<()>,
    instruments: Vec<InstrumentIdx>,
    breaker: Arc<CircuitBreaker>,
}

impl Feed {
    /// Connects and starts to deliver, with the connection's default settings. Must be called inside a tokio runtime.
    #[must_use]
    pub fn start<O: MarketOut>(
        link: &VenueLink,
        instruments: Vec<(InstrumentIdx, Arc<Instrument>)>,
        out: O,
    ) -> Feed {
        Self::start_with(link, instruments, out, link.connection_settings())
    }

    /// [`Feed::start`] with other settings than [`VenueLink::connection_settings`].
    #[must_use]
    pub fn start_with<O: MarketOut>(
        link: &VenueLink,
        instruments: Vec<(InstrumentIdx, Arc<Instrument>)>,
        out: O,
        settings: ConnectionSettings,
    ) -> Feed {
        let kind = link.settings.kind;
        let protocol = DecoderProtocol::new(kind, &instruments);
        let subscriptions = protocol.all_subscriptions(&instruments);
        let (connection, deliveries) = Connection::spawn(settings, protocol, link.environment.clone());
        let connection = Arc::new(connection);
        let indices = instruments.iter().map(|(idx, _)| *idx).collect();
        let runner = run::Runner::new(link.clone(), instruments, out);
        let task = tokio::spawn(runner.run(Arc::clone(&connection), subscriptions, deliveries));
        Feed {
            connection,
            task,
            instruments: indices,
            breaker: Arc::clone(&link.breaker),
        }
    }

    /// State, history and diagnostics of the connection.
    #[must_use]
    pub fn monitor(&self) -> &ConnectionMonitor {
        self.connection.monitor()
    }

    /// The venue's breaker.
    #[must_use]
    pub fn breaker(&self) -> &Arc<CircuitBreaker> {
        &self.breaker
    }

    /// Instruments that it delivers.
    #[must_use]
    pub fn instruments(&self) -> &[InstrumentIdx] {
        &self.instruments
    }

    /// A way to reconnect by hand that outlives no feed.
    #[must_use]
    pub fn connection(&self) -> &Arc<Connection<DecoderProtocol>> {
        &self.connection
    }

    /// Ends the task, then closes the connection: gracefully, or by force where somebody else still holds it.
    pub async fn stop(self) {
        self.task.abort();
        // An aborted task answers with an error; that is what was asked for.
        let _ = self.task.await;
        if let Ok(connection) = Arc::try_unwrap(self.connection) {
            connection.close().await;
        }
    }
}

/// Our time, for stamps of what came over REST.
fn now(link: &VenueLink) -> UnixNanos {
    link.environment.clock.now()
}

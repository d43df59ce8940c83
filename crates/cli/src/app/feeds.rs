//! From configured venues to running feeds: products become instruments, fees are set, sockets connect.

use std::sync::Arc;

use anyhow::Context as _;
use tradewind_engine::{EngineHandle, MarketSender};
use tradewind_server::venues::{ConnectionEntry, VenueEntry};
use tradewind_types::market::MarketEvent;
use tradewind_types::record::{Command, FeeTable};
use tradewind_types::{Clock, Instrument, InstrumentIdx, Market};
use tradewind_venues::feeds::{Feed, MarketOut, VenueLink, VenueSettings, products};

use super::accounts::envelope;
use super::catalogue::VenueHistory;
use crate::config::{FileConfig, VenueConfig};
use crate::failure::Failure;

/// Running feeds, and how the API sees them.
pub(super) struct Started {
    pub(super) feeds: Vec<Feed>,
    pub(super) entries: Vec<VenueEntry>,
    pub(super) histories: Vec<VenueHistory>,
}

struct ToEngine(MarketSender);

impl MarketOut for ToEngine {
    async fn send(&self, event: MarketEvent) {
        self.0.send(event).await;
    }
}

pub(super) async fn start(
    config: &FileConfig,
    given: &[Instrument],
    engine: &EngineHandle,
    clock: &Arc<dyn Clock>,
) -> Result<Started, Failure> {
    let mut started = Started {
        feeds: Vec::new(),
        entries: Vec::new(),
        histories: Vec::new(),
    };
    for venue in &config.venues {
        let mut link = VenueLink::new(settings(venue)).with_context(|| format!("venue {}", venue.id))?;
        // What comes over REST is stamped with the engine's time, as everything else.
        link.environment.clock = Arc::clone(clock);
        let listed = match &venue.rest {
            Some(_) => match products(&link).await {
                Ok(listed) => listed,
                Err(error) => {
                    // A venue that is away at the start keeps nobody from the others; what is known of it is used.
                    tracing::error!(venue = %venue.id, %error, "the venue's products cannot be had; using those known");
                    known(engine, venue).await?
                }
            },
            None => given.iter().filter(|i| i.venue == venue.id).cloned().collect(),
        };
        let instruments = define(venue, listed, engine, &**clock).await?;
        let names = instruments.iter().map(|(_, i)| i.id.to_string()).collect();
        started
            .histories
            .push(VenueHistory::new(link.clone(), &instruments));
        let feed = Feed::start(&link, instruments, ToEngine(engine.market_sender()));
        started.entries.push(entry(venue, &link, &feed, names));
        started.feeds.push(feed);
    }
    Ok(started)
}

fn settings(venue: &VenueConfig) -> VenueSettings {
    VenueSettings {
        id: venue.id.clone(),
        kind: venue.kind,
        ws_url: venue.ws.clone(),
        rest_url: venue.rest.clone(),
        symbols: venue.symbols.clone(),
        simulated: venue.simulated,
    }
}

async fn known(engine: &EngineHandle, venue: &VenueConfig) -> Result<Vec<Instrument>, Failure> {
    let id = venue.id.clone();
    let known = engine.query(move |kernel| {
        let all = kernel.instruments().iter().map(|(_, i)| i);
        all.filter(|i| i.venue == id)
            .map(|i| (**i).clone())
            .collect::<Vec<_>>()
    });
    Ok(known.await.context("the engine does not answer")?)
}

async fn define(
    venue: &VenueConfig,
    listed: Vec<Instrument>,
    engine: &EngineHandle,
    clock: &dyn Clock,
) -> Result<Vec<(InstrumentIdx, Arc<Instrument>)>, Failure> {
    let market: Market = venue.kind.market().parse().context("the market's name")?;
    let fees = FeeTable {
        market,
        maker: venue.maker_fee,
        taker: venue.taker_fee,
        since: clock.now(),
        source: venue.fee_source.clone(),
    };
    engine
        .command(envelope(Command::DefineFees { fees }))
        .await
        .context("fees cannot be set")?;
    for instrument in &listed {
        let command = Command::DefineInstrument {
            instrument: Box::new(instrument.clone()),
        };
        let defined = engine.command(envelope(command)).await;
        defined.with_context(|| format!("instrument {} cannot be defined", instrument.id))?;
    }
    let ids: Vec<_> = listed.into_iter().map(|i| i.id).collect();
    let indexed = engine.query(move |kernel| {
        let registry = kernel.instruments();
        let of = |id| {
            registry
                .idx(id)
                .and_then(|idx| Some((idx, Arc::clone(registry.get(idx)?))))
        };
        ids.iter().filter_map(of).collect::<Vec<_>>()
    });
    Ok(indexed.await.context("the engine does not answer")?)
}

fn entry(venue: &VenueConfig, link: &VenueLink, feed: &Feed, subscriptions: Vec<String>) -> VenueEntry {
    let connection = Arc::downgrade(feed.connection());
    let reconnect = move || {
        if let Some(connection) = connection.upgrade() {
            tokio::spawn(async move {
                if let Err(error) = connection.reconnect().await {
                    tracing::warn!(%error, "reconnecting on request failed; it goes on by itself");
                }
            });
        }
    };
    VenueEntry {
        id: venue.id.clone(),
        markets: venue.kind.market().parse().into_iter().collect(),
        breaker: Arc::clone(&link.breaker),
        connections: vec![ConnectionEntry {
            monitor: feed.monitor().clone(),
            subscriptions,
            reconnect: Arc::new(reconnect),
        }],
        simulated: venue.simulated,
    }
}

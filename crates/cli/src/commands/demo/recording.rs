//! `tradewind demo --recording`: a recorded feed through the same socket path as live data.
//!
//! The engine's clock follows the recording, so that data is as fresh as it was when it was recorded.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use tradewind_codecs::{CoinbaseExchange, Decoder, KrakenV1, SymbolTable};
use tradewind_simulator::replay::{Protocol, Recording};
use tradewind_simulator::{ReplayConfig, ReplayServer, Speed};
use tradewind_types::num::NumberError;
use tradewind_types::{Clock, Currency, Decimal, Instrument, UnixNanos, VenueId};
use tradewind_venues::clock::SystemClock;
use tradewind_venues::feeds::VenueKind;

use super::{COINBASE_FEES, KRAKEN_FEES, announce, demo_account, venue};
use crate::app::{DataDir, Options, Running};
use crate::args::{DemoArgs, Origins};
use crate::commands::StopSignals;
use crate::config::FileConfig;
use crate::failure::Failure;

/// A clock that starts with the recording and runs at its speed.
struct RecordingClock {
    start: UnixNanos,
    since: Instant,
    speed: f64,
}

impl Clock for RecordingClock {
    fn now(&self) -> UnixNanos {
        let nanos = self.since.elapsed().as_secs_f64() * self.speed * 1e9;
        self.start.plus(nanos as u64)
    }
}

pub(super) async fn play(args: DemoArgs, origins: Origins, file: PathBuf) -> Result<(), Failure> {
    if !(args.speed.is_finite() && args.speed >= 0.0) {
        return Err(Failure::Usage(
            "--speed must be 0 (as fast as it goes) or above".to_owned(),
        ));
    }
    let mut stop = StopSignals::listen()?;
    let loaded = file.clone();
    let recording = tokio::task::spawn_blocking(move || Recording::load(&loaded))
        .await
        .context("reading the recording was interrupted")?
        .map_err(|e| Failure::Input(e.to_string()))?;
    let (id, kind, fees) = match recording.protocol {
        Protocol::CoinbaseExchange => ("coinbase", VenueKind::CoinbaseExchange, COINBASE_FEES),
        Protocol::KrakenV1 => ("kraken", VenueKind::KrakenV1, KRAKEN_FEES),
        Protocol::Other => {
            let shown = file.display();
            return Err(Failure::Input(format!(
                "{shown}: recordings of Coinbase Exchange and Kraken v1 can be played"
            )));
        }
    };
    let given = instruments(&recording, kind, id)?;
    eprintln!(
        "{} messages over {} s, {} products",
        recording.lines.len(),
        recording.length_ns() / 1_000_000_000,
        given.len()
    );
    let unlimited = args.speed <= 0.0;
    let speed = if unlimited {
        Speed::Unlimited
    } else {
        Speed::Times(args.speed)
    };
    let first = recording
        .lines
        .first()
        .map_or(UnixNanos(0), |line| UnixNanos(line.ts_ns));
    drop(recording);
    let replay = ReplayServer::start(ReplayConfig {
        path: file,
        port: 0,
        speed,
    })
    .await
    .context("the recording cannot be served")?;
    let mut config = FileConfig {
        listen: args.listen,
        strategy_interval: args.strategy_interval,
        tape: args.tape,
        ..FileConfig::default()
    };
    config.venues = vec![venue(id, kind, (&replay.url(), None), fees)?];
    config.accounts = config.venues.iter().map(demo_account).collect::<Result<_, _>>()?;
    let rate = if unlimited { 1.0 } else { args.speed };
    let engine_clock: Arc<dyn Clock> = Arc::new(RecordingClock {
        start: first,
        since: Instant::now(),
        speed: rate,
    });
    // Its own folder: a journal whose time goes back to the recording's would make no sense.
    let data = DataDir::new(&args.data.data.join("recording"));
    let options = Options {
        data,
        config,
        demo: true,
        origins,
        engine_clock,
        clock: Arc::new(SystemClock),
        given,
    };
    let Some(running) = stop.or(Box::pin(Running::start(options))).await else {
        replay.shutdown().await;
        return Ok(());
    };
    let running = running?;
    announce(&running, &SystemClock, true).await?;
    stop.requested().await;
    eprintln!("Stopping …");
    running.stop().await;
    replay.shutdown().await;
    Ok(())
}

/// The products of a recording with the decimals that its messages use.
fn instruments(recording: &Recording, kind: VenueKind, venue: &str) -> Result<Vec<Instrument>, Failure> {
    let market = kind.market().parse().context("a market")?;
    let mut decoder: Box<dyn Decoder> = match kind {
        VenueKind::KrakenV1 => Box::new(KrakenV1::new(SymbolTable::growing(market))),
        _ => Box::new(CoinbaseExchange::new(SymbolTable::growing(market))),
    };
    let mut out = Vec::new();
    for line in &recording.lines {
        // A message that does not decode is counted again, and kept, when it is played.
        let _ = decoder.decode(line.text.as_bytes(), UnixNanos(line.ts_ns), &mut out);
        out.clear();
    }
    let venue: VenueId = venue.parse().context("a venue id")?;
    let of = |entry: &tradewind_codecs::SymbolEntry| -> Result<Instrument, NumberError> {
        let (base, quote) = entry
            .id
            .symbol
            .as_str()
            .split_once('-')
            .unwrap_or((entry.id.symbol.as_str(), "USD"));
        let pair: (Currency, Currency) = (base.parse()?, quote.parse()?);
        let unit = |scale: u8| Decimal::new(1, u32::from(scale));
        let mut instrument = Instrument::spot(
            entry.id.clone(),
            venue.clone(),
            &entry.venue_symbol,
            pair,
            unit(entry.price_scale),
            unit(entry.size_scale),
        );
        instrument.price_scale = entry.price_scale;
        instrument.size_scale = entry.size_scale;
        instrument.simulated = true;
        Ok(instrument)
    };
    let all: Result<Vec<Instrument>, NumberError> = decoder.symbols().entries().iter().map(of).collect();
    Ok(all.context("a product of the recording")?)
}

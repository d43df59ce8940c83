//! The running program against a simulated venue: it stops in the middle, starts again, and its series comes out whole.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tradewind_simulator::world::World;
use tradewind_simulator::{
    ProductConfig, Simulator, SimulatorConfig, SimulatorHandle, VenueConfig as SimulatedVenue,
    VenueKind as Simulated,
};
use tradewind_store::catalog::{Catalog, Files, Query, Rows, Series, Tail};
use tradewind_types::market::{Bar, BarInterval, BarSource};
use tradewind_types::time::SECOND_NS;
use tradewind_types::{Clock, Instrument, InstrumentIdx, PriceMantissa, SizeMantissa, UnixNanos};
use tradewind_venues::clock::SystemClock;

use super::recorder::Recorder;
use super::settings::Settings;
use super::tap::{Tap, Told};
use super::{CatalogueConfig, Counts};
use crate::app::{DataDir, Options, Running};
use crate::config::{FileConfig, VenueConfig};

const MINUTE_NS: u64 = 60 * SECOND_NS;
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// The wall clock, set back by so much.
#[derive(Debug)]
struct Behind(AtomicU64);

impl Clock for Behind {
    fn now(&self) -> UnixNanos {
        UnixNanos(SystemClock.now().0 - self.0.load(Ordering::SeqCst))
    }
}

async fn venue(clock: &Arc<dyn Clock>) -> SimulatorHandle {
    let config = SimulatorConfig {
        seed: 7,
        venues: vec![SimulatedVenue {
            kind: Simulated::Coinbase,
            port: 0,
        }],
        products: ProductConfig::named("BTC-USD").into_iter().collect(),
        history: Duration::from_secs(3_600),
        clock: Arc::clone(clock),
        ..SimulatorConfig::default()
    };
    Simulator::start(config).await.expect("the simulator starts")
}

async fn start(data: &Path, simulator: &SimulatorHandle, clock: &Arc<dyn Clock>) -> Running {
    let urls = simulator.url(Simulated::Coinbase).expect("served");
    let config = FileConfig {
        listen: "127.0.0.1:0".parse().expect("an address"),
        catalogue: CatalogueConfig {
            intervals: vec!["1m".to_owned()],
            scan_every_s: 1,
            questions_per_second: 5,
            ..CatalogueConfig::default()
        },
        venues: vec![VenueConfig {
            id: "coinbase".parse().expect("an id"),
            kind: tradewind_venues::feeds::VenueKind::CoinbaseAdvanced,
            ws: urls.ws.clone(),
            rest: Some(urls.rest.clone()),
            symbols: vec!["BTC-USD".to_owned()],
            maker_fee: "0.001".parse().expect("a fee"),
            taker_fee: "0.002".parse().expect("a fee"),
            fee_source: "the test".to_owned(),
            simulated: true,
        }],
        ..FileConfig::default()
    };
    let options = Options {
        data: DataDir::new(data),
        config,
        demo: false,
        origins: crate::args::Origins::default(),
        engine_clock: Arc::clone(clock),
        clock: Arc::clone(clock),
        given: Vec::new(),
    };
    Running::start(options).await.unwrap_or_else(|e| panic!("{e}"))
}

/// Opening minutes (since the epoch) with open, high, low, close and volume.
type Minutes = BTreeMap<u64, [i128; 5]>;

async fn stored(catalog: &Catalog) -> Minutes {
    let series = Series::bars("BTC-USD.COINBASE".parse().expect("an id"), BarInterval::M1);
    let rows = catalog.read(&Query::all(series)).await.expect("read");
    let minute = |rows: &Rows, row: usize| {
        let figures = [2, 3, 4, 5, 6].map(|at| rows.get(at, row));
        (rows.ts(row).unsigned_abs() / MINUTE_NS, figures)
    };
    (0..rows.len()).map(|row| minute(&rows, row)).collect()
}

/// What the venue itself has, asked past its protocol.
fn candles(simulator: &SimulatorHandle) -> Minutes {
    let look = |world: &World| {
        let minutes = world.listings(Simulated::Coinbase)[0].history().minutes();
        minutes
            .map(|c| {
                let [open, high, low, close] = [c.open, c.high, c.low, c.close].map(|p| i128::from(p.0));
                (c.start_s / 60, [open, high, low, close, c.volume.0])
            })
            .collect()
    };
    simulator.with_world(look).expect("a world")
}

/// The catalogue of a running program, read from beside it.
fn catalog(data: &Path, running: &Running) -> Catalog {
    let files = Files::local(&DataDir::new(data).catalog()).expect("files");
    Catalog::new(files).with_tail(Tail::new(running.db.clone()))
}

/// Reads the catalogue until it says of the time before a minute what the venue says.
async fn until_equal(catalog: &Catalog, wanted: &Minutes, end: u64) {
    let begun = tokio::time::Instant::now();
    let mut looks = tokio::time::interval(Duration::from_millis(100));
    loop {
        looks.tick().await;
        let found = before(&stored(catalog).await, end);
        if found == *wanted {
            return;
        }
        let different = |minute: &&u64| found.get(*minute) != wanted.get(*minute);
        let differences: Vec<_> = wanted
            .keys()
            .filter(different)
            .map(|m| (*m, found.get(m), &wanted[m]))
            .collect();
        assert!(
            begun.elapsed() < PATIENCE,
            "{} of {} minutes differ, of {} stored: {:?} …",
            differences.len(),
            wanted.len(),
            found.len(),
            &differences[..differences.len().min(3)]
        );
    }
}

fn before(minutes: &Minutes, end: u64) -> Minutes {
    minutes
        .range(..end)
        .map(|(minute, bar)| (*minute, *bar))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_two_runs_missed_between_them_is_backfilled_and_the_series_is_the_venue_s_own() {
    // The first run is eight hours ago: further back than the candles that a feed fetches when it starts.
    let behind = Arc::new(Behind(AtomicU64::new(8 * 60 * MINUTE_NS)));
    let clock: Arc<dyn Clock> = Arc::clone(&behind) as Arc<dyn Clock>;
    let minute = || clock.now().0 / MINUTE_NS;
    let simulator = venue(&clock).await;
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");

    let first = start(&data, &simulator, &clock).await;
    let begun = minute();
    let known = before(&candles(&simulator), begun);
    assert!(known.len() > 30);
    until_equal(&catalog(&data, &first), &known, begun).await;
    first.stop().await;

    behind.0.store(0, Ordering::SeqCst);
    tokio::task::block_in_place(|| simulator.tick());
    let second = start(&data, &simulator, &clock).await;
    let again = minute();
    let wanted = before(&candles(&simulator), again);
    assert!(wanted.len() > known.len() + 400);
    let stored_in = catalog(&data, &second);
    until_equal(&stored_in, &wanted, again).await;
    // What lies before the candles that a feed fetches came from the scan, which counts when it is through.
    let begun = tokio::time::Instant::now();
    let mut looks = tokio::time::interval(Duration::from_millis(100));
    while second.catalogue.filled() < 100 {
        assert!(begun.elapsed() < PATIENCE, "{}", second.catalogue.filled());
        looks.tick().await;
    }
    // In files it is the same.
    let upto = i64::try_from(again * MINUTE_NS).expect("a time");
    let moved = stored_in.compact(upto).await.expect("compacted");
    assert!(moved.rows > 400);
    assert_eq!(before(&stored(&stored_in).await, again), wanted);
    second.stop().await;
    simulator.shutdown().await.expect("stopped");
}

fn instrument() -> Arc<Instrument> {
    let pair = (
        "BTC".parse().expect("a currency"),
        "USD".parse().expect("a currency"),
    );
    let (tick, lot) = ("0.01".parse().expect("a tick"), "0.0001".parse().expect("a lot"));
    let id = "BTC-USD.COINBASE".parse().expect("an id");
    Arc::new(Instrument::spot(
        id,
        "coinbase".parse().expect("a venue"),
        "BTC-USD",
        pair,
        tick,
        lot,
    ))
}

fn bar(minute: u64, source: BarSource, volume: i128) -> Bar {
    Bar {
        instrument: InstrumentIdx(0),
        interval: BarInterval::M1,
        ts: UnixNanos(minute * MINUTE_NS),
        open: PriceMantissa(100),
        high: PriceMantissa(100),
        low: PriceMantissa(100),
        close: PriceMantissa(100),
        volume: SizeMantissa(volume),
        value: 0,
        trades: 0,
        open_interest: None,
        source,
        revision: 0,
        complete: true,
        ts_init: UnixNanos(1),
    }
}

#[tokio::test]
async fn a_full_queue_never_waits_and_what_it_missed_is_counted_and_told_later() {
    let settings = Arc::new(Settings::of(&CatalogueConfig::default()).expect("right"));
    let counts = Arc::new(Counts::default());
    let (to, mut from) = tokio::sync::mpsc::channel(2);
    let mut tap = Tap::new(to, settings, Arc::clone(&counts));
    for minute in 0..5 {
        tap.tell(Told::Bar(instrument(), bar(minute, BarSource::Trades, 1)));
    }
    assert_eq!(counts.lost.load(Ordering::Relaxed), 3);
    let mut told = Vec::new();
    assert_eq!(from.recv_many(&mut told, 10).await, 2);
    tap.tell(Told::Bar(instrument(), bar(5, BarSource::Trades, 1)));
    told.clear();
    assert_eq!(from.recv_many(&mut told, 10).await, 2);
    let minutes =
        |bars: &[(Arc<Instrument>, Bar)]| bars.iter().map(|(_, b)| b.ts.0 / MINUTE_NS).collect::<Vec<_>>();
    match told.as_slice() {
        [Told::Lost(lost), Told::Bar(_, last)] => {
            assert_eq!((minutes(lost), last.ts.0 / MINUTE_NS), (vec![2, 3, 4], 5));
        }
        _ => panic!("the lost ones come first"),
    }
}

#[tokio::test]
async fn candles_never_stand_before_our_own_bars_and_empty_ones_are_no_bars() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = DataDir::new(folder.path());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let db = data
        .open_database(&*clock)
        .await
        .unwrap_or_else(|e| panic!("{e}"));
    let catalog = Catalog::new(Files::local(&data.catalog()).expect("files")).with_tail(Tail::new(db));
    let venue = instrument().venue.clone();
    let (holes, mut known) = tokio::sync::mpsc::channel(8);
    let counts = Arc::new(Counts::default());
    let recorder = Recorder::new(catalog.clone(), [(venue, holes)].into(), Arc::clone(&counts));
    let (to, from) = tokio::sync::mpsc::channel(64);
    let running = tokio::spawn(recorder.run(from));
    for told in [
        bar(1, BarSource::Trades, 5),
        bar(1, BarSource::Venue, 7),
        bar(2, BarSource::Venue, 7),
        bar(3, BarSource::Venue, 0),
        Bar {
            complete: false,
            ..bar(2, BarSource::Trades, 1)
        },
    ] {
        to.send(Told::Bar(instrument(), told))
            .await
            .unwrap_or_else(|e| panic!("{e}"));
    }
    to.send(Told::Lost(vec![(instrument(), bar(9, BarSource::Trades, 1))]))
        .await
        .unwrap_or_else(|e| panic!("{e}"));
    drop(to);
    running.await.expect("ended");
    let volumes: Vec<(u64, i128)> = stored(&catalog).await.iter().map(|(m, b)| (*m, b[4])).collect();
    assert_eq!(volumes, [(1, 5), (2, 7)]);
    assert_eq!(counts.stored.load(Ordering::Relaxed), 4);
    let hole = known.recv().await.expect("told");
    assert_eq!((hole.from, hole.to), (540_000_000_000, 600_000_000_000));
}

//! The real feeds against the venue simulator: a fault is injected while the market moves, and once it is over the
//! feed's book has to be the venue's book again, level by level at the top, without anybody's help.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rstest::rstest;
use tokio::time::{Instant, sleep};
use tradewind_simulator::{
    Fault, FaultKind, ManualClock, ProductConfig, Simulator, SimulatorConfig, SimulatorHandle,
    VenueKind as Served,
};
use tradewind_types::market::MarketEvent;
use tradewind_types::market::book::OrderBook;
use tradewind_types::{InstrumentIdx, PriceMantissa, Side, SizeMantissa, UnixNanos};
use tradewind_venues::connection::{ConnectionSettings, JitterMode};
use tradewind_venues::diagnostics::Counts;
use tradewind_venues::feeds::{Feed, MarketOut, VenueKind, VenueLink, VenueSettings, products};

const START: UnixNanos = UnixNanos::from_secs(1_795_000_000);
/// A fault has to be over by then, however busy the machine.
const PATIENCE: Duration = Duration::from_secs(10);
/// Virtual time between two moves of the market.
const MOVE: Duration = Duration::from_millis(200);

type Level = (PriceMantissa, SizeMantissa);

/// Keeps the book as the events tell it.
#[derive(Clone)]
struct Keeper(Arc<Mutex<Kept>>);

struct Kept {
    book: OrderBook,
    resets: u32,
}

impl MarketOut for Keeper {
    async fn send(&self, event: MarketEvent) {
        let mut kept = self.0.lock().unwrap();
        match event {
            MarketEvent::Book(update) => {
                // As in the kernel: changes of a book that is not synchronised are not used.
                let _ = kept.book.apply(&update);
            }
            MarketEvent::Reset { .. } => {
                kept.book.reset();
                kept.resets += 1;
            }
            MarketEvent::Quote(_) | MarketEvent::Trade(_) | MarketEvent::Bar(_) => {}
        }
    }
}

struct Rig {
    served: Served,
    clock: Arc<ManualClock>,
    simulator: SimulatorHandle,
    feed: Feed,
    keeper: Keeper,
}

fn quick(settings: &mut ConnectionSettings) {
    settings.backoff.base = Duration::from_millis(20);
    settings.backoff.max = Duration::from_millis(100);
    settings.backoff.jitter = JitterMode::Off;
    settings.heartbeat_interval = Duration::from_millis(400);
    settings.connect_timeout = Duration::from_millis(500);
}

impl Rig {
    async fn start(served: Served) -> Rig {
        let clock = Arc::new(ManualClock::at(START));
        let config = SimulatorConfig {
            clock: clock.clone(),
            products: vec![ProductConfig::named("BTC-USD").unwrap()],
            history: Duration::from_secs(60),
            ..SimulatorConfig::default()
        };
        let simulator = Simulator::start(config).await.unwrap();
        let urls = simulator.url(served).unwrap();
        let kind = match served {
            Served::Coinbase => VenueKind::CoinbaseAdvanced,
            Served::Kraken => VenueKind::KrakenV2,
        };
        let link = VenueLink::new(VenueSettings {
            id: served.name().parse().unwrap(),
            kind,
            ws_url: urls.ws.clone(),
            rest_url: Some(urls.rest.clone()),
            symbols: Vec::new(),
            simulated: true,
        })
        .unwrap();
        let listed = products(&link).await.unwrap();
        let instruments = listed
            .into_iter()
            .map(|i| (InstrumentIdx(0), Arc::new(i)))
            .collect();
        let keeper = Keeper(Arc::new(Mutex::new(Kept {
            book: OrderBook::new(InstrumentIdx(0)),
            resets: 0,
        })));
        let mut settings = link.connection_settings();
        quick(&mut settings);
        let feed = Feed::start_with(&link, instruments, keeper.clone(), settings);
        let mut rig = Rig {
            served,
            clock,
            simulator,
            feed,
            keeper,
        };
        rig.settle("before the fault").await;
        rig
    }

    /// The market moves once, and the network gets a moment.
    async fn moves(&mut self) {
        self.clock.advance(MOVE);
        self.simulator.tick();
        sleep(Duration::from_millis(5)).await;
    }

    fn truth(&self) -> [Option<Level>; 2] {
        let book = self
            .simulator
            .with_world(|world| world.listings(self.served)[0].book());
        let book = book.unwrap();
        [book.best_bid(), book.best_ask()]
    }

    fn ours(&self) -> [Option<Level>; 2] {
        let kept = self.keeper.0.lock().unwrap();
        if !kept.book.is_synchronised() {
            return [None, None];
        }
        [kept.book.best(Side::Buy), kept.book.best(Side::Sell)]
    }

    fn counts(&self) -> Counts {
        self.feed.monitor().diagnostics().counts()
    }

    /// Goes on until our book is the venue's.
    async fn settle(&mut self, when: &str) {
        let begun = Instant::now();
        loop {
            self.moves().await;
            for _ in 0..20 {
                if self.ours() == self.truth() && self.ours()[0].is_some() {
                    return;
                }
                sleep(Duration::from_millis(5)).await;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "{when}: {:?} is not {:?}; {:?}",
                self.ours(),
                self.truth(),
                self.counts()
            );
        }
    }

    /// Injects the fault, lets the market move under it, ends it, and waits for the book to be right.
    async fn suffers(&mut self, kind: FaultKind) -> Counts {
        let before = self.counts();
        let name = kind.name();
        let lasts = kind.lasts();
        let mut fault = Fault::new(kind).on(self.served);
        if self.served == KR && matches!(fault.kind, FaultKind::Drop | FaultKind::SequenceGap { .. }) {
            // Kraken numbers nothing: what is missed is noticed by the book's checksum, and nowhere else.
            fault = fault.channel("book");
        }
        let id = self
            .simulator
            .faults()
            .inject(if lasts { fault } else { fault.times(3) });
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(if lasts { 1_200 } else { 150 }) {
            self.moves().await;
        }
        self.simulator.faults().clear(id);
        self.settle(name).await;
        let after = self.counts();
        Counts {
            bad: after.bad - before.bad,
            oversized: after.oversized - before.oversized,
            gaps: after.gaps - before.gaps,
            resyncs: after.resyncs - before.resyncs,
            sessions: after.sessions - before.sessions,
            ..after
        }
    }

    async fn stop(self) {
        self.feed.stop().await;
        self.simulator.shutdown().await.unwrap();
    }
}

const CB: Served = Served::Coinbase;
const KR: Served = Served::Kraken;

/// What a fault must have left behind.
#[derive(Clone, Copy, Debug)]
enum Trace {
    /// Messages that could not be read were counted, and the link stayed up.
    Bad,
    /// A gap, or a checksum that did not match, was noticed and a snapshot asked for again.
    Resync,
    /// The session ended and another began.
    NewSession,
    /// Nothing was lost.
    Nothing,
}

fn close() -> FaultKind {
    FaultKind::Close {
        code: 1011,
        reason: "the venue restarts".to_owned(),
    }
}

fn raw(text: &str) -> FaultKind {
    FaultKind::Raw {
        text: text.to_owned(),
    }
}

#[rstest]
#[case::coinbase_drop(CB, FaultKind::Drop, Trace::Resync)]
#[case::kraken_drop(KR, FaultKind::Drop, Trace::Resync)]
#[case::coinbase_sequence_gap(CB, FaultKind::SequenceGap { by: 4 }, Trace::Resync)]
#[case::kraken_gap(KR, FaultKind::SequenceGap { by: 4 }, Trace::Resync)]
#[case::coinbase_delay(CB, FaultKind::Delay { by: Duration::from_millis(60) }, Trace::Nothing)]
#[case::kraken_delay(KR, FaultKind::Delay { by: Duration::from_millis(60) }, Trace::Nothing)]
#[case::coinbase_reorder(CB, FaultKind::Reorder, Trace::Resync)]
#[case::coinbase_duplicate(CB, FaultKind::Duplicate, Trace::Nothing)]
#[case::kraken_duplicate(KR, FaultKind::Duplicate, Trace::Nothing)]
#[case::coinbase_truncate(CB, FaultKind::Truncate, Trace::Bad)]
#[case::kraken_truncate(KR, FaultKind::Truncate, Trace::Bad)]
#[case::coinbase_malformed(CB, FaultKind::Malformed, Trace::Bad)]
#[case::kraken_malformed(KR, FaultKind::Malformed, Trace::Bad)]
#[case::coinbase_null(CB, raw(r#"{"channel":"l2_data","events":null}"#), Trace::Bad)]
#[case::kraken_nan(
    KR,
    raw(
        r#"{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":NaN,"qty":1}]}]}"#
    ),
    Trace::Bad
)]
#[case::coinbase_over_long(CB, FaultKind::OverLong { bytes: 15_000_000 }, Trace::NewSession)]
#[case::kraken_over_long(KR, FaultKind::OverLong { bytes: 15_000_000 }, Trace::NewSession)]
#[case::coinbase_close(CB, close(), Trace::NewSession)]
#[case::kraken_close(KR, close(), Trace::NewSession)]
#[case::coinbase_abort(CB, FaultKind::Abort, Trace::NewSession)]
#[case::kraken_abort(KR, FaultKind::Abort, Trace::NewSession)]
#[case::coinbase_half_open(CB, FaultKind::HalfOpen, Trace::NewSession)]
#[case::kraken_half_open(KR, FaultKind::HalfOpen, Trace::NewSession)]
#[case::coinbase_maintenance(CB, FaultKind::Maintenance, Trace::NewSession)]
#[case::kraken_maintenance(KR, FaultKind::Maintenance, Trace::NewSession)]
#[case::coinbase_slow_write(CB, FaultKind::SlowWrite { bytes_per_s: 2_000 }, Trace::Nothing)]
#[case::kraken_slow_write(KR, FaultKind::SlowWrite { bytes_per_s: 2_000 }, Trace::Nothing)]
#[case::kraken_slow_read(KR, FaultKind::SlowRead { bytes_per_s: 50 }, Trace::Nothing)]
#[case::coinbase_skew(CB, FaultKind::ClockSkew { by_ns: -7_000_000_000 }, Trace::Nothing)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_fault_the_book_is_the_venues_again(
    #[case] served: Served,
    #[case] kind: FaultKind,
    #[case] trace: Trace,
) {
    let mut rig = Rig::start(served).await;
    let counts = rig.suffers(kind).await;
    match trace {
        Trace::Bad => assert!(counts.bad > 0, "{counts:?}"),
        Trace::Resync => {
            assert!(counts.gaps + counts.resyncs > 0, "{counts:?}");
            assert!(
                rig.keeper.0.lock().unwrap().resets > 0,
                "nobody may trust the old book"
            );
        }
        Trace::NewSession => {
            assert!(counts.sessions > 0, "{counts:?}");
            assert!(
                rig.keeper.0.lock().unwrap().resets > 0,
                "nobody may trust the old book"
            );
        }
        Trace::Nothing => {}
    }
    rig.stop().await;
}

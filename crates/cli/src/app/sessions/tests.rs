//! The calendars of the running program: what reaches the engine, bars and gap scans, and when.

use std::path::Path;

use tempfile::TempDir;
use tradewind_calendar::{Override, OverrideText};
use tradewind_engine::{
    Engine, EngineConfig, Kernel, KernelConfig, MarketPublication, MarketSink, OutcomeSink,
};
use tradewind_server::catalogue::sessions_between;
use tradewind_store::catalog::gaps::{Gap, GapRules, scan};
use tradewind_store::{Db, DbConfig, migrate};
use tradewind_types::market::{BarInterval, BookAction, BookLevel, BookUpdate, DataState, MarketEvent};
use tradewind_types::order::{OrderKind, OrderOrigin, OrderRequest, OrderTerms};
use tradewind_types::record::{BatchMode, Command, CommandEnvelope, FeeTable, Outcome};
use tradewind_types::{
    AccountInfo, AccountKind, Currency, Decimal, Instrument, InstrumentIdx, Money, Price, PriceMantissa,
    Quantity, Side, SizeMantissa, TimeInForce,
};
use tradewind_venues::clock::ManualClock;

use super::super::grids::grids;
use super::super::{engine_id, org};
use super::*;

fn at(text: &str) -> UnixNanos {
    let stamp: Timestamp = text.parse().expect("a time");
    UnixNanos(u64::try_from(stamp.as_nanosecond()).expect("after 1970"))
}

#[test]
fn the_exchanges_hours_become_the_engines_sessions() {
    // Thanksgiving of 2025 is a Thursday without a session; the Friday closes at 13:00 in New York.
    let sessions = sessions_of("XNYS", at("2025-11-26T12:00:00Z"), at("2025-11-28T23:00:00Z"))
        .expect("known")
        .expect("it closes");
    let times: Vec<_> = sessions.spans().iter().map(|s| (s.open, s.close)).collect();
    assert_eq!(
        times,
        [
            (at("2025-11-26T14:30:00Z"), at("2025-11-26T21:00:00Z")),
            (at("2025-11-28T14:30:00Z"), at("2025-11-28T18:00:00Z")),
        ]
    );
}

#[test]
fn a_market_that_never_closes_has_no_sessions_and_an_unknown_one_an_error() {
    let (from, to) = (at("2025-11-26T12:00:00Z"), at("2025-11-28T23:00:00Z"));
    assert_eq!(sessions_of("CRYPTO", from, to), Ok(None));
    let error = sessions_of("MOON", from, to).expect_err("no such market");
    assert!(error.contains("MOON"), "{error}");
    let error = sessions_of("XNYS", at("2100-01-02T00:00:00Z"), at("2100-01-03T00:00:00Z"));
    let error = error.expect_err("nobody knows those days");
    assert!(error.contains("2100-01-01"), "{error}");
}

async fn calendars(dir: &Path) -> Arc<Calendars> {
    let db = Db::open(&DbConfig::file(&dir.join("tradewind.db")))
        .await
        .expect("a database");
    migrate::up(&db, UnixNanos(1)).await.expect("migrated");
    tradewind_store::identity::organisations::ensure(&db, &org(), &engine_id(), UnixNanos(1))
        .await
        .expect("a desk");
    Arc::new(Calendars::load(&db, &org(), &[]).await.expect("calendars"))
}

fn change(date: &str, kind: &str, open: &str, close: &str) -> Override {
    let text = OverrideText {
        calendar: "XNSE",
        date,
        kind,
        open,
        close,
        name: "a test",
        ..OverrideText::default()
    };
    text.read().expect("an override")
}

async fn put(calendars: &Arc<Calendars>, change: Override) {
    calendars
        .put(vec![change], "u1", UnixNanos(2))
        .await
        .expect("laid over");
}

struct Nobody;

impl OutcomeSink for Nobody {
    fn durable(&mut self, _: &[(u64, Outcome)]) {}
}

impl MarketSink for Nobody {
    fn market(&mut self, _: &Kernel, _: &MarketPublication) {}
}

/// An engine with one stock of the NSE, a paper account, and the feed of sessions.
struct Desk {
    engine: Engine,
    clock: Arc<ManualClock>,
    calendars: Arc<Calendars>,
    stop: CancellationToken,
    feed: JoinHandle<()>,
    _dir: TempDir,
}

impl Desk {
    async fn open(now: UnixNanos) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(ManualClock::at(now));
        let shared: Arc<dyn Clock> = clock.clone();
        let config = EngineConfig {
            journal_dir: dir.path().join("journal"),
            kernel: KernelConfig {
                paper_latency_ns: 0,
                ..KernelConfig::default()
            },
            snapshot_every: 1_000_000,
            tape_dir: None,
            clock: Arc::clone(&shared),
        };
        let (engine, _) = Engine::start(config, Box::new(Nobody), Box::new(Nobody)).expect("an engine");
        let calendars = calendars(dir.path()).await;
        let rupee: Currency = "INR".parse().expect("a currency");
        let mut stock = Instrument::spot(
            "INFY.NSE".parse().expect("an id"),
            "broker".parse().expect("a venue"),
            "INFY",
            ("INFY".parse().expect("a currency"), rupee),
            Decimal::new(1, 2),
            Decimal::ONE,
        );
        stock.calendar = Arc::from("XNSE");
        let instrument = Box::new(stock);
        command(&engine, Command::DefineInstrument { instrument }).await;
        let fees = FeeTable {
            market: "NSE".parse().expect("a market"),
            maker: Decimal::ZERO,
            taker: Decimal::ZERO,
            since: UnixNanos(0),
            source: "a test".to_owned(),
        };
        command(&engine, Command::DefineFees { fees }).await;
        let account = AccountInfo {
            id: "paper".parse().expect("an id"),
            org: org(),
            owner: "u1".parse().expect("an id"),
            name: "Paper".to_owned(),
            kind: AccountKind::Paper,
            venue: "broker".parse().expect("a venue"),
            base_currency: rupee,
        };
        let deposit = Money::new(Decimal::from(1_000_000), rupee);
        command(&engine, Command::OpenAccount { account, deposit }).await;
        let stop = CancellationToken::new();
        let feed = start(engine.handle(), &calendars, shared, stop.clone()).await;
        Self {
            engine,
            clock,
            calendars,
            stop,
            feed,
            _dir: dir,
        }
    }

    /// Waits until the engine's table says of an instant that there is a session, or none.
    async fn told(&self, ts: UnixNanos, open: bool) {
        let engine = self.engine.handle();
        let wanted = async {
            loop {
                let read = engine.query(move |kernel| {
                    let table = kernel.state().sessions.get("XNSE");
                    table.is_some_and(|table| table.at(ts).is_some())
                });
                if read.await.expect("an answer") == open {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), wanted)
            .await
            .expect("the engine is told");
    }

    /// The book of a moment.
    async fn book(&self) {
        let ts = self.clock.now();
        let level = |side, price: i64| BookLevel {
            side,
            price: PriceMantissa(price),
            size: SizeMantissa(1_000),
        };
        let update = BookUpdate {
            instrument: InstrumentIdx(0),
            action: BookAction::Snapshot,
            levels: [level(Side::Buy, 149_900), level(Side::Sell, 150_000)]
                .into_iter()
                .collect(),
            ts_event: ts,
            ts_init: ts,
        };
        let sender = self.engine.handle().market_sender();
        sender.send(MarketEvent::Book(update)).await;
    }

    /// Waits until the engine has taken the book: commands are taken before what the market says.
    async fn quoted(&self) {
        let now = self.clock.now();
        let engine = self.engine.handle();
        let taken = async {
            loop {
                let read = engine.query(move |kernel| {
                    let (_, market) = kernel.market(&"INFY.NSE".parse().ok()?)?;
                    Some(market.data_state(now) == DataState::Valid)
                });
                if read.await.expect("an answer") == Some(true) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), taken)
            .await
            .expect("the book is taken");
    }

    /// Submits an order that must not rest at a price that the book has, and says what becomes of it.
    async fn order(&self, id: &str) -> String {
        self.book().await;
        self.quoted().await;
        let request = OrderRequest {
            client_order_id: id.parse().expect("an id"),
            account: "paper".parse().expect("an id"),
            instrument: "INFY.NSE".parse().expect("an id"),
            side: Side::Buy,
            quantity: Quantity::new(Decimal::from(10)).expect("a quantity"),
            kind: OrderKind::Limit {
                price: Price::new(Decimal::from(1_500)).expect("a price"),
                post_only: false,
            },
            time_in_force: TimeInForce::Ioc,
            reduce_only: false,
            origin: OrderOrigin::Manual {
                actor: "u1".to_owned(),
            },
            terms: OrderTerms::default(),
        };
        let orders = Command::SubmitOrders {
            orders: vec![request],
            mode: BatchMode::Independent,
        };
        command(&self.engine, orders).await;
        let engine = self.engine.handle();
        let settled = async {
            loop {
                // The simulated venue answers with time, and after what was asked is durable.
                self.clock.advance(Duration::from_millis(1));
                self.book().await;
                let (account, order) = ("paper".parse().expect("an id"), id.to_owned());
                let read = engine.query(move |kernel| {
                    let order = kernel.order(&account, &order.parse().ok()?)?;
                    Some((order.state.name().to_owned(), !order.state.is_open()))
                });
                let (state, ended) = read.await.expect("an answer").expect("an order");
                if ended {
                    return state;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), settled)
            .await
            .expect("the order ends")
    }

    async fn close(self) {
        self.stop.cancel();
        self.feed.await.expect("the feed ends");
        self.engine.stop();
    }
}

async fn command(engine: &Engine, command: Command) {
    let envelope = CommandEnvelope {
        actor: "u1".to_owned(),
        correlation_id: "a test".to_owned(),
        ts: UnixNanos(0),
        command,
    };
    engine.handle().command(envelope).await.expect("taken");
}

#[tokio::test]
async fn a_holiday_of_an_administrator_ends_the_session_in_the_running_engine() {
    // A Tuesday, 10:30 in Mumbai.
    let now = at("2026-12-01T05:00:00Z");
    let desk = Desk::open(now).await;
    desk.told(now, true).await;
    assert_eq!(desk.order("before").await, "FILLED");
    let holiday = change("2026-12-01", "holiday", "", "");
    let date = holiday.date;
    put(&desk.calendars, holiday).await;
    desk.told(now, false).await;
    assert_eq!(desk.order("during").await, "REJECTED", "the market is closed now");
    // And when it is taken away the market is open again.
    let calendar = desk.calendars.find("XNSE").expect("known");
    desk.calendars
        .remove(&calendar, date, |_| true)
        .await
        .expect("taken away");
    desk.told(now, true).await;
    assert_eq!(desk.order("after").await, "FILLED");
    desk.close().await;
}

#[tokio::test]
async fn a_special_session_of_an_administrator_opens_one_in_the_running_engine() {
    // A Sunday evening.
    let now = at("2026-12-06T12:45:00Z");
    let desk = Desk::open(now).await;
    assert_eq!(
        desk.order("before").await,
        "REJECTED",
        "nothing is traded on Sundays"
    );
    put(&desk.calendars, change("2026-12-06", "special", "18:00", "19:00")).await;
    desk.told(now, true).await;
    assert_eq!(desk.order("during").await, "FILLED");
    desk.close().await;
}

#[tokio::test]
async fn a_gap_scan_misses_nothing_on_a_holiday_of_an_administrator() {
    let dir = tempfile::tempdir().expect("a folder");
    let calendars = calendars(dir.path()).await;
    // Bars of Monday and Wednesday, none of Tuesday, 375 minutes each.
    let day = |date: &str| {
        let open = i64::try_from(at(&format!("{date}T03:45:00Z")).0).expect("in range");
        (0..375).map(move |minute| open + minute * 60_000_000_000)
    };
    let bars: Vec<i64> = day("2026-12-07").chain(day("2026-12-09")).collect();
    let (from, to) = (at("2026-12-07T00:00:00Z"), at("2026-12-10T00:00:00Z"));
    let gaps = |calendars: &Arc<Calendars>| -> Vec<Gap> {
        let sessions = sessions_between(&source(calendars), "XNSE", from..to).expect("sessions");
        let nanos = |ts: UnixNanos| i64::try_from(ts.0).expect("in range");
        let times = nanos(from)..nanos(to);
        scan(
            &bars,
            BarInterval::M1,
            sessions,
            (times, nanos(to)),
            &GapRules::default(),
        )
    };
    let found = gaps(&calendars);
    assert_eq!(found.iter().map(|gap| gap.bars).sum::<u64>(), 375, "{found:?}");
    put(&calendars, change("2026-12-08", "holiday", "", "")).await;
    assert_eq!(gaps(&calendars), []);
}

#[tokio::test]
async fn bars_follow_the_sessions_that_are_known_at_the_start() {
    let dir = tempfile::tempdir().expect("a folder");
    let calendars = calendars(dir.path()).await;
    let opens = |calendars: &Arc<Calendars>| -> Vec<UnixNanos> {
        let now = at("2026-12-01T05:00:00Z");
        let grids = grids(&calendars.laid(), &["XNSE".to_owned()], now).unwrap_or_default();
        grids["XNSE"].spans().iter().map(|span| span.open).collect()
    };
    let (tuesday, sunday) = (at("2026-12-08T03:45:00Z"), at("2026-12-06T12:30:00Z"));
    let before = opens(&calendars);
    assert!(before.contains(&tuesday) && !before.contains(&sunday));
    put(&calendars, change("2026-12-08", "holiday", "", "")).await;
    put(&calendars, change("2026-12-06", "special", "18:00", "19:00")).await;
    let after = opens(&calendars);
    assert!(!after.contains(&tuesday) && after.contains(&sunday));
}

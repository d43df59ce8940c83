//! A real engine on a journal in a temporary folder, with a hub on its feeds.

use std::path::Path;
use std::sync::Arc;

use tradewind_engine::{CommandReply, Engine, EngineConfig, KernelConfig};
use tradewind_types::market::{BookAction, BookLevel, BookUpdate, MarketEvent, Trade};
use tradewind_types::num::parse_decimal;
use tradewind_types::order::OrderOrigin;
use tradewind_types::record::{BatchMode, Command, CommandEnvelope, FeeTable};
use tradewind_types::risk::RiskSettings;
use tradewind_types::{
    AccountInfo, AccountKind, Clock, Currency, Decimal, Instrument, InstrumentIdx, Money, Order, OrderKind,
    OrderRequest, PriceMantissa, Quantity, Side, SizeMantissa, TimeInForce, UnixNanos,
};

use super::harness::{Served, serve_source};
use crate::bars::BarReader;
use crate::hub::{Feeds, HubConfig};

pub(super) const INSTRUMENT: &str = "BTC-USD.COINBASE";
pub(super) const ACCOUNT: &str = "A1";

struct Wall;

impl Clock for Wall {
    fn now(&self) -> UnixNanos {
        let since = std::time::UNIX_EPOCH.elapsed().expect("after 1970");
        UnixNanos(u64::try_from(since.as_nanos()).expect("before 2554"))
    }
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a valid id")
}

fn dec(text: &str) -> Decimal {
    parse_decimal(text).expect("a decimal")
}

/// The engine with its hub.
pub(super) struct Rig {
    pub(super) served: Served,
    pub(super) feeds: Arc<Feeds>,
    engine: Engine,
    trades: u64,
}

impl Rig {
    /// Starts on a folder; what its journal holds is recovered.
    pub(super) fn start(folder: &Path) -> Rig {
        let feeds = Feeds::new();
        let config = EngineConfig {
            journal_dir: folder.to_owned(),
            kernel: KernelConfig {
                paper_latency_ns: 1_000_000,
                ..KernelConfig::default()
            },
            snapshot_every: 1_000_000,
            tape_dir: None,
            clock: Arc::new(Wall),
        };
        let started = Engine::start(config, feeds.outcome_sink(), feeds.market_sink());
        let (engine, report) = started.expect("an engine");
        let served = serve_source(HubConfig::default(), Arc::new(Wall), Arc::clone(&feeds) as _);
        let bars = BarReader {
            engine: engine.handle(),
            clock: Arc::new(Wall),
            catalog: None,
        };
        assert!(feeds.connect_engine(&served.hub, bars, report.outcomes));
        served.people.join("U1", ACCOUNT);
        Rig {
            served,
            feeds,
            engine,
            trades: 0,
        }
    }

    /// Starts on a new folder with an instrument, an account and a book.
    pub(super) async fn fresh(folder: &Path) -> Rig {
        let mut rig = Rig::start(folder);
        let pair = (Currency::of("BTC"), Currency::USD);
        let (tick, lot) = (dec("0.01"), dec("0.0001"));
        let instrument = Instrument::spot(id(INSTRUMENT), id("coinbase"), "BTC-USD", pair, tick, lot);
        rig.command(Command::DefineInstrument {
            instrument: Box::new(instrument),
        })
        .await;
        let (maker, taker) = (dec("0.001"), dec("0.002"));
        let (since, source) = (UnixNanos(0), "test".to_owned());
        rig.command(Command::DefineFees {
            fees: FeeTable {
                market: id("COINBASE"),
                maker,
                taker,
                since,
                source,
            },
        })
        .await;
        let account = AccountInfo {
            id: id(ACCOUNT),
            org: id("org"),
            owner: id("u1"),
            name: "Paper".to_owned(),
            kind: AccountKind::Paper,
            venue: id("coinbase"),
            base_currency: Currency::USD,
        };
        let deposit = Money::new(dec("1000000"), Currency::USD);
        rig.command(Command::OpenAccount { account, deposit }).await;
        let (orders_per_minute, orders_per_hour, orders_per_day) = (10_000, 10_000, 10_000);
        let settings = RiskSettings {
            orders_per_minute,
            orders_per_hour,
            orders_per_day,
            ..RiskSettings::default()
        };
        rig.command(Command::SetRiskSettings {
            account: id(ACCOUNT),
            settings,
            expected_version: 1,
        })
        .await;
        let levels = (0..60).flat_map(|n| {
            [
                (Side::Buy, 10_000 - n, 500_000),
                (Side::Sell, 10_001 + n, 500_000),
            ]
        });
        rig.book(BookAction::Snapshot, &levels.collect::<Vec<_>>()).await;
        rig
    }

    pub(super) async fn command(&mut self, command: Command) -> CommandReply {
        let envelope = CommandEnvelope {
            actor: "u1".to_owned(),
            correlation_id: "r".to_owned(),
            ts: UnixNanos(0),
            command,
        };
        self.engine.handle().command(envelope).await.expect("carried out")
    }

    /// Sends a change of the book: side, price in dollars, size in lots.
    pub(super) async fn book(&mut self, action: BookAction, levels: &[(Side, i64, i128)]) {
        let level = |(side, dollars, size): &(Side, i64, i128)| BookLevel {
            side: *side,
            price: PriceMantissa(dollars * 100),
            size: SizeMantissa(*size),
        };
        let now = Wall.now();
        let update = BookUpdate {
            instrument: InstrumentIdx(0),
            action,
            levels: levels.iter().map(level).collect(),
            ts_event: now,
            ts_init: now,
        };
        self.engine
            .handle()
            .market_sender()
            .send(MarketEvent::Book(update))
            .await;
    }

    /// Sends a public trade at a time.
    pub(super) async fn trade(&mut self, dollars: i64, ts: UnixNanos) {
        self.trades += 1;
        let trade = Trade {
            instrument: InstrumentIdx(0),
            price: PriceMantissa(dollars * 100),
            size: SizeMantissa(10),
            aggressor: Some(Side::Buy),
            trade_id: self.trades,
            ts_event: ts,
            ts_init: ts,
        };
        self.engine
            .handle()
            .market_sender()
            .send(MarketEvent::Trade(trade))
            .await;
    }

    /// Bars as REST reads them.
    pub(super) fn reader(&self) -> BarReader {
        BarReader {
            engine: self.engine.handle(),
            clock: Arc::new(Wall),
            catalog: None,
        }
    }

    pub(super) async fn interrupt(&mut self) {
        let event = MarketEvent::Reset {
            instrument: InstrumentIdx(0),
            ts_init: Wall.now(),
        };
        self.engine.handle().market_sender().send(event).await;
    }

    pub(super) fn now(&self) -> UnixNanos {
        Wall.now()
    }

    /// Submits an order; a price makes it a limit order that rests.
    pub(super) async fn order(&mut self, name: &str, price: Option<&str>) -> Order {
        let kind = price.map_or(OrderKind::Market, |price| OrderKind::Limit {
            price: tradewind_types::Price::new(dec(price)).expect("a price"),
            post_only: false,
        });
        let request = OrderRequest {
            client_order_id: id(name),
            account: id(ACCOUNT),
            instrument: id(INSTRUMENT),
            side: Side::Buy,
            quantity: Quantity::new(dec("0.01")).expect("a quantity"),
            time_in_force: if price.is_some() {
                TimeInForce::Gtc
            } else {
                TimeInForce::Ioc
            },
            kind,
            reduce_only: false,
            origin: OrderOrigin::Manual {
                actor: "u1".to_owned(),
            },
            terms: tradewind_types::OrderTerms::default(),
        };
        let command = Command::SubmitOrders {
            orders: vec![request],
            mode: BatchMode::Independent,
        };
        let CommandReply::Orders { mut orders, .. } = self.command(command).await else {
            panic!("no orders")
        };
        orders.pop().expect("one order")
    }

    pub(super) async fn cancel(&mut self, name: &str) {
        self.command(Command::CancelOrder {
            account: id(ACCOUNT),
            client_order_id: id(name),
        })
        .await;
    }

    /// The best levels of a side as the kernel has them, `(price, size)` as text.
    pub(super) async fn levels(&self, side: Side) -> Vec<(String, String)> {
        let handle = self.engine.handle();
        let answer = handle.query(move |kernel| {
            let market = kernel.market_at(InstrumentIdx(0)).expect("a market");
            let text = |d: Decimal| d.normalize().to_string();
            let levels = market.book().levels(side).take(50);
            let levels = levels.map(|(p, s)| (text(p.to_decimal(2)), text(s.to_decimal(4).expect("fits"))));
            levels.collect::<Vec<_>>()
        });
        answer.await.expect("an answer")
    }

    /// Ends hub and engine.
    pub(super) async fn stop(self) {
        self.served.hub.shutdown().await;
        tokio::task::spawn_blocking(move || self.engine.stop())
            .await
            .expect("stopped");
    }
}

//! How long a restart takes with a long journal.
//!
//! Makes a journal of `RECORDS` records (default 1,000,000) through the real kernel: orders, fills, holds, fees and
//! ledger entries, with a snapshot where a running engine would last have written one. Then measures the engine's
//! start from that snapshot, from the one of an orderly stop, and without any.
//!
//! ```text
//! cargo run --release -p tradewind-engine --example restart -- [RECORDS] [DIR]
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tradewind_engine::kernel::{Actions, State};
use tradewind_engine::{
    Engine, EngineConfig, Event, Kernel, KernelConfig, MarketPublication, MarketSink, OutcomeSink,
};
use tradewind_journal::{FileJournal, Journal, JournalConfig, RecordIn, snapshot};
use tradewind_types::market::{BookAction, BookLevel, BookUpdate, MarketEvent};
use tradewind_types::order::OrderOrigin;
use tradewind_types::record::{BatchMode, Command, CommandEnvelope, FeeTable, Outcome};
use tradewind_types::risk::RiskSettings;
use tradewind_types::*;

/// Records between two snapshots, as served by default.
const SNAPSHOT_EVERY: u64 = 50_000;
const MS: u64 = 1_000_000;

type Failure = Box<dyn std::error::Error>;

struct Nothing;

impl OutcomeSink for Nothing {
    fn durable(&mut self, _: &[(u64, Outcome)]) {}
}

impl MarketSink for Nothing {
    fn market(&mut self, _: &Kernel, _: &MarketPublication) {}
}

struct Fixed(UnixNanos);

impl Clock for Fixed {
    fn now(&self) -> UnixNanos {
        self.0
    }
}

/// A kernel that writes all that it records.
struct Writer {
    kernel: Kernel,
    journal: FileJournal,
    dir: PathBuf,
    actions: Actions,
    now: UnixNanos,
    records: u64,
    pending: usize,
    snapshot_at: u64,
}

impl Writer {
    fn new(dir: &Path, snapshot_at: u64) -> Result<Self, Failure> {
        let (journal, _) = FileJournal::open(JournalConfig::new(dir))?;
        Ok(Self {
            kernel: Kernel::new(KernelConfig::default(), State::default()),
            journal,
            dir: dir.to_owned(),
            actions: Actions::default(),
            now: UnixNanos::from_secs(1_700_000_000),
            records: 0,
            pending: 0,
            snapshot_at,
        })
    }

    fn event(&mut self, event: &Event) -> Result<(), Failure> {
        self.actions.clear();
        self.kernel.process(event, &mut self.actions);
        if let Some(Err(error)) = self.actions.reply.take() {
            return Err(error.into());
        }
        for record in self.actions.records.drain(..) {
            let payload = record.encode()?;
            let (kind, version) = (record.kind() as u16, record.version());
            self.journal.append(&[RecordIn {
                kind,
                version,
                ts: self.now.0,
                payload: &payload,
            }])?;
            self.records += 1;
            self.pending += 1;
        }
        if self.pending >= 2_000 {
            self.commit()?;
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Failure> {
        let head = self.journal.commit()?;
        self.pending = 0;
        if self.snapshot_at > 0 && head.seq >= self.snapshot_at {
            let bytes = self.kernel.state().to_snapshot()?;
            snapshot::write(&self.dir, head.seq, head.hash, &bytes)?;
            println!(
                "snapshot at record {}: {:.1} MB",
                head.seq,
                bytes.len() as f64 / 1e6
            );
            self.snapshot_at = 0;
        }
        Ok(())
    }

    fn command(&mut self, command: Command) -> Result<(), Failure> {
        self.now = self.now.plus(MS);
        let envelope = CommandEnvelope {
            actor: "u1".to_owned(),
            correlation_id: "restart".to_owned(),
            ts: self.now,
            command,
        };
        self.event(&Event::Command(Box::new(envelope)))
    }

    fn set_up(&mut self) -> Result<(), Failure> {
        let (tick, lot) = (Decimal::new(1, 2), Decimal::new(1, 4));
        let pair = (Currency::of("BTC"), Currency::USD);
        let instrument = Instrument::spot(
            "BTC-USD.COINBASE".parse()?,
            "coinbase".parse()?,
            "BTC-USD",
            pair,
            tick,
            lot,
        );
        self.command(Command::DefineInstrument {
            instrument: Box::new(instrument),
        })?;
        let fees = FeeTable {
            market: "COINBASE".parse()?,
            maker: Decimal::new(1, 3),
            taker: Decimal::new(2, 3),
            since: UnixNanos(0),
            source: "example".to_owned(),
        };
        self.command(Command::DefineFees { fees })?;
        for account in ["a1", "a2"] {
            let info = AccountInfo {
                id: account.parse()?,
                org: "desk".parse()?,
                owner: "u1".parse()?,
                name: account.to_owned(),
                kind: AccountKind::Paper,
                venue: "coinbase".parse()?,
                base_currency: Currency::USD,
            };
            let deposit = Money::new(Decimal::from(1_000_000_000), Currency::USD);
            self.command(Command::OpenAccount {
                account: info,
                deposit,
            })?;
            let settings = RiskSettings {
                orders_per_minute: u32::MAX,
                orders_per_hour: u32::MAX,
                orders_per_day: u32::MAX,
                ..RiskSettings::default()
            };
            self.command(Command::SetRiskSettings {
                account: account.parse()?,
                settings,
                expected_version: 1,
            })?;
        }
        Ok(())
    }

    fn book(&mut self, bid: i64) -> Result<(), Failure> {
        self.now = self.now.plus(MS);
        let idx = self
            .kernel
            .instruments()
            .idx(&"BTC-USD.COINBASE".parse()?)
            .ok_or("defined")?;
        let level = |side, dollars: i64| BookLevel {
            side,
            price: PriceMantissa(dollars * 100),
            size: SizeMantissa(20_000),
        };
        let levels = (0..3)
            .map(|i| level(Side::Buy, bid - i))
            .chain((1..4).map(|i| level(Side::Sell, bid + i)));
        self.event(&Event::Market(MarketEvent::Book(BookUpdate {
            instrument: idx,
            action: BookAction::Snapshot,
            levels: levels.collect(),
            ts_event: self.now,
            ts_init: self.now,
        })))
    }

    /// One order, taken at once, rested and canceled, or a market order; buys and sells keep the position small.
    fn order(&mut self, n: u64) -> Result<(), Failure> {
        let side = if n % 4 < 2 { Side::Buy } else { Side::Sell };
        let near = 10_000 + (n % 7) as i64;
        let kind = match n % 5 {
            0 => OrderKind::Market,
            1 => OrderKind::Limit {
                price: Price::new(Decimal::from(near - 90))?,
                post_only: false,
            },
            _ => OrderKind::Limit {
                price: Price::new(Decimal::from(near))?,
                post_only: false,
            },
        };
        let account: AccountId = (if n.is_multiple_of(2) { "a1" } else { "a2" }).parse()?;
        let client_order_id: ClientOrderId = format!("order-{n}").parse()?;
        let request = OrderRequest {
            client_order_id: client_order_id.clone(),
            account: account.clone(),
            instrument: "BTC-USD.COINBASE".parse()?,
            side,
            quantity: Quantity::new(Decimal::new(100 + (n % 900) as i64, 4))?,
            kind,
            time_in_force: TimeInForce::Gtc,
            reduce_only: false,
            origin: OrderOrigin::Manual {
                actor: "u1".to_owned(),
            },
            terms: tradewind_types::OrderTerms::default(),
        };
        self.command(Command::SubmitOrders {
            orders: vec![request],
            mode: BatchMode::Independent,
        })?;
        self.now = self.now.plus(30 * MS);
        self.event(&Event::Timer(self.now))?;
        let open = self
            .kernel
            .account(&account)
            .and_then(|a| a.orders.get(&client_order_id));
        if open.is_some_and(|o| o.state.is_open()) && !n.is_multiple_of(50) {
            self.command(Command::CancelOrder {
                account,
                client_order_id,
            })?;
            self.now = self.now.plus(30 * MS);
            self.event(&Event::Timer(self.now))?;
        }
        Ok(())
    }
}

fn start(dir: &Path, now: UnixNanos) -> Result<(Duration, Engine), Failure> {
    let config = EngineConfig {
        journal_dir: dir.to_owned(),
        kernel: KernelConfig::default(),
        snapshot_every: SNAPSHOT_EVERY,
        tape_dir: None,
        clock: Arc::new(Fixed(now)),
    };
    let begun = Instant::now();
    let (engine, report) = Engine::start(config, Box::new(Nothing), Box::new(Nothing))?;
    let took = begun.elapsed();
    println!(
        "start: {:>7.1} ms; {} records, snapshot of record {}, {} folded",
        took.as_secs_f64() * 1e3,
        report.records,
        report.snapshot_seq,
        report.folded
    );
    Ok((took, engine))
}

fn remove_snapshots(dir: &Path) -> Result<(), Failure> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "snap") {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let wanted: u64 = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let name = format!("tradewind-restart-{}", std::process::id());
    let dir = arguments
        .next()
        .map_or_else(|| std::env::temp_dir().join(name), PathBuf::from);
    let mut writer = Writer::new(&dir, wanted.saturating_sub(SNAPSHOT_EVERY))?;
    let begun = Instant::now();
    writer.set_up()?;
    let mut n = 0;
    while writer.records < wanted {
        if n % 20 == 0 {
            writer.book(10_000 + (n / 20 % 7) as i64)?;
        }
        writer.order(n)?;
        n += 1;
    }
    writer.commit()?;
    let now = writer.now.plus(MS);
    let (records, illegal) = (writer.records, writer.kernel.illegal_outcomes());
    println!(
        "{records} records of {n} orders made in {:.1} s, {illegal} illegal",
        begun.elapsed().as_secs_f64()
    );
    drop(writer);
    println!("after a crash, from the last snapshot:");
    let (_, engine) = start(&dir, now)?;
    engine.stop();
    println!("after an orderly stop:");
    let (_, engine) = start(&dir, now)?;
    engine.stop();
    println!("without any snapshot:");
    remove_snapshots(&dir)?;
    let (_, engine) = start(&dir, now)?;
    engine.stop();
    std::fs::remove_dir_all(&dir)?;
    Ok(())
}

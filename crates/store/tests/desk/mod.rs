//! Random histories from the real kernel, as journal records.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use tradewind_engine::kernel::{Actions, State};
use tradewind_engine::{CommandReply, Event, Kernel, KernelConfig};
use tradewind_store::projection::{Records, SourceError, SourceRecord};
use tradewind_types::market::{BookAction, BookLevel, BookUpdate, MarketEvent, Trade};
use tradewind_types::num::parse_decimal;
use tradewind_types::order::{OrderOrigin, UnitFraction};
use tradewind_types::record::{BatchMode, Command, CommandEnvelope, FeeTable, Outcome, Record};
use tradewind_types::risk::{Denial, RiskRule};
use tradewind_types::signal::{Opinion, Signal, SignalOutcome};
use tradewind_types::*;

pub fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a valid id")
}

pub fn dec(text: &str) -> Decimal {
    parse_decimal(text).expect("a decimal")
}

pub const ACCOUNTS: [&str; 2] = ["paper-1", "paper-2"];
const BASES: [(&str, i64); 2] = [("BTC", 10_000), ("ETH", 1_000)];
const MS: u64 = 1_000_000;

/// SplitMix64: the same seed, the same history.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

/// A kernel and everything that it recorded.
pub struct Desk {
    pub kernel: Kernel,
    pub records: Vec<Record>,
    now: UnixNanos,
    dice: Dice,
    made: u64,
}

impl Desk {
    pub fn new(seed: u64) -> Self {
        let mut desk = Self {
            kernel: Kernel::new(KernelConfig::default(), State::default()),
            records: Vec::new(),
            now: UnixNanos::from_secs(1_700_000_000),
            dice: Dice(seed),
            made: 0,
        };
        for (base, _) in BASES {
            let pair = (id(base), Currency::USD);
            let name = format!("{base}-USD");
            let instrument = Instrument::spot(
                id(&format!("{name}.COINBASE")),
                id("coinbase"),
                &name,
                pair,
                dec("0.01"),
                dec("0.0001"),
            );
            desk.command(Command::DefineInstrument {
                instrument: Box::new(instrument),
            });
        }
        let fees = FeeTable {
            market: id("COINBASE"),
            maker: dec("0.001"),
            taker: dec("0.002"),
            since: UnixNanos(0),
            source: "test".to_owned(),
        };
        desk.command(Command::DefineFees { fees });
        ACCOUNTS.iter().for_each(|account| desk.open(account));
        BASES.iter().for_each(|(base, price)| desk.book(base, *price));
        desk
    }

    /// A history of `steps` random steps.
    pub fn history(seed: u64, steps: usize) -> Self {
        let mut desk = Self::new(seed);
        (0..steps).for_each(|_| desk.step());
        desk.pass(500);
        desk
    }

    fn open(&mut self, account: &str) {
        let info = AccountInfo {
            id: id(account),
            org: id("desk"),
            owner: id("u1"),
            name: account.to_uppercase(),
            kind: AccountKind::Paper,
            venue: id("coinbase"),
            base_currency: Currency::USD,
        };
        self.command(Command::OpenAccount {
            account: info,
            deposit: Money::new(dec("100000"), Currency::USD),
        });
        let mut settings = tradewind_types::risk::RiskSettings::default();
        (
            settings.orders_per_minute,
            settings.orders_per_hour,
            settings.orders_per_day,
        ) = (10_000, 10_000, 100_000);
        self.command(Command::SetRiskSettings {
            account: id(account),
            settings,
            expected_version: 1,
        });
        for strategy in ["fast_scalping", "combined"] {
            self.command(Command::SetStrategy {
                account: id(account),
                strategy: id(strategy),
                enabled: true,
            });
        }
    }

    fn event(&mut self, event: &Event) -> Option<CommandReply> {
        let mut actions = Actions::default();
        self.kernel.process(event, &mut actions);
        self.records.append(&mut actions.records);
        actions.reply.and_then(Result::ok)
    }

    pub fn command(&mut self, command: Command) -> Option<CommandReply> {
        self.now = self.now.plus(MS);
        let envelope = CommandEnvelope {
            actor: "u1".to_owned(),
            correlation_id: "r".to_owned(),
            ts: self.now,
            command,
        };
        self.event(&Event::Command(Box::new(envelope)))
    }

    pub fn pass(&mut self, ms: u64) {
        let end = self.now.plus(ms * MS);
        while self.now < end {
            self.now = UnixNanos(end.0.min(self.now.0 + 1_000 * MS));
            self.event(&Event::Timer(self.now));
        }
    }

    fn idx(&self, base: &str) -> InstrumentIdx {
        self.kernel
            .instruments()
            .idx(&id(&format!("{base}-USD.COINBASE")))
            .expect("defined")
    }

    fn book(&mut self, base: &str, bid: i64) {
        let idx = self.idx(base);
        let size = SizeMantissa(20_000);
        let level = |side, dollars: i64| BookLevel {
            side,
            price: PriceMantissa(dollars * 100),
            size,
        };
        let mut levels: Vec<BookLevel> = (0..3).map(|i| level(Side::Buy, bid - i)).collect();
        levels.extend((1..4).map(|i| level(Side::Sell, bid + i)));
        self.now = self.now.plus(MS);
        let update = BookUpdate {
            instrument: idx,
            action: BookAction::Snapshot,
            levels: levels.into_iter().collect(),
            ts_event: self.now,
            ts_init: self.now,
        };
        self.event(&Event::Market(MarketEvent::Book(update)));
    }

    fn trade(&mut self, base: &str, dollars: i64) {
        self.made += 1;
        self.now = self.now.plus(MS);
        let trade = Trade {
            instrument: self.idx(base),
            price: PriceMantissa(dollars * 100),
            size: SizeMantissa(5_000),
            aggressor: Some(Side::Sell),
            trade_id: self.made,
            ts_event: self.now,
            ts_init: self.now,
        };
        self.event(&Event::Market(MarketEvent::Trade(trade)));
    }

    fn order(&mut self) -> OrderRequest {
        self.made += 1;
        let (base, price) = BASES[self.dice.below(2) as usize];
        let near = price - 40 + self.dice.below(80) as i64;
        let post_only = self.dice.below(5) == 0;
        let kind = if self.dice.below(3) == 0 {
            OrderKind::Market
        } else {
            OrderKind::Limit {
                price: Price::new(Decimal::from(near)).expect("a price"),
                post_only,
            }
        };
        let tif = [
            TimeInForce::Gtc,
            TimeInForce::Day,
            TimeInForce::Ioc,
            TimeInForce::Fok,
        ];
        let tif = if post_only {
            TimeInForce::Gtc
        } else {
            tif[self.dice.below(4) as usize]
        };
        let origin = match self.dice.below(4) {
            0 => OrderOrigin::Strategy {
                strategy: id("combined"),
                signal: id(&format!("S{}", self.made)),
                confidence: UnitFraction(900_000),
            },
            _ => OrderOrigin::Manual {
                actor: "u1".to_owned(),
            },
        };
        OrderRequest {
            client_order_id: id(&format!("o{}", self.made)),
            account: id(ACCOUNTS[self.dice.below(2) as usize]),
            instrument: id(&format!("{base}-USD.COINBASE")),
            side: if self.dice.below(2) == 0 {
                Side::Buy
            } else {
                Side::Sell
            },
            quantity: Quantity::new(Decimal::new(1 + self.dice.below(8_000) as i64, 4)).expect("above 0"),
            kind,
            time_in_force: tif,
            reduce_only: self.dice.below(10) == 0,
            origin,
            terms: tradewind_types::OrderTerms::default(),
        }
    }

    /// A signal as a strategy would leave it; the kernel's own need hours of bars.
    fn signal(&mut self, account: AccountId, base: &str) {
        self.made += 1;
        let denial = Denial {
            rule: RiskRule::Confidence,
            actual: "0.5".to_owned(),
            limit: "0.7".to_owned(),
            message: "confidence 0.5 is below 0.7".to_owned(),
        };
        let outcome = match self.dice.below(3) {
            0 => SignalOutcome::Accepted {
                client_order_id: id(&format!("auto-{}", self.made)),
            },
            1 => SignalOutcome::Denied {
                denials: vec![denial],
            },
            _ => SignalOutcome::Recorded,
        };
        let signal = Signal {
            id: id(&format!("S{}", self.made)),
            account,
            strategy: id(["combined", "fast_scalping"][self.dice.below(2) as usize]),
            instrument: id(&format!("{base}-USD.COINBASE")),
            interval: "10s".parse().expect("an interval"),
            bar_ts: self.now.floor_to(10_000 * MS),
            ts: self.now,
            opinion: [Opinion::Buy, Opinion::Sell, Opinion::Hold][self.dice.below(3) as usize],
            strength: UnitFraction(500_000),
            confidence: UnitFraction(self.dice.below(1_000_001) as u32),
            reason: "EMA(3) 10.1 is above EMA(8) 10.0 — \"up\"".to_owned(),
            outcome,
        };
        self.records
            .push(Record::Outcome(Outcome::Signal(Box::new(signal))));
    }

    fn step(&mut self) {
        let account: AccountId = id(ACCOUNTS[self.dice.below(2) as usize]);
        let (base, price) = BASES[self.dice.below(2) as usize];
        let near = price - 40 + self.dice.below(80) as i64;
        match self.dice.below(22) {
            0..=8 => {
                let order = self.order();
                self.command(Command::SubmitOrders {
                    orders: vec![order],
                    mode: BatchMode::Independent,
                });
            }
            9..=11 => self.book(base, near),
            12 | 13 => self.trade(base, near),
            14 | 15 => {
                let ms = 1 + self.dice.below(30_000);
                self.pass(ms);
            }
            16 => {
                let open = self
                    .kernel
                    .account(&account)
                    .expect("open")
                    .orders
                    .open()
                    .next_back();
                if let Some(client_order_id) = open.map(|o| o.request.client_order_id.clone()) {
                    self.command(Command::CancelOrder {
                        account,
                        client_order_id,
                    });
                }
            }
            17 => {
                self.made += 1;
                let amount = Decimal::from(self.dice.below(900) as i64 - 400);
                let money = Money::new(amount, Currency::USD);
                let (key, reason) = (format!("t{}", self.made), "test".to_owned());
                self.command(Command::Transfer {
                    account,
                    money,
                    key,
                    reason,
                });
            }
            20 => {
                let flatten = self.dice.below(2) == 0;
                self.command(Command::EngageKillSwitch {
                    account: Some(account.clone()),
                    flatten,
                    reason: "test".to_owned(),
                });
                self.command(Command::LiftKillSwitch {
                    account: Some(account),
                });
            }
            18 | 19 => self.signal(account, base),
            _ => {
                self.command(Command::Reconcile { account });
            }
        }
    }

    /// The records as the journal would give them, from 1.
    pub fn source_records(&self) -> Vec<SourceRecord> {
        let numbered = (1u64..).zip(&self.records);
        numbered
            .map(|(seq, record)| SourceRecord {
                seq,
                hash: hash(seq),
                outcome: match record {
                    Record::Outcome(outcome) => Some(outcome.clone()),
                    Record::Command(_) | Record::Venue(_) => None,
                },
            })
            .collect()
    }
}

/// A stand-in for the journal's chain.
pub fn hash(seq: u64) -> String {
    format!("{:064x}", Dice(seq).below(u64::MAX))
}

/// The outcomes of some records.
pub fn outcomes(records: &[SourceRecord]) -> Vec<(u64, Outcome)> {
    records
        .iter()
        .filter_map(|r| Some((r.seq, r.outcome.clone()?)))
        .collect()
}

/// A journal in memory that can grow, and fail for a while.
#[derive(Clone, Default)]
pub struct MemoryJournal {
    pub records: std::sync::Arc<std::sync::Mutex<Vec<SourceRecord>>>,
    pub failing: std::sync::Arc<std::sync::atomic::AtomicU32>,
}

impl MemoryJournal {
    pub fn append(&self, records: &[SourceRecord]) {
        self.records
            .lock()
            .expect("unpoisoned")
            .extend_from_slice(records);
    }
}

impl tradewind_store::projection::RecordSource for MemoryJournal {
    fn read(&self, from_seq: u64) -> Records {
        use std::sync::atomic::Ordering;
        let failing = self.failing.load(Ordering::SeqCst);
        if failing > 0 {
            self.failing.store(failing - 1, Ordering::SeqCst);
            return Box::new(std::iter::once(Err(SourceError(
                "the disk is on holiday".to_owned(),
            ))));
        }
        let records = self.records.lock().expect("unpoisoned");
        let wanted: Vec<_> = records
            .iter()
            .filter(|r| r.seq >= from_seq)
            .cloned()
            .map(Ok)
            .collect();
        Box::new(wanted.into_iter())
    }
}

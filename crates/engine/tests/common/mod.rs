//! A kernel with two instruments, fees and a funded paper account, driven by hand.
#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod live;

use tradewind_engine::kernel::{Actions, State};
use tradewind_engine::{CommandError, CommandReply, Event, Kernel, KernelConfig};
use tradewind_types::market::{BookAction, BookLevel, BookUpdate, MarketEvent, Trade};
use tradewind_types::num::parse_decimal;
use tradewind_types::order::OrderOrigin;
use tradewind_types::record::{BatchMode, Command, CommandEnvelope, FeeTable, Outcome, Record};
use tradewind_types::*;

pub(crate) const START_S: u64 = 1_700_000_000;
pub(crate) const MS: u64 = 1_000_000;

pub(crate) fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a valid id")
}

pub(crate) fn dec(text: &str) -> Decimal {
    parse_decimal(text).expect("a decimal")
}

pub(crate) fn account() -> AccountId {
    id("paper-1")
}

pub(crate) fn instruments() -> Vec<Instrument> {
    let spot = |base: &'static str, tick: &str, lot: &str| {
        let pair = (Currency::of(base), Currency::USD);
        Instrument::spot(
            id(&format!("{base}-USD.COINBASE")),
            id("coinbase"),
            &format!("{base}-USD"),
            pair,
            dec(tick),
            dec(lot),
        )
    };
    vec![spot("BTC", "0.01", "0.0001"), spot("ETH", "0.01", "0.001")]
}

pub(crate) fn account_info() -> AccountInfo {
    AccountInfo {
        id: account(),
        org: id("org"),
        owner: id("u1"),
        name: "Paper".to_owned(),
        kind: AccountKind::Paper,
        venue: id("coinbase"),
        base_currency: Currency::USD,
    }
}

pub(crate) fn envelope(command: Command) -> CommandEnvelope {
    CommandEnvelope {
        actor: "u1".to_owned(),
        correlation_id: "r".to_owned(),
        ts: UnixNanos(0),
        command,
    }
}

/// A kernel and everything that it recorded.
pub(crate) struct Desk {
    pub(crate) kernel: Kernel,
    pub(crate) records: Vec<Record>,
    pub(crate) now: UnixNanos,
    trade_id: u64,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::with(KernelConfig::default())
    }

    pub(crate) fn with(config: KernelConfig) -> Self {
        let mut desk = Self {
            kernel: Kernel::new(config, State::default()),
            records: Vec::new(),
            now: UnixNanos::from_secs(START_S),
            trade_id: 0,
        };
        for instrument in instruments() {
            desk.command(Command::DefineInstrument {
                instrument: Box::new(instrument),
            })
            .expect("defined");
        }
        let fees = FeeTable {
            market: id("COINBASE"),
            maker: dec("0.001"),
            taker: dec("0.002"),
            since: UnixNanos(0),
            source: "test".to_owned(),
        };
        desk.command(Command::DefineFees { fees }).expect("defined");
        let deposit = Money::new(dec("100000"), Currency::USD);
        desk.command(Command::OpenAccount {
            account: account_info(),
            deposit,
        })
        .expect("opened");
        desk.book("BTC", 10_000, 10_010, "5");
        desk.book("ETH", 1_000, 1_001, "50");
        desk
    }

    pub(crate) fn event(&mut self, event: &Event) -> Option<Result<CommandReply, CommandError>> {
        let mut actions = Actions::default();
        self.kernel.process(event, &mut actions);
        self.records.append(&mut actions.records);
        actions.reply
    }

    pub(crate) fn command(&mut self, command: Command) -> Result<CommandReply, CommandError> {
        self.now = self.now.plus(MS);
        let envelope = CommandEnvelope {
            ts: self.now,
            ..envelope(command)
        };
        self.event(&Event::Command(Box::new(envelope)))
            .expect("commands are answered")
    }

    /// Lets time pass in steps of 100 ms.
    pub(crate) fn pass(&mut self, ms: u64) {
        let end = self.now.plus(ms * MS);
        while self.now < end {
            self.now = UnixNanos(end.0.min(self.now.0 + 100 * MS));
            self.event(&Event::Timer(self.now));
        }
    }

    /// Replaces the book by three levels a side, one dollar apart, `size` each.
    pub(crate) fn book(&mut self, base: &str, bid: i64, ask: i64, size: &str) {
        let idx = self.idx(base);
        let instrument = self.kernel.instruments().get(idx).expect("defined").clone();
        let size = SizeMantissa::from_decimal(dec(size), instrument.size_scale).expect("fits");
        let level = |side, dollars: i64| BookLevel {
            side,
            price: PriceMantissa(dollars * 100),
            size,
        };
        let mut levels: Vec<BookLevel> = (0..3).map(|i| level(Side::Buy, bid - i)).collect();
        levels.extend((0..3).map(|i| level(Side::Sell, ask + i)));
        self.now = self.now.plus(MS);
        self.event(&Event::Market(MarketEvent::Book(BookUpdate {
            instrument: idx,
            action: BookAction::Snapshot,
            levels: levels.into_iter().collect(),
            ts_event: self.now,
            ts_init: self.now,
        })));
    }

    pub(crate) fn trade(&mut self, base: &str, cents: i64, size: i128) {
        self.trade_id += 1;
        let trade = Trade {
            instrument: self.idx(base),
            price: PriceMantissa(cents),
            size: SizeMantissa(size),
            aggressor: None,
            trade_id: self.trade_id,
            ts_event: self.now,
            ts_init: self.now,
        };
        self.event(&Event::Market(MarketEvent::Trade(trade)));
    }

    pub(crate) fn idx(&self, base: &str) -> InstrumentIdx {
        self.kernel
            .instruments()
            .idx(&id(&format!("{base}-USD.COINBASE")))
            .expect("defined")
    }

    pub(crate) fn submit(&mut self, request: OrderRequest) -> Result<CommandReply, CommandError> {
        self.command(Command::SubmitOrders {
            orders: vec![request],
            mode: BatchMode::Independent,
        })
    }

    pub(crate) fn order(&self, client_order_id: &str) -> &Order {
        self.kernel
            .order(&account(), &id(client_order_id))
            .expect("the order is there")
    }

    pub(crate) fn state(&self) -> &tradewind_engine::kernel::AccountState {
        self.kernel.account(&account()).expect("the account is there")
    }

    /// Every invariant that must hold after any step.
    pub(crate) fn check(&self) {
        let state = self.state();
        state.ledger.check_invariants().expect("the ledger is whole");
        assert_eq!(
            self.kernel.illegal_outcomes(),
            0,
            "{:?}",
            self.kernel.last_illegal()
        );
        for (order, held) in state.ledger.holds() {
            let open = state.orders.get(order).is_some_and(|o| o.state.is_open());
            assert!(open, "{held} is held for {order}, which has ended");
        }
    }

    /// The state that folding the records gives.
    pub(crate) fn refolded(&self) -> State {
        let mut state = State::default();
        for record in &self.records {
            if let Record::Outcome(outcome) = record {
                state.fold(outcome).expect("a recorded outcome folds");
            }
        }
        state
    }

    pub(crate) fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.records.iter().filter_map(|r| match r {
            Record::Outcome(outcome) => Some(outcome),
            Record::Command(_) | Record::Venue(_) => None,
        })
    }
}

pub(crate) fn limit(client_order_id: &str, side: Side, quantity: &str, price: &str) -> OrderRequest {
    OrderRequest {
        client_order_id: id(client_order_id),
        account: account(),
        instrument: id("BTC-USD.COINBASE"),
        side,
        quantity: Quantity::new(dec(quantity)).expect("positive"),
        kind: OrderKind::Limit {
            price: Price::new(dec(price)).expect("valid"),
            post_only: false,
        },
        time_in_force: TimeInForce::Gtc,
        reduce_only: false,
        origin: OrderOrigin::Manual {
            actor: "u1".to_owned(),
        },
        terms: tradewind_types::OrderTerms::default(),
    }
}

pub(crate) fn market(client_order_id: &str, side: Side, quantity: &str) -> OrderRequest {
    OrderRequest {
        kind: OrderKind::Market,
        time_in_force: TimeInForce::Ioc,
        ..limit(client_order_id, side, quantity, "1")
    }
}

pub(crate) fn price(text: &str) -> Price {
    Price::new(dec(text)).expect("valid")
}

pub(crate) fn quantity(text: &str) -> Quantity {
    Quantity::new(dec(text)).expect("positive")
}

/// A reduce-only child of `parent` in the OCO list `legs`.
pub(crate) fn leg(client_order_id: &str, parent: &str, quantity: &str, kind: OrderKind) -> OrderRequest {
    OrderRequest {
        kind,
        reduce_only: true,
        terms: OrderTerms {
            parent: Some(id(parent)),
            oco: Some(id("legs")),
            ..OrderTerms::default()
        },
        ..limit(client_order_id, Side::Sell, quantity, "1")
    }
}

pub(crate) fn stop(trigger: &str) -> OrderKind {
    OrderKind::StopMarket {
        trigger: price(trigger),
    }
}

pub(crate) fn at(limit: &str) -> OrderKind {
    OrderKind::Limit {
        price: price(limit),
        post_only: false,
    }
}

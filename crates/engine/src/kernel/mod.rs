//! The deterministic kernel: `process(event, &mut actions)`.
//!
//! One event in; what came of it out, as [`Actions`]: records for the journal (the command that was acted on and
//! the outcomes), the answer to a command, and publications of market state. State changes only by folding
//! outcomes ([`state`]), so that recovery and live operation share one path. Nothing in here reads a clock, does
//! I/O or draws a random number; time enters with the events.
//!
//! Flow: market data → [`market`] (quotes, books, bars, data states) → strategies ([`signals`]) → orders
//! ([`ordering`]) through the [`gate`] → paper matching → reports → order events and ledger entries.

pub mod account;
mod adjust;
pub mod bookkeeping;
pub mod carry;
mod commands;
pub mod deployed;
pub mod depth;
pub mod execution;
pub mod gate;
mod hedge;
pub mod held;
mod iceberg;
mod intents;
pub mod ladder;
mod links;
mod liquidation;
pub mod live;
pub mod market;
mod modify;
mod ordering;
pub mod orders;
mod protect;
mod reconcile;
mod replay;
mod reports;
mod shortfall;
mod signals;
pub mod sizing;
pub mod slices;
pub mod state;
mod timers;
pub mod trades;
pub mod valuation;
mod venue_news;

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tradewind_matching::paper::FeeModel;
use tradewind_types::market::{BarInterval, DataState, MarketEvent, SessionGrid};
use tradewind_types::order::RequestError;
use tradewind_types::record::{
    CommandEnvelope, LedgerEntry, Outcome, ReconciliationRecorded, Record, Session, VenueReport,
};
use tradewind_types::risk::Denial;
use tradewind_types::{
    AccountId, AccountInfo, ClientOrderId, EntryId, Instrument, InstrumentId, InstrumentIdx, InstrumentKind,
    InstrumentRegistry, Market, Order, UnixNanos, VenueId,
};

pub use account::AccountState;
pub use deployed::{DeployError, Deployed, build_strategy, script_source};
pub use depth::{Depth, DepthAction, DepthError};
pub use execution::{Execution, VenueRequest, VenueRequestKind};
pub use held::Capabilities;
pub use intents::{Acted, Actor, EntryStyle};
pub use live::Live;
pub use market::{MarketPublication, MarketState};
pub use ordering::{BATCH_MAX, RESERVED_PREFIX};
pub use replay::Halt;
pub use slices::{Slice, Slices};
pub use state::{FoldError, State};

use execution::{Backtest, Paper, Simulated};
use held::HeldOrders;

/// Settings that the kernel is built with; they do not change while it runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KernelConfig {
    /// Bars on which the strategies run.
    pub strategy_interval: BarInterval,
    /// Sessions by calendar, as instruments name it: their bars begin and end with these. Bars of all others are of UTC
    /// days.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub bar_sessions: BTreeMap<String, SessionGrid>,
    /// Tick, volume and value bars that are kept for every instrument beside those of time; at most
    /// [`market::COUNT_BARS_MAX`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub count_bars: Vec<BarInterval>,
    /// Closed bars kept per instrument and interval.
    pub bars_max: usize,
    /// Public trades kept per instrument.
    pub trades_max: usize,
    /// Time between an order or cancel and its effect at the paper venue.
    pub paper_latency_ns: u64,
    /// Whether resting paper orders queue behind the displayed size.
    pub paper_queue: bool,
    /// How often accounts are valued for the record.
    pub equity_interval_ns: u64,
    /// How often weights adapt.
    pub weights_interval_ns: u64,
    /// How often accounts are reconciled.
    pub reconcile_interval_ns: u64,
    /// What the simulated venue carries out itself; the rest is emulated as for a venue that lacks it.
    pub paper_capabilities: Capabilities,
    /// What each real venue carries out itself; one that is not named has market and limit orders alone.
    pub live_capabilities: BTreeMap<VenueId, Capabilities>,
    /// What holding costs or brings in simulated accounts; nothing.
    pub carry: carry::CarryRules,
    /// Fees of the simulated venue that are more than a part of the notional, by market and kind of instrument; they
    /// go before the market's fee table.
    pub paper_fees: Vec<FeeRule>,
}

/// How fees of a market, or of one kind of instrument there, are reckoned at the simulated venue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeRule {
    /// The market.
    pub market: Market,
    /// One kind of instrument, or all.
    pub kind: Option<InstrumentKind>,
    /// How.
    pub model: FeeModel,
}

impl Default for KernelConfig {
    fn default() -> Self {
        const S: u64 = tradewind_types::time::SECOND_NS;
        Self {
            strategy_interval: BarInterval::S10,
            bar_sessions: BTreeMap::new(),
            count_bars: Vec::new(),
            bars_max: 2_000,
            trades_max: 200,
            paper_latency_ns: 20_000_000,
            paper_queue: true,
            equity_interval_ns: 60 * S,
            weights_interval_ns: 300 * S,
            reconcile_interval_ns: 300 * S,
            paper_capabilities: Capabilities::ALL,
            live_capabilities: BTreeMap::new(),
            carry: carry::CarryRules::default(),
            paper_fees: Vec::new(),
        }
    }
}

/// What enters the kernel.
#[derive(Debug, Clone)]
pub enum Event {
    /// Something is asked.
    Command(Box<CommandEnvelope>),
    /// The market moved.
    Market(MarketEvent),
    /// A venue reported.
    Venue(Box<VenueReport>),
    /// Time passed.
    Timer(UnixNanos),
}

/// A command's answer.
#[derive(Debug, Clone, PartialEq)]
pub enum CommandReply {
    /// The account as opened.
    Account(Box<AccountInfo>),
    /// The orders, in the order asked for.
    Orders {
        /// As they are now.
        orders: Vec<Order>,
        /// For each, whether this command created it (false: it was there with the same content).
        created: Vec<bool>,
        /// Whether an all-or-none batch was taken back.
        compensated: bool,
    },
    /// The order as it is now.
    Order(Box<Order>),
    /// The orders whose cancel was requested.
    Canceled(Vec<ClientOrderId>),
    /// The entry booked.
    Entry(Box<LedgerEntry>),
    /// The entries booked, in order; of a repetition those booked the first time.
    Entries(Vec<LedgerEntry>),
    /// A statement was booked.
    Imported {
        /// The entries.
        entries: Vec<LedgerEntry>,
        /// Rows that were booked before.
        duplicates: u32,
    },
    /// The version of the risk settings now.
    Risk {
        /// Version.
        version: u32,
    },
    /// What a reconciliation found.
    Reconciliation(Box<ReconciliationRecorded>),
    /// Done.
    Done,
}

/// Why a command was refused; nothing was changed and nothing journalled.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CommandError {
    /// No such account.
    #[error("account {0} is unknown")]
    UnknownAccount(AccountId),
    /// The account's id is taken.
    #[error("account {0} exists already")]
    AccountExists(AccountId),
    /// No such instrument.
    #[error("instrument {0} is unknown")]
    UnknownInstrument(InstrumentId),
    /// The account's venue does not trade it.
    #[error("instrument {instrument} is not traded on the account's venue {venue}")]
    WrongVenue {
        /// Instrument.
        instrument: InstrumentId,
        /// The account's venue.
        venue: String,
    },
    /// No such order.
    #[error("order {0} is unknown")]
    UnknownOrder(ClientOrderId),
    /// The id was used with other content.
    #[error("client order id {0} was used before with other content")]
    OrderIdReused(ClientOrderId),
    /// The id was used with the same content so long ago that only the projection holds the order.
    #[error("order {0} was submitted before and is archived")]
    OrderArchived(ClientOrderId),
    /// The order can no longer be canceled.
    #[error("order {id} is {state} and cannot be canceled")]
    OrderNotOpen {
        /// The order.
        id: ClientOrderId,
        /// Its state.
        state: &'static str,
    },
    /// The order cannot be changed now.
    #[error("order {id} is {state} and cannot be changed")]
    OrderNotModifiable {
        /// The order.
        id: ClientOrderId,
        /// Its state.
        state: &'static str,
    },
    /// The order changed in between.
    #[error("order {id} is at version {current}")]
    OrderVersionConflict {
        /// The order.
        id: ClientOrderId,
        /// Its version.
        current: u32,
    },
    /// The gate denies a change; the order is as before.
    #[error("order {id} cannot be changed so: {}", denials.iter().map(|d| d.message.as_str()).collect::<Vec<_>>().join("; "))]
    ChangeDenied {
        /// The order.
        id: ClientOrderId,
        /// Every rule that denies.
        denials: Vec<Denial>,
    },
    /// A live account is compared with its venue, whose answer takes its time; there is none yet.
    #[error("account {0} has not been compared with its venue yet; the venue has been asked")]
    NotComparedYet(AccountId),
    /// The request contradicts the instrument or itself.
    #[error(transparent)]
    Malformed(#[from] RequestError),
    /// A batch of no order, of too many, or of several accounts.
    #[error("a batch has 1 to 20 orders of one account with distinct ids")]
    BadBatch,
    /// The settings changed in between.
    #[error("the risk settings are at version {current}")]
    VersionConflict {
        /// Current version.
        current: u32,
    },
    /// A setting is out of range.
    #[error("{field}: {message}")]
    BadSetting {
        /// Which.
        field: &'static str,
        /// What would be right.
        message: String,
    },
    /// The strategy is not one of the built-in ones.
    #[error("strategy {0} is unknown")]
    UnknownStrategy(String),
    /// The kill switch is in that state already.
    #[error("the kill switch is already {0}")]
    KillSwitchAlready(&'static str),
    /// The ledger refuses.
    #[error(transparent)]
    Ledger(#[from] tradewind_ledger::LedgerError),
    /// An amount is zero, or in a currency the account does not hold.
    #[error("{0}")]
    BadAmount(String),
}

/// What came of one event.
#[derive(Debug, Default)]
pub struct Actions {
    /// For the journal, in order.
    pub records: Vec<Record>,
    /// Market state that changed.
    pub publications: Vec<MarketPublication>,
    /// For venues; to be sent only after the records are durable.
    pub venue_requests: Vec<VenueRequest>,
    /// The answer, when the event was a command.
    pub reply: Option<Result<CommandReply, CommandError>>,
}

impl Actions {
    /// Empties it for the next event, keeping its memory.
    pub fn clear(&mut self) {
        self.records.clear();
        self.publications.clear();
        self.venue_requests.clear();
        self.reply = None;
    }
}

/// The kernel of one engine.
pub struct Kernel {
    state: State,
    config: KernelConfig,
    markets: Vec<MarketState>,
    simulated: Simulated,
    live: Option<Live>,
    held: HeldOrders,
    confirmations: iceberg::Confirmations,
    /// Live accounts: when the venue was last asked to compare, and whether they may trade.
    compared: BTreeMap<AccountId, (UnixNanos, bool)>,
    links_followed: bool,
    now: UnixNanos,
    timers: timers::Timers,
    reports: Vec<tradewind_matching::paper::Report>,
    illegal: u64,
    last_illegal: Option<FoldError>,
    frozen: bool,
    deployed: deployed::Runners,
    carry: carry::CarryClock,
    /// Times at which instruments of a backtest do not trade.
    halts: Vec<replay::Halt>,
    /// Orders of the market, of books by order in a backtest.
    depth: Vec<depth::DepthFeed>,
    /// What the fee of the fill at hand consists of.
    fee_lines: Vec<tradewind_matching::paper::FeeLine>,
}

impl Kernel {
    /// A kernel for paper and live accounts on a recovered (or empty) state. Orders that were open rest again.
    #[must_use]
    pub fn new(config: KernelConfig, state: State) -> Self {
        let paper = Paper(reports::restored_paper(&config, &state));
        let mut kernel = Self::with(config, state, Simulated::Paper(paper), Some(Live::default()));
        kernel.resume_live();
        kernel
    }

    /// A kernel for a backtest: the same in everything, without any way to a venue.
    #[must_use]
    pub fn backtest(config: KernelConfig, state: State) -> Self {
        let backtest = Backtest(reports::restored_paper(&config, &state));
        Self::with(config, state, Simulated::Backtest(backtest), None)
    }

    fn with(config: KernelConfig, state: State, simulated: Simulated, live: Option<Live>) -> Self {
        let mut kernel = Self {
            held: HeldOrders::restored(&state),
            confirmations: iceberg::Confirmations::default(),
            deployed: deployed::Runners::restored(&state),
            state,
            config,
            markets: Vec::new(),
            simulated,
            live,
            compared: BTreeMap::new(),
            links_followed: false,
            now: UnixNanos(0),
            timers: timers::Timers::default(),
            reports: Vec::new(),
            illegal: 0,
            last_illegal: None,
            frozen: false,
            carry: carry::CarryClock::default(),
            halts: Vec::new(),
            depth: Vec::new(),
            fee_lines: Vec::new(),
        };
        kernel.grow_markets();
        kernel
    }

    /// Handles one event; O(what it touches). Appends to `actions`.
    pub fn process(&mut self, event: &Event, actions: &mut Actions) {
        match event {
            Event::Command(envelope) => {
                self.advance_to(envelope.ts, actions);
                self.command(envelope, actions);
            }
            Event::Market(event) => {
                self.advance_to(event.ts_init(), actions);
                self.market_event(event, actions);
            }
            Event::Venue(report) => {
                self.advance_to(report.ts_init, actions);
                self.venue_report(report, actions);
            }
            Event::Timer(ts) => self.advance_to(*ts, actions),
        }
        self.deployed_tell_fills(actions);
        if let Some(live) = &mut self.live {
            live.take_requests(&mut actions.venue_requests);
        }
    }

    /// Time never goes back: an event stamped earlier is handled at the time we are at.
    fn advance_to(&mut self, ts: UnixNanos, actions: &mut Actions) {
        if ts > self.now {
            if !self.links_followed && !self.frozen {
                self.now = ts;
                self.links_followed = true;
                self.follow_all_links(actions);
                self.follow_icebergs(actions);
            }
            // What is due on the way happens at its own time, after what the venue did until then.
            while let Some(due) = self.next_due_carry(ts) {
                self.now = self.now.max(due);
                self.paper_advance(actions);
                self.carry_until(due, actions);
            }
            self.now = ts;
            self.deployed_begin();
            self.paper_advance(actions);
            self.run_timers(actions);
        }
    }

    /// Folds an outcome and appends it to the records; an outcome that does not fit is counted and dropped.
    fn emit(&mut self, outcome: Outcome, actions: &mut Actions) -> Result<(), FoldError> {
        self.record(outcome, actions).inspect_err(|error| {
            self.illegal += 1;
            self.last_illegal = Some(error.clone());
        })
    }

    /// The same for an outcome of which nobody minds that it does not fit.
    fn record(&mut self, outcome: Outcome, actions: &mut Actions) -> Result<(), FoldError> {
        self.state.fold(&outcome)?;
        self.deployed.note(&outcome, &self.state);
        actions.records.push(Record::Outcome(outcome));
        Ok(())
    }

    /// An id that no other entry, fill or signal of this journal has: the number of the next outcome.
    fn next_number(&self) -> u64 {
        self.state.outcomes + 1
    }

    fn next_entry_id(&self) -> EntryId {
        // A letter and digits are always a valid id.
        EntryId::new(&numbered(&["E"], self.next_number())).expect("a letter and digits form a valid id")
    }

    fn grow_markets(&mut self) {
        while self.markets.len() < self.state.instruments.len() {
            let idx = InstrumentIdx(u32::try_from(self.markets.len()).unwrap_or(u32::MAX));
            if let Some(instrument) = self.state.instruments.get(idx) {
                self.markets
                    .push(MarketState::new(idx, Arc::clone(instrument), &self.config));
            }
        }
    }

    /// Stops matching, strategies and valuations for good: the journal is down. Market data goes on.
    pub fn freeze(&mut self) {
        self.frozen = true;
    }

    /// Durable state.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Settings.
    #[must_use]
    pub fn config(&self) -> &KernelConfig {
        &self.config
    }

    /// The kernel's time: that of the latest event.
    #[must_use]
    pub fn now(&self) -> UnixNanos {
        self.now
    }

    /// Instruments by index and id.
    #[must_use]
    pub fn instruments(&self) -> &InstrumentRegistry {
        &self.state.instruments
    }

    /// An instrument with its market state.
    #[must_use]
    pub fn market(&self, id: &InstrumentId) -> Option<(&Arc<Instrument>, &MarketState)> {
        let idx = self.state.instruments.idx(id)?;
        Some((self.state.instruments.get(idx)?, self.markets.get(idx.slot())?))
    }

    /// Market state by index.
    #[must_use]
    pub fn market_at(&self, idx: InstrumentIdx) -> Option<&MarketState> {
        self.markets.get(idx.slot())
    }

    /// Accounts in the order in which they were opened.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountState> {
        self.state.accounts.values()
    }

    /// One account.
    #[must_use]
    pub fn account(&self, id: &AccountId) -> Option<&AccountState> {
        self.state.accounts.get(id)
    }

    /// Outcomes that did not fit the state and were dropped; always 0 unless there is a bug or a venue misbehaves.
    #[must_use]
    pub fn illegal_outcomes(&self) -> u64 {
        self.illegal
    }

    /// The last of them.
    #[must_use]
    pub fn last_illegal(&self) -> Option<&FoldError> {
        self.last_illegal.as_ref()
    }

    /// Live execution, where this kernel has it.
    #[must_use]
    pub fn live(&self) -> Option<&Live> {
        self.live.as_ref()
    }

    /// The session that is on for an instrument, where its calendar is known.
    fn session_of(&self, instrument: &Instrument) -> Option<Session> {
        self.state
            .sessions
            .get(&instrument.calendar)?
            .at(self.now)
            .copied()
    }

    /// Best bid and offer with the state of the quote.
    fn quote_of(&self, instrument: &InstrumentId) -> (Option<(Decimal, Decimal)>, DataState) {
        match self.market(instrument) {
            None => (None, DataState::NotSubscribed),
            Some((_, market)) => (market.best(), market.data_state(self.now)),
        }
    }
}

/// Parts and then a number, as text: ids are made per order, and formatting is slow.
fn numbered(parts: &[&str], number: u64) -> String {
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(number);
    let mut text = String::with_capacity(parts.iter().map(|p| p.len()).sum::<usize>() + digits.len());
    parts.iter().for_each(|part| text.push_str(part));
    text.push_str(digits);
    text
}

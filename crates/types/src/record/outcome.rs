//! Outcomes: what the kernel decided and what happened. State = fold of these.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::risk::RiskSettings;
use crate::signal::Signal;
use crate::{
    AccountId, AccountInfo, ClientOrderId, Currency, EntryId, Instrument, InstrumentId, Market, OrderEvent,
    OrderRequest, Price, StrategyId, UnixNanos,
};

/// Where money stands in an account's ledger. A debit is positive, a credit negative; an entry sums to zero per currency.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LedgerAccount {
    /// Cash free to use.
    CashAvailable,
    /// Cash held for open orders.
    CashLocked,
    /// What open positions cost.
    PositionCost,
    /// Realised profit (credit) and loss (debit).
    RealisedPnl,
    /// Trading fees paid.
    Fees,
    /// Funding of perpetuals.
    Funding,
    /// Interest.
    Interest,
    /// Dividends.
    Dividends,
    /// Money that came in from outside.
    Deposits,
    /// Money that went out.
    Withdrawals,
    /// The other leg of currency exchanges.
    Fx,
}

/// One line of an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Posting {
    /// Where.
    pub account: LedgerAccount,
    /// In what.
    pub currency: Currency,
    /// Debit > 0, credit < 0.
    pub amount: Decimal,
}

/// Why an entry exists.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EntryKind {
    /// Money in.
    Deposit,
    /// Money out.
    Withdrawal,
    /// Cash set aside for an order.
    Hold,
    /// Cash freed again.
    Release,
    /// A fill with its fee.
    Fill,
    /// A currency exchange.
    FxTrade,
    /// Funding.
    Funding,
    /// Interest.
    Interest,
    /// Dividend.
    Dividend,
    /// A person's correction.
    Correction,
}

/// What a fill did to one tax lot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LotChange {
    /// A lot was opened; its id is the entry's id.
    Opened {
        /// Signed: long > 0, short < 0.
        quantity: Decimal,
        /// Price per unit.
        price: Price,
        /// Total cost in quote currency (signed as the quantity), without the fee.
        cost: Decimal,
    },
    /// Part or all of a lot was closed.
    Closed {
        /// Id of the entry that opened it.
        lot: EntryId,
        /// Signed as the lot.
        quantity: Decimal,
        /// The cost that leaves with it, signed as the lot.
        cost: Decimal,
        /// Proceeds minus cost, in quote currency, without fees.
        realised: Decimal,
    },
}

/// What a fill did to a position.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PositionChange {
    /// Instrument.
    pub instrument: InstrumentId,
    /// Strategy that owns it; `None` = by hand.
    pub strategy: Option<StrategyId>,
    /// Signed change: bought > 0, sold < 0.
    pub quantity: Decimal,
    /// Price of the fill.
    pub price: Price,
    /// Lots closed (FIFO), then the lot opened, if any.
    pub lots: Vec<LotChange>,
}

/// One immutable ledger entry: postings that sum to zero per currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Its id.
    pub id: EntryId,
    /// The trading account.
    pub account: AccountId,
    /// When.
    pub ts: UnixNanos,
    /// Why.
    pub kind: EntryKind,
    /// The postings.
    pub postings: Vec<Posting>,
    /// The position it changes.
    pub position: Option<PositionChange>,
    /// The order it belongs to.
    pub client_order_id: Option<ClientOrderId>,
    /// A second entry with the same key is refused.
    pub key: String,
    /// Who.
    pub actor: String,
    /// For people.
    pub reason: String,
}

/// Maker and taker fees of a market, as fractions of notional; fees are charged in quote currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FeeTable {
    /// The market.
    pub market: Market,
    /// Fraction for adding liquidity (negative = rebate).
    pub maker: Decimal,
    /// Fraction for taking it.
    pub taker: Decimal,
    /// From when it holds.
    pub since: UnixNanos,
    /// Where the figures come from.
    pub source: String,
}

/// The settings of an account were replaced.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RiskSettingsChanged {
    /// The account.
    pub account: AccountId,
    /// The settings now.
    pub settings: RiskSettings,
    /// Their version; the first is 1.
    pub version: u32,
    /// Who.
    pub actor: String,
    /// When.
    pub ts: UnixNanos,
}

/// Whether a strategy trades for an account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StrategyStatus {
    /// On.
    Running,
    /// Switched off by a person.
    Stopped,
    /// Stopped by the gate (daily loss, drawdown) until a person switches it on.
    Halted {
        /// Why, with figures.
        reason: String,
    },
}

/// A strategy was switched or halted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StrategyChanged {
    /// The account.
    pub account: AccountId,
    /// The strategy.
    pub strategy: StrategyId,
    /// Its status now.
    pub status: StrategyStatus,
    /// Who.
    pub actor: String,
    /// When.
    pub ts: UnixNanos,
}

/// One strategy's weight in the combination.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StrategyWeight {
    /// The strategy.
    pub strategy: StrategyId,
    /// Its share in millionths; they sum to 1,000,000 (rounding aside).
    pub weight: crate::order::UnitFraction,
    /// Mean R of its last 20 closed trades, as decimal text; `None` before the first.
    pub mean_r: Option<Decimal>,
    /// How many closed trades that mean is over.
    pub trades: u32,
}

/// The weights were adapted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WeightsChanged {
    /// The account.
    pub account: AccountId,
    /// All strategies.
    pub weights: Vec<StrategyWeight>,
    /// When.
    pub ts: UnixNanos,
}

/// The kill switch was engaged or lifted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KillSwitchChanged {
    /// One account, or all.
    pub account: Option<AccountId>,
    /// Engaged or lifted.
    pub engaged: bool,
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When.
    pub ts: UnixNanos,
}

/// One difference found by a reconciliation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReconciliationDifference {
    /// What differs: `order C1 state`, `position BTC-USD.COINBASE`, `cash USD`.
    pub subject: String,
    /// Our figure.
    pub ours: String,
    /// The venue's figure.
    pub theirs: String,
    /// `INFO`, `WARNING` or `CRITICAL`, by value.
    pub severity: String,
}

/// A reconciliation was done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReconciliationRecorded {
    /// The account.
    pub account: AccountId,
    /// Orders, positions and balances compared.
    pub compared: u32,
    /// What differs.
    pub differences: Vec<ReconciliationDifference>,
    /// When.
    pub ts: UnixNanos,
}

/// An account was valued: once a minute while it can be, and whenever a new UTC day begins.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EquityMarked {
    /// The account.
    pub account: AccountId,
    /// Cash plus the value of positions, in base currency.
    pub equity: Decimal,
    /// Highest equity so far, transfers taken out.
    pub peak: Decimal,
    /// Equity when this UTC day began (or when the account was first valued in it), transfers added.
    pub day_open: Decimal,
    /// Days since 1970-01-01.
    pub day: u32,
    /// When.
    pub ts: UnixNanos,
}

/// Anything that changes the kernel's durable state.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Outcome {
    /// An instrument became known or changed.
    InstrumentDefined(Box<Instrument>),
    /// A market's fees became known or changed.
    FeesDefined(FeeTable),
    /// An account was opened.
    AccountOpened(AccountInfo),
    /// An order came into being.
    OrderInitialized {
        /// As asked for.
        request: Box<OrderRequest>,
        /// When.
        ts: UnixNanos,
    },
    /// Something happened to an order.
    Order(OrderEvent),
    /// Money or positions moved.
    Ledger(Box<LedgerEntry>),
    /// A strategy or the combination spoke.
    Signal(Box<Signal>),
    /// A strategy was switched or halted.
    Strategy(StrategyChanged),
    /// Weights were adapted.
    Weights(WeightsChanged),
    /// Risk settings were replaced.
    RiskSettings(Box<RiskSettingsChanged>),
    /// The kill switch was engaged or lifted.
    KillSwitch(KillSwitchChanged),
    /// A reconciliation was done.
    Reconciliation(ReconciliationRecorded),
    /// An account was valued.
    Equity(EquityMarked),
}

impl Outcome {
    /// The account concerned, where it is one account.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Outcome::InstrumentDefined(_) | Outcome::FeesDefined(_) => None,
            Outcome::AccountOpened(a) => Some(&a.id),
            Outcome::OrderInitialized { request, .. } => Some(&request.account),
            Outcome::Order(e) => Some(&e.account),
            Outcome::Ledger(e) => Some(&e.account),
            Outcome::Signal(s) => Some(&s.account),
            Outcome::Strategy(s) => Some(&s.account),
            Outcome::Weights(w) => Some(&w.account),
            Outcome::RiskSettings(r) => Some(&r.account),
            Outcome::KillSwitch(k) => k.account.as_ref(),
            Outcome::Reconciliation(r) => Some(&r.account),
            Outcome::Equity(e) => Some(&e.account),
        }
    }
}

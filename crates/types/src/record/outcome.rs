//! Outcomes: what the kernel decided and what happened. State = fold of these.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::deployment::{StrategyDeployed, StrategyRemoved};
use super::ledger::{Acquired, EntryDetail, FxRate, LedgerSettingsChanged, LotsChosen, PositionBook};
use super::slice::SliceRecorded;
use crate::market::SessionGrid;
use crate::risk::{Denial, RiskSettings};
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
    /// The exchange's transaction charges.
    FeesExchange,
    /// Clearing and settlement charges.
    FeesClearing,
    /// The regulator's charges.
    FeesRegulatory,
    /// Taxes and duties on trading.
    FeesTax,
    /// Borrowing for short sales.
    FeesBorrow,
    /// Other fees.
    FeesOther,
    /// Tax withheld at the source.
    WithholdingTax,
    /// The other leg of a person's corrections.
    Adjustments,
    /// Money that came from or went to another own account.
    Transfers,
    /// Realised profit (credit) and loss (debit) of currency exchanges.
    FxPnl,
    /// Cost on its way from one position to another; zero when all entries of a link are booked.
    Transit,
}

impl LedgerAccount {
    /// Whether it is one of the fee accounts.
    #[must_use]
    pub fn is_fee(self) -> bool {
        matches!(
            self,
            LedgerAccount::Fees
                | LedgerAccount::FeesExchange
                | LedgerAccount::FeesClearing
                | LedgerAccount::FeesRegulatory
                | LedgerAccount::FeesTax
                | LedgerAccount::FeesBorrow
                | LedgerAccount::FeesOther
        )
    }
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
    /// A fee apart from a fill.
    Fee,
    /// Money from or to another own account.
    Transfer,
    /// An earlier entry taken back.
    Reversal,
    /// A corporate action.
    CorporateAction,
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
        /// When and at which price it was opened; old records do not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        acquired: Option<Acquired>,
    },
    /// A lot came (back) with a history: after a reversal, from another instrument or owner.
    Restored {
        /// Its id: the old one, or one made of the entry's.
        lot: EntryId,
        /// Signed: what comes.
        quantity: Decimal,
        /// Price per unit.
        price: Price,
        /// Cost that comes with it.
        cost: Decimal,
        /// When it was first opened.
        opened: UnixNanos,
        /// Result that is taken back by it; 0 when it comes from elsewhere.
        realised: Decimal,
    },
    /// A lot has other figures now (split, bonus, spin-off).
    Adjusted {
        /// The lot.
        lot: EntryId,
        /// Signed quantity now.
        quantity: Decimal,
        /// Price per unit now.
        price: Price,
        /// Cost now.
        cost: Decimal,
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
    /// Lots closed, in the order of their opening, then the lot opened, if any.
    pub lots: Vec<LotChange>,
    /// Which of the positions in the instrument.
    #[serde(default, skip_serializing_if = "PositionBook::is_net")]
    pub book: PositionBook,
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
    /// What only some entries have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Box<EntryDetail>>,
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

/// A rule of the gate, or of an account's margin, warns.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RiskWarned {
    /// The account.
    pub account: AccountId,
    /// The order that it is about, if it is about one.
    pub client_order_id: Option<ClientOrderId>,
    /// The rule with the figures compared.
    pub warning: Denial,
    /// When.
    pub ts: UnixNanos,
}

/// One session of continuous trading.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Session {
    /// First moment.
    pub open: UnixNanos,
    /// End: the first moment that is no longer in it.
    pub close: UnixNanos,
}

/// When a calendar's markets trade: dated sessions, ascending, without overlap. Days that it does not reach are unknown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SessionTable {
    /// The calendar's id, as instruments name it.
    pub calendar: Arc<str>,
    /// The sessions.
    pub sessions: Vec<Session>,
    /// Where it comes from.
    pub source: String,
}

impl SessionTable {
    /// The sessions of a grid: its stretches of one trading date are one session, breaks included, since orders for the
    /// day outlive a break.
    #[must_use]
    pub fn of(calendar: Arc<str>, grid: &SessionGrid, source: String) -> Self {
        let by_date = grid.spans().chunk_by(|a, b| a.date == b.date);
        let sessions = by_date.filter_map(|stretches| {
            Some(Session {
                open: stretches.first()?.open,
                close: stretches.last()?.close,
            })
        });
        Self {
            calendar,
            sessions: sessions.collect(),
            source,
        }
    }

    /// The session that contains a time.
    #[must_use]
    pub fn at(&self, now: UnixNanos) -> Option<&Session> {
        let after = self.sessions.partition_point(|s| s.open <= now);
        self.sessions[..after].last().filter(|s| now < s.close)
    }
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
    /// How an account keeps its books was changed.
    LedgerSettings(Box<LedgerSettingsChanged>),
    /// An exchange rate became known.
    FxRate(FxRate),
    /// For one order it was said which lots it closes.
    LotsChosen(Box<LotsChosen>),
    /// A rule warns.
    RiskWarning(Box<RiskWarned>),
    /// A calendar's sessions became known or changed.
    Sessions(SessionTable),
    /// A strategy was deployed.
    StrategyDeployed(Box<StrategyDeployed>),
    /// A deployed strategy was taken away.
    StrategyRemoved(StrategyRemoved),
    /// Something happened to a slice of an iceberg.
    Slice(Box<SliceRecorded>),
}

impl Outcome {
    /// The account concerned, where it is one account.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Outcome::InstrumentDefined(_)
            | Outcome::FeesDefined(_)
            | Outcome::FxRate(_)
            | Outcome::Sessions(_) => None,
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
            Outcome::LedgerSettings(s) => Some(&s.account),
            Outcome::LotsChosen(c) => Some(&c.account),
            Outcome::RiskWarning(w) => Some(&w.account),
            Outcome::StrategyDeployed(d) => Some(&d.account),
            Outcome::StrategyRemoved(r) => Some(&r.account),
            Outcome::Slice(s) => Some(&s.account),
        }
    }
}

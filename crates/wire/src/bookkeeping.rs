//! The account's books: bookings, settings, valuation by currency, exchange rates, statements.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ledger::LedgerEntry;
use crate::order::Side;
use crate::{Dec, Time};

/// Which lots a closing fill takes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LotMethod {
    /// The oldest first.
    Fifo,
    /// The newest first.
    Lifo,
    /// The dearest first.
    Hifo,
    /// Named ones; only for an order.
    Specific,
}

/// Whether buys and sells meet in one position.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PositionMode {
    /// They do.
    Netting,
    /// Long and short stand side by side; reduce-only orders close.
    Hedging,
}

/// How an account keeps its books.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct LedgerSettings {
    /// Version; the first is 1.
    pub version: u32,
    /// Which lots close first, where an order does not say.
    pub lot_method: LotMethod,
    /// Netting or hedging.
    pub position_mode: PositionMode,
    /// Whether free cash may go below zero.
    pub overdraft: bool,
}

/// New settings of the books.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LedgerSettingsChange {
    /// The version that the change is based on.
    pub expected_version: u32,
    /// FIFO, LIFO or HIFO.
    pub lot_method: LotMethod,
    /// Changes only while all positions are flat and no order is open.
    pub position_mode: PositionMode,
    /// Whether free cash may go below zero.
    pub overdraft: bool,
}

/// What cash is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CashKind {
    /// Funding of a perpetual.
    Funding,
    /// Interest.
    Interest,
    /// A dividend; `amount` is gross, `withheld` the tax.
    Dividend,
    /// A fee; below zero = paid.
    Fee,
    /// Tax withheld, as a payment of its own.
    WithholdingTax,
    /// A person's correction.
    Adjustment,
}

/// What a fee is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FeeKind {
    /// Trading.
    Commission,
    /// The exchange.
    Exchange,
    /// Clearing.
    Clearing,
    /// The regulator.
    Regulatory,
    /// Taxes and duties.
    Tax,
    /// Borrowing.
    Borrow,
    /// Anything else.
    Other,
}

/// A fill that is right instead of another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectedFill {
    /// Instrument.
    pub instrument: String,
    /// Owner; absent = by hand.
    pub strategy: Option<String>,
    /// Bought or sold.
    pub side: Side,
    /// Above zero.
    #[schema(format = "decimal")]
    pub quantity: String,
    /// Price.
    #[schema(format = "decimal")]
    pub price: String,
    /// Fee in quote currency.
    #[schema(format = "decimal")]
    pub fee: String,
}

/// A part of a trade.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AllocationPart {
    /// For whom; absent = by hand.
    pub strategy: Option<String>,
    /// How much; the parts sum to the trade.
    #[schema(format = "decimal")]
    pub quantity: String,
}

/// A lot named for closing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LotPick {
    /// Id of the lot.
    pub lot: String,
    /// How much of it.
    #[schema(format = "decimal")]
    pub quantity: String,
}

/// Kinds of corporate actions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CorporateActionKind {
    /// `ratio_new` for every `ratio_held`; a reverse split too.
    Split,
    /// `ratio_new` more for every `ratio_held`.
    Bonus,
    /// As a bonus, out of profits.
    StockDividend,
    /// `taken` new ones at `price`, `ratio_new` offered for every `ratio_held`.
    Rights,
    /// `per_unit` of `currency`, less `withholding` (a fraction).
    CashDividend,
    /// Into `ratio_new` of `into` for every `ratio_held`, or `per_unit` of `currency`, or both.
    Merger,
    /// `ratio_new` of `into` for every `ratio_held`, with `cost_fraction` of the cost.
    SpinOff,
    /// Another id: `into`.
    SymbolChange,
    /// Settled at `price`.
    Delisting,
}

/// A corporate action; which fields it needs depends on its kind.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorporateAction {
    /// Whose.
    pub instrument: String,
    /// What.
    pub kind: CorporateActionKind,
    /// Units afterwards, or received.
    pub ratio_new: Option<u32>,
    /// Units before, or held.
    pub ratio_held: Option<u32>,
    /// Offer price of rights; settlement price of a delisting.
    #[schema(format = "decimal")]
    pub price: Option<String>,
    /// Rights taken up.
    #[schema(format = "decimal")]
    pub taken: Option<String>,
    /// Cash per unit.
    #[schema(format = "decimal")]
    pub per_unit: Option<String>,
    /// Of that cash.
    pub currency: Option<String>,
    /// Fraction of a dividend withheld.
    #[schema(format = "decimal")]
    pub withholding: Option<String>,
    /// The instrument that comes in.
    pub into: Option<String>,
    /// Fraction of the cost that moves (spin-off), or that the cash of a mixed merger is paid for.
    #[schema(format = "decimal")]
    pub cost_fraction: Option<String>,
    /// Fractions are paid out at this price; absent = they stay.
    #[schema(format = "decimal")]
    pub fraction_price: Option<String>,
    /// What counts as whole; 1 when absent.
    #[schema(format = "decimal")]
    pub fraction_step: Option<String>,
    /// The ex-date.
    pub effective: Time,
    /// Where it comes from.
    pub source: String,
}

/// What is to be booked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "task", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum BookingTask {
    /// Income, fees, adjustments.
    Cash {
        /// What for.
        kind: CashKind,
        /// Signed: received > 0, paid < 0.
        #[schema(format = "decimal")]
        amount: String,
        /// Currency.
        currency: String,
        /// Of a dividend.
        #[schema(format = "decimal")]
        withheld: Option<String>,
        /// Of a fee; OTHER when absent.
        fee: Option<FeeKind>,
        /// Where it comes from.
        instrument: Option<String>,
        /// Whose it is.
        strategy: Option<String>,
    },
    /// Exchanges currencies.
    Exchange {
        /// Given, above zero.
        #[schema(format = "decimal")]
        sold: String,
        /// Its currency.
        sold_currency: String,
        /// Received, above zero.
        #[schema(format = "decimal")]
        bought: String,
        /// Its currency.
        bought_currency: String,
    },
    /// Moves money to another account of the same owner.
    TransferTo {
        /// The other account.
        to: String,
        /// Above zero.
        #[schema(format = "decimal")]
        amount: String,
        /// Currency.
        currency: String,
    },
    /// Takes an entry back by a new one.
    Reverse {
        /// The entry.
        entry: String,
        /// The fill that is right instead.
        corrected: Option<CorrectedFill>,
    },
    /// Splits a trade over strategies.
    Allocate {
        /// The trade's entry.
        entry: String,
        /// The parts.
        parts: Vec<AllocationPart>,
    },
    /// A corporate action.
    Corporate {
        /// The action.
        action: Box<CorporateAction>,
    },
    /// Says which lots an order's fills close.
    ChooseLots {
        /// The order.
        client_order_id: String,
        /// How.
        method: LotMethod,
        /// The lots, for SPECIFIC.
        #[serde(default)]
        lots: Vec<LotPick>,
    },
}

/// A booking asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBooking {
    /// What.
    pub booking: BookingTask,
    /// For people.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// What was booked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Booked {
    /// The entries, in order; empty where nothing had to be booked.
    pub entries: Vec<LedgerEntry>,
}

/// What stands in one currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CurrencyValue {
    /// Currency.
    pub currency: String,
    /// Cash, available and locked.
    pub cash: Dec,
    /// Value of positions that have a mark.
    pub positions: Dec,
    /// Open positions without a mark.
    pub unmarked: Vec<String>,
    /// Rate to the base currency.
    pub rate: Option<Dec>,
    /// Of when it is.
    pub rate_ts: Option<Time>,
    /// Where it comes from.
    pub rate_source: Option<String>,
    /// Why there is no rate.
    pub problem: Option<String>,
    /// All of it in base currency; null while a mark or the rate is missing.
    pub in_base: Option<Dec>,
}

/// Profit and loss of a strategy (null = by hand) in one currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct StrategyPnl {
    /// Strategy.
    pub strategy: Option<String>,
    /// Currency.
    pub currency: String,
    /// By closed lots, without fees.
    pub realised: Dec,
    /// Of open lots; null while a mark is missing.
    pub unrealised: Option<Dec>,
    /// Fees.
    pub fees: Dec,
    /// Dividends, funding, interest.
    pub income: Dec,
    /// Realised + unrealised + income − fees.
    pub total: Option<Dec>,
}

/// What an account is worth, by currency, and what its strategies earned.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AccountValuation {
    /// Base currency.
    pub base_currency: String,
    /// In base currency; null while a mark or a rate is missing.
    pub equity: Option<Dec>,
    /// By currency.
    pub currencies: Vec<CurrencyValue>,
    /// By strategy and currency.
    pub strategies: Vec<StrategyPnl>,
}

/// A dated exchange rate.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FxRate {
    /// Priced currency.
    #[schema(example = "EUR")]
    pub base: String,
    /// Currency of the price.
    #[schema(example = "USD")]
    pub quote: String,
    /// Units of quote for one of base.
    #[schema(format = "decimal", example = "1.0842")]
    pub rate: String,
    /// When it held.
    pub ts: Time,
    /// Where it comes from.
    pub source: String,
}

/// A row of a statement and what becomes of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StatementRowState {
    /// It would be, or was, booked.
    Booked,
    /// It is booked already.
    Duplicate,
    /// It moves nothing.
    PassedOver,
    /// It cannot be booked.
    Refused,
}

/// A row of a statement.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct StatementRow {
    /// Line in the file.
    pub line: u32,
    /// What becomes of it.
    pub state: StatementRowState,
    /// When it happened.
    pub ts: Option<Time>,
    /// What it says, in words.
    pub text: String,
    /// Column that is wrong.
    pub column: Option<String>,
    /// Why it is not booked.
    pub message: Option<String>,
}

/// What the rows that would be booked come to, in one currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct StatementTotal {
    /// Currency.
    pub currency: String,
    /// Cash in and out by transfers.
    pub transfers: Dec,
    /// Cash moved by trades, fees included.
    pub trades: Dec,
    /// Income, fees and adjustments.
    pub cash: Dec,
    /// Fees, in trades and apart.
    pub fees: Dec,
}

/// A statement as read, before or after it is booked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Statement {
    /// What it was read as.
    pub preset: String,
    /// SHA-256 of the file; commit asks for it.
    pub digest: String,
    /// Rows that would be, or were, booked.
    pub booked: u32,
    /// Rows booked before.
    pub duplicates: u32,
    /// Rows that move nothing.
    pub passed_over: u32,
    /// Rows that cannot be booked.
    pub refused: u32,
    /// What is booked comes to this.
    pub totals: Vec<StatementTotal>,
    /// The rows by line; at most 2000 are listed.
    pub rows: Vec<StatementRow>,
}

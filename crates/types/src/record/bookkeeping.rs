//! What can be asked of an account's books: everything that is no order and no plain transfer.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    AccountId, ClientOrderId, EntryId, Instrument, InstrumentId, Money, Price, Quantity, Side, StrategyId,
    UnixNanos,
};

use super::ledger::{Attribution, FeeKind, LedgerSettings, LotMethod};
use super::outcome::LedgerEntry;

/// What happens to the part of a position that is no whole share after a corporate action.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(tag = "fractions", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Fractions {
    /// It stays.
    #[default]
    Keep,
    /// It is paid out.
    CashInLieu {
        /// Per unit.
        price: Price,
        /// What counts as whole, above zero, usually 1.
        step: Decimal,
    },
}

/// `new` units for each `held`; both above zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ratio {
    /// Units afterwards, or received.
    pub new: u32,
    /// Units before, or held.
    pub held: u32,
}

/// A change that an issuer makes to an instrument.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActionKind {
    /// `new` for every `held`: 2 for 1, or 1 for 10 (a reverse split). Cost stays.
    Split {
        /// Ratio.
        ratio: Ratio,
    },
    /// `new` more for every `held`, free. The cost is spread over all.
    Bonus {
        /// Ratio.
        ratio: Ratio,
    },
    /// As a bonus, out of profits.
    StockDividend {
        /// Ratio.
        ratio: Ratio,
    },
    /// `new` offered for every `held` at a price; so many are taken up and paid.
    Rights {
        /// Ratio.
        ratio: Ratio,
        /// Per unit.
        price: Price,
        /// How many, at most what is offered.
        taken: Decimal,
    },
    /// Cash per unit, less tax withheld. Who is short pays it.
    CashDividend {
        /// Gross, per unit.
        per_unit: Money,
        /// Fraction withheld, 0 to 1.
        withholding: Decimal,
    },
    /// The instrument becomes another, or cash, or both.
    Merger {
        /// The other instrument and how much of it.
        stock: Option<(InstrumentId, Ratio)>,
        /// Cash per unit.
        cash: Option<Money>,
        /// The fraction of the cost that the cash is paid for: 1 for cash alone, 0 for stock alone.
        cash_cost_fraction: Decimal,
    },
    /// Units of another instrument come in, and a fraction of the cost goes with them.
    SpinOff {
        /// The other instrument.
        into: InstrumentId,
        /// Ratio.
        ratio: Ratio,
        /// 0 to 1.
        cost_fraction: Decimal,
    },
    /// The instrument has another id from now on.
    SymbolChange {
        /// The new id.
        into: InstrumentId,
    },
    /// It is no longer traded; what is left is settled at this price (0 = worthless).
    Delisting {
        /// Per unit.
        price: Price,
    },
}

/// A dated corporate action of one instrument.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CorporateAction {
    /// Whose.
    pub instrument: InstrumentId,
    /// What.
    pub kind: ActionKind,
    /// From when it holds (the ex-date).
    pub effective: UnixNanos,
    /// What happens to fractions.
    pub fractions: Fractions,
    /// Where it comes from.
    pub source: String,
}

/// Cash that comes or goes for a reason of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CashKind {
    /// Funding of a perpetual: received above zero, paid below.
    Funding,
    /// Interest: received above zero, paid below.
    Interest,
    /// A dividend: `money` is the gross amount, of which this much is withheld.
    Dividend {
        /// Tax withheld, at the source, 0 or more.
        withheld: Decimal,
    },
    /// A fee: paid below zero, refunded above.
    Fee {
        /// What for.
        fee: FeeKind,
    },
    /// Tax withheld at the source, where it is a payment of its own: paid below zero, given back above.
    WithholdingTax,
    /// A person's correction of a balance.
    Adjustment,
}

/// A fill as it comes from elsewhere: a statement, a correction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ForeignFill {
    /// What was traded.
    pub instrument: InstrumentId,
    /// Owner; `None` = by hand.
    pub strategy: Option<StrategyId>,
    /// Bought or sold.
    pub side: Side,
    /// How much.
    pub quantity: Quantity,
    /// At which price.
    pub price: Price,
    /// The fee, in quote currency.
    pub fee: Money,
}

/// One row of a statement, ready to be booked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImportRow {
    /// Hash of the row, in hexadecimal: the same row is not booked twice.
    pub hash: String,
    /// Line in the file.
    pub line: u32,
    /// When it happened.
    pub ts: UnixNanos,
    /// For people.
    pub reason: String,
    /// What.
    pub item: ImportItem,
}

/// What a row of a statement says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "item", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ImportItem {
    /// A trade.
    Fill {
        /// As executed.
        fill: ForeignFill,
    },
    /// Money in (above zero) or out.
    Transfer {
        /// How much.
        money: Money,
    },
    /// Income, fees, adjustments.
    Cash {
        /// What.
        kind: CashKind,
        /// How much, signed.
        money: Money,
        /// Where from.
        about: Attribution,
    },
    /// A currency exchange.
    Exchange {
        /// Given.
        sold: Money,
        /// Received.
        bought: Money,
    },
}

/// A part of a trade for one strategy (`None` = by hand).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AllocationPart {
    /// For whom.
    pub strategy: Option<StrategyId>,
    /// How much, above zero; the parts sum to the trade.
    pub quantity: Quantity,
}

/// A task for an account's books.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BookTask {
    /// Replaces how the books are kept. Refused when `expected_version` is not the current one.
    Settings {
        /// The new settings.
        settings: LedgerSettings,
        /// The version they are based on; the first is 1.
        expected_version: u32,
    },
    /// Says which lots an order's fills close.
    ChooseLots {
        /// The order.
        client_order_id: ClientOrderId,
        /// How.
        method: LotMethod,
    },
    /// Income, fees, adjustments.
    Cash {
        /// What.
        kind: CashKind,
        /// How much, signed.
        money: Money,
        /// Where from.
        about: Attribution,
    },
    /// Exchanges currencies.
    Exchange {
        /// Given.
        sold: Money,
        /// Received.
        bought: Money,
    },
    /// Moves money to another own account: two entries, one link.
    TransferTo {
        /// The other account.
        to: AccountId,
        /// How much, above zero.
        money: Money,
    },
    /// Takes an entry back by a new one, and books the corrected fill if there is one.
    Reverse {
        /// The entry.
        entry: EntryId,
        /// The entry itself, where it is older than what the kernel remembers.
        original: Option<Box<LedgerEntry>>,
        /// What is right instead.
        corrected: Option<ForeignFill>,
    },
    /// Splits a trade over strategies: its entry is taken back and booked in parts.
    Allocate {
        /// The entry of the trade.
        entry: EntryId,
        /// The entry itself, where it is older than what the kernel remembers.
        original: Option<Box<LedgerEntry>>,
        /// The parts; they sum to the trade.
        parts: Vec<AllocationPart>,
    },
    /// A corporate action on what the account holds.
    Corporate {
        /// The action.
        action: CorporateAction,
        /// Definition of the instrument that comes in, where it is not known yet.
        define: Option<Box<Instrument>>,
    },
    /// Rows of a statement: all are booked, or none; rows booked before are passed over.
    Import {
        /// Name of the preset.
        preset: String,
        /// Hash of the file, in hexadecimal.
        digest: String,
        /// The rows, oldest first.
        rows: Vec<ImportRow>,
    },
}

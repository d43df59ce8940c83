//! What ledger records say beyond postings: methods, modes, rates, links, and the settings that decide them.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    AccountId, ClientOrderId, Currency, EntryId, InstrumentId, Money, NumberError, Price, StrategyId,
    UnixNanos,
};

use super::outcome::LedgerAccount;

/// Which open lots a closing fill takes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LotMethod {
    /// The oldest first.
    #[default]
    Fifo,
    /// The newest first.
    Lifo,
    /// The dearest first: of long lots the highest price, of short lots the lowest. Equal prices: the oldest.
    Hifo,
    /// These, as far as they go; what they do not cover is taken from the oldest, because a fill cannot be refused.
    Specific {
        /// The lots named.
        lots: Vec<LotPick>,
    },
}

/// One lot named for closing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LotPick {
    /// Id of the lot.
    pub lot: EntryId,
    /// How much of it, above zero.
    pub quantity: Decimal,
}

/// Whether buys and sells of an instrument meet in one position.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PositionMode {
    /// A sell closes what is long, then goes short.
    #[default]
    Netting,
    /// A long and a short position stand side by side; what closes says so (reduce-only).
    Hedging,
}

/// Which of the positions in an instrument.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PositionBook {
    /// The one of the netting mode.
    #[default]
    Net,
    /// The long one of the hedging mode.
    Long,
    /// The short one of the hedging mode.
    Short,
}

impl PositionBook {
    /// Whether it is the netted one, which old records mean.
    #[must_use]
    pub fn is_net(&self) -> bool {
        *self == PositionBook::Net
    }
}

/// When and at which price a lot was opened, kept with its closing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Acquired {
    /// When.
    pub ts: UnixNanos,
    /// Price per unit.
    pub price: Price,
}

/// What a fee was for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FeeKind {
    /// The broker's or venue's for trading.
    Commission,
    /// The exchange's transaction charge.
    Exchange,
    /// Clearing and settlement.
    Clearing,
    /// The regulator's (SEC, TAF, SEBI).
    Regulatory,
    /// Taxes and duties on trading (STT, stamp duty, GST).
    Tax,
    /// Borrowing for short sales.
    Borrow,
    /// Anything else: data, account keeping, withdrawals.
    Other,
}

impl FeeKind {
    /// All kinds.
    pub const ALL: [FeeKind; 7] = [
        FeeKind::Commission,
        FeeKind::Exchange,
        FeeKind::Clearing,
        FeeKind::Regulatory,
        FeeKind::Tax,
        FeeKind::Borrow,
        FeeKind::Other,
    ];

    /// Where in the ledger it stands.
    #[must_use]
    pub fn account(self) -> LedgerAccount {
        match self {
            FeeKind::Commission => LedgerAccount::Fees,
            FeeKind::Exchange => LedgerAccount::FeesExchange,
            FeeKind::Clearing => LedgerAccount::FeesClearing,
            FeeKind::Regulatory => LedgerAccount::FeesRegulatory,
            FeeKind::Tax => LedgerAccount::FeesTax,
            FeeKind::Borrow => LedgerAccount::FeesBorrow,
            FeeKind::Other => LedgerAccount::FeesOther,
        }
    }
}

/// One unit of `base` was worth `rate` of `quote` at a time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FxRate {
    /// The currency that is priced.
    pub base: Currency,
    /// The currency of the price.
    pub quote: Currency,
    /// Above zero.
    pub rate: Decimal,
    /// When it held.
    pub ts: UnixNanos,
    /// Where it comes from.
    pub source: String,
}

/// A currency exchange, with what it does to the average cost of foreign money.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FxConversion {
    /// Given, above zero.
    pub sold: Money,
    /// Received, above zero.
    pub bought: Money,
    /// Worth of what was exchanged, in the account's base currency.
    pub base_value: Decimal,
    /// How much of `sold` had been bought by earlier exchanges.
    pub covered: Decimal,
    /// What that had cost, in base currency.
    pub cost: Decimal,
    /// Worth of the covered part − its cost, in base currency.
    pub realised: Decimal,
}

/// What an entry is about when it moves cash only.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Attribution {
    /// The instrument that it comes from.
    pub instrument: Option<InstrumentId>,
    /// The strategy that it belongs to.
    pub strategy: Option<StrategyId>,
}

/// What only some entries have.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EntryDetail {
    /// The same for entries that belong together: both sides of a transfer, the parts of a corporate action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The entry that this one takes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reverses: Option<EntryId>,
    /// A currency exchange.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fx: Option<FxConversion>,
    /// Where income or a fee comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<Attribution>,
    /// The statement row that it was imported from: preset and line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imported: Option<String>,
}

/// How an account keeps its books.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LedgerSettings {
    /// Which lots close first, where an order does not say.
    pub lot_method: LotMethod,
    /// Netting or hedging. Changes only while every position is flat.
    pub position_mode: PositionMode,
    /// Whether free cash may go below zero (margin).
    pub overdraft: bool,
}

/// How an account keeps its books was changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LedgerSettingsChanged {
    /// The account.
    pub account: AccountId,
    /// The settings now.
    pub settings: LedgerSettings,
    /// Their version; the first is 1.
    pub version: u32,
    /// Who.
    pub actor: String,
    /// When.
    pub ts: UnixNanos,
}

/// For one order it was said which lots its fills close.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LotsChosen {
    /// The account.
    pub account: AccountId,
    /// The order.
    pub client_order_id: ClientOrderId,
    /// How.
    pub method: LotMethod,
    /// Who.
    pub actor: String,
    /// When.
    pub ts: UnixNanos,
}

impl FxRate {
    /// Checks currencies and rate.
    ///
    /// # Errors
    /// [`NumberError::NotPositive`] for a rate of 0 or below, [`NumberError::BadCurrency`] for a pair of one currency.
    pub fn check(&self) -> Result<(), NumberError> {
        if self.rate <= Decimal::ZERO {
            return Err(NumberError::NotPositive {
                what: "exchange rate",
                value: self.rate,
            });
        }
        if self.base == self.quote {
            return Err(NumberError::BadCurrency {
                text: format!("{}/{}", self.base, self.quote),
            });
        }
        Ok(())
    }
}

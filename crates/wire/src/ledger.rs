//! The double-entry ledger, transfers and reconciliations.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Dec, Time};

/// Where money stands. A debit is positive, a credit negative; an entry sums to zero per currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
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
    /// Trading fees.
    Fees,
    /// Funding of perpetuals.
    Funding,
    /// Interest.
    Interest,
    /// Dividends.
    Dividends,
    /// Money in.
    Deposits,
    /// Money out.
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
    /// Money from or to another own account.
    Transfers,
    /// Realised profit (credit) and loss (debit) of currency exchanges.
    FxPnl,
    /// Cost on its way from one position to another.
    Transit,
}

/// Why an entry exists.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LedgerEntryKind {
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

/// One line of an entry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct LedgerPosting {
    /// Where.
    pub account: LedgerAccount,
    /// In what.
    pub currency: String,
    /// Debit > 0, credit < 0.
    pub amount: Dec,
}

/// One immutable entry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct LedgerEntry {
    /// Id.
    pub id: String,
    /// Trading account.
    pub account: String,
    /// When.
    pub ts: Time,
    /// Why.
    pub kind: LedgerEntryKind,
    /// The lines; they sum to zero per currency.
    pub postings: Vec<LedgerPosting>,
    /// The instrument whose position it changes.
    pub instrument: Option<String>,
    /// The order it belongs to.
    pub client_order_id: Option<String>,
    /// Who.
    pub actor: String,
    /// For people.
    pub reason: String,
}

/// Moves money in (above zero) or out (below zero).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTransfer {
    /// Amount, decimal text, not zero.
    #[schema(format = "decimal", example = "2500")]
    pub amount: String,
    /// Currency.
    #[schema(example = "USD")]
    pub currency: String,
    /// For people.
    #[schema(example = "monthly saving", min_length = 1, max_length = 200)]
    pub reason: String,
}

/// How bad a difference is, by value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Severity {
    /// Within tolerance.
    Info,
    /// Above it.
    Warning,
    /// Far above it.
    Critical,
}

/// One difference found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReconciliationDifference {
    /// What differs.
    #[schema(example = "position BTC-USD.COINBASE")]
    pub subject: String,
    /// Our figure.
    pub ours: String,
    /// The venue's.
    pub theirs: String,
    /// How bad.
    pub severity: Severity,
}

/// A comparison of orders, positions and balances with the venue.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Reconciliation {
    /// Account.
    pub account: String,
    /// When.
    pub ts: Time,
    /// How much was compared.
    pub compared: u32,
    /// What differs; empty = all equal.
    pub differences: Vec<ReconciliationDifference>,
}

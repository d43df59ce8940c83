//! Commands: what people, programs and strategies ask of the kernel.

use serde::{Deserialize, Serialize};

use crate::risk::RiskSettings;
use crate::{
    AccountId, AccountInfo, ClientOrderId, Instrument, InstrumentId, Money, OrderRequest, Price, Quantity,
    StrategyId, UnixNanos,
};

use super::bookkeeping::BookTask;
use super::deployment::StrategySpec;
use super::ledger::FxRate;
use super::outcome::{FeeTable, SessionTable};

/// How the orders of a batch hang together.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BatchMode {
    /// Each stands for itself.
    Independent,
    /// All or none, with compensation: when one is refused, what rests is canceled and what filled is reported.
    AllOrNone,
}

/// What is asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(
    clippy::large_enum_variant,
    reason = "a command lives once, inside its envelope"
)]
pub enum Command {
    /// Opens an account with a first deposit (zero = none).
    OpenAccount {
        /// The account.
        account: AccountInfo,
        /// Booked as a deposit when above zero.
        deposit: Money,
    },
    /// Money in (above zero) or out (below zero). The key makes a repetition harmless.
    Transfer {
        /// The account.
        account: AccountId,
        /// Amount and currency.
        money: Money,
        /// Idempotency key.
        key: String,
        /// For people.
        reason: String,
    },
    /// Submits 1 to 20 orders of one account.
    SubmitOrders {
        /// The orders.
        orders: Vec<OrderRequest>,
        /// How they hang together.
        mode: BatchMode,
    },
    /// Cancels one order.
    CancelOrder {
        /// The account.
        account: AccountId,
        /// The order.
        client_order_id: ClientOrderId,
    },
    /// Changes an open order: quantity, limit price, trigger, display quantity. What is `None` stays.
    ModifyOrder {
        /// The account.
        account: AccountId,
        /// The order.
        client_order_id: ClientOrderId,
        /// New quantity in total, what is filled included.
        #[serde(default)]
        quantity: Option<Quantity>,
        /// New limit price.
        #[serde(default)]
        price: Option<Price>,
        /// New trigger.
        #[serde(default)]
        trigger: Option<Price>,
        /// New display quantity of an iceberg.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        display: Option<Quantity>,
        /// Refused when the order is not at this version; `None` = whatever it is at.
        #[serde(default)]
        expected_version: Option<u32>,
    },
    /// Cancels all open orders of an account, or of one instrument in it.
    CancelAll {
        /// The account.
        account: AccountId,
        /// Only these, or all.
        instrument: Option<InstrumentId>,
    },
    /// Closes open positions of an account, or of one instrument in it, with reduce-only market orders.
    Flatten {
        /// The account.
        account: AccountId,
        /// Only this, or all.
        instrument: Option<InstrumentId>,
    },
    /// Replaces the risk settings. Refused when `expected_version` is not the current one.
    SetRiskSettings {
        /// The account.
        account: AccountId,
        /// The new settings.
        settings: RiskSettings,
        /// The version they are based on.
        expected_version: u32,
    },
    /// Switches a strategy on or off for an account, or lifts its halt.
    SetStrategy {
        /// The account.
        account: AccountId,
        /// The strategy.
        strategy: StrategyId,
        /// On or off.
        enabled: bool,
    },
    /// Puts a strategy on an account, or replaces the one of that name by a new version.
    DeployStrategy {
        /// The account.
        account: AccountId,
        /// Name of the instance.
        strategy: StrategyId,
        /// What it is made of.
        spec: Box<StrategySpec>,
    },
    /// Takes a deployed strategy away. What it holds stays.
    RemoveStrategy {
        /// The account.
        account: AccountId,
        /// Name of the instance.
        strategy: StrategyId,
    },
    /// Blocks new orders and cancels all, of one account or of all (`None`).
    EngageKillSwitch {
        /// One account or all.
        account: Option<AccountId>,
        /// Also close open positions.
        flatten: bool,
        /// Why.
        reason: String,
    },
    /// Lifts the block.
    LiftKillSwitch {
        /// One account or all.
        account: Option<AccountId>,
    },
    /// Compares orders, positions and balances with the venue (for paper: with the matching's own record).
    Reconcile {
        /// The account.
        account: AccountId,
    },
    /// Makes an instrument known, or replaces its definition.
    DefineInstrument {
        /// The definition.
        instrument: Box<Instrument>,
    },
    /// Sets the fees of a market.
    DefineFees {
        /// The table.
        fees: FeeTable,
    },
    /// Makes a calendar's sessions known.
    DefineSessions {
        /// The table.
        table: SessionTable,
    },
    /// Something for an account's books. The key makes a repetition harmless.
    Book {
        /// The account.
        account: AccountId,
        /// What.
        task: Box<BookTask>,
        /// Idempotency key.
        key: String,
        /// For people.
        reason: String,
    },
    /// Makes an exchange rate known.
    RecordFxRate {
        /// The rate.
        rate: FxRate,
    },
}

/// A command with who, when and in which request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CommandEnvelope {
    /// Pseudonymous id of the person, key or part of the program.
    pub actor: String,
    /// The id of the request, the same in logs, audit and journal.
    pub correlation_id: String,
    /// When it entered.
    pub ts: UnixNanos,
    /// What is asked.
    pub command: Command,
}

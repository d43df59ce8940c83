//! Trading accounts, their figures, positions and members.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{DataState, Dec, KillSwitch, Time};

/// Where an account's orders go.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountKind {
    /// Matched inside the program against market data.
    Paper,
    /// Sent to the venue.
    Live,
}

/// What a member may do on an account.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MemberRole {
    /// Everything, members included.
    Owner,
    /// Reads, trades, cancels, switches strategies.
    Trader,
    /// Reads.
    Viewer,
}

/// An account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// Id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Paper or live.
    pub kind: AccountKind,
    /// Venue whose instruments it trades.
    pub venue: String,
    /// Currency its equity is stated in.
    pub base_currency: String,
    /// One's own membership; null when seen by role only.
    pub role: Option<MemberRole>,
    /// True when its venue is simulated.
    pub simulated: bool,
}

/// Opens an account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// Name for people.
    #[schema(example = "Main paper", min_length = 1, max_length = 64)]
    pub name: String,
    /// Venue whose instruments it trades, from `GET /venues`.
    #[schema(example = "coinbase")]
    pub venue: String,
    /// Currency its equity is stated in.
    #[schema(example = "USD")]
    pub base_currency: String,
    /// First deposit in the base currency, decimal text; `0` for none.
    #[schema(format = "decimal", example = "100000")]
    pub deposit: String,
}

/// A sum per currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CurrencySum {
    /// Currency.
    pub currency: String,
    /// Sum.
    pub sum: Dec,
}

/// An account with its current figures, in base currency. A figure that needs a mark is null without one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AccountDetail {
    /// The account.
    #[serde(flatten)]
    pub account: Account,
    /// Cash + Σ mark value; null when a mark is missing.
    pub equity: Option<Dec>,
    /// Whether the marks behind `equity` may be believed.
    pub equity_state: DataState,
    /// Cash free to use, base currency.
    pub cash_available: Dec,
    /// Cash held for open orders, base currency.
    pub cash_locked: Dec,
    /// Both.
    pub cash_total: Dec,
    /// Σ mark value of positions; null when a mark is missing.
    pub position_value: Option<Dec>,
    /// Realised profit and loss in base currency, without fees; null when an exchange rate is missing.
    pub realised_pnl: Option<Dec>,
    /// Unrealised; null when a mark or an exchange rate is missing.
    pub unrealised_pnl: Option<Dec>,
    /// Fees paid, in base currency; null when an exchange rate is missing.
    pub fees: Option<Dec>,
    /// Equity now − equity at the start of the UTC day; null when either is unknown.
    pub day_pnl: Option<Dec>,
    /// Equity at the start of the UTC day.
    pub day_open_equity: Option<Dec>,
    /// Highest equity seen.
    pub peak_equity: Option<Dec>,
    /// (peak − equity) / peak, 0..1.
    pub drawdown: Option<Dec>,
    /// Σ |notional| / equity.
    pub exposure: Option<Dec>,
    /// Open orders.
    pub open_orders: u32,
    /// Open positions (instrument × strategy).
    pub open_positions: u32,
    /// The block, when engaged for this account or for all.
    pub kill_switch: Option<KillSwitch>,
    /// Version of the risk settings.
    pub risk_version: u32,
    /// Sum of all postings per currency: always 0.
    pub ledger_sum: Vec<CurrencySum>,
    /// As of.
    pub ts: Time,
}

/// Money of one currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Balance {
    /// Currency.
    pub currency: String,
    /// Free to use.
    pub available: Dec,
    /// Held for open orders.
    pub locked: Dec,
    /// Both.
    pub total: Dec,
}

/// Direction of a position.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PositionSide {
    /// Bought.
    Long,
    /// Sold.
    Short,
}

/// What one strategy holds of a position.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct PositionStrategy {
    /// The strategy; null = by hand.
    pub strategy: Option<String>,
    /// Signed quantity.
    pub quantity: Dec,
    /// Average cost per unit; null when flat.
    pub average_cost: Option<Dec>,
}

/// An open tax lot (FIFO).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Lot {
    /// Id of the ledger entry that opened it.
    pub id: String,
    /// When.
    pub opened_at: Option<Time>,
    /// What is left of it, signed.
    pub quantity: Dec,
    /// Price per unit.
    pub price: Dec,
}

/// An open position.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Position {
    /// Instrument.
    pub instrument: String,
    /// Signed quantity: long > 0, short < 0.
    pub quantity: Dec,
    /// Direction.
    pub side: PositionSide,
    /// Average cost per unit.
    pub average_cost: Option<Dec>,
    /// Price it is valued at; null without a quote.
    pub mark: Option<Dec>,
    /// Whether the mark may be believed.
    pub mark_state: DataState,
    /// Mark × quantity.
    pub market_value: Option<Dec>,
    /// Market value − cost.
    pub unrealised_pnl: Option<Dec>,
    /// Realised so far in this instrument, without fees.
    pub realised_pnl: Dec,
    /// Fees so far in this instrument.
    pub fees: Dec,
    /// Long and short apart, where the account holds them side by side (hedging); empty where it nets. An order opens
    /// the side of its direction; a reduce-only order closes the other one.
    pub sides: Vec<PositionSideDetail>,
    /// Who holds what.
    pub strategies: Vec<PositionStrategy>,
    /// Open tax lots, oldest first.
    pub lots: Vec<Lot>,
    /// True when the marks are simulated.
    pub simulated: bool,
}

/// One side of a hedged position.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct PositionSideDetail {
    /// Which.
    pub side: PositionSide,
    /// Signed quantity: long > 0, short < 0, 0 when it was closed.
    pub quantity: Dec,
    /// Average cost per unit; null when it is flat.
    pub average_cost: Option<Dec>,
    /// Mark × quantity.
    pub market_value: Option<Dec>,
    /// Market value − cost.
    pub unrealised_pnl: Option<Dec>,
    /// Realised so far on this side, without fees.
    pub realised_pnl: Dec,
    /// Fees so far on this side.
    pub fees: Dec,
}

/// A member of an account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Member {
    /// User id.
    pub user: String,
    /// Name for people.
    pub display_name: String,
    /// What they may do.
    pub role: MemberRole,
    /// Since when.
    pub since: Time,
    /// Its version, which `If-Match` takes in quotes.
    #[serde(default)]
    pub version: u32,
}

/// Makes or changes a member.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberChange {
    /// What they may do from now on.
    pub role: MemberRole,
}

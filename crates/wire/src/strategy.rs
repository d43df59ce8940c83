//! Strategies, their signals and weights.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Dec, Denial, Time};

/// What a strategy thinks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Opinion {
    /// Buy.
    Buy,
    /// Sell.
    Sell,
    /// Neither.
    Hold,
}

/// What became of a signal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SignalOutcome {
    /// An order was made of it.
    Accepted,
    /// Refused; see `denials`.
    Denied,
    /// One strategy's opinion, kept for the combination.
    Recorded,
}

/// A signal with its reason.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Signal {
    /// Id.
    pub id: String,
    /// Account for which it was weighed.
    pub account: String,
    /// When.
    pub ts: Time,
    /// Opening time of the bar that caused it.
    pub bar_ts: Time,
    /// Who says it; `combined` for the combination.
    pub strategy: String,
    /// On what.
    pub instrument: String,
    /// Of which bars, e.g. `10s`.
    pub interval: String,
    /// Buy, sell or hold.
    pub opinion: Opinion,
    /// How strong, 0..1.
    pub strength: Dec,
    /// How sure, 0..1.
    pub confidence: Dec,
    /// Why, with the figures.
    pub reason: String,
    /// What became of it.
    pub outcome: SignalOutcome,
    /// The order made of it.
    pub client_order_id: Option<String>,
    /// Why it was denied: every rule.
    pub denials: Vec<Denial>,
}

/// Whether a strategy trades.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StrategyStatus {
    /// On.
    Running,
    /// Switched off by a person.
    Stopped,
    /// Stopped by the risk gate until a person switches it on.
    Halted,
}

/// A strategy's latest opinion on one instrument.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct StrategyOpinion {
    /// Instrument.
    pub instrument: String,
    /// Opinion.
    pub opinion: Opinion,
    /// How sure, decimal text 0..1.
    pub confidence: Dec,
    /// Why.
    pub reason: String,
    /// When.
    pub ts: Time,
}

/// A strategy on an account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Strategy {
    /// Id.
    pub strategy: String,
    /// Name.
    pub name: String,
    /// What it does, with its formula.
    pub description: String,
    /// Whether it trades.
    pub status: StrategyStatus,
    /// Why it was halted.
    pub halt_reason: Option<String>,
    /// Of which bars, e.g. `10s`.
    pub interval: String,
    /// Its share in the combination, 0..1; null for the combination itself.
    pub weight: Option<Dec>,
    /// Mean R of its last 20 closed trades; null before the first.
    pub mean_r: Option<Dec>,
    /// How many closed trades that is over.
    pub trades: u32,
    /// Whether it has seen enough bars.
    pub warm: bool,
    /// Bars seen (the fewest over its instruments).
    pub bars_seen: u32,
    /// Bars needed.
    pub bars_needed: u32,
    /// Latest opinion per instrument.
    pub last: Vec<StrategyOpinion>,
    /// Positions it holds.
    pub open_positions: u32,
    /// Its realised profit and loss, without fees.
    pub realised_pnl: Dec,
    /// What it is made of, where a user deployed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<crate::Deployment>,
}

/// Switches a strategy.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StrategyChange {
    /// On or off. Switching on also lifts a halt.
    pub enabled: bool,
}

/// One strategy's weight at a time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Weight {
    /// Strategy.
    pub strategy: String,
    /// Share, 0..1.
    pub weight: Dec,
    /// Mean R of its last 20 closed trades.
    pub mean_r: Option<Dec>,
    /// How many closed trades that is over.
    pub trades: u32,
}

/// Weights as adapted at a time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Weights {
    /// When.
    pub ts: Time,
    /// All strategies.
    pub weights: Vec<Weight>,
}

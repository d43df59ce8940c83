//! Signals: a strategy's opinion on an instrument, with its reason.

use serde::{Deserialize, Serialize};

use crate::market::BarInterval;
use crate::order::UnitFraction;
use crate::{AccountId, ClientOrderId, InstrumentId, Side, SignalId, StrategyId, UnixNanos, risk::Denial};

/// What a strategy thinks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Opinion {
    /// Buy.
    Buy,
    /// Sell.
    Sell,
    /// Neither.
    Hold,
}

impl Opinion {
    /// The side to act on, if any.
    #[must_use]
    pub fn side(self) -> Option<Side> {
        match self {
            Opinion::Buy => Some(Side::Buy),
            Opinion::Sell => Some(Side::Sell),
            Opinion::Hold => None,
        }
    }
}

/// What became of a signal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SignalOutcome {
    /// An order was made of it.
    Accepted {
        /// The order.
        client_order_id: ClientOrderId,
    },
    /// The gate, or the sizing before it, refused.
    Denied {
        /// Every rule that denied.
        denials: Vec<Denial>,
    },
    /// One strategy's opinion, which only the combination may act on.
    Recorded,
}

/// A signal as stored and shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Signal {
    /// Its id.
    pub id: SignalId,
    /// The account for which it was weighed.
    pub account: AccountId,
    /// Who says it; `combined` for the combination.
    pub strategy: StrategyId,
    /// On what.
    pub instrument: InstrumentId,
    /// Of which bars.
    pub interval: BarInterval,
    /// Opening time of the bar that caused it.
    pub bar_ts: UnixNanos,
    /// When.
    pub ts: UnixNanos,
    /// Buy, sell or hold.
    pub opinion: Opinion,
    /// How strong, 0 to 1 (for the combination: the agreement).
    pub strength: UnitFraction,
    /// How sure, 0 to 1.
    pub confidence: UnitFraction,
    /// Why, in words, with the figures.
    pub reason: String,
    /// What became of it.
    pub outcome: SignalOutcome,
}

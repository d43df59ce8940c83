//! Risk settings and the kill switch.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Dec, Time};

/// Settings of the risk gate. Fractions are decimals: 0.8 = 80 %.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskSettings {
    /// Live trading enabled.
    pub live_trading: bool,
    /// Instruments allowed; null = all of the account's venue.
    #[serde(default)]
    #[schema(max_items = 500)]
    pub whitelist: Option<Vec<String>>,
    /// Minimum signal confidence, 0..1.
    #[schema(example = "0.7")]
    pub confidence_min: Dec,
    /// The same signal again within this is a duplicate.
    pub duplicate_window_s: u32,
    /// Open positions in total.
    pub open_positions_max: u32,
    /// Open positions per instrument and strategy.
    pub positions_per_instrument_strategy_max: u32,
    /// Open positions per instrument and account.
    pub positions_per_instrument_account_max: u32,
    /// Σ notional / equity, 0..1 for a cash account.
    #[schema(example = "0.8")]
    pub exposure_max: Dec,
    /// Size from a signal, as part of equity.
    #[schema(example = "0.02")]
    pub signal_size: Dec,
    /// Largest order, as part of equity.
    #[schema(example = "0.25")]
    pub order_size_max: Dec,
    /// How far a limit may go through the last valid quote.
    #[schema(example = "0.02")]
    pub price_band: Dec,
    /// Strategy entries are limits at ± this.
    #[schema(example = "0.002")]
    pub entry_offset: Dec,
    /// Orders per minute.
    pub orders_per_minute: u32,
    /// Orders per hour.
    pub orders_per_hour: u32,
    /// Orders per day.
    pub orders_per_day: u32,
    /// Strategy entries per hour.
    pub strategy_entries_per_hour: u32,
    /// Strategy entries per day.
    pub strategy_entries_per_day: u32,
    /// Loss of a day that halts strategies, as part of the day's opening equity. At twice that: kill switch.
    #[schema(example = "0.05")]
    pub daily_loss_max: Dec,
    /// Drawdown from the highest equity that halts strategies. At twice that: kill switch.
    #[schema(example = "0.1")]
    pub drawdown_max: Dec,
    /// Stop-loss distance by which R is measured.
    #[schema(example = "0.05")]
    pub stop_distance: Dec,
}

/// Risk settings with their version (also the `ETag`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Risk {
    /// Version; each change adds 1.
    pub version: u32,
    /// The settings.
    pub settings: RiskSettings,
}

/// An engaged kill switch.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct KillSwitch {
    /// Always true where the object is present.
    pub engaged: bool,
    /// Why.
    pub reason: String,
    /// Who.
    pub actor: String,
    /// When.
    pub ts: Time,
}

/// Engages the kill switch: blocks new orders, cancels all open ones.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KillSwitchRequest {
    /// Also close open positions.
    #[serde(default)]
    pub flatten: bool,
    /// Why.
    #[schema(example = "feed looks wrong", min_length = 1, max_length = 200)]
    pub reason: String,
}

/// State of a kill switch.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct KillSwitchStatus {
    /// Whether new orders are blocked.
    pub engaged: bool,
    /// Details while engaged.
    pub kill_switch: Option<KillSwitch>,
}

//! Risk settings and the kill switch.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::order::Side;
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
    /// Stop-loss distance by which R is measured, and at which strategy entries get their stop.
    #[schema(example = "0.05")]
    pub stop_distance: Dec,
    /// How large a strategy's entry is where the strategy leaves that open; SIGNAL when absent.
    #[serde(default)]
    pub sizing: SizingRule,
    /// Trading on margin; a cash account when absent.
    #[serde(default)]
    pub margin: MarginRules,
    /// Stop-loss and take-profit of strategy entries.
    #[serde(default)]
    pub protection: ProtectionRules,
    /// Positions that have to be closed before the session ends.
    #[serde(default)]
    pub intraday: IntradayRules,
    /// Rules of the place.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub place: Vec<PlaceRule>,
    /// What is different for single strategies, by strategy id.
    #[serde(default)]
    pub overrides: BTreeMap<String, RiskOverrides>,
}

/// Ways to size an entry. All take a part of equity; the quantity is rounded down to the lot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SizingMethod {
    /// `signal_size` of equity × the confidence of the signal.
    #[default]
    Signal,
    /// A fixed part of equity (`fraction`).
    FixedFraction,
    /// The position's yearly volatility is the target (`volatility` of the instrument; `target`, 0.15; `leverage_max`, 1).
    VolatilityTarget,
    /// A part of Kelly's share (`win_probability`, `payoff`; `fraction`, 0.25; `cap`, 0.10).
    FractionalKelly,
    /// The position's value at risk is the budget (`value_at_risk`; `budget`, 0.02; `leverage_max`, 1).
    VarBudget,
    /// A stop that is hit costs this part of equity (`risk`, 0.01); the entry's stop, or `stop_distance`.
    RiskToStop,
}

/// A way to size an entry with what it needs to know. Fractions are decimals.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SizingRule {
    /// Which.
    pub method: SizingMethod,
    /// FIXED_FRACTION: part of equity. FRACTIONAL_KELLY: part of Kelly's share.
    #[schema(example = "0.25")]
    pub fraction: Option<Dec>,
    /// VOLATILITY_TARGET: yearly volatility of the position.
    #[schema(example = "0.15")]
    pub target: Option<Dec>,
    /// VOLATILITY_TARGET: yearly volatility of the instrument's returns.
    #[schema(example = "0.3")]
    pub volatility: Option<Dec>,
    /// VOLATILITY_TARGET, VAR_BUDGET: largest value of the position / equity.
    #[schema(example = "1")]
    pub leverage_max: Option<Dec>,
    /// FRACTIONAL_KELLY: probability of a win.
    #[schema(example = "0.55")]
    pub win_probability: Option<Dec>,
    /// FRACTIONAL_KELLY: mean win / mean loss.
    #[schema(example = "1.5")]
    pub payoff: Option<Dec>,
    /// FRACTIONAL_KELLY: at most this part of equity.
    #[schema(example = "0.1")]
    pub cap: Option<Dec>,
    /// VAR_BUDGET: part of equity.
    #[schema(example = "0.02")]
    pub budget: Option<Dec>,
    /// VAR_BUDGET: loss of one unit of value over the horizon of the budget.
    #[schema(example = "0.031")]
    pub value_at_risk: Option<Dec>,
    /// RISK_TO_STOP: part of equity.
    #[schema(example = "0.01")]
    pub risk: Option<Dec>,
}

/// What a size is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SizeRequest {
    /// Of which instrument.
    #[schema(max_length = 64, example = "BTC-USD.COINBASE")]
    pub instrument: String,
    /// Bought or sold.
    pub side: Side,
    /// Price of the entry; that side of the quote which an order would meet, when absent.
    #[serde(default)]
    pub price: Option<Dec>,
    /// Its stop; at the settings' `stop_distance` when absent.
    #[serde(default)]
    pub stop: Option<Dec>,
    /// Whose settings; the account's when absent.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub strategy: Option<String>,
    /// Another rule than the settings'.
    #[serde(default)]
    pub sizing: Option<SizingRule>,
}

/// A size, with all that it was reckoned from. Nothing was ordered, and the risk gate was not asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct SizePreview {
    /// How much to order, a multiple of the lot.
    pub quantity: Dec,
    /// Quantity before it was rounded down to the lot.
    pub unrounded: Dec,
    /// Price × quantity × multiplier, in `currency`.
    pub notional: Dec,
    /// Currency of price, equity and notional: the instrument's.
    pub currency: String,
    /// The account's equity in that currency, by the dated exchange rate where it is another.
    pub equity: Dec,
    /// Price that was reckoned with.
    pub price: Dec,
    /// Stop that was reckoned with (for RISK_TO_STOP).
    pub stop: Dec,
    /// Contract multiplier.
    pub multiplier: Dec,
    /// Step of quantities.
    pub lot: Dec,
    /// The rule with every input filled in.
    pub sizing: SizingRule,
}

/// Trading on margin. Fractions are decimals.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MarginRules {
    /// Whether the account trades on margin and can go short.
    pub enabled: bool,
    /// Gross value of positions / equity.
    #[schema(example = "10")]
    pub leverage_max: Dec,
    /// Warn when equity / maintenance margin falls below this.
    #[schema(example = "1.5")]
    pub ratio_warn: Dec,
    /// Warn when margin used / equity reaches this.
    #[schema(example = "0.7")]
    pub use_warn: Dec,
    /// Warn again at this.
    #[schema(example = "0.8")]
    pub use_warn_again: Dec,
    /// No new risk from this on.
    #[schema(example = "0.9")]
    pub use_block: Dec,
    /// Squaring off is offered from this on.
    #[schema(example = "0.95")]
    pub use_offer: Dec,
    /// Positions are closed by force from this on.
    #[schema(example = "1")]
    pub use_force: Dec,
}

/// Protective orders of strategy entries.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ProtectionRules {
    /// Whether they are placed.
    pub enabled: bool,
    /// Distance of the take-profit; the stop-loss is at `stop_distance`.
    #[schema(example = "0.1")]
    pub take_profit: Dec,
}

/// Positions of the day (MIS).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct IntradayRules {
    /// Whether the account's positions are positions of the day.
    pub enabled: bool,
    /// Warn so many minutes before the session ends.
    pub warn_minutes: u32,
    /// Close so many minutes before the session ends.
    pub act_minutes: u32,
}

macro_rules! defaults {
    ($($name:ident: $from:ident { $($dec:ident),* } { $($plain:ident),* };)*) => {$(
        impl Default for $name {
            fn default() -> Self {
                let from = tradewind_types::risk::$from::default();
                Self { $($dec: Dec(from.$dec),)* $($plain: from.$plain,)* }
            }
        }
    )*};
}

// The domain's defaults, so that what a client leaves out means what the domain means by it.
defaults! {
    MarginRules: MarginRules { leverage_max, ratio_warn, use_warn, use_warn_again, use_block, use_offer, use_force } { enabled };
    ProtectionRules: ProtectionRules { take_profit } { enabled };
    IntradayRules: IntradayRules {} { enabled, warn_minutes, act_minutes };
}

/// What a rule of the place does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RuleAction {
    /// Is recorded; the order goes on.
    Warn,
    /// Denies the order.
    Deny,
}

/// Kinds of rules of the place.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PlaceRuleKind {
    /// United States: day trades in five business days below an equity (`day_trades_max`, `equity_min`).
    PatternDayTrader,
    /// India: orders in a second (`per_second_max`).
    OrderRate,
    /// India: the tag of the algorithm (`tag`).
    AlgoTag,
}

/// A rule of the place with the span of time in which it holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceRule {
    /// Which.
    pub rule: PlaceRuleKind,
    /// Holds from then on.
    pub from: Time,
    /// Holds until before then; on and on when absent.
    #[serde(default)]
    pub until: Option<Time>,
    /// What it does.
    pub action: RuleAction,
    /// PATTERN_DAY_TRADER: day trades allowed.
    #[serde(default)]
    pub day_trades_max: Option<u32>,
    /// PATTERN_DAY_TRADER: equity from which there is no limit.
    #[serde(default)]
    pub equity_min: Option<Dec>,
    /// ORDER_RATE: orders in a second.
    #[serde(default)]
    pub per_second_max: Option<u32>,
    /// ALGO_TAG: the tag.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub tag: Option<String>,
}

/// What is different for one strategy; what is absent is as for the account.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RiskOverrides {
    /// Instruments allowed.
    #[schema(max_items = 500)]
    pub whitelist: Option<Vec<String>>,
    /// Minimum signal confidence.
    pub confidence_min: Option<Dec>,
    /// The same signal again within this is a duplicate.
    pub duplicate_window_s: Option<u32>,
    /// Open positions in total.
    pub open_positions_max: Option<u32>,
    /// Open positions per instrument and strategy.
    pub positions_per_instrument_strategy_max: Option<u32>,
    /// Open positions per instrument and account.
    pub positions_per_instrument_account_max: Option<u32>,
    /// Exposure.
    pub exposure_max: Option<Dec>,
    /// Size from a signal.
    pub signal_size: Option<Dec>,
    /// Largest order.
    pub order_size_max: Option<Dec>,
    /// How far a limit may go through the quote.
    pub price_band: Option<Dec>,
    /// Entries are limits at ± this.
    pub entry_offset: Option<Dec>,
    /// Orders per minute.
    pub orders_per_minute: Option<u32>,
    /// Orders per hour.
    pub orders_per_hour: Option<u32>,
    /// Orders per day.
    pub orders_per_day: Option<u32>,
    /// Strategy entries per hour.
    pub strategy_entries_per_hour: Option<u32>,
    /// Strategy entries per day.
    pub strategy_entries_per_day: Option<u32>,
    /// Loss of a day that halts the strategy.
    pub daily_loss_max: Option<Dec>,
    /// Drawdown that halts the strategy.
    pub drawdown_max: Option<Dec>,
    /// Stop-loss distance.
    pub stop_distance: Option<Dec>,
    /// How large entries are.
    pub sizing: Option<SizingRule>,
    /// Margin.
    pub margin: Option<MarginRules>,
    /// Protective orders.
    pub protection: Option<ProtectionRules>,
    /// Positions of the day.
    pub intraday: Option<IntradayRules>,
    /// Rules of the place.
    #[schema(max_items = 50)]
    pub place: Option<Vec<PlaceRule>>,
}

/// A rule that warned.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RiskWarning {
    /// The order that it is about, if it is about one.
    pub client_order_id: Option<String>,
    /// The rule with the figures compared.
    pub warning: crate::Denial,
    /// When.
    pub ts: Time,
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

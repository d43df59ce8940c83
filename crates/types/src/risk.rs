//! Risk settings and the verdicts of the gate.

mod rules;
mod sizing;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{InstrumentId, StrategyId};

pub use rules::{
    IntradayRules, MarginRules, PlaceRule, PlaceRuleKind, ProtectionRules, RiskOverrides, RuleAction,
};
pub use sizing::SizingRule;

/// The rules of the gate. Each denial names one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RiskRule {
    /// The kill switch is engaged.
    KillSwitch,
    /// Live trading is off.
    LiveTradingDisabled,
    /// The instrument is not on the account's whitelist, not of its venue, or not trading.
    InstrumentNotAllowed,
    /// The signal's confidence is below the minimum.
    Confidence,
    /// The same signal again too soon.
    DuplicateSignal,
    /// Too many open positions in the account.
    OpenPositionsTotal,
    /// Too many open positions of one strategy in the instrument.
    OpenPositionsPerInstrument,
    /// Σ notional / equity above the limit.
    Exposure,
    /// The order is too large for the equity.
    OrderSize,
    /// The limit is too far through the last valid quote.
    PriceBand,
    /// Too many orders in a minute.
    OrdersPerMinute,
    /// Too many orders in an hour.
    OrdersPerHour,
    /// Too many orders in a day.
    OrdersPerDay,
    /// Too many strategy entries in an hour.
    StrategyEntriesPerHour,
    /// Too many strategy entries in a day.
    StrategyEntriesPerDay,
    /// The day's loss is above the limit; the strategy is halted.
    DailyLoss,
    /// The drawdown is above the limit; the strategy is halted.
    Drawdown,
    /// The quote is not VALID.
    StaleData,
    /// A reduce-only order that would open or turn a position.
    ReduceOnly,
    /// Cash does not cover the order and its fee.
    InsufficientFunds,
    /// The sized quantity rounds to nothing or is below the minimum.
    SizeTooSmall,
    /// The strategy is switched off or halted.
    StrategyHalted,
    /// Another order of the same all-or-none batch was denied.
    BatchDenied,
    /// A sell of more than is held in an account that cannot short.
    ShortNotAllowed,
    /// Gross value of positions against equity above the limit.
    Leverage,
    /// Equity is too near to what the positions' margin needs.
    MarginRatio,
    /// The part of equity that is used as margin.
    MarginUse,
    /// The session is about to end, and positions of the day are being closed.
    Intraday,
    /// Too many day trades for an account of this size (a rule of the place).
    PatternDayTrader,
    /// Too many orders in a second (a rule of the place).
    PlaceOrderRate,
    /// A program's order without the tag that the place asks for.
    AlgoTag,
    /// The account has not been compared with its venue since the start, or differs from it.
    NotReconciled,
    /// The instrument's currency has no exchange rate to the account's, so that nothing can be compared.
    FxRate,
}

/// A rule that denied, with what was compared.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Denial {
    /// The rule.
    pub rule: RiskRule,
    /// The figure of this order, as decimal text or words.
    pub actual: String,
    /// The limit it was compared with.
    pub limit: String,
    /// One sentence for people.
    pub message: String,
}

/// Settings of the gate, per account. Fractions are decimals: 0.80 = 80 %.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RiskSettings {
    /// Live trading enabled; off.
    pub live_trading: bool,
    /// Instruments allowed; `None` = all of the account's venue.
    pub whitelist: Option<Vec<InstrumentId>>,
    /// Minimum signal confidence; 0.70.
    pub confidence_min: Decimal,
    /// The same signal again within this is a duplicate; 300 s.
    pub duplicate_window_s: u32,
    /// Open positions in total; 5.
    pub open_positions_max: u32,
    /// Open positions per instrument and strategy; 1.
    pub positions_per_instrument_strategy_max: u32,
    /// Open positions per instrument and account; 3.
    pub positions_per_instrument_account_max: u32,
    /// Σ notional / equity; 0.80.
    pub exposure_max: Decimal,
    /// Size from a signal, as part of equity; 0.02, × confidence. For [`SizingRule::Signal`].
    pub signal_size: Decimal,
    /// Largest order, as part of equity; 0.25.
    pub order_size_max: Decimal,
    /// How far a limit may go through the last valid quote; 0.02.
    pub price_band: Decimal,
    /// Strategy entries are limits at ± this; 0.002.
    pub entry_offset: Decimal,
    /// Orders per minute; 10.
    pub orders_per_minute: u32,
    /// Orders per hour; 60.
    pub orders_per_hour: u32,
    /// Orders per day; 500.
    pub orders_per_day: u32,
    /// Strategy entries per hour; 10.
    pub strategy_entries_per_hour: u32,
    /// Strategy entries per day; 50.
    pub strategy_entries_per_day: u32,
    /// Loss of a day that halts strategies, as part of the day's opening equity; 0.05. At 2×: kill switch.
    pub daily_loss_max: Decimal,
    /// Drawdown from the highest equity that halts strategies; 0.10. At 2×: kill switch.
    pub drawdown_max: Decimal,
    /// Stop-loss distance by which R is measured, and at which [`ProtectionRules`] places the stop; 0.05.
    pub stop_distance: Decimal,
    /// How large a strategy's entry is where the strategy leaves that open.
    #[serde(default, skip_serializing_if = "is_default")]
    pub sizing: SizingRule,
    /// Trading on margin.
    #[serde(default, skip_serializing_if = "is_default")]
    pub margin: MarginRules,
    /// Stop-loss and take-profit of strategy entries.
    #[serde(default, skip_serializing_if = "is_default")]
    pub protection: ProtectionRules,
    /// Positions that have to be closed before the session ends.
    #[serde(default, skip_serializing_if = "is_default")]
    pub intraday: IntradayRules,
    /// Rules of the place, each for a span of time.
    #[serde(default, skip_serializing_if = "is_default")]
    pub place: Vec<PlaceRule>,
    /// What is different for single strategies.
    #[serde(default, skip_serializing_if = "is_default")]
    pub overrides: BTreeMap<StrategyId, RiskOverrides>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Default for RiskSettings {
    fn default() -> Self {
        let percent = |n: i64| Decimal::new(n, 2);
        Self {
            live_trading: false,
            whitelist: None,
            confidence_min: percent(70),
            duplicate_window_s: 300,
            open_positions_max: 5,
            positions_per_instrument_strategy_max: 1,
            positions_per_instrument_account_max: 3,
            exposure_max: percent(80),
            signal_size: percent(2),
            order_size_max: percent(25),
            price_band: percent(2),
            entry_offset: Decimal::new(2, 3),
            orders_per_minute: 10,
            orders_per_hour: 60,
            orders_per_day: 500,
            strategy_entries_per_hour: 10,
            strategy_entries_per_day: 50,
            daily_loss_max: percent(5),
            drawdown_max: percent(10),
            stop_distance: percent(5),
            sizing: SizingRule::default(),
            margin: MarginRules::default(),
            protection: ProtectionRules::default(),
            intraday: IntradayRules::default(),
            place: Vec::new(),
            overrides: BTreeMap::new(),
        }
    }
}

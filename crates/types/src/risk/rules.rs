//! Groups of risk settings that came after the first release; each has defaults, so that older records read.

use std::borrow::Cow;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{RiskSettings, SizingRule};
use crate::{InstrumentId, StrategyId, UnixNanos};

/// Trading on margin. A cash account (`enabled` = false) pays everything and cannot go short.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct MarginRules {
    /// Whether the account trades on margin; off.
    pub enabled: bool,
    /// Gross value of positions / equity; 10.
    pub leverage_max: Decimal,
    /// Warn when equity / maintenance margin falls below this; 1.5.
    pub ratio_warn: Decimal,
    /// Warn when margin used / equity reaches this; 0.70.
    pub use_warn: Decimal,
    /// Warn again at this; 0.80.
    pub use_warn_again: Decimal,
    /// No new risk from this on; 0.90.
    pub use_block: Decimal,
    /// Squaring off is offered from this on; 0.95.
    pub use_offer: Decimal,
    /// Positions are closed by force from this on; 1.00.
    pub use_force: Decimal,
}

impl Default for MarginRules {
    fn default() -> Self {
        Self {
            enabled: false,
            leverage_max: Decimal::TEN,
            ratio_warn: Decimal::new(15, 1),
            use_warn: Decimal::new(70, 2),
            use_warn_again: Decimal::new(80, 2),
            use_block: Decimal::new(90, 2),
            use_offer: Decimal::new(95, 2),
            use_force: Decimal::ONE,
        }
    }
}

/// Protective orders of strategy entries: a bracket's children, sized to what filled.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct ProtectionRules {
    /// Whether they are placed; on. The stop-loss is at `stop_distance`.
    pub enabled: bool,
    /// Distance of the take-profit; 0.10.
    pub take_profit: Decimal,
}

impl Default for ProtectionRules {
    fn default() -> Self {
        Self {
            enabled: true,
            take_profit: Decimal::new(10, 2),
        }
    }
}

/// Positions of the day (MIS): closed before the segment's continuous trading ends, by the dated session table.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct IntradayRules {
    /// Whether the account's positions are positions of the day; off.
    pub enabled: bool,
    /// Warn so many minutes before the end; 15 (NSE: 15:15).
    pub warn_minutes: u32,
    /// Cancel, close and take no new risk so many minutes before the end; 10 (NSE: 15:20).
    pub act_minutes: u32,
}

impl Default for IntradayRules {
    fn default() -> Self {
        Self {
            enabled: false,
            warn_minutes: 15,
            act_minutes: 10,
        }
    }
}

/// What a rule does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RuleAction {
    /// Is recorded; the order goes on.
    Warn,
    /// Denies the order.
    Deny,
}

/// What a rule of the place compares.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PlaceRuleKind {
    /// United States, FINRA 4210: more than so many day trades in five business days need this equity.
    PatternDayTrader {
        /// Day trades allowed in five business days.
        day_trades_max: u32,
        /// Equity from which there is no limit.
        equity_min: Decimal,
    },
    /// India, SEBI 2025: an unregistered program may send so many orders in a second.
    OrderRate {
        /// Orders in a second.
        per_second_max: u32,
    },
    /// India, SEBI 2025: a program's orders carry the exchange's tag of the algorithm.
    AlgoTag {
        /// The tag; without one a strategy's order breaks the rule.
        tag: Option<String>,
    },
}

/// A rule of the place with the span of time in which it holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PlaceRule {
    /// What.
    #[serde(flatten)]
    pub kind: PlaceRuleKind,
    /// Holds from then on.
    pub from: UnixNanos,
    /// Holds until before then; `None` = on and on.
    #[serde(default)]
    pub until: Option<UnixNanos>,
    /// What it does.
    pub action: RuleAction,
}

impl PlaceRule {
    /// Whether it holds at a time.
    #[must_use]
    pub fn holds(&self, now: UnixNanos) -> bool {
        now >= self.from && self.until.is_none_or(|until| now < until)
    }
}

macro_rules! overrides {
    ($($(#[$doc:meta])* $name:ident: $kind:ty,)*) => {
        /// What is different for one strategy; `None` = as for the account.
        #[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
        #[serde(default)]
        pub struct RiskOverrides {
            /// Instruments allowed.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub whitelist: Option<Vec<InstrumentId>>,
            $($(#[$doc])* #[serde(skip_serializing_if = "Option::is_none")] pub $name: Option<$kind>,)*
        }

        impl RiskOverrides {
            /// Puts what is different into the settings.
            pub fn apply(&self, settings: &mut RiskSettings) {
                if self.whitelist.is_some() {
                    settings.whitelist.clone_from(&self.whitelist);
                }
                $(if let Some(value) = &self.$name { settings.$name = value.clone(); })*
            }
        }
    };
}

overrides! {
    /// Minimum signal confidence.
    confidence_min: Decimal,
    /// The same signal again within this is a duplicate.
    duplicate_window_s: u32,
    /// Open positions in total.
    open_positions_max: u32,
    /// Open positions per instrument and strategy.
    positions_per_instrument_strategy_max: u32,
    /// Open positions per instrument and account.
    positions_per_instrument_account_max: u32,
    /// Exposure.
    exposure_max: Decimal,
    /// Size from a signal.
    signal_size: Decimal,
    /// Largest order.
    order_size_max: Decimal,
    /// How far a limit may go through the quote.
    price_band: Decimal,
    /// Entries are limits at ± this.
    entry_offset: Decimal,
    /// Orders per minute.
    orders_per_minute: u32,
    /// Orders per hour.
    orders_per_hour: u32,
    /// Orders per day.
    orders_per_day: u32,
    /// Strategy entries per hour.
    strategy_entries_per_hour: u32,
    /// Strategy entries per day.
    strategy_entries_per_day: u32,
    /// Loss of a day that halts the strategy.
    daily_loss_max: Decimal,
    /// Drawdown that halts the strategy.
    drawdown_max: Decimal,
    /// Stop-loss distance.
    stop_distance: Decimal,
    /// How large entries are.
    sizing: SizingRule,
    /// Margin.
    margin: MarginRules,
    /// Protective orders.
    protection: ProtectionRules,
    /// Positions of the day.
    intraday: IntradayRules,
    /// Rules of the place.
    place: Vec<PlaceRule>,
}

impl RiskSettings {
    /// The settings as they are for a strategy (`None` = by hand).
    #[must_use]
    pub fn for_strategy(&self, strategy: Option<&StrategyId>) -> Cow<'_, RiskSettings> {
        let different = strategy.and_then(|s| self.overrides.get(s));
        match different {
            None => Cow::Borrowed(self),
            Some(overrides) => {
                let mut settings = self.clone();
                overrides.apply(&mut settings);
                Cow::Owned(settings)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_the_first_release_read_and_keep_their_bytes() {
        let settings = RiskSettings::default();
        let text = serde_json::to_string(&settings).expect("encodes");
        assert!(!text.contains("margin"), "defaults are left out: {text}");
        assert_eq!(
            serde_json::from_str::<RiskSettings>(&text).expect("reads"),
            settings
        );
    }

    #[test]
    fn an_override_changes_only_its_strategy() {
        let strategy: StrategyId = "s1".parse().expect("valid");
        let mut settings = RiskSettings::default();
        let overrides = RiskOverrides {
            orders_per_minute: Some(3),
            ..RiskOverrides::default()
        };
        settings.overrides.insert(strategy.clone(), overrides);
        assert_eq!(settings.for_strategy(Some(&strategy)).orders_per_minute, 3);
        assert_eq!(settings.for_strategy(None).orders_per_minute, 10);
    }

    #[test]
    fn a_rule_of_the_place_holds_from_its_first_until_before_its_last_moment() {
        let rule = PlaceRule {
            kind: PlaceRuleKind::OrderRate { per_second_max: 10 },
            from: UnixNanos(10),
            until: Some(UnixNanos(20)),
            action: RuleAction::Deny,
        };
        assert_eq!(
            [9, 10, 19, 20].map(|t| rule.holds(UnixNanos(t))),
            [false, true, true, false]
        );
    }
}

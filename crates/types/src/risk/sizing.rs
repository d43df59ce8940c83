//! How large an entry is when whoever makes it leaves that open.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A way to size, with what it needs to know. Fractions are decimals: 0.02 = 2 %. All are parts of equity; the quantity
/// is rounded down to the lot, and the gate's limits hold whatever comes out.
///
/// | method | the position is as large as | needs |
/// | --- | --- | --- |
/// | `SIGNAL` | `signal_size` × confidence of equity | |
/// | `FIXED_FRACTION` | this part of equity | `fraction` |
/// | `VOLATILITY_TARGET` | makes its yearly volatility the target's part of equity | `volatility` of the instrument |
/// | `FRACTIONAL_KELLY` | a part of Kelly's share, at most `cap` | `win_probability`, `payoff` |
/// | `VAR_BUDGET` | makes its value at risk the budget's part of equity | `value_at_risk` of the instrument |
/// | `RISK_TO_STOP` | loses this part of equity at the stop | `risk`; the entry's stop, or `stop_distance` |
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum SizingRule {
    /// `signal_size` of equity × the confidence of the signal.
    #[default]
    Signal,
    /// A fixed part of equity.
    FixedFraction {
        /// Above 0, at most 1.
        fraction: Decimal,
    },
    /// The position's yearly volatility is the target.
    VolatilityTarget {
        /// Yearly; 0.15.
        #[serde(default = "volatility_target")]
        target: Decimal,
        /// Yearly volatility of the instrument's returns.
        volatility: Decimal,
        /// Largest value of the position / equity; 1.
        #[serde(default = "one")]
        leverage_max: Decimal,
    },
    /// A part of what Kelly would bet.
    FractionalKelly {
        /// Probability of a win, 0 to 1.
        win_probability: Decimal,
        /// Mean win / mean loss.
        payoff: Decimal,
        /// Part of Kelly's share; 0.25.
        #[serde(default = "kelly_fraction")]
        fraction: Decimal,
        /// At most this part of equity; 0.10.
        #[serde(default = "kelly_cap")]
        cap: Decimal,
    },
    /// The position's value at risk is the budget.
    VarBudget {
        /// Part of equity; 0.02.
        #[serde(default = "var_budget")]
        budget: Decimal,
        /// Loss of one unit of value over the horizon, at the confidence of the budget.
        value_at_risk: Decimal,
        /// Largest value of the position / equity; 1.
        #[serde(default = "one")]
        leverage_max: Decimal,
    },
    /// A stop that is hit costs this.
    RiskToStop {
        /// Part of equity; 0.01.
        #[serde(default = "risk_to_stop")]
        risk: Decimal,
    },
}

fn volatility_target() -> Decimal {
    Decimal::new(15, 2)
}

fn kelly_fraction() -> Decimal {
    Decimal::new(25, 2)
}

fn kelly_cap() -> Decimal {
    Decimal::new(10, 2)
}

fn var_budget() -> Decimal {
    Decimal::new(2, 2)
}

fn risk_to_stop() -> Decimal {
    Decimal::new(1, 2)
}

fn one() -> Decimal {
    Decimal::ONE
}

impl SizingRule {
    /// A volatility target of 15 % a year without leverage.
    #[must_use]
    pub fn to_volatility(volatility: Decimal) -> Self {
        Self::VolatilityTarget {
            target: volatility_target(),
            volatility,
            leverage_max: Decimal::ONE,
        }
    }

    /// A quarter of Kelly's share, at most 10 % of equity.
    #[must_use]
    pub fn quarter_kelly(win_probability: Decimal, payoff: Decimal) -> Self {
        Self::FractionalKelly {
            win_probability,
            payoff,
            fraction: kelly_fraction(),
            cap: kelly_cap(),
        }
    }

    /// A value at risk of 2 % of equity, without leverage.
    #[must_use]
    pub fn to_value_at_risk(value_at_risk: Decimal) -> Self {
        Self::VarBudget {
            budget: var_budget(),
            value_at_risk,
            leverage_max: Decimal::ONE,
        }
    }

    /// What of it is out of range: the field, and what would be right.
    #[must_use]
    pub fn fault(&self) -> Option<(&'static str, String)> {
        let share = |field: &'static str, value: Decimal| {
            let right = value > Decimal::ZERO && value <= Decimal::ONE;
            (!right).then(|| (field, format!("must be above 0 and at most 1, got {value}")))
        };
        let positive = |field: &'static str, value: Decimal| {
            let right = value > Decimal::ZERO && value <= Decimal::ONE_THOUSAND;
            (!right).then(|| (field, format!("must be above 0 and at most 1000, got {value}")))
        };
        match *self {
            Self::Signal => None,
            Self::FixedFraction { fraction } => share("sizing.fraction", fraction),
            Self::VolatilityTarget {
                target,
                volatility,
                leverage_max,
            } => positive("sizing.target", target)
                .or_else(|| positive("sizing.volatility", volatility))
                .or_else(|| positive("sizing.leverage_max", leverage_max)),
            Self::FractionalKelly {
                win_probability,
                payoff,
                fraction,
                cap,
            } => share("sizing.win_probability", win_probability)
                .or_else(|| positive("sizing.payoff", payoff))
                .or_else(|| share("sizing.fraction", fraction))
                .or_else(|| share("sizing.cap", cap)),
            Self::VarBudget {
                budget,
                value_at_risk,
                leverage_max,
            } => share("sizing.budget", budget)
                .or_else(|| positive("sizing.value_at_risk", value_at_risk))
                .or_else(|| positive("sizing.leverage_max", leverage_max)),
            Self::RiskToStop { risk } => share("sizing.risk", risk),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_what_the_field_does() {
        let read = |text: &str| serde_json::from_str::<SizingRule>(text);
        let volatility = read(r#"{"method":"VOLATILITY_TARGET","volatility":"0.3"}"#).expect("reads");
        assert_eq!(volatility, SizingRule::to_volatility(Decimal::new(3, 1)));
        let kelly = read(r#"{"method":"FRACTIONAL_KELLY","win_probability":"0.6","payoff":"2"}"#);
        let quarter = SizingRule::quarter_kelly(Decimal::new(6, 1), Decimal::TWO);
        assert_eq!(kelly.expect("reads"), quarter);
        assert!(
            read(r#"{"method":"VOLATILITY_TARGET"}"#).is_err(),
            "the volatility has to be stated"
        );
        assert!(read(r#"{"method":"GUESS"}"#).is_err());
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let fault = |rule: SizingRule| rule.fault().map(|(field, _)| field);
        assert_eq!(fault(SizingRule::Signal), None);
        assert_eq!(fault(SizingRule::RiskToStop { risk: Decimal::ONE }), None);
        assert_eq!(
            fault(SizingRule::RiskToStop { risk: Decimal::TWO }),
            Some("sizing.risk")
        );
        assert_eq!(
            fault(SizingRule::to_volatility(Decimal::ZERO)),
            Some("sizing.volatility")
        );
        assert_eq!(
            fault(SizingRule::quarter_kelly(Decimal::TWO, Decimal::ONE)),
            Some("sizing.win_probability")
        );
    }
}

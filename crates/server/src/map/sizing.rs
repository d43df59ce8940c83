//! Ways to size entries, both ways.

use tradewind_engine::kernel::sizing::SizePreview;
use tradewind_types::risk::SizingRule;
use tradewind_types::{Currency, Decimal};
use tradewind_wire as wire;
use wire::{Dec, SizingMethod as M};

use crate::problem::{ApiError, ApiResult};

/// A rule, every input filled in.
#[must_use]
pub fn rule(rule: &SizingRule) -> wire::SizingRule {
    let empty = wire::SizingRule::default();
    let some = |value: Decimal| Some(Dec(value));
    match *rule {
        SizingRule::Signal => empty,
        SizingRule::FixedFraction { fraction } => wire::SizingRule {
            method: M::FixedFraction,
            fraction: some(fraction),
            ..empty
        },
        SizingRule::VolatilityTarget {
            target,
            volatility,
            leverage_max,
        } => wire::SizingRule {
            method: M::VolatilityTarget,
            target: some(target),
            volatility: some(volatility),
            leverage_max: some(leverage_max),
            ..empty
        },
        SizingRule::FractionalKelly {
            win_probability,
            payoff,
            fraction,
            cap,
        } => wire::SizingRule {
            method: M::FractionalKelly,
            win_probability: some(win_probability),
            payoff: some(payoff),
            fraction: some(fraction),
            cap: some(cap),
            ..empty
        },
        SizingRule::VarBudget {
            budget,
            value_at_risk,
            leverage_max,
        } => wire::SizingRule {
            method: M::VarBudget,
            budget: some(budget),
            value_at_risk: some(value_at_risk),
            leverage_max: some(leverage_max),
            ..empty
        },
        SizingRule::RiskToStop { risk } => wire::SizingRule {
            method: M::RiskToStop,
            risk: some(risk),
            ..empty
        },
    }
}

/// The rule, back. Inputs that its method does not have are refused, so that nobody believes they count.
///
/// # Errors
/// Field errors.
pub fn rule_back(field: &str, r: &wire::SizingRule) -> ApiResult<SizingRule> {
    let given = [
        ("fraction", r.fraction),
        ("target", r.target),
        ("volatility", r.volatility),
        ("leverage_max", r.leverage_max),
        ("win_probability", r.win_probability),
        ("payoff", r.payoff),
        ("cap", r.cap),
        ("budget", r.budget),
        ("value_at_risk", r.value_at_risk),
        ("risk", r.risk),
    ];
    let inputs: &[&str] = match r.method {
        M::Signal => &[],
        M::FixedFraction => &["fraction"],
        M::VolatilityTarget => &["target", "volatility", "leverage_max"],
        M::FractionalKelly => &["win_probability", "payoff", "fraction", "cap"],
        M::VarBudget => &["budget", "value_at_risk", "leverage_max"],
        M::RiskToStop => &["risk"],
    };
    let strange = given
        .iter()
        .find(|(name, value)| value.is_some() && !inputs.contains(name));
    if let Some((name, _)) = strange {
        let text = format!("this method has no {name}; it has {}", inputs.join(", "));
        return Err(ApiError::field(format!("{field}.{name}"), "UNKNOWN", text));
    }
    let need = |name: &str, value: Option<Dec>| {
        let text = format!("this method needs {name}");
        let missing = || ApiError::field(format!("{field}.{name}"), "MISSING", text);
        value.map(|v| v.0).ok_or_else(missing)
    };
    let or = |value: Option<Dec>, usual: Decimal| value.map_or(usual, |v| v.0);
    let rule = match r.method {
        M::Signal => SizingRule::Signal,
        M::FixedFraction => SizingRule::FixedFraction {
            fraction: need("fraction", r.fraction)?,
        },
        M::VolatilityTarget => SizingRule::VolatilityTarget {
            target: or(r.target, Decimal::new(15, 2)),
            volatility: need("volatility", r.volatility)?,
            leverage_max: or(r.leverage_max, Decimal::ONE),
        },
        M::FractionalKelly => SizingRule::FractionalKelly {
            win_probability: need("win_probability", r.win_probability)?,
            payoff: need("payoff", r.payoff)?,
            fraction: or(r.fraction, Decimal::new(25, 2)),
            cap: or(r.cap, Decimal::new(10, 2)),
        },
        M::VarBudget => SizingRule::VarBudget {
            budget: or(r.budget, Decimal::new(2, 2)),
            value_at_risk: need("value_at_risk", r.value_at_risk)?,
            leverage_max: or(r.leverage_max, Decimal::ONE),
        },
        M::RiskToStop => SizingRule::RiskToStop {
            risk: or(r.risk, Decimal::new(1, 2)),
        },
    };
    match rule.fault() {
        None => Ok(rule),
        Some((name, message)) => {
            let name = name.trim_start_matches("sizing.");
            Err(ApiError::field(
                format!("{field}.{name}"),
                "OUT_OF_RANGE",
                message,
            ))
        }
    }
}

/// A size with its inputs.
#[must_use]
pub fn preview(p: &SizePreview, currency: Currency) -> wire::SizePreview {
    wire::SizePreview {
        quantity: Dec(p.sized.quantity),
        unrounded: Dec(p.sized.unrounded),
        notional: Dec(p.sized.notional),
        currency: currency.to_string(),
        equity: Dec(p.terms.equity),
        price: Dec(p.terms.price),
        stop: Dec(p.stop),
        multiplier: Dec(p.terms.multiplier),
        lot: Dec(p.terms.lot),
        sizing: rule(&p.rule),
    }
}

//! A rule of the settings carried out.

use rust_decimal::Decimal;
use tradewind_types::Side;
use tradewind_types::risk::SizingRule;

use super::{
    SizeTerms, Sized, SizingError, fixed_fraction, fractional_kelly, risk_to_stop, value_at_risk_budget,
    volatility_target,
};

/// What of an entry a rule may ask for, beside the terms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EntryFacts {
    /// Bought or sold.
    pub side: Side,
    /// Where its stop is, for [`SizingRule::RiskToStop`].
    pub stop: Decimal,
    /// Part of equity that a signal of full confidence gets, for [`SizingRule::Signal`].
    pub signal_size: Decimal,
    /// Confidence of the signal, 0 to 1.
    pub confidence: Decimal,
}

/// The size by a rule.
///
/// ```
/// # use tradewind_analytics::sizing::{EntryFacts, SizeTerms, by_rule};
/// # use tradewind_types::{Decimal, Side, risk::SizingRule};
/// let one = Decimal::ONE;
/// let terms = SizeTerms { equity: 100_000.into(), price: 100.into(), multiplier: one, lot: one, min_quantity: one };
/// let facts = EntryFacts { side: Side::Buy, stop: 95.into(), signal_size: Decimal::new(2, 2), confidence: one };
/// // 15 % of 100,000 at a volatility of 30 %: 50,000, 500 shares
/// let rule = SizingRule::to_volatility(Decimal::new(3, 1));
/// assert_eq!(by_rule(&terms, &rule, &facts).unwrap().quantity, 500.into());
/// ```
///
/// # Errors
/// [`SizingError`].
pub fn by_rule(terms: &SizeTerms, rule: &SizingRule, facts: &EntryFacts) -> Result<Sized, SizingError> {
    match *rule {
        SizingRule::Signal => {
            let part = facts.signal_size.checked_mul(facts.confidence);
            fixed_fraction(terms, part.unwrap_or_default())
        }
        SizingRule::FixedFraction { fraction } => fixed_fraction(terms, fraction),
        SizingRule::VolatilityTarget {
            target,
            volatility,
            leverage_max,
        } => volatility_target(terms, target, volatility, leverage_max),
        SizingRule::FractionalKelly {
            win_probability,
            payoff,
            fraction,
            cap,
        } => fractional_kelly(terms, win_probability, payoff, fraction, cap),
        SizingRule::VarBudget {
            budget,
            value_at_risk,
            leverage_max,
        } => value_at_risk_budget(terms, budget, value_at_risk, leverage_max),
        SizingRule::RiskToStop { risk } => risk_to_stop(terms, facts.side, facts.stop, risk),
    }
}

//! How large a position should be: five ways from equity and a measure of risk to a quantity.
//!
//! | function | the position is as large as |
//! | --- | --- |
//! | [`fixed_fraction`] | a share of equity |
//! | [`volatility_target`] | makes its yearly volatility the target's share of equity (15 %) |
//! | [`fractional_kelly`] | a quarter of Kelly's share, at most 10 % of equity |
//! | [`value_at_risk_budget`] | makes its value at risk the budget's share of equity (2 % a day) |
//! | [`risk_to_stop`] | loses the share of equity that is risked when the stop is hit |
//!
//! Decimals in, decimals out. All take [`SizeTerms`] and give a [`Sized`]: the quantity is rounded **down** to the
//! lot, and nothing is returned that is below one lot or the minimum: that is an error that says what was wanted.
//! [`by_rule`] carries out the way that an account's settings name. Nothing here looks at what is already held, at
//! margin or at limits: the risk gate does, on every order.

mod rule;
mod terms;
mod ways;

pub use rule::{EntryFacts, by_rule};
pub use terms::{SizeTerms, Sized, SizingError};
pub use ways::{
    KELLY_CAP, KELLY_FRACTION, VOLATILITY_TARGET, fixed_fraction, fractional_kelly, kelly_share,
    risk_to_stop, value_at_risk_budget, volatility_target,
};

//! From the domain's types to those of the API. The hub uses the same functions, so that both say the same.
//!
//! Nothing is computed here but what is a different form of one figure; a figure that is missing stays missing.

pub mod account;
pub mod aggregate;
pub mod bookkeeping;
pub mod calendar;
pub mod catalogue;
pub mod corporate;
pub mod deployment;
pub mod enums;
pub mod indicator;
pub mod ledger;
pub mod market;
pub mod order;
pub mod position;
pub mod risk;
mod risk_rules;
pub mod sizing;
pub mod strategy;

use rust_decimal::Decimal;
use tradewind_types::order::UnitFraction;
use tradewind_wire::Dec;

/// A fraction in millionths as a decimal.
#[must_use]
pub fn fraction(value: UnitFraction) -> Dec {
    Dec(Decimal::new(i64::from(value.0), 6))
}

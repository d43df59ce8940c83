//! A closed trade, and sums of money that refuse to round.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::Serialize;
use tradewind_types::exact;
use tradewind_types::num::canonical;
use tradewind_types::{InstrumentId, Side, StrategyId, UnixNanos};

/// A closed trade. All money is in one currency, the account's.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Trade {
    /// The strategy that made it; nothing for manual trades.
    pub strategy: Option<StrategyId>,
    /// What was traded.
    pub instrument: InstrumentId,
    /// Side of the opening fill: `Buy` is long.
    pub side: Side,
    /// When it was opened.
    #[serde(with = "tradewind_types::time::rfc3339")]
    pub entry_ts: UnixNanos,
    /// When it was closed.
    #[serde(with = "tradewind_types::time::rfc3339")]
    pub exit_ts: UnixNanos,
    /// How much was opened and closed.
    pub quantity: Decimal,
    /// Value at entry: price × quantity × multiplier.
    pub entry_value: Decimal,
    /// Value at exit.
    pub exit_value: Decimal,
    /// Result **after** fees and funding.
    pub pnl: Decimal,
    /// Fees paid (above 0) of both sides, already taken off `pnl`.
    pub fees: Decimal,
    /// Result ÷ what was risked to the first stop; nothing where there was no stop.
    pub r: Option<f64>,
    /// Largest open loss on the way, 0 or below, in money.
    pub mae: Option<Decimal>,
    /// Largest open gain on the way, 0 or above, in money.
    pub mfe: Option<Decimal>,
    /// Bars between entry and exit.
    pub bars_held: u32,
}

/// Why trades were refused.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum TradesError {
    /// A trade is closed before it is opened.
    #[error("trade {index} is closed at {exit}, before it is opened at {entry}")]
    ExitBeforeEntry {
        /// Its place, from 0.
        index: usize,
        /// When it is opened.
        entry: UnixNanos,
        /// When it is closed.
        exit: UnixNanos,
    },
    /// A multiple of risk is NaN or infinite.
    #[error("the R of trade {index} is {value}: a finite number or nothing is needed")]
    NotFinite {
        /// Its place, from 0.
        index: usize,
        /// What it is.
        value: f64,
    },
    /// A sum has more digits than a decimal holds.
    #[error("the sum of {what} cannot be held exactly in 28 digits at {}", canonical(*.value))]
    Inexact {
        /// What was summed.
        what: &'static str,
        /// What was being added.
        value: Decimal,
    },
}

/// Refuses trades that no figure can be made of.
pub(crate) fn check(trades: &[Trade]) -> Result<(), TradesError> {
    for (index, trade) in trades.iter().enumerate() {
        if trade.exit_ts < trade.entry_ts {
            return Err(TradesError::ExitBeforeEntry {
                index,
                entry: trade.entry_ts,
                exit: trade.exit_ts,
            });
        }
        if let Some(value) = trade.r.filter(|r| !r.is_finite()) {
            return Err(TradesError::NotFinite { index, value });
        }
    }
    Ok(())
}

/// A sum that is exact or an error ([`exact::add`]).
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExactSum {
    what: &'static str,
    sum: Decimal,
}

impl ExactSum {
    pub(crate) fn of(what: &'static str) -> Self {
        Self {
            what,
            sum: Decimal::ZERO,
        }
    }

    pub(crate) fn add(&mut self, value: Decimal) -> Result<(), TradesError> {
        self.sum = exact::add(self.sum, value).map_err(|_| TradesError::Inexact {
            what: self.what,
            value,
        })?;
        Ok(())
    }

    pub(crate) fn total(self) -> Decimal {
        self.sum.normalize()
    }
}

/// For ratios and distributions; a decimal is always within the range of `f64`.
pub(crate) fn to_f64(value: Decimal) -> f64 {
    value.to_f64().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_that_would_round_is_an_error() {
        let mut sum = ExactSum::of("results");
        sum.add(Decimal::MAX - Decimal::ONE).expect("fits");
        assert!(matches!(
            sum.add(Decimal::new(1, 3)),
            Err(TradesError::Inexact { .. })
        ));
        assert!(matches!(sum.add(Decimal::MAX), Err(TradesError::Inexact { .. })));
        sum.add(Decimal::ONE).expect("fits");
        assert_eq!(sum.total(), Decimal::MAX);
    }
}

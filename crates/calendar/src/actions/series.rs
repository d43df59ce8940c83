//! The factors of an instrument chained: from what was traded to what is comparable, and back.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use tradewind_types::record::{ActionKind, CorporateAction};
use tradewind_types::{Money, UnixNanos};

use super::event::ActionError;
use super::factor::{HistoryFactor, history_factor};

/// Which actions are adjusted for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Adjust {
    /// What changes the number of shares: splits, bonuses, stock dividends. Charts are commonly drawn so.
    Splits,
    /// All of them, dividends, rights and spin-offs too: returns are then those of an owner who reinvests.
    #[default]
    All,
}

impl Adjust {
    /// Is an action of this kind adjusted for?
    #[must_use]
    pub fn covers(self, kind: &ActionKind) -> bool {
        match kind {
            ActionKind::Split { .. } | ActionKind::Bonus { .. } | ActionKind::StockDividend { .. } => true,
            ActionKind::Rights { .. } | ActionKind::CashDividend { .. } | ActionKind::SpinOff { .. } => {
                self == Adjust::All
            }
            ActionKind::Merger { .. } | ActionKind::SymbolChange { .. } | ActionKind::Delisting { .. } => {
                false
            }
        }
    }
}

/// What a price and a size of some instant are multiplied by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Factors {
    /// For prices.
    pub price: Decimal,
    /// For sizes.
    pub size: Decimal,
}

/// Nothing is changed.
const NONE: Factors = Factors {
    price: Decimal::ONE,
    size: Decimal::ONE,
};

/// Chained factors of one instrument. The factor of an instant is the product of those of all actions after it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AdjustmentTable {
    /// Ascending; each has the product of its own factor and all later ones.
    steps: Vec<(UnixNanos, Factors)>,
}

impl AdjustmentTable {
    /// Chains factors, in whatever order they come.
    ///
    /// # Errors
    /// [`ActionError::Overflow`] when the product has no decimal.
    pub fn new(factors: impl IntoIterator<Item = HistoryFactor>) -> Result<Self, ActionError> {
        let mut factors: Vec<HistoryFactor> = factors.into_iter().collect();
        factors.sort_by_key(|f| f.effective);
        let mut steps: Vec<(UnixNanos, Factors)> = Vec::with_capacity(factors.len());
        let mut product = NONE;
        for factor in factors.into_iter().rev() {
            let times = |a: Decimal, b: Decimal| {
                a.checked_mul(b)
                    .filter(|p| *p > Decimal::ZERO)
                    .ok_or(ActionError::Overflow)
            };
            product = Factors {
                price: times(product.price, factor.price)?,
                size: times(product.size, factor.size)?,
            };
            steps.push((factor.effective, product));
        }
        steps.reverse();
        Ok(Self { steps })
    }

    /// The table of an instrument's actions. `close_before` gives the last close before an action, for those that need one;
    /// actions that leave the series as it is (mergers, new symbols) are passed over.
    ///
    /// # Errors
    /// [`ActionError::NoFactor`] where an action's factor cannot be told: its close is not known in its currency, or it pays out more than the
    /// instrument was worth. [`ActionError::Overflow`].
    pub fn of_actions<'a>(
        actions: impl IntoIterator<Item = &'a CorporateAction>,
        adjust: Adjust,
        mut close_before: impl FnMut(&CorporateAction) -> Option<Money>,
    ) -> Result<Self, ActionError> {
        let mut factors = Vec::new();
        for action in actions.into_iter().filter(|a| adjust.covers(&a.kind)) {
            let factor =
                history_factor(action, close_before(action)).ok_or_else(|| ActionError::NoFactor {
                    instrument: action.instrument.clone(),
                    effective: action.effective,
                })?;
            factors.push(factor);
        }
        Self::new(factors)
    }

    /// What prices and sizes at `ts` are multiplied by. At the instant of an action and after it, it does not count.
    #[must_use]
    pub fn at(&self, ts: UnixNanos) -> Factors {
        let passed = self.steps.partition_point(|(effective, _)| *effective <= ts);
        self.steps.get(passed).map_or(NONE, |(_, factors)| *factors)
    }

    /// How many actions it chains.
    #[must_use]
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Is there nothing to adjust for?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Adjusts a column of prices with its time stamps. Linear; the last factor is kept while it holds.
    pub fn adjust_prices(&self, ts: &[UnixNanos], prices: &mut [f64]) {
        self.each(
            ts,
            prices,
            |factors| factors.price,
            |price, factor| price * factor,
        );
    }

    /// Adjusts a column of sizes.
    pub fn adjust_sizes(&self, ts: &[UnixNanos], sizes: &mut [f64]) {
        self.each(ts, sizes, |factors| factors.size, |size, factor| size * factor);
    }

    /// Takes the adjustment out of a column of prices again.
    pub fn unadjust_prices(&self, ts: &[UnixNanos], prices: &mut [f64]) {
        self.each(
            ts,
            prices,
            |factors| factors.price,
            |price, factor| price / factor,
        );
    }

    fn each(
        &self,
        ts: &[UnixNanos],
        values: &mut [f64],
        of: impl Fn(Factors) -> Decimal,
        with: impl Fn(f64, f64) -> f64,
    ) {
        // A factor lies between 1e-28 and 1e28, which f64 holds.
        let factor_at = |ts| of(self.at(ts)).to_f64().unwrap_or(1.0);
        let mut held: Option<(UnixNanos, UnixNanos, f64)> = None;
        for (ts, value) in ts.iter().zip(values) {
            let factor = match held {
                Some((from, until, factor)) if from <= *ts && *ts < until => factor,
                _ => {
                    let factor = factor_at(*ts);
                    let passed = self.steps.partition_point(|(effective, _)| effective <= ts);
                    let from = passed.checked_sub(1).map_or(UnixNanos(0), |i| self.steps[i].0);
                    let until = self.steps.get(passed).map_or(UnixNanos(u64::MAX), |s| s.0);
                    held = Some((from, until, factor));
                    factor
                }
            };
            *value = with(*value, factor);
        }
    }
}

//! Round trips of the combination, and what each strategy earned by them.
//!
//! The combination opens a position when several strategies agree; those *supporters* are remembered. When the
//! position is flat again, its R (result / risk to the stop, net of fees) is credited to each supporter, and the
//! last 20 of each strategy feed the adaptive weights.

use std::collections::VecDeque;

use indexmap::IndexMap;
use indexmap::map::Entry;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tradewind_types::record::{LedgerAccount, LedgerEntry, LotChange, PositionBook};
use tradewind_types::{InstrumentId, StrategyId};

/// Closed trades remembered per strategy.
pub const R_HISTORY_MAX: usize = 20;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct OpenTrade {
    supporters: Vec<StrategyId>,
    quantity: Decimal,
    entry_cost: Decimal,
    result: Decimal,
}

/// Open round trips by owner and instrument, and the results of closed ones by strategy.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Trades {
    open: IndexMap<String, OpenTrade>,
    supporters: IndexMap<InstrumentId, Vec<StrategyId>>,
    results: IndexMap<StrategyId, VecDeque<Decimal>>,
    realised: IndexMap<StrategyId, Decimal>,
}

impl Trades {
    /// The last R values of a strategy, oldest first.
    #[must_use]
    pub fn results(&self, strategy: &StrategyId) -> Vec<Decimal> {
        self.results
            .get(strategy)
            .map(|r| r.iter().copied().collect())
            .unwrap_or_default()
    }

    /// Realised profit and loss credited to the owner of positions, net of fees.
    #[must_use]
    pub fn realised(&self, strategy: &StrategyId) -> Decimal {
        self.realised.get(strategy).copied().unwrap_or_default()
    }

    /// Remembers who agreed on the combination's signal that became an order.
    pub(crate) fn supported_by(&mut self, instrument: &InstrumentId, supporters: Vec<StrategyId>) {
        self.supporters.insert(instrument.clone(), supporters);
    }

    /// Follows a fill that belongs to a strategy. `stop_distance` is the fraction of cost at risk.
    pub(crate) fn fill(&mut self, entry: &LedgerEntry, stop_distance: Decimal) {
        let Some(change) = &entry.position else { return };
        let Some(owner) = &change.strategy else { return };
        // Long and short of a hedged account are round trips of their own.
        let side = match change.book {
            PositionBook::Net => "",
            PositionBook::Long => " LONG",
            PositionBook::Short => " SHORT",
        };
        let InstrumentId { symbol, market } = &change.instrument;
        let key = [owner.as_str(), " ", symbol.as_str(), ".", market.as_str(), side].concat();
        let (supporters, instrument) = (&self.supporters, &change.instrument);
        let mut slot = match self.open.entry(key) {
            Entry::Occupied(slot) => slot,
            Entry::Vacant(slot) => slot.insert_entry(OpenTrade {
                supporters: supporters.get(instrument).cloned().unwrap_or_default(),
                quantity: Decimal::ZERO,
                entry_cost: Decimal::ZERO,
                result: Decimal::ZERO,
            }),
        };
        let trade = slot.get_mut();
        let fees: Decimal = entry
            .postings
            .iter()
            .filter(|p| p.account == LedgerAccount::Fees)
            .map(|p| p.amount)
            .sum();
        let mut result = -fees;
        for lot in &change.lots {
            match lot {
                LotChange::Opened { cost, .. } => trade.entry_cost += cost.abs(),
                LotChange::Closed { realised, .. } => result += realised,
                // No fill has these; corrections and corporate actions are no trades.
                LotChange::Restored { .. } | LotChange::Adjusted { .. } => {}
            }
        }
        trade.result += result;
        trade.quantity += change.quantity;
        let closed = trade.quantity.is_zero().then(|| slot.shift_remove());
        match self.realised.get_mut(owner) {
            Some(realised) => *realised += result,
            None => {
                self.realised.insert(owner.clone(), result);
            }
        }
        if let Some(trade) = closed {
            self.close(&trade, stop_distance);
        }
    }

    fn close(&mut self, trade: &OpenTrade, stop_distance: Decimal) {
        if trade.supporters.is_empty() {
            return;
        }
        let risk = trade
            .entry_cost
            .checked_mul(stop_distance)
            .filter(|r| *r > Decimal::ZERO);
        let Some(r) = risk.and_then(|risk| trade.result.checked_div(risk)) else {
            return;
        };
        for strategy in &trade.supporters {
            let results = self.results.entry(strategy.clone()).or_default();
            results.push_back(r.round_dp(6));
            while results.len() > R_HISTORY_MAX {
                results.pop_front();
            }
        }
    }
}

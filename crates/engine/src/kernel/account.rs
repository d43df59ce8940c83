//! What the kernel knows of one trading account. All of it is the fold of the account's outcomes.

use std::collections::VecDeque;

use indexmap::IndexMap;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tradewind_ledger::Ledger;
use tradewind_types::order::OrderOrigin;
use tradewind_types::record::{
    EquityMarked, KillSwitchChanged, LedgerEntry, ReconciliationRecorded, StrategyStatus, StrategyWeight,
};
use tradewind_types::risk::RiskSettings;
use tradewind_types::signal::{Opinion, Signal};
use tradewind_types::time::{DAY_NS, SECOND_NS};
use tradewind_types::{AccountInfo, InstrumentId, Order, OrderEvent, Side, StrategyId, UnixNanos};

use super::orders::Orders;
use super::trades::Trades;

/// Signals, fills and ledger entries kept in memory for snapshots of the hub; histories are in SQL.
pub const RECENT_MAX: usize = 200;

/// A fill with what its order says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FillRecord {
    /// The event, of kind `Filled`.
    pub event: OrderEvent,
    /// Its instrument.
    pub instrument: InstrumentId,
    /// Its side.
    pub side: Side,
    /// The strategy that owns it.
    pub strategy: Option<StrategyId>,
}

/// When orders were counted, for the rate rules.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RateCounters {
    orders: VecDeque<UnixNanos>,
    entries: VecDeque<UnixNanos>,
}

impl RateCounters {
    fn within(times: &VecDeque<UnixNanos>, now: UnixNanos, span_ns: u64) -> u32 {
        let recent = times
            .iter()
            .rev()
            .take_while(|ts| now.since(**ts) < span_ns)
            .count();
        u32::try_from(recent).unwrap_or(u32::MAX)
    }

    /// Orders in the last minute, hour and day.
    #[must_use]
    pub fn orders(&self, now: UnixNanos) -> [u32; 3] {
        [60, 3_600, 86_400].map(|s| Self::within(&self.orders, now, s * SECOND_NS))
    }

    /// Strategy entries in the last hour and day.
    #[must_use]
    pub fn entries(&self, now: UnixNanos) -> [u32; 2] {
        [3_600, 86_400].map(|s| Self::within(&self.entries, now, s * SECOND_NS))
    }

    /// Whether the last counted order has this very time: the legs of a batch share it and count once.
    #[must_use]
    pub fn counted_at(&self, ts: UnixNanos) -> bool {
        self.orders.back() == Some(&ts)
    }

    fn push(times: &mut VecDeque<UnixNanos>, ts: UnixNanos) {
        times.push_back(ts);
        while times.front().is_some_and(|first| ts.since(*first) >= DAY_NS) {
            times.pop_front();
        }
    }

    pub(crate) fn count(&mut self, order: &Order, ts: UnixNanos) {
        if matches!(order.request.origin, OrderOrigin::Flatten { .. }) {
            return;
        }
        if !self.counted_at(ts) {
            Self::push(&mut self.orders, ts);
        }
        let strategy = matches!(order.request.origin, OrderOrigin::Strategy { .. });
        if strategy && !order.request.reduce_only {
            Self::push(&mut self.entries, ts);
        }
    }
}

/// What a strategy last said of an instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastOpinion {
    /// Bar that it is about.
    pub bar_ts: UnixNanos,
    /// Buy, sell or hold.
    pub opinion: Opinion,
}

/// One account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccountState {
    /// As opened.
    pub info: AccountInfo,
    /// Money, positions, lots.
    pub ledger: Ledger,
    /// Orders.
    pub orders: Orders,
    /// Risk settings.
    pub risk: RiskSettings,
    /// Their version.
    pub risk_version: u32,
    /// Engaged kill switch of this account.
    pub kill_switch: Option<KillSwitchChanged>,
    /// Status by strategy.
    pub strategies: IndexMap<StrategyId, StrategyStatus>,
    /// Weights of the combination.
    pub weights: Vec<StrategyWeight>,
    /// When they were last adapted.
    pub weights_ts: UnixNanos,
    /// For the rate rules.
    pub counters: RateCounters,
    /// The last valuation.
    pub equity: Option<EquityMarked>,
    /// Round trips and results by strategy.
    pub trades: Trades,
    /// Last recorded opinion by strategy and instrument.
    pub opinions: IndexMap<String, LastOpinion>,
    /// When a signal (strategy, instrument, side) last became an order.
    pub acted: IndexMap<String, UnixNanos>,
    /// The newest signals, oldest first.
    pub recent_signals: VecDeque<Signal>,
    /// The newest fills, oldest first.
    pub recent_fills: VecDeque<FillRecord>,
    /// The newest ledger entries, oldest first.
    pub recent_entries: VecDeque<LedgerEntry>,
    /// The last reconciliation.
    pub reconciliation: Option<ReconciliationRecorded>,
    /// Transfers since the last valuation, to keep them out of profit and loss.
    pub transfers_since_mark: Decimal,
}

impl AccountState {
    /// A fresh account with default settings.
    #[must_use]
    pub fn new(info: AccountInfo) -> Self {
        Self {
            ledger: Ledger::new(info.id.clone(), info.base_currency),
            info,
            orders: Orders::default(),
            risk: RiskSettings::default(),
            risk_version: 1,
            kill_switch: None,
            strategies: IndexMap::new(),
            weights: Vec::new(),
            weights_ts: UnixNanos(0),
            counters: RateCounters::default(),
            equity: None,
            trades: Trades::default(),
            opinions: IndexMap::new(),
            acted: IndexMap::new(),
            recent_signals: VecDeque::new(),
            recent_fills: VecDeque::new(),
            recent_entries: VecDeque::new(),
            reconciliation: None,
            transfers_since_mark: Decimal::ZERO,
        }
    }

    /// Key of [`AccountState::opinions`].
    #[must_use]
    pub fn opinion_key(strategy: &StrategyId, instrument: &InstrumentId) -> String {
        format!("{strategy} {instrument}")
    }

    /// Key of [`AccountState::acted`].
    #[must_use]
    pub fn signal_key(strategy: &StrategyId, instrument: &InstrumentId, side: Side) -> String {
        format!("{strategy} {instrument} {side}")
    }

    /// Status of a strategy; one that was never switched is stopped.
    #[must_use]
    pub fn strategy_status(&self, strategy: &StrategyId) -> &StrategyStatus {
        self.strategies.get(strategy).unwrap_or(&StrategyStatus::Stopped)
    }
}

/// Appends to a bounded history.
pub(crate) fn remember<T>(history: &mut VecDeque<T>, item: T) {
    if history.len() >= RECENT_MAX {
        history.pop_front();
    }
    history.push_back(item);
}

/// The strategy that an order belongs to: its origin's, or none for orders by hand.
#[must_use]
pub fn strategy_of(order: &tradewind_types::OrderRequest) -> Option<&StrategyId> {
    match &order.origin {
        OrderOrigin::Strategy { strategy, .. } => Some(strategy),
        OrderOrigin::Manual { .. } | OrderOrigin::Flatten { .. } => None,
    }
}

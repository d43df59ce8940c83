//! What the kernel knows of one trading account. All of it is the fold of the account's outcomes.

use std::borrow::Cow;
use std::collections::VecDeque;

use indexmap::IndexMap;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tradewind_ledger::Ledger;
use tradewind_types::order::OrderOrigin;
use tradewind_types::record::{
    EquityMarked, KillSwitchChanged, LedgerEntry, LotChange, ReconciliationRecorded, RiskWarned,
    StrategyStatus, StrategyWeight,
};
use tradewind_types::risk::RiskSettings;
use tradewind_types::signal::{Opinion, Signal};
use tradewind_types::time::{DAY_NS, SECOND_NS};
use tradewind_types::{
    AccountInfo, ClientOrderId, InstrumentId, Order, OrderEvent, Side, StrategyId, UnixNanos, VenueTradeId,
};

use super::deployed::DeployedMap;
use super::orders::Orders;
use super::slices::Slices;
use super::state::day_of;
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
    /// Which fill of its order it is, from 1: the number that its ledger entries' keys carry. 0 in snapshots that
    /// were written before it was kept.
    #[serde(default)]
    pub number: u32,
}

/// When orders were counted, for the rate rules.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RateCounters {
    orders: VecDeque<UnixNanos>,
    entries: VecDeque<UnixNanos>,
    /// Everything sent in the last second.
    #[serde(default)]
    sent: VecDeque<UnixNanos>,
}

impl RateCounters {
    /// O(log n): the times ascend.
    fn within(times: &VecDeque<UnixNanos>, now: UnixNanos, span_ns: u64) -> u32 {
        let older = times.partition_point(|ts| now.since(*ts) >= span_ns);
        u32::try_from(times.len() - older).unwrap_or(u32::MAX)
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

    /// Orders sent within a span, batches' legs one by one; for rules of the place.
    #[must_use]
    pub fn orders_within(&self, now: UnixNanos, span_ns: u64) -> u32 {
        Self::within(&self.sent, now, span_ns)
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
        self.sent.push_back(ts);
        while self
            .sent
            .front()
            .is_some_and(|first| ts.since(*first) >= SECOND_NS)
        {
            self.sent.pop_front();
        }
        // Flattening is never held back, and a child was counted with its parent.
        if matches!(order.request.origin, OrderOrigin::Flatten { .. }) || order.request.terms.parent.is_some()
        {
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

/// Day trades: orders that closed what was opened on the same UTC day, by day.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct DayTrades {
    days: VecDeque<(u32, u32)>,
    last: Option<ClientOrderId>,
}

impl DayTrades {
    /// Days looked back at; five business days are never more than seven days.
    const DAYS: u32 = 7;

    /// Day trades in the five business days that end now.
    #[must_use]
    pub fn count(&self, now: UnixNanos) -> u32 {
        let today = day_of(now);
        // Day 0 was a Thursday.
        let weekday = |day: u32| (day + 4) % 7;
        let business = |day: &u32| !matches!(weekday(*day), 0 | 6);
        let first = (today.saturating_sub(Self::DAYS)..=today)
            .rev()
            .filter(business)
            .take(5)
            .last()
            .unwrap_or(today);
        self.days
            .iter()
            .filter(|(day, _)| *day >= first)
            .map(|(_, n)| n)
            .sum()
    }

    /// Follows a fill.
    pub(crate) fn fill(&mut self, entry: &LedgerEntry) {
        let today = day_of(entry.ts);
        let Some(change) = &entry.position else { return };
        let closes = change.lots.iter().any(|lot| match lot {
            LotChange::Closed {
                acquired: Some(acquired),
                ..
            } => day_of(acquired.ts) == today,
            _ => false,
        });
        // An order that closes in several fills is one trade.
        if !closes || self.last == entry.client_order_id {
            return;
        }
        self.last.clone_from(&entry.client_order_id);
        match self.days.back_mut() {
            Some((day, count)) if *day == today => *count += 1,
            _ => self.days.push_back((today, 1)),
        }
        while self
            .days
            .front()
            .is_some_and(|(day, _)| today - *day > Self::DAYS)
        {
            self.days.pop_front();
        }
    }
}

/// Executions that a live venue has told of, so that a repetition is recognised.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct VenueTrades {
    known: IndexMap<VenueTradeId, ClientOrderId>,
}

impl VenueTrades {
    /// Executions remembered; a venue repeats what is recent.
    const MAX: usize = 20_000;

    /// Whether it was told before.
    #[must_use]
    pub fn knows(&self, trade: &VenueTradeId) -> bool {
        self.known.contains_key(trade)
    }

    pub(crate) fn add(&mut self, trade: &VenueTradeId, order: &ClientOrderId) {
        self.known.insert(trade.clone(), order.clone());
        if self.known.len() > Self::MAX {
            // Half at once: removing from the front is linear.
            self.known.drain(..Self::MAX / 2);
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
    /// What the kernel shows of icebergs at a venue that cannot hide size.
    #[serde(default)]
    pub slices: Slices,
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
    /// The newest warnings, oldest first.
    #[serde(default)]
    pub warnings: VecDeque<RiskWarned>,
    /// For the rule on pattern day traders.
    #[serde(default)]
    pub day_trades: DayTrades,
    /// Fills of a live account's open and recent orders by the venue's ids, to know duplicates.
    #[serde(default)]
    pub venue_trades: VenueTrades,
    /// The last reconciliation.
    pub reconciliation: Option<ReconciliationRecorded>,
    /// Transfers since the last valuation, to keep them out of profit and loss.
    pub transfers_since_mark: Decimal,
    /// What users deployed, by name.
    #[serde(default)]
    pub deployed: DeployedMap,
}

impl AccountState {
    /// A fresh account with default settings.
    #[must_use]
    pub fn new(info: AccountInfo) -> Self {
        Self {
            ledger: Ledger::new(info.id.clone(), info.base_currency),
            info,
            orders: Orders::default(),
            slices: Slices::default(),
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
            warnings: VecDeque::new(),
            day_trades: DayTrades::default(),
            venue_trades: VenueTrades::default(),
            reconciliation: None,
            transfers_since_mark: Decimal::ZERO,
            deployed: DeployedMap::default(),
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

    /// The risk settings as they are for a strategy (`None` = by hand).
    #[must_use]
    pub fn risk_of(&self, strategy: Option<&StrategyId>) -> Cow<'_, RiskSettings> {
        self.risk.for_strategy(strategy)
    }

    /// When a signal of a strategy on that side of an instrument last became an order.
    #[must_use]
    pub fn last_acted(
        &self,
        strategy: &StrategyId,
        instrument: &InstrumentId,
        side: Side,
    ) -> Option<UnixNanos> {
        if self.acted.is_empty() {
            return None;
        }
        let key = Self::signal_key(strategy, instrument, side);
        self.acted.get(&key).copied()
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

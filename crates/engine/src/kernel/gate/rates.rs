//! Rules on how often: orders and strategy entries per span of time.

use tradewind_types::risk::{Denial, RiskRule};

use super::{GateContext, denial};

pub(super) fn rate(
    c: &GateContext<'_>,
    rule: RiskRule,
    slot: usize,
    limit: u32,
    span: &str,
) -> Option<Denial> {
    let count = c.orders.filter(|_| !c.is_flatten())?[slot];
    if count < limit {
        return None;
    }
    let message = format!("{count} orders in the last {span}; at most {limit}");
    Some(denial(rule, count, limit, message))
}

pub(super) fn orders_per_minute(c: &GateContext<'_>) -> Option<Denial> {
    rate(
        c,
        RiskRule::OrdersPerMinute,
        0,
        c.settings.orders_per_minute,
        "minute",
    )
}

pub(super) fn orders_per_hour(c: &GateContext<'_>) -> Option<Denial> {
    rate(c, RiskRule::OrdersPerHour, 1, c.settings.orders_per_hour, "hour")
}

pub(super) fn orders_per_day(c: &GateContext<'_>) -> Option<Denial> {
    rate(c, RiskRule::OrdersPerDay, 2, c.settings.orders_per_day, "day")
}

pub(super) fn entry_rate(
    c: &GateContext<'_>,
    rule: RiskRule,
    count: u32,
    limit: u32,
    span: &str,
) -> Option<Denial> {
    let child = c.replaces.is_some() || c.orders.is_none();
    if !c.is_strategy() || child || c.reduces() || count < limit {
        return None;
    }
    let message = format!("{count} strategy entries in the last {span}; at most {limit}");
    Some(denial(rule, count, limit, message))
}

pub(super) fn entries_per_hour(c: &GateContext<'_>) -> Option<Denial> {
    let limit = c.settings.strategy_entries_per_hour;
    entry_rate(
        c,
        RiskRule::StrategyEntriesPerHour,
        c.strategy_entries[0],
        limit,
        "hour",
    )
}

pub(super) fn entries_per_day(c: &GateContext<'_>) -> Option<Denial> {
    let limit = c.settings.strategy_entries_per_day;
    entry_rate(
        c,
        RiskRule::StrategyEntriesPerDay,
        c.strategy_entries[1],
        limit,
        "day",
    )
}

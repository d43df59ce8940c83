//! Rules on losses: of the day and from the highest equity.

use rust_decimal::Decimal;
use tradewind_types::risk::{Denial, RiskRule};

use super::{GateContext, denial, percent};

pub(super) fn loss(
    c: &GateContext<'_>,
    rule: RiskRule,
    actual: Option<Decimal>,
    limit: Decimal,
    what: &str,
) -> Option<Denial> {
    if !c.is_strategy() || c.reduces() {
        return None;
    }
    let actual = actual.filter(|a| *a >= limit)?;
    let message = format!(
        "{what} is {}; strategies stop at {}",
        percent(actual),
        percent(limit)
    );
    Some(denial(rule, percent(actual), percent(limit), message))
}

pub(super) fn daily_loss(c: &GateContext<'_>) -> Option<Denial> {
    loss(
        c,
        RiskRule::DailyLoss,
        c.day_loss,
        c.settings.daily_loss_max,
        "the day's loss",
    )
}

pub(super) fn drawdown(c: &GateContext<'_>) -> Option<Denial> {
    loss(
        c,
        RiskRule::Drawdown,
        c.drawdown,
        c.settings.drawdown_max,
        "the drawdown",
    )
}

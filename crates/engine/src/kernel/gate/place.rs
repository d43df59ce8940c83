//! Rules of the place: dated, and each either warns or denies.

use tradewind_types::risk::{Denial, PlaceRuleKind, RiskRule, RuleAction};

use super::{GateContext, denial};

/// What of the rules that hold now, and do this, finds something.
fn find(
    c: &GateContext<'_>,
    action: RuleAction,
    compare: impl Fn(&PlaceRuleKind) -> Option<Denial>,
) -> Option<Denial> {
    let rules = c.settings.place.iter();
    rules
        .filter(|rule| rule.action == action && rule.holds(c.now))
        .find_map(|rule| compare(&rule.kind))
}

/// An order that opens risk could become one leg of a day trade.
fn day_trader(c: &GateContext<'_>, action: RuleAction) -> Option<Denial> {
    if c.reduces() || c.is_flatten() {
        return None;
    }
    find(c, action, |rule| {
        let PlaceRuleKind::PatternDayTrader {
            day_trades_max,
            equity_min,
        } = rule
        else {
            return None;
        };
        let rich = c.equity.is_some_and(|equity| equity >= *equity_min);
        if rich || c.day_trades < *day_trades_max {
            return None;
        }
        let message = format!(
            "{} day trades in five business days; {day_trades_max} are allowed below an equity of {}",
            c.day_trades,
            equity_min.normalize()
        );
        Some(denial(
            RiskRule::PatternDayTrader,
            c.day_trades,
            format!("< {day_trades_max}"),
            message,
        ))
    })
}

pub(super) fn pattern_day_trader(c: &GateContext<'_>) -> Option<Denial> {
    day_trader(c, RuleAction::Deny)
}

pub(super) fn pattern_day_trader_warning(c: &GateContext<'_>) -> Option<Denial> {
    day_trader(c, RuleAction::Warn)
}

fn rate(c: &GateContext<'_>, action: RuleAction) -> Option<Denial> {
    if c.is_flatten() {
        return None;
    }
    find(c, action, |rule| {
        let PlaceRuleKind::OrderRate { per_second_max } = rule else {
            return None;
        };
        if c.orders_per_second < *per_second_max {
            return None;
        }
        let message = format!(
            "{} orders in the last second; {per_second_max} are allowed",
            c.orders_per_second
        );
        Some(denial(
            RiskRule::PlaceOrderRate,
            c.orders_per_second,
            format!("< {per_second_max}"),
            message,
        ))
    })
}

pub(super) fn order_rate(c: &GateContext<'_>) -> Option<Denial> {
    rate(c, RuleAction::Deny)
}

pub(super) fn order_rate_warning(c: &GateContext<'_>) -> Option<Denial> {
    rate(c, RuleAction::Warn)
}

fn tag(c: &GateContext<'_>, action: RuleAction) -> Option<Denial> {
    if !c.is_strategy() {
        return None;
    }
    find(c, action, |rule| {
        let missing =
            matches!(rule, PlaceRuleKind::AlgoTag { tag } if tag.as_ref().is_none_or(|t| t.is_empty()));
        let message = "a program's order needs the exchange's tag of the algorithm".to_owned();
        missing.then(|| denial(RiskRule::AlgoTag, "no tag", "a tag", message))
    })
}

pub(super) fn algo_tag(c: &GateContext<'_>) -> Option<Denial> {
    tag(c, RuleAction::Deny)
}

pub(super) fn algo_tag_warning(c: &GateContext<'_>) -> Option<Denial> {
    tag(c, RuleAction::Warn)
}

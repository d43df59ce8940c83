//! Rules of accounts that trade on margin: leverage, the part of equity in use, the distance to a margin call.
//!
//! | margin used / equity | what happens |
//! | --- | --- |
//! | 70 %, 80 % | warnings |
//! | 90 % | no new risk |
//! | 95 % | squaring off is offered (a warning that says so; `flatten` does it) |
//! | 100 % | positions are closed ([`super::super::ladder`]) |

use rust_decimal::Decimal;
use tradewind_types::exact::surely_at_most;
use tradewind_types::risk::{Denial, RiskRule};

use super::money::unknown_equity;
use super::{GateContext, denial, percent};

fn applies(c: &GateContext<'_>) -> bool {
    c.settings.margin.enabled && !c.reduces() && !c.is_flatten() && c.rate.is_ok()
}

/// Margin used with this order, and equity; `None` = unknown, or there is no equity.
fn use_parts(c: &GateContext<'_>) -> Option<(Decimal, Decimal)> {
    let added = c.in_base(c.added())?.checked_mul(c.initial_rate())?;
    let used = c.margin_used?.checked_add(added)?;
    let equity = c.equity.filter(|e| *e > Decimal::ZERO)?;
    Some((used, equity))
}

/// Margin used / equity with this order; `None` = unknown, or there is no equity.
fn use_after(c: &GateContext<'_>) -> Option<Decimal> {
    let (used, equity) = use_parts(c)?;
    used.checked_div(equity)
}

/// Equity / maintenance margin with this order, where it is below a limit; `None` = it is not, is unknown, or no margin
/// is needed.
fn ratio_below(c: &GateContext<'_>, limit: Decimal) -> Option<Decimal> {
    let terms = &c.instrument.terms;
    let rate = terms
        .margin_maintenance
        .or(terms.margin_initial)
        .unwrap_or(Decimal::ONE);
    let kept = c
        .margin_kept?
        .checked_add(c.in_base(c.added())?.checked_mul(rate)?)?;
    let equity = c.equity?;
    if kept > Decimal::ZERO && surely_at_most(-equity, kept, -limit) {
        return None;
    }
    equity.checked_div(kept).filter(|ratio| *ratio < limit)
}

pub(super) fn leverage(c: &GateContext<'_>) -> Option<Denial> {
    if !applies(c) {
        return None;
    }
    let limit = c.settings.margin.leverage_max;
    let parts = c
        .exposure
        .zip(c.in_base(c.added()))
        .zip(c.equity.filter(|e| *e > Decimal::ZERO))
        .and_then(|((gross, added), equity)| Some((gross.checked_add(added)?, equity)));
    if parts.is_some_and(|(gross, equity)| surely_at_most(gross, equity, limit)) {
        return None;
    }
    let Some(after) = parts.and_then(|(gross, equity)| gross.checked_div(equity)) else {
        return Some(unknown_equity(
            c,
            RiskRule::Leverage,
            limit.normalize().to_string(),
        ));
    };
    if after <= limit {
        return None;
    }
    let (actual, limit) = (after.round_dp(4).normalize(), limit.normalize());
    let message = format!("leverage would be {actual}; at most {limit}");
    Some(denial(RiskRule::Leverage, actual, limit, message))
}

pub(super) fn margin_use(c: &GateContext<'_>) -> Option<Denial> {
    if !applies(c) {
        return None;
    }
    let limit = c.settings.margin.use_block;
    let Some(after) = use_after(c) else {
        return Some(unknown_equity(c, RiskRule::MarginUse, percent(limit)));
    };
    if after < limit {
        return None;
    }
    let message = format!(
        "margin used would be {} of equity; no new risk from {} on",
        percent(after),
        percent(limit)
    );
    Some(denial(
        RiskRule::MarginUse,
        percent(after),
        percent(limit),
        message,
    ))
}

pub(super) fn margin_use_high(c: &GateContext<'_>) -> Option<Denial> {
    if !applies(c) {
        return None;
    }
    let after = use_after(c)?;
    let steps = [c.settings.margin.use_warn_again, c.settings.margin.use_warn];
    let limit = steps.into_iter().find(|step| after >= *step)?;
    let message = format!(
        "margin used would be {} of equity; warned from {} on",
        percent(after),
        percent(limit)
    );
    Some(denial(
        RiskRule::MarginUse,
        percent(after),
        percent(limit),
        message,
    ))
}

/// Below 1 the account would be liquidated at once.
pub(super) fn ratio_broken(c: &GateContext<'_>) -> Option<Denial> {
    if !applies(c) {
        return None;
    }
    let ratio = ratio_below(c, Decimal::ONE)?;
    let actual = ratio.round_dp(4).normalize();
    let message = format!("equity would be {actual} of what the positions need to be kept");
    Some(denial(RiskRule::MarginRatio, actual, "1", message))
}

pub(super) fn ratio_low(c: &GateContext<'_>) -> Option<Denial> {
    if !applies(c) {
        return None;
    }
    let limit = c.settings.margin.ratio_warn;
    let ratio = ratio_below(c, limit)?;
    let (actual, limit) = (ratio.round_dp(4).normalize(), limit.normalize());
    let message =
        format!("equity would be {actual} of what the positions need to be kept; warned below {limit}");
    Some(denial(RiskRule::MarginRatio, actual, limit, message))
}

//! Rules on money: exchange rate, exposure, size, funds, price band.
//!
//! What an order costs is in the instrument's currency, what the account is worth in its own. They meet by a dated
//! exchange rate; where there is none, the order is denied for that reason, and what needs the rate is not compared.

use rust_decimal::Decimal;
use tradewind_types::exact::surely_at_most;
use tradewind_types::risk::{Denial, RiskRule};
use tradewind_types::{OrderKind, Side};

use super::{GateContext, denial, percent};

pub(super) fn unknown_equity(c: &GateContext<'_>, rule: RiskRule, limit: String) -> Denial {
    let why = c.unvalued.clone();
    let message =
        why.unwrap_or_else(|| "the order cannot be valued: there is no price to value it at".to_owned());
    denial(rule, "unknown", limit, message)
}

pub(super) fn fx_rate(c: &GateContext<'_>) -> Option<Denial> {
    if c.reduces() || c.is_flatten() {
        return None;
    }
    let error = c.rate.as_ref().err()?;
    let message = format!("{error}: the order cannot be compared with the account's limits");
    Some(denial(
        RiskRule::FxRate,
        "unknown",
        "a dated exchange rate",
        message,
    ))
}

/// Cash accounts: Σ notional / equity; margin accounts: margin used / equity.
pub(super) fn exposure(c: &GateContext<'_>) -> Option<Denial> {
    if c.reduces() || c.is_flatten() || c.rate.is_err() {
        return None;
    }
    let limit = c.settings.exposure_max;
    let (used, word) = if c.settings.margin.enabled {
        (c.margin_used, "margin used")
    } else {
        (c.exposure, "exposure")
    };
    let (Some(equity), Some(used), Some(added)) = (c.equity, used, needed(c, c.in_base(c.added()))) else {
        return Some(unknown_equity(c, RiskRule::Exposure, percent(limit)));
    };
    let total = used.checked_add(added).filter(|_| equity > Decimal::ZERO);
    if total.is_some_and(|total| surely_at_most(total, equity, limit)) {
        return None;
    }
    match total.and_then(|total| total.checked_div(equity)) {
        Some(after) if after <= limit => None,
        Some(after) => {
            let message = format!(
                "{word} would be {} of equity; at most {}",
                percent(after),
                percent(limit)
            );
            Some(denial(
                RiskRule::Exposure,
                percent(after),
                percent(limit),
                message,
            ))
        }
        None => Some(unknown_equity(c, RiskRule::Exposure, percent(limit))),
    }
}

/// What a notional, in base currency, needs of the account: all of it in cash, or its initial margin.
fn needed(c: &GateContext<'_>, notional: Option<Decimal>) -> Option<Decimal> {
    if c.settings.margin.enabled {
        notional?.checked_mul(c.initial_rate())
    } else {
        notional
    }
}

pub(super) fn order_size(c: &GateContext<'_>) -> Option<Denial> {
    if c.reduces() || c.is_flatten() || c.rate.is_err() {
        return None;
    }
    let limit = c.settings.order_size_max;
    let (Some(equity), Some(needed)) = (c.equity, needed(c, c.in_base(c.notional()))) else {
        return Some(unknown_equity(c, RiskRule::OrderSize, percent(limit)));
    };
    if equity > Decimal::ZERO && surely_at_most(needed, equity, limit) {
        return None;
    }
    let share = if equity > Decimal::ZERO {
        needed.checked_div(equity)
    } else {
        None
    };
    match share {
        Some(share) if share <= limit => None,
        Some(share) => {
            let message = format!(
                "the order is {} of equity; at most {}",
                percent(share),
                percent(limit)
            );
            Some(denial(
                RiskRule::OrderSize,
                percent(share),
                percent(limit),
                message,
            ))
        }
        None => {
            let message = "the account has no equity".to_owned();
            Some(denial(RiskRule::OrderSize, equity.normalize(), "> 0", message))
        }
    }
}

/// Cash accounts: free cash covers the order with its fee; margin accounts: free equity covers its margin and fee.
pub(super) fn funds(c: &GateContext<'_>) -> Option<Denial> {
    if c.reduces() || c.is_flatten() || (c.request.side == Side::Sell && !c.settings.margin.enabled) {
        return None;
    }
    let margin = c.settings.margin.enabled;
    if margin && c.rate.is_err() {
        return None;
    }
    let (needed, free) = if margin {
        let free = c.equity.zip(c.margin_used).map(|(equity, used)| equity - used);
        let fee = c
            .cash_needed()
            .zip(c.notional())
            .map(|(all, notional)| all - notional);
        let margin = needed(c, c.in_base(c.added()))
            .zip(c.in_base(fee))
            .map(|(margin, fee)| margin + fee);
        (margin, free.unwrap_or_default())
    } else {
        let held = c.replaces.map_or(Decimal::ZERO, |r| r.held);
        (c.cash_needed().map(|n| n - held), c.cash_available)
    };
    if needed.is_some_and(|needed| needed <= free) {
        return None;
    }
    let actual = needed.map_or_else(|| "unknown".to_owned(), |n| n.normalize().to_string());
    // Margin is of the account's equity, cash of the instrument's currency.
    let currency = if margin {
        "of equity".to_owned()
    } else {
        c.instrument.quote.to_string()
    };
    let message = format!(
        "{actual} {currency} needed with fee, {} available",
        free.normalize()
    );
    Some(denial(
        RiskRule::InsufficientFunds,
        actual,
        free.normalize(),
        message,
    ))
}

pub(super) fn price_band(c: &GateContext<'_>) -> Option<Denial> {
    let (price, (bid, ask)) = match c.request.kind {
        OrderKind::Limit { price, .. } => (price, c.quote?),
        // A stop's limit is meant for the market as it will be at the trigger.
        OrderKind::StopLimit { trigger, price, .. } => (price, (trigger.decimal(), trigger.decimal())),
        OrderKind::Market | OrderKind::StopMarket { .. } | OrderKind::TrailingStop { .. } => return None,
    };
    let band = c.settings.price_band;
    // A quote too large to multiply falls back to itself: the stricter limit.
    let (limit, outside, word) = match c.request.side {
        Side::Buy => {
            let limit = ask.checked_mul(Decimal::ONE + band).unwrap_or(ask);
            (limit, price.decimal() > limit, "above")
        }
        Side::Sell => {
            let limit = bid.checked_mul(Decimal::ONE - band).unwrap_or(bid);
            (limit, price.decimal() < limit, "below")
        }
    };
    if !outside {
        return None;
    }
    let limit = limit.normalize();
    let message = format!(
        "the price {price} is more than {} {word} the quote (limit {limit})",
        percent(band)
    );
    Some(denial(RiskRule::PriceBand, price, limit, message))
}

//! Rules on positions: reduce-only, selling short, how many may be open.

use rust_decimal::Decimal;
use tradewind_types::Side;
use tradewind_types::risk::{Denial, RiskRule};

use super::{GateContext, denial};

pub(super) fn reduce_only(c: &GateContext<'_>) -> Option<Denial> {
    if !c.request.reduce_only || c.reduces() {
        return None;
    }
    let message = format!(
        "a reduce-only {} of {} against a position of {} of which {} can still be closed",
        c.request.side,
        c.request.quantity,
        c.position.normalize(),
        c.closable().normalize()
    );
    Some(denial(
        RiskRule::ReduceOnly,
        c.request.quantity,
        c.closable().normalize(),
        message,
    ))
}

pub(super) fn short_not_allowed(c: &GateContext<'_>) -> Option<Denial> {
    let may = c.settings.margin.enabled || c.request.side == Side::Buy;
    if may || c.request.reduce_only || c.reduces() {
        return None;
    }
    let held = if c.position > Decimal::ZERO {
        c.closable()
    } else {
        Decimal::ZERO
    };
    let message = format!(
        "selling {} but only {} is held; a cash account cannot go short",
        c.request.quantity, held
    );
    Some(denial(
        RiskRule::ShortNotAllowed,
        c.request.quantity,
        held.normalize(),
        message,
    ))
}

pub(super) fn open_positions_total(c: &GateContext<'_>) -> Option<Denial> {
    let limit = c.settings.open_positions_max;
    if c.reduces() || c.replaces.is_some() || !c.position.is_zero() || c.open_positions < limit {
        return None;
    }
    let message = format!(
        "{} positions are open; at most {limit} are allowed",
        c.open_positions
    );
    Some(denial(
        RiskRule::OpenPositionsTotal,
        c.open_positions,
        limit,
        message,
    ))
}

pub(super) fn open_positions_per_instrument(c: &GateContext<'_>) -> Option<Denial> {
    if c.reduces() || c.replaces.is_some() {
        return None;
    }
    let of_strategy = c.settings.positions_per_instrument_strategy_max;
    if c.is_strategy() && c.positions_of_strategy >= of_strategy {
        let message = format!(
            "the strategy holds {} positions in it already",
            c.positions_of_strategy
        );
        return Some(denial(
            RiskRule::OpenPositionsPerInstrument,
            c.positions_of_strategy,
            of_strategy,
            message,
        ));
    }
    let of_account = c.settings.positions_per_instrument_account_max;
    // Adding by hand to what is held by hand is one position, not another.
    let opens_another = c.is_strategy() || c.positions_of_strategy == 0;
    if opens_another && c.positions_in_instrument >= of_account {
        let message = format!(
            "the account holds {} positions in it already",
            c.positions_in_instrument
        );
        return Some(denial(
            RiskRule::OpenPositionsPerInstrument,
            c.positions_in_instrument,
            of_account,
            message,
        ));
    }
    None
}

//! Orders and fills.

use tradewind_engine::Kernel;
use tradewind_engine::kernel::account::FillRecord;
use tradewind_store::projection::FillRow;
use tradewind_types::order::{OrderEventKind, OrderOrigin};
use tradewind_types::risk::Denial;
use tradewind_types::{InstrumentId, Order, OrderEvent, OrderKind, OrderState, TimeInForce, TrailingOffset};
use tradewind_wire as wire;
use wire::{Dec, Time};

use super::enums;

/// Whether an instrument's data is simulated; one that is not known is not said to be.
#[must_use]
pub fn is_simulated(kernel: &Kernel, instrument: &InstrumentId) -> bool {
    kernel
        .instruments()
        .by_id(instrument)
        .is_some_and(|i| i.simulated)
}

/// Reasons of a denial.
#[must_use]
pub fn denial(denial: &Denial) -> wire::Denial {
    let rule = serde_json::to_value(denial.rule).ok();
    wire::Denial {
        rule: rule
            .and_then(|v| v.as_str().map(str::to_owned))
            .unwrap_or_default(),
        actual: denial.actual.clone(),
        limit: denial.limit.clone(),
        message: denial.message.clone(),
    }
}

fn state(state: &OrderState) -> wire::OrderState {
    use wire::OrderState as W;
    match state {
        OrderState::Initialized => W::Initialized,
        OrderState::Denied { .. } => W::Denied,
        OrderState::Submitted => W::Submitted,
        OrderState::Rejected { .. } => W::Rejected,
        OrderState::Accepted => W::Accepted,
        OrderState::Triggered => W::Triggered,
        OrderState::PendingModify => W::PendingModify,
        OrderState::PendingCancel => W::PendingCancel,
        OrderState::PartiallyFilled => W::PartiallyFilled,
        OrderState::Filled => W::Filled,
        OrderState::Canceled { .. } => W::Canceled,
        OrderState::Expired => W::Expired,
        OrderState::Unknown => W::Unknown,
    }
}

/// An order.
#[must_use]
pub fn order(order: &Order, simulated: bool) -> wire::Order {
    let request = &order.request;
    let kind = match request.kind {
        OrderKind::Market => wire::OrderType::Market,
        OrderKind::Limit { .. } => wire::OrderType::Limit,
        OrderKind::StopMarket { .. } => wire::OrderType::StopMarket,
        OrderKind::StopLimit { .. } => wire::OrderType::StopLimit,
        OrderKind::TrailingStop { .. } => wire::OrderType::TrailingStop,
    };
    let (trailing_offset, trailing_percent, activation) = match request.kind {
        OrderKind::TrailingStop { offset, activation } => {
            let (price, percent) = match offset {
                TrailingOffset::Price(price) => (Some(Dec(price.decimal())), None),
                TrailingOffset::Percent(percent) => (None, Some(Dec(percent))),
            };
            (price, percent, activation.map(|a| Dec(a.decimal())))
        }
        _ => (None, None, None),
    };
    let good_till = match request.time_in_force {
        TimeInForce::Gtd { until } => Some(Time(until)),
        _ => None,
    };
    let terms = &request.terms;
    let (origin, strategy, signal) = match &request.origin {
        OrderOrigin::Manual { .. } => (wire::OrderOrigin::Manual, None, None),
        OrderOrigin::Strategy { strategy, signal, .. } => {
            (wire::OrderOrigin::Strategy, Some(strategy), Some(signal))
        }
        OrderOrigin::Flatten { .. } => (wire::OrderOrigin::Flatten, None, None),
    };
    let (reason, denials) = match &order.state {
        OrderState::Denied { denials } => (None, denials.as_slice()),
        OrderState::Rejected { reason } | OrderState::Canceled { reason } => {
            (Some(reason.clone()), [].as_slice())
        }
        _ => (None, [].as_slice()),
    };
    wire::Order {
        client_order_id: request.client_order_id.to_string(),
        account: request.account.to_string(),
        instrument: request.instrument.to_string(),
        side: enums::side(request.side),
        kind,
        price: request.limit_price().map(|p| Dec(p.decimal())),
        trigger: order.trigger.map(|t| Dec(t.decimal())),
        triggered: order.triggered,
        trigger_by: request.is_stop().then(|| enums::trigger_by(terms.trigger_by)),
        trailing_offset,
        trailing_percent,
        activation,
        quantity: Dec(request.quantity.decimal()),
        time_in_force: enums::time_in_force(request.time_in_force),
        good_till,
        display_quantity: terms.display.map(|q| Dec(q.decimal())),
        parent: terms.parent.as_ref().map(ToString::to_string),
        oco: terms.oco.as_ref().map(ToString::to_string),
        post_only: request.post_only(),
        reduce_only: request.reduce_only,
        state: state(&order.state),
        filled: Dec(order.filled),
        leaves: Dec(order.leaves()),
        average_price: order.average_price().map(Dec),
        origin,
        strategy: strategy.map(ToString::to_string),
        signal: signal.map(ToString::to_string),
        venue_order_id: order.venue_order_id.as_ref().map(ToString::to_string),
        reason,
        denials: denials.iter().map(denial).collect(),
        created_at: Time(order.ts_created),
        updated_at: Time(order.ts_updated),
        version: order.version,
        simulated,
    }
}

/// A fill as stored; `None` when the event is no fill.
#[must_use]
pub fn fill(row: &FillRow, simulated: bool) -> Option<wire::Fill> {
    fill_of(
        &row.event,
        &row.instrument,
        row.side,
        row.strategy.as_ref().map(ToString::to_string),
        simulated,
    )
}

/// A fill as the kernel remembers it; `None` when the event is no fill.
#[must_use]
pub fn recent_fill(record: &FillRecord, simulated: bool) -> Option<wire::Fill> {
    let strategy = record.strategy.as_ref().map(ToString::to_string);
    fill_of(
        &record.event,
        &record.instrument,
        record.side,
        strategy,
        simulated,
    )
}

fn fill_of(
    event: &OrderEvent,
    instrument: &InstrumentId,
    side: tradewind_types::Side,
    strategy: Option<String>,
    simulated: bool,
) -> Option<wire::Fill> {
    let OrderEventKind::Filled {
        fill_id,
        venue_trade_id,
        quantity,
        price,
        fee,
        fee_currency,
        taker,
    } = &event.kind
    else {
        return None;
    };
    Some(wire::Fill {
        id: fill_id.to_string(),
        client_order_id: event.client_order_id.to_string(),
        account: event.account.to_string(),
        instrument: instrument.to_string(),
        side: enums::side(side),
        price: Dec(price.decimal()),
        quantity: Dec(quantity.decimal()),
        fee: Dec(*fee),
        fee_currency: fee_currency.to_string(),
        liquidity: if *taker {
            wire::Liquidity::Taker
        } else {
            wire::Liquidity::Maker
        },
        strategy,
        venue_trade_id: venue_trade_id.to_string(),
        ts: Time(event.ts_event),
        simulated,
    })
}

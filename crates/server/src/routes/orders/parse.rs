//! From a request's text to an order, with an error for each thing that can be wrong.

use tradewind_types::order::OrderOrigin;
use tradewind_types::{
    AccountId, ClientOrderId, InstrumentId, OrderKind, OrderRequest, OrderTerms, Price, Quantity,
    TimeInForce, TrailingOffset,
};
use tradewind_wire as wire;

use crate::identity::{Caller, random_id};
use crate::map::enums;
use crate::problem::{ApiError, ApiResult, Code};
use crate::routes::numbers::decimal;

/// Reads one order. `prefix` is the path of its fields, e.g. `orders[2].`; `fallback` the id of an order without one.
pub(super) fn order(
    caller: &Caller,
    account: &AccountId,
    new: &wire::NewOrder,
    prefix: &str,
    fallback: Option<&ClientOrderId>,
) -> ApiResult<OrderRequest> {
    let field = |name: &str| format!("{prefix}{name}");
    let refuse = |name: &str, code: &str, text: &str| ApiError::field(field(name), code, text);
    let client_order_id = match (&new.client_order_id, fallback) {
        (Some(text), _) => text
            .parse()
            .map_err(|e: tradewind_types::IdError| refuse("client_order_id", "MALFORMED", &e.to_string()))?,
        (None, Some(id)) => id.clone(),
        (None, None) => fresh_id()?,
    };
    // A name that is malformed is as unknown as one that is not listed.
    let instrument: InstrumentId = new
        .instrument
        .parse()
        .map_err(|e: tradewind_types::IdError| refuse("instrument", "UNKNOWN_INSTRUMENT", &e.to_string()))?;
    let quantity = quantity_of(&field("quantity"), &new.quantity)?;
    let kind = kind(new, &field)?;
    let time_in_force = life(new, &kind, &field)?;
    let id_of = |name: &str, text: &str| {
        text.parse()
            .map_err(|e: tradewind_types::IdError| refuse(name, "MALFORMED", &e.to_string()))
    };
    let terms = OrderTerms {
        display: new
            .display_quantity
            .as_deref()
            .map(|text| quantity_of(&field("display_quantity"), text))
            .transpose()?,
        trigger_by: new.trigger_by.map(enums::trigger_by_back).unwrap_or_default(),
        parent: new.parent.as_deref().map(|t| id_of("parent", t)).transpose()?,
        oco: new
            .oco
            .as_deref()
            .map(|t| {
                t.parse()
                    .map_err(|e: tradewind_types::IdError| refuse("oco", "MALFORMED", &e.to_string()))
            })
            .transpose()?,
    };
    Ok(OrderRequest {
        client_order_id,
        account: account.clone(),
        instrument,
        side: enums::side_back(new.side),
        quantity,
        kind,
        time_in_force,
        reduce_only: new.reduce_only,
        // The person, not the key: a retry by another credential of the same person is the same order.
        origin: OrderOrigin::Manual {
            actor: caller.user.to_string(),
        },
        terms,
    })
}

/// Reads a quantity, which is above zero.
pub(super) fn quantity_of(field: &str, text: &str) -> ApiResult<Quantity> {
    Quantity::new(decimal(field, text)?).map_err(|e| ApiError::field(field, "NOT_POSITIVE", e.to_string()))
}

/// Reads a price.
pub(super) fn price_of(field: &str, text: &str) -> ApiResult<Price> {
    Price::new(decimal(field, text)?).map_err(|e| ApiError::field(field, "MALFORMED", e.to_string()))
}

/// The type with the data that only that type has; what another type would need is refused.
fn kind(new: &wire::NewOrder, field: &impl Fn(&str) -> String) -> ApiResult<OrderKind> {
    use wire::OrderType as T;
    let word = match new.kind {
        T::Market => "MARKET",
        T::Limit => "LIMIT",
        T::StopMarket => "STOP_MARKET",
        T::StopLimit => "STOP_LIMIT",
        T::TrailingStop => "TRAILING_STOP",
    };
    let limited = matches!(new.kind, T::Limit | T::StopLimit);
    let stopped = matches!(new.kind, T::StopMarket | T::StopLimit);
    let trails = new.kind == T::TrailingStop;
    let contradictions = [
        ("price", new.price.is_some() && !limited, "has no price"),
        ("post_only", new.post_only && !limited, "cannot be post-only"),
        ("trigger", new.trigger.is_some() && !stopped, "has no trigger"),
        (
            "trailing_offset",
            new.trailing_offset.is_some() && !trails,
            "trails nothing",
        ),
        (
            "trailing_percent",
            new.trailing_percent.is_some() && !trails,
            "trails nothing",
        ),
        (
            "activation",
            new.activation.is_some() && !trails,
            "has no activation",
        ),
    ];
    if let Some((name, _, why)) = contradictions.into_iter().find(|(_, wrong, _)| *wrong) {
        let text = format!("a {word} order {why}");
        return Err(ApiError::field(field(name), "CONTRADICTION", text));
    }
    let needed = |name: &str, text: &Option<String>| match text {
        Some(text) => price_of(&field(name), text),
        None => {
            let text = format!("a {word} order needs a {name}");
            Err(ApiError::field(field(name), "MISSING", text))
        }
    };
    let post_only = new.post_only;
    Ok(match new.kind {
        T::Market => OrderKind::Market,
        T::Limit => OrderKind::Limit {
            price: needed("price", &new.price)?,
            post_only,
        },
        T::StopMarket => OrderKind::StopMarket {
            trigger: needed("trigger", &new.trigger)?,
        },
        T::StopLimit => OrderKind::StopLimit {
            trigger: needed("trigger", &new.trigger)?,
            price: needed("price", &new.price)?,
            post_only,
        },
        T::TrailingStop => OrderKind::TrailingStop {
            offset: trailing(new, field)?,
            activation: new
                .activation
                .as_deref()
                .map(|text| price_of(&field("activation"), text))
                .transpose()?,
        },
    })
}

fn trailing(new: &wire::NewOrder, field: &impl Fn(&str) -> String) -> ApiResult<TrailingOffset> {
    match (&new.trailing_offset, &new.trailing_percent) {
        (Some(offset), None) => price_of(&field("trailing_offset"), offset).map(TrailingOffset::Price),
        (None, Some(percent)) => decimal(&field("trailing_percent"), percent).map(TrailingOffset::Percent),
        (None, None) => {
            let text = "a TRAILING_STOP order needs a trailing_offset or a trailing_percent";
            Err(ApiError::field(field("trailing_offset"), "MISSING", text))
        }
        (Some(_), Some(_)) => {
            let text = "either trailing_offset or trailing_percent, not both";
            Err(ApiError::field(field("trailing_percent"), "CONTRADICTION", text))
        }
    }
}

fn life(new: &wire::NewOrder, kind: &OrderKind, field: &impl Fn(&str) -> String) -> ApiResult<TimeInForce> {
    use wire::TimeInForce as W;
    if new.good_till.is_some() && new.time_in_force != Some(W::Gtd) {
        let text = "only a GTD order has an end";
        return Err(ApiError::field(field("good_till"), "CONTRADICTION", text));
    }
    Ok(match new.time_in_force {
        None if *kind == OrderKind::Market => TimeInForce::Ioc,
        None | Some(W::Gtc) => TimeInForce::Gtc,
        Some(W::Day) => TimeInForce::Day,
        Some(W::Ioc) => TimeInForce::Ioc,
        Some(W::Fok) => TimeInForce::Fok,
        Some(W::Gtd) => {
            let missing = || ApiError::field(field("good_till"), "MISSING", "a GTD order needs good_till");
            TimeInForce::Gtd {
                until: new.good_till.ok_or_else(missing)?.0,
            }
        }
    })
}

fn fresh_id() -> ApiResult<ClientOrderId> {
    ClientOrderId::new(&format!("w{}", random_id(12)?)).map_err(|_| ApiError::of(Code::Internal))
}

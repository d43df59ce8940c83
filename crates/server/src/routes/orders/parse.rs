//! From a request's text to an order, with an error for each thing that can be wrong.

use tradewind_types::order::OrderOrigin;
use tradewind_types::{
    AccountId, ClientOrderId, InstrumentId, OrderKind, OrderRequest, Price, Quantity, TimeInForce,
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
    let quantity = Quantity::new(decimal(&field("quantity"), &new.quantity)?)
        .map_err(|e| refuse("quantity", "NOT_POSITIVE", &e.to_string()))?;
    let kind = match (new.kind, &new.price) {
        (wire::OrderType::Limit, Some(text)) => {
            let price = Price::new(decimal(&field("price"), text)?)
                .map_err(|e| refuse("price", "MALFORMED", &e.to_string()))?;
            OrderKind::Limit {
                price,
                post_only: new.post_only,
            }
        }
        (wire::OrderType::Limit, None) => {
            return Err(refuse("price", "MISSING", "a LIMIT order needs a price"));
        }
        (wire::OrderType::Market, Some(_)) => {
            return Err(refuse("price", "CONTRADICTION", "a MARKET order has no price"));
        }
        (wire::OrderType::Market, None) if new.post_only => {
            return Err(refuse(
                "post_only",
                "CONTRADICTION",
                "a MARKET order cannot be post-only",
            ));
        }
        (wire::OrderType::Market, None) => OrderKind::Market,
    };
    let default = if kind == OrderKind::Market {
        TimeInForce::Ioc
    } else {
        TimeInForce::Gtc
    };
    Ok(OrderRequest {
        client_order_id,
        account: account.clone(),
        instrument,
        side: enums::side_back(new.side),
        quantity,
        kind,
        time_in_force: new.time_in_force.map_or(default, enums::time_in_force_back),
        reduce_only: new.reduce_only,
        // The person, not the key: a retry by another credential of the same person is the same order.
        origin: OrderOrigin::Manual {
            actor: caller.user.to_string(),
        },
    })
}

fn fresh_id() -> ApiResult<ClientOrderId> {
    ClientOrderId::new(&format!("w{}", random_id(12)?)).map_err(|_| ApiError::of(Code::Internal))
}

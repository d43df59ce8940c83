//! An order as a row and back.

use serde::{Deserialize, Serialize};
use tradewind_types::order::{OrderOrigin, UnitFraction};
use tradewind_types::{Order, OrderKind, OrderRequest, OrderState, OrderTerms, Price, TimeInForce};

use super::book::BookedOrder;
use super::scope::Scope;
use super::text::{
    count, decimal, json, name, read, read_count, read_decimal, read_json, read_name, read_opt,
};
use crate::StoreError;
use crate::db::{from_sql, to_sql};
use crate::sql::{Row, Tuple};

/// The statement up to its values.
pub(crate) const INSERT: &str = "INSERT INTO p_orders (engine_id, account, client_order_id, org_id, seq, instrument, side, order_type, \
    quantity, price, post_only, time_in_force, reduce_only, origin, actor, strategy, signal, confidence, state, is_open, \
    reason, denials, venue_order_id, filled, filled_value, fills, created_at, updated_at, version, detail) ";
/// What changes when the order is there already.
pub(crate) const UPDATE: &str = " ON CONFLICT (engine_id, account, client_order_id) DO UPDATE SET quantity = excluded.quantity, \
    price = excluded.price, state = excluded.state, is_open = excluded.is_open, reason = excluded.reason, \
    denials = excluded.denials, venue_order_id = excluded.venue_order_id, filled = excluded.filled, \
    filled_value = excluded.filled_value, fills = excluded.fills, updated_at = excluded.updated_at, \
    version = excluded.version, detail = excluded.detail";
/// What [`read_row`] needs.
pub(crate) const COLUMNS: &str = "account, client_order_id, seq, instrument, side, order_type, quantity, price, post_only, \
    time_in_force, reduce_only, origin, actor, strategy, signal, confidence, state, reason, denials, venue_order_id, \
    filled, filled_value, fills, created_at, updated_at, version, detail";

/// Binds one row in the order of [`INSERT`].
pub(crate) fn bind(mut t: Tuple<'_>, scope: &Scope, booked: &BookedOrder) {
    let (order, request) = (&booked.order, &booked.order.request);
    t.push_bind(scope.engine.as_str().to_owned())
        .push_bind(request.account.to_string());
    t.push_bind(request.client_order_id.to_string())
        .push_bind(scope.org.to_string());
    t.push_bind(count(booked.seq))
        .push_bind(request.instrument.to_string())
        .push_bind(name(&request.side));
    let kind = match request.kind {
        OrderKind::Market => "MARKET",
        OrderKind::Limit { .. } => "LIMIT",
        OrderKind::StopMarket { .. } => "STOP_MARKET",
        OrderKind::StopLimit { .. } => "STOP_LIMIT",
        OrderKind::TrailingStop { .. } => "TRAILING_STOP",
    };
    t.push_bind(kind).push_bind(request.quantity.to_string());
    t.push_bind(request.limit_price().map(|p| p.to_string()))
        .push_bind(request.post_only());
    let life = match request.time_in_force {
        TimeInForce::Gtd { .. } => "GTD".to_owned(),
        other => name(&other),
    };
    t.push_bind(life).push_bind(request.reduce_only);
    let (origin, actor, strategy, signal, confidence) = match &request.origin {
        OrderOrigin::Manual { actor } => ("MANUAL", Some(actor.clone()), None, None, None),
        OrderOrigin::Flatten { actor } => ("FLATTEN", Some(actor.clone()), None, None, None),
        OrderOrigin::Strategy {
            strategy,
            signal,
            confidence,
        } => {
            let confidence = Some(i64::from(confidence.0));
            (
                "STRATEGY",
                None,
                Some(strategy.to_string()),
                Some(signal.to_string()),
                confidence,
            )
        }
    };
    t.push_bind(origin)
        .push_bind(actor)
        .push_bind(strategy)
        .push_bind(signal)
        .push_bind(confidence);
    let (reason, denials) = match &order.state {
        OrderState::Rejected { reason } | OrderState::Canceled { reason } => (Some(reason.clone()), None),
        OrderState::Denied { denials } => (None, Some(json(denials))),
        _ => (None, None),
    };
    t.push_bind(order.state.name())
        .push_bind(order.state.is_open())
        .push_bind(reason)
        .push_bind(denials);
    t.push_bind(order.venue_order_id.as_ref().map(ToString::to_string))
        .push_bind(decimal(order.filled));
    t.push_bind(decimal(order.filled_value))
        .push_bind(i64::from(order.fills));
    t.push_bind(to_sql(order.ts_created))
        .push_bind(to_sql(order.ts_updated))
        .push_bind(i64::from(order.version))
        .push_bind(Detail::of(order).map(|detail| json(&detail)));
}

/// What the columns do not say.
#[derive(Serialize, Deserialize)]
struct Detail {
    kind: OrderKind,
    time_in_force: TimeInForce,
    #[serde(default)]
    terms: OrderTerms,
    trigger: Option<Price>,
    triggered: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    cancel_wanted: bool,
}

impl Detail {
    fn of(order: &Order) -> Option<Self> {
        let request = &order.request;
        let plain = !request.is_stop()
            && !matches!(request.time_in_force, TimeInForce::Gtd { .. })
            && request.terms.is_plain()
            && order.trigger.is_none()
            && !order.triggered
            && !order.cancel_wanted;
        (!plain).then(|| Self {
            kind: request.kind,
            time_in_force: request.time_in_force,
            terms: request.terms.clone(),
            trigger: order.trigger,
            triggered: order.triggered,
            cancel_wanted: order.cancel_wanted,
        })
    }
}

/// Reads a row of [`COLUMNS`].
pub(crate) fn read_row(row: &Row) -> Result<BookedOrder, StoreError> {
    let text = |column: &str| row.get::<String>(column);
    let optional = |column: &str| row.get::<Option<String>>(column);
    let detail: Option<Detail> = optional("detail")?
        .map(|text| read_json("p_orders.detail", &text))
        .transpose()?;
    let (kind, time_in_force) = match &detail {
        Some(detail) => (detail.kind, detail.time_in_force),
        None => (
            read_kind(row)?,
            read_name("p_orders.time_in_force", &text("time_in_force")?)?,
        ),
    };
    let (trigger, triggered, cancel_wanted) = detail.as_ref().map_or((None, false, false), |d| {
        (d.trigger, d.triggered, d.cancel_wanted)
    });
    let request = OrderRequest {
        client_order_id: read("p_orders.client_order_id", &text("client_order_id")?)?,
        account: read("p_orders.account", &text("account")?)?,
        instrument: read("p_orders.instrument", &text("instrument")?)?,
        side: read_name("p_orders.side", &text("side")?)?,
        quantity: read("p_orders.quantity", &text("quantity")?)?,
        kind,
        time_in_force,
        reduce_only: row.get("reduce_only")?,
        origin: read_origin(row)?,
        terms: detail.map(|d| d.terms).unwrap_or_default(),
    };
    let order = Order {
        request,
        state: read_state(row)?,
        trigger,
        triggered,
        cancel_wanted,
        venue_order_id: read_opt("p_orders.venue_order_id", optional("venue_order_id")?.as_deref())?,
        filled: read_decimal("p_orders.filled", &text("filled")?)?,
        filled_value: read_decimal("p_orders.filled_value", &text("filled_value")?)?,
        fills: read_count("p_orders.fills", row.get("fills")?)?,
        ts_created: from_sql(row.get("created_at")?),
        ts_updated: from_sql(row.get("updated_at")?),
        version: read_count("p_orders.version", row.get("version")?)?,
    };
    Ok(BookedOrder {
        seq: read_count("p_orders.seq", row.get("seq")?)?,
        order,
    })
}

fn read_kind(row: &Row) -> Result<OrderKind, StoreError> {
    let kind: String = row.get("order_type")?;
    let price: Option<String> = row.get("price")?;
    match (kind.as_str(), price) {
        ("MARKET", _) => Ok(OrderKind::Market),
        ("LIMIT", Some(price)) => Ok(OrderKind::Limit {
            price: read("p_orders.price", &price)?,
            post_only: row.get("post_only")?,
        }),
        (other, _) => Err(StoreError::corrupt("p_orders.order_type", other)),
    }
}

fn read_origin(row: &Row) -> Result<OrderOrigin, StoreError> {
    let origin: String = row.get("origin")?;
    let optional = |column: &str| row.get::<Option<String>>(column).map(Option::unwrap_or_default);
    match origin.as_str() {
        "MANUAL" => Ok(OrderOrigin::Manual {
            actor: optional("actor")?,
        }),
        "FLATTEN" => Ok(OrderOrigin::Flatten {
            actor: optional("actor")?,
        }),
        "STRATEGY" => {
            let confidence: Option<i64> = row.get("confidence")?;
            Ok(OrderOrigin::Strategy {
                strategy: read("p_orders.strategy", &optional("strategy")?)?,
                signal: read("p_orders.signal", &optional("signal")?)?,
                confidence: UnitFraction(read_count("p_orders.confidence", confidence.unwrap_or(-1))?),
            })
        }
        other => Err(StoreError::corrupt("p_orders.origin", other)),
    }
}

fn read_state(row: &Row) -> Result<OrderState, StoreError> {
    let state: String = row.get("state")?;
    let reason = || row.get::<Option<String>>("reason").map(Option::unwrap_or_default);
    Ok(match state.as_str() {
        "INITIALIZED" => OrderState::Initialized,
        "DENIED" => {
            let denials: Option<String> = row.get("denials")?;
            OrderState::Denied {
                denials: read_json("p_orders.denials", denials.as_deref().unwrap_or_default())?,
            }
        }
        "SUBMITTED" => OrderState::Submitted,
        "REJECTED" => OrderState::Rejected { reason: reason()? },
        "ACCEPTED" => OrderState::Accepted,
        "TRIGGERED" => OrderState::Triggered,
        "PENDING_MODIFY" => OrderState::PendingModify,
        "PENDING_CANCEL" => OrderState::PendingCancel,
        "PARTIALLY_FILLED" => OrderState::PartiallyFilled,
        "FILLED" => OrderState::Filled,
        "CANCELED" => OrderState::Canceled { reason: reason()? },
        "EXPIRED" => OrderState::Expired,
        "UNKNOWN" => OrderState::Unknown,
        other => return Err(StoreError::corrupt("p_orders.state", other)),
    })
}

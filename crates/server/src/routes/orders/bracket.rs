//! Submitting a bracket: an entry with its stop-loss and take-profit.

use crate::routes::prelude::*;

use tradewind_types::record::BatchMode;
use tradewind_types::{
    ClientOrderId, Decimal, InstrumentId, OrderKind, OrderListId, OrderRequest, OrderTerms, Price, Rounding,
    Side, TimeInForce,
};

use super::{order_id, orders_of, parse, show};
use crate::middleware::key_of;
use crate::routes::numbers::decimal;

/// Submits an entry with a stop-loss, a take-profit, or both. The legs wait until the entry fills, are sized to what
/// filled, can only reduce, and cancel one another. The same id (or, without one, the same `Idempotency-Key`) again answers
/// the orders that are there.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/orders/bracket", tag = "orders",
    params(("account" = String, Path, description = "Account id."),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 64 printable characters; used when the entry has no client_order_id.")),
    request_body = wire::NewBracket,
    responses((status = 201, body = wire::OrderBatch), (status = 200, description = "It was there already.", body = wire::OrderBatch)))]
pub async fn post_bracket(
    State(state): State<AppState>,
    request: RequestInfo,
    headers: HeaderMap,
    access: AccountAccess,
    Body(body): Body<wire::NewBracket>,
) -> ApiResult<impl IntoResponse> {
    let key = key_of(&headers)?;
    let fallback: Option<ClientOrderId> = key.map(|key| order_id(&access, &key)).transpose()?;
    let entry = parse::order(
        &access.caller,
        &access.id,
        &body.entry,
        "entry.",
        fallback.as_ref(),
    )?;
    if body.stop_loss.is_none() && body.take_profit.is_none() {
        let text = "a bracket has a stop_loss, a take_profit, or both";
        return Err(ApiError::field("stop_loss", "MISSING", text));
    }
    let [loss_id, profit_id] = ["sl", "tp"].map(|suffix| leg_id(&entry.client_order_id, suffix));
    let (loss_id, profit_id) = (loss_id?, profit_id?);
    let ids = [entry.client_order_id.clone(), loss_id.clone(), profit_id.clone()];
    let there = of_account(&state, access.id.clone(), move |_, account| {
        let orders = ids.iter().filter_map(|id| account.orders.get(id).cloned());
        orders.collect::<Vec<_>>()
    })
    .await?;
    let mode = BatchMode::AllOrNone;
    // Distances would be reckoned from another quote now: a repetition answers what the first time made.
    let again = there
        .iter()
        .any(|o| o.request.client_order_id == entry.client_order_id);
    let (status, orders, compensated) = if again {
        let same = there.iter().all(|o| o.request.instrument == entry.instrument);
        if !same || there.len() < 2 {
            return Err(ApiError::of(Code::OrderIdReused));
        }
        (StatusCode::OK, there, false)
    } else {
        let legs = legs(&state, &entry, &body, (loss_id, profit_id)).await?;
        let orders = std::iter::once(entry).chain(legs).collect();
        let command = Command::SubmitOrders { orders, mode };
        let (orders, _, compensated) =
            orders_of(command_as(&state, &request, &access.caller, command).await?)?;
        (StatusCode::CREATED, orders, compensated)
    };
    let orders = show(&state, access.id, orders).await?;
    let mode = wire::BatchMode::AllOrNone;
    Ok((
        status,
        Json(wire::OrderBatch {
            mode,
            orders,
            compensated,
        }),
    ))
}

fn leg_id(entry: &ClientOrderId, suffix: &str) -> ApiResult<ClientOrderId> {
    ClientOrderId::new(&format!("{entry}-{suffix}")).map_err(|_| {
        let text = "the id of a bracket's entry has at most 33 characters: its legs' are three longer";
        ApiError::field("entry.client_order_id", "MALFORMED", text)
    })
}

/// What distances are reckoned with.
struct Ground {
    from: Decimal,
    instrument: std::sync::Arc<tradewind_types::Instrument>,
}

async fn ground(state: &AppState, entry: &OrderRequest) -> ApiResult<Option<Ground>> {
    let (wanted, side, limit): (InstrumentId, _, _) =
        (entry.instrument.clone(), entry.side, entry.limit_price());
    let trigger = entry.trigger_price();
    let found = state.engine.query(move |kernel| {
        let (instrument, market) = kernel.market(&wanted)?;
        let quote = market
            .best()
            .map(|(bid, ask)| if side == Side::Buy { ask } else { bid });
        let from = limit.or(trigger).map(Price::decimal).or(quote)?;
        Some(Ground {
            from,
            instrument: instrument.clone(),
        })
    });
    Ok(found.await?)
}

async fn legs(
    state: &AppState,
    entry: &OrderRequest,
    body: &wire::NewBracket,
    (loss_id, profit_id): (ClientOrderId, ClientOrderId),
) -> ApiResult<Vec<OrderRequest>> {
    let ground = ground(state, entry).await?;
    let buys = entry.side == Side::Buy;
    let price = |field: &str, leg: &wire::BracketLeg, below: bool| match (&leg.price, &leg.distance) {
        (Some(text), None) => parse::price_of(&format!("{field}.price"), text),
        (None, Some(text)) => {
            let field = format!("{field}.distance");
            let distance = decimal(&field, text)?;
            let wrong = || ApiError::field(&field, "OUT_OF_RANGE", "a distance is above 0 and below 1");
            if distance <= Decimal::ZERO || distance >= Decimal::ONE {
                return Err(wrong());
            }
            let ground = ground.as_ref().ok_or_else(|| {
                ApiError::field(
                    &field,
                    "NO_QUOTE",
                    "there is no quote to reckon the distance from",
                )
            })?;
            let factor = if below {
                Decimal::ONE - distance
            } else {
                Decimal::ONE + distance
            };
            // Towards the entry: never further away than asked.
            let rounding = if below { Rounding::Up } else { Rounding::Down };
            let raw = ground.from.checked_mul(factor).ok_or_else(wrong)?;
            ground
                .instrument
                .quantise_price(raw, rounding)
                .map_err(|_| wrong())
        }
        _ => {
            let text = "a leg has either a price or a distance";
            Err(ApiError::field(field, "CONTRADICTION", text))
        }
    };
    let oco = OrderListId::new(entry.client_order_id.as_str()).map_err(|_| ApiError::of(Code::Internal))?;
    let leg = |id: ClientOrderId, kind: OrderKind| OrderRequest {
        client_order_id: id,
        side: entry.side.opposite(),
        kind,
        time_in_force: TimeInForce::Gtc,
        reduce_only: true,
        terms: OrderTerms {
            trigger_by: entry.terms.trigger_by,
            parent: Some(entry.client_order_id.clone()),
            oco: Some(oco.clone()),
            ..OrderTerms::default()
        },
        ..entry.clone()
    };
    let mut legs = Vec::with_capacity(2);
    if let Some(loss) = &body.stop_loss {
        let trigger = price("stop_loss", loss, buys)?;
        legs.push(leg(loss_id, OrderKind::StopMarket { trigger }));
    }
    if let Some(profit) = &body.take_profit {
        let price = price("take_profit", profit, !buys)?;
        legs.push(leg(
            profit_id,
            OrderKind::Limit {
                price,
                post_only: false,
            },
        ));
    }
    Ok(legs)
}

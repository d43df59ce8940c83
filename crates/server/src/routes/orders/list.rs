//! Listing orders.

use crate::routes::prelude::*;

use tradewind_store::projection::{Numbered, OrderFilter};
use tradewind_types::{InstrumentId, Order};

use super::show;

/// Which orders.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OrdersQuery {
    /// Open ones, or all.
    #[serde(default)]
    pub state: wire::OrderList,
    /// Only of this instrument.
    pub instrument: Option<String>,
    /// Most items of the page; 100 when absent.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Orders of an account, newest first. `state=open` is current; `state=all` is the history.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/orders", tag = "orders",
    params(("account" = String, Path, description = "Account id."), OrdersQuery),
    responses((status = 200, body = wire::Page<wire::Order>)))]
pub async fn list_orders(
    State(state): State<AppState>,
    access: AccountAccess,
    QueryOf(query): QueryOf<OrdersQuery>,
) -> ApiResult<Json<wire::Page<wire::Order>>> {
    let instrument = instrument_filter(query.instrument.as_deref())?;
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    match query.state {
        wire::OrderList::Open => open(&state, access, instrument, &page).await,
        wire::OrderList::All => all(&state, access, instrument, &page).await,
    }
}

async fn open(
    state: &AppState,
    access: AccountAccess,
    instrument: Option<InstrumentId>,
    page: &PageQuery,
) -> ApiResult<Json<wire::Page<wire::Order>>> {
    let limit = page.limit()? as usize;
    let before = page.key::<StampedKey>()?;
    let wanted = move |o: &Order| instrument.as_ref().is_none_or(|i| o.request.instrument == *i);
    let mut orders: Vec<Order> = of_account(state, access.id.clone(), move |_, account| {
        account.orders.open().filter(|o| wanted(o)).cloned().collect()
    })
    .await?;
    let key = |o: &Order| StampedKey {
        ts: o.ts_created,
        id: o.request.client_order_id.to_string(),
    };
    orders.sort_by_key(|o| std::cmp::Reverse(key(o)));
    orders.retain(|o| before.as_ref().is_none_or(|before| key(o) < *before));
    let more = orders.len() > limit;
    orders.truncate(limit);
    let next_cursor = orders.last().filter(|_| more).map(|o| Cursor::after(key(o)));
    Ok(Json(wire::Page {
        items: show(state, access.id, orders).await?,
        next_cursor,
    }))
}

async fn all(
    state: &AppState,
    access: AccountAccess,
    instrument: Option<InstrumentId>,
    page: &PageQuery,
) -> ApiResult<Json<wire::Page<wire::Order>>> {
    let filter = OrderFilter {
        open: false,
        instrument,
    };
    let (slice, limit) = slice(page)?;
    let rows = state.histories.orders(&access.id, &filter, slice).await?;
    let (rows, next_cursor) = cut(rows, limit);
    // The projection follows the journal by milliseconds; what the engine has in memory is newer.
    let orders = of_account(state, access.id.clone(), move |_, account| {
        let current = |row: Numbered<Order>| {
            account
                .orders
                .get(&row.item.request.client_order_id)
                .cloned()
                .unwrap_or(row.item)
        };
        rows.into_iter().map(current).collect()
    });
    let orders: Vec<Order> = orders.await?;
    Ok(Json(wire::Page {
        items: show(state, access.id, orders).await?,
        next_cursor,
    }))
}

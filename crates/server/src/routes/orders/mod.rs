//! Orders: submitting, cancelling, reading.

pub mod batch;
pub mod bracket;
pub mod cancel_all;
pub mod delete;
pub mod flatten;
pub mod get;
pub mod list;
mod parse;
pub mod patch;
pub mod post;

use tradewind_engine::CommandReply;
use tradewind_types::{AccountId, ClientOrderId, Order};
use tradewind_wire as wire;

use crate::AppState;
use crate::access::AccountAccess;
use crate::identity::hash_token;
use crate::map;
use crate::problem::{ApiError, ApiResult, Code};
use crate::routes::prelude::of_account;

/// The client order id that an `Idempotency-Key` stands for: the same person, account and key always give the same id,
/// which leaves room for those of a bracket's legs.
fn order_id(access: &AccountAccess, key: &str) -> ApiResult<ClientOrderId> {
    let digest = hash_token(&format!("{}\0{}\0{key}", access.caller.user, access.id));
    ClientOrderId::new(&format!("i{}", &digest[..32])).map_err(|_| ApiError::of(Code::Internal))
}

/// Orders as the API shows them, in the order given.
async fn show(state: &AppState, account: AccountId, orders: Vec<Order>) -> ApiResult<Vec<wire::Order>> {
    let show = move |kernel: &tradewind_engine::Kernel, _: &tradewind_engine::kernel::AccountState| {
        let one = |o: &Order| map::order::order(o, map::order::is_simulated(kernel, &o.request.instrument));
        orders.iter().map(one).collect::<Vec<_>>()
    };
    of_account(state, account, show).await
}

/// The orders of a reply, with whether each was created.
fn orders_of(reply: CommandReply) -> ApiResult<(Vec<Order>, Vec<bool>, bool)> {
    match reply {
        CommandReply::Orders {
            orders,
            created,
            compensated,
        } => Ok((orders, created, compensated)),
        _ => Err(ApiError::of(Code::Internal)),
    }
}

//! Strategies. Their `ETag` is that of what is deployed and whether it runs, not of its figures, which change all the time.

pub mod delete;
pub mod get;
pub mod list;
pub mod patch;
pub mod post;
pub mod registry;

use tokio::sync::SemaphorePermit;
use tradewind_types::{AccountId, StrategyId};
use tradewind_wire as wire;

use crate::AppState;
use crate::extract::{IfMatch, Tag};
use crate::map;
use crate::problem::ApiResult;
use crate::routes::prelude::of_account;

/// The tag of a strategy as it is shown.
fn tag(strategy: &wire::Strategy) -> ApiResult<Tag> {
    let deployed = strategy.deployment.as_ref();
    Tag::of(&(
        deployed.map(|d| (d.version, &d.sha256, &d.parameters, &d.instruments)),
        strategy.status,
    ))
}

/// Waits for the account's turn to be changed and checks that the strategy is as the change supposes. The turn ends when
/// the permit is dropped: the engine runs in this process alone, so nobody changes the strategy between check and change.
async fn turn<'a>(
    state: &'a AppState,
    account: &AccountId,
    strategy: &StrategyId,
    based_on: &IfMatch,
) -> ApiResult<SemaphorePermit<'a>> {
    let permit = state.changes.of(&format!("strategies of {account}")).await?;
    let id = strategy.clone();
    let current = of_account(state, account.clone(), move |kernel, account| {
        let known = account.strategies.contains_key(&id);
        known.then(|| map::strategy::strategy(kernel, account, &id))
    });
    let current = current.await?.map(|strategy| tag(&strategy)).transpose()?;
    based_on.check(current.as_ref())?;
    Ok(permit)
}

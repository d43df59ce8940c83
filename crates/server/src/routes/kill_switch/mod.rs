//! Kill switches, of one account and of all.

pub mod account_delete;
pub mod account_post;
pub mod all_delete;
pub mod all_get;
pub mod all_post;

use tradewind_types::AccountId;
use tradewind_wire as wire;

use crate::AppState;
use crate::map;
use crate::problem::ApiResult;

/// The state of an account's kill switch, or of that of all.
async fn status(state: &AppState, account: Option<AccountId>) -> ApiResult<wire::KillSwitchStatus> {
    let read = move |kernel: &tradewind_engine::Kernel| {
        let own = account
            .as_ref()
            .and_then(|id| kernel.account(id))
            .and_then(|a| a.kill_switch.clone());
        let all = kernel.state().kill_switch.clone();
        if account.is_some() { own.or(all) } else { all }
    };
    let engaged = state.engine.query(read).await?.filter(|k| k.engaged);
    let kill_switch = engaged.as_ref().map(map::risk::kill_switch);
    Ok(wire::KillSwitchStatus {
        engaged: kill_switch.is_some(),
        kill_switch,
    })
}

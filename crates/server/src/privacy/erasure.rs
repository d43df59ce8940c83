//! Erasing a person: their key is destroyed, and with it everything personal in records that stay; what else is theirs
//! alone is deleted; the desk keeps a pseudonymous id.

use std::sync::Arc;

use tradewind_store::identity::users;
use tradewind_store::privacy::erase::erase;
use tradewind_types::UserId;
use tradewind_wire::{BacktestState, Role};

use crate::AppState;
use crate::backtests::Backtests;
use crate::identity::{Lockout, role_text};
use crate::problem::{ApiError, ApiResult, Code};

/// Erases a person; false when they are not there.
///
/// # Errors
/// `LAST_ADMINISTRATOR` for the last one of an organisation; those of the database and of files.
pub async fn erase_person(state: &AppState, person: &UserId) -> ApiResult<bool> {
    let Some(user) = users::by_id(&state.store, person).await? else {
        return Ok(false);
    };
    let highest = role_text(Role::SuperAdmin);
    let last = users::others(&state.store, (&user.org, person), highest).await? == 0;
    if user.role == highest && !user.disabled && last {
        return Err(ApiError::of(Code::LastAdministrator));
    }
    // Files first: when they cannot be deleted, the person is still there to ask again.
    if let Some(jobs) = state.backtests.clone() {
        let owner = person.clone();
        let done = tokio::task::spawn_blocking(move || delete_backtests(&jobs, &owner)).await;
        done.map_err(|_| ApiError::of(Code::Internal))??;
    }
    let attempts = Lockout::name(&user.username);
    erase(&state.store, person.as_str(), &[attempts], state.clock.now()).await?;
    state.audit.people().forget(person.as_str());
    state.identity_changed();
    Ok(true)
}

/// Deletes a person's backtests and files; those that run are stopped before.
fn delete_backtests(jobs: &Arc<Backtests>, owner: &UserId) -> ApiResult<()> {
    for job in jobs.list(owner) {
        if matches!(job.state, BacktestState::Queued | BacktestState::Running) {
            jobs.cancel(owner, &job.id)?;
        }
        jobs.delete(owner, &job.id)?;
    }
    for file in jobs.files(owner)? {
        jobs.delete_file(owner, &file.name)?;
    }
    Ok(())
}

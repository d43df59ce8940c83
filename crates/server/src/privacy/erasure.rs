//! Erasing a person: their key is destroyed, and with it everything personal in records that stay; what else is theirs
//! alone is deleted; the desk keeps a pseudonymous id.
//!
//! ```text
//! looked at, disabled, signed out ─► files deleted ─► looked at again, erased, request EXECUTED
//!        one transaction                                      one transaction
//! ```
//! Whenever it breaks off, the request is still pending and what is left is done the next time.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tradewind_store::identity::users;
use tradewind_store::privacy::deletions::DeletionRow;
use tradewind_store::privacy::erase::{Erasing, Refusal, erase, prepare};
use tradewind_types::{AccountId, UserId};
use tradewind_wire::Role;

use crate::AppState;
use crate::backtests::Backtests;
use crate::extract::RequestInfo;
use crate::identity::audit::{self, Note};
use crate::identity::{Caller, Lockout, role_text};
use crate::problem::{ApiError, ApiResult, Code};

/// How long a backtest may take to stop.
const STOP_MAX: Duration = Duration::from_secs(10);

/// Erases the person of a request and notes it.
///
/// # Errors
/// `FORBIDDEN` for one's own request; `DELETION_REQUEST_STATE` when it is not pending, `DELETION_NOT_DUE`;
/// `LAST_ADMINISTRATOR` and `LAST_OWNER` for whom others still need; `BACKTEST_STATE` when one of theirs does not stop; those
/// of the database and of files.
pub async fn erase_person(
    state: &AppState,
    request: &RequestInfo,
    caller: &Caller,
    row: &DeletionRow,
) -> ApiResult<()> {
    not_oneself(caller, row)?;
    // Neither a hold nor a second execution comes in between.
    let _turn = state.changes.of(&row.id).await?;
    let unknown = || ApiError::of(Code::UserUnknown);
    let person: UserId = row.person.parse().map_err(|_| unknown())?;
    let user = users::by_id(&state.store, &person).await?.ok_or_else(unknown)?;
    let erasing = Erasing {
        request: &row.id,
        org: &row.org,
        person: &person,
        highest: role_text(Role::SuperAdmin),
        by: caller.user.as_str(),
        now: state.clock.now(),
    };
    prepare(&state.store, &erasing).await?.map_err(refused)?;
    state.identity_changed();
    if !user.disabled {
        // What comes may break off: that they are disabled since is written down now.
        let note = Note::ok(caller, "privacy.erase_begin", &row.id).with(json!({ "person": row.person }));
        audit::write(state, request, note).await?;
    }
    if let Some(jobs) = state.backtests.clone() {
        let owner = person.clone();
        let done = tokio::task::spawn_blocking(move || delete_backtests(&jobs, &owner)).await;
        done.map_err(|_| ApiError::of(Code::Internal))??;
    }
    let attempts = [Lockout::name(&user.username)];
    let erased = erase(&state.store, &erasing, &attempts).await?;
    erased.map_err(refused)?;
    state.audit.people().forget(person.as_str());
    state.identity_changed();
    let note = Note::ok(caller, "privacy.erase", &row.id).with(json!({ "person": row.person }));
    audit::write(state, request, note).await
}

/// Nobody decides about their own request.
///
/// # Errors
/// `FORBIDDEN`.
pub fn not_oneself(caller: &Caller, row: &DeletionRow) -> ApiResult<()> {
    if row.person != caller.user.as_str() {
        return Ok(());
    }
    Err(ApiError::new(
        Code::Forbidden,
        "this is your own request; somebody else decides about it",
    ))
}

fn refused(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::Missing => ApiError::of(Code::UserUnknown),
        Refusal::NotPending => ApiError::new(
            Code::DeletionRequestState,
            "only a pending request can be executed",
        ),
        Refusal::NotDue => ApiError::of(Code::DeletionNotDue),
        Refusal::LastAdministrator => ApiError::new(
            Code::LastAdministrator,
            "the last enabled super administrator cannot be erased",
        ),
        Refusal::LastOwner(accounts) => {
            let names: Vec<&str> = accounts.iter().map(AccountId::as_str).collect();
            let text = format!(
                "the person is the only owner of {}; make somebody else an owner first",
                names.join(", ")
            );
            ApiError::new(Code::LastOwner, text)
        }
    }
}

/// Deletes a person's backtests and files; those that run are stopped before.
fn delete_backtests(jobs: &Arc<Backtests>, owner: &UserId) -> ApiResult<()> {
    jobs.stop_all_of(owner, STOP_MAX)?;
    for job in jobs.list(owner) {
        jobs.delete(owner, &job.id)?;
    }
    for file in jobs.files(owner)? {
        jobs.delete_file(owner, &file.name)?;
    }
    Ok(())
}

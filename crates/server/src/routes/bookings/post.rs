//! Income, exchanges, transfers between accounts, corrections, allocations, corporate actions.

use crate::routes::prelude::*;

use tradewind_engine::CommandReply;
use tradewind_store::projection::Slice;
use tradewind_types::EntryId;
use tradewind_types::record::{BookTask, LedgerEntry};

use crate::identity::manage::check_label;
use crate::map;

/// Pages of the ledger in which an old entry is looked for.
const PAGES_MAX: usize = 1_000;

/// Books income, fees, exchanges, transfers between own accounts, corrections, allocations and corporate actions, each
/// by new entries: nothing is ever edited. Needs an `Idempotency-Key`.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/bookings", tag = "accounts",
    params(("account" = String, Path, description = "Account id."),
        ("Idempotency-Key" = String, Header, description = "1 to 64 printable characters.")),
    request_body = wire::NewBooking, responses((status = 201, body = wire::Booked)))]
pub async fn post_booking(
    State(state): State<AppState>,
    request: RequestInfo,
    OnceKey(key): OnceKey,
    access: AccountAccess,
    Body(body): Body<wire::NewBooking>,
) -> ApiResult<impl IntoResponse> {
    let key = key.ok_or_else(|| ApiError::of(Code::IdempotencyKeyMissing))?;
    check_label("reason", &body.reason, 200)?;
    let mut task = map::bookkeeping::task(&body.booking)?;
    own_target(&state, &access, &task).await?;
    find_original(&state, &access.id, &mut task).await?;
    let command = Command::Book {
        account: access.id.clone(),
        task: Box::new(task),
        key,
        reason: body.reason.trim().to_owned(),
    };
    let entries = match command_as(&state, &request, &access.caller, command).await? {
        CommandReply::Entries(entries) => entries,
        CommandReply::Done => Vec::new(),
        _ => return Err(ApiError::of(Code::Internal)),
    };
    let entries = entries.iter().map(map::ledger::entry).collect();
    Ok((StatusCode::CREATED, Json(wire::Booked { entries })))
}

/// Money goes only to an account that the caller owns too; another does not exist for them.
async fn own_target(state: &AppState, access: &AccountAccess, task: &BookTask) -> ApiResult<()> {
    let BookTask::TransferTo { to, .. } = task else {
        return Ok(());
    };
    let org = state.orgs.find(&state.engine, to).await?;
    let resource = crate::access::Resource::Account(to, org.as_ref());
    match crate::access::authorise(Some(&access.caller), crate::access::Action::Bookkeep, resource) {
        crate::access::Decision::Allow => Ok(()),
        _ => Err(ApiError::field(
            "to",
            "UNKNOWN_ACCOUNT",
            "there is no such account of yours",
        )),
    }
}

/// An entry that the kernel no longer remembers comes from the projections.
async fn find_original(state: &AppState, account: &AccountId, task: &mut BookTask) -> ApiResult<()> {
    let (id, original): (EntryId, &mut Option<Box<LedgerEntry>>) = match task {
        BookTask::Reverse { entry, original, .. } | BookTask::Allocate { entry, original, .. } => {
            (entry.clone(), original)
        }
        _ => return Ok(()),
    };
    let wanted = id.clone();
    let remembered = of_account(state, account.clone(), move |_, account| {
        account.recent_entries.iter().any(|e| e.id == wanted)
    });
    if remembered.await? {
        return Ok(());
    }
    let mut before = None;
    for _ in 0..PAGES_MAX {
        let slice = Slice { before, limit: 1_000 };
        let page = state.histories.ledger(account, slice).await?;
        let Some(last) = page.last().map(|row| row.seq) else {
            break;
        };
        if let Some(found) = page.into_iter().find(|row| row.item.id == id) {
            *original = Some(Box::new(found.item));
            return Ok(());
        }
        before = Some(last);
    }
    Err(ApiError::field(
        "entry",
        "UNKNOWN_ENTRY",
        format!("there is no entry {id}"),
    ))
}

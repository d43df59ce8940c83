//! Moving money in and out.

use crate::routes::prelude::*;

use tradewind_engine::CommandReply;
use tradewind_types::record::{LedgerAccount, LedgerEntry};
use tradewind_types::{Currency, Money};

use crate::identity::manage::check_label;
use crate::map;
use crate::routes::numbers::decimal;

/// Moves money into (above zero) or out of (below zero) a paper account. Needs an `Idempotency-Key`; within 24 hours
/// the same key with the same body answers the first result again.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/transfers", tag = "accounts",
    params(("account" = String, Path, description = "Account id."),
        ("Idempotency-Key" = String, Header, description = "1 to 64 printable characters.")),
    request_body = wire::NewTransfer, responses((status = 201, body = wire::LedgerEntry)))]
pub async fn post_transfer(
    State(state): State<AppState>,
    request: RequestInfo,
    OnceKey(key): OnceKey,
    access: AccountAccess,
    Body(body): Body<wire::NewTransfer>,
) -> ApiResult<impl IntoResponse> {
    let key = key.ok_or_else(|| ApiError::of(Code::IdempotencyKeyMissing))?;
    check_label("reason", &body.reason, 200)?;
    let amount = decimal("amount", &body.amount)?;
    let currency: Currency = body
        .currency
        .parse()
        .map_err(|e: tradewind_types::NumberError| ApiError::field("currency", "MALFORMED", e.to_string()))?;
    let money = Money::new(amount, currency);
    let booked = book(&state, &request, &access, money, &key, &body.reason).await?;
    Ok((StatusCode::CREATED, Json(booked)))
}

/// Books the transfer, or finds it where it is booked already: the engine's key outlives our 24 hours, and a crash
/// between booking and answering.
async fn book(
    state: &AppState,
    request: &RequestInfo,
    access: &AccountAccess,
    money: Money,
    key: &str,
    reason: &str,
) -> ApiResult<wire::LedgerEntry> {
    let booked = format!("transfer:{key}");
    let find = move |_: &_, account: &tradewind_engine::kernel::AccountState| {
        account
            .recent_entries
            .iter()
            .find(|entry| entry.key == booked)
            .cloned()
    };
    if let Some(entry) = of_account(state, access.id.clone(), find).await? {
        // Who asked for what is no longer known by our 24 hours, but by what was booked.
        return if is_of(&entry, money, reason.trim()) {
            Ok(map::ledger::entry(&entry))
        } else {
            Err(ApiError::of(Code::IdempotencyKeyReused))
        };
    }
    let command = Command::Transfer {
        account: access.id.clone(),
        money,
        key: key.to_owned(),
        reason: reason.trim().to_owned(),
    };
    match command_as(state, request, &access.caller, command).await? {
        CommandReply::Entry(entry) => Ok(map::ledger::entry(&entry)),
        _ => Err(ApiError::of(Code::Internal)),
    }
}

/// Whether that is what the entry booked.
fn is_of(entry: &LedgerEntry, money: Money, reason: &str) -> bool {
    let cash = entry
        .postings
        .iter()
        .find(|posting| posting.account == LedgerAccount::CashAvailable);
    entry.reason == reason
        && cash.is_some_and(|cash| cash.amount == money.amount && cash.currency == money.currency)
}

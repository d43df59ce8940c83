//! Opening an account.

use crate::routes::prelude::*;

use std::sync::Arc;

use tradewind_engine::EngineError;
use tradewind_store::identity::memberships::{self, MembershipRow};
use tradewind_types::{AccountInfo, AccountKind, Currency, Decimal, Money, VenueId};

use crate::identity::manage::check_label;
use crate::identity::{audit, random_id};
use crate::map;
use crate::routes::numbers::decimal;

const OWNER: &str = "OWNER";
/// Random hexadecimal characters of an account's id.
const ID_CHARS: usize = 16;

/// Opens a paper account, of which one becomes the owner.
#[utoipa::path(post, path = "/api/v1/accounts", tag = "accounts",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 64 printable characters; the same key and body within 24 hours answer the first result again.")),
    request_body = wire::NewAccount,
    responses((status = 201, body = wire::Account)))]
pub async fn post_account(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    OnceKey(key): OnceKey,
    Body(body): Body<wire::NewAccount>,
) -> ApiResult<impl IntoResponse> {
    let (info, deposit) = check(&state, &caller, &body, key.as_deref()).await?;
    // Whoever asked may go away between the membership and the account.
    let opened = to_its_end(open(state, request, caller, info, deposit)).await?;
    Ok((StatusCode::CREATED, Json(opened)))
}

async fn open(
    state: AppState,
    request: RequestInfo,
    caller: Arc<Caller>,
    info: AccountInfo,
    deposit: Money,
) -> ApiResult<wire::Account> {
    let (id, owner) = (info.id.clone(), info.owner.clone());
    let there = state.engine.query({
        let id = id.clone();
        move |kernel| {
            kernel
                .account(&id)
                .is_some_and(|account| account.info.owner == owner)
        }
    });
    // The id follows from the key: a crash came between opening it and answering.
    if there.await? {
        again(&state, &request, &caller, &id).await?;
    } else {
        first_time(&state, &request, &caller, info, deposit).await?;
    }
    let role = Some(wire::MemberRole::Owner);
    of_account(&state, id, move |kernel, account| {
        map::account::account(kernel, &account.info, role)
    })
    .await
}

async fn first_time(
    state: &AppState,
    request: &RequestInfo,
    caller: &Caller,
    info: AccountInfo,
    deposit: Money,
) -> ApiResult<()> {
    let id = info.id.clone();
    // The membership first: an account without an owner could never be reached again.
    make_owner(state, caller, &id).await?;
    let command = Command::OpenAccount {
        account: info,
        deposit,
    };
    if let Err(error) = try_command(state, request, caller, command).await {
        // Only where it is certain that there is no account: after the others its record may have been written.
        if matches!(error, EngineError::Busy | EngineError::Rejected(_)) {
            memberships::remove(&state.store, &id, &caller.user).await?;
        }
        return Err(error.into());
    }
    learn(state, request, caller, id).await
}

/// It was opened by the same key and person before. Whether its membership was written then is not certain; one that was
/// taken away since is not given again, as then another person owns the account.
async fn again(state: &AppState, request: &RequestInfo, caller: &Caller, id: &AccountId) -> ApiResult<()> {
    let members = memberships::of_account(&state.store, id).await?;
    if members.iter().any(|member| member.role == OWNER) {
        return Ok(());
    }
    make_owner(state, caller, id).await?;
    learn(state, request, caller, id.clone()).await
}

async fn make_owner(state: &AppState, caller: &Caller, id: &AccountId) -> ApiResult<()> {
    let member = MembershipRow {
        account: id.clone(),
        owner: caller.user.clone(),
        role: OWNER.to_owned(),
        since: state.clock.now(),
        version: 1,
    };
    let (org, engine) = (&caller.org, &state.config.engine_id);
    memberships::upsert(&state.store, org, engine, &member, caller.user.as_str()).await?;
    Ok(())
}

async fn learn(state: &AppState, request: &RequestInfo, caller: &Caller, id: AccountId) -> ApiResult<()> {
    state.orgs.learn(id.clone(), caller.org.clone());
    state.identity_changed();
    audit::write(state, request, Note::ok(caller, "account.open", id.as_str())).await
}

async fn check(
    state: &AppState,
    caller: &Caller,
    body: &wire::NewAccount,
    key: Option<&str>,
) -> ApiResult<(AccountInfo, Money)> {
    check_label("name", &body.name, 64)?;
    let currency: Currency = body
        .base_currency
        .parse()
        .map_err(|e: tradewind_types::NumberError| {
            ApiError::field("base_currency", "MALFORMED", e.to_string())
        })?;
    let deposit = decimal("deposit", &body.deposit)?;
    if deposit < Decimal::ZERO {
        return Err(ApiError::field(
            "deposit",
            "NEGATIVE",
            format!("deposit must not be negative, got {deposit}"),
        ));
    }
    let venue = body.venue.parse::<VenueId>().ok();
    let wanted = venue.clone();
    let served = state.engine.query(move |kernel| {
        kernel
            .instruments()
            .iter()
            .any(|(_, i)| Some(&i.venue) == wanted.as_ref())
    });
    let Some(venue) = venue else {
        return Err(unknown_venue(&body.venue));
    };
    if !served.await? {
        return Err(unknown_venue(&body.venue));
    }
    let id = match key {
        Some(key) => key.chars().take(ID_CHARS).collect(),
        None => random_id(ID_CHARS / 2)?,
    };
    let id = AccountId::new(&format!("a{id}")).map_err(|_| ApiError::of(Code::Internal))?;
    let info = AccountInfo {
        id,
        org: caller.org.clone(),
        owner: caller.user.clone(),
        name: body.name.trim().to_owned(),
        kind: AccountKind::Paper,
        venue,
        base_currency: currency,
    };
    Ok((info, Money::new(deposit, currency)))
}

fn unknown_venue(venue: &str) -> ApiError {
    let text: String = venue.chars().take(36).collect();
    ApiError::field(
        "venue",
        "UNKNOWN_VENUE",
        format!("no venue `{text}` is connected"),
    )
}

//! Opening an account.

use crate::routes::prelude::*;

use tradewind_engine::CommandReply;
use tradewind_store::identity::memberships::{self, MembershipRow};
use tradewind_types::{AccountInfo, AccountKind, Currency, Decimal, Money, VenueId};

use crate::identity::manage::check_label;
use crate::identity::{audit, random_id};
use crate::map;
use crate::routes::numbers::decimal;

/// Opens a paper account, of which one becomes the owner.
#[utoipa::path(post, path = "/api/v1/accounts", tag = "accounts", request_body = wire::NewAccount,
    responses((status = 201, body = wire::Account)))]
pub async fn post_account(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    Body(body): Body<wire::NewAccount>,
) -> ApiResult<impl IntoResponse> {
    let (info, deposit) = check(&state, &caller, &body).await?;
    let member = MembershipRow {
        account: info.id.clone(),
        owner: caller.user.clone(),
        role: "OWNER".to_owned(),
        since: state.clock.now(),
    };
    // The membership first: an account without an owner could never be reached again.
    memberships::upsert(
        &state.store,
        &state.config.org,
        &state.config.engine_id,
        &member,
        caller.user.as_str(),
    )
    .await?;
    let command = Command::OpenAccount {
        account: info.clone(),
        deposit,
    };
    let opened = match command_as(&state, &request, &caller, command).await {
        Ok(CommandReply::Account(opened)) => *opened,
        Ok(_) => return Err(ApiError::of(Code::Internal)),
        Err(error) => {
            memberships::remove(&state.store, &info.id, &caller.user).await?;
            return Err(error);
        }
    };
    state.identity_changed();
    audit::write(
        &state,
        &request,
        Note::ok(&caller, "account.open", opened.id.as_str()),
    )
    .await?;
    let role = Some(wire::MemberRole::Owner);
    let account = state
        .engine
        .query(move |kernel| map::account::account(kernel, &opened, role))
        .await?;
    Ok((StatusCode::CREATED, Json(account)))
}

async fn check(
    state: &AppState,
    caller: &Caller,
    body: &wire::NewAccount,
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
    let id = AccountId::new(&format!("a{}", random_id(8)?)).map_err(|_| ApiError::of(Code::Internal))?;
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

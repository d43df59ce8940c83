//! First-run set-up.

use crate::routes::prelude::*;

use tradewind_store::identity::links::{self, Purpose};
use tradewind_store::identity::{memberships, users};
use tradewind_types::UnixNanos;

use crate::identity::manage::{Person, prepare};
use crate::identity::{audit, hash_token, open_session};

/// Makes the first administrator and signs them in. Needs the one-time token that the program printed.
#[utoipa::path(post, path = "/api/v1/setup", tag = "identity", request_body = wire::Setup,
    responses((status = 201, body = wire::Session)))]
pub async fn post_setup(
    State(state): State<AppState>,
    request: RequestInfo,
    Body(body): Body<wire::Setup>,
) -> ApiResult<impl IntoResponse> {
    let now = state.clock.now();
    if users::any(&state.store).await? {
        return Err(ApiError::of(Code::SetupDone));
    }
    let token = hash_token(&body.token);
    if !links::is_valid(&state.store, Purpose::Setup, &token, now).await? {
        return Err(ApiError::of(Code::CredentialsRefused));
    }
    let person = Person {
        username: &body.username,
        display_name: &body.display_name,
        password: &body.password,
        role: wire::Role::SuperAdmin,
    };
    let user = prepare(&state.passwords, &state.config.org, &person, now).await?;
    if !users::insert_first(&state.store, &user).await? {
        return Err(ApiError::of(Code::SetupDone));
    }
    links::redeem(&state.store, Purpose::Setup, &token, now).await?;
    adopt_accounts(&state, &user, now).await?;
    let note = Note {
        actor: user.id.as_str(),
        action: "setup",
        subject: user.id.as_str(),
        outcome: "OK",
        detail: json!({}),
    };
    audit::write(&state, &request, note).await?;
    let (cookie, session) = open_session(&state, &request, &user, None).await?;
    Ok((StatusCode::CREATED, [(header::SET_COOKIE, cookie)], Json(session)))
}

/// Owner of accounts that the program opened by itself, before there was anybody.
const SYSTEM_OWNER: &str = "system";

/// The first administrator becomes the owner of the accounts that the program opened by itself.
async fn adopt_accounts(state: &AppState, user: &users::UserRow, now: UnixNanos) -> ApiResult<()> {
    let ownerless = state.engine.query(|kernel| {
        let of_system = kernel
            .accounts()
            .filter(|a| a.info.owner.as_str() == SYSTEM_OWNER);
        of_system.map(|a| a.info.id.clone()).collect::<Vec<_>>()
    });
    for account in ownerless.await? {
        let member = memberships::MembershipRow {
            account,
            owner: user.id.clone(),
            role: "OWNER".to_owned(),
            since: now,
            version: 1,
        };
        let config = &state.config;
        memberships::upsert(
            &state.store,
            &config.org,
            &config.engine_id,
            &member,
            user.id.as_str(),
        )
        .await?;
    }
    Ok(())
}

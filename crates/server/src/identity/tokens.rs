//! Families of tokens for programs: an access token that anybody can verify, and a refresh token that works once.
//!
//! A refresh token that is shown twice means that two hold it, and which of them is the person cannot be told: the family
//! ends, and the person signs in again. There is no time of grace, in which a thief would be served as well; a program that
//! lost the answer to a refresh signs in anew.

use tradewind_store::identity::families::{self, FamilyRow, Turned};
use tradewind_store::identity::users::{self, UserRow};
use tradewind_wire::{Time, Tokens};

use super::audit::{self, Note};
use super::signing::ACCESS_S;
use super::token::{Secret, hash_token, random_id};
use crate::AppState;
use crate::extract::RequestInfo;
use crate::problem::{ApiError, ApiResult, Code};

/// By which refresh tokens are known.
const PREFIX: &str = "twr_";

fn refresh_token() -> ApiResult<Secret> {
    let secret = Secret::generate()?;
    Ok(Secret::from_text(format!("{PREFIX}{}", secret.text())))
}

async fn tokens(state: &AppState, family: &FamilyRow, refresh: &Secret) -> ApiResult<Tokens> {
    Ok(Tokens {
        access_token: state.signing.sign(&family.owner, &family.id).await?,
        token_type: "Bearer".to_owned(),
        expires_in: ACCESS_S,
        refresh_token: refresh.text().to_owned(),
        refresh_expires_at: Time(family.expires_at),
    })
}

/// Opens a family for a person who has just proved who they are. It ends when a browser's session would at the latest.
///
/// # Errors
/// Those of the database, and when nothing can be signed.
pub async fn open_family(
    state: &AppState,
    request: &RequestInfo,
    user: &UserRow,
) -> ApiResult<(FamilyRow, Tokens)> {
    let now = state.clock.now();
    let longest = u64::try_from(state.config.session_absolute.as_nanos()).unwrap_or(u64::MAX);
    let family = FamilyRow {
        id: format!("f{}", random_id(8)?),
        org: user.org.clone(),
        owner: user.id.clone(),
        user_agent: request.user_agent.clone(),
        ip: request.ip.clone(),
        created_at: now,
        last_seen_at: now,
        expires_at: now.plus(longest),
    };
    let refresh = refresh_token()?;
    // Signed first: a family whose holder never hears of it would only be in the way.
    let tokens = tokens(state, &family, &refresh).await?;
    families::insert(&state.store, &family, &hash_token(refresh.text())).await?;
    Ok((family, tokens))
}

/// Gives new tokens for a refresh token.
///
/// # Errors
/// `CREDENTIALS_REFUSED` when it is unknown, used, or its family or person is no longer good; those of the database.
pub async fn refresh(state: &AppState, request: &RequestInfo, shown: &str) -> ApiResult<Tokens> {
    let refuse = || ApiError::of(Code::CredentialsRefused);
    let now = state.clock.now();
    let shown = hash_token(shown);
    let Some(family) = families::by_token_hash(&state.store, &shown, now).await? else {
        return Err(refuse());
    };
    let user = users::by_id(&state.store, &family.owner).await?;
    let user = user.filter(|user| !user.disabled).ok_or_else(refuse)?;
    request.trail.concerns(&user.org);
    let fresh = refresh_token()?;
    let tokens = tokens(state, &family, &fresh).await?;
    match families::turn(&state.store, &shown, &hash_token(fresh.text()), now).await? {
        Turned::Fresh(_) => Ok(tokens),
        Turned::Refused => Err(refuse()),
        Turned::Reused(family) => {
            state.identity_changed();
            let note = Note {
                actor: family.owner.as_str(),
                action: "token.reuse",
                subject: &family.id,
                outcome: Code::CredentialsRefused.name(),
                detail: serde_json::json!({}),
            };
            audit::write(state, request, note).await?;
            Err(refuse())
        }
    }
}

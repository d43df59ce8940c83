//! From what a provider says of somebody to a person here: found by the link, or made where the operator wants that.
//!
//! Nobody is found by a name or an e-mail address: whoever may choose those at a provider would choose whose account it is.

use serde_json::json;
use tradewind_store::StoreError;
use tradewind_store::identity::linked::{self, LinkedRow};
use tradewind_store::identity::users::{self, Decided, UserRow};
use tradewind_types::{UnixNanos, UserId};
use tradewind_wire::Role;

use super::id_token::Claims;
use super::settings::OidcProvider;
use crate::AppState;
use crate::extract::RequestInfo;
use crate::identity::audit::{self, Note};
use crate::identity::{Secret, parse_role, random_id, role_text};
use crate::problem::{ApiError, ApiResult, Code};

/// As whom changes by a provider stand in the audit log.
const ACTOR: &str = "oidc";
/// How many names are tried for somebody new.
const NAMES_MAX: usize = 5;

/// The role that the provider's claims give; `Err` when somebody without one may not sign in.
fn role_of(provider: &OidcProvider, claims: &Claims) -> Result<Option<Role>, ()> {
    let Some(claim) = &provider.role_claim else {
        return Ok(provider.default_role);
    };
    let values = claims.values(claim);
    let given = provider
        .roles
        .iter()
        .find(|of| values.contains(&of.value.as_str()));
    given
        .map(|of| of.role)
        .or(provider.default_role)
        .map(Some)
        .ok_or(())
}

/// The person who signs in.
///
/// # Errors
/// `OIDC_REFUSED` for addresses of other domains, roles that may not, and people who are disabled; `OIDC_NOT_LINKED` for
/// somebody unknown where nobody is made; those of the database.
pub(super) async fn find_or_make(
    state: &AppState,
    request: &RequestInfo,
    provider: &OidcProvider,
    claims: &Claims,
) -> ApiResult<UserRow> {
    let now = state.clock.now();
    if !provider.allows_address(claims.verified_email()) {
        return Err(refused(
            provider,
            "the e-mail address is not verified, or not of an allowed domain",
        ));
    }
    let known = linked::by_subject(&state.store, &provider.org, &provider.issuer, &claims.sub).await?;
    let Some(link) = known else {
        return make(state, request, provider, claims, now).await;
    };
    let user = users::by_id(&state.store, &link.owner).await?;
    let user = user.filter(|user| !user.disabled && user.org == provider.org);
    let user = user.ok_or_else(|| refused(provider, "the person is disabled"))?;
    let user = follow(state, request, provider, (&link, claims), user, now).await?;
    linked::touch(&state.store, &link.id, now).await?;
    Ok(user)
}

/// Somebody whom the provider made has the role that it tells now. Another provider of the same issuer tells nothing of it.
async fn follow(
    state: &AppState,
    request: &RequestInfo,
    provider: &OidcProvider,
    (link, claims): (&LinkedRow, &Claims),
    user: UserRow,
    now: UnixNanos,
) -> ApiResult<UserRow> {
    if !link.made_by_it || link.provider != provider.id || provider.role_claim.is_none() {
        return Ok(user);
    }
    let role =
        role_of(provider, claims).map_err(|()| refused(provider, "none of the claimed values has a role"))?;
    let Some(role) = role.filter(|role| parse_role(&user.role) != Some(*role)) else {
        return Ok(user);
    };
    let highest = role_text(Role::SuperAdmin);
    let decide = |before: &UserRow, others: u64| {
        // The last super administrator stays one, whatever a provider says.
        let last = before.role == highest && !before.disabled && others == 0;
        if last {
            Err(())
        } else {
            Ok((role_text(role).to_owned(), before.disabled))
        }
    };
    match users::change(&state.store, (&user.org, &user.id), highest, now, decide).await? {
        Decided::Done(before, after) => {
            state.identity_changed();
            let detail = json!({"before": {"role": before.role}, "after": {"role": after.role}, "provider": provider.id});
            note(state, request, "user.change", after.id.as_str(), detail).await?;
            Ok(*after)
        }
        Decided::Refused(()) | Decided::Missing => Ok(user),
    }
}

async fn make(
    state: &AppState,
    request: &RequestInfo,
    provider: &OidcProvider,
    claims: &Claims,
    now: UnixNanos,
) -> ApiResult<UserRow> {
    if !provider.create_users {
        return Err(ApiError::of(Code::OidcNotLinked));
    }
    let role = role_of(provider, claims)
        .ok()
        .flatten()
        .ok_or_else(|| refused(provider, "none of the claimed values has a role"))?;
    // A password that nobody knows; one that somebody knows is set by a link of an administrator.
    let nobodys = Secret::generate()?;
    let password_hash = state.passwords.hash(nobodys.text()).await?;
    let wanted = username(claims);
    for attempt in 0..NAMES_MAX {
        let id = random_id(8)?;
        let user = UserRow {
            id: UserId::new(&format!("u{id}")).map_err(|_| ApiError::of(Code::Internal))?,
            org: provider.org.clone(),
            username: match attempt {
                0 => wanted.clone(),
                _ => format!(
                    "{}-{}",
                    wanted.chars().take(27).collect::<String>(),
                    random_id(2)?
                ),
            },
            display_name: display_name(claims).unwrap_or_else(|| wanted.clone()),
            role: role_text(role).to_owned(),
            password_hash: password_hash.clone(),
            disabled: false,
            created_at: now,
            version: 1,
        };
        let link = link_of(provider, claims, &user.id, true, now)?;
        match users::insert_linked(&state.store, &user, &link).await {
            Ok(()) => {
                state.identity_changed();
                let detail = json!({"role": user.role, "provider": provider.id});
                note(state, request, "user.create", user.id.as_str(), detail).await?;
                return Ok(user);
            }
            Err(StoreError::Conflict { .. }) => {
                // Either the name is taken, or the same person was quicker by another request.
                let known =
                    linked::by_subject(&state.store, &provider.org, &provider.issuer, &claims.sub).await?;
                if let Some(link) = known {
                    let user = users::by_id(&state.store, &link.owner).await?;
                    return user
                        .filter(|user| !user.disabled)
                        .ok_or_else(|| refused(provider, "the person is disabled"));
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::of(Code::UsernameTaken))
}

/// Links what a provider says to somebody who is signed in here.
///
/// # Errors
/// `OIDC_REFUSED` for addresses of other domains, `IDENTITY_TAKEN`, those of the database.
pub(super) async fn link(
    state: &AppState,
    request: &RequestInfo,
    provider: &OidcProvider,
    claims: &Claims,
    user: &UserRow,
) -> ApiResult<()> {
    let now = state.clock.now();
    if user.disabled || user.org != provider.org {
        return Err(refused(
            provider,
            "the person is disabled, or of another organisation",
        ));
    }
    if !provider.allows_address(claims.verified_email()) {
        return Err(refused(
            provider,
            "the e-mail address is not verified, or not of an allowed domain",
        ));
    }
    let row = link_of(provider, claims, &user.id, false, now)?;
    match linked::insert(&state.store, &row).await {
        Ok(()) => {
            let audited = Note {
                actor: user.id.as_str(),
                action: "identity.link",
                subject: &row.id,
                outcome: "OK",
                detail: json!({"provider": provider.id}),
            };
            audit::write(state, request, audited).await
        }
        Err(StoreError::Conflict { .. }) => Err(ApiError::of(Code::IdentityTaken)),
        Err(error) => Err(error.into()),
    }
}

fn link_of(
    provider: &OidcProvider,
    claims: &Claims,
    owner: &UserId,
    made_by_it: bool,
    now: UnixNanos,
) -> ApiResult<LinkedRow> {
    Ok(LinkedRow {
        id: format!("i{}", random_id(8)?),
        org: provider.org.clone(),
        owner: owner.clone(),
        provider: provider.id.clone(),
        issuer: provider.issuer.clone(),
        subject: claims.sub.clone(),
        made_by_it,
        created_at: now,
        last_used_at: made_by_it.then_some(now),
    })
}

/// A name to sign in with out of what the provider suggests: legal characters of ours, 3 to 32.
fn username(claims: &Claims) -> String {
    let mail = claims.verified_email().and_then(|mail| mail.split('@').next());
    let suggested = claims
        .preferred_username
        .as_deref()
        .and_then(|name| name.split('@').next());
    let legal = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let text: String = suggested
        .or(mail)
        .unwrap_or_default()
        .chars()
        .filter(legal)
        .take(32)
        .collect();
    if text.len() < 3 {
        format!("user{text}")
    } else {
        text
    }
}

/// A name for people, without what does not belong into one.
fn display_name(claims: &Claims) -> Option<String> {
    let text = claims.name.as_deref()?;
    let text: String = text.chars().filter(|c| !c.is_control()).take(64).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Notes what a provider changed; the address of whoever came from it is that of the person.
async fn note(
    state: &AppState,
    request: &RequestInfo,
    action: &'static str,
    subject: &str,
    detail: serde_json::Value,
) -> ApiResult<()> {
    let audited = Note {
        actor: ACTOR,
        action,
        subject,
        outcome: "OK",
        detail,
    };
    audit::write_concerning(state, request, audited, subject).await
}

/// Tells the log why, and the person that it is so.
fn refused(provider: &OidcProvider, why: &str) -> ApiError {
    tracing::warn!(
        provider = provider.id,
        why,
        "somebody from a provider is not let in"
    );
    ApiError::of(Code::OidcRefused)
}

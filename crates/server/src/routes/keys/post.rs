//! Making an API key.

use crate::routes::prelude::*;

use crate::access::may_see;
use crate::identity::KeyTerms;
use crate::identity::audit;
use crate::identity::manage::{Key, create_key};

/// Makes an API key. Its secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/api/v1/keys", tag = "identity", request_body = wire::NewKey,
    responses((status = 201, body = wire::CreatedKey)))]
pub async fn post_key(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    Body(body): Body<wire::NewKey>,
) -> ApiResult<impl IntoResponse> {
    let accounts = match &body.accounts {
        Some(list) => Some(known(&state, &caller, list).await?),
        None => None,
    };
    let key = Key {
        owner: &caller.user,
        name: &body.name,
        scopes: &body.scopes,
        accounts,
        expires_at: body.expires_at.map(|end| end.0),
        terms: KeyTerms::asked(
            body.networks.as_deref(),
            body.requests_per_minute,
            body.orders_per_minute,
        )?,
    };
    let (row, secret) = create_key(&state.store, &caller.org, key, state.clock.now()).await?;
    state.identity_changed();
    audit::write(&state, &request, Note::ok(&caller, "key.create", &row.id)).await?;
    let created = wire::CreatedKey {
        key: secret.text().to_owned(),
        info: super::describe(row),
    };
    Ok((StatusCode::CREATED, Json(created)))
}

/// The accounts of a list, of which each has to exist for the caller.
async fn known(state: &AppState, caller: &Caller, list: &[String]) -> ApiResult<Vec<AccountId>> {
    let mut accounts = Vec::with_capacity(list.len());
    for (n, text) in list.iter().enumerate() {
        let unknown = || {
            let field = format!("accounts[{n}]");
            ApiError::field(field, "UNKNOWN_ACCOUNT", "there is no such account")
        };
        let id: AccountId = text.parse().map_err(|_| unknown())?;
        let org = state.orgs.find(&state.engine, &id).await?;
        if !may_see(caller, &id, org.as_ref()) {
            return Err(unknown());
        }
        accounts.push(id);
    }
    Ok(accounts)
}

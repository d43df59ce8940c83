//! Making an API key.

use crate::routes::prelude::*;

use crate::access::may_see;
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
    let parse = |(n, id): (usize, &String)| {
        let known = id.parse::<AccountId>().ok().filter(|id| may_see(&caller, id));
        known.ok_or_else(|| {
            ApiError::field(
                format!("accounts[{n}]"),
                "UNKNOWN_ACCOUNT",
                "there is no such account",
            )
        })
    };
    let accounts = body
        .accounts
        .as_ref()
        .map(|list| list.iter().enumerate().map(parse).collect::<ApiResult<Vec<_>>>());
    let key = Key {
        owner: &caller.user,
        name: &body.name,
        scopes: &body.scopes,
        accounts: accounts.transpose()?,
        expires_at: body.expires_at.map(|end| end.0),
    };
    let (row, secret) = create_key(&state.store, &state.config.org, key, state.clock.now()).await?;
    state.identity_changed();
    audit::write(&state, &request, Note::ok(&caller, "key.create", &row.id)).await?;
    let created = wire::CreatedKey {
        key: secret.text().to_owned(),
        info: super::describe(row),
    };
    Ok((StatusCode::CREATED, Json(created)))
}

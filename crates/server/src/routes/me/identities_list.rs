//! One's identities at providers.

use crate::routes::prelude::*;

use tradewind_store::identity::linked;

/// The identities at OpenID Connect providers that one signs in with.
#[utoipa::path(get, path = "/api/v1/me/identities", tag = "identity",
    responses((status = 200, body = wire::Page<wire::LinkedIdentity>)))]
pub async fn list_identities(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> ApiResult<Json<wire::Page<wire::LinkedIdentity>>> {
    let rows = linked::of_owner(&state.store, &caller.user).await?;
    let name = |id: &str| {
        let mut known = state.oidc.iter().flat_map(|oidc| oidc.providers());
        let found = known.find(|provider| provider.id == id);
        found.map_or_else(|| id.to_owned(), |provider| provider.name.clone())
    };
    let shown = rows.into_iter().map(|row| wire::LinkedIdentity {
        provider_name: name(&row.provider),
        id: row.id,
        provider: row.provider,
        created_at: wire::Time(row.created_at),
        last_used_at: row.last_used_at.map(wire::Time),
    });
    Ok(Json(wire::Page::whole(shown.collect())))
}

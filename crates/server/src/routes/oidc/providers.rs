//! The providers that people may sign in with.

use crate::routes::prelude::*;

/// The OpenID Connect providers that people may sign in with; none in a program that was built without.
#[utoipa::path(get, path = "/api/v1/oidc/providers", tag = "identity",
    responses((status = 200, body = wire::Page<wire::OidcProvider>)))]
pub async fn list_oidc_providers(State(state): State<AppState>) -> Json<wire::Page<wire::OidcProvider>> {
    let providers = state.oidc.iter().flat_map(|oidc| oidc.providers());
    let shown = providers.map(|provider| wire::OidcProvider {
        id: provider.id.clone(),
        name: provider.name.clone(),
    });
    Json(wire::Page::whole(shown.collect()))
}

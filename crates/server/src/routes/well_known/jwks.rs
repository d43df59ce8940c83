//! The keys that access tokens are signed with.

use crate::routes::prelude::*;

/// The public keys of access tokens, as a JWK set. A key that was replaced stays until its last token has ended.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "identity", responses((status = 200, body = wire::JwkSet)))]
pub async fn get_jwks(State(state): State<AppState>) -> ApiResult<Json<wire::JwkSet>> {
    let keys = state.signing.published().await?;
    Ok(Json(wire::JwkSet { keys }))
}

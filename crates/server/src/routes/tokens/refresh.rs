//! New tokens for a refresh token.

use crate::routes::prelude::*;

use crate::identity::tokens;

/// Gives new tokens for a refresh token, which works once. Showing one a second time ends its family, since two hold it.
#[utoipa::path(post, path = "/api/v1/tokens/refresh", tag = "identity", request_body = wire::TokenRefresh,
    responses((status = 200, body = wire::Tokens), (status = 401, description = "Problem: CREDENTIALS_REFUSED.",
        body = wire::Problem, content_type = "application/problem+json")))]
pub async fn refresh_tokens(
    State(state): State<AppState>,
    request: RequestInfo,
    Body(body): Body<wire::TokenRefresh>,
) -> ApiResult<Json<wire::Tokens>> {
    // To its end, also when the program has gone: what was turned and never heard of would look like a theft.
    let work = async move { tokens::refresh(&state, &request, &body.refresh_token).await };
    Ok(Json(to_its_end(work).await?))
}

//! Linking an identity at a provider.

use crate::routes::prelude::*;

use crate::identity::sign_in::{Proof, prove};

/// Begins to link an identity at a provider, with which one can sign in from then on: with one's password, and a code where
/// there is a second factor. The answer tells where to send the browser; it is to come back within ten minutes.
#[utoipa::path(post, path = "/api/v1/me/identities", tag = "identity", request_body = wire::NewIdentity,
    responses((status = 200, body = wire::OidcDeparture),
        (status = 404, description = "Problem: OIDC_PROVIDER_UNKNOWN.", body = wire::Problem,
        content_type = "application/problem+json")))]
pub async fn post_identity(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    Body(body): Body<wire::NewIdentity>,
) -> ApiResult<impl IntoResponse> {
    let oidc = crate::routes::oidc::oidc(&state)?;
    let proof = Proof {
        password: ("password", &body.password),
        code: body.code.as_deref(),
        action: "identity.link",
    };
    let user = prove(&state, &request, &caller, proof).await?;
    let asks = tradewind_store::identity::factors::is_on(&state.store, &user.id).await?;
    if asks && body.code.is_none() {
        let text = "you have a second factor: send its code, too";
        return Err(ApiError::field("code", "MISSING", text));
    }
    let begun = oidc.begin_link(&state, &body.provider, &caller).await?;
    let departure = wire::OidcDeparture { url: begun.url };
    Ok(([(header::SET_COOKIE, begun.cookie)], Json(departure)))
}

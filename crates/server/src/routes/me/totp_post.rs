//! Beginning to enrol an authenticator app.

use crate::routes::prelude::*;

use tradewind_store::identity::factors;

use crate::identity::audit;
use crate::identity::factor::totp::Seed;
use crate::identity::factor::{purpose, qr};
use crate::identity::sign_in::{Proof, prove};

/// Begins to enrol an authenticator app: tells its secret, which counts once a code of it has confirmed it.
#[utoipa::path(post, path = "/api/v1/me/mfa/totp", tag = "identity", request_body = wire::FactorEnrolment,
    responses((status = 200, body = wire::FactorSeed), (status = 409, description = "Problem: SECOND_FACTOR_ENABLED.",
        body = wire::Problem, content_type = "application/problem+json")))]
pub async fn post_totp(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    Body(body): Body<wire::FactorEnrolment>,
) -> ApiResult<Json<wire::FactorSeed>> {
    let proof = Proof {
        password: ("password", &body.password),
        code: None,
        action: "factor.enrol",
    };
    let user = prove(&state, &request, &caller, proof).await?;
    let seed = Seed::generate()?;
    let sealed = state.keyring.seal(&purpose(&user.id), seed.bytes())?;
    if !factors::begin(&state.store, &user.org, &user.id, &sealed, state.clock.now()).await? {
        return Err(ApiError::of(Code::SecondFactorEnabled));
    }
    audit::write(
        &state,
        &request,
        Note::ok(&caller, "factor.enrol", user.id.as_str()),
    )
    .await?;
    let uri = seed.uri(&user.username);
    let (size, path) = qr::draw(&uri)?;
    Ok(Json(wire::FactorSeed {
        secret: seed.text().to_string(),
        uri: uri.to_string(),
        qr: wire::QrDrawing { size, path },
    }))
}

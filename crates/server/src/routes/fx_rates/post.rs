//! Recording an exchange rate.

use crate::routes::prelude::*;

use crate::identity::manage::check_label;
use crate::map;

/// Records a dated exchange rate. One of the same pair and time is replaced; what was converted before stays as it was.
#[utoipa::path(post, path = "/api/v1/fx-rates", tag = "accounts",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 64 printable characters; the same key and body within 24 hours answer the first result again.")),
    request_body = wire::FxRate,
    responses((status = 201, body = wire::FxRate)))]
pub async fn post_fx_rate(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    Body(body): Body<wire::FxRate>,
) -> ApiResult<impl IntoResponse> {
    check_label("source", &body.source, 200)?;
    let rate = map::bookkeeping::rate_back(&body)?;
    let answer = map::bookkeeping::rate(&rate);
    command_as(&state, &request, &caller, Command::RecordFxRate { rate }).await?;
    Ok((StatusCode::CREATED, Json(answer)))
}

//! Giving a consent, or taking it back.

use crate::routes::prelude::*;

use tradewind_store::privacy::consents::{self, ConsentRow};

use crate::identity::audit;
use crate::identity::manage::check_label;

/// Agrees to a purpose, or takes that back. Every decision is kept with its time and the version of the text; one that
/// stands already is not kept again.
#[utoipa::path(put, path = "/api/v1/me/consents/{purpose}", tag = "privacy",
    params(("purpose" = String, Path, description = "PRODUCT_NEWS, USAGE_STATISTICS, RESEARCH or ADVICE_PROFILING.")),
    request_body = wire::ConsentDecision, responses((status = 200, body = wire::Consents)))]
pub async fn put_consent(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    params: Params,
    Body(body): Body<wire::ConsentDecision>,
) -> ApiResult<Json<wire::Consents>> {
    let purpose = super::consents_list::purpose(params.text("purpose"))?;
    check_label("policy", &body.policy, 32)?;
    let row = ConsentRow {
        purpose: purpose.to_owned(),
        granted: body.granted,
        policy: body.policy,
        decided_at: state.clock.now(),
    };
    if consents::decide(&state.store, &caller.org, caller.user.as_str(), &row).await? {
        let detail = json!({ "granted": row.granted, "policy": row.policy });
        let note = Note::ok(&caller, "consent.decide", purpose).with(detail);
        audit::write(&state, &request, note).await?;
    }
    Ok(Json(super::consents_list::standing(&state, &caller).await?))
}

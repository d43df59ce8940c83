//! One's own consents.

use crate::routes::prelude::*;

use tradewind_store::privacy::consents::{self, ConsentRow};

const PURPOSES: &[(wire::ConsentPurpose, &str)] = &[
    (wire::ConsentPurpose::ProductNews, "PRODUCT_NEWS"),
    (wire::ConsentPurpose::UsageStatistics, "USAGE_STATISTICS"),
    (wire::ConsentPurpose::Research, "RESEARCH"),
    (wire::ConsentPurpose::AdviceProfiling, "ADVICE_PROFILING"),
];

/// A purpose by its name.
pub(super) fn purpose(text: &str) -> ApiResult<&'static str> {
    let found = PURPOSES.iter().find(|(_, name)| *name == text);
    found
        .map(|(_, name)| *name)
        .ok_or_else(|| ApiError::of(Code::ConsentPurposeUnknown))
}

/// How a person stands to every purpose: their newest decisions.
pub(super) async fn standing(state: &AppState, caller: &Caller) -> ApiResult<wire::Consents> {
    let decided = consents::newest(&state.store, caller.user.as_str()).await?;
    let of = |name: &str| decided.iter().find(|row| row.purpose == name);
    let describe = |purpose: wire::ConsentPurpose, row: Option<&ConsentRow>| wire::Consent {
        purpose,
        granted: row.is_some_and(|row| row.granted),
        policy: row.map(|row| row.policy.clone()),
        decided_at: row.map(|row| wire::Time(row.decided_at)),
    };
    let items = PURPOSES
        .iter()
        .map(|(purpose, name)| describe(*purpose, of(name)));
    Ok(wire::Consents {
        items: items.collect(),
    })
}

/// What one has agreed to. Nothing is agreed to before it was decided.
#[utoipa::path(get, path = "/api/v1/me/consents", tag = "privacy",
    responses((status = 200, body = wire::Consents)))]
pub async fn list_consents(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> ApiResult<Json<wire::Consents>> {
    Ok(Json(standing(&state, &caller).await?))
}

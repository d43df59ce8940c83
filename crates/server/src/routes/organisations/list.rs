//! All organisations.

use crate::routes::prelude::*;

use tradewind_store::identity::organisations;

/// All organisations of the installation, by id, for super administrators of the one that runs it. They are made on the
/// command line (`tradewind org`).
#[utoipa::path(get, path = "/api/v1/organisations", tag = "identity",
    responses((status = 200, body = wire::Page<wire::OrganisationSummary>)))]
pub async fn list_organisations(
    State(state): State<AppState>,
) -> ApiResult<Json<wire::Page<wire::OrganisationSummary>>> {
    let rows = organisations::list(&state.store).await?;
    let items = rows.iter().map(|row| wire::OrganisationSummary {
        organisation: super::describe(&row.organisation, &state.config.org),
        people: row.people,
        accounts: row.accounts,
    });
    Ok(Json(wire::Page::whole(items.collect())))
}

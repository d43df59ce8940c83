//! Venues.

use crate::routes::prelude::*;

use crate::venues::venue_row;

/// The venues with their circuit breakers.
#[utoipa::path(get, path = "/api/v1/venues", tag = "venues", responses((status = 200, body = wire::Page<wire::Venue>)))]
pub async fn list_venues(State(state): State<AppState>) -> ApiResult<Json<wire::Page<wire::Venue>>> {
    let now = state.clock.now();
    Ok(Json(wire::Page::whole(
        state.venues.entries().iter().map(|v| venue_row(v, now)).collect(),
    )))
}

//! Tickets for the hub.

use crate::routes::prelude::*;

/// Makes a single-use ticket with which a browser opens the hub; it holds 30 seconds.
#[utoipa::path(post, path = "/api/v1/stream/tickets", tag = "identity", responses((status = 201, body = wire::StreamTicket)))]
pub async fn post_ticket(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> ApiResult<impl IntoResponse> {
    let (ticket, end) = state.tickets.issue(caller)?;
    let body = wire::StreamTicket {
        ticket: ticket.text().to_owned(),
        expires_at: wire::Time(end),
    };
    Ok((StatusCode::CREATED, Json(body)))
}

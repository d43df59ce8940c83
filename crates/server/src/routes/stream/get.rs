//! The hub's socket.

use crate::routes::prelude::*;

use crate::hub::{NotAnUpgrade, Upgrade};
use crate::identity::Via;

/// Opens the real-time hub: WebSocket, JSON or MessagePack messages (schemas `ClientMessage` and `ServerMessage`).
#[utoipa::path(get, path = "/api/v1/stream", tag = "system",
    responses((status = 101, description = "WebSocket."), (status = 426, description = "Problem: UPGRADE_REQUIRED.",
        body = wire::Problem, content_type = "application/problem+json")))]
pub async fn get_stream(
    State(state): State<AppState>,
    request: RequestInfo,
    MaybeCaller(caller): MaybeCaller,
    upgrade: Result<Upgrade, NotAnUpgrade>,
) -> ApiResult<axum::response::Response> {
    let upgrade = upgrade.map_err(ApiError::from)?;
    let hub = state
        .hub
        .clone()
        .ok_or_else(|| ApiError::of(Code::StreamUnavailable))?;
    // A cookie travels with any page's upgrade; only what a program sends on purpose counts.
    let program = caller.filter(|c| matches!(c.via, Via::Key { .. } | Via::Token { .. }));
    let unknown = std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
    Ok(hub.accept(upgrade, request.peer.unwrap_or(unknown), program))
}

//! Liveness and readiness.

use crate::routes::prelude::*;

use axum::response::Response;
use utoipa::ToSchema;

/// Health of the program or of one part.
#[derive(Debug, serde::Serialize, ToSchema)]
pub struct Health {
    /// Whether all is well.
    pub status: wire::PartState,
    /// Parts that readiness depends on, with what is wrong.
    pub parts: std::collections::BTreeMap<&'static str, wire::PartState>,
}

/// Whether the process answers at all.
#[utoipa::path(get, path = "/healthz", tag = "system", responses((status = 200, body = Health)))]
pub async fn healthz() -> Json<Health> {
    Json(Health {
        status: wire::PartState::Ok,
        parts: Default::default(),
    })
}

/// Whether everything it needs works: engine, journal, database. 503 with the parts when not.
#[utoipa::path(get, path = "/readyz", tag = "system",
    responses((status = 200, body = Health), (status = 503, description = "Problem: UNAVAILABLE, one of the parts is down.",
        body = wire::Problem, content_type = "application/problem+json")))]
pub async fn readyz(State(state): State<AppState>) -> ApiResult<Response> {
    let part = |works: bool| {
        if works {
            wire::PartState::Ok
        } else {
            wire::PartState::Down
        }
    };
    let parts = std::collections::BTreeMap::from([
        ("engine", part(state.engine.query(|_| ()).await.is_ok())),
        ("journal", part(state.engine.stats().journal_down.is_none())),
        ("store", part(state.store.ping().await.is_ok())),
    ]);
    let down: Vec<&str> = parts
        .iter()
        .filter(|(_, s)| **s == wire::PartState::Down)
        .map(|(name, _)| *name)
        .collect();
    if down.is_empty() {
        return Ok(Json(Health {
            status: wire::PartState::Ok,
            parts,
        })
        .into_response());
    }
    Err(ApiError::new(Code::Unavailable, format!("down: {}", down.join(", "))).retry_after(5))
}

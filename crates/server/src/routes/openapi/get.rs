//! The OpenAPI document.

use crate::routes::prelude::*;

use std::sync::OnceLock;

use crate::App;

/// This API as an OpenAPI 3.1 document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "system",
    responses((status = 200, description = "OpenAPI 3.1.", body = Object)))]
pub async fn get_openapi(State(state): State<AppState>) -> impl IntoResponse {
    // The routes are the same for the life of the process.
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| App::openapi(state)).as_str();
    ([(header::CONTENT_TYPE, "application/json")], text)
}

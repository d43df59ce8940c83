//! The browsable reference.

use crate::routes::prelude::*;

const PAGE: &str = include_str!("reference.html");
const SCRIPT: &str = include_str!("reference.js");
const STYLE: &str = include_str!("reference.css");

/// A page that shows this API; it loads nothing from elsewhere.
#[utoipa::path(get, path = "/api/v1/reference", tag = "system",
    responses((status = 200, description = "HTML.", body = String, content_type = "text/html")))]
pub async fn get_reference() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], PAGE)
}

/// The reference page's script.
#[utoipa::path(get, path = "/api/v1/reference/reference.js", tag = "system",
    responses((status = 200, description = "JavaScript.", body = String, content_type = "text/javascript")))]
pub async fn get_reference_script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT)
}

/// The reference page's style sheet.
#[utoipa::path(get, path = "/api/v1/reference/reference.css", tag = "system",
    responses((status = 200, description = "CSS.", body = String, content_type = "text/css")))]
pub async fn get_reference_style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

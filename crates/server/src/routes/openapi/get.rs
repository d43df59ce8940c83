//! The OpenAPI document.

use crate::routes::prelude::*;

use std::sync::OnceLock;

use crate::App;

/// This API as an OpenAPI 3.1 document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "system",
    responses((status = 200, description = "OpenAPI 3.1.", body = Object)))]
pub async fn get_openapi(State(state): State<AppState>) -> ApiResult<impl IntoResponse> {
    // The routes are the same for the life of the process. Its tag is made once: it is too long for one with each answer.
    static TEXT: OnceLock<(String, Tag)> = OnceLock::new();
    let (text, tag) = TEXT.get_or_init(|| {
        let text = App::openapi(state);
        let tag = Tag::of_text(&text);
        (text, tag)
    });
    let kind = [(header::CONTENT_TYPE, "application/json")];
    Ok((tag.header()?, kind, text.as_str()))
}

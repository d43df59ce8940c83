//! The catalogue of errors.

use crate::routes::prelude::*;

/// Every error code, with its status and meaning.
#[utoipa::path(get, path = "/api/v1/errors", tag = "system", responses((status = 200, body = wire::ErrorCatalogue)))]
pub async fn list_errors() -> Json<wire::ErrorCatalogue> {
    Json(wire::ErrorCatalogue {
        items: Code::descriptions(),
    })
}

//! A copy of one's own data.

use crate::routes::prelude::*;

use axum::response::Response;

use crate::identity::audit;
use crate::privacy::copy;

/// Everything that the desk holds of oneself, but for hashes of passwords and keys: JSON files in a ZIP archive, with the
/// histories of one's own accounts.
#[utoipa::path(get, path = "/api/v1/me/data-export", tag = "privacy",
    responses((status = 200, body = String, content_type = "application/zip", description = "The archive.")))]
pub async fn get_data_export(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
) -> ApiResult<Response> {
    audit::write(
        &state,
        &request,
        Note::ok(&caller, "privacy.export", caller.user.as_str()),
    )
    .await?;
    let archive = copy::of(&state, &caller).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/zip"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"my-data.zip\"",
        ),
    ];
    Ok((headers, archive).into_response())
}

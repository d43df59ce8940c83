//! Taking a backup.

use crate::routes::prelude::*;

use super::{begun, location};
use crate::backups::Wanted;

/// Takes a backup of the database and the journal while the program runs, as a job that can be stopped; it is read again
/// before it counts.
#[utoipa::path(post, path = "/api/v1/backups", tag = "system",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 64 printable characters; the same key within 24 hours answers the first result again.")),
    responses((status = 202, body = wire::Job),
        (status = 409, description = "Problem: BACKUP_RUNNING, BACKUP_KEY_MISSING, IDEMPOTENCY_IN_FLIGHT.", body = wire::Problem, content_type = "application/problem+json"),
        (status = 503, description = "Problem: BACKUPS_UNAVAILABLE.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn post_backup(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
) -> ApiResult<impl IntoResponse> {
    let note = ("backup.take", "database and journal".to_owned());
    let job = begun(state, request, caller, note, |backups| {
        backups.claim(Wanted::Backup)
    })
    .await?;
    Ok((StatusCode::ACCEPTED, location(&job), Json(job)))
}

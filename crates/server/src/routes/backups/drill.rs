//! Restoring a backup on trial.

use crate::routes::prelude::*;

use super::{begun, location};
use crate::backups::Wanted;

/// Restores a backup into a temporary place, as a job, compares what is there then with its checksums, checks the journal,
/// and takes everything away again. Nothing of the running program is touched.
#[utoipa::path(post, path = "/api/v1/backups/{backup}/drill", tag = "system",
    params(("backup" = String, Path, description = "Backup id."),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 64 printable characters; the same key within 24 hours answers the first result again.")),
    responses((status = 202, body = wire::Job),
        (status = 409, description = "Problem: BACKUP_RUNNING, BACKUP_KEY_MISSING, BACKUP_OTHER_KEY, IDEMPOTENCY_IN_FLIGHT.", body = wire::Problem, content_type = "application/problem+json"),
        (status = 503, description = "Problem: BACKUPS_UNAVAILABLE.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn drill_backup(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<impl IntoResponse> {
    let id = params.text("backup").to_owned();
    let note = ("backup.drill", id.clone());
    let job = begun(state, request, caller, note, move |backups| {
        backups.claim(Wanted::Drill(&id))
    })
    .await?;
    Ok((StatusCode::ACCEPTED, location(&job), Json(job)))
}

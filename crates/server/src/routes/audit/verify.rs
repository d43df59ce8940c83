//! Looking the audit log over.

use crate::routes::prelude::*;

use tradewind_store::identity::audit::Head;

use crate::identity::audit::verify::verify;

/// Looks the whole audit log over, that of all organisations: whether every entry is what was written, none is missing, and the signed ends that
/// were kept outside the database are in it.
#[utoipa::path(get, path = "/api/v1/audit/verify", tag = "audit",
    responses((status = 200, body = wire::AuditVerification)))]
pub async fn verify_audit(State(state): State<AppState>) -> ApiResult<Json<wire::AuditVerification>> {
    let found = verify(&state.store, state.audit.folder(), Vec::new(), None).await?;
    let place = |head: Head| wire::AuditPlace {
        seq: head.seq,
        hash: head.hash.text(),
    };
    let walked = found.walked;
    Ok(Json(wire::AuditVerification {
        intact: walked.is_intact(),
        entries: walked.entries,
        head: place(walked.head),
        first_bad: walked.first_bad.map(|bad| wire::AuditBreak {
            seq: bad.seq,
            what: bad.what,
        }),
        checkpoint: found.checkpoint.map(|signed| wire::AuditCheckpoint {
            seq: signed.seq,
            hash: signed.hash,
            at: signed.at,
            public_key: signed.public_key,
        }),
        anchor: walked.anchor.map(|anchor| place(anchor.through)),
    }))
}

//! Deleting what is over its time.

use crate::routes::prelude::*;

use tradewind_store::privacy::deletions;
use tradewind_types::UnixNanos;

use crate::identity::audit::{self, PlainRow};
use crate::privacy::erasure::erase_person;
use crate::privacy::retention::{self, DUE_MAX};

/// Deletes what is over its time: rows that are kept for a period, the beginning of the audit log, and people whose
/// requests to be erased are due (100 at once). What cannot be done stops nothing else; the answer says what it is and why.
#[utoipa::path(post, path = "/api/v1/retention/enforce", tag = "privacy",
    responses((status = 200, body = wire::RetentionEnforced)))]
pub async fn enforce_retention(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
) -> ApiResult<Json<wire::RetentionEnforced>> {
    let mut done = Done::default();
    for (kind, deleted) in retention::delete_rows(&state).await {
        done.note(kind, deleted);
    }
    erase_due(&state, &request, &caller, &mut done).await;
    let cut = PlainRow {
        org: state.config.org.clone(),
        ts: state.clock.now(),
        actor: caller.user.to_string(),
        action: "audit.cut".to_owned(),
        subject: "audit".to_owned(),
        outcome: "OK".to_owned(),
        address: request.ip.clone(),
        correlation_id: request.correlation_id.clone(),
        detail: String::new(),
        person: String::new(),
        personal: String::new(),
    };
    done.note(
        wire::RetentionKind::Audit,
        retention::cut_audit(&state, cut).await,
    );
    let outcome = if done.0.failed.is_empty() {
        "OK"
    } else {
        "INCOMPLETE"
    };
    let note = Note {
        outcome,
        ..Note::ok(&caller, "retention.enforce", "retention")
    };
    let detail = json!({ "deleted": done.0.deleted, "failed": done.0.failed });
    audit::write(&state, &request, note.with(detail)).await?;
    Ok(Json(done.0))
}

struct Done(wire::RetentionEnforced);

impl Default for Done {
    fn default() -> Self {
        Self(wire::RetentionEnforced {
            deleted: Vec::new(),
            failed: Vec::new(),
        })
    }
}

impl Done {
    fn note(&mut self, kind: wire::RetentionKind, deleted: ApiResult<u64>) {
        match deleted {
            Ok(count) => self.0.deleted.push(wire::RetentionDeleted { kind, count }),
            Err(error) => self.failed(kind, None, &error),
        }
    }

    fn failed(&mut self, kind: wire::RetentionKind, request: Option<String>, error: &ApiError) {
        tracing::warn!(
            ?kind,
            request,
            detail = error.detail,
            "retention could not be enforced"
        );
        self.0.failed.push(wire::RetentionFailed {
            kind,
            request,
            error_code: error.code.name().to_owned(),
            detail: error.detail.clone(),
        });
    }
}

/// Erases whoever is due, the oldest request first. Those who cannot be erased do not keep the others waiting.
async fn erase_due(state: &AppState, request: &RequestInfo, caller: &Caller, done: &mut Done) {
    let kind = wire::RetentionKind::DeletionRequests;
    let mut erased = 0;
    let mut after: Option<(UnixNanos, String)> = None;
    while erased < u64::from(DUE_MAX) {
        let from = after.as_ref().map(|(ts, id)| (*ts, id.as_str()));
        let row = match deletions::due(&state.store, state.clock.now(), from, 1).await {
            Ok(mut rows) => rows.pop(),
            Err(error) => {
                done.failed(kind, None, &error.into());
                break;
            }
        };
        let Some(row) = row else { break };
        match erase_person(state, &request.about(&row.org), caller, &row).await {
            Ok(()) => erased += 1,
            Err(error) => done.failed(kind, Some(row.id.clone()), &error),
        }
        after = Some((row.due_at, row.id));
    }
    done.note(kind, Ok(erased));
}

//! Writing the audit log: who did what, from where, in which request.

use serde_json::Value;
use tradewind_store::identity::audit::{self, AuditRow};

use crate::AppState;
use crate::extract::RequestInfo;
use crate::problem::ApiResult;

/// What is to be noted.
#[derive(Debug, Clone)]
pub struct Note<'a> {
    /// Pseudonymous id of the person; `anonymous` before signing in.
    pub actor: &'a str,
    /// What, e.g. `session.create`.
    pub action: &'static str,
    /// To what.
    pub subject: &'a str,
    /// `OK` or an error code.
    pub outcome: &'a str,
    /// Before and after, without personal data or secrets.
    pub detail: Value,
}

impl<'a> Note<'a> {
    /// A success of a caller.
    #[must_use]
    pub fn ok(caller: &'a super::Caller, action: &'static str, subject: &'a str) -> Self {
        Self {
            actor: caller.user.as_str(),
            action,
            subject,
            outcome: "OK",
            detail: Value::Object(serde_json::Map::new()),
        }
    }

    /// With before and after.
    #[must_use]
    pub fn with(self, detail: Value) -> Self {
        Self { detail, ..self }
    }
}

/// Appends a note about what is in the journal already; a failing database does not undo that.
pub async fn write_after(state: &AppState, request: &RequestInfo, note: Note<'_>) {
    let (action, subject) = (note.action, note.subject.to_owned());
    if write(state, request, note).await.is_err() {
        tracing::error!(
            action,
            subject,
            correlation_id = request.correlation_id,
            "could not be written to the audit log"
        );
    }
}

/// Appends a note.
///
/// # Errors
/// Those of the database: what cannot be audited is not done.
pub async fn write(state: &AppState, request: &RequestInfo, note: Note<'_>) -> ApiResult<()> {
    let row = AuditRow {
        org: state.config.org.clone(),
        ts: state.clock.now(),
        actor: note.actor.to_owned(),
        action: note.action.to_owned(),
        subject: note.subject.chars().take(128).collect(),
        outcome: note.outcome.to_owned(),
        ip: request.ip.clone(),
        correlation_id: request.correlation_id.clone(),
        detail: note.detail.to_string(),
    };
    audit::append(&state.store, &row).await?;
    Ok(())
}

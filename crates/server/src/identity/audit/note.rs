//! What handlers say, and how it becomes a row.

use serde_json::Value;

use super::PlainRow;
use crate::AppState;
use crate::extract::RequestInfo;
use crate::identity::Caller;
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
    pub fn ok(caller: &'a Caller, action: &'static str, subject: &'a str) -> Self {
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
/// When neither the database nor the file beside it takes it.
pub async fn write(state: &AppState, request: &RequestInfo, note: Note<'_>) -> ApiResult<()> {
    append(state, request, note, "", None).await
}

/// Appends a note of somebody's request who is not signed in, where it is known whom it concerns: the address is sealed with
/// the key of that person, and gone when they are erased.
///
/// # Errors
/// As [`write`].
pub async fn write_concerning(
    state: &AppState,
    request: &RequestInfo,
    note: Note<'_>,
    person: &str,
) -> ApiResult<()> {
    append(state, request, note, person, None).await
}

/// Appends a note with what is personal in it, which only the key of that person opens: it is gone when the person is
/// erased, while the note stays.
///
/// # Errors
/// As [`write`].
pub async fn write_about(
    state: &AppState,
    request: &RequestInfo,
    note: Note<'_>,
    person: &str,
    personal: Value,
) -> ApiResult<()> {
    append(state, request, note, person, Some(personal)).await
}

async fn append(
    state: &AppState,
    request: &RequestInfo,
    note: Note<'_>,
    person: &str,
    personal: Option<Value>,
) -> ApiResult<()> {
    request.trail.noted();
    let row = PlainRow {
        org: request.trail.org().unwrap_or(&state.config.org).clone(),
        ts: state.clock.now(),
        actor: note.actor.to_owned(),
        action: note.action.to_owned(),
        subject: note.subject.chars().take(128).collect(),
        outcome: note.outcome.to_owned(),
        address: request.ip.clone(),
        correlation_id: request.correlation_id.clone(),
        detail: note.detail.to_string(),
        person: person.to_owned(),
        personal: personal.map(|personal| personal.to_string()).unwrap_or_default(),
    };
    state.audit.append(row).await
}

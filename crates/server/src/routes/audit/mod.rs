//! The audit log.

pub mod export;
pub mod get;
pub mod list;
pub mod verify;

use serde_json::Value;
use tradewind_store::identity::audit::Entry;
use tradewind_wire as wire;

use crate::AppState;
use crate::identity::audit::Opened;
use crate::problem::ApiResult;

/// An entry with its personal parts opened.
async fn describe(state: &AppState, entry: Entry) -> ApiResult<wire::AuditEntry> {
    let opened = Opened::of(state.audit.people(), &entry).await?;
    let row = entry.row;
    // Whatever was written as text is shown as text.
    let value = |text: String| serde_json::from_str(&text).unwrap_or(Value::String(text));
    Ok(wire::AuditEntry {
        seq: entry.seq,
        at: wire::Time(row.ts),
        actor: row.actor,
        action: row.action,
        subject: row.subject,
        outcome: row.outcome,
        address: opened.address,
        correlation_id: row.correlation_id,
        detail: value(row.detail),
        personal: opened.personal.map(value),
        erased: opened.erased,
        hash: entry.hash,
    })
}

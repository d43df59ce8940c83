//! Privacy: one's own data, consents, requests to be erased, and how long what is kept.

pub mod consents_list;
pub mod consents_put;
pub mod data_export;
pub mod deletion_delete;
pub mod deletion_get;
pub mod deletion_post;
pub mod requests_execute;
pub mod requests_hold;
pub mod requests_list;
pub mod requests_release;
pub mod retention_enforce;
pub mod retention_get;

use tradewind_store::privacy::deletions::{DeletionRow, DeletionState};
use tradewind_types::OrgId;
use tradewind_wire as wire;

use crate::AppState;
use crate::problem::{ApiError, ApiResult, Code};

fn describe(row: DeletionRow) -> wire::DeletionRequest {
    let said = |text: String| Some(text).filter(|text| !text.is_empty());
    wire::DeletionRequest {
        id: row.id,
        person: row.person,
        state: match row.state {
            DeletionState::Pending => wire::DeletionRequestState::Pending,
            DeletionState::Held => wire::DeletionRequestState::Held,
            DeletionState::Withdrawn => wire::DeletionRequestState::Withdrawn,
            DeletionState::Executed => wire::DeletionRequestState::Executed,
        },
        requested_at: wire::Time(row.requested_at),
        due_at: wire::Time(row.due_at),
        hold_reason: said(row.hold_reason),
        decided_by: said(row.decided_by),
        decided_at: row.decided_at.map(wire::Time),
    }
}

/// The request in the path, of somebody of an organisation.
async fn requested(state: &AppState, org: &OrgId, id: &str) -> ApiResult<DeletionRow> {
    let found = tradewind_store::privacy::deletions::by_id(&state.store, org, id).await?;
    found.ok_or_else(|| ApiError::of(Code::DeletionRequestUnknown))
}

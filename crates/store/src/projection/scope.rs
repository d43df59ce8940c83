//! Whose projections: one engine of one desk.

use tradewind_types::{EngineId, OrgId};

/// The desk and engine that rows belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Desk.
    pub org: OrgId,
    /// Engine.
    pub engine: EngineId,
}

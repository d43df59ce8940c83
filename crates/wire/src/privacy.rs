//! Privacy: consents, requests to be erased, and how long what is kept.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Time;

/// What a person may agree to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConsentPurpose {
    /// Messages about what is new.
    ProductNews,
    /// Counting how the app is used.
    UsageStatistics,
    /// Using one's own trades for research of the desk.
    Research,
    /// Profiling for recommendations.
    AdviceProfiling,
}

/// How somebody stands to a purpose.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Consent {
    /// For what.
    pub purpose: ConsentPurpose,
    /// Whether it is agreed to. Nothing is agreed to before it was decided.
    pub granted: bool,
    /// Version of the text that was decided on; null before that.
    pub policy: Option<String>,
    /// When; null before that.
    pub decided_at: Option<Time>,
}

/// How somebody stands to every purpose.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Consents {
    /// One for each purpose.
    pub items: Vec<Consent>,
}

/// A decision.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentDecision {
    /// Given, or taken back.
    pub granted: bool,
    /// Version of the text that was shown.
    #[schema(example = "2026-11", min_length = 1, max_length = 32)]
    pub policy: String,
}

/// Where a request to be erased stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DeletionRequestState {
    /// Waits until it is due; may be withdrawn.
    Pending,
    /// The law asks to keep the data for now; may be withdrawn.
    Held,
    /// Taken back.
    Withdrawn,
    /// The person was erased.
    Executed,
}

/// A request to be erased.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct DeletionRequest {
    /// Id.
    pub id: String,
    /// Who: a pseudonymous id.
    pub person: String,
    /// Where it stands.
    pub state: DeletionRequestState,
    /// When it was made.
    pub requested_at: Time,
    /// When it may be executed: 30 days later.
    pub due_at: Time,
    /// Why it is, or was, held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_reason: Option<String>,
    /// Who decided last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Time>,
}

/// Why data is kept although its person asked to be erased.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LegalHold {
    /// The reason, for the record; no personal data.
    #[schema(example = "inquiry 2026-114", min_length = 1, max_length = 200)]
    pub reason: String,
}

/// A kind of data with a period.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RetentionKind {
    /// Fills.
    Fills,
    /// Events of orders.
    Orders,
    /// Entries of the ledger.
    LedgerEntries,
    /// Signals of strategies and recommendations.
    Advice,
    /// Sign-in and reset links: what is sent to people.
    Communications,
    /// Entries of the audit log.
    Audit,
    /// Sessions, since their end.
    Sessions,
    /// What programs signed in with, since its end.
    TokenFamilies,
    /// Answers repeated for an `Idempotency-Key`.
    IdempotencyKeys,
    /// Counts of failed sign-ins.
    LoginAttempts,
    /// Requests to be erased that are due.
    DeletionRequests,
}

/// How a kind of data stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RetentionItem {
    /// Of what.
    pub kind: RetentionKind,
    /// How long it is kept.
    pub days: u32,
    /// Why.
    pub reason: String,
    /// The oldest; null when there is none.
    pub oldest: Option<Time>,
    /// How many are over their time.
    pub over: u64,
    /// Whether enforcing deletes them. What follows from the journal stays: it is not shortened.
    pub deleted: bool,
}

/// How long what is kept, and what is over its time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RetentionReport {
    /// As of when.
    pub at: Time,
    /// Each kind.
    pub items: Vec<RetentionItem>,
    /// People of whom nothing is deleted for now.
    pub held: u64,
}

/// What enforcing deleted of a kind.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RetentionDeleted {
    /// Of what.
    pub kind: RetentionKind,
    /// How many.
    pub count: u64,
}

/// What enforcing could not do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RetentionFailed {
    /// Of what.
    pub kind: RetentionKind,
    /// The request to be erased that it is about; null for all of the kind.
    pub request: Option<String>,
    /// Why, as an error code.
    pub error_code: String,
    /// Why, in words.
    pub detail: String,
}

/// What enforcing did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RetentionEnforced {
    /// What was deleted.
    pub deleted: Vec<RetentionDeleted>,
    /// What could not be deleted; it is tried again the next time.
    pub failed: Vec<RetentionFailed>,
}

//! The audit log.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::Time;

/// One entry of the audit log.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// Its number: one more than that of the entry before.
    pub seq: i64,
    /// When.
    pub at: Time,
    /// Who: the pseudonymous id of a person, `cli`, or `anonymous`.
    #[schema(example = "u0a1b2c3d4e5f6071")]
    pub actor: String,
    /// What.
    #[schema(example = "user.change")]
    pub action: String,
    /// To what, e.g. the id of a person; for refused requests method and path.
    pub subject: String,
    /// `OK`, or the code of the error.
    pub outcome: String,
    /// From where; null when that is not known, or was of a person who was erased.
    pub address: Option<String>,
    /// The request's id.
    pub correlation_id: String,
    /// Before and after, without personal data.
    #[schema(value_type = Object)]
    pub detail: Value,
    /// The personal part of before and after; null when there is none, or the person was erased.
    #[schema(value_type = Option<Object>)]
    pub personal: Option<Value>,
    /// Whether something was here that cannot be read any more, because the person was erased.
    pub erased: bool,
    /// Hash of this entry and all before, 64 hex digits.
    pub hash: String,
}

/// A place in the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AuditPlace {
    /// Number of an entry; 0 before the first.
    pub seq: i64,
    /// Its hash, 64 hex digits.
    pub hash: String,
}

/// Something in the log that is not as it has to be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AuditBreak {
    /// Number of the entry, or of the one that is missing.
    pub seq: i64,
    /// What is wrong.
    pub what: String,
}

/// An end of the log that was signed and kept outside the database.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AuditCheckpoint {
    /// Number of the entry.
    pub seq: i64,
    /// Its hash, 64 hex digits.
    pub hash: String,
    /// When it was signed.
    #[schema(format = DateTime)]
    pub at: String,
    /// By which Ed25519 key, base64url.
    pub public_key: String,
}

/// What looking the whole log over came to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AuditVerification {
    /// Whether everything is as it has to be.
    pub intact: bool,
    /// Entries that are, from the beginning to the first break.
    pub entries: u64,
    /// The last of them.
    pub head: AuditPlace,
    /// The first break; what comes behind it was not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_bad: Option<AuditBreak>,
    /// The newest signed end with which the log was compared: later entries are vouched for by the chain alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<AuditCheckpoint>,
    /// The last entry that was deleted because its time was over; the chain begins behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<AuditPlace>,
}

/// Form of an export.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuditFormat {
    /// One JSON object a line.
    #[default]
    Jsonl,
    /// Comma-separated values with a header.
    Csv,
}

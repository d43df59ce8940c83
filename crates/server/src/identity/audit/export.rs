//! The log as a file: every stored column, with which the chain can be computed again, and what is sealed in clear.

use serde_json::json;
use tradewind_ledger::export::Table;
use tradewind_store::Db;
use tradewind_store::identity::audit::{Entry, list};
use tradewind_types::OrgId;
use tradewind_wire::AuditFormat;

use super::{Opened, People};
use crate::problem::ApiResult;

const PAGE: u32 = 500;

const COLUMNS: &[&str] = &[
    "seq",
    "org",
    "ts",
    "actor",
    "action",
    "subject",
    "outcome",
    "ip",
    "correlation_id",
    "detail",
    "person",
    "personal",
    "hash",
    "at",
    "address",
    "personal_clear",
];

/// What the file begins with.
#[must_use]
pub fn header(format: AuditFormat) -> String {
    match format {
        AuditFormat::Jsonl => String::new(),
        AuditFormat::Csv => Table {
            columns: COLUMNS,
            rows: Vec::new(),
        }
        .csv_header(),
    }
}

/// The rows of an organisation, or of all, behind number `after`, as text, and where the next page begins.
///
/// # Errors
/// Those of the database; when a sealed value was changed.
pub async fn page(
    db: &Db,
    people: &People,
    org: Option<&OrgId>,
    format: AuditFormat,
    after: i64,
) -> ApiResult<(String, Option<i64>)> {
    let entries = list::after(db, org, after, PAGE).await?;
    let next = entries
        .last()
        .filter(|_| entries.len() >= PAGE as usize)
        .map(|entry| entry.seq);
    let mut text = String::new();
    for entry in &entries {
        let opened = Opened::of(people, entry).await?;
        match format {
            AuditFormat::Jsonl => {
                text.push_str(&object(entry, &opened).to_string());
                text.push('\n');
            }
            AuditFormat::Csv => {
                let table = Table {
                    columns: COLUMNS,
                    rows: vec![cells(entry, opened)],
                };
                text.push_str(&table.csv_rows());
            }
        }
    }
    Ok((text, next))
}

fn object(entry: &Entry, opened: &Opened) -> serde_json::Value {
    let row = &entry.row;
    json!({
        "seq": entry.seq, "org": row.org.as_str(), "ts": row.ts.0, "actor": row.actor, "action": row.action,
        "subject": row.subject, "outcome": row.outcome, "ip": row.ip, "correlation_id": row.correlation_id,
        "detail": row.detail, "person": row.person, "personal": row.personal, "hash": entry.hash,
        "at": row.ts.to_rfc3339(), "address": opened.address, "personal_clear": opened.personal,
    })
}

fn cells(entry: &Entry, opened: Opened) -> Vec<Option<String>> {
    let row = entry.row.clone();
    vec![
        Some(entry.seq.to_string()),
        Some(row.org.to_string()),
        Some(row.ts.0.to_string()),
        Some(row.actor),
        Some(row.action),
        Some(row.subject),
        Some(row.outcome),
        Some(row.ip),
        Some(row.correlation_id),
        Some(row.detail),
        Some(row.person),
        Some(row.personal),
        Some(entry.hash.clone()),
        Some(row.ts.to_rfc3339()),
        opened.address,
        opened.personal,
    ]
}

//! The copy of everything that the desk holds of a person: JSON files in a ZIP archive.

use std::io::{Cursor, Write as _};

use serde_json::{Map, Value, json};
use tradewind_ledger::export;
use tradewind_store::identity::audit::list;
use tradewind_store::privacy::erase::copy;
use tradewind_store::projection::{Numbered, OrderFilter, Slice};
use tradewind_store::sql::Cell;
use tradewind_types::{AccountId, UnixNanos};
use tradewind_wire::MemberRole;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::AppState;
use crate::identity::Caller;
use crate::identity::audit::Opened;
use crate::problem::{ApiError, ApiResult, Code};

const PAGE: u32 = 1_000;
/// A larger copy is not made in memory: the desk makes it from the command line and the exports of accounts.
const BYTES_MAX: usize = 256 << 20;

/// Columns that are times, in nanoseconds since 1970.
const TIMES: &[&str] = &[
    "created_at",
    "updated_at",
    "last_seen_at",
    "expires_at",
    "revoked_at",
    "last_used_at",
    "used_at",
    "since",
    "decided_at",
    "requested_at",
    "due_at",
    "enabled_at",
    "begun_at",
];

struct Archive {
    zip: ZipWriter<Cursor<Vec<u8>>>,
    bytes: usize,
    files: Vec<String>,
}

fn failed(error: impl std::fmt::Display) -> ApiError {
    tracing::error!(%error, "a copy of a person's data could not be written");
    ApiError::of(Code::Internal)
}

impl Archive {
    fn new() -> Self {
        Self {
            zip: ZipWriter::new(Cursor::new(Vec::new())),
            bytes: 0,
            files: Vec::new(),
        }
    }

    fn begin(&mut self, name: &str) -> ApiResult<()> {
        self.zip
            .start_file(name, SimpleFileOptions::default())
            .map_err(failed)?;
        self.files.push(name.to_owned());
        Ok(())
    }

    fn write(&mut self, text: &str) -> ApiResult<()> {
        self.bytes += text.len();
        if self.bytes > BYTES_MAX {
            return Err(ApiError::of(Code::ExportTooLarge));
        }
        self.zip.write_all(text.as_bytes()).map_err(failed)
    }

    fn file(&mut self, name: &str, content: &Value) -> ApiResult<()> {
        self.begin(name)?;
        let text = serde_json::to_string_pretty(content).map_err(failed)?;
        self.write(&(text + "\n"))
    }
}

/// The copy of the caller's data.
///
/// # Errors
/// `EXPORT_TOO_LARGE`; those of the database.
pub async fn of(state: &AppState, caller: &Caller) -> ApiResult<Vec<u8>> {
    let mut archive = Archive::new();
    let person = caller.user.as_str();
    for table in copy(&state.store, person).await? {
        let rows = table
            .rows
            .into_iter()
            .map(|row| Value::Object(row.into_iter().map(shown).collect()));
        archive.file(&format!("{}.json", table.name), &Value::Array(rows.collect()))?;
    }
    audit(state, person, &mut archive).await?;
    if let Some(jobs) = state.backtests.clone() {
        let owner = caller.user.clone();
        let listed = tokio::task::spawn_blocking(move || {
            let files = jobs.files(&owner)?;
            Ok::<_, ApiError>(json!({ "backtests": jobs.list(&owner), "files": files }))
        });
        archive.file("backtests.json", &listed.await.map_err(failed)??)?;
    }
    let owned = caller
        .memberships
        .iter()
        .filter(|(_, role)| **role == MemberRole::Owner);
    for (account, _) in owned {
        of_account(state, account, &mut archive).await?;
    }
    let now = state.clock.now();
    let manifest = json!({
        "person": person, "made_at": now.to_rfc3339(), "files": archive.files,
        "about": "Everything that this desk holds of you, but for hashes of passwords and keys. Files of backtests are \
                  listed here and can be fetched by name.",
    });
    archive.file("manifest.json", &manifest)?;
    Ok(archive.zip.finish().map_err(failed)?.into_inner())
}

fn shown((name, cell): (String, Cell)) -> (String, Value) {
    let value = match cell {
        Cell::Null => Value::Null,
        Cell::Integer(ns) if TIMES.contains(&name.as_str()) => {
            Value::from(UnixNanos(u64::try_from(ns).unwrap_or(0)).to_rfc3339())
        }
        Cell::Integer(flag) if matches!(name.as_str(), "granted" | "disabled") => Value::from(flag != 0),
        Cell::Integer(value) => Value::from(value),
        Cell::Real(value) => Value::from(value),
        Cell::Text(text) if name == "content" => serde_json::from_str(&text).unwrap_or(Value::from(text)),
        Cell::Text(text) => Value::from(text),
        Cell::Bytes(bytes) => Value::from(bytes.iter().map(|b| format!("{b:02x}")).collect::<String>()),
    };
    (name, value)
}

/// What they did and what was done to them; the address only of what they did themselves.
async fn audit(state: &AppState, person: &str, archive: &mut Archive) -> ApiResult<()> {
    archive.begin("audit.json")?;
    let (mut after, mut first) = (0, true);
    archive.write("[")?;
    loop {
        let entries = list::of_person(&state.store, person, after, PAGE).await?;
        let Some(last) = entries.last() else { break };
        after = last.seq;
        for entry in &entries {
            let opened = Opened::of(state.audit.people(), entry).await?;
            let (row, own) = (&entry.row, entry.row.actor == person);
            let mut object = Map::new();
            object.insert("seq".to_owned(), Value::from(entry.seq));
            object.insert("at".to_owned(), Value::from(row.ts.to_rfc3339()));
            object.insert("by_you".to_owned(), Value::from(own));
            object.insert("action".to_owned(), Value::from(row.action.as_str()));
            object.insert("outcome".to_owned(), Value::from(row.outcome.as_str()));
            if own {
                object.insert("address".to_owned(), Value::from(opened.address));
                object.insert("subject".to_owned(), Value::from(row.subject.as_str()));
                let detail = serde_json::from_str(&row.detail).unwrap_or(Value::Null);
                object.insert("detail".to_owned(), detail);
            }
            if row.person == person {
                let personal = opened.personal.and_then(|text| serde_json::from_str(&text).ok());
                object.insert("personal".to_owned(), personal.unwrap_or(Value::Null));
            }
            archive.write(if first { "\n" } else { ",\n" })?;
            archive.write(&Value::Object(object).to_string())?;
            first = false;
        }
        if entries.len() < PAGE as usize {
            break;
        }
    }
    archive.write("\n]\n")
}

/// Histories of an account of theirs, as JSON.
async fn of_account(state: &AppState, id: &AccountId, archive: &mut Archive) -> ApiResult<()> {
    for what in ["entries", "fills", "orders"] {
        archive.begin(&format!("accounts/{id}/{what}.json"))?;
        archive.write("[")?;
        let (mut before, mut first) = (None, true);
        loop {
            let slice = Slice { before, limit: PAGE };
            let histories = &state.histories;
            let (table, next) = match what {
                "entries" => {
                    let rows = histories.ledger(id, slice).await?;
                    (export::entries(rows.iter().map(|row| &row.item)), next(&rows))
                }
                "fills" => {
                    let rows = histories.fills(id, slice).await?;
                    let parts = rows.iter().map(|row| &row.item);
                    let parts = parts.map(|f| (&f.event, &f.instrument, f.side, f.strategy.as_ref()));
                    (export::fills(parts), next(&rows))
                }
                _ => {
                    let rows = histories.orders(id, &OrderFilter::default(), slice).await?;
                    (export::orders(rows.iter().map(|row| &row.item)), next(&rows))
                }
            };
            archive.write(&table.json_rows(first))?;
            first = first && table.rows.is_empty();
            before = next;
            if before.is_none() {
                break;
            }
        }
        archive.write("\n]\n")?;
    }
    Ok(())
}

/// Where the next rows begin; `None` after the last ones.
fn next<T>(rows: &[Numbered<T>]) -> Option<u64> {
    rows.last()
        .filter(|_| rows.len() >= PAGE as usize)
        .map(|row| row.seq)
}

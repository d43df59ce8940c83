//! The journal's records as JSON, one a line.

use std::io::{BufWriter, Write};
use std::path::Path;

use serde_json::json;
use tradewind_journal::{Head, RecordOut, read_from};
use tradewind_types::UnixNanos;
use tradewind_types::record::Record;

use crate::failure::Failure;
use crate::output::seen_enough;

pub(super) fn dump(journal: &Path) -> Result<(), Failure> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    for record in read_from(journal, 1) {
        let record = record.map_err(|error| Failure::Check(error.to_string()))?;
        let line = line(&record).map_err(Failure::Check)?;
        let written = writeln!(out, "{line}");
        if written.is_err() {
            return seen_enough(written);
        }
    }
    seen_enough(out.flush())
}

fn line(record: &RecordOut) -> Result<String, String> {
    let failed = |error: &dyn std::fmt::Display| format!("record {}: {error}", record.seq);
    let decoded = Record::decode(record.kind, record.version, &record.payload).map_err(|e| failed(&e))?;
    let kind = format!("{:?}", decoded.kind());
    let hash = Head {
        seq: record.seq,
        hash: record.hash,
    }
    .hash_hex();
    // A command or an outcome prints as `{"Order": {…}}`; the kind stands beside it already.
    let content = match decoded {
        Record::Command(command) => serde_json::to_value(command),
        Record::Venue(report) => serde_json::to_value(report),
        Record::Outcome(outcome) => serde_json::to_value(outcome).map(|value| match value {
            serde_json::Value::Object(map) if map.len() == 1 => map.into_values().next().unwrap_or_default(),
            other => other,
        }),
    };
    let line = json!({
        "seq": record.seq,
        "ts": UnixNanos(record.ts).to_rfc3339(),
        "kind": kind,
        "version": record.version,
        "hash": hash,
        "record": content.map_err(|e| failed(&e))?,
    });
    Ok(line.to_string())
}

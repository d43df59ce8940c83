//! The journal's files as a source of records for the projections.

use std::path::PathBuf;

use tradewind_store::projection::{RecordSource, Records, SourceError, SourceRecord};
use tradewind_types::record::Record;

/// Reads a journal's folder.
pub(crate) struct JournalSource(PathBuf);

impl JournalSource {
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self(dir)
    }
}

impl RecordSource for JournalSource {
    fn read(&self, from_seq: u64) -> Records {
        let records = tradewind_journal::read_from(&self.0, from_seq);
        Box::new(records.map(|record| {
            let record = record.map_err(|e| SourceError(e.to_string()))?;
            let decoded = Record::decode(record.kind, record.version, &record.payload);
            let outcome = match decoded.map_err(|e| SourceError(format!("record {}: {e}", record.seq)))? {
                Record::Outcome(outcome) => Some(outcome),
                Record::Command(_) | Record::Venue(_) => None,
            };
            let hash = tradewind_journal::Head {
                seq: record.seq,
                hash: record.hash,
            }
            .hash_hex();
            Ok(SourceRecord {
                seq: record.seq,
                hash,
                outcome,
            })
        }))
    }
}

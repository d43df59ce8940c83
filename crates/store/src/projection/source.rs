//! Where records come from when the live feed does not carry them: the journal's files, read by whoever may.
//!
//! The store knows nothing of journal files; the program gives it a [`RecordSource`].

use std::sync::Arc;

use tokio::sync::mpsc;
use tradewind_types::record::Outcome;

/// Records read ahead of the database, as chunks of at most [`CHUNK_RECORDS`].
const CHUNKS_AHEAD: usize = 4;
/// Records of one chunk, and so of one transaction.
pub const CHUNK_RECORDS: usize = 2_000;

/// The source failed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the journal cannot be read: {0}")]
pub struct SourceError(pub String);

/// One record of the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceRecord {
    /// Its number.
    pub seq: u64,
    /// The chain up to it, in hexadecimal; may be empty where the caller does not know it.
    pub hash: String,
    /// The outcome; `None` = a command, which changes nothing here.
    pub outcome: Option<Outcome>,
}

/// Records in order.
pub type Records = Box<dyn Iterator<Item = Result<SourceRecord, SourceError>> + Send>;

/// Reads the journal from a record on.
pub trait RecordSource: Send + Sync + 'static {
    /// The records from `from_seq` (≥ 1) to the end, ascending and without gaps. May block.
    fn read(&self, from_seq: u64) -> Records;
}

impl<F> RecordSource for F
where
    F: Fn(u64) -> Records + Send + Sync + 'static,
{
    fn read(&self, from_seq: u64) -> Records {
        self(from_seq)
    }
}

/// Reads on a thread for blocking work and hands over chunks; the reader stops when the receiver is dropped.
pub(crate) fn chunks(
    source: Arc<dyn RecordSource>,
    from_seq: u64,
) -> mpsc::Receiver<Result<Vec<SourceRecord>, SourceError>> {
    let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
    tokio::task::spawn_blocking(move || {
        let mut chunk = Vec::with_capacity(CHUNK_RECORDS);
        for record in source.read(from_seq) {
            match record {
                Ok(record) => chunk.push(record),
                Err(error) => {
                    // Nobody listens any more: then nobody needs the error.
                    let _ = sender.blocking_send(Err(error));
                    return;
                }
            }
            if chunk.len() == CHUNK_RECORDS {
                let full = std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK_RECORDS));
                if sender.blocking_send(Ok(full)).is_err() {
                    return;
                }
            }
        }
        if !chunk.is_empty() {
            // As above.
            let _ = sender.blocking_send(Ok(chunk));
        }
    });
    receiver
}

//! Writing a tape beside a running engine, without ever making the engine wait.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use tradewind_types::UnixNanos;
use tradewind_types::time::SECOND_NS;

use super::entry::{Entry, Header};
use super::{MAGIC, TapeError, io};
use crate::kernel::Event;

/// Bytes of entries gathered before they are handed to the writing thread.
pub const CHUNK_BYTES: usize = 64 * 1024;
/// Chunks that may wait for the writing thread; beyond it the tape has a gap.
pub const CHUNKS_MAX: usize = 64;

/// Entries are handed over at the latest after this much of the kernel's time.
const FLUSH_NS: u64 = SECOND_NS;

/// The first variants of [`Entry`], borrowed: nothing is cloned to be written.
#[derive(Serialize)]
#[serde(rename = "Entry")]
enum Borrowed<'a> {
    Market(&'a tradewind_types::market::MarketEvent),
    Timer(UnixNanos),
    Command(&'a tradewind_types::record::CommandEnvelope),
    Venue(&'a tradewind_types::record::VenueReport),
}

/// The engine's end of a tape.
#[derive(Debug)]
pub struct TapeWriter {
    path: PathBuf,
    chunks: Option<SyncSender<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
    buffer: Vec<u8>,
    entries: u64,
    missing: u64,
    flushed: UnixNanos,
}

impl TapeWriter {
    /// Creates the file in `dir` (made if need be) and starts the writing thread.
    ///
    /// # Errors
    /// [`TapeError::Io`]; a file of that name is never overwritten.
    pub fn create(dir: &Path, header: Header) -> Result<Self, TapeError> {
        std::fs::create_dir_all(dir).map_err(io(dir))?;
        let name = format!("{:020}-{}.tape", header.journal_seq, header.ts.as_millis());
        let path = dir.join(name);
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(io(&path))?;
        file.write_all(MAGIC).map_err(io(&path))?;
        let (chunks, waiting) = sync_channel(CHUNKS_MAX);
        let named = path.clone();
        let thread = std::thread::Builder::new()
            .name("tape".to_owned())
            .spawn(move || write_all(file, &named, &waiting))
            .map_err(io(&path))?;
        let mut writer = Self {
            path,
            chunks: Some(chunks),
            thread: Some(thread),
            buffer: Vec::with_capacity(CHUNK_BYTES + 4_096),
            entries: 0,
            missing: 0,
            flushed: header.ts,
        };
        writer.put(&Entry::Header(Box::new(header)));
        writer.flush();
        Ok(writer)
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Notes an event before the kernel handles it.
    pub fn event(&mut self, event: &Event) {
        let now = match event {
            Event::Market(event) => {
                self.put(&Borrowed::Market(event));
                event.ts_init()
            }
            Event::Timer(ts) => {
                self.put(&Borrowed::Timer(*ts));
                *ts
            }
            Event::Command(envelope) => {
                self.put(&Borrowed::Command(envelope));
                envelope.ts
            }
            Event::Venue(report) => {
                self.put(&Borrowed::Venue(report));
                report.ts_init
            }
        };
        if self.buffer.len() >= CHUNK_BYTES || now.since(self.flushed) >= FLUSH_NS {
            self.flushed = now;
            self.flush();
        }
    }

    /// Notes that the event made records, the last of which has this sequence.
    pub fn records(&mut self, last_seq: u64) {
        self.put(&Entry::Records(last_seq));
    }

    /// Notes that from here on events are missing: what follows is not provable.
    pub fn gap(&mut self, reason: &str) {
        self.put(&Entry::Gap {
            events: 0,
            reason: reason.to_owned(),
        });
    }

    fn put(&mut self, entry: &impl Serialize) {
        let before = self.buffer.len();
        // Named fields, as in the journal: fields that are left out, or added later, read back.
        if rmp_serde::encode::write_named(&mut self.buffer, entry).is_ok() {
            self.entries += 1;
        } else {
            self.buffer.truncate(before);
            self.missing += 1;
        }
    }

    /// Hands over what has gathered; when the thread is behind, it is dropped and the tape says so.
    fn flush(&mut self) {
        if self.missing > 0 && self.entries > 0 {
            let gap = Entry::Gap {
                events: self.missing,
                reason: "the tape's writer was behind".to_owned(),
            };
            let mut with_gap = rmp_serde::to_vec_named(&gap).unwrap_or_default();
            with_gap.append(&mut self.buffer);
            self.buffer = with_gap;
        }
        if self.buffer.is_empty() {
            return;
        }
        let chunk = std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK_BYTES + 4_096));
        let entries = std::mem::take(&mut self.entries);
        match self.chunks.as_ref().map(|chunks| chunks.try_send(chunk)) {
            Some(Ok(())) => self.missing = 0,
            Some(Err(TrySendError::Full(_) | TrySendError::Disconnected(_))) | None => {
                self.missing += entries
            }
        }
    }

    /// Ends the tape in order: everything is written and synced before it returns.
    pub fn finish(mut self) {
        self.put(&Entry::End);
        self.flush();
        self.join();
    }

    fn join(&mut self) {
        drop(self.chunks.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the tape's writing thread panicked");
        }
    }
}

impl Drop for TapeWriter {
    fn drop(&mut self) {
        self.flush();
        self.join();
    }
}

fn write_all(mut file: File, path: &Path, chunks: &Receiver<Vec<u8>>) {
    while let Ok(chunk) = chunks.recv() {
        if let Err(error) = write_chunk(&mut file, &chunk) {
            // The receiver goes: the engine's side counts what follows as missing; nothing else is disturbed.
            tracing::error!(path = %path.display(), %error, "the tape cannot be written; this session is not provable");
            return;
        }
    }
    if let Err(error) = file.sync_all() {
        tracing::error!(path = %path.display(), %error, "the tape could not be synced");
    }
}

fn write_chunk(file: &mut File, chunk: &[u8]) -> std::io::Result<()> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(chunk.len() / 4), Compression::fast());
    encoder.write_all(chunk)?;
    let packed = encoder.finish()?;
    let length = u32::try_from(packed.len()).map_err(std::io::Error::other)?;
    let mut frame = Vec::with_capacity(4 + packed.len());
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(&packed);
    file.write_all(&frame)
}

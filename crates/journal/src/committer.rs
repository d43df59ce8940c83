//! The writer thread: takes batches from a bounded queue, writes all that wait as one commit group, and
//! hands each batch on, in order, once it is durable.
//!
//! A batch's records stay together: they are in one group, which is on disk whole or not at all. A batch
//! without records keeps its place: it is handed on after everything before it is durable, and costs no
//! fsync when nothing is. Once the journal is down, or has refused a batch, every later batch is answered with
//! an error, the empty ones too: they may rest on records that are not there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::{FRAME_HEADER_BYTES, Head, Journal, JournalError, RecordIn};

/// A record that owns its payload, to cross threads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedRecord {
    /// What the payload is.
    pub kind: u16,
    /// The version of the payload's layout.
    pub version: u16,
    /// Time in nanoseconds since the epoch.
    pub ts: u64,
    /// The content.
    pub payload: Vec<u8>,
}

impl OwnedRecord {
    fn as_in(&self) -> RecordIn<'_> {
        RecordIn {
            kind: self.kind,
            version: self.version,
            ts: self.ts,
            payload: &self.payload,
        }
    }
}

/// Limits of a [`GroupCommitter`].
#[derive(Debug, Clone, Copy)]
pub struct CommitterConfig {
    /// Batches that may wait; [`GroupCommitter::submit`] then blocks.
    pub queue_batches_max: usize,
    /// Batches in one group.
    pub group_batches_max: usize,
    /// Bytes in one group, frames included; the journal's own limit holds too. A larger batch forms a
    /// group of its own, and is refused when the journal's limit does not take it.
    pub group_bytes_max: u64,
}

impl Default for CommitterConfig {
    fn default() -> Self {
        Self {
            queue_batches_max: 4096,
            group_batches_max: 1024,
            group_bytes_max: 4 << 20,
        }
    }
}

/// What a committer has done; all counters only grow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CommitterStats {
    /// Groups committed.
    pub groups: u64,
    /// Batches handed on, with or without success.
    pub batches: u64,
    /// Records made durable.
    pub records: u64,
    /// Batches answered with an error.
    pub failed_batches: u64,
    /// Time spent in commits (write and fsync).
    pub commit: Duration,
    /// The longest commit.
    pub commit_max: Duration,
}

#[derive(Default)]
struct Counters {
    groups: AtomicU64,
    batches: AtomicU64,
    records: AtomicU64,
    failed_batches: AtomicU64,
    commit_ns: AtomicU64,
    commit_ns_max: AtomicU64,
}

/// Why a batch was not taken; it comes back.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError<T> {
    /// The queue is full.
    #[error("the journal's queue is full")]
    Full(Vec<OwnedRecord>, T),
    /// The writer thread has ended.
    #[error("the journal's writer has ended")]
    Closed(Vec<OwnedRecord>, T),
}

/// Records that stay together, and what is handed on once they are durable.
#[derive(Debug)]
pub struct Batch<T> {
    /// The records; may be empty.
    pub records: Vec<OwnedRecord>,
    /// What is handed on.
    pub token: T,
}

impl<T> Batch<T> {
    /// Bytes in the journal, frames included.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.records
            .iter()
            .map(|record| (FRAME_HEADER_BYTES + record.payload.len()) as u64)
            .sum()
    }
}

/// Owns the writer thread. Dropping it (or [`GroupCommitter::close`]) writes what waits and joins.
pub struct GroupCommitter<T: Send + 'static> {
    queue: Option<SyncSender<Batch<T>>>,
    thread: Option<JoinHandle<Box<dyn Journal>>>,
    counters: Arc<Counters>,
}

impl<T: Send + 'static> GroupCommitter<T> {
    /// Starts the thread. `sink` is called on it, in the order of submission, with the head of the
    /// group that made the batch durable, or the error that kept it from that. It must not block for
    /// long and must not submit to the same committer, whose queue may be full.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(
        journal: impl Journal + 'static,
        config: CommitterConfig,
        sink: impl FnMut(Result<Head, Arc<JournalError>>, T) + Send + 'static,
    ) -> std::io::Result<Self> {
        let group_bytes_max = config.group_bytes_max.min(journal.group_bytes_max());
        let config = CommitterConfig {
            group_bytes_max,
            ..config
        };
        let (queue, waiting) = sync_channel(config.queue_batches_max.max(1));
        let counters = Arc::new(Counters::default());
        let writer = Writer {
            journal: Box::new(journal) as Box<dyn Journal>,
            config,
            sink,
            counters: Arc::clone(&counters),
            waiting,
            held_back: None,
        };
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || writer.run())?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
            counters,
        })
    }

    /// Hands a batch to the writer; waits while the queue is full.
    ///
    /// # Errors
    /// [`SubmitError::Closed`] when the thread has ended.
    pub fn submit(&self, records: Vec<OwnedRecord>, token: T) -> Result<(), SubmitError<T>> {
        let batch = Batch { records, token };
        let Some(queue) = &self.queue else {
            return Err(SubmitError::Closed(batch.records, batch.token));
        };
        queue
            .send(batch)
            .map_err(|error| SubmitError::Closed(error.0.records, error.0.token))
    }

    /// Hands a batch to the writer if the queue has room.
    ///
    /// # Errors
    /// [`SubmitError::Full`] or [`SubmitError::Closed`], with the batch.
    pub fn try_submit(&self, records: Vec<OwnedRecord>, token: T) -> Result<(), SubmitError<T>> {
        let batch = Batch { records, token };
        let Some(queue) = &self.queue else {
            return Err(SubmitError::Closed(batch.records, batch.token));
        };
        queue.try_send(batch).map_err(|error| match error {
            TrySendError::Full(batch) => SubmitError::Full(batch.records, batch.token),
            TrySendError::Disconnected(batch) => SubmitError::Closed(batch.records, batch.token),
        })
    }

    /// Counters so far.
    #[must_use]
    pub fn stats(&self) -> CommitterStats {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CommitterStats {
            groups: load(&self.counters.groups),
            batches: load(&self.counters.batches),
            records: load(&self.counters.records),
            failed_batches: load(&self.counters.failed_batches),
            commit: Duration::from_nanos(load(&self.counters.commit_ns)),
            commit_max: Duration::from_nanos(load(&self.counters.commit_ns_max)),
        }
    }

    /// Writes what waits, ends the thread and gives the journal back; `None` if the sink panicked.
    pub fn close(mut self) -> Option<Box<dyn Journal>> {
        self.join()
    }

    fn join(&mut self) -> Option<Box<dyn Journal>> {
        drop(self.queue.take());
        self.thread.take()?.join().ok()
    }
}

impl<T: Send + 'static> Drop for GroupCommitter<T> {
    fn drop(&mut self) {
        if self.thread.is_some() && self.join().is_none() {
            tracing::error!("journal: the writer thread panicked");
        }
    }
}

struct Writer<T, S> {
    journal: Box<dyn Journal>,
    config: CommitterConfig,
    sink: S,
    counters: Arc<Counters>,
    waiting: Receiver<Batch<T>>,
    /// A batch that no longer fitted into the group before.
    held_back: Option<Batch<T>>,
}

impl<T, S: FnMut(Result<Head, Arc<JournalError>>, T)> Writer<T, S> {
    fn run(mut self) -> Box<dyn Journal> {
        let mut down = None;
        while let Some(group) = self.next_group() {
            commit_group(
                &mut *self.journal,
                group,
                &mut down,
                &self.counters,
                &mut self.sink,
            );
        }
        self.journal
    }

    /// Waits for a batch and takes all that wait behind it, within the limits. `None`: closed and empty.
    fn next_group(&mut self) -> Option<Vec<Batch<T>>> {
        let first = match self.held_back.take() {
            Some(batch) => batch,
            None => self.waiting.recv().ok()?,
        };
        let mut bytes = first.bytes();
        let mut group = vec![first];
        while group.len() < self.config.group_batches_max {
            match self.waiting.try_recv() {
                Ok(batch) if bytes + batch.bytes() > self.config.group_bytes_max => {
                    self.held_back = Some(batch);
                    break;
                }
                Ok(batch) => {
                    bytes += batch.bytes();
                    group.push(batch);
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        Some(group)
    }
}

/// Writes batches as one commit group and hands each on, in order: what the writer thread does with all that waits,
/// for callers without a thread. `down` is set by the first failure; from then on nothing is written any more.
pub fn commit_batches<T>(
    journal: &mut dyn Journal,
    batches: Vec<Batch<T>>,
    down: &mut Option<Arc<JournalError>>,
    sink: &mut dyn FnMut(Result<Head, Arc<JournalError>>, T),
) {
    commit_group(journal, batches, down, &Counters::default(), sink);
}

fn commit_group<T>(
    journal: &mut dyn Journal,
    group: Vec<Batch<T>>,
    down: &mut Option<Arc<JournalError>>,
    counters: &Counters,
    sink: &mut dyn FnMut(Result<Head, Arc<JournalError>>, T),
) {
    let mut outcomes = Vec::with_capacity(group.len());
    let mut records = 0;
    let mut refused = None;
    for batch in &group {
        let appended = match down.as_ref().or(refused.as_ref()) {
            Some(error) => Err(Arc::clone(error)),
            None => append(journal, &batch.records).map_err(Arc::new),
        };
        match &appended {
            Ok(()) => records += batch.records.len() as u64,
            // What comes behind rests on this batch: it must not be written without it.
            Err(error) => refused = Some(as_down(error)),
        }
        outcomes.push(appended);
    }
    let committed = match down.as_ref() {
        Some(error) => Err(Arc::clone(error)),
        None => commit(journal, records, counters),
    };
    if down.is_none() {
        *down = refused.or_else(|| committed.as_ref().err().map(as_down));
    }
    for (batch, appended) in group.into_iter().zip(outcomes) {
        let outcome = appended.and_then(|()| committed.clone());
        counters.batches.fetch_add(1, Ordering::Relaxed);
        if outcome.is_err() {
            counters.failed_batches.fetch_add(1, Ordering::Relaxed);
        }
        sink(outcome, batch.token);
    }
}

fn as_down(error: &Arc<JournalError>) -> Arc<JournalError> {
    match **error {
        JournalError::Down { .. } => Arc::clone(error),
        _ => Arc::new(JournalError::Down {
            reason: error.to_string(),
        }),
    }
}

fn append(journal: &mut dyn Journal, records: &[OwnedRecord]) -> Result<(), JournalError> {
    if records.is_empty() {
        return Ok(());
    }
    let records: Vec<RecordIn<'_>> = records.iter().map(OwnedRecord::as_in).collect();
    journal.append(&records).map(|_| ())
}

fn commit(journal: &mut dyn Journal, records: u64, counters: &Counters) -> Result<Head, Arc<JournalError>> {
    if records == 0 {
        return Ok(journal.head());
    }
    let started = Instant::now();
    let head = journal.commit().map_err(Arc::new)?;
    let took_ns = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
    counters.groups.fetch_add(1, Ordering::Relaxed);
    counters.records.fetch_add(records, Ordering::Relaxed);
    counters.commit_ns.fetch_add(took_ns, Ordering::Relaxed);
    counters.commit_ns_max.fetch_max(took_ns, Ordering::Relaxed);
    Ok(head)
}

//! The engine thread: inbox → kernel → journal → effects.
//!
//! The thread takes all that waits, lets the kernel process it, and hands the records as one batch to the
//! journal's writer thread, which commits groups and then, in order, tells the [`OutcomeSink`] and answers the
//! callers. Market publications go out at once: they rest on nothing durable.
//!
//! When the journal is down, orders and settings are refused, the kernel is frozen (market data goes on, nothing
//! is matched), cancels and the kill switch still work, and the latter is kept in the emergency side file, from
//! which the next start takes it.

pub mod core;
mod queue;
mod recovery;
mod sessions;
mod venues;
mod worker;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;
use tradewind_journal::JournalError;
use tradewind_types::Clock;
use tradewind_types::market::MarketEvent;
use tradewind_types::record::{CommandEnvelope, Outcome, VenueReport};

use crate::kernel::{CommandError, CommandReply, Kernel, KernelConfig, MarketPublication, VenueRequest};
use queue::{Inbox, Request};

pub use queue::{COMMANDS_MAX, MARKET_MAX, REPORTS_MAX};
pub use recovery::{Recovered, RecoveryReport, fold_journal, recover_on};
pub use sessions::{AHEAD_DAYS, ALWAYS, BEHIND_DAYS, SessionFeed, SessionSource, SessionsTold};
pub use venues::{ClientAnswer, ClientError, ReportLane, VenueClient, VenueDispatcher, WAITING_MAX};

/// Bytes of records after which a batch is handed to the journal though more waits in the inbox: a commit group has a
/// limit, and a batch is never taken apart.
pub const BATCH_BYTES: usize = 1 << 20;
/// How long the thread waits for work before it lets time pass in the kernel.
pub const TIMER_MS: u64 = 50;

/// Why a command or query was not carried out.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// The inbox is full.
    #[error("the engine's inbox is full; try again shortly")]
    Busy,
    /// The journal cannot be written; nothing is accepted but cancels and the kill switch.
    #[error("the journal is down: {0}")]
    JournalDown(String),
    /// The engine is stopping.
    #[error("the engine is shutting down")]
    ShuttingDown,
    /// The kernel refused the command.
    #[error(transparent)]
    Rejected(#[from] CommandError),
}

/// Why an engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The journal is damaged, locked, or cannot be opened.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A record cannot be read or does not fit.
    #[error("journal record {seq}: {reason}")]
    Record {
        /// Its sequence.
        seq: u64,
        /// Why.
        reason: String,
    },
    /// The session cannot be recorded.
    #[error(transparent)]
    Tape(#[from] crate::tape::TapeError),
    /// A file or thread could not be made.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Told of outcomes after they are durable, in order, on the journal's writer thread. Must not block.
pub trait OutcomeSink: Send {
    /// Outcomes with their journal sequences, ascending.
    fn durable(&mut self, outcomes: &[(u64, Outcome)]);

    /// Requests for venues whose cause is durable, and cancels while the journal is down; after the outcomes that they
    /// go with. An engine without live accounts has none.
    fn venue_requests(&mut self, requests: Vec<VenueRequest>) {
        if !requests.is_empty() {
            tracing::error!(
                requests = requests.len(),
                "requests for a venue, and no client to send them with"
            );
        }
    }

    /// The journal's head, which holds what was told of and possibly more, with its hash in hexadecimal: a witness
    /// to keep outside of the journal. Most sinks have no use for it.
    fn head(&mut self, seq: u64, hash: &str) {
        let _ = (seq, hash);
    }
}

/// Told of market state on the engine thread. Must not block.
pub trait MarketSink: Send {
    /// One publication.
    fn market(&mut self, kernel: &Kernel, publication: &MarketPublication);
}

/// Settings of an engine.
pub struct EngineConfig {
    /// Folder of the journal and its snapshots.
    pub journal_dir: PathBuf,
    /// The kernel's settings.
    pub kernel: KernelConfig,
    /// Records between two snapshots.
    pub snapshot_every: u64,
    /// Folder in which the session's tape is written; `None` = the session is not recorded.
    pub tape_dir: Option<PathBuf>,
    /// Wall clock.
    pub clock: Arc<dyn Clock>,
}

/// Counters of an engine.
#[derive(Debug, Clone, Default)]
pub struct EngineStats {
    /// Last sequence that the kernel gave out since the start; ahead of `durable_seq` by what waits to be written.
    pub seq: u64,
    /// Last sequence known durable.
    pub durable_seq: u64,
    /// Hash of the journal's head, hexadecimal.
    pub durable_hash: String,
    /// `None` while the journal works; otherwise why it is down.
    pub journal_down: Option<String>,
    /// Events handled.
    pub events: u64,
    /// Waiting now.
    pub queue_depth: usize,
    /// Most that ever waited.
    pub queue_depth_max: usize,
    /// Quotes that were conflated.
    pub conflated: u64,
    /// Times a feed had to wait.
    pub feed_waits: u64,
    /// Commit groups so far.
    pub groups: u64,
    /// Mean time of a commit in microseconds.
    pub commit_mean_us: u64,
}

#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) inbox: Inbox,
    pub(crate) events: AtomicU64,
    pub(crate) seq: AtomicU64,
    pub(crate) durable_seq: AtomicU64,
    pub(crate) down: AtomicBool,
    pub(crate) groups: AtomicU64,
    pub(crate) commit_ns: AtomicU64,
    pub(crate) text: Mutex<Texts>,
}

#[derive(Default)]
pub(crate) struct Texts {
    pub(crate) hash: String,
    pub(crate) down: Option<String>,
}

impl Shared {
    pub(crate) fn texts(&self) -> std::sync::MutexGuard<'_, Texts> {
        self.text.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running engine. Dropping it stops the thread after what waits is done.
pub struct Engine {
    handle: EngineHandle,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Opens the journal, recovers, and starts the thread.
    ///
    /// # Errors
    /// [`StartError`]; nothing runs then.
    pub fn start(
        config: EngineConfig,
        outcomes: Box<dyn OutcomeSink>,
        market: Box<dyn MarketSink>,
    ) -> Result<(Engine, RecoveryReport), StartError> {
        let shared = Arc::new(Shared::default());
        let recovered = recovery::recover(&config)?;
        shared
            .durable_seq
            .store(recovered.report.head.seq, Ordering::Release);
        shared.seq.store(recovered.report.head.seq, Ordering::Release);
        shared.texts().hash = recovered.report.head.hash_hex();
        let report = recovered.report.clone();
        let worker = worker::Worker::new(config, recovered, Arc::clone(&shared), outcomes, market)?;
        let thread = std::thread::Builder::new()
            .name("engine".to_owned())
            .spawn(move || worker.run())?;
        Ok((
            Engine {
                handle: EngineHandle { shared },
                thread: Some(thread),
            },
            report,
        ))
    }

    /// The face for everyone else.
    #[must_use]
    pub fn handle(&self) -> EngineHandle {
        self.handle.clone()
    }

    /// Finishes what waits, writes a snapshot, closes the journal.
    pub fn stop(mut self) {
        self.join();
    }

    fn join(&mut self) {
        self.handle.shared.inbox.close();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the engine thread panicked");
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.join();
    }
}

/// Sends commands, queries and market data to the engine thread.
#[derive(Clone)]
pub struct EngineHandle {
    shared: Arc<Shared>,
}

impl EngineHandle {
    /// Carries out a command; answers once its record is durable.
    ///
    /// # Errors
    /// [`EngineError`]; after `JournalDown` or `ShuttingDown` it is unknown whether the record was written, and
    /// submitting the same command again is harmless where it has an idempotency key or client order id.
    pub async fn command(&self, envelope: CommandEnvelope) -> Result<CommandReply, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.shared
            .inbox
            .push_request(Request::Command(Box::new(envelope), reply))?;
        answer.await.unwrap_or(Err(EngineError::ShuttingDown))
    }

    /// Runs a function on the engine thread between events and returns its result. It must be quick.
    ///
    /// # Errors
    /// `Busy`, `ShuttingDown`.
    pub async fn query<R: Send + 'static>(
        &self,
        question: impl FnOnce(&Kernel) -> R + Send + 'static,
    ) -> Result<R, EngineError> {
        let (reply, answer) = oneshot::channel();
        let run = Box::new(move |kernel: &Kernel| {
            // Whoever asked may be gone; then nobody needs the answer.
            let _ = reply.send(question(kernel));
        });
        self.shared.inbox.push_request(Request::Query(run))?;
        answer.await.map_err(|_| EngineError::ShuttingDown)
    }

    /// The lane for what venues report.
    #[must_use]
    pub fn report_sender(&self) -> ReportSender {
        ReportSender {
            shared: Arc::clone(&self.shared),
        }
    }

    /// The lane for market data.
    #[must_use]
    pub fn market_sender(&self) -> MarketSender {
        MarketSender {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Counters.
    #[must_use]
    pub fn stats(&self) -> EngineStats {
        let inbox = self.shared.inbox.stats();
        let groups = self.shared.groups.load(Ordering::Relaxed);
        let texts = self.shared.texts();
        EngineStats {
            seq: self.shared.seq.load(Ordering::Acquire),
            durable_seq: self.shared.durable_seq.load(Ordering::Acquire),
            durable_hash: texts.hash.clone(),
            journal_down: texts.down.clone(),
            events: self.shared.events.load(Ordering::Relaxed),
            queue_depth: inbox.depth,
            queue_depth_max: inbox.depth_max,
            conflated: inbox.conflated,
            feed_waits: inbox.waited,
            groups,
            commit_mean_us: self.shared.commit_ns.load(Ordering::Relaxed) / groups.max(1) / 1_000,
        }
    }
}

/// The lane for what venues report; cheap to clone.
#[derive(Clone)]
pub struct ReportSender {
    shared: Arc<Shared>,
}

impl ReportSender {
    /// Hands a report to the kernel; waits while the lane is full.
    pub async fn send(&self, report: VenueReport) {
        self.shared.inbox.push_report(Box::new(report)).await;
    }
}

/// The lane for market data; cheap to clone.
#[derive(Clone)]
pub struct MarketSender {
    shared: Arc<Shared>,
}

impl MarketSender {
    /// Hands an event to the kernel; waits while the lane is full (quotes are conflated instead).
    pub async fn send(&self, event: MarketEvent) {
        self.shared.inbox.push_market(event).await;
    }

    /// Hands an event to the kernel if there is room.
    ///
    /// # Errors
    /// The event, when the lane is full and it may not be conflated.
    #[allow(
        clippy::result_large_err,
        reason = "the event comes back to be sent again; boxing would cost every call"
    )]
    pub fn try_send(&self, event: MarketEvent) -> Result<(), MarketEvent> {
        self.shared.inbox.try_push_market(event)
    }
}

pub(crate) const TIMER: Duration = Duration::from_millis(TIMER_MS);

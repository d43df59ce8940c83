//! The live feed from the engine to the projector, and what can be seen of both from outside.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, mpsc};
use tradewind_types::record::Outcome;

/// Deliveries that may wait.
pub const FEEDS_MAX: usize = 4_096;
/// Outcomes that may wait in them.
pub const OUTCOMES_MAX: usize = 65_536;

/// What a projector does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectorState {
    /// It reads the journal's files.
    CatchingUp,
    /// It follows the live feed.
    Live,
    /// The database or the journal's files do not answer; it tries again.
    Retrying,
    /// It gave up: the projections have to be rebuilt or the journal restored.
    Broken,
    /// It ended after the engine did, with everything applied.
    Ended,
}

/// How the projections stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectionStatus {
    /// What the projector does.
    pub state: ProjectorState,
    /// Last record applied.
    pub applied_seq: u64,
    /// Last record known to be durable.
    pub durable_seq: u64,
    /// Records in between.
    pub lag: u64,
    /// Times that the live feed overflowed and the journal's files were read instead.
    pub gaps: u64,
    /// Transactions so far.
    pub batches: u64,
    /// The last failure; stays after it is over.
    pub last_error: Option<String>,
}

pub(crate) enum Feed {
    Outcomes(Vec<(u64, Outcome)>),
    Head(u64, String),
}

#[derive(Debug)]
struct Texts {
    state: ProjectorState,
    last_error: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    applied: AtomicU64,
    durable: AtomicU64,
    waiting: AtomicUsize,
    gap: AtomicBool,
    gaps: AtomicU64,
    batches: AtomicU64,
    texts: Mutex<Texts>,
    pub(crate) ended: Notify,
}

impl Shared {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            applied: AtomicU64::new(0),
            durable: AtomicU64::new(0),
            waiting: AtomicUsize::new(0),
            gap: AtomicBool::new(false),
            gaps: AtomicU64::new(0),
            batches: AtomicU64::new(0),
            texts: Mutex::new(Texts {
                state: ProjectorState::CatchingUp,
                last_error: None,
            }),
            ended: Notify::new(),
        })
    }

    fn texts(&self) -> std::sync::MutexGuard<'_, Texts> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_state(&self, state: ProjectorState) {
        self.texts().state = state;
    }

    pub(crate) fn failed(&self, state: ProjectorState, error: &impl ToString) {
        let mut texts = self.texts();
        texts.state = state;
        texts.last_error = Some(error.to_string());
    }

    pub(crate) fn applied(&self, seq: u64) {
        self.applied.store(seq, Ordering::Release);
        self.durable(seq);
        self.batches.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn durable(&self, seq: u64) {
        self.durable.fetch_max(seq, Ordering::AcqRel);
    }

    pub(crate) fn taken(&self, outcomes: usize) {
        self.waiting.fetch_sub(outcomes, Ordering::AcqRel);
    }

    /// Whether something was dropped since the last call.
    pub(crate) fn take_gap(&self) -> bool {
        self.gap.swap(false, Ordering::AcqRel)
    }

    fn mark_gap(&self) {
        if !self.gap.swap(true, Ordering::AcqRel) {
            self.gaps.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Sees how the projections stand; cheap to clone.
#[derive(Debug, Clone)]
pub struct ProjectionMonitor {
    pub(crate) shared: Arc<Shared>,
}

impl ProjectionMonitor {
    /// The state now.
    #[must_use]
    pub fn status(&self) -> ProjectionStatus {
        let shared = &self.shared;
        let (state, last_error) = {
            let texts = shared.texts();
            (texts.state, texts.last_error.clone())
        };
        let applied_seq = shared.applied.load(Ordering::Acquire);
        let durable_seq = shared.durable.load(Ordering::Acquire).max(applied_seq);
        ProjectionStatus {
            state,
            applied_seq,
            durable_seq,
            lag: durable_seq - applied_seq,
            gaps: shared.gaps.load(Ordering::Relaxed),
            batches: shared.batches.load(Ordering::Relaxed),
            last_error,
        }
    }
}

/// Takes outcomes from the journal's writer thread. Never blocks: what does not fit is dropped and read from the
/// journal's files later. Dropping the sink ends the projector once everything is applied.
#[derive(Debug)]
pub struct ProjectionSink {
    pub(crate) sender: mpsc::Sender<Feed>,
    pub(crate) shared: Arc<Shared>,
}

impl ProjectionSink {
    /// Outcomes that are durable now, ascending, after all earlier ones.
    pub fn push(&mut self, outcomes: &[(u64, Outcome)]) {
        let Some((last, _)) = outcomes.last() else { return };
        self.shared.durable(*last);
        let waiting = self.shared.waiting.fetch_add(outcomes.len(), Ordering::AcqRel);
        // One delivery larger than the limit still goes through when nothing waits.
        let fits = waiting == 0 || waiting + outcomes.len() <= OUTCOMES_MAX;
        if !fits || self.sender.try_send(Feed::Outcomes(outcomes.to_vec())).is_err() {
            self.shared.taken(outcomes.len());
            self.shared.mark_gap();
        }
    }

    /// The journal's head, with its hash in hexadecimal. Kept as a witness once everything up to it is applied.
    pub fn head(&mut self, seq: u64, hash: &str) {
        // A witness that does not fit is left out; the next one does as well.
        let _ = self.sender.try_send(Feed::Head(seq, hash.to_owned()));
    }

    /// Sees how the projections stand.
    #[must_use]
    pub fn monitor(&self) -> ProjectionMonitor {
        ProjectionMonitor {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl Drop for ProjectionSink {
    fn drop(&mut self) {
        self.shared.ended.notify_one();
    }
}

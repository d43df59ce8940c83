//! The task that keeps the projections up with the journal.
//!
//! ```text
//!          ┌──────────── gap, failure ────────────┐
//!          ▼                                      │
//! start → catch up from the journal's files → follow the live feed → end of feed → ended
//!          │ ▲
//!          ▼ │ back-off
//!        retrying            a lost tail, a changed history, a record that does not fit → broken
//! ```
//! A delivery that failed is not kept: the journal has it, and is read from where the database stands.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tradewind_types::record::Outcome;

use super::apply::{Part, Projection};
use super::error::ProjectionError;
use super::load::Position;
use super::scope::Scope;
use super::sink::{FEEDS_MAX, Feed, ProjectionMonitor, ProjectionSink, ProjectorState, Shared};
use super::source::{self, RecordSource, SourceRecord};
use crate::Db;

/// Outcomes of one live transaction.
const BATCH_OUTCOMES: usize = 2_000;

/// How a projector paces itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Pause after each transaction of the live feed, so that the database's fsyncs do not hold up the journal's
    /// and identity gets its turn at the one writer; 100 ms.
    pub between: Duration,
    /// First wait after a failure; doubles up to `retry_max`. 100 ms.
    pub retry_min: Duration,
    /// Longest wait after a failure; 2 s.
    pub retry_max: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            between: Duration::from_millis(100),
            retry_min: Duration::from_millis(100),
            retry_max: Duration::from_secs(2),
        }
    }
}

/// Keeps the projections of one engine up with its journal; see the module's documentation.
pub struct Projector {
    projection: Projection,
    source: Arc<dyn RecordSource>,
    receiver: mpsc::Receiver<Feed>,
    shared: Arc<Shared>,
    pace: Pace,
    /// The newest head told that is not applied yet.
    head: Option<(u64, String)>,
}

enum Live {
    Applied,
    Gap,
    End,
}

impl Projector {
    /// A projector and the sink that feeds it. Nothing happens before [`Projector::run`].
    #[must_use]
    pub fn new(
        db: Db,
        scope: Scope,
        source: Arc<dyn RecordSource>,
        pace: Pace,
    ) -> (ProjectionSink, Projector) {
        let (sender, receiver) = mpsc::channel(FEEDS_MAX);
        let shared = Shared::new();
        let sink = ProjectionSink {
            sender,
            shared: Arc::clone(&shared),
        };
        let projection = Projection::new(db, scope);
        (
            sink,
            Projector {
                projection,
                source,
                receiver,
                shared,
                pace,
                head: None,
            },
        )
    }

    /// Sees how the projections stand.
    #[must_use]
    pub fn monitor(&self) -> ProjectionMonitor {
        ProjectionMonitor {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Runs until the sink is dropped and everything is applied.
    ///
    /// # Errors
    /// What cannot be mended by trying again; after the sink is dropped, any failure.
    pub async fn run(mut self) -> Result<(), ProjectionError> {
        let mut wait = self.pace.retry_min;
        let mut behind = true;
        loop {
            let step = if behind {
                self.shared.set_state(ProjectorState::CatchingUp);
                self.catch_up().await.map(|()| Live::Applied)
            } else {
                self.shared.set_state(ProjectorState::Live);
                self.follow().await
            };
            match step {
                Ok(Live::End) => {
                    self.shared.set_state(ProjectorState::Ended);
                    return Ok(());
                }
                Ok(Live::Gap) => behind = true,
                Ok(Live::Applied) => {
                    behind = false;
                    wait = self.pace.retry_min;
                }
                Err(error) if error.is_transient() && !self.receiver.is_closed() => {
                    tracing::warn!(%error, wait_ms = wait.as_millis() as u64, "projections: trying again");
                    self.shared.failed(ProjectorState::Retrying, &error);
                    behind = true;
                    self.pause(wait).await;
                    wait = (wait * 2).min(self.pace.retry_max);
                }
                Err(error) => {
                    tracing::error!(%error, "projections: stopped");
                    self.shared.failed(ProjectorState::Broken, &error);
                    return Err(error);
                }
            }
        }
    }

    /// Waits, but not past the end of the feed.
    async fn pause(&self, time: Duration) {
        if time.is_zero() || self.receiver.is_closed() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = self.shared.ended.notified() => {}
        }
    }

    /// Applies one batch of the live feed.
    async fn follow(&mut self) -> Result<Live, ProjectionError> {
        let mut outcomes: Vec<(u64, Outcome)> = Vec::new();
        let mut next = self.receiver.recv().await;
        if next.is_none() {
            return Ok(if self.shared.take_gap() {
                Live::Gap
            } else {
                Live::End
            });
        }
        while let Some(feed) = next {
            match feed {
                Feed::Outcomes(mut more) => {
                    self.shared.taken(more.len());
                    outcomes.append(&mut more);
                }
                Feed::Head(seq, hash) => self.head = Some((seq, hash)),
            }
            next = if outcomes.len() < BATCH_OUTCOMES {
                self.receiver.try_recv().ok()
            } else {
                None
            };
        }
        // Looked at after the deliveries were taken: whatever was dropped before one of them is noticed here.
        if self.shared.take_gap() {
            return Ok(Live::Gap);
        }
        if let Some((through, _)) = outcomes.last() {
            let through = *through;
            let witness = self.head.as_ref().filter(|(seq, _)| *seq <= through);
            let witness = witness.map(|(seq, hash)| (*seq, hash.as_str()));
            self.projection
                .apply(Part {
                    outcomes: &outcomes,
                    through,
                    witness,
                })
                .await?;
            self.shared.applied(self.projection.position().await?.applied);
            self.pause(self.pace.between).await;
        }
        Ok(Live::Applied)
    }

    /// Reads the journal's files from where the database stands to their end.
    async fn catch_up(&mut self) -> Result<(), ProjectionError> {
        // What was dropped before this moment is in the files by now.
        self.shared.take_gap();
        let position = self.projection.position().await?;
        self.shared.applied(position.applied);
        let from = if position.witness_seq > 0 {
            position.witness_seq
        } else {
            position.applied
        };
        let mut chunks = source::chunks(Arc::clone(&self.source), from.max(1));
        let mut last = 0;
        while let Some(chunk) = chunks.recv().await {
            let chunk = chunk?;
            if last == 0 {
                check_witness(&position, chunk.first())?;
            }
            let Some(end) = chunk.last() else { continue };
            last = end.seq;
            self.shared.durable(last);
            if last > position.applied {
                let hash = end.hash.clone();
                let outcomes = outcomes(chunk);
                let part = Part {
                    outcomes: &outcomes,
                    through: last,
                    witness: Some((last, &hash)),
                };
                self.projection.apply(part).await?;
                self.shared.applied(last);
            }
        }
        if last < position.applied {
            return Err(ProjectionError::LostTail {
                applied: position.applied,
                head: last,
            });
        }
        Ok(())
    }
}

pub(crate) fn outcomes(records: Vec<SourceRecord>) -> Vec<(u64, Outcome)> {
    records
        .into_iter()
        .filter_map(|r| Some((r.seq, r.outcome?)))
        .collect()
}

/// The first record read has to be the one that was witnessed.
fn check_witness(position: &Position, first: Option<&SourceRecord>) -> Result<(), ProjectionError> {
    let Some(first) = first else { return Ok(()) };
    let witnessed = position.witness_seq > 0 && first.seq == position.witness_seq && !first.hash.is_empty();
    if witnessed && first.hash != position.witness_hash {
        return Err(ProjectionError::HistoryChanged {
            seq: first.seq,
            expected: position.witness_hash.clone(),
            found: first.hash.clone(),
        });
    }
    Ok(())
}

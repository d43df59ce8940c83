//! The bounded queue from a connection to its consumer.
//!
//! Events that find it full are dropped and counted, and the consumer learns of it: before anything else, it
//! gets a [`Delivery::Gap`] with the number of dropped events, and the connection asks the venue for new
//! snapshots. Markers (session started, session ended, gap) are never dropped without a newer one taking
//! their place: they wait here in a short list of their own.

use std::collections::VecDeque;

use tokio::sync::mpsc;
use tradewind_types::UnixNanos;

use super::error::DisconnectReason;
use super::protocol::{Gap, GapCause};
use super::state::SessionId;

/// Markers that may wait while the queue is full. Beyond it the list is cut to what still matters.
const MARKERS_MAX: usize = 32;

/// What a consumer reads, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery<E> {
    /// A new session is up. Whatever was built from an older session is void from here on.
    SessionStarted {
        /// The session.
        session: SessionId,
        /// When it came up.
        at: UnixNanos,
    },
    /// An event.
    Event {
        /// The session it came on.
        session: SessionId,
        /// When its message arrived.
        received_at: UnixNanos,
        /// The event.
        event: E,
    },
    /// Data is missing from here on until the next snapshot.
    Gap {
        /// The session.
        session: SessionId,
        /// Where and why.
        gap: Gap,
    },
    /// The session is over; its data is stale from here on.
    SessionEnded {
        /// The session.
        session: SessionId,
        /// When it ended.
        at: UnixNanos,
        /// Why.
        reason: DisconnectReason,
    },
}

/// The consumer's end of the queue.
pub type Deliveries<E> = mpsc::Receiver<Delivery<E>>;

/// The consumer's end was dropped.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ConsumerGone;

/// The connection's end of the queue.
pub(super) struct Outlet<E> {
    queue: mpsc::Sender<Delivery<E>>,
    markers: VecDeque<Delivery<E>>,
    dropped: u64,
    /// The consumer was told of a loss in the running session, and new snapshots are not asked for yet.
    snapshots_due: bool,
}

impl<E: Send + 'static> Outlet<E> {
    pub(super) fn new(capacity: usize) -> (Self, Deliveries<E>) {
        let (queue, deliveries) = mpsc::channel(capacity.max(1));
        (
            Self {
                queue,
                markers: VecDeque::new(),
                dropped: 0,
                snapshots_due: false,
            },
            deliveries,
        )
    }

    /// Hands over an event; `false` means that there was no room and it was dropped.
    pub(super) fn event(&mut self, event: Delivery<E>) -> Result<bool, ConsumerGone> {
        if self.markers.is_empty() && self.dropped == 0 {
            match self.queue.try_send(event) {
                Ok(()) => return Ok(true),
                Err(mpsc::error::TrySendError::Closed(_)) => return Err(ConsumerGone),
                Err(mpsc::error::TrySendError::Full(_)) => {}
            }
        }
        self.dropped += 1;
        Ok(false)
    }

    /// Hands over a marker, now or as soon as there is room.
    pub(super) fn marker(&mut self, marker: Delivery<E>) {
        if self.markers.is_empty() && self.dropped == 0 {
            match self.queue.try_send(marker) {
                Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => return,
                Err(mpsc::error::TrySendError::Full(marker)) => self.markers.push_back(marker),
            }
            return;
        }
        self.note_drops(marker_session(&marker));
        self.markers.push_back(marker);
        if self.markers.len() > MARKERS_MAX {
            self.cut_markers();
        }
    }

    /// There is something that waits for room.
    fn is_backed_up(&self) -> bool {
        !self.markers.is_empty() || self.dropped > 0
    }

    /// Waits for room and hands over the next thing that waits; with nothing waiting, waits until the
    /// consumer is gone. Cancel-safe. Returns `true` when a loss has been told and nothing waits any more:
    /// time to ask for new snapshots.
    pub(super) async fn tend(&mut self, session: SessionId) -> Result<bool, ConsumerGone> {
        if !self.is_backed_up() {
            self.queue.closed().await;
            return Err(ConsumerGone);
        }
        let permit = self.queue.reserve().await.map_err(|_| ConsumerGone)?;
        let next = match self.markers.pop_front() {
            Some(marker) => marker,
            None => overflow(session, std::mem::take(&mut self.dropped)),
        };
        match &next {
            // A new session brings new snapshots by itself.
            Delivery::SessionStarted { .. } => self.snapshots_due = false,
            Delivery::Gap {
                gap:
                    Gap {
                        cause: GapCause::Overflow { .. },
                        ..
                    },
                ..
            } => self.snapshots_due = true,
            _ => {}
        }
        permit.send(next);
        Ok(!self.is_backed_up() && std::mem::take(&mut self.snapshots_due))
    }

    fn note_drops(&mut self, session: SessionId) {
        if self.dropped > 0 {
            self.markers
                .push_back(overflow(session, std::mem::take(&mut self.dropped)));
        }
    }

    /// Keeps what tells a consumer where it stands: the latest start or end of a session, and that data was
    /// lost. A consumer starts afresh at either, so the older markers say nothing more.
    fn cut_markers(&mut self) {
        let lost = self
            .markers
            .iter()
            .map(|m| {
                if let Delivery::Gap { gap, .. } = m {
                    lost_events(gap)
                } else {
                    0
                }
            })
            .sum();
        let last = self
            .markers
            .iter()
            .rposition(|m| !matches!(m, Delivery::Gap { .. }));
        let turning_point = last.and_then(|index| self.markers.remove(index));
        let session = self.markers.back().map(marker_session);
        self.markers.clear();
        self.markers.extend(turning_point);
        if let Some(session) = session {
            self.markers.push_back(overflow(session, lost));
        }
    }
}

fn lost_events(gap: &Gap) -> u64 {
    if let GapCause::Overflow { dropped } = gap.cause {
        dropped
    } else {
        0
    }
}

fn overflow<E>(session: SessionId, dropped: u64) -> Delivery<E> {
    Delivery::Gap {
        session,
        gap: Gap {
            stream: None,
            cause: GapCause::Overflow { dropped },
        },
    }
}

fn marker_session<E>(delivery: &Delivery<E>) -> SessionId {
    match delivery {
        Delivery::SessionStarted { session, .. }
        | Delivery::Event { session, .. }
        | Delivery::Gap { session, .. }
        | Delivery::SessionEnded { session, .. } => *session,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: SessionId = SessionId(1);

    fn event(n: u32) -> Delivery<u32> {
        Delivery::Event {
            session: SESSION,
            received_at: UnixNanos(0),
            event: n,
        }
    }

    #[tokio::test]
    async fn a_full_queue_drops_counts_and_tells_before_anything_newer_comes() {
        let (mut outlet, mut deliveries) = Outlet::new(2);
        let taken: Vec<bool> = (0..5).map(|n| outlet.event(event(n)).unwrap()).collect();
        assert_eq!(taken, [true, true, false, false, false]);
        assert_eq!(deliveries.recv().await, Some(event(0)));
        assert_eq!(
            outlet.event(event(5)),
            Ok(false),
            "nothing may overtake the news of the loss"
        );
        assert_eq!(outlet.tend(SESSION).await, Ok(true));
        assert_eq!(deliveries.recv().await, Some(event(1)));
        assert_eq!(deliveries.recv().await, Some(overflow(SESSION, 4)));
        assert_eq!(outlet.event(event(6)), Ok(true));
    }

    #[tokio::test]
    async fn a_gap_that_waits_behind_the_news_of_a_loss_does_not_cost_the_new_snapshots() {
        let (mut outlet, mut deliveries) = Outlet::new(1);
        assert_eq!(outlet.event(event(0)), Ok(true));
        assert_eq!(outlet.event(event(1)), Ok(false));
        let gap = Gap {
            stream: None,
            cause: GapCause::Checksum,
        };
        outlet.marker(Delivery::Gap {
            session: SESSION,
            gap: gap.clone(),
        });
        assert_eq!(deliveries.recv().await, Some(event(0)));
        assert_eq!(outlet.tend(SESSION).await, Ok(false));
        assert_eq!(deliveries.recv().await, Some(overflow(SESSION, 1)));
        assert_eq!(outlet.tend(SESSION).await, Ok(true));
        assert_eq!(
            deliveries.recv().await,
            Some(Delivery::Gap {
                session: SESSION,
                gap
            })
        );
    }

    #[tokio::test]
    async fn endless_markers_are_cut_to_the_newest_state_and_the_loss() {
        let (mut outlet, mut deliveries) = Outlet::new(1);
        assert_eq!(outlet.event(event(0)), Ok(true));
        for n in 1..=500 {
            outlet.marker(Delivery::SessionStarted {
                session: SessionId(n),
                at: UnixNanos(n),
            });
            assert_eq!(outlet.event(event(9)), Ok(false));
        }
        assert!(
            outlet.markers.len() <= MARKERS_MAX + 1,
            "{}",
            outlet.markers.len()
        );
        let mut last = None;
        let mut lost = 0;
        drop(deliveries.recv().await);
        while outlet.is_backed_up() {
            outlet.tend(SessionId(500)).await.unwrap();
            match deliveries.recv().await {
                Some(Delivery::SessionStarted { session, .. }) => last = Some(session),
                Some(Delivery::Gap { gap, .. }) => lost += lost_events(&gap),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(last, Some(SessionId(500)));
        assert_eq!(lost, 500);
    }
}

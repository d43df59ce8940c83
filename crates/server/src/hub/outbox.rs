//! The bounded queue of one socket: filled by topics, emptied by the socket's own task.
//!
//! | waiting | what a topic's frame does |
//! | --- | --- |
//! | little | it is queued |
//! | more than `conflate_*` | topics of latest state leave the queue alone; the socket gets a snapshot once it has caught up |
//! | more than half of `queue_*` | a snapshot has to wait until the queue is empty |
//! | more than `queue_*` | the queue is thrown away and the socket closes with 4409; resuming brings the rest |
//!
//! A frame counts for half of `queue_bytes` at most, so that a snapshot of any size up to [`FRAME_BYTES_MAX`] can be
//! delivered and leaves room for what happens while it is on its way.
//!
//! Frames are shared: queueing one costs a reference count and a push under a lock that nobody holds for long, so
//! a slow socket delays no other.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use tradewind_wire::hub::{Since, close};

use super::config::HubConfig;
use super::encoding::Encoding;
use super::frame::Shared;
use super::pace::Pace;
use super::topic::Topic;
use super::ws::encode::PING;

/// Why and how a socket ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Close {
    pub(crate) code: u16,
    pub(crate) reason: &'static str,
}

impl Close {
    pub(crate) const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason }
    }

    pub(crate) const SLOW: Close = Close::new(close::SLOW_CONSUMER, "slow consumer");
    pub(crate) const SHUTTING_DOWN: Close = Close::new(close::SHUTTING_DOWN, "shutting down");
    pub(crate) const REVOKED: Close = Close::new(close::REVOKED, "credentials revoked");
    pub(crate) const SILENT: Close = Close::new(close::SILENT, "no sign of life");
}

/// One thing to write.
#[derive(Debug, Clone)]
pub(crate) enum Item {
    Message(Shared),
    Ping,
    /// The answer to a ping of the peer's.
    Pong(Box<[u8]>),
}

impl Item {
    fn wire(&self, encoding: Encoding) -> &[u8] {
        match self {
            Item::Message(frame) => frame.wire(encoding),
            Item::Ping => PING,
            Item::Pong(bytes) => bytes,
        }
    }
}

/// What the socket's task is to do next.
pub(crate) enum Next {
    /// Write what was gathered.
    Write,
    /// Nothing waits any more: let these topics go on.
    Settle(Vec<Owed>),
    /// End.
    Close(Close),
}

/// A topic that has left this socket out and goes on once the queue is empty.
pub(crate) struct Owed {
    pub(crate) topic: Arc<Topic>,
    /// With the history behind this, when it resumes; otherwise with a snapshot.
    pub(crate) since: Option<Since>,
}

/// What became of an offered frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offered {
    Queued,
    /// Left out; the topic is to let go of this socket until it asks for a snapshot.
    Conflated,
    /// The socket is ending.
    Closed,
}

/// Bytes that are handed out at once, so that a close is noticed in between.
const BATCH_BYTES: usize = 64 * 1024;
/// Longest frame that is delivered: the snapshot of some 15,000 open orders. What is longer closes the socket.
const FRAME_BYTES_MAX: usize = 16 * 1024 * 1024;
/// A queue that once grew past this gives its memory back when it is empty.
const KEPT_CAPACITY: usize = 16;

#[derive(Default)]
struct Queue {
    items: VecDeque<Item>,
    /// What the items count for.
    bytes: usize,
    close: Option<Close>,
    owed: Vec<Owed>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    queue_bytes: usize,
    queue_frames: usize,
    conflate_bytes: usize,
    conflate_frames: usize,
}

impl From<&HubConfig> for Bounds {
    fn from(config: &HubConfig) -> Self {
        Self {
            queue_bytes: config.queue_bytes,
            queue_frames: config.queue_frames,
            conflate_bytes: config.conflate_bytes,
            conflate_frames: config.conflate_frames,
        }
    }
}

impl Bounds {
    /// What a frame of that length counts for.
    fn charge(&self, bytes: usize) -> usize {
        bytes.min(self.queue_bytes / 2)
    }
}

/// The queue of one socket.
pub(crate) struct Outbox {
    id: u64,
    encoding: Encoding,
    bounds: Bounds,
    pace: Arc<Pace>,
    queue: Mutex<Queue>,
    waker: AtomicWaker,
    heard_ms: AtomicU64,
}

impl Outbox {
    pub(crate) fn new(id: u64, encoding: Encoding, bounds: Bounds, pace: Arc<Pace>, now_ms: u64) -> Self {
        Self {
            id,
            encoding,
            bounds,
            pace,
            queue: Mutex::new(Queue::default()),
            waker: AtomicWaker::new(),
            heard_ms: AtomicU64::new(now_ms),
        }
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// How its socket wants messages.
    pub(crate) fn encoding(&self) -> Encoding {
        self.encoding
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Every change is complete before the guard is dropped, whatever panicked elsewhere.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a sign of life.
    pub(crate) fn heard(&self, now_ms: u64) {
        self.heard_ms.store(now_ms, Ordering::Relaxed);
    }

    /// When the peer last gave a sign of life.
    pub(crate) fn heard_ms(&self) -> u64 {
        self.heard_ms.load(Ordering::Relaxed)
    }

    /// Queues a frame of a topic.
    pub(crate) fn offer(&self, frame: &Shared, conflating: Option<&Arc<Topic>>) -> Offered {
        // Before the lock: the first socket of an encoding makes it.
        let bytes = frame.wire(self.encoding).len();
        let mut queue = self.lock();
        if queue.close.is_some() {
            return Offered::Closed;
        }
        let congested = queue.bytes + bytes > self.bounds.conflate_bytes
            || queue.items.len() >= self.bounds.conflate_frames;
        if let (true, Some(topic)) = (congested, conflating) {
            queue.owed.push(Owed {
                topic: Arc::clone(topic),
                since: None,
            });
            return Offered::Conflated;
        }
        // Only what a later frame makes worthless may wait for a turn.
        let waits = conflating.is_some() && self.pace.waits();
        if self.push(&mut queue, Item::Message(Arc::clone(frame)), bytes, waits) {
            Offered::Queued
        } else {
            Offered::Closed
        }
    }

    /// Queues the snapshot of a topic; left out for now while more than half of a queue waits already.
    pub(crate) fn offer_snapshot(&self, frame: &Shared, topic: &Arc<Topic>) -> Offered {
        let bytes = frame.wire(self.encoding).len();
        let mut queue = self.lock();
        if queue.close.is_some() {
            return Offered::Closed;
        }
        let half_full =
            queue.bytes > self.bounds.queue_bytes / 2 || queue.items.len() > self.bounds.queue_frames / 2;
        if half_full {
            queue.owed.push(Owed {
                topic: Arc::clone(topic),
                since: None,
            });
            return Offered::Conflated;
        }
        if self.push(&mut queue, Item::Message(Arc::clone(frame)), bytes, false) {
            Offered::Queued
        } else {
            Offered::Closed
        }
    }

    /// Queues something of this socket alone; what overflows the queue closes the socket.
    pub(crate) fn say(&self, item: Item) {
        let bytes = item.wire(self.encoding).len();
        let mut queue = self.lock();
        if queue.close.is_none() {
            self.push(&mut queue, item, bytes, false);
        }
    }

    fn push(&self, queue: &mut Queue, item: Item, bytes: usize, waits: bool) -> bool {
        let charge = self.bounds.charge(bytes);
        if bytes > FRAME_BYTES_MAX
            || queue.bytes + charge > self.bounds.queue_bytes
            || queue.items.len() >= self.bounds.queue_frames
        {
            Self::end(queue, Close::SLOW);
            self.waker.wake();
            return false;
        }
        queue.items.push_back(item);
        queue.bytes += charge;
        if !waits {
            self.waker.wake();
        }
        true
    }

    /// Writes what waits, if anything does.
    pub(crate) fn take_turn(&self) {
        if !self.lock().items.is_empty() {
            self.waker.wake();
        }
    }

    fn end(queue: &mut Queue, close: Close) {
        queue.close.get_or_insert(close);
        queue.items = VecDeque::new();
        queue.bytes = 0;
        queue.owed = Vec::new();
    }

    /// Ends the socket; what waits is dropped. The first reason stands.
    pub(crate) fn close(&self, close: Close) {
        Self::end(&mut self.lock(), close);
        self.waker.wake();
    }

    /// Whether a part of a history may be queued: it leaves half of the queue to what happens meanwhile.
    pub(crate) fn has_room_for_history(&self, bytes: usize) -> bool {
        let queue = self.lock();
        queue.close.is_none()
            && queue.bytes + self.bounds.charge(bytes) <= self.bounds.queue_bytes / 2
            && queue.items.len() < self.bounds.queue_frames / 2
    }

    /// Has a topic go on with its history once the queue is empty.
    pub(crate) fn owe(&self, topic: &Arc<Topic>, since: Since) {
        let mut queue = self.lock();
        if queue.close.is_none() {
            queue.owed.push(Owed {
                topic: Arc::clone(topic),
                since: Some(since),
            });
            self.waker.wake();
        }
    }

    /// Forgets what is owed of a topic.
    pub(crate) fn forget(&self, topic: &Arc<Topic>) {
        self.lock().owed.retain(|owed| !Arc::ptr_eq(&owed.topic, topic));
    }

    /// Frames and bytes waiting.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let queue = self.lock();
        (queue.items.len(), queue.bytes)
    }

    /// The next thing to do, or to wait for it. What is to be written is put into `into`.
    pub(crate) fn poll_next(&self, cx: &Context<'_>, into: &mut Vec<u8>) -> Poll<Next> {
        self.waker.register(cx.waker());
        let mut queue = self.lock();
        if let Some(close) = queue.close {
            return Poll::Ready(Next::Close(close));
        }
        if queue.items.is_empty() {
            if queue.owed.is_empty() {
                return Poll::Pending;
            }
            return Poll::Ready(Next::Settle(std::mem::take(&mut queue.owed)));
        }
        let before = into.len();
        while into.len() - before < BATCH_BYTES {
            let Some(item) = queue.items.pop_front() else {
                break;
            };
            let bytes = item.wire(self.encoding);
            into.extend_from_slice(bytes);
            queue.bytes -= self.bounds.charge(bytes.len());
        }
        if queue.items.is_empty() && queue.items.capacity() > KEPT_CAPACITY {
            queue.items = VecDeque::new();
        }
        Poll::Ready(Next::Write)
    }

    /// Ready once the socket is to end; for waiting while a write is under way.
    pub(crate) fn poll_closed(&self, cx: &Context<'_>) -> Poll<Close> {
        self.waker.register(cx.waker());
        self.lock().close.map_or(Poll::Pending, Poll::Ready)
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::of_text;
    use super::*;
    use std::task::Waker;

    fn outbox(config: &HubConfig) -> Outbox {
        Outbox::new(1, Encoding::Json, Bounds::from(config), Arc::default(), 0)
    }

    fn next(outbox: &Outbox, into: &mut Vec<u8>) -> Option<Next> {
        match outbox.poll_next(&Context::from_waker(Waker::noop()), into) {
            Poll::Ready(next) => Some(next),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_queue_that_is_full_closes_the_socket_and_lets_go_of_what_it_held() {
        let config = HubConfig {
            queue_bytes: 14,
            ..HubConfig::default()
        };
        let outbox = outbox(&config);
        let frame = of_text("12345");
        assert_eq!(outbox.offer(&frame, None), Offered::Queued);
        assert_eq!(outbox.offer(&frame, None), Offered::Queued);
        assert_eq!(outbox.offer(&frame, None), Offered::Closed);
        assert_eq!(outbox.waiting(), (0, 0));
        assert!(matches!(
            next(&outbox, &mut Vec::new()),
            Some(Next::Close(Close::SLOW))
        ));
        assert_eq!(outbox.offer(&frame, None), Offered::Closed);
    }

    #[test]
    fn frames_come_out_in_order_and_their_bytes_are_given_back() {
        let outbox = outbox(&HubConfig::default());
        let mut written = Vec::new();
        assert!(next(&outbox, &mut written).is_none());
        outbox.offer(&of_text("a"), None);
        outbox.say(Item::Pong(Box::from(&b"\x8a\x00"[..])));
        outbox.offer(&of_text("b"), None);
        assert!(matches!(next(&outbox, &mut written), Some(Next::Write)));
        assert_eq!(written, b"\x81\x01a\x8a\x00\x81\x01b");
        assert_eq!(outbox.waiting(), (0, 0));
        assert!(next(&outbox, &mut written).is_none());
    }

    #[test]
    fn the_first_reason_to_close_stands() {
        let outbox = outbox(&HubConfig::default());
        outbox.close(Close::REVOKED);
        outbox.close(Close::SHUTTING_DOWN);
        assert!(matches!(
            next(&outbox, &mut Vec::new()),
            Some(Next::Close(Close::REVOKED))
        ));
    }
}

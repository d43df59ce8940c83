//! One topic: its numbering, its history for those who resume, and the sockets that read it.
//!
//! A change is numbered, encoded once, kept, and queued at every reader in one step under the topic's lock, so that
//! all see the same frames in the same order. A socket that subscribes waits until the source hands in a snapshot
//! *in order with the changes*; until then it gets none of them, afterwards all.
//!
//! Whether a socket reads a topic is decided under the topic's lock alone: it is among those that read, those that wait
//! for a snapshot, or those that were left out and go on once their queue is empty. A topic that has any of the three is
//! not given up.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::time::Instant;
use tradewind_wire::hub::Since;

use super::config::HubConfig;
use super::frame::{self, Shared};
use super::key::{TopicKey, conflates};
use super::meters::Meter;
use super::outbox::{Item, Offered, Outbox};
use super::quota::ComputationPlace;
use super::source::Source;

struct State {
    epoch: String,
    epochs: u32,
    seq: u64,
    history: VecDeque<Shared>,
    history_bytes: usize,
    readers: Vec<Arc<Outbox>>,
    waiting: Vec<Arc<Outbox>>,
    /// Sockets, by their numbers, whose queue goes on with this topic once it is empty.
    owed: HashSet<u64>,
    asked: bool,
    empty_since: Option<Instant>,
}

/// A topic that is, or was recently, read.
pub struct Topic {
    key: TopicKey,
    name: String,
    /// The name as JSON text, for frames.
    quoted: String,
    birth: String,
    conflates: bool,
    history_frames: usize,
    history_bytes: usize,
    meter: Arc<Meter>,
    source: Arc<dyn Source>,
    /// Changed under the lock of the state; read without, by feeds that hold locks of their own.
    gone: AtomicBool,
    /// Given back with the topic.
    _computation: Option<ComputationPlace>,
    state: Mutex<State>,
}

impl Topic {
    /// A topic without readers. `birth` is the part of its epochs that no other topic or process has.
    pub(crate) fn new(
        key: TopicKey,
        birth: String,
        config: &HubConfig,
        meter: Arc<Meter>,
        source: Arc<dyn Source>,
        computation: Option<ComputationPlace>,
    ) -> Self {
        let name = key.to_string();
        let private = key.is_private();
        Self {
            quoted: serde_json::Value::from(name.as_str()).to_string(),
            name,
            conflates: conflates(key.channel),
            history_frames: if private {
                config.history_frames_private
            } else {
                config.history_frames
            },
            history_bytes: if private {
                config.history_bytes_private
            } else {
                config.history_bytes
            },
            state: Mutex::new(State {
                epoch: format!("{birth}-0"),
                epochs: 0,
                seq: 0,
                history: VecDeque::new(),
                history_bytes: 0,
                readers: Vec::new(),
                waiting: Vec::new(),
                owed: HashSet::new(),
                asked: false,
                empty_since: Some(Instant::now()),
            }),
            key,
            birth,
            meter,
            source,
            gone: AtomicBool::new(false),
            _computation: computation,
        }
    }

    /// What it is.
    #[must_use]
    pub fn key(&self) -> &TopicKey {
        &self.key
    }

    /// Its name on the wire.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every step below leaves the state whole before anything that could panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether anyone reads it, waits for its snapshot, or was left out for a while.
    #[must_use]
    pub fn is_read(&self) -> bool {
        !self.lock().is_idle()
    }

    /// Whether it was given up: whoever fills it is to let go of it. Takes no lock.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Acquire)
    }

    /// Number of the last change.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.lock().seq
    }

    /// Numbers, encodes once and queues a change at every reader. O(readers).
    pub fn publish<T: Serialize + ?Sized>(self: &Arc<Self>, data: &T) {
        let mut state = self.lock();
        if self.is_gone() {
            return;
        }
        let seq = state.seq + 1;
        let Some(frame) = frame::delta(&self.quoted, seq, data) else {
            tracing::error!(topic = %self.name, "a change could not be written as JSON");
            return;
        };
        state.seq = seq;
        self.remember(&mut state, Arc::clone(&frame));
        let (mut sent, mut conflated) = (0, 0);
        let State { readers, owed, .. } = &mut *state;
        readers.retain(
            |outbox| match outbox.offer(&frame, self.conflates.then_some(self)) {
                Offered::Queued => {
                    sent += 1;
                    true
                }
                Offered::Conflated => {
                    conflated += 1;
                    owed.insert(outbox.id());
                    false
                }
                Offered::Closed => false,
            },
        );
        self.meter.published(sent, conflated, frame.json_bytes());
    }

    fn remember(&self, state: &mut State, frame: Shared) {
        state.history_bytes += frame.json_bytes();
        state.history.push_back(frame);
        while state.history.len() > self.history_frames || state.history_bytes > self.history_bytes {
            let Some(oldest) = state.history.pop_front() else {
                break;
            };
            state.history_bytes -= oldest.json_bytes();
        }
    }

    /// Hands in the current state: everyone who waits gets it, and every change from now on.
    ///
    /// It must hold every change published before, and none that is published afterwards unless applying that
    /// again does no harm.
    pub fn snapshot<T: Serialize + ?Sized>(self: &Arc<Self>, data: &T) {
        let mut state = self.lock();
        state.asked = false;
        if state.waiting.is_empty() || self.is_gone() {
            return;
        }
        let Some(frame) = frame::snapshot(&self.quoted, &state.epoch, state.seq, data) else {
            tracing::error!(topic = %self.name, "a snapshot could not be written as JSON");
            return;
        };
        let waiting = std::mem::take(&mut state.waiting);
        self.meter.snapshots(waiting.len());
        for outbox in waiting {
            match outbox.offer_snapshot(&frame, self) {
                Offered::Queued => state.readers.push(outbox),
                Offered::Conflated => {
                    state.owed.insert(outbox.id());
                }
                Offered::Closed => {}
            }
        }
    }

    /// What was published no longer leads to the current state (a book was replaced, a feed fell behind): a new
    /// epoch begins and every reader gets a snapshot.
    pub fn restart(self: &Arc<Self>) {
        let mut state = self.lock();
        state.epochs += 1;
        state.epoch = format!("{}-{}", self.birth, state.epochs);
        state.seq = 0;
        state.history.clear();
        state.history_bytes = 0;
        let readers = std::mem::take(&mut state.readers);
        state.waiting.extend(readers);
        self.ask(&mut state);
    }

    fn ask(self: &Arc<Self>, state: &mut State) {
        if !state.waiting.is_empty() && !state.asked {
            state.asked = true;
            self.source.wanted(self);
        }
    }

    /// Lets a socket read: from the history when `since` is in it, from a snapshot otherwise. Returns false when
    /// the topic has been given up meanwhile.
    pub(crate) fn attach(
        self: &Arc<Self>,
        outbox: &Arc<Outbox>,
        since: Option<&Since>,
        id: Option<String>,
    ) -> bool {
        let mut state = self.lock();
        if self.is_gone() {
            return false;
        }
        state.empty_since = None;
        outbox.say(Item::Message(frame::subscribed(id, &self.name)));
        if let Some(since) = since
            && let Some(missed) = state.missed(since)
        {
            self.meter.resumed();
            self.catch_up(&mut state, outbox, missed);
            return true;
        }
        state.waiting.push(Arc::clone(outbox));
        self.ask(&mut state);
        true
    }

    /// Queues the history from its frame `from` on. What the queue has no room for follows once it is empty, so that
    /// however much was missed, resuming gets there.
    fn catch_up(self: &Arc<Self>, state: &mut State, outbox: &Arc<Outbox>, from: usize) {
        let mut next = from;
        for frame in state.history.iter().skip(from) {
            if next > from && !outbox.has_room_for_history(frame.json_bytes()) {
                break;
            }
            if outbox.offer(frame, None) != Offered::Queued {
                return;
            }
            next += 1;
        }
        let left = state.history.len() - next;
        if left == 0 {
            state.readers.push(Arc::clone(outbox));
        } else {
            let seq = state.seq - left as u64;
            state.owed.insert(outbox.id());
            outbox.owe(
                self,
                Since {
                    epoch: state.epoch.clone(),
                    seq,
                },
            );
        }
    }

    /// Goes on with a socket that had been left out, unless its reading was ended meanwhile.
    pub(crate) fn settle(self: &Arc<Self>, outbox: &Arc<Outbox>, since: Option<&Since>) {
        let mut state = self.lock();
        if !state.owed.remove(&outbox.id()) {
            return;
        }
        if let Some(missed) = since.and_then(|since| state.missed(since)) {
            self.catch_up(&mut state, outbox, missed);
            return;
        }
        state.waiting.push(Arc::clone(outbox));
        self.ask(&mut state);
    }

    /// Ends a socket's reading.
    pub(crate) fn detach(self: &Arc<Self>, outbox: &Arc<Outbox>) {
        let mut state = self.lock();
        // Under the lock: a change that is published meanwhile finds either a reader or none.
        outbox.forget(self);
        state.owed.remove(&outbox.id());
        let others = |other: &Arc<Outbox>| !Arc::ptr_eq(other, outbox);
        if let Some(at) = state.readers.iter().position(|other| !others(other)) {
            state.readers.swap_remove(at);
        }
        state.waiting.retain(others);
        if state.is_idle() {
            state.empty_since.get_or_insert_with(Instant::now);
        }
    }

    /// Gives the topic up if nobody has read it for long; true when it is gone.
    pub(crate) fn retire(&self, config: &HubConfig, now: Instant) -> bool {
        let linger = if self.key.is_private() {
            config.linger_private
        } else {
            config.linger
        };
        let mut state = self.lock();
        if !state.is_idle() {
            state.empty_since = None;
            return false;
        }
        let since = *state.empty_since.get_or_insert(now);
        let gone = now.duration_since(since) >= linger;
        self.gone.store(gone, Ordering::Release);
        gone
    }
}

impl State {
    fn is_idle(&self) -> bool {
        self.readers.is_empty() && self.waiting.is_empty() && self.owed.is_empty()
    }

    /// How many frames of the history the reader has; `None` when the history does not reach back so far.
    fn missed(&self, since: &Since) -> Option<usize> {
        if since.epoch != self.epoch || since.seq > self.seq {
            return None;
        }
        let behind = usize::try_from(self.seq - since.seq).ok()?;
        self.history.len().checked_sub(behind)
    }
}

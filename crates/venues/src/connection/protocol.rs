//! What a venue adds to a connection: how to subscribe, and what a message means. No sockets, no timers.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio_tungstenite::tungstenite::Message;
use tradewind_types::UnixNanos;

use super::settings::Endpoint;
use super::state::SessionId;
use crate::diagnostics::Diagnostics;
use crate::rate_limit::EndpointClass;

/// One message from the venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incoming<'a> {
    /// A text message.
    Text(&'a str),
    /// A binary message.
    Binary(&'a [u8]),
}

impl<'a> Incoming<'a> {
    /// The message's bytes, of either kind.
    #[must_use]
    pub fn bytes(self) -> &'a [u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }
}

/// The content of a message of ours.
#[derive(Clone, PartialEq, Eq)]
pub enum Payload {
    /// Text.
    Text(String),
    /// Binary.
    Binary(Bytes),
}

/// A message of ours, with what it costs at the venue.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The content.
    pub payload: Payload,
    /// The rate-limit class that it falls under.
    pub class: EndpointClass,
    /// What it weighs there.
    pub weight: u32,
}

impl Outgoing {
    /// A text message of class [`EndpointClass::Subscribe`] and weight 1.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            payload: Payload::Text(text.into()),
            class: EndpointClass::Subscribe,
            weight: 1,
        }
    }

    /// A binary message of class [`EndpointClass::Subscribe`] and weight 1.
    #[must_use]
    pub fn binary(bytes: impl Into<Bytes>) -> Self {
        Self {
            payload: Payload::Binary(bytes.into()),
            class: EndpointClass::Subscribe,
            weight: 1,
        }
    }

    pub(super) fn into_message(self) -> Message {
        match self.payload {
            Payload::Text(text) => Message::Text(text.into()),
            Payload::Binary(bytes) => Message::Binary(bytes),
        }
    }
}

impl fmt::Debug for Outgoing {
    /// Sizes only: a subscription may carry a signature.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = match &self.payload {
            Payload::Text(text) => text.len(),
            Payload::Binary(bytes) => bytes.len(),
        };
        f.debug_struct("Outgoing")
            .field("bytes", &size)
            .field("class", &self.class)
            .finish_non_exhaustive()
    }
}

/// What is wrong with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BadKind {
    /// Not the venue's format at all: broken JSON, truncated binary.
    Malformed,
    /// Text that is not UTF-8.
    NotUtf8,
    /// A field is missing.
    MissingField,
    /// A field is null where a value has to be.
    NullField,
    /// A field has another type, or a number cannot be read.
    WrongType,
    /// A number is NaN or infinite.
    NotFinite,
    /// A price or size is zero or negative where it has to be positive.
    NotPositive,
    /// A number does not fit the instrument's scale or our types.
    OutOfRange,
    /// An instrument that is not known.
    UnknownInstrument,
    /// A kind of message that is not known.
    UnknownMessage,
    /// A checksum over the book does not match.
    Checksum,
    /// Over the size limit.
    TooLong,
    /// The venue says that a request of ours was wrong.
    Refused,
    /// Anything else; the detail says what.
    Other,
}

impl BadKind {
    /// The kind in metrics and API.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::NotUtf8 => "not_utf8",
            Self::MissingField => "missing_field",
            Self::NullField => "null_field",
            Self::WrongType => "wrong_type",
            Self::NotFinite => "not_finite",
            Self::NotPositive => "not_positive",
            Self::OutOfRange => "out_of_range",
            Self::UnknownInstrument => "unknown_instrument",
            Self::UnknownMessage => "unknown_message",
            Self::Checksum => "checksum",
            Self::TooLong => "too_long",
            Self::Refused => "refused",
            Self::Other => "other",
        }
    }
}

/// A message, or one item of it, could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", kind.label())]
pub struct BadMessage {
    /// What is wrong.
    pub kind: BadKind,
    /// Which field or item, and what it held.
    pub detail: Cow<'static, str>,
}

impl BadMessage {
    /// A bad message of this kind.
    #[must_use]
    pub fn new(kind: BadKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            detail: detail.into(),
        }
    }
}

/// Why data is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GapCause {
    /// The venue's sequence jumped.
    Sequence {
        /// The number that should have come.
        expected: u64,
        /// The number that came.
        got: u64,
    },
    /// A checksum says that our book is not the venue's.
    Checksum,
    /// Our own queue was full, and events were dropped.
    Overflow {
        /// How many.
        dropped: u64,
    },
    /// Anything else the venue's protocol noticed.
    Other(String),
}

/// Data is missing from here on until the next snapshot of what is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The stream (instrument, channel) in the venue's words; `None` means everything on the connection.
    pub stream: Option<String>,
    /// Why.
    pub cause: GapCause,
}

/// What the connection knows about a piece of data's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Our time of arrival less the venue's stamp; zero when the stamp is ahead of us.
    pub age: Duration,
    /// Older than the limit (5 s): to be set as the data's `late` flag.
    pub late: bool,
}

/// A venue's side of a connection. Synchronous: it turns bytes into events and wishes into bytes.
///
/// Calls come from the connection's task in arrival order, never concurrently. State that belongs to a
/// session (sequences, half-built books) is dropped in [`Self::session_started`].
pub trait Protocol: Send + 'static {
    /// What the consumer gets.
    type Event: Send + 'static;
    /// What can be subscribed: usually channel and instrument. Equality decides what is the same.
    type Subscription: Clone + PartialEq + fmt::Debug + Send + 'static;

    /// Where the next session goes to; for venues whose address carries a fresh token.
    fn endpoint(&mut self, configured: &Endpoint) -> Endpoint {
        configured.clone()
    }

    /// A new session begins: forget everything of the old one. Messages pushed to the context's outbox (a
    /// login, say) are sent before the subscriptions.
    fn session_started(&mut self, ctx: &mut Context<Self::Event, Self::Subscription>);

    /// The messages that subscribe to all of these, in order. Called with everything after a reconnect and
    /// with the new ones in between.
    fn subscribe(&mut self, subscriptions: &[Self::Subscription]) -> Vec<Outgoing>;

    /// The messages that unsubscribe from all of these.
    fn unsubscribe(&mut self, subscriptions: &[Self::Subscription]) -> Vec<Outgoing>;

    /// The messages that make the venue send a new snapshot: unless overridden, unsubscribe and subscribe.
    fn resync(&mut self, subscription: &Self::Subscription) -> Vec<Outgoing> {
        let one = std::slice::from_ref(subscription);
        let mut messages = self.unsubscribe(one);
        messages.extend(self.subscribe(one));
        messages
    }

    /// Reads one message. What it means goes into the context.
    ///
    /// # Errors
    /// [`BadMessage`] when the message as a whole is of no use: it is counted, kept raw, and none of the
    /// events emitted for it are delivered (gaps and resyncs are). For single bad items of an otherwise
    /// good message call [`Context::bad`] and go on.
    fn on_message(
        &mut self,
        message: Incoming<'_>,
        ctx: &mut Context<Self::Event, Self::Subscription>,
    ) -> Result<(), BadMessage>;

    /// The venue's heartbeat interval where it is not the connection's default.
    fn heartbeat_interval(&self) -> Option<Duration> {
        None
    }

    /// The venue's own ping message; `None` sends a WebSocket ping.
    fn ping(&mut self) -> Option<Outgoing> {
        None
    }
}

/// Something to deliver, in order.
#[derive(Debug)]
pub(super) enum Item<E> {
    Event(E),
    Gap(Gap),
}

/// Where a [`Protocol`] puts what a message meant.
#[derive(Debug)]
pub struct Context<E, S> {
    session: SessionId,
    received_at: UnixNanos,
    late_after: Duration,
    diagnostics: Arc<Diagnostics>,
    pub(super) items: Vec<Item<E>>,
    pub(super) bad: Vec<BadMessage>,
    pub(super) resyncs: Vec<S>,
    pub(super) resync_all: bool,
    pub(super) outgoing: Vec<Outgoing>,
    pub(super) counters: Vec<u64>,
    pub(super) give_up: Option<String>,
}

impl<E, S> Context<E, S> {
    /// An empty context. Connections make their own; adapters' unit tests may make one too.
    #[must_use]
    pub fn new(session: SessionId, late_after: Duration, diagnostics: Arc<Diagnostics>) -> Self {
        Self {
            session,
            received_at: UnixNanos(0),
            late_after,
            diagnostics,
            items: Vec::new(),
            bad: Vec::new(),
            resyncs: Vec::new(),
            resync_all: false,
            outgoing: Vec::new(),
            counters: Vec::new(),
            give_up: None,
        }
    }

    /// Sets when the message at hand arrived.
    pub fn set_received_at(&mut self, at: UnixNanos) {
        self.received_at = at;
    }

    /// The session that the message came on.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// When the message arrived: `ts_init` of what is in it.
    #[must_use]
    pub fn received_at(&self) -> UnixNanos {
        self.received_at
    }

    /// Delivers an event, after all that were emitted before.
    pub fn emit(&mut self, event: E) {
        self.items.push(Item::Event(event));
    }

    /// Tells the consumer, at this point of the stream, that data is missing. Usually followed by
    /// [`Self::resync`].
    pub fn gap(&mut self, gap: Gap) {
        self.items.push(Item::Gap(gap));
    }

    /// Asks the venue for a new snapshot of this subscription.
    pub fn resync(&mut self, subscription: S) {
        self.resyncs.push(subscription);
    }

    /// Asks the venue for new snapshots of everything.
    pub fn resync_all(&mut self) {
        self.resync_all = true;
    }

    /// Sends a message, after those that already wait, within the venue's rate limit.
    pub fn send(&mut self, message: Outgoing) {
        self.outgoing.push(message);
    }

    /// Takes the venue's own heartbeat counter; a jump ends the session.
    pub fn heartbeat(&mut self, counter: u64) {
        self.counters.push(counter);
    }

    /// Counts one bad item of a message that is good otherwise; the raw message is kept.
    pub fn bad(&mut self, bad: BadMessage) {
        self.bad.push(bad);
    }

    /// Ends the session; a new one follows after the usual delay.
    pub fn give_up(&mut self, why: impl Into<String>) {
        self.give_up = Some(why.into());
    }

    /// Takes the venue's stamp of a piece of data: measures latency and clock skew, and says whether the
    /// data is late.
    pub fn stamped(&mut self, ts_event: UnixNanos) -> Timing {
        let age = self.diagnostics.stamped(ts_event, self.received_at);
        let late = age > self.late_after;
        if late {
            self.diagnostics.late(1);
        }
        Timing { age, late }
    }

    /// The events emitted so far, taken out.
    pub fn take_events(&mut self) -> Vec<E> {
        let taken = std::mem::take(&mut self.items);
        taken
            .into_iter()
            .filter_map(|item| {
                if let Item::Event(event) = item {
                    Some(event)
                } else {
                    None
                }
            })
            .collect()
    }
}

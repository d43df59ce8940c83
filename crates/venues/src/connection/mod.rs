//! One WebSocket and everything that can go wrong with it.
//!
//! A [`Connection`] is the owner's handle; behind it one task dials, keeps the session alive, restores
//! subscriptions, and hands events to the consumer through a bounded queue of [`Delivery`] values. A venue
//! takes part through a [`Protocol`]: bytes to events, subscriptions to messages, nothing else.
//!
//! How the data flows: [`Dialer`] (bytes) → WebSocket → [`Protocol::on_message`] (events, gaps, bad items
//! into a [`Context`]) → queue → consumer. Session changes and gaps travel in the same queue as the events,
//! in order, so a consumer that starts afresh at [`Delivery::SessionStarted`] can never apply data of an old
//! session to a new book, and a loss is never papered over.
//!
//! What is absent: no venue's format, no retries of what a venue refused, no unbounded queue. Time is
//! [`tokio::time`], which tests pause; jitter and wall clock come through the [`Environment`].

mod actor;
mod backoff;
mod delivery;
mod dialer;
mod error;
mod handle;
mod heartbeat;
mod memory;
mod protocol;
mod sequence;
mod session;
mod settings;
mod state;
mod websocket;

pub use backoff::{BackoffSettings, FixedJitter, Jitter, JitterMode, OsJitter};
pub use delivery::{Deliveries, Delivery};
pub use dialer::{BoxIo, Dialer, Io, NetDialer, Target, client_tls};
pub use error::{ConnectError, ConnectStage, DisconnectReason, SendError, StageCell};
pub use handle::{CloseOutcome, Connection};
pub use memory::{MemoryDialer, MemoryEnd};
pub use protocol::{
    BadKind, BadMessage, Context, Gap, GapCause, Incoming, Outgoing, Payload, Protocol, Timing,
};
pub use sequence::{Continuity, SequenceTracker};
pub use settings::{ConnectionSettings, Endpoint, Environment};
pub use state::{ConnectionMonitor, ConnectionState, Reason, SessionId, Transition};

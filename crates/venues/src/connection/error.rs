//! Why a connection could not be made, and why it ended: each cause its own variant.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use super::state::SessionId;

/// How far an attempt had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ConnectStage {
    /// Resolving the host name.
    Dns,
    /// Opening the TCP connection.
    Tcp,
    /// The TLS handshake.
    Tls,
    /// The WebSocket handshake.
    Handshake,
}

impl ConnectStage {
    /// The stage's name.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Dns => "DNS",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Handshake => "WebSocket handshake",
        }
    }
}

/// Where a dialer notes how far it has come, so that a timeout can say so.
#[derive(Debug)]
pub struct StageCell(AtomicU8);

impl Default for StageCell {
    fn default() -> Self {
        Self(AtomicU8::new(ConnectStage::Dns as u8))
    }
}

impl StageCell {
    /// Notes the stage that begins.
    pub fn enter(&self, stage: ConnectStage) {
        self.0.store(stage as u8, Ordering::Relaxed);
    }

    /// The stage that was entered last.
    #[must_use]
    pub fn current(&self) -> ConnectStage {
        match self.0.load(Ordering::Relaxed) {
            0 => ConnectStage::Dns,
            1 => ConnectStage::Tcp,
            2 => ConnectStage::Tls,
            _ => ConnectStage::Handshake,
        }
    }
}

/// An attempt to connect failed, or was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The address is no URL with a host.
    #[error("`{url}` is not a usable address: {why}")]
    BadUrl {
        /// What was given, without its query.
        url: String,
        /// What is wrong.
        why: String,
    },
    /// The address has a scheme that is not spoken here.
    #[error("`{scheme}` is not one of the schemes {expected}")]
    BadScheme {
        /// The scheme given.
        scheme: String,
        /// Those that would do.
        expected: &'static str,
    },
    /// The host name has no address.
    #[error("cannot resolve `{host}`: {why}")]
    Dns {
        /// The host.
        host: String,
        /// The resolver's words.
        why: String,
    },
    /// The host refused the TCP connection.
    #[error("{address} refused the connection")]
    Refused {
        /// Where to.
        address: String,
    },
    /// TCP failed in another way.
    #[error("cannot reach {address}: {why}")]
    Unreachable {
        /// Where to.
        address: String,
        /// The system's words.
        why: String,
    },
    /// The TLS handshake failed.
    #[error("TLS with `{host}` failed: {why}")]
    Tls {
        /// The host.
        host: String,
        /// The library's words.
        why: String,
    },
    /// The server answered, but not with a WebSocket.
    #[error("WebSocket handshake failed{}: {why}", status.map(|s| format!(" with HTTP {s}")).unwrap_or_default())]
    Handshake {
        /// The HTTP status, when there was one.
        status: Option<u16>,
        /// What was wrong.
        why: String,
    },
    /// It took too long.
    #[error("no connection after {} ms (stopped at {})", after.as_millis(), stage.label())]
    Timeout {
        /// How far it had come.
        stage: ConnectStage,
        /// The limit.
        after: Duration,
    },
    /// The venue's limit on attempts cannot be met.
    #[error("no attempt made: {why}")]
    RateLimited {
        /// The limiter's words.
        why: String,
    },
    /// There is a session already; this call was counted and refused.
    #[error("already connected ({session})")]
    AlreadyConnected {
        /// The session.
        session: SessionId,
    },
    /// The connection was closed by its owner.
    #[error("the connection is closed")]
    Closed,
}

impl ConnectError {
    /// Waiting cannot cure it: the settings are wrong.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::BadUrl { .. } | Self::BadScheme { .. })
    }
}

/// Why a session ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DisconnectReason {
    /// The venue closed it with a close frame.
    #[error("the venue closed the session (code {code}{}{text})", if text.is_empty() { "" } else { ": " })]
    PeerClosed {
        /// The close code; 1005 when the frame carried none.
        code: u16,
        /// The venue's words.
        text: String,
    },
    /// The stream ended or broke without a close frame.
    #[error("the stream broke: {why}")]
    Broken {
        /// The system's words.
        why: String,
    },
    /// The venue broke the WebSocket protocol.
    #[error("WebSocket protocol violation: {why}")]
    Protocol {
        /// What was wrong.
        why: String,
    },
    /// A message was over the limit; we closed with 1009.
    #[error("a message of at least {size_bytes} bytes exceeds the limit of {limit_bytes}")]
    MessageTooLong {
        /// Its size as far as known.
        size_bytes: usize,
        /// The limit.
        limit_bytes: usize,
    },
    /// Nothing came for twice the heartbeat interval.
    #[error("silent for {} ms", silent_for.as_millis())]
    Silent {
        /// How long nothing came.
        silent_for: Duration,
    },
    /// The venue's heartbeat counter jumped: messages were lost on the way.
    #[error("the heartbeat counter jumped to {got}, expected {expected}")]
    HeartbeatJump {
        /// The next counter.
        expected: u64,
        /// The one that came.
        got: u64,
    },
    /// A write did not finish in time.
    #[error("a write did not finish within {} ms", after.as_millis())]
    WriteStalled {
        /// The limit.
        after: Duration,
    },
    /// The venue's protocol asked for a new session.
    #[error("the venue's protocol gave up the session: {why}")]
    GivenUp {
        /// Why.
        why: String,
    },
    /// Asked for by hand.
    #[error("reconnect asked for")]
    ManualReconnect,
    /// The owner closed the connection.
    #[error("closed by the owner")]
    Closed,
    /// Nobody reads the events any more.
    #[error("nobody reads the events any more")]
    ConsumerGone,
}

/// A message could not be handed to the connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The connection was closed.
    #[error("the connection is closed")]
    Closed,
    /// There is no session to send it on.
    #[error("not connected")]
    NotConnected,
    /// The outgoing queue is full.
    #[error("the outgoing queue of {limit} messages is full")]
    QueueFull {
        /// Its limit.
        limit: usize,
    },
    /// There are as many subscriptions as the connection takes.
    #[error("more than {limit} subscriptions on one connection")]
    TooManySubscriptions {
        /// The limit.
        limit: usize,
    },
}

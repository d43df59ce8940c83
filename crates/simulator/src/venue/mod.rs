//! The venues' protocols as state machines without sockets.
//!
//! A session holds what one WebSocket connection has subscribed to. It is fed with texts from the client and
//! with the steps of the world, and gives back the messages to send; REST handlers are functions of the world
//! and a request. The servers in [`crate::server`] move these over real sockets, tests call them directly.

pub mod coinbase;
pub mod format;
pub mod kraken;

use tradewind_types::UnixNanos;

use crate::config::VenueKind;
use crate::world::{VenueStep, World};

/// A message to send, with the channel it belongs to (fault scripts select by it).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outbound {
    /// The venue's name of the channel.
    pub channel: &'static str,
    /// The message.
    pub text: String,
}

impl Outbound {
    /// A message.
    #[must_use]
    pub fn new(channel: &'static str, text: String) -> Self {
        Self { channel, text }
    }
}

/// One connection's side of a venue's WebSocket protocol.
#[derive(Debug)]
pub enum Session {
    /// Coinbase Advanced Trade.
    Coinbase(coinbase::CoinbaseSession),
    /// Kraken v2.
    Kraken(Box<kraken::KrakenSession>),
}

impl Session {
    /// A fresh session; `connection` is the venue's number of the connection.
    #[must_use]
    pub fn new(venue: VenueKind, connection: u64) -> Self {
        match venue {
            VenueKind::Coinbase => Session::Coinbase(coinbase::CoinbaseSession::default()),
            VenueKind::Kraken => Session::Kraken(Box::new(kraken::KrakenSession::new(connection))),
        }
    }

    /// What the venue says first.
    pub fn on_open(&mut self) -> Vec<Outbound> {
        match self {
            Session::Coinbase(_) => Vec::new(),
            Session::Kraken(session) => session.on_open(),
        }
    }

    /// Answers a text of the client. `now` is the venue's clock.
    pub fn on_text(&mut self, text: &str, world: &World, now: UnixNanos) -> Vec<Outbound> {
        match self {
            Session::Coinbase(session) => session.on_text(text, world),
            Session::Kraken(session) => session.on_text(text, world, now),
        }
    }

    /// Publishes a step to the subscriptions.
    pub fn on_step(&mut self, step: &VenueStep) -> Vec<Outbound> {
        match self {
            Session::Coinbase(session) => session.on_step(step),
            Session::Kraken(session) => session.on_step(step),
        }
    }

    /// Sets how much the venue's clock is off.
    pub fn set_skew(&mut self, skew_ns: i64) {
        match self {
            Session::Coinbase(session) => session.skew_ns = skew_ns,
            Session::Kraken(session) => session.skew_ns = skew_ns,
        }
    }

    /// Whether the venue would by now have closed a connection that subscribed to nothing.
    #[must_use]
    pub fn wants_subscription(&self) -> bool {
        matches!(self, Session::Coinbase(session) if !session.has_subscribed())
    }
}

/// A REST answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RestReply {
    /// HTTP status.
    pub status: u16,
    /// JSON body.
    pub body: String,
}

impl RestReply {
    /// 200 with a body.
    #[must_use]
    pub fn ok(body: String) -> Self {
        Self { status: 200, body }
    }
}

/// Answers a GET of a venue's REST API.
#[must_use]
pub fn rest(
    venue: VenueKind,
    path: &str,
    query: &[(String, String)],
    world: &World,
    now: UnixNanos,
) -> RestReply {
    match venue {
        VenueKind::Coinbase => coinbase::rest(path, query, world, now),
        VenueKind::Kraken => kraken::rest(path, query, world, now),
    }
}

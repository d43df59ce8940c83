//! Messages of the hub, `GET /api/v1/stream`: WebSocket, one JSON object per text message, or one MessagePack map per
//! binary message with the subprotocol `tradewind.v1.msgpack`.
//!
//! A topic is `channel[:instrument|account][:interval][:indicator]`. After `subscribed` comes a `snapshot` (or, when
//! `since` is within the history kept, the missing `delta`s), then `delta`s; `seq` is per topic, without gaps,
//! valid within one `epoch`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    AccountDetail, Backtest, Bar, Book, Connection, Fill, IndicatorSeries, LedgerEntry, Order, Position,
    Quote, Signal, Status, Strategy, Time, Trade, Weights,
};

/// What can be subscribed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// `Quote` of an instrument.
    Quotes,
    /// Trades of an instrument.
    Trades,
    /// Book of an instrument.
    Book,
    /// Bars of an instrument and interval.
    Bars,
    /// Values of an indicator over the bars of an instrument and interval.
    Indicators,
    /// Orders of an account.
    Orders,
    /// Fills of an account.
    Fills,
    /// Positions of an account.
    Positions,
    /// Figures of an account.
    Accounts,
    /// Signals of an account.
    Signals,
    /// Strategies of an account.
    Strategies,
    /// Weights of an account.
    Weights,
    /// Ledger of an account.
    Ledger,
    /// All connections.
    Connections,
    /// System status.
    System,
    /// One's own backtests.
    Jobs,
}

/// Where a reader stopped.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// Epoch of the last frame read.
    pub epoch: String,
    /// Its number.
    pub seq: u64,
}

/// What is (un)subscribed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Subscription {
    /// Channel.
    pub channel: Channel,
    /// For quotes, trades, book, bars and indicators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument: Option<String>,
    /// For channels of an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// For bars and indicators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
    /// For indicators: an id such as `RSI_14`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indicator: Option<String>,
    /// Where to go on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
    /// Comes back in the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// Messages of a client.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum ClientMessage {
    /// First message of a browser, within 5 s.
    Auth {
        /// From `POST /stream/tickets`.
        ticket: String,
    },
    /// Subscribes a topic.
    Subscribe(Subscription),
    /// Ends a subscription.
    Unsubscribe(Subscription),
    /// Asks for a `pong`.
    Ping,
}

/// Limits of a socket.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct HubLimits {
    /// Messages a client may send per minute.
    pub messages_per_minute: u32,
    /// Subscriptions per socket.
    pub subscriptions: u32,
    /// Longest message of a client, bytes.
    pub message_bytes: u32,
    /// Bytes that may wait for a slow reader before the socket is closed.
    pub queue_bytes: u32,
}

/// Data of a book's delta: changed levels; size `0` removes one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct BookDelta {
    /// Changed bids.
    pub bids: Vec<[crate::Dec; 2]>,
    /// Changed offers.
    pub asks: Vec<[crate::Dec; 2]>,
    /// Venue time.
    pub ts: Time,
}

/// The shapes that `data` can have; which one follows from the topic's channel.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum HubData {
    /// accounts.
    Account(Box<AccountDetail>),
    /// quotes.
    Quote(Box<Quote>),
    /// book, snapshot.
    Book(Box<Book>),
    /// book, delta.
    BookDelta(Box<BookDelta>),
    /// bars, delta.
    Bar(Box<Bar>),
    /// bars, snapshot: the forming bar and the last closed ones, oldest first.
    Bars(Vec<Bar>),
    /// indicators: the values at the last ten bars; as a delta those at bars that are new or changed.
    Indicator(Box<IndicatorSeries>),
    /// trades.
    Trades(Vec<Trade>),
    /// orders, delta.
    Order(Box<Order>),
    /// orders, snapshot: the open ones and the last 50.
    Orders(Vec<Order>),
    /// fills, delta.
    Fill(Box<Fill>),
    /// fills, snapshot: the last 50.
    Fills(Vec<Fill>),
    /// positions, delta (quantity 0 = gone).
    Position(Box<Position>),
    /// positions, snapshot.
    Positions(Vec<Position>),
    /// signals, delta.
    Signal(Box<Signal>),
    /// signals, snapshot: the last 50.
    Signals(Vec<Signal>),
    /// strategies, delta.
    Strategy(Box<Strategy>),
    /// strategies, snapshot.
    Strategies(Vec<Strategy>),
    /// weights.
    Weights(Box<Weights>),
    /// ledger, delta.
    LedgerEntry(Box<LedgerEntry>),
    /// ledger, snapshot: the last 50.
    LedgerEntries(Vec<LedgerEntry>),
    /// connections, delta.
    Connection(Box<Connection>),
    /// connections, snapshot.
    Connections(Vec<Connection>),
    /// system.
    Status(Box<Status>),
    /// jobs, delta (state DELETED = gone).
    Backtest(Box<Backtest>),
    /// jobs, snapshot, newest first.
    Backtests(Vec<Backtest>),
}

/// Messages of the server.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum ServerMessage {
    /// After authentication.
    Welcome {
        /// Its time.
        server_time: Time,
        /// Seconds between heartbeats, both ways.
        heartbeat_s: u32,
        /// Who one is.
        user: String,
        /// Limits.
        limits: HubLimits,
    },
    /// A subscription holds.
    Subscribed {
        /// As given.
        id: Option<String>,
        /// The topic.
        topic: String,
    },
    /// A subscription ended.
    Unsubscribed {
        /// As given.
        id: Option<String>,
        /// The topic.
        topic: String,
    },
    /// The whole of a topic.
    Snapshot {
        /// Topic.
        topic: String,
        /// `seq` counts within it.
        epoch: String,
        /// Number.
        seq: u64,
        /// Current state.
        #[schema(value_type = HubData)]
        data: serde_json::Value,
    },
    /// A change of a topic.
    Delta {
        /// Topic.
        topic: String,
        /// Previous number + 1.
        seq: u64,
        /// What changed.
        #[schema(value_type = HubData)]
        data: serde_json::Value,
    },
    /// Every 15 s.
    Heartbeat {
        /// Its time.
        server_time: Time,
    },
    /// Answer to `ping`.
    Pong {
        /// Its time.
        server_time: Time,
    },
    /// Something was refused; the socket stays.
    Error {
        /// Stable code.
        code: String,
        /// For people.
        detail: String,
        /// As given.
        id: Option<String>,
    },
}

/// Named close codes. Those of the protocol itself are sent beside them: 1002 (protocol broken), 1007 (text that is no
/// UTF-8), 1008 (message in too many parts), 1009 (message too long).
pub mod close {
    /// Bad message.
    pub const BAD_MESSAGE: u16 = 4400;
    /// No or bad credentials.
    pub const UNAUTHENTICATED: u16 = 4401;
    /// Credentials were revoked.
    pub const REVOKED: u16 = 4403;
    /// No authentication within 5 s.
    pub const AUTH_TIMEOUT: u16 = 4408;
    /// No sign of life for three heartbeats; answering pings is one.
    pub const SILENT: u16 = 4410;
    /// The reader is too slow.
    pub const SLOW_CONSUMER: u16 = 4409;
    /// A limit was passed.
    pub const LIMIT: u16 = 4429;
    /// The program shuts down.
    pub const SHUTTING_DOWN: u16 = 1001;
}

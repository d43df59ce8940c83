//! A toy venue: a protocol of a few JSON messages, and both kinds of far end for it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rust_decimal::Decimal;
use serde_json::Value;
use tokio::io::DuplexStream;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tradewind_types::{UnixNanos, VenueId};
use tradewind_venues::clock::RuntimeClock;
use tradewind_venues::connection::*;
use tradewind_venues::rate_limit::{EndpointClass, Quota, RateLimiter};

/// What the wall clock reads when a test starts.
pub(super) const START: UnixNanos = UnixNanos::from_secs(1_700_000_000);

/// What the toy venue means by its messages.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    Snapshot(String),
    Trade {
        price: Decimal,
        size: Decimal,
        late: bool,
    },
    Text(String),
}

/// The toy venue's protocol. Text that is no JSON object is passed on when it starts with `+`.
#[derive(Debug, Default)]
pub(super) struct Toy {
    pub(super) interval: Option<Duration>,
    pub(super) own_ping: bool,
    sequence: SequenceTracker,
    awaits_snapshot: bool,
}

impl Protocol for Toy {
    type Event = Event;
    type Subscription = String;

    fn session_started(&mut self, _: &mut Context<Event, String>) {
        self.sequence.reset();
        self.awaits_snapshot = false;
    }

    fn subscribe(&mut self, subscriptions: &[String]) -> Vec<Outgoing> {
        subscriptions
            .iter()
            .map(|s| Outgoing::text(format!("subscribe {s}")))
            .collect()
    }

    fn unsubscribe(&mut self, subscriptions: &[String]) -> Vec<Outgoing> {
        subscriptions
            .iter()
            .map(|s| Outgoing::text(format!("unsubscribe {s}")))
            .collect()
    }

    fn heartbeat_interval(&self) -> Option<Duration> {
        self.interval
    }

    fn ping(&mut self) -> Option<Outgoing> {
        self.own_ping.then(|| Outgoing::text("ping"))
    }

    fn on_message(
        &mut self,
        message: Incoming<'_>,
        ctx: &mut Context<Event, String>,
    ) -> Result<(), BadMessage> {
        if let Incoming::Text(text) = message
            && let Some(rest) = text.strip_prefix('+')
        {
            ctx.emit(Event::Text(rest.to_owned()));
            return Ok(());
        }
        let json: Value = serde_json::from_slice(message.bytes())
            .map_err(|e| BadMessage::new(BadKind::Malformed, e.to_string()))?;
        match json["type"].as_str() {
            Some("heartbeat") => ctx.heartbeat(json["counter"].as_u64().unwrap_or_default()),
            Some("snapshot") => {
                self.awaits_snapshot = false;
                ctx.emit(Event::Snapshot(
                    json["channel"].as_str().unwrap_or_default().to_owned(),
                ));
            }
            Some("trade") => self.trade(&json, ctx)?,
            Some("trades") => {
                for one in json["items"].as_array().into_iter().flatten() {
                    if let Err(bad) = self.trade(one, ctx) {
                        ctx.bad(bad);
                    }
                }
            }
            // Emits and asks before it finds out that the message is bad.
            Some("half") => {
                ctx.emit(Event::Text("must not be seen".to_owned()));
                ctx.resync("a".to_owned());
                return Err(BadMessage::new(BadKind::Checksum, "the second half is broken"));
            }
            Some("panic") => panic!("a defect in the toy protocol"),
            Some("goaway") => ctx.give_up("told to go away"),
            _ => return Err(BadMessage::new(BadKind::UnknownMessage, "no known type")),
        }
        Ok(())
    }
}

impl Toy {
    fn trade(&mut self, json: &Value, ctx: &mut Context<Event, String>) -> Result<(), BadMessage> {
        match json["seq"]
            .as_u64()
            .map(|sequence| self.sequence.observe(sequence))
        {
            Some(Continuity::Repeat) => return Ok(()),
            Some(Continuity::Gap { expected, got }) => {
                let channel = json["channel"].as_str().unwrap_or("a").to_owned();
                ctx.gap(Gap {
                    stream: Some(channel.clone()),
                    cause: GapCause::Sequence { expected, got },
                });
                ctx.resync(channel);
                self.awaits_snapshot = true;
            }
            Some(Continuity::First | Continuity::Next) | None => {}
        }
        let (price, size) = (number(json, "price")?, number(json, "size")?);
        let late = json["ts"]
            .as_u64()
            .is_some_and(|ts| ctx.stamped(UnixNanos(ts)).late);
        if !self.awaits_snapshot {
            ctx.emit(Event::Trade { price, size, late });
        }
        Ok(())
    }
}

fn number(json: &Value, field: &'static str) -> Result<Decimal, BadMessage> {
    let text = match json.get(field) {
        None => return Err(BadMessage::new(BadKind::MissingField, field)),
        Some(Value::Null) => return Err(BadMessage::new(BadKind::NullField, field)),
        Some(Value::String(text)) => text.clone(),
        Some(_) => return Err(BadMessage::new(BadKind::WrongType, field)),
    };
    if ["nan", "inf", "infinity", "-inf", "-infinity"].contains(&text.to_ascii_lowercase().as_str()) {
        return Err(BadMessage::new(BadKind::NotFinite, format!("{field}: {text}")));
    }
    let number = Decimal::from_str_exact(&text)
        .or_else(|_| Decimal::from_scientific(&text))
        .map_err(|_| BadMessage::new(BadKind::WrongType, format!("{field}: {text}")))?;
    if number <= Decimal::ZERO {
        return Err(BadMessage::new(BadKind::NotPositive, format!("{field}: {text}")));
    }
    Ok(number)
}

pub(super) fn venue() -> VenueId {
    VenueId::new("TOY").unwrap()
}

pub(super) fn settings(url: impl Into<String>) -> ConnectionSettings {
    ConnectionSettings::new("feed", venue(), Endpoint::new(url))
}

/// Backoff without jitter on this base.
pub(super) fn steady(base_ms: u64) -> BackoffSettings {
    BackoffSettings {
        base: Duration::from_millis(base_ms),
        jitter: JitterMode::Off,
        ..BackoffSettings::default()
    }
}

pub(super) fn environment(dialer: Arc<dyn Dialer>, quotas: &[(EndpointClass, Quota)]) -> Environment {
    Environment {
        dialer,
        clock: Arc::new(RuntimeClock::starting_at(START)),
        jitter: Arc::new(FixedJitter(0.5)),
        limiter: Arc::new(RateLimiter::new(venue(), quotas.iter().copied())),
    }
}

/// A connection of the toy venue with its consumer's end.
pub(super) struct Fixture {
    pub(super) connection: Connection<Toy>,
    pub(super) deliveries: Deliveries<Event>,
}

impl Fixture {
    pub(super) fn monitor(&self) -> ConnectionMonitor {
        self.connection.monitor().clone()
    }

    pub(super) async fn delivery(&mut self) -> Delivery<Event> {
        self.deliveries.recv().await.expect("the connection lives")
    }

    /// The next event with its session, skipping session markers.
    pub(super) async fn event(&mut self) -> (SessionId, Event) {
        loop {
            match self.delivery().await {
                Delivery::Event { session, event, .. } => return (session, event),
                Delivery::SessionStarted { .. } | Delivery::SessionEnded { .. } => {}
                other @ Delivery::Gap { .. } => panic!("unexpected {other:?}"),
            }
        }
    }

    /// Why the next session to end ended, skipping everything before.
    pub(super) async fn end(&mut self) -> DisconnectReason {
        loop {
            if let Delivery::SessionEnded { reason, .. } = self.delivery().await {
                return reason;
            }
        }
    }

    pub(super) async fn subscribe(&self, names: &[&str]) {
        self.connection
            .subscribe(names.iter().map(ToString::to_string).collect())
            .await
            .unwrap();
    }
}

pub(super) fn spawn(settings: ConnectionSettings, toy: Toy, environment: Environment) -> Fixture {
    let (connection, deliveries) = Connection::spawn(settings, toy, environment);
    Fixture {
        connection,
        deliveries,
    }
}

/// A connection whose venue is in memory.
pub(super) struct Memory {
    pub(super) fixture: Fixture,
    pub(super) end: MemoryEnd,
    pub(super) dialer: MemoryDialer,
}

pub(super) fn memory(change: impl FnOnce(&mut ConnectionSettings)) -> Memory {
    memory_with(Toy::default(), &[], change)
}

pub(super) fn memory_with(
    toy: Toy,
    quotas: &[(EndpointClass, Quota)],
    change: impl FnOnce(&mut ConnectionSettings),
) -> Memory {
    let (dialer, end) = MemoryDialer::new();
    let mut settings = settings("ws://toy.test/feed");
    settings.backoff = steady(1_000);
    change(&mut settings);
    let fixture = spawn(settings, toy, environment(Arc::new(dialer.clone()), quotas));
    Memory { fixture, end, dialer }
}

pub(super) type MemorySocket = WebSocketStream<DuplexStream>;

impl Memory {
    pub(super) async fn accept(&mut self) -> MemorySocket {
        accept(&mut self.end).await
    }

    pub(super) async fn connected(&mut self) -> MemorySocket {
        let (session, socket) = tokio::join!(self.fixture.connection.connect(), accept(&mut self.end));
        session.unwrap();
        socket
    }
}

pub(super) async fn accept(end: &mut MemoryEnd) -> MemorySocket {
    let stream = end.accept().await.expect("somebody dials");
    tokio_tungstenite::accept_async(stream)
        .await
        .expect("a good handshake")
}

/// A loopback listener and its `ws://` address.
pub(super) async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/feed", listener.local_addr().unwrap());
    (listener, url)
}

pub(super) async fn accept_tcp(listener: &TcpListener) -> WebSocketStream<TcpStream> {
    let (stream, _) = listener.accept().await.unwrap();
    tokio_tungstenite::accept_async(stream).await.unwrap()
}

/// A loopback port that refuses until it is told to listen. Bound, so nobody else can take it meanwhile.
pub(super) fn deaf_port() -> (TcpSocket, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap().to_string();
    (socket, address)
}

/// A connection over real sockets with quick reconnects.
pub(super) fn real(url: &str, change: impl FnOnce(&mut ConnectionSettings)) -> Fixture {
    let mut settings = settings(url);
    settings.backoff = steady(1);
    change(&mut settings);
    spawn(
        settings,
        Toy::default(),
        environment(Arc::new(NetDialer::default()), &[]),
    )
}

/// The next text that the venue receives.
pub(super) async fn text<S>(socket: &mut WebSocketStream<S>) -> String
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    loop {
        match socket
            .next()
            .await
            .expect("the session lives")
            .expect("a good frame")
        {
            Message::Text(text) => return text.to_string(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("unexpected {other:?}"),
        }
    }
}

/// The venue sends a text.
pub(super) async fn say<S>(socket: &mut WebSocketStream<S>, text: impl Into<String>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    socket
        .send(Message::Text(text.into().into()))
        .await
        .expect("the session lives");
}

/// A good trade of the toy venue.
pub(super) fn trade(price: &str) -> String {
    format!(r#"{{"type":"trade","price":"{price}","size":"1"}}"#)
}

/// Waits until the state satisfies `wanted`.
pub(super) async fn until(
    monitor: &ConnectionMonitor,
    wanted: impl Fn(&ConnectionState) -> bool,
) -> ConnectionState {
    monitor
        .watch()
        .wait_for(wanted)
        .await
        .expect("the connection lives")
        .clone()
}

pub(super) fn is_connected(state: &ConnectionState) -> bool {
    matches!(state, ConnectionState::Connected { .. })
}

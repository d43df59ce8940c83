//! One live session: reads, pings, sends within the venue's limits, and notices how it ends.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::io::AsyncReadExt;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

use super::actor::{Actor, Command, SessionReply};
use super::delivery::{ConsumerGone, Delivery};
use super::error::{DisconnectReason, SendError};
use super::heartbeat::{Due, Heartbeat};
use super::protocol::{BadKind, Context, Incoming, Item, Outgoing, Protocol};
use super::state::{ConnectionState, Reason, SessionId};
use super::websocket::{Socket, disconnect_reason};
use crate::rate_limit::{Call, Priority, RateLimitError};

/// A dying session gets so long to say good-bye to the venue.
const FAREWELL_MAX: Duration = Duration::from_millis(100);
/// After an over-long message, what the venue still sends is read and dropped for so long, so that our close
/// frame reaches it instead of a TCP reset.
const DRAIN_MAX: Duration = Duration::from_secs(2);

type Frame = Option<Result<Message, WsError>>;

/// How a session ended.
pub(super) enum End {
    Lost(DisconnectReason),
    Reconnect(SessionReply),
    Closed {
        confirmed: bool,
        reply: Option<oneshot::Sender<bool>>,
    },
}

impl From<DisconnectReason> for End {
    fn from(reason: DisconnectReason) -> Self {
        Self::Lost(reason)
    }
}

impl From<ConsumerGone> for End {
    fn from(_: ConsumerGone) -> Self {
        Self::Lost(DisconnectReason::ConsumerGone)
    }
}

enum Wake<S> {
    Command(Option<Command<S>>),
    Timer,
    Outgoing,
    Tended(Result<bool, ConsumerGone>),
    Frame(Frame),
}

pub(super) struct Session<'a, P: Protocol> {
    actor: &'a mut Actor<P>,
    id: SessionId,
    socket: Box<Socket>,
    heartbeat: Heartbeat,
    outgoing: VecDeque<Outgoing>,
    /// When the next outgoing message may pass the venue's limit.
    outgoing_at: Instant,
    context: Context<P::Event, P::Subscription>,
    pings: u64,
    /// The latest WebSocket ping's number and time, until its pong is here.
    ping_under_way: Option<(u64, Instant)>,
}

impl<'a, P: Protocol> Session<'a, P> {
    pub(super) fn new(actor: &'a mut Actor<P>, id: SessionId, socket: Box<Socket>) -> Self {
        let now = Instant::now();
        let interval = actor
            .protocol
            .heartbeat_interval()
            .unwrap_or(actor.settings.heartbeat_interval);
        let context = Context::new(id, actor.settings.late_after, actor.diagnostics.clone());
        Self {
            actor,
            id,
            socket,
            heartbeat: Heartbeat::new(interval, now),
            outgoing: VecDeque::new(),
            outgoing_at: now,
            context,
            pings: 0,
            ping_under_way: None,
        }
    }

    /// Runs the session to its end and says good-bye.
    pub(super) async fn run(mut self) -> End {
        let end = match self.begin() {
            Ok(()) => match self.turn().await {
                Ok(never) => match never {},
                Err(end) => end,
            },
            Err(end) => end,
        };
        self.farewell(end).await
    }

    fn begin(&mut self) -> Result<(), End> {
        self.context.set_received_at(self.actor.environment.clock.now());
        self.actor.protocol.session_started(&mut self.context);
        self.apply_context()?;
        let messages = if self.actor.subscriptions.is_empty() {
            Vec::new()
        } else {
            self.actor.protocol.subscribe(&self.actor.subscriptions)
        };
        self.queue_or_give_up(messages)
    }

    async fn turn(&mut self) -> Result<std::convert::Infallible, End> {
        let timer = tokio::time::sleep_until(self.heartbeat.deadline());
        tokio::pin!(timer);
        loop {
            // Frames come last, since they can come without pause; the timer looks at them before it
            // calls a link dead.
            let wake = tokio::select! {
                biased;
                command = self.actor.commands.recv() => Wake::Command(command),
                () = &mut timer => Wake::Timer,
                () = tokio::time::sleep_until(self.outgoing_at), if !self.outgoing.is_empty() => Wake::Outgoing,
                tended = self.actor.outlet.tend(self.id) => Wake::Tended(tended),
                frame = self.socket.next() => Wake::Frame(frame),
            };
            match wake {
                Wake::Command(command) => self.on_command(command)?,
                Wake::Timer => {
                    self.on_timer().await?;
                    timer.as_mut().reset(self.heartbeat.deadline());
                }
                Wake::Outgoing => self.send_next().await?,
                Wake::Tended(snapshots_due) => {
                    if snapshots_due? {
                        self.actor.diagnostics.gaps(1);
                        self.resync_all()?;
                    }
                }
                Wake::Frame(frame) => self.on_frame(frame)?,
            }
        }
    }

    fn on_command(&mut self, command: Option<Command<P::Subscription>>) -> Result<(), End> {
        // Callers may have given up waiting for their answer; that changes nothing.
        match command {
            None => {
                return Err(End::Closed {
                    confirmed: false,
                    reply: None,
                });
            }
            Some(Command::Close(reply)) => {
                return Err(End::Closed {
                    confirmed: false,
                    reply: Some(reply),
                });
            }
            Some(Command::Reconnect(reply)) => return Err(End::Reconnect(reply)),
            Some(Command::Connect(reply)) => {
                self.actor.diagnostics.connects_refused(1);
                let _ = reply.send(Err(super::ConnectError::AlreadyConnected { session: self.id }));
            }
            Some(Command::Subscribe(subscriptions, reply)) => {
                let _ = reply.send(self.subscribe(subscriptions));
            }
            Some(Command::Unsubscribe(mut subscriptions, reply)) => {
                subscriptions.retain(|one| self.actor.subscriptions.contains(one));
                let mut outcome = Ok(());
                if !subscriptions.is_empty() {
                    self.actor
                        .subscriptions
                        .retain(|known| !subscriptions.contains(known));
                    let messages = self.actor.protocol.unsubscribe(&subscriptions);
                    outcome = self.queue(messages);
                }
                let _ = reply.send(outcome);
            }
            Some(Command::Resync(subscriptions, reply)) => {
                let _ = reply.send(self.resync(&subscriptions));
            }
            Some(Command::Send(message, reply)) => {
                let _ = reply.send(self.queue(vec![message]));
            }
        }
        Ok(())
    }

    fn subscribe(&mut self, subscriptions: Vec<P::Subscription>) -> Result<(), SendError> {
        let added = self.actor.add_subscriptions(subscriptions)?;
        if added.is_empty() {
            return Ok(());
        }
        let messages = self.actor.protocol.subscribe(&added);
        self.queue(messages).inspect_err(|_| {
            // Not asked for means not subscribed, also after the next reconnect.
            let kept = self.actor.subscriptions.len() - added.len();
            self.actor.subscriptions.truncate(kept);
        })
    }

    fn resync(&mut self, subscriptions: &[P::Subscription]) -> Result<(), SendError> {
        for subscription in subscriptions {
            let messages = self.actor.protocol.resync(subscription);
            self.queue(messages)?;
            self.actor.diagnostics.resyncs(1);
        }
        Ok(())
    }

    /// A snapshot that cannot be asked for would leave a hole for ever; a new session closes it.
    fn resync_or_give_up(&mut self, subscriptions: &[P::Subscription]) -> Result<(), End> {
        self.resync(subscriptions)
            .map_err(|e| DisconnectReason::GivenUp { why: e.to_string() }.into())
    }

    fn resync_all(&mut self) -> Result<(), End> {
        let all = self.actor.subscriptions.clone();
        self.resync_or_give_up(&all)
    }

    fn queue(&mut self, messages: Vec<Outgoing>) -> Result<(), SendError> {
        let limit = self.actor.settings.outgoing_max;
        if self.outgoing.len() + messages.len() > limit {
            self.actor.diagnostics.outgoing_refused(messages.len() as u64);
            return Err(SendError::QueueFull { limit });
        }
        self.outgoing.extend(messages);
        Ok(())
    }

    fn queue_or_give_up(&mut self, messages: Vec<Outgoing>) -> Result<(), End> {
        self.queue(messages)
            .map_err(|e| DisconnectReason::GivenUp { why: e.to_string() }.into())
    }

    /// Sends the first waiting message when the venue's limit lets it pass, or notes when to look again.
    async fn send_next(&mut self) -> Result<(), End> {
        let Some(first) = self.outgoing.front() else {
            return Ok(());
        };
        let call = Call {
            class: first.class,
            account: None,
            weight: first.weight,
            priority: Priority::Normal,
        };
        match self.actor.environment.limiter.try_acquire(&call) {
            Ok(()) => {
                if let Some(message) = self.outgoing.pop_front() {
                    self.write(message.into_message()).await?;
                    self.actor.diagnostics.sent(1);
                }
                Ok(())
            }
            Err(RateLimitError::TooLong { retry_in, .. }) => {
                self.outgoing_at = Instant::now() + retry_in;
                Ok(())
            }
            Err(never) => Err(DisconnectReason::GivenUp {
                why: never.to_string(),
            }
            .into()),
        }
    }

    async fn write(&mut self, message: Message) -> Result<(), DisconnectReason> {
        let after = self.actor.settings.write_timeout;
        match tokio::time::timeout(after, self.socket.send(message)).await {
            Ok(sent) => sent.map_err(disconnect_reason),
            Err(_) => Err(DisconnectReason::WriteStalled { after }),
        }
    }

    async fn on_timer(&mut self) -> Result<(), End> {
        match self.heartbeat.due(Instant::now()) {
            Due::Nothing => Ok(()),
            Due::Ping => self.ping().await,
            // What lies unread in the socket is a sign of life: then we were slow, not the venue.
            Due::Dead { silent_for } => match self.socket.next().now_or_never() {
                Some(frame) => self.on_frame(frame),
                None => Err(DisconnectReason::Silent { silent_for }.into()),
            },
        }
    }

    /// Pings do not wait behind the venue's rate limit: a late ping would look like a dead link.
    async fn ping(&mut self) -> Result<(), End> {
        let message = if let Some(message) = self.actor.protocol.ping() {
            message.into_message()
        } else {
            self.pings += 1;
            self.ping_under_way = Some((self.pings, Instant::now()));
            Message::Ping(self.pings.to_be_bytes().to_vec().into())
        };
        self.write(message).await?;
        self.actor.diagnostics.sent(1);
        Ok(())
    }

    fn on_frame(&mut self, frame: Frame) -> Result<(), End> {
        let message = match frame {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Err(self.on_read_error(error)),
            None => {
                return Err(DisconnectReason::Broken {
                    why: "end of stream".to_owned(),
                }
                .into());
            }
        };
        self.heartbeat.inbound(Instant::now());
        match message {
            Message::Text(text) => self.on_data(Incoming::Text(&text)),
            Message::Binary(bytes) => self.on_data(Incoming::Binary(&bytes)),
            Message::Close(frame) => {
                let (code, text) =
                    frame.map_or((1005, String::new()), |f| (f.code.into(), f.reason.to_string()));
                Err(DisconnectReason::PeerClosed { code, text }.into())
            }
            Message::Pong(payload) => {
                if let Some((number, sent)) = self.ping_under_way
                    && payload.as_ref() == number.to_be_bytes()
                {
                    self.ping_under_way = None;
                    self.actor.diagnostics.round_trip(sent.elapsed());
                }
                Ok(())
            }
            // tungstenite answers pings by itself; raw frames never come out of a read.
            Message::Ping(_) | Message::Frame(_) => Ok(()),
        }
    }

    fn on_read_error(&mut self, error: WsError) -> End {
        let not_utf8 = matches!(error, WsError::Utf8(_));
        let reason = disconnect_reason(error);
        let at = self.actor.environment.clock.now();
        if let DisconnectReason::MessageTooLong { .. } = reason {
            self.actor.diagnostics.oversized(1);
            self.actor
                .diagnostics
                .bad_message(BadKind::TooLong, &reason.to_string(), &[], at);
        } else if not_utf8 {
            self.actor
                .diagnostics
                .bad_message(BadKind::NotUtf8, &reason.to_string(), &[], at);
        }
        reason.into()
    }

    fn on_data(&mut self, message: Incoming<'_>) -> Result<(), End> {
        let at = self.actor.environment.clock.now();
        let raw = message.bytes();
        self.actor.diagnostics.received(raw.len(), at);
        self.context.set_received_at(at);
        if let Err(bad) = self.actor.protocol.on_message(message, &mut self.context) {
            self.context.items.retain(|item| matches!(item, Item::Gap(_)));
            self.context.bad.push(bad);
        }
        for bad in self.context.bad.drain(..) {
            self.actor.diagnostics.bad_message(bad.kind, &bad.detail, raw, at);
        }
        self.apply_context()
    }

    /// Carries out what the protocol put into the context.
    fn apply_context(&mut self) -> Result<(), End> {
        let (session, received_at) = (self.id, self.context.received_at());
        for item in self.context.items.drain(..) {
            match item {
                Item::Event(event) => {
                    if self.actor.outlet.event(Delivery::Event {
                        session,
                        received_at,
                        event,
                    })? {
                        self.actor.diagnostics.events(1);
                    } else {
                        self.actor.diagnostics.overflowed(1);
                    }
                }
                Item::Gap(gap) => {
                    self.actor.diagnostics.gaps(1);
                    self.actor.outlet.marker(Delivery::Gap { session, gap });
                }
            }
        }
        for counter in self.context.counters.drain(..) {
            self.heartbeat.counted(counter)?;
        }
        if let Some(why) = self.context.give_up.take() {
            return Err(DisconnectReason::GivenUp { why }.into());
        }
        if !self.context.outgoing.is_empty() {
            let messages = std::mem::take(&mut self.context.outgoing);
            self.queue_or_give_up(messages)?;
        }
        if std::mem::take(&mut self.context.resync_all) {
            self.context.resyncs.clear();
            self.resync_all()?;
        } else if !self.context.resyncs.is_empty() {
            let subscriptions = std::mem::take(&mut self.context.resyncs);
            self.resync_or_give_up(&subscriptions)?;
        }
        Ok(())
    }

    /// Tells the venue, as far as it still listens.
    async fn farewell(mut self, end: End) -> End {
        match end {
            End::Closed { reply, .. } => {
                self.actor
                    .states
                    .enter(ConnectionState::Closing, Reason::CloseRequested);
                let confirmed = self.close_and_wait().await;
                End::Closed { confirmed, reply }
            }
            End::Lost(reason @ DisconnectReason::MessageTooLong { .. }) => {
                self.send_close(CloseCode::Size).await;
                self.drain().await;
                End::Lost(reason)
            }
            End::Lost(reason @ (DisconnectReason::Broken { .. } | DisconnectReason::WriteStalled { .. })) => {
                End::Lost(reason)
            }
            End::Lost(reason @ DisconnectReason::Protocol { .. }) => {
                self.send_close(CloseCode::Protocol).await;
                End::Lost(reason)
            }
            other => {
                self.send_close(CloseCode::Normal).await;
                other
            }
        }
    }

    async fn send_close(&mut self, code: CloseCode) {
        let frame = CloseFrame {
            code,
            reason: "".into(),
        };
        // The venue may be gone or deaf; the session is over either way.
        let _ = tokio::time::timeout(FAREWELL_MAX, self.socket.send(Message::Close(Some(frame)))).await;
    }

    /// Waits for the venue's close frame; the handle's limit ends the wait by force.
    async fn close_and_wait(&mut self) -> bool {
        let frame = CloseFrame {
            code: CloseCode::Normal,
            reason: "".into(),
        };
        if self.socket.send(Message::Close(Some(frame))).await.is_err() {
            return false;
        }
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Close(_))) => return true,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return false,
            }
        }
    }

    async fn drain(&mut self) {
        let io = self.socket.get_mut();
        let mut scratch = vec![0_u8; 64 * 1024];
        let read_all = async { while matches!(io.read(&mut scratch).await, Ok(n) if n > 0) {} };
        // Bounded by time alone: nothing is kept.
        let _ = tokio::time::timeout(DRAIN_MAX, read_all).await;
    }
}

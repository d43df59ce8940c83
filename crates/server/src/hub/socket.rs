//! One socket, one task: sign-on, then write what waits and act on what is said, until one side ends it.

use std::future::poll_fn;
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::upgrade::OnUpgrade;
use tradewind_wire::hub::close;

use super::encoding::Encoding;
use super::member::Member;
use super::outbox::{Bounds, Close, Item, Next, Outbox, Owed};
use super::quota::{IpPlace, Minute};
use super::request::{Parsed, Refusal, Request, parse};
use super::ws::code;
use super::ws::decode::{Heard, Violation};
use super::ws::encode;
use super::ws::socket::{Over, Socket};
use super::{Hub, frame};
use crate::extract::network_of;
use crate::identity::Caller;

/// How a socket's life ended.
enum End {
    /// With a code of ours.
    Close(Close),
    /// The peer broke the protocol.
    Violation(Violation),
    /// The peer closes, with this code.
    Closed(Option<u16>),
    /// The peer is gone.
    Gone,
}

impl From<Over> for End {
    fn from(over: Over) -> Self {
        match over {
            Over::Violation(violation) => End::Violation(violation),
            Over::Gone => End::Gone,
        }
    }
}

const UNAUTHENTICATED: Close = Close::new(close::UNAUTHENTICATED, "the ticket is unknown, used or over");
const AUTH_TIMEOUT: Close = Close::new(close::AUTH_TIMEOUT, "no sign-on in time");
const BAD_MESSAGE: Close = Close::new(close::BAD_MESSAGE, "not a message of this protocol");
const NOT_FIRST: Close = Close::new(close::UNAUTHENTICATED, "the first message must be auth");
const TOO_MANY_SOCKETS: Close = Close::new(close::LIMIT, "too many sockets");
const TOO_MANY_MESSAGES: Close = Close::new(close::LIMIT, "too many messages");

/// Serves a socket to its end.
pub(crate) async fn serve(
    hub: Arc<Hub>,
    opened: OnUpgrade,
    peer: IpAddr,
    encoding: Encoding,
    caller: Option<Arc<Caller>>,
) {
    let mut socket = match opened.await {
        Ok(upgraded) => Socket::new(upgraded, hub.config.message_bytes),
        Err(error) => return tracing::debug!(%error, "a connection ended before it was a socket"),
    };
    let end = match hub.quotas.admit(network_of(peer)) {
        None => End::Close(TOO_MANY_SOCKETS),
        Some(place) => {
            // Boxed: what sign-on needs on its stack is not kept for the life of the socket.
            let caller = match caller {
                Some(caller) => Ok(caller),
                None => Box::pin(sign_on(&hub, &mut socket, encoding, peer)).await,
            };
            match caller {
                Ok(caller) => live(&hub, &mut socket, &place, encoding, caller).await,
                Err(end) => end,
            }
        }
    };
    let (code, reason) = match end {
        End::Close(close) => (Some(close.code), close.reason),
        End::Violation(violation) => (Some(violation.code), violation.reason),
        End::Closed(code) => (code, ""),
        End::Gone => return hub.meters.closed(code::NORMAL),
    };
    hub.meters.closed(code.unwrap_or(code::NORMAL));
    let ours = matches!(end, End::Close(_));
    Box::pin(say_goodbye(&hub, socket, encode::close(code, reason), ours)).await;
}

/// Waits for `auth`.
async fn sign_on(
    hub: &Hub,
    socket: &mut Socket,
    encoding: Encoding,
    peer: IpAddr,
) -> Result<Arc<Caller>, End> {
    let first = tokio::select! {
        first = tokio::time::timeout(hub.config.auth_timeout, first_message(hub, socket, encoding)) => first,
        () = hub.closing.cancelled() => return Err(End::Close(Close::SHUTTING_DOWN)),
    };
    let message = first.map_err(|_| End::Close(AUTH_TIMEOUT))??;
    let Parsed::Request(Request::Auth(ticket)) = parse(encoding, &message) else {
        return Err(End::Close(NOT_FIRST));
    };
    // A key gets tickets; they are worth no more elsewhere than the key.
    let caller = hub.access.redeem(&ticket);
    let caller = caller.filter(|caller| caller.may_come_from(Some(peer)));
    let caller = caller.ok_or(End::Close(UNAUTHENTICATED))?;
    // The session may have ended since the ticket was given out.
    match hub.access.recheck(&caller).await {
        Ok(Some(caller)) => Ok(caller),
        Ok(None) => Err(End::Close(UNAUTHENTICATED)),
        // Market data goes on without the database; private topics are checked again anyway.
        Err(_) => Ok(caller),
    }
}

async fn first_message(hub: &Hub, socket: &mut Socket, encoding: Encoding) -> Result<Vec<u8>, End> {
    let mut controls = Minute::new();
    loop {
        match poll_fn(|cx| socket.poll_heard(cx)).await? {
            Heard::Ping(payload) => {
                socket.append(&encode::pong(&payload));
                poll_fn(|cx| socket.poll_sent(cx)).await?;
            }
            Heard::Pong => {}
            Heard::Close(code) => return Err(End::Closed(code)),
            heard => return message_of(heard, encoding),
        }
        if !controls.take(hub.config.messages_per_minute) {
            return Err(End::Close(TOO_MANY_MESSAGES));
        }
    }
}

/// The bytes of a message of the kind that was agreed upon.
fn message_of(heard: Heard, encoding: Encoding) -> Result<Vec<u8>, End> {
    match (heard, encoding) {
        (Heard::Text(text), Encoding::Json) => Ok(text.into_bytes()),
        (Heard::Binary(bytes), Encoding::MessagePack) => Ok(bytes),
        _ => Err(End::Close(BAD_MESSAGE)),
    }
}

async fn live(
    hub: &Arc<Hub>,
    socket: &mut Socket,
    place: &IpPlace,
    encoding: Encoding,
    caller: Arc<Caller>,
) -> End {
    let Some(user_place) = hub.quotas.enrol(&caller.user) else {
        return End::Close(TOO_MANY_SOCKETS);
    };
    let outbox = Arc::new(Outbox::new(
        hub.number(),
        encoding,
        Bounds::from(&hub.config),
        Arc::clone(&hub.pace),
        hub.uptime_ms(),
    ));
    let heartbeat_s = u32::try_from(hub.config.heartbeat.as_secs()).unwrap_or(u32::MAX);
    let welcome = frame::welcome(hub.clock.now(), heartbeat_s, &caller.username, hub.limits());
    outbox.say(Item::Message(welcome));
    let member = Member::new(outbox, caller, user_place);
    hub.enter(&member);
    let end = run(hub, socket, place, &member).await;
    hub.leave(&member);
    end
}

/// What the socket's task is to do.
enum Step {
    Heard(Heard),
    Settle(Vec<Owed>),
}

async fn run(hub: &Hub, socket: &mut Socket, place: &IpPlace, member: &Member) -> End {
    let (mut messages, mut controls) = (Minute::new(), Minute::new());
    let messages_max = hub.config.messages_per_minute;
    let outbox = &member.outbox;
    let mut reading_first = false;
    loop {
        // In turns, so that neither a flood of ours nor one of the peer's keeps the other waiting.
        reading_first = !reading_first;
        let heard = match poll_fn(|cx| poll_step(socket, outbox, reading_first, cx)).await {
            Ok(Step::Heard(heard)) => heard,
            Ok(Step::Settle(owed)) => {
                owed.iter()
                    .for_each(|owed| owed.topic.settle(outbox, owed.since.as_ref()));
                continue;
            }
            Err(end) => return end,
        };
        outbox.heard(hub.uptime_ms());
        let message = match heard {
            Heard::Close(code) => return End::Closed(code),
            Heard::Ping(_) | Heard::Pong => {
                // Answers to our own pings are expected; a flood is not.
                if !controls.take(messages_max) {
                    return End::Close(TOO_MANY_MESSAGES);
                }
                if let Heard::Ping(payload) = heard {
                    outbox.say(Item::Pong(encode::pong(&payload)));
                }
                continue;
            }
            heard => match message_of(heard, outbox.encoding()) {
                Ok(message) => message,
                Err(end) => return end,
            },
        };
        hub.meters.received(message.len());
        if !messages.take(messages_max) || !place.message() {
            return End::Close(TOO_MANY_MESSAGES);
        }
        if let Err(close) = Box::pin(act(hub, member, &message)).await {
            return End::Close(close);
        }
    }
}

/// Writes and reads until there is something to do.
fn poll_step(
    socket: &mut Socket,
    outbox: &Outbox,
    reading_first: bool,
    cx: &mut Context<'_>,
) -> Poll<Result<Step, End>> {
    let heard = |socket: &mut Socket, cx: &mut Context<'_>| {
        socket
            .poll_heard(cx)
            .map(|heard| heard.map(Step::Heard).map_err(End::from))
    };
    if reading_first && let ready @ Poll::Ready(_) = heard(socket, cx) {
        return ready;
    }
    if let ready @ Poll::Ready(_) = poll_writing(socket, outbox, cx) {
        return ready;
    }
    heard(socket, cx)
}

/// Writes what waits; ready when the socket is to end, or all is written and topics are owed something.
fn poll_writing(socket: &mut Socket, outbox: &Outbox, cx: &mut Context<'_>) -> Poll<Result<Step, End>> {
    loop {
        if socket.is_writing() {
            // Also looks out for the end of the socket, which must not wait for a peer that does not read.
            if let Poll::Ready(close) = outbox.poll_closed(cx) {
                return Poll::Ready(Err(End::Close(close)));
            }
            match socket.poll_sent(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(over)) => return Poll::Ready(Err(over.into())),
                Poll::Pending => return Poll::Pending,
            }
        }
        let mut context = Context::from_waker(cx.waker());
        match socket.write(&mut context, |gathered| outbox.poll_next(cx, gathered)) {
            (_, Poll::Ready(Err(over))) => return Poll::Ready(Err(over.into())),
            (Poll::Ready(Next::Close(close)), _) => return Poll::Ready(Err(End::Close(close))),
            (Poll::Ready(Next::Settle(owed)), _) => return Poll::Ready(Ok(Step::Settle(owed))),
            (Poll::Pending, _) | (_, Poll::Pending) => return Poll::Pending,
            (Poll::Ready(Next::Write), Poll::Ready(Ok(()))) => {}
        }
    }
}

async fn act(hub: &Hub, member: &Member, message: &[u8]) -> Result<(), Close> {
    let refuse = |refusal: &Refusal, id| {
        hub.meters.refused(refusal.code);
        member
            .outbox
            .say(Item::Message(frame::error(refusal.code, &refusal.detail, id)));
    };
    match parse(member.outbox.encoding(), message) {
        Parsed::Garbage => return Err(BAD_MESSAGE),
        Parsed::Refused(refusal, id) => refuse(&refusal, id),
        Parsed::Request(Request::Ping) => member.outbox.say(Item::Message(frame::pong(hub.clock.now()))),
        Parsed::Request(Request::Auth(_)) => {
            refuse(
                &Refusal::new("ALREADY_AUTHENTICATED", "this socket is signed on"),
                None,
            );
        }
        Parsed::Request(Request::Subscribe { key, since, id }) => {
            let key = key.of(&member.caller().user);
            if let Err(refusal) = member.subscribe(hub, key, since, id.clone()).await {
                if refusal.code == "UNAUTHENTICATED" {
                    return Err(Close::REVOKED);
                }
                refuse(&refusal, id);
            }
        }
        Parsed::Request(Request::Unsubscribe { key, id }) => {
            let key = key.of(&member.caller().user);
            if member.drop_subscription(hub, &key) {
                member
                    .outbox
                    .say(Item::Message(frame::unsubscribed(id, &key.to_string())));
            } else {
                refuse(
                    &Refusal::new("NOT_SUBSCRIBED", format!("{key} is not subscribed")),
                    id,
                );
            }
        }
    }
    Ok(())
}

/// Sends the close frame and waits for the peer's part of it, as long as the grace lasts. When we are the first to
/// close, the peer answers with a close frame of its own; in the other cases nothing that it says is of interest.
async fn say_goodbye(hub: &Hub, mut socket: Socket, frame: Box<[u8]>, ours: bool) {
    let goodbye = async {
        socket.append(&frame);
        poll_fn(|cx| socket.poll_sent(cx)).await?;
        while ours && !matches!(poll_fn(|cx| socket.poll_heard(cx)).await?, Heard::Close(_)) {}
        poll_fn(|cx| socket.poll_finish(cx)).await?;
        poll_fn(|cx| socket.poll_drained(cx)).await;
        Ok::<(), Over>(())
    };
    // Whoever does not take it in time is cut off without.
    let _ = tokio::time::timeout(hub.config.close_grace, goodbye).await;
}

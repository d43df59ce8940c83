//! One socket, one task: sign-on, then write what waits and act on what is said, until one side ends it.

use std::future::poll_fn;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures_util::SinkExt;
use tokio_tungstenite::tungstenite;
use tradewind_wire::hub::close;

use super::member::Member;
use super::outbox::{Bounds, Close, Item, Next, Outbox};
use super::quota::{IpPlace, Minute};
use super::request::{Parsed, Refusal, Request, parse};
use super::{Hub, frame};
use crate::identity::Caller;

/// How a socket's life ended.
enum End {
    /// With a code of ours.
    Close(Close),
    /// The peer closed, or is gone.
    Gone,
}

const UNAUTHENTICATED: Close = Close::new(close::UNAUTHENTICATED, "the ticket is unknown, used or over");
const AUTH_TIMEOUT: Close = Close::new(close::AUTH_TIMEOUT, "no sign-on in time");
const BAD_MESSAGE: Close = Close::new(close::BAD_MESSAGE, "not a message of this protocol");
const TOO_LONG: Close = Close::new(close::BAD_MESSAGE, "message too long");
const NOT_FIRST: Close = Close::new(close::UNAUTHENTICATED, "the first message must be auth");
const TOO_MANY_SOCKETS: Close = Close::new(close::LIMIT, "too many sockets");
const TOO_MANY_MESSAGES: Close = Close::new(close::LIMIT, "too many messages");

/// Serves a socket to its end.
pub(crate) async fn serve(hub: Arc<Hub>, mut socket: WebSocket, ip: IpAddr, caller: Option<Arc<Caller>>) {
    let end = match hub.quotas.admit(ip) {
        None => End::Close(TOO_MANY_SOCKETS),
        Some(place) => {
            // Boxed: what sign-on needs on its stack is not kept for the life of the socket.
            let caller = match caller {
                Some(caller) => Ok(caller),
                None => Box::pin(sign_on(&hub, &mut socket)).await,
            };
            match caller {
                Ok(caller) => live(&hub, &mut socket, &place, caller).await,
                Err(end) => end,
            }
        }
    };
    match end {
        End::Close(close) => {
            hub.meters.closed(close.code);
            Box::pin(say_goodbye(&hub, socket, close)).await;
        }
        End::Gone => hub.meters.closed(1000),
    }
}

/// Waits for `auth`.
async fn sign_on(hub: &Hub, socket: &mut WebSocket) -> Result<Arc<Caller>, End> {
    let first = tokio::select! {
        first = tokio::time::timeout(hub.config.auth_timeout, first_text(socket)) => first,
        () = hub.closing.cancelled() => return Err(End::Close(Close::SHUTTING_DOWN)),
    };
    let text = first.map_err(|_| End::Close(AUTH_TIMEOUT))??;
    let Parsed::Request(Request::Auth(ticket)) = parse(&text) else {
        return Err(End::Close(NOT_FIRST));
    };
    let caller = hub.access.redeem(&ticket).ok_or(End::Close(UNAUTHENTICATED))?;
    // The session may have ended since the ticket was given out.
    match hub.access.recheck(&caller).await {
        Ok(Some(caller)) => Ok(caller),
        Ok(None) => Err(End::Close(UNAUTHENTICATED)),
        // Market data goes on without the database; private topics are checked again anyway.
        Err(_) => Ok(caller),
    }
}

async fn first_text(socket: &mut WebSocket) -> Result<Utf8Bytes, End> {
    loop {
        match socket.recv().await {
            Some(Ok(Message::Text(text))) => return Ok(text),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Binary(_))) => return Err(End::Close(BAD_MESSAGE)),
            Some(Ok(Message::Close(_))) | None => return Err(End::Gone),
            Some(Err(error)) => return Err(failed(error)),
        }
    }
}

async fn live(hub: &Arc<Hub>, socket: &mut WebSocket, place: &IpPlace, caller: Arc<Caller>) -> End {
    let Some(user_place) = hub.quotas.enrol(&caller.user) else {
        return End::Close(TOO_MANY_SOCKETS);
    };
    let outbox = Arc::new(Outbox::new(
        hub.number(),
        Bounds::from(&hub.config),
        Arc::clone(&hub.pace),
        hub.uptime_ms(),
    ));
    let heartbeat_s = u32::try_from(hub.config.heartbeat.as_secs()).unwrap_or(u32::MAX);
    let welcome = frame::welcome(hub.clock.now(), heartbeat_s, &caller.username, hub.limits());
    outbox.say(Item::Text(welcome));
    let member = Member::new(outbox, caller, user_place);
    hub.enter(&member);
    let end = run(hub, socket, place, &member).await;
    hub.leave(&member);
    end
}

async fn run(hub: &Hub, socket: &mut WebSocket, place: &IpPlace, member: &Member) -> End {
    let (mut messages, mut controls) = (Minute::new(), Minute::new());
    let messages_max = hub.config.messages_per_minute;
    loop {
        let outbox = &member.outbox;
        let message = tokio::select! {
            next = poll_fn(|cx| outbox.poll_next(cx)) => match next {
                Next::Close(close) => return End::Close(close),
                Next::Settle(owed) => {
                    owed.iter().for_each(|owed| owed.topic.settle(outbox, owed.since.as_ref()));
                    continue;
                }
                Next::Write(batch) => match write(socket, outbox, batch).await {
                    Ok(()) => continue,
                    Err(end) => return end,
                },
            },
            message = socket.recv() => message,
        };
        outbox.heard(hub.uptime_ms());
        let text = match message {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                // Answers to our own pings are expected; a flood is not.
                if !controls.take(messages_max) {
                    return End::Close(TOO_MANY_MESSAGES);
                }
                continue;
            }
            Some(Ok(Message::Binary(_))) => return End::Close(BAD_MESSAGE),
            Some(Ok(Message::Close(_))) | None => return End::Gone,
            Some(Err(error)) => return failed(error),
        };
        if !messages.take(messages_max) || !place.message() {
            return End::Close(TOO_MANY_MESSAGES);
        }
        if let Err(close) = Box::pin(act(hub, member, &text)).await {
            return End::Close(close);
        }
    }
}

/// Writes everything, then flushes once; gives up when the socket is to end meanwhile.
async fn write(socket: &mut WebSocket, outbox: &Outbox, batch: Vec<Item>) -> Result<(), End> {
    let writing = async {
        for item in batch {
            let message = match item {
                Item::Text(text) => Message::Text(text),
                Item::Ping => Message::Ping(bytes::Bytes::new()),
            };
            socket.feed(message).await?;
        }
        socket.flush().await
    };
    tokio::select! {
        biased;
        written = writing => written.map_err(|_| End::Gone),
        close = poll_fn(|cx| outbox.poll_closed(cx)) => Err(End::Close(close)),
    }
}

async fn act(hub: &Hub, member: &Member, text: &str) -> Result<(), Close> {
    let refuse = |refusal: &Refusal, id| {
        member
            .outbox
            .say(Item::Text(frame::error(refusal.code, &refusal.detail, id)));
    };
    match parse(text) {
        Parsed::Garbage => return Err(BAD_MESSAGE),
        Parsed::Refused(refusal, id) => refuse(&refusal, id),
        Parsed::Request(Request::Ping) => member.outbox.say(Item::Text(frame::pong(hub.clock.now()))),
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
                    .say(Item::Text(frame::unsubscribed(id, &key.to_string())));
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

fn failed(error: axum::Error) -> End {
    let inner = error.into_inner();
    match inner.downcast_ref::<tungstenite::Error>() {
        Some(tungstenite::Error::Capacity(_)) => End::Close(TOO_LONG),
        Some(tungstenite::Error::Utf8(_)) => End::Close(BAD_MESSAGE),
        _ => End::Gone,
    }
}

/// Sends the close code and waits for the peer's answer, as long as the grace lasts.
async fn say_goodbye(hub: &Hub, mut socket: WebSocket, close: Close) {
    let frame = CloseFrame {
        code: close.code,
        reason: Utf8Bytes::from_static(close.reason),
    };
    let goodbye = async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            // Read on until the peer has answered: closing with unread bytes would make its system drop our code.
            while let Some(Ok(_)) = socket.recv().await {}
        }
    };
    // Whoever does not take it in time is cut off without.
    let _ = tokio::time::timeout(hub.config.close_grace, goodbye).await;
}

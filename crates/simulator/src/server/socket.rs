//! One WebSocket connection: the venue's session on one side, a real socket with its faults on the other.
//!
//! The task writes straight to the socket and keeps no queue of its own; what it has not yet taken from the
//! steps' channel is bounded by that channel. A client that falls behind by the whole channel, or does not
//! take a message within five seconds, is dropped.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use super::VenueContext;
use super::link::LinkControl;
use crate::faults::{LinkState, MessageEffect};
use crate::venue::{Outbound, Session};

/// Longest wait for a client to take one message.
const WRITE_MAX: Duration = Duration::from_secs(5);
/// How often lasting conditions are looked at.
const LOOK: Duration = Duration::from_millis(50);
/// Longest goodbye.
const GOODBYE_MAX: Duration = Duration::from_millis(200);
/// How long a Coinbase connection may stay without a subscription.
const SUBSCRIBE_WITHIN: Duration = Duration::from_secs(5);

/// Why a connection ended.
enum End {
    /// The client closed it, or its stream broke.
    Client,
    /// We close it with a code.
    Close(u16, String),
    /// We drop it.
    Drop,
}

struct Connection {
    socket: WebSocket,
    venue: Arc<VenueContext>,
    link: LinkControl,
    number: u64,
    session: Session,
    /// A message that waits for the next one to overtake it.
    held: Option<String>,
    state: LinkState,
}

/// Serves a connection until either side ends it.
pub(super) async fn serve(socket: WebSocket, venue: Arc<VenueContext>, link: LinkControl) {
    let number = venue.connections.fetch_add(1, Ordering::Relaxed) + 1;
    venue.open.fetch_add(1, Ordering::Relaxed);
    let session = Session::new(venue.kind, number);
    let state = LinkState::default();
    let mut connection = Connection {
        socket,
        venue: venue.clone(),
        link,
        number,
        session,
        held: None,
        state,
    };
    let end = connection.run().await;
    match end {
        End::Client => {}
        End::Close(code, reason) => {
            let frame = Message::Close(Some(CloseFrame {
                code,
                reason: reason.into(),
            }));
            // The client may be gone already.
            let _ = timeout(GOODBYE_MAX, connection.socket.send(frame)).await;
            let _ = timeout(GOODBYE_MAX, drain(&mut connection.socket)).await;
        }
        End::Drop => connection.link.abort(),
    }
    venue.open.fetch_sub(1, Ordering::Relaxed);
}

/// Reads until the client's own close, so that ours is not overtaken by a reset.
async fn drain(socket: &mut WebSocket) {
    while let Some(Ok(_)) = socket.recv().await {}
}

impl Connection {
    async fn run(&mut self) -> End {
        let mut steps = self.venue.steps.subscribe();
        let opened = Instant::now();
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let shutdown = self.venue.shutdown.clone();
        let hello = self.session.on_open();
        if let Err(end) = self.send_all(hello).await {
            return end;
        }
        loop {
            if let Err(end) = self.conditions().await {
                return end;
            }
            let sent = tokio::select! {
                biased;
                () = shutdown.cancelled() => return End::Close(1001, "shutting down".to_owned()),
                received = self.socket.recv() => match received {
                    Some(Ok(Message::Text(text))) => {
                        let replies = self.answer(text.as_str());
                        self.send_all(replies).await
                    }
                    Some(Ok(Message::Binary(_))) => Err(End::Close(1003, "text only".to_owned())),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => Err(End::Client),
                },
                step = steps.recv() => match step {
                    Ok(step) => {
                        let messages = self.session.on_step(&step);
                        self.send_all(messages).await
                    }
                    Err(RecvError::Lagged(_)) => {
                        self.venue.slow_dropped.fetch_add(1, Ordering::Relaxed);
                        Err(End::Drop)
                    }
                    Err(RecvError::Closed) => Err(End::Close(1001, "shutting down".to_owned())),
                },
                _ = look.tick() => {
                    let late = self.session.wants_subscription() && opened.elapsed() > SUBSCRIBE_WITHIN;
                    if late { Err(End::Close(1008, "no subscription".to_owned())) } else { Ok(()) }
                }
            };
            if let Err(end) = sent {
                return end;
            }
        }
    }

    /// Takes over the lasting conditions; stays inside while the link is half-open.
    async fn conditions(&mut self) -> Result<(), End> {
        loop {
            self.state = self.venue.faults.link(self.venue.kind, self.number);
            self.link.apply(self.state);
            self.session.set_skew(self.state.skew_ns);
            if self.state.maintenance {
                return Err(End::Close(1012, "maintenance".to_owned()));
            }
            if !self.state.half_open {
                return Ok(());
            }
            tokio::select! {
                () = self.venue.shutdown.cancelled() => return Err(End::Drop),
                () = sleep(LOOK) => {}
            }
        }
    }

    fn answer(&mut self, text: &str) -> Vec<Outbound> {
        let now = self.venue.clock.now();
        let world = self.venue.world();
        self.session.on_text(text, &world, now)
    }

    async fn send_all(&mut self, messages: Vec<Outbound>) -> Result<(), End> {
        for message in messages {
            self.send(message).await?;
            self.venue.faults.count_message(self.venue.kind, self.number);
        }
        Ok(())
    }

    /// Sends one message through the faults.
    async fn send(&mut self, message: Outbound) -> Result<(), End> {
        let effects = self
            .venue
            .faults
            .on_message(self.venue.kind, self.number, message.channel);
        let mut text = message.text;
        let (mut copies, mut hold) = (1, false);
        for effect in effects {
            match effect {
                MessageEffect::Drop => copies = 0,
                MessageEffect::Delay(by) => tokio::select! {
                    () = self.venue.shutdown.cancelled() => return Err(End::Drop),
                    () = sleep(by) => {}
                },
                MessageEffect::Reorder => hold = true,
                MessageEffect::Duplicate => copies = 2,
                MessageEffect::Truncate => text = truncated(&text),
                MessageEffect::Corrupt(pick) => text = corrupted(&text, pick),
                MessageEffect::Before(other) => self.write(other).await?,
                MessageEffect::Close(code, reason) => return Err(End::Close(code, reason)),
                MessageEffect::Abort => return Err(End::Drop),
            }
        }
        if hold && self.held.is_none() {
            self.held = Some(text);
            return Ok(());
        }
        for _ in 0..copies {
            self.write(text.clone()).await?;
        }
        if let Some(overtaken) = self.held.take() {
            self.write(overtaken).await?;
        }
        Ok(())
    }

    async fn write(&mut self, text: String) -> Result<(), End> {
        let shutdown = self.venue.shutdown.clone();
        // A link that a fault makes slow is not the client's fault.
        let patience = if self.state.write_rate.is_some() {
            Duration::from_secs(3_600)
        } else {
            WRITE_MAX
        };
        tokio::select! {
            () = shutdown.cancelled() => Err(End::Drop),
            sent = timeout(patience, self.socket.send(Message::Text(text.into()))) => match sent {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) => Err(End::Client),
                Err(_) => {
                    self.venue.slow_dropped.fetch_add(1, Ordering::Relaxed);
                    Err(End::Drop)
                }
            }
        }
    }
}

/// The first half of a message; venues send ASCII, but any text is cut between characters.
fn truncated(text: &str) -> String {
    let mut half = text.len() / 2;
    while !text.is_char_boundary(half) {
        half -= 1;
    }
    text[..half].to_owned()
}

/// The message with one digit, the `pick`-th of all, changed.
fn corrupted(text: &str, pick: u64) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let digits: Vec<usize> = (0..bytes.len()).filter(|i| bytes[*i].is_ascii_digit()).collect();
    if digits.is_empty() {
        return truncated(text);
    }
    let at = digits[(pick % digits.len() as u64) as usize];
    // Never to 0: a leading zero would make the number malformed.
    bytes[at] = if bytes[at] == b'9' { b'1' } else { bytes[at] + 1 };
    String::from_utf8(bytes).unwrap_or_else(|_| truncated(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corruption_changes_one_digit_and_stays_json() {
        let text = r#"{"price":105944.2,"qty":0.13600000,"checksum":2439117997}"#;
        for pick in 0..64 {
            let changed = corrupted(text, pick);
            assert_eq!(changed.len(), text.len());
            assert_eq!(
                changed.bytes().zip(text.bytes()).filter(|(a, b)| a != b).count(),
                1
            );
            assert!(
                serde_json::from_str::<serde_json::Value>(&changed).is_ok(),
                "{changed}"
            );
        }
    }
}

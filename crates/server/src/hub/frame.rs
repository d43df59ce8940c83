//! Text of the server's messages. A snapshot or delta is encoded once per topic and shared by every socket.

use std::io::Write;

use axum::extract::ws::Utf8Bytes;
use bytes::Bytes;
use serde::Serialize;
use tradewind_types::UnixNanos;
use tradewind_wire::Time;
use tradewind_wire::hub::{HubLimits, ServerMessage};

/// Capacity that a small frame starts with.
const SMALL_BYTES: usize = 320;

fn shared(json: Vec<u8>) -> Option<Utf8Bytes> {
    Utf8Bytes::try_from(Bytes::from(json)).ok()
}

/// `snapshot`; `None` when the data cannot be written as JSON, which no type of `wire` brings about.
pub(crate) fn snapshot<T: Serialize + ?Sized>(
    topic: &str,
    epoch: &str,
    seq: u64,
    data: &T,
) -> Option<Utf8Bytes> {
    let mut json = Vec::with_capacity(SMALL_BYTES);
    write!(
        json,
        r#"{{"op":"snapshot","topic":{topic},"epoch":"{epoch}","seq":{seq},"data":"#
    )
    .ok()?;
    serde_json::to_writer(&mut json, data).ok()?;
    json.push(b'}');
    shared(json)
}

/// `delta`. `topic` is JSON already.
pub(crate) fn delta<T: Serialize + ?Sized>(topic: &str, seq: u64, data: &T) -> Option<Utf8Bytes> {
    let mut json = Vec::with_capacity(SMALL_BYTES);
    write!(json, r#"{{"op":"delta","topic":{topic},"seq":{seq},"data":"#).ok()?;
    serde_json::to_writer(&mut json, data).ok()?;
    json.push(b'}');
    shared(json)
}

fn message(message: &ServerMessage) -> Utf8Bytes {
    let json = serde_json::to_vec(message).ok().and_then(shared);
    // The messages made here hold text and numbers only, which always serialise.
    json.unwrap_or_else(|| Utf8Bytes::from_static("{}"))
}

pub(crate) fn welcome(now: UnixNanos, heartbeat_s: u32, user: &str, limits: HubLimits) -> Utf8Bytes {
    message(&ServerMessage::Welcome {
        server_time: Time(now),
        heartbeat_s,
        user: user.to_owned(),
        limits,
    })
}

pub(crate) fn subscribed(id: Option<String>, topic: &str) -> Utf8Bytes {
    message(&ServerMessage::Subscribed {
        id,
        topic: topic.to_owned(),
    })
}

pub(crate) fn unsubscribed(id: Option<String>, topic: &str) -> Utf8Bytes {
    message(&ServerMessage::Unsubscribed {
        id,
        topic: topic.to_owned(),
    })
}

pub(crate) fn heartbeat(now: UnixNanos) -> Utf8Bytes {
    message(&ServerMessage::Heartbeat {
        server_time: Time(now),
    })
}

pub(crate) fn pong(now: UnixNanos) -> Utf8Bytes {
    message(&ServerMessage::Pong {
        server_time: Time(now),
    })
}

pub(crate) fn error(code: &str, detail: &str, id: Option<String>) -> Utf8Bytes {
    message(&ServerMessage::Error {
        code: code.to_owned(),
        detail: detail.to_owned(),
        id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_written_by_hand_equal_the_types_of_the_contract() {
        let data = serde_json::json!({"bid": "1.5"});
        let topic = "quotes:BTC-USD.COINBASE";
        let quoted = serde_json::to_string(topic).expect("json");
        let read = |text: &Utf8Bytes| serde_json::from_str::<ServerMessage>(text).expect("a server message");
        let frame = snapshot(&quoted, "e-1", 7, &data).expect("a frame");
        let expected = ServerMessage::Snapshot {
            topic: topic.into(),
            epoch: "e-1".into(),
            seq: 7,
            data: data.clone(),
        };
        assert_eq!(read(&frame), expected);
        let frame = delta(&quoted, 8, &data).expect("a frame");
        assert_eq!(
            read(&frame),
            ServerMessage::Delta {
                topic: topic.into(),
                seq: 8,
                data
            }
        );
    }
}

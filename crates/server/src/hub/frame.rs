//! The server's messages. Each is encoded once per encoding, WebSocket head included, and shared by every socket.

use std::io::Write;
use std::sync::{Arc, OnceLock};

use serde::Serialize;
use tradewind_types::UnixNanos;
use tradewind_wire::Time;
use tradewind_wire::hub::{HubLimits, ServerMessage};

use super::encoding::{Encoding, to_message_pack};
use super::ws::encode::Encoded;

/// Capacity that a small frame starts with.
const SMALL_BYTES: usize = 320;

/// A message as it goes over the wire, shared.
pub(crate) type Shared = Arc<Frame>;

/// A message in its encodings; MessagePack is made when the first socket needs it.
#[derive(Debug)]
pub(crate) struct Frame {
    json: Encoded,
    message_pack: OnceLock<Encoded>,
}

impl Frame {
    fn shared(json: Vec<u8>) -> Shared {
        Arc::new(Self {
            json: Encoded::end(json, Encoding::Json.kind()),
            message_pack: OnceLock::new(),
        })
    }

    /// The bytes of the whole frame in an encoding.
    pub(crate) fn wire(&self, encoding: Encoding) -> &[u8] {
        match encoding {
            Encoding::Json => self.json.wire(),
            Encoding::MessagePack => self.message_pack.get_or_init(|| self.packed()).wire(),
        }
    }

    /// Bytes that it takes while JSON is all that is needed; what histories are bounded by.
    pub(crate) fn json_bytes(&self) -> usize {
        self.json.wire().len()
    }

    fn packed(&self) -> Encoded {
        let json = self.json.payload();
        let mut bytes = Encoded::begin(json.len());
        if !to_message_pack(json, &mut bytes) {
            tracing::error!("a message could not be written as MessagePack");
        }
        Encoded::end(bytes, Encoding::MessagePack.kind())
    }
}

/// `snapshot`; `None` when the data cannot be written as JSON, which no type of `wire` brings about. `topic` is JSON
/// already.
pub(crate) fn snapshot<T: Serialize + ?Sized>(
    topic: &str,
    epoch: &str,
    seq: u64,
    data: &T,
) -> Option<Shared> {
    let mut json = Encoded::begin(SMALL_BYTES);
    write!(
        json,
        r#"{{"op":"snapshot","topic":{topic},"epoch":"{epoch}","seq":{seq},"data":"#
    )
    .ok()?;
    serde_json::to_writer(&mut json, data).ok()?;
    json.push(b'}');
    Some(Frame::shared(json))
}

/// `delta`. `topic` is JSON already.
pub(crate) fn delta<T: Serialize + ?Sized>(topic: &str, seq: u64, data: &T) -> Option<Shared> {
    let mut json = Encoded::begin(SMALL_BYTES);
    write!(json, r#"{{"op":"delta","topic":{topic},"seq":{seq},"data":"#).ok()?;
    serde_json::to_writer(&mut json, data).ok()?;
    json.push(b'}');
    Some(Frame::shared(json))
}

fn message(message: &ServerMessage) -> Shared {
    let mut json = Encoded::begin(SMALL_BYTES);
    // The messages made here hold text and numbers only, which always serialise.
    if let Err(error) = serde_json::to_writer(&mut json, message) {
        tracing::error!(%error, "a message could not be written as JSON");
    }
    Frame::shared(json)
}

pub(crate) fn welcome(now: UnixNanos, heartbeat_s: u32, user: &str, limits: HubLimits) -> Shared {
    message(&ServerMessage::Welcome {
        server_time: Time(now),
        heartbeat_s,
        user: user.to_owned(),
        limits,
    })
}

pub(crate) fn subscribed(id: Option<String>, topic: &str) -> Shared {
    message(&ServerMessage::Subscribed {
        id,
        topic: topic.to_owned(),
    })
}

pub(crate) fn unsubscribed(id: Option<String>, topic: &str) -> Shared {
    message(&ServerMessage::Unsubscribed {
        id,
        topic: topic.to_owned(),
    })
}

pub(crate) fn heartbeat(now: UnixNanos) -> Shared {
    message(&ServerMessage::Heartbeat {
        server_time: Time(now),
    })
}

pub(crate) fn pong(now: UnixNanos) -> Shared {
    message(&ServerMessage::Pong {
        server_time: Time(now),
    })
}

pub(crate) fn error(code: &str, detail: &str, id: Option<String>) -> Shared {
    message(&ServerMessage::Error {
        code: code.to_owned(),
        detail: detail.to_owned(),
        id,
    })
}

/// A frame of that text, for tests of queues.
#[cfg(test)]
pub(crate) fn of_text(text: &str) -> Shared {
    let mut json = Encoded::begin(text.len());
    json.extend_from_slice(text.as_bytes());
    Frame::shared(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_written_by_hand_equal_the_types_of_the_contract_in_both_encodings() {
        let data = serde_json::json!({"bid": "1.5"});
        let topic = "quotes:BTC-USD.COINBASE";
        let quoted = serde_json::to_string(topic).expect("json");
        let read = |frame: &Shared| {
            // A head of two bytes: these frames are short.
            let value = |encoding: Encoding| encoding.read(&frame.wire(encoding)[2..]).expect("a value");
            let json = value(Encoding::Json);
            assert_eq!(json, value(Encoding::MessagePack));
            serde_json::from_value::<ServerMessage>(json).expect("a server message")
        };
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
        assert_eq!(frame.wire(Encoding::MessagePack)[0], 0x82, "binary");
    }

    #[test]
    fn a_frame_is_encoded_once_per_encoding() {
        let frame = heartbeat(UnixNanos(0));
        for encoding in [Encoding::Json, Encoding::MessagePack] {
            let (one, two) = (frame.wire(encoding), frame.wire(encoding));
            assert!(std::ptr::eq(one, two));
        }
    }
}

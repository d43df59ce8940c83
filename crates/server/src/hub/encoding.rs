//! How messages are written on a socket: JSON, or MessagePack by subprotocol.
//!
//! A message is the same value in both. The MessagePack form is made from the JSON form: maps with text keys, decimals
//! and times as text, whole numbers as integers, other numbers as doubles, nothing else.

use serde::Serialize;
use serde_json::Value;

use super::ws::encode::Kind;

/// Maps and lists within one another that a client's message may have.
const DEPTH_MAX: usize = 32;

/// An encoding of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Encoding {
    /// One JSON text a message.
    #[default]
    Json,
    /// One MessagePack map a message, binary.
    MessagePack,
}

/// Both.
pub(crate) const ENCODINGS: [Encoding; 2] = [Encoding::Json, Encoding::MessagePack];

impl Encoding {
    /// The subprotocol that asks for it.
    pub(crate) const fn subprotocol(self) -> &'static str {
        match self {
            Encoding::Json => "tradewind.v1.json",
            Encoding::MessagePack => "tradewind.v1.msgpack",
        }
    }

    /// The encoding of that subprotocol.
    pub(crate) fn of(subprotocol: &str) -> Option<Self> {
        ENCODINGS
            .into_iter()
            .find(|encoding| encoding.subprotocol() == subprotocol)
    }

    /// Its name in metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Encoding::Json => "json",
            Encoding::MessagePack => "msgpack",
        }
    }

    /// The kind of WebSocket message that carries it.
    pub(crate) const fn kind(self) -> Kind {
        match self {
            Encoding::Json => Kind::Text,
            Encoding::MessagePack => Kind::Binary,
        }
    }

    /// Reads a message; `None` when it is none.
    pub(crate) fn read(self, message: &[u8]) -> Option<Value> {
        match self {
            Encoding::Json => serde_json::from_slice(message).ok(),
            Encoding::MessagePack => {
                let mut rest = message;
                let mut reader = rmp_serde::Deserializer::new(&mut rest);
                reader.set_max_depth(DEPTH_MAX);
                let value = serde::Deserialize::deserialize(&mut reader).ok()?;
                rest.is_empty().then_some(value)
            }
        }
    }
}

/// Appends the MessagePack form of a JSON text; false when it cannot be made, which no message of ours brings about.
pub(crate) fn to_message_pack(json: &[u8], into: &mut Vec<u8>) -> bool {
    let Ok(value) = serde_json::from_slice::<Value>(json) else {
        return false;
    };
    value.serialize(&mut rmp_serde::Serializer::new(into)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn packed(value: &Value) -> Vec<u8> {
        let mut bytes = Vec::new();
        assert!(to_message_pack(value.to_string().as_bytes(), &mut bytes));
        bytes
    }

    #[test]
    fn a_message_is_the_same_value_in_both() {
        for value in [
            json!({"op": "ping"}),
            json!({"seq": 0, "n": u64::MAX, "m": i64::MIN, "half": 0.5, "none": null, "yes": true}),
            json!({"data": {"bid": "64000.10", "levels": [["1.5", "0"], []], "ts": "2026-01-01T00:00:00Z"}}),
            json!({"text": "é ✓ 🦀", "long": "x".repeat(70_000)}),
        ] {
            let bytes = packed(&value);
            assert_eq!(Encoding::MessagePack.read(&bytes), Some(value.clone()));
            assert_eq!(Encoding::Json.read(value.to_string().as_bytes()), Some(value));
        }
        // The specification's own example.
        let example = packed(&json!({"compact": true, "schema": 0}));
        assert_eq!(example, b"\x82\xa7compact\xc3\xa6schema\x00");
    }

    #[test]
    fn what_is_no_message_is_refused_without_harm() {
        let ping = packed(&json!({"op": "ping"}));
        assert!(
            Encoding::MessagePack.read(&ping[..ping.len() - 1]).is_none(),
            "cut off"
        );
        assert!(
            Encoding::MessagePack
                .read(&[&ping[..], &[0xc0]].concat())
                .is_none(),
            "more behind it"
        );
        assert!(Encoding::MessagePack.read(&[0xc1]).is_none(), "never used");
        assert!(
            Encoding::MessagePack.read(&[0x81, 0x01, 0x01]).is_none(),
            "a key that is no text"
        );
        assert!(
            Encoding::MessagePack.read(&[0x91; 4_000]).is_none(),
            "lists within lists"
        );
        assert!(
            Encoding::MessagePack
                .read(&[0xdd, 0xff, 0xff, 0xff, 0xff])
                .is_none(),
            "a list of four thousand millions"
        );
        assert!(Encoding::MessagePack.read(&[]).is_none());
        assert!(Encoding::Json.read(b"{\"op\":\"ping\"} {}").is_none());
    }
}

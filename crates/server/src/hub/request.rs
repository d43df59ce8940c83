//! What a client may say, told apart so that each mistake gets its own answer.
//!
//! | mistake | answer |
//! | --- | --- |
//! | not JSON (or not MessagePack, where that was agreed upon), not an object, the other kind of message | close 4400 |
//! | unknown `op` or `channel`, missing or superfluous parts | `error`; the socket stays |

use serde::Deserialize;
use serde_json::Value;
use tradewind_wire::hub::{ClientMessage, Since, Subscription};

use super::encoding::Encoding;
use super::key::{TopicKey, channel_of};

/// Why something was refused; the socket stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Stable code.
    pub code: &'static str,
    /// For people.
    pub detail: String,
}

impl Refusal {
    /// A refusal with its code and one sentence.
    #[must_use]
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}

/// A client's message, read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// Sign on.
    Auth(String),
    /// Subscribe.
    Subscribe {
        key: TopicKey,
        since: Option<Since>,
        id: Option<String>,
    },
    /// Unsubscribe.
    Unsubscribe { key: TopicKey, id: Option<String> },
    /// Time check.
    Ping,
}

/// What came of reading a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    /// It can be acted on.
    Request(Request),
    /// It is refused by name; carries the client's id.
    Refused(Refusal, Option<String>),
    /// It is no message of this protocol.
    Garbage,
}

/// Longest id that is echoed.
const ID_MAX: usize = 128;

/// Reads one message.
pub(crate) fn parse(encoding: Encoding, message: &[u8]) -> Parsed {
    let Some(value @ Value::Object(_)) = encoding.read(message) else {
        return Parsed::Garbage;
    };
    let id = value
        .get("id")
        .and_then(Value::as_str)
        .filter(|id| id.len() <= ID_MAX)
        .map(str::to_owned);
    let refuse = |code, detail: String| Parsed::Refused(Refusal::new(code, detail), id.clone());
    let Some(op) = value.get("op").and_then(Value::as_str) else {
        return refuse("BAD_MESSAGE", "`op` is missing".to_owned());
    };
    match op {
        "auth" | "ping" => {}
        "subscribe" | "unsubscribe" => {
            let channel = value.get("channel").and_then(Value::as_str).unwrap_or_default();
            if channel_of(channel).is_none() {
                return refuse(
                    "UNKNOWN_CHANNEL",
                    format!("there is no channel `{}`", shortened(channel)),
                );
            }
        }
        other => return refuse("UNKNOWN_OP", format!("there is no op `{}`", shortened(other))),
    }
    let message = match ClientMessage::deserialize(&value) {
        Ok(message) => message,
        Err(error) => return refuse("BAD_MESSAGE", error.to_string()),
    };
    let topic = |asked: &Subscription| TopicKey::from_wire(asked);
    match message {
        ClientMessage::Auth { ticket } => Parsed::Request(Request::Auth(ticket)),
        ClientMessage::Ping => Parsed::Request(Request::Ping),
        ClientMessage::Subscribe(asked) => match topic(&asked) {
            Ok(key) => Parsed::Request(Request::Subscribe {
                key,
                since: asked.since,
                id,
            }),
            Err(refusal) => Parsed::Refused(refusal, id),
        },
        ClientMessage::Unsubscribe(asked) => match topic(&asked) {
            Ok(key) => Parsed::Request(Request::Unsubscribe { key, id }),
            Err(refusal) => Parsed::Refused(refusal, id),
        },
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(text: &str) -> &'static str {
        match parse(Encoding::Json, text.as_bytes()) {
            Parsed::Refused(refusal, _) => refusal.code,
            Parsed::Garbage => "garbage",
            Parsed::Request(_) => "fine",
        }
    }

    #[test]
    fn each_mistake_has_its_own_answer() {
        assert_eq!(code_of("{"), "garbage");
        assert_eq!(code_of("[]"), "garbage");
        assert_eq!(code_of("{}"), "BAD_MESSAGE");
        assert_eq!(code_of(r#"{"op":"dance"}"#), "UNKNOWN_OP");
        assert_eq!(code_of(r#"{"op":"auth"}"#), "BAD_MESSAGE");
        assert_eq!(code_of(r#"{"op":"subscribe"}"#), "UNKNOWN_CHANNEL");
        assert_eq!(
            code_of(r#"{"op":"subscribe","channel":"secrets"}"#),
            "UNKNOWN_CHANNEL"
        );
        assert_eq!(
            code_of(r#"{"op":"subscribe","channel":"quotes"}"#),
            "BAD_SUBSCRIPTION"
        );
        assert_eq!(
            code_of(r#"{"op":"subscribe","channel":"system","since":3}"#),
            "BAD_MESSAGE"
        );
        assert_eq!(code_of(r#"{"op":"ping"}"#), "fine");
    }

    #[test]
    fn the_id_of_a_refused_message_comes_back() {
        let Parsed::Refused(_, id) = parse(
            Encoding::Json,
            br#"{"op":"subscribe","channel":"secrets","id":"7"}"#,
        ) else {
            panic!("not refused")
        };
        assert_eq!(id.as_deref(), Some("7"));
    }
}

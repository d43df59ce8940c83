//! The hub's socket against RFC 6455, frame by frame, in the manner of the Autobahn test suite: each case says bytes
//! over a connection of its own and names what must come back, nothing more and nothing less.
//!
//! A case that leaves the socket open ends with a ping of this side: its answer shows that nothing else came, and that
//! the socket lives. One that ends it must hear the close code and then the end of the connection.

mod closing;
mod framing;
mod handshake;
mod messages;
mod raw;
mod text;

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use serde_json::Value;

use super::harness::{Served, serve};
use crate::hub::HubConfig;
use raw::{Raw, Told, frame};

/// What a client does.
#[derive(Debug, Clone)]
enum Act {
    /// Bytes that leave in one segment.
    Say(Vec<u8>),
    /// Bytes that leave one by one.
    Drip(Vec<u8>),
    /// Says that nothing follows.
    Finish,
}

/// What must come back.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    /// A message with this `op`.
    Op(&'static str),
    /// A message with this `op`, binary, MessagePack.
    Packed(&'static str),
    /// A refusal with this code and id.
    Refused(&'static str, Option<String>),
    /// A pong with this payload.
    Pong(Vec<u8>),
    /// A close frame, and then the end.
    Closed(Option<u16>),
    /// The end without a close frame.
    Ended,
}

/// One case.
#[derive(Debug, Clone)]
struct Case {
    name: String,
    /// Header lines beside those that open a socket and sign on.
    lines: Vec<&'static str>,
    /// Whether the socket is signed on when the case begins.
    signed_on: bool,
    acts: Vec<Act>,
    answers: Vec<Answer>,
}

impl Case {
    fn new(name: impl Into<String>, acts: Vec<Act>, answers: Vec<Answer>) -> Case {
        Case {
            name: name.into(),
            lines: Vec::new(),
            signed_on: true,
            acts,
            answers,
        }
    }

    /// Says `bytes` and hears `answers`.
    fn say(name: impl Into<String>, bytes: Vec<u8>, answers: Vec<Answer>) -> Case {
        Case::new(name, vec![Act::Say(bytes)], answers)
    }

    /// Says `bytes` and is closed with `code`.
    fn closed(name: impl Into<String>, bytes: Vec<u8>, code: u16) -> Case {
        Case::say(name, bytes, vec![Answer::Closed(Some(code))])
    }

    fn with(mut self, line: &'static str) -> Case {
        self.lines.push(line);
        self
    }

    fn before_sign_on(mut self) -> Case {
        self.name = format!("{}, before sign-on", self.name);
        self.signed_on = false;
        self
    }
}

/// A message that is answered with `pong`.
const PING: &[u8] = br#"{"op":"ping"}"#;
const STILL_THERE: &[u8] = b"still there?";

fn answer_of(told: &Told, packed: bool) -> Option<Answer> {
    let value: Value = match told {
        Told::Text(text) => serde_json::from_str(text).expect("JSON"),
        Told::Binary(bytes) => rmp_serde::from_slice(bytes).expect("MessagePack"),
        Told::Pong(payload) => return Some(Answer::Pong(payload.clone())),
        Told::Close(code) => return Some(Answer::Closed(*code)),
        Told::End => return Some(Answer::Ended),
        // The hub's own heart beats when it likes.
        Told::Ping => return None,
    };
    let known = |text: &Value| {
        [
            "welcome",
            "pong",
            "subscribed",
            "snapshot",
            "BAD_MESSAGE",
            "UNKNOWN_OP",
            "ALREADY_AUTHENTICATED",
            "UNKNOWN_CHANNEL",
        ]
        .into_iter()
        .find(|known| text == known)
        .unwrap_or("something else")
    };
    match &value["op"] {
        op if op == "heartbeat" => None,
        op if op == "error" => Some(Answer::Refused(
            known(&value["code"]),
            value["id"].as_str().map(str::to_owned),
        )),
        op if packed => Some(Answer::Packed(known(op))),
        op => Some(Answer::Op(known(op))),
    }
}

async fn hear(raw: &mut Raw) -> Answer {
    loop {
        let told = raw.hear().await;
        if let Some(answer) = answer_of(&told, matches!(told, Told::Binary(_))) {
            return answer;
        }
    }
}

/// Runs a case; what went otherwise.
async fn run(served: &Served, case: Case) -> Result<(), String> {
    let mut lines = case.lines.clone();
    if case.signed_on {
        lines.push("Authorization: U1");
    }
    let mut raw = Raw::open(served, &lines).await;
    if case.signed_on {
        let welcome = hear(&mut raw).await;
        if !matches!(welcome, Answer::Op("welcome") | Answer::Packed("welcome")) {
            return Err(format!("{}: no welcome but {welcome:?}", case.name));
        }
    }
    for act in case.acts {
        match act {
            Act::Say(bytes) => raw.send(&bytes).await,
            Act::Drip(bytes) => {
                for byte in bytes {
                    raw.send(&[byte]).await;
                    tokio::task::yield_now().await;
                }
            }
            Act::Finish => raw.finish().await,
        }
    }
    let mut over = false;
    for wanted in case.answers {
        let heard = hear(&mut raw).await;
        if heard != wanted {
            return Err(format!("{}: wanted {wanted:?}, heard {heard:?}", case.name));
        }
        over |= matches!(heard, Answer::Closed(_) | Answer::Ended);
    }
    let (wanted, last) = if over {
        // Our part of the closing handshake; a server that has failed the connection does not mind.
        raw.send(&frame(0x88, &1000_u16.to_be_bytes())).await;
        raw.finish().await;
        (Answer::Ended, hear(&mut raw).await)
    } else {
        raw.send(&frame(0x89, STILL_THERE)).await;
        (Answer::Pong(STILL_THERE.to_vec()), hear(&mut raw).await)
    };
    if last != wanted {
        return Err(format!(
            "{}: at the end wanted {wanted:?}, heard {last:?}",
            case.name
        ));
    }
    Ok(())
}

fn config() -> HubConfig {
    HubConfig {
        auth_timeout: std::time::Duration::from_secs(60),
        messages_per_minute: 10_000,
        ..HubConfig::default().raised(1_000)
    }
}

/// Runs cases, some at once, and asserts that all went as they should.
async fn run_all(cases: Vec<Case>) {
    let names: HashSet<_> = cases.iter().map(|case| case.name.clone()).collect();
    assert_eq!(names.len(), cases.len(), "two cases have one name");
    let served = Arc::new(serve(config()).await);
    let results = stream::iter(cases).map(|case| {
        let served = Arc::clone(&served);
        async move { run(&served, case).await }
    });
    let failed: Vec<String> = results
        .buffer_unordered(16)
        .filter_map(|result| async move { result.err() })
        .collect()
        .await;
    assert!(
        failed.is_empty(),
        "{} failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

#[test]
fn the_suite_has_at_least_two_hundred_cases() {
    let counts = [
        framing::cases().len(),
        text::cases().len(),
        closing::cases().len(),
        messages::cases().len(),
        handshake::cases().len(),
    ];
    println!("framing, text, closing, messages, handshake: {counts:?}");
    assert!(counts.iter().sum::<usize>() >= 200, "{counts:?}");
    assert!(counts.iter().all(|count| *count >= 20), "{counts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_are_read_as_the_standard_says() {
    run_all(framing::cases()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_is_utf8_or_the_socket_closes_with_1007() {
    run_all(text::cases()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_are_closed_as_the_standard_says() {
    run_all(closing::cases()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_are_answered_in_the_encoding_that_was_agreed_upon() {
    run_all(messages::cases()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_is_opened_by_what_the_standard_asks_for_and_by_nothing_else() {
    handshake::run_all(&serve(config()).await).await;
}

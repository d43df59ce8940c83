//! The request that opens a socket: headers, keys, versions, subprotocols.

use super::super::harness::Served;
use super::PING;
use super::raw::{LINES, Raw, Told, frame, request};

/// What must come back.
enum Answer {
    /// A socket, with this subprotocol.
    Opened(Option<&'static str>),
    /// A refusal with this status.
    Refused(u16),
}

pub(super) struct Case {
    name: &'static str,
    method: &'static str,
    version: &'static str,
    lines: Vec<&'static str>,
    answer: Answer,
}

use Answer::{Opened, Refused};

fn case(name: &'static str, lines: Vec<&'static str>, answer: Answer) -> Case {
    Case {
        name,
        method: "GET",
        version: "HTTP/1.1",
        lines,
        answer,
    }
}

/// The usual lines, with others instead of the one at a place.
fn instead(at: usize, others: &[&'static str]) -> Vec<&'static str> {
    [&LINES[..at], others, &LINES[at + 1..]].concat()
}

fn with(more: &[&'static str]) -> Vec<&'static str> {
    [&LINES[..], more].concat()
}

const CONNECTION: usize = 0;
const UPGRADE: usize = 1;
const VERSION: usize = 2;
const KEY: usize = 3;

const JSON: &str = "tradewind.v1.json";
const PACKED: &str = "tradewind.v1.msgpack";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![
        case("as in the standard", LINES.to_vec(), Opened(None)),
        case(
            "names in lower case",
            vec![
                "connection: upgrade",
                "upgrade: websocket",
                "sec-websocket-version: 13",
                "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
            ],
            Opened(None),
        ),
        case(
            "names in upper case",
            vec![
                "CONNECTION: UPGRADE",
                "UPGRADE: WEBSOCKET",
                "SEC-WEBSOCKET-VERSION: 13",
                "SEC-WEBSOCKET-KEY: dGhlIHNhbXBsZSBub25jZQ==",
            ],
            Opened(None),
        ),
        case(
            "as Firefox says it",
            instead(CONNECTION, &["Connection: keep-alive, Upgrade"]),
            Opened(None),
        ),
        case(
            "a list without blanks",
            instead(CONNECTION, &["Connection: keep-alive,Upgrade"]),
            Opened(None),
        ),
        case(
            "a list over two lines",
            instead(CONNECTION, &["Connection: keep-alive", "Connection: Upgrade"]),
            Opened(None),
        ),
        case(
            "blanks around a value",
            instead(VERSION, &["Sec-WebSocket-Version:   13  "]),
            Opened(None),
        ),
        case(
            "WebSocket with capitals",
            instead(UPGRADE, &["Upgrade: WebSocket"]),
            Opened(None),
        ),
        case(
            "two protocols to upgrade to",
            instead(UPGRADE, &["Upgrade: h2c, websocket"]),
            Opened(None),
        ),
        case(
            "extensions are not agreed to",
            with(&["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"]),
            Opened(None),
        ),
        case("an origin", with(&["Origin: http://localhost"]), Opened(None)),
        case("no Connection", instead(CONNECTION, &[]), Refused(426)),
        case(
            "Connection: close",
            instead(CONNECTION, &["Connection: close"]),
            Refused(426),
        ),
        case(
            "Connection: keep-alive",
            instead(CONNECTION, &["Connection: keep-alive"]),
            Refused(426),
        ),
        case(
            "a word that only begins with upgrade",
            instead(CONNECTION, &["Connection: upgraded"]),
            Refused(426),
        ),
        case("no Upgrade", instead(UPGRADE, &[]), Refused(426)),
        case(
            "another protocol",
            instead(UPGRADE, &["Upgrade: h2c"]),
            Refused(426),
        ),
        case(
            "a word that only ends with websocket",
            instead(UPGRADE, &["Upgrade: notwebsocket"]),
            Refused(426),
        ),
        case("no version", instead(VERSION, &[]), Refused(426)),
        case(
            "version 8",
            instead(VERSION, &["Sec-WebSocket-Version: 8"]),
            Refused(426),
        ),
        case(
            "version 12",
            instead(VERSION, &["Sec-WebSocket-Version: 12"]),
            Refused(426),
        ),
        case(
            "version 14",
            instead(VERSION, &["Sec-WebSocket-Version: 14"]),
            Refused(426),
        ),
        case(
            "a version that is no number",
            instead(VERSION, &["Sec-WebSocket-Version: thirteen"]),
            Refused(426),
        ),
        case(
            "two versions",
            instead(VERSION, &["Sec-WebSocket-Version: 13, 8"]),
            Refused(426),
        ),
        case(
            "the version twice",
            with(&["Sec-WebSocket-Version: 13"]),
            Refused(426),
        ),
        case("no key", instead(KEY, &[]), Refused(400)),
        case(
            "an empty key",
            instead(KEY, &["Sec-WebSocket-Key:"]),
            Refused(400),
        ),
        case(
            "a key of 15 bytes",
            instead(KEY, &["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA"]),
            Refused(400),
        ),
        case(
            "a key of 17 bytes",
            instead(KEY, &["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAA="]),
            Refused(400),
        ),
        case(
            "a key without its padding",
            instead(KEY, &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ"]),
            Refused(400),
        ),
        case(
            "a key that is no base64",
            instead(KEY, &["Sec-WebSocket-Key: !!!hlIHNhbXBsZSBub25jZQ=="]),
            Refused(400),
        ),
        case(
            "the key twice",
            with(&["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]),
            Refused(400),
        ),
        case("no subprotocol", LINES.to_vec(), Opened(None)),
        case(
            "JSON",
            with(&["Sec-WebSocket-Protocol: tradewind.v1.json"]),
            Opened(Some(JSON)),
        ),
        case(
            "MessagePack",
            with(&["Sec-WebSocket-Protocol: tradewind.v1.msgpack"]),
            Opened(Some(PACKED)),
        ),
        case(
            "JSON rather than MessagePack",
            with(&["Sec-WebSocket-Protocol: tradewind.v1.json, tradewind.v1.msgpack"]),
            Opened(Some(JSON)),
        ),
        case(
            "MessagePack rather than JSON",
            with(&["Sec-WebSocket-Protocol: tradewind.v1.msgpack, tradewind.v1.json"]),
            Opened(Some(PACKED)),
        ),
        case(
            "MessagePack rather than JSON, over two lines",
            with(&[
                "Sec-WebSocket-Protocol: tradewind.v1.msgpack",
                "Sec-WebSocket-Protocol: tradewind.v1.json",
            ]),
            Opened(Some(PACKED)),
        ),
        case(
            "an unknown one first",
            with(&["Sec-WebSocket-Protocol: graphql-ws,tradewind.v1.msgpack"]),
            Opened(Some(PACKED)),
        ),
        case(
            "unknown ones only",
            with(&["Sec-WebSocket-Protocol: graphql-ws, tradewind.v2.json"]),
            Opened(None),
        ),
        case(
            "subprotocols have their case",
            with(&["Sec-WebSocket-Protocol: Tradewind.V1.Msgpack"]),
            Opened(None),
        ),
        case(
            "an empty subprotocol",
            with(&["Sec-WebSocket-Protocol: , "]),
            Opened(None),
        ),
    ];
    cases.extend([
        Case {
            method: "POST",
            ..case("POST", with(&["Content-Length: 0"]), Refused(426))
        },
        Case {
            method: "HEAD",
            ..case("HEAD", LINES.to_vec(), Refused(426))
        },
        Case {
            version: "HTTP/1.0",
            ..case("HTTP/1.0", LINES.to_vec(), Refused(426))
        },
    ]);
    cases
}

pub(super) async fn run_all(served: &Served) {
    let mut failed = Vec::new();
    for case in cases() {
        if let Err(error) = run(served, &case).await {
            failed.push(format!("{}: {error}", case.name));
        }
    }
    assert!(
        failed.is_empty(),
        "{} failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

async fn run(served: &Served, case: &Case) -> Result<(), String> {
    let mut raw = Raw::connect(served).await;
    let asked = request(case.method, case.version, &case.lines);
    // A ping of the protocol rides in the same segment: it must not be lost.
    raw.send(&[asked.as_bytes(), &frame(0x89, b"early")].concat())
        .await;
    let (status, lines) = raw.answer().await;
    let header = |name: &str| {
        lines
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    };
    match case.answer {
        Opened(subprotocol) => {
            let expected = [
                ("connection", Some("upgrade")),
                ("upgrade", Some("websocket")),
                // The standard's own answer to the standard's own key.
                ("sec-websocket-accept", Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")),
                ("sec-websocket-protocol", subprotocol),
                ("sec-websocket-extensions", None),
            ];
            for (name, value) in expected {
                if status != 101 || header(name) != value {
                    return Err(format!("{status}, {name}: {:?}", header(name)));
                }
            }
            let told = raw.hear().await;
            (told == Told::Pong(b"early".to_vec()))
                .then_some(())
                .ok_or(format!("{told:?}"))
        }
        Refused(wanted) => {
            let told = (header("upgrade"), header("sec-websocket-version"));
            let right = wanted != 426 || told == (Some("websocket"), Some("13"));
            (status == wanted && right)
                .then_some(())
                .ok_or(format!("{status}, {told:?}"))
        }
    }
}

/// The request of a client that opens a socket with a message right behind it.
#[tokio::test]
async fn a_message_in_the_segment_of_the_request_is_heard() {
    let served = super::serve(super::config()).await;
    let mut raw = Raw::connect(&served).await;
    let asked = request("GET", "HTTP/1.1", &with(&["Authorization: U1"]));
    raw.send(&[asked.as_bytes(), &frame(0x81, PING)].concat()).await;
    assert_eq!(raw.answer().await.0, 101);
    let ops = [super::hear(&mut raw).await, super::hear(&mut raw).await];
    assert_eq!(ops, [super::Answer::Op("welcome"), super::Answer::Op("pong")]);
}

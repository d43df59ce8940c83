//! Messages in JSON and MessagePack: each in its own kind of frame, and what is none.

use serde_json::{Value, json};

use super::raw::frame;
use super::{Act, Answer, Case, PING};

const PACKED: &str = "Sec-WebSocket-Protocol: tradewind.v1.msgpack";
const JSON: &str = "Sec-WebSocket-Protocol: tradewind.v1.json";

fn packed(value: &Value) -> Vec<u8> {
    rmp_serde::to_vec(value).expect("MessagePack")
}

pub(super) fn cases() -> Vec<Case> {
    [json_cases(), packed_cases()].concat()
}

fn json_cases() -> Vec<Case> {
    let garbage: [(&str, &[u8]); 14] = [
        ("an empty message", b""),
        ("a blank", b" "),
        ("half of an object", b"{"),
        ("a list", b"[]"),
        ("a number", b"1"),
        ("a text", b"\"ping\""),
        ("nothing", b"null"),
        ("two objects", br#"{"op":"ping"}{"op":"ping"}"#),
        ("a comma too many", br#"{"op":"ping",}"#),
        ("a mark of byte order", b"\xef\xbb\xbf{\"op\":\"ping\"}"),
        ("a raw control character", b"{\"op\":\"pi\x01ng\"}"),
        ("half of a pair of surrogates", br#"{"op":"\ud800"}"#),
        ("single quotes", b"{'op':'ping'}"),
        ("not a number", br#"{"op":NaN}"#),
    ];
    let mut cases: Vec<Case> = garbage
        .into_iter()
        .map(|(name, text)| Case::closed(format!("JSON: {name}"), frame(0x81, text), 4400))
        .collect();
    let deep = [
        b"{\"op\":".to_vec(),
        b"[".repeat(2_000),
        b"]".repeat(2_000),
        b"}".to_vec(),
    ]
    .concat();
    let pong = || vec![Answer::Op("pong")];
    let refused = |code| vec![Answer::Refused(code, None)];
    cases.extend([
        Case::closed("JSON: lists two thousand deep", frame(0x81, &deep), 4400),
        Case::say(
            "JSON: blanks around it",
            frame(0x81, b" \t\r\n{ \"op\" : \"ping\" } "),
            pong(),
        ),
        Case::say(
            "JSON: an escaped name",
            frame(0x81, br#"{"\u006fp":"p\u0069ng"}"#),
            pong(),
        ),
        Case::say("JSON: no op", frame(0x81, b"{}"), refused("BAD_MESSAGE")),
        Case::say(
            "JSON: an op that is a number",
            frame(0x81, br#"{"op":1}"#),
            refused("BAD_MESSAGE"),
        ),
        Case::say(
            "JSON: an op that is not known",
            frame(0x81, br#"{"op":"PING"}"#),
            refused("UNKNOWN_OP"),
        ),
        Case::say(
            "JSON: signing on again",
            frame(0x81, br#"{"op":"auth","ticket":"T"}"#),
            refused("ALREADY_AUTHENTICATED"),
        ),
        Case::closed("JSON: binary", frame(0x82, PING), 4400),
        Case::closed("JSON: empty binary", frame(0x82, b""), 4400),
        Case::say("JSON: asked for by its subprotocol", frame(0x81, PING), pong()).with(JSON),
        Case::say(
            "JSON: a subscription",
            frame(
                0x81,
                br#"{"op":"subscribe","channel":"quotes","instrument":"A-B.TEST"}"#,
            ),
            vec![Answer::Op("subscribed"), Answer::Op("snapshot")],
        ),
    ]);
    cases
}

fn packed_cases() -> Vec<Case> {
    let garbage: [(&str, &[u8]); 13] = [
        ("an empty message", b""),
        ("a byte that is never used", b"\xc1"),
        ("a number", b"\x01"),
        ("a list", b"\x90"),
        ("a text", b"\xa4ping"),
        ("nothing", b"\xc0"),
        ("JSON", PING),
        ("a map that is cut off", b"\x81\xa2op\xa4pin"),
        ("a map and more", b"\x81\xa2op\xa4ping\xc0"),
        ("a key that is a number", b"\x81\x01\xa4ping"),
        ("a text that is no UTF-8", b"\x81\xa2op\xa4p\xffng"),
        ("a map of four thousand millions", b"\xdf\xff\xff\xff\xff"),
        (
            "a text of four thousand millions",
            b"\x81\xa2op\xdb\xff\xff\xff\xff",
        ),
    ];
    let mut cases: Vec<Case> = garbage
        .into_iter()
        .map(|(name, bytes)| {
            Case::closed(format!("MessagePack: {name}"), frame(0x82, bytes), 4400).with(PACKED)
        })
        .collect();
    let ping = packed(&json!({"op": "ping"}));
    let pong = || vec![Answer::Packed("pong")];
    let ask = packed(&json!({"op": "subscribe", "channel": "quotes", "instrument": "A-B.TEST"}));
    let more = vec![
        Case::closed(
            "MessagePack: lists four thousand deep",
            frame(0x82, &[0x91; 4_000]),
            4400,
        ),
        Case::say("MessagePack: a ping", frame(0x82, &ping), pong()),
        Case::say(
            "MessagePack: a ping in parts",
            [frame(0x02, &ping[..3]), frame(0x80, &ping[3..])].concat(),
            pong(),
        ),
        Case::say(
            "MessagePack: a ping in parts with a control frame between",
            [
                frame(0x02, &ping[..3]),
                frame(0x89, b"now"),
                frame(0x80, &ping[3..]),
            ]
            .concat(),
            vec![Answer::Pong(b"now".to_vec()), Answer::Packed("pong")],
        ),
        Case::new(
            "MessagePack: a ping, byte by byte",
            vec![Act::Drip(frame(0x82, &ping))],
            pong(),
        ),
        Case::say(
            "MessagePack: text lengths in longer forms",
            frame(0x82, b"\xde\x00\x01\xd9\x02op\xda\x00\x04ping"),
            pong(),
        ),
        Case::closed("MessagePack: text", frame(0x81, PING), 4400),
        Case::closed("MessagePack: text that is no UTF-8", frame(0x81, b"\xff"), 1007),
        Case::say(
            "MessagePack: bytes that are no UTF-8 are no violation",
            frame(0x82, &packed(&json!({"op": "dance"}))),
            vec![Answer::Refused("UNKNOWN_OP", None)],
        ),
        Case::say(
            "MessagePack: an id comes back",
            frame(0x82, &packed(&json!({"op": "dance", "id": "mine"}))),
            vec![Answer::Refused("UNKNOWN_OP", Some("mine".to_owned()))],
        ),
        Case::say(
            "MessagePack: a subscription",
            frame(0x82, &ask),
            vec![Answer::Packed("subscribed"), Answer::Packed("snapshot")],
        ),
    ];
    cases.extend(more.into_iter().map(|case| case.with(PACKED)));
    let early = [
        Case::closed(
            "MessagePack: a sign-on with a ticket that is not known",
            frame(0x82, &packed(&json!({"op": "auth", "ticket": "T"}))),
            4401,
        ),
        Case::closed(
            "MessagePack: a sign-on in JSON",
            frame(0x81, br#"{"op":"auth","ticket":"T"}"#),
            4400,
        ),
    ];
    cases.extend(early.into_iter().map(|case| case.with(PACKED).before_sign_on()));
    cases
}

//! Messages in JSON and MessagePack: each in its own kind of frame, and what is none.

use serde_json::{Value, json};

use super::raw::{Raw, Told, frame};
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

/// The next message that is no heartbeat, in whichever encoding, as a value.
async fn value(raw: &mut Raw) -> Value {
    loop {
        let value: Value = match raw.hear().await {
            Told::Text(text) => serde_json::from_str(&text).expect("JSON"),
            Told::Binary(bytes) => rmp_serde::from_slice(&bytes).expect("MessagePack"),
            Told::Ping => continue,
            other => panic!("a message was expected, not {other:?}"),
        };
        if value["op"] != "heartbeat" {
            return value;
        }
    }
}

#[tokio::test]
async fn both_encodings_carry_the_same_messages_live_and_out_of_the_history() {
    const CHANGES: u64 = 20;
    let served = super::serve(super::config()).await;
    let asked = json!({"op": "subscribe", "channel": "quotes", "instrument": "A-B.TEST", "id": "é"});
    let say = |encoding: &str, asked: &Value| match encoding {
        JSON => frame(0x81, asked.to_string().as_bytes()),
        _ => frame(0x82, &packed(asked)),
    };
    let mut heard = Vec::new();
    let mut sockets = Vec::new();
    for encoding in [JSON, PACKED, JSON, PACKED] {
        let mut raw = Raw::open(&served, &[encoding, "Authorization: U1"]).await;
        assert_eq!(value(&mut raw).await["op"], "welcome");
        raw.send(&say(encoding, &asked)).await;
        heard.push(vec![value(&mut raw).await, value(&mut raw).await]);
        sockets.push(raw);
    }
    for n in 0..CHANGES {
        let extra = json!({"n": n, "bid": format!("64000.{n}"), "half": 0.5, "none": null, "levels": [["1", "2"], []], "text": "✓🦀"});
        served.source.change_with("quotes:A-B.TEST", extra).await;
    }
    for (raw, heard) in sockets.iter_mut().zip(&mut heard) {
        for _ in 0..CHANGES {
            heard.push(value(raw).await);
        }
    }
    assert_eq!(heard[0][1]["op"], "snapshot");
    assert_eq!(heard[0].last().expect("a change")["seq"], CHANGES);
    assert!(heard.iter().all(|of| *of == heard[0]), "one heard something else");

    // Who comes back hears the same again, whether or not a socket of its encoding was there when it happened.
    let epoch = heard[0][1]["epoch"].clone();
    for encoding in [PACKED, JSON] {
        let mut asked = asked.clone();
        asked["since"] = json!({"epoch": epoch, "seq": 5});
        let mut raw = Raw::open(&served, &[encoding, "Authorization: U1"]).await;
        assert_eq!(value(&mut raw).await["op"], "welcome");
        raw.send(&say(encoding, &asked)).await;
        assert_eq!(value(&mut raw).await["op"], "subscribed");
        for n in 5..CHANGES as usize {
            assert_eq!(value(&mut raw).await, heard[0][2 + n]);
        }
    }
}

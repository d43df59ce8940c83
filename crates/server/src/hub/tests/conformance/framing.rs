//! Parts of messages, control frames between them, reserved bits, opcodes, masks, lengths, pings and pongs.

use super::raw::{frame, long_head, masked};
use super::{Act, Answer, Case, PING};
use crate::hub::ws::decode::PARTS_MAX;

const TEXT: u8 = 0x81;
const PART: u8 = 0x80;
/// What the hub takes at most, by default.
const MESSAGE_MAX: usize = 4_096;

/// A ping of the hub's own protocol, padded to a length.
fn padded(length: usize) -> Vec<u8> {
    let (head, tail) = (r#"{"op":"ping","x":""#, r#""}"#);
    let fill = length - head.len() - tail.len();
    format!("{head}{}{tail}", "x".repeat(fill)).into_bytes()
}

/// A message in parts that end at these places, and a last one.
fn in_parts(message: &[u8], ends: &[usize]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut from = 0;
    for (n, end) in ends.iter().copied().chain([message.len()]).enumerate() {
        let last = if n == ends.len() { 0x80 } else { 0 };
        bytes.extend(frame(u8::from(n == 0) | last, &message[from..end]));
        from = end;
    }
    bytes
}

pub(super) fn cases() -> Vec<Case> {
    [
        parts(),
        between(),
        reserved(),
        masks(),
        lengths(),
        pings(),
        early(),
    ]
    .concat()
}

fn pong() -> Vec<Answer> {
    vec![Answer::Op("pong")]
}

fn parts() -> Vec<Case> {
    let mut cases: Vec<Case> = (1..PING.len())
        .map(|at| {
            Case::say(
                format!("two parts, the first of {at} bytes"),
                in_parts(PING, &[at]),
                pong(),
            )
        })
        .collect();
    let every: Vec<usize> = (1..PING.len()).collect();
    let start = |payload: &[u8]| frame(0x01, payload);
    cases.extend([
        Case::say("one whole frame", frame(TEXT, PING), pong()),
        Case::say("parts of one byte", in_parts(PING, &every), pong()),
        Case::new(
            "parts of one byte, byte by byte",
            vec![Act::Drip(in_parts(PING, &every))],
            pong(),
        ),
        Case::new(
            "one frame, byte by byte",
            vec![Act::Drip(frame(TEXT, PING))],
            pong(),
        ),
        Case::say("an empty part in front", in_parts(PING, &[0]), pong()),
        Case::say("an empty part in the middle", in_parts(PING, &[5, 5]), pong()),
        Case::say(
            "an empty part at the end",
            [start(PING), frame(PART, b"")].concat(),
            pong(),
        ),
        Case::say(
            "nothing but empty parts",
            [start(b""), frame(0x00, b""), frame(PART, b"")].concat(),
            vec![Answer::Closed(Some(4400))],
        ),
        Case::say(
            "two messages in one segment",
            [frame(TEXT, PING), frame(TEXT, PING)].concat(),
            [pong(), pong()].concat(),
        ),
        Case::say(
            "fifty messages in one segment",
            frame(TEXT, PING).repeat(50),
            vec![Answer::Op("pong"); 50],
        ),
        Case::say(
            "two messages, each in parts",
            [in_parts(PING, &[3]), in_parts(PING, &[9])].concat(),
            [pong(), pong()].concat(),
        ),
        Case::closed("a part without a beginning", frame(PART, PING), 1002),
        Case::closed(
            "a part without a beginning, more to come",
            frame(0x00, PING),
            1002,
        ),
        Case::closed("an empty part without a beginning", frame(PART, b""), 1002),
        Case::say(
            "a part behind a message that is whole",
            [frame(TEXT, PING), frame(PART, b"x")].concat(),
            [pong(), vec![Answer::Closed(Some(1002))]].concat(),
        ),
        Case::closed(
            "text begun within text",
            [start(b"{"), frame(TEXT, PING)].concat(),
            1002,
        ),
        Case::closed(
            "binary begun within text",
            [start(b"{"), frame(0x82, b"x")].concat(),
            1002,
        ),
        Case::closed(
            "text begun within binary",
            [frame(0x02, b"x"), frame(TEXT, PING)].concat(),
            1002,
        ),
        Case::closed(
            "text in parts begun within text in parts",
            [start(b"{"), start(b"{")].concat(),
            1002,
        ),
        Case::closed(
            "binary in parts, on a socket of JSON",
            [frame(0x02, b"x"), frame(PART, b"y")].concat(),
            4400,
        ),
        Case::say("as many parts as are taken", many_parts(PARTS_MAX), pong()),
        Case::closed("one part too many", many_parts(PARTS_MAX + 1), 1008),
        Case::closed(
            "empty parts without end",
            [start(b""), frame(0x00, b"").repeat(2_000)].concat(),
            1008,
        ),
    ]);
    cases
}

/// A message of `count` parts, most of them empty.
fn many_parts(count: u32) -> Vec<u8> {
    let empty = frame(0x00, b"").repeat(count as usize - 2);
    [frame(0x01, b""), empty, frame(PART, PING)].concat()
}

fn between() -> Vec<Case> {
    let (first, last) = (frame(0x01, &PING[..6]), frame(PART, &PING[6..]));
    let around = |control: Vec<u8>| [first.clone(), control, last.clone()].concat();
    let heard = |payload: &[u8]| vec![Answer::Pong(payload.to_vec()), Answer::Op("pong")];
    vec![
        Case::say(
            "a ping between parts is answered before the message",
            around(frame(0x89, b"now")),
            heard(b"now"),
        ),
        Case::say(
            "an empty ping between parts",
            around(frame(0x89, b"")),
            heard(b""),
        ),
        Case::say("a pong between parts", around(frame(0x8a, b"unasked")), pong()),
        Case::say(
            "three pings between parts",
            around([frame(0x89, b"1"), frame(0x89, b"2"), frame(0x89, b"3")].concat()),
            vec![
                Answer::Pong(b"1".to_vec()),
                Answer::Pong(b"2".to_vec()),
                Answer::Pong(b"3".to_vec()),
                Answer::Op("pong"),
            ],
        ),
        Case::new(
            "a ping between parts, byte by byte",
            vec![Act::Drip(around(frame(0x89, b"now")))],
            heard(b"now"),
        ),
        Case::closed(
            "a close between parts",
            around(frame(0x88, &1000_u16.to_be_bytes())),
            1000,
        ),
        Case::closed(
            "a ping in parts",
            [frame(0x09, b"pi"), frame(PART, b"ng")].concat(),
            1002,
        ),
        Case::closed("a pong in parts", frame(0x0a, b"po"), 1002),
        Case::closed("a close in parts", frame(0x08, &1000_u16.to_be_bytes()), 1002),
        Case::closed("a ping in parts between parts", around(frame(0x09, b"pi")), 1002),
    ]
}

fn reserved() -> Vec<Case> {
    let mut cases = Vec::new();
    for bits in 1..8_u8 {
        let set = bits << 4;
        cases.extend([
            Case::closed(
                format!("reserved bits {bits:03b} on text"),
                frame(TEXT | set, PING),
                1002,
            ),
            Case::closed(
                format!("reserved bits {bits:03b} on a ping"),
                frame(0x89 | set, b"x"),
                1002,
            ),
        ]);
    }
    cases.extend([
        Case::closed(
            "reserved bit on a close",
            frame(0xc8, &1000_u16.to_be_bytes()),
            1002,
        ),
        Case::closed(
            "reserved bit on a later part",
            [frame(0x01, b"{"), frame(0xc0, b"}")].concat(),
            1002,
        ),
        Case::closed(
            "a compressed message that was never agreed upon",
            frame(
                0xc1,
                b"\xaa\x56\xca\x2f\x50\xb2\x52\x2a\xc8\xcc\x4b\x57\xaa\x05\x00",
            ),
            1002,
        )
        .with("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"),
        Case::say(
            "reserved bit after a good message",
            [frame(TEXT, PING), frame(0xc1, PING)].concat(),
            vec![Answer::Op("pong"), Answer::Closed(Some(1002))],
        ),
    ]);
    for opcode in (3..8).chain(11..16) {
        cases.extend([
            Case::closed(
                format!("opcode {opcode} without payload"),
                frame(0x80 | opcode, b""),
                1002,
            ),
            Case::closed(
                format!("opcode {opcode} with payload"),
                frame(0x80 | opcode, b"payload"),
                1002,
            ),
            Case::closed(
                format!("opcode {opcode} between parts"),
                [frame(0x01, b"{"), frame(0x80 | opcode, b""), frame(PART, b"}")].concat(),
                1002,
            ),
        ]);
    }
    cases
}

fn masks() -> Vec<Case> {
    let bare = |first: u8, payload: &[u8]| [&[first, payload.len() as u8], payload].concat();
    let kinds: [(&str, u8); 6] = [
        ("text", 0x81),
        ("binary", 0x82),
        ("a close", 0x88),
        ("a ping", 0x89),
        ("a pong", 0x8a),
        ("the first part", 0x01),
    ];
    let mut cases: Vec<Case> = kinds
        .into_iter()
        .map(|(name, first)| Case::closed(format!("{name} without a mask"), bare(first, b"{}"), 1002))
        .collect();
    cases.extend([
        Case::closed("empty text without a mask", bare(TEXT, b""), 1002),
        Case::closed(
            "a later part without a mask",
            [frame(0x01, b"{"), bare(PART, b"}")].concat(),
            1002,
        ),
        Case::closed(
            "long text without a mask",
            [&[TEXT, 126, 0x01, 0x00][..], &[b'x'; 256]].concat(),
            1002,
        ),
        Case::say("a mask of zeros", masked(TEXT, [0; 4], PING), pong()),
        Case::say("a mask of ones", masked(TEXT, [0xff; 4], PING), pong()),
        Case::say(
            "another mask for each part",
            [
                masked(0x01, [1, 2, 3, 4], &PING[..5]),
                masked(PART, [9, 8, 7, 6], &PING[5..]),
            ]
            .concat(),
            pong(),
        ),
        Case::say(
            "a mask on a payload of one byte a part",
            [
                masked(0x01, [1, 2, 3, 4], &PING[..1]),
                masked(PART, [5, 6, 7, 8], &PING[1..]),
            ]
            .concat(),
            pong(),
        ),
    ]);
    cases
}

fn lengths() -> Vec<Case> {
    let mut cases: Vec<Case> = [
        20,
        125,
        126,
        127,
        128,
        255,
        256,
        1_000,
        MESSAGE_MAX - 1,
        MESSAGE_MAX,
    ]
    .into_iter()
    .map(|length| {
        Case::say(
            format!("text of {length} bytes"),
            frame(TEXT, &padded(length)),
            pong(),
        )
    })
    .collect();
    for length in [0, 5, 125] {
        cases.push(Case::closed(
            format!("{length} bytes told in two"),
            long_head(TEXT, 2, length, &vec![b'x'; length as usize]),
            1002,
        ));
        cases.push(Case::closed(
            format!("{length} bytes told in eight"),
            long_head(TEXT, 8, length, &vec![b'x'; length as usize]),
            1002,
        ));
    }
    let told = |length: u64| long_head(TEXT, 8, length, b"");
    cases.extend([
        Case::closed(
            "126 bytes told in eight",
            long_head(TEXT, 8, 126, &[b'x'; 126]),
            1002,
        ),
        Case::closed("65,535 bytes told in eight", told(65_535), 1002),
        Case::closed("65,536 bytes, before they come", told(65_536), 1009),
        Case::closed("2^32 bytes, before they come", told(1 << 32), 1009),
        Case::closed("2^63 - 1 bytes, before they come", told(u64::MAX >> 1), 1009),
        Case::closed("a length with its highest bit set", told(1 << 63), 1002),
        Case::closed("the greatest length of all", told(u64::MAX), 1002),
        Case::closed("one byte too many", frame(TEXT, &padded(MESSAGE_MAX + 1)), 1009),
        Case::closed(
            "one byte too many, before it comes",
            long_head(TEXT, 2, MESSAGE_MAX as u64 + 1, b""),
            1009,
        ),
        Case::closed("binary too long", frame(0x82, &[0; MESSAGE_MAX + 1]), 1009),
        Case::say(
            "the longest message, in two parts",
            in_parts(&padded(MESSAGE_MAX), &[2_000]),
            pong(),
        ),
        Case::closed(
            "two parts that are too long together",
            in_parts(&padded(MESSAGE_MAX + 1), &[2_000]),
            1009,
        ),
        Case::closed(
            "many parts that are too long together",
            [frame(0x01, &[b'x'; 1_000]), frame(0x00, &[b'x'; 1_000]).repeat(4)].concat(),
            1009,
        ),
        Case::closed("a ping of 126 bytes", frame(0x89, &[b'x'; 126]), 1002),
        Case::closed(
            "a ping of 65,536 bytes, before they come",
            long_head(0x89, 8, 65_536, b""),
            1002,
        ),
        Case::closed("a pong of 126 bytes", frame(0x8a, &[b'x'; 126]), 1002),
        Case::closed(
            "a ping of five bytes told in two",
            long_head(0x89, 2, 5, b"short"),
            1002,
        ),
        Case::new(
            "a head, byte by byte",
            vec![Act::Drip(frame(TEXT, &padded(200)))],
            pong(),
        ),
    ]);
    cases
}

fn pings() -> Vec<Case> {
    let bytes: Vec<u8> = (0..=124).map(|n| n * 2 + 1).collect();
    let answered = |name: &str, payload: &[u8]| {
        Case::say(name, frame(0x89, payload), vec![Answer::Pong(payload.to_vec())])
    };
    let ten: Vec<Vec<u8>> = (0..10).map(|n| format!("ping {n}").into_bytes()).collect();
    vec![
        answered("an empty ping", b""),
        answered("a ping of one byte", b"x"),
        answered("a ping of text", b"Hello, world!"),
        answered("a ping that is no UTF-8", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"),
        answered("a ping of 124 bytes", &bytes[..124]),
        answered("a ping of 125 bytes", &bytes),
        Case::new(
            "a ping, byte by byte",
            vec![Act::Drip(frame(0x89, &bytes))],
            vec![Answer::Pong(bytes.clone())],
        ),
        Case::say(
            "ten pings are answered in order",
            ten.iter().flat_map(|p| frame(0x89, p)).collect(),
            ten.iter().cloned().map(Answer::Pong).collect(),
        ),
        Case::say("an unasked pong", frame(0x8a, b"unasked"), vec![]),
        Case::say("an unasked empty pong", frame(0x8a, b""), vec![]),
        Case::say("an unasked pong of 125 bytes", frame(0x8a, &bytes), vec![]),
        Case::say(
            "an unasked pong and then a ping",
            [frame(0x8a, b"unasked"), frame(0x89, b"asked")].concat(),
            vec![Answer::Pong(b"asked".to_vec())],
        ),
        Case::say(
            "ten unasked pongs and a message",
            [frame(0x8a, b"unasked").repeat(10), frame(TEXT, PING)].concat(),
            pong(),
        ),
        Case::say(
            "a ping and a message in one segment",
            [frame(0x89, b"one"), frame(TEXT, PING)].concat(),
            vec![Answer::Pong(b"one".to_vec()), Answer::Op("pong")],
        ),
    ]
}

/// The same holds before anybody has signed on.
fn early() -> Vec<Case> {
    [
        Case::say(
            "a ping is answered",
            frame(0x89, b"who is there?"),
            vec![Answer::Pong(b"who is there?".to_vec())],
        ),
        Case::say("an unasked pong is passed over", frame(0x8a, b"nobody"), vec![]),
        Case::closed("a reserved bit", frame(0xc1, PING), 1002),
        Case::closed("an unknown opcode", frame(0x83, b""), 1002),
        Case::closed("no mask", vec![TEXT, 2, b'{', b'}'], 1002),
        Case::closed("text that is no UTF-8", frame(TEXT, b"\xff"), 1007),
        Case::closed("a message too long", long_head(TEXT, 8, 1 << 20, b""), 1009),
        Case::closed("binary on a socket of JSON", frame(0x82, PING), 4400),
        Case::closed("a message that is no sign-on", frame(TEXT, PING), 4401),
        Case::closed("no message at all", frame(TEXT, b"{"), 4401),
        Case::closed(
            "a ticket that is not known",
            in_parts(br#"{"op":"auth","ticket":"T"}"#, &[4, 20]),
            4401,
        ),
    ]
    .into_iter()
    .map(Case::before_sign_on)
    .collect()
}

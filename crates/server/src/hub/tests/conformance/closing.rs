//! Close codes, reasons, what comes after a close, and connections that end without one.

use super::raw::frame;
use super::{Act, Answer, Case, PING};

const GOOD: [u16; 18] = [
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3001, 3999, 4000, 4409,
    4999,
];
const BAD: [u16; 17] = [
    0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 5001, 9999, 32_768, 65_535,
];

fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    frame(0x88, &[&code.to_be_bytes(), reason].concat())
}

pub(super) fn cases() -> Vec<Case> {
    let echoed = |code: u16| vec![Answer::Closed(Some(code))];
    let mut cases: Vec<Case> = GOOD
        .into_iter()
        .map(|code| Case::say(format!("{code} comes back"), close(code, b"bye"), echoed(code)))
        .collect();
    cases.extend(
        BAD.into_iter()
            .map(|code| Case::closed(format!("{code} may not be sent"), close(code, b""), 1002)),
    );
    let ended = || vec![Answer::Ended];
    let part = frame(0x01, &PING[..5]);
    cases.extend([
        Case::say(
            "a close without a code",
            frame(0x88, b""),
            vec![Answer::Closed(None)],
        ),
        Case::closed("a code of one byte", frame(0x88, b"\x03"), 1002),
        Case::say("a code without a reason", close(1000, b""), echoed(1000)),
        Case::say("the longest reason", close(1000, &[b'x'; 123]), echoed(1000)),
        Case::closed("a reason too long", close(1000, &[b'x'; 124]), 1002),
        Case::say("a reason in Greek", close(1000, "κόσμε".as_bytes()), echoed(1000)),
        Case::closed("a reason that is no UTF-8", close(1000, b"\xce\xba\xff"), 1007),
        Case::closed(
            "a reason that ends within a character",
            close(1000, b"\xe2\x82"),
            1007,
        ),
        Case::closed("a bad code with a bad reason", close(1005, b"\xff"), 1002),
        Case::new(
            "a close, byte by byte",
            vec![Act::Drip(close(1000, b"bye"))],
            echoed(1000),
        ),
        Case::say(
            "what comes after a close is not answered",
            [close(1000, b""), frame(0x81, PING)].concat(),
            echoed(1000),
        ),
        Case::say(
            "a ping after a close is not answered",
            [close(1000, b""), frame(0x89, b"x")].concat(),
            echoed(1000),
        ),
        Case::say(
            "a second close is not answered",
            [close(1000, b""), close(1001, b"")].concat(),
            echoed(1000),
        ),
        Case::say(
            "nonsense after a close does no harm",
            [close(1000, b""), vec![0xff; 100]].concat(),
            echoed(1000),
        ),
        Case::closed(
            "nothing is read after a violation",
            [frame(0x83, b""), frame(0x81, PING)].concat(),
            1002,
        ),
        Case::closed(
            "much that follows a violation does not take its code away",
            [frame(0x83, b""), vec![b'x'; 300_000]].concat(),
            1002,
        ),
        Case::new("an end without a close", vec![Act::Finish], ended()),
        Case::new(
            "an end within a head",
            vec![Act::Say(vec![0x81]), Act::Finish],
            ended(),
        ),
        Case::new(
            "an end within a mask",
            vec![Act::Say(vec![0x81, 0x85, 1, 2]), Act::Finish],
            ended(),
        ),
        Case::new(
            "an end within a payload",
            vec![Act::Say(frame(0x81, PING)[..10].to_vec()), Act::Finish],
            ended(),
        ),
        Case::new("an end between parts", vec![Act::Say(part), Act::Finish], ended()),
        Case::new(
            "a close and an end together",
            vec![Act::Say(close(1000, b"")), Act::Finish],
            echoed(1000),
        ),
        Case::new(
            "a violation and an end together",
            vec![Act::Say(frame(0x83, b"")), Act::Finish],
            echoed(1002),
        ),
        Case::new("an end without a word", vec![Act::Finish], ended()).before_sign_on(),
        Case::say("a close", close(4000, b"never mind"), echoed(4000)).before_sign_on(),
        Case::closed("a close with a bad code", close(1006, b""), 1002).before_sign_on(),
    ]);
    cases
}

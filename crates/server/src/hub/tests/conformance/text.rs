//! Text: every kind of character whole and in parts that end within it, and every way not to be UTF-8.

use super::raw::frame;
use super::{Act, Answer, Case};

/// Characters at the ends of the ranges of each length, and around what is left out of them.
const GOOD: [(&str, char); 20] = [
    ("the last of one byte", '\u{7f}'),
    ("the first of two", '\u{80}'),
    ("a Greek letter", 'κ'),
    ("the last of two", '\u{7ff}'),
    ("the first of three", '\u{800}'),
    ("the euro", '€'),
    ("the last before the surrogates", '\u{d7ff}'),
    ("the first after the surrogates", '\u{e000}'),
    ("the mark of byte order", '\u{feff}'),
    ("the replacement character", '\u{fffd}'),
    ("no character, but allowed", '\u{fffe}'),
    ("the last of three", '\u{ffff}'),
    ("the first of four", '\u{10000}'),
    ("a crab", '🦀'),
    ("no character of plane 1", '\u{1fffe}'),
    ("the last of plane 1", '\u{1ffff}'),
    ("no character of plane 15", '\u{ffffe}'),
    ("the first of plane 16", '\u{100000}'),
    ("no character of plane 16", '\u{10fffe}'),
    ("the last of all", '\u{10ffff}'),
];

/// What is no UTF-8, wherever it stands.
const BAD: [(&str, &[u8]); 34] = [
    ("a continuation alone, the first", b"\x80"),
    ("a continuation alone, the last", b"\xbf"),
    ("two continuations", b"\x80\xbf"),
    ("six continuations", b"\x80\xbf\x80\xbf\x80\xbf"),
    ("a slash in two bytes", b"\xc0\xaf"),
    ("nothing in two bytes", b"\xc0\x80"),
    ("the last in two bytes that one holds", b"\xc1\xbf"),
    ("a slash in three bytes", b"\xe0\x80\xaf"),
    ("nothing in three bytes", b"\xe0\x80\x80"),
    ("the last in three bytes that two hold", b"\xe0\x9f\xbf"),
    ("a slash in four bytes", b"\xf0\x80\x80\xaf"),
    ("nothing in four bytes", b"\xf0\x80\x80\x80"),
    ("the last in four bytes that three hold", b"\xf0\x8f\xbf\xbf"),
    ("the first surrogate", b"\xed\xa0\x80"),
    ("the last high surrogate", b"\xed\xaf\xbf"),
    ("the first low surrogate", b"\xed\xb0\x80"),
    ("the last surrogate", b"\xed\xbf\xbf"),
    ("a pair of surrogates", b"\xed\xa0\x80\xed\xb0\x80"),
    ("one after the last of all", b"\xf4\x90\x80\x80"),
    ("the last that four bytes could hold", b"\xf7\xbf\xbf\xbf"),
    ("five bytes", b"\xf8\x88\x80\x80\x80"),
    ("six bytes", b"\xfc\x84\x80\x80\x80\x80"),
    ("fe", b"\xfe"),
    ("ff", b"\xff"),
    ("fe fe ff ff", b"\xfe\xfe\xff\xff"),
    ("two bytes, the second a letter", b"\xc3A"),
    ("three bytes, the second a letter", b"\xe2A\xac"),
    ("three bytes, the third a letter", b"\xe2\x82A"),
    ("four bytes, the second a letter", b"\xf0A\xa6\x80"),
    ("four bytes, the third a letter", b"\xf0\x9fA\x80"),
    ("four bytes, the fourth a letter", b"\xf0\x9f\xa6A"),
    ("two beginnings", b"\xc3\xc3"),
    (
        "a beginning of three and one of four",
        b"\xe2\x82\xf0\x9f\xa6\x80",
    ),
    ("one continuation too many", b"\xc3\xa9\xa9"),
];

/// A message whose id comes back in the refusal.
fn message(id: &[u8]) -> Vec<u8> {
    [br#"{"op":"dance","id":""#, id, br#""}"#].concat()
}

/// Where the id begins.
const ID_AT: usize = 20;

fn echoed(id: &str) -> Vec<Answer> {
    vec![Answer::Refused("UNKNOWN_OP", Some(id.to_owned()))]
}

pub(super) fn cases() -> Vec<Case> {
    [good(), bad(), cut_off()].concat()
}

fn good() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, character) in GOOD {
        let id = character.to_string();
        let whole = message(id.as_bytes());
        cases.push(Case::say(
            format!("{name}, whole"),
            frame(0x81, &whole),
            echoed(&id),
        ));
        for within in 1..id.len() {
            let (head, tail) = whole.split_at(ID_AT + within);
            let parts = [frame(0x01, head), frame(0x80, tail)].concat();
            cases.push(Case::say(
                format!("{name}, in parts after its byte {within}"),
                parts,
                echoed(&id),
            ));
        }
    }
    let mixed = "Hello-µ@ßöäüàá-κόσμε-🦀";
    let whole = message(mixed.as_bytes());
    let each: Vec<u8> = whole
        .iter()
        .enumerate()
        .flat_map(|(n, byte)| {
            let first = u8::from(n == 0) | if n + 1 == whole.len() { 0x80 } else { 0 };
            frame(first, &[*byte])
        })
        .collect();
    cases.extend([
        Case::say("many kinds together", frame(0x81, &whole), echoed(mixed)),
        Case::say("many kinds together, in parts of one byte", each, echoed(mixed)),
        Case::new(
            "many kinds together, byte by byte",
            vec![Act::Drip(frame(0x81, &whole))],
            echoed(mixed),
        ),
        Case::say(
            "a ping that is no UTF-8 between parts of text that is",
            {
                let (head, tail) = whole.split_at(ID_AT + 7);
                [frame(0x01, head), frame(0x89, b"\xff"), frame(0x80, tail)].concat()
            },
            [vec![Answer::Pong(b"\xff".to_vec())], echoed(mixed)].concat(),
        ),
    ]);
    cases
}

fn bad() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, bytes) in BAD {
        cases.push(Case::closed(
            format!("{name}, whole"),
            frame(0x81, &message(bytes)),
            1007,
        ));
        // The rest of the message never comes: the close must not wait for it.
        let mut begun = frame(0x01, &message(bytes));
        begun.truncate(2 + 4 + ID_AT + bytes.len());
        cases.push(Case::closed(
            format!("{name}, told before the end of the frame"),
            begun,
            1007,
        ));
    }
    cases
}

fn cut_off() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, bytes) in [
        ("two bytes", &b"\xc3"[..]),
        ("three bytes after one", b"\xe2"),
        ("three bytes after two", b"\xe2\x82"),
        ("four bytes after one", b"\xf0"),
        ("four bytes after two", b"\xf0\x9f"),
        ("four bytes after three", b"\xf0\x9f\xa6"),
    ] {
        cases.extend([
            Case::closed(
                format!("a message that ends within a character of {name}"),
                frame(0x81, bytes),
                1007,
            ),
            Case::closed(
                format!("a last part that ends within a character of {name}"),
                [frame(0x01, b"{"), frame(0x80, bytes)].concat(),
                1007,
            ),
            Case::closed(
                format!("a message that ends within a character of {name}, by an empty part"),
                [frame(0x01, bytes), frame(0x80, b"")].concat(),
                1007,
            ),
            Case::closed(
                format!("a character of {name} that the next part does not go on with"),
                [frame(0x01, bytes), frame(0x00, b"A")].concat(),
                1007,
            ),
        ]);
    }
    cases
}

//! Journal records of every kind on any bytes: no panic.

use tradewind_types::record::Record;

/// The first two bytes are the kind, the rest is the payload of version 1.
pub fn run(bytes: &[u8]) {
    if let Some((kind, payload)) = bytes.split_first_chunk::<2>() {
        let _ = Record::decode(u16::from_le_bytes(*kind), 1, payload);
    }
}

/// The golden bytes of every kind.
pub fn seeds() -> Vec<Vec<u8>> {
    let digit = |c: u8| char::from(c).to_digit(16).map(|d| d as u8);
    let bytes = |hex: &str| {
        let pairs = hex.as_bytes().chunks_exact(2);
        pairs
            .map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?))
            .collect::<Option<Vec<u8>>>()
    };
    let golden = include_str!("../../crates/types/tests/golden/records_v1.txt");
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        let kind: u16 = words.nth(1)?.parse().ok()?;
        let payload = bytes(words.last()?)?;
        Some([kind.to_le_bytes().to_vec(), payload].concat())
    };
    golden.lines().filter_map(line).collect()
}

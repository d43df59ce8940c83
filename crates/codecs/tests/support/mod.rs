//! What several tests need: the real recordings, where they are, and tables for them.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::path::PathBuf;
use std::process::Command;

use tradewind_codecs::{Decoded, Decoder, SymbolTable};
use tradewind_types::{Market, UnixNanos};

/// The folder of real data, if it is there.
pub(crate) fn data() -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let path = PathBuf::from(std::env::var("TRADEWIND_TEST_DATA").unwrap_or_else(|_| default.to_owned()));
    if path.join("recordings").is_dir() {
        return Some(path);
    }
    println!("skipped: no real data at {}", path.display());
    None
}

/// A recording's lines, unpacked.
pub(crate) fn recording(name: &str) -> Option<Vec<u8>> {
    let path = data()?.join("recordings").join(name);
    let output = Command::new("gzip")
        .arg("-dc")
        .arg(&path)
        .output()
        .expect("gzip runs");
    assert!(output.status.success(), "{} unpacks", path.display());
    Some(output.stdout)
}

/// The messages of a recording with the time they came.
pub(crate) fn messages(lines: &[u8]) -> Vec<(UnixNanos, Vec<u8>)> {
    let text = std::str::from_utf8(lines).expect("a recording is text");
    let stamped = text.lines().filter_map(|line| line.split_once(": "));
    let message = |(stamp, raw): (&str, &str)| {
        let secs: f64 = stamp.parse().ok()?;
        Some((UnixNanos((secs * 1e6) as u64 * 1000), raw.as_bytes().to_vec()))
    };
    stamped.filter_map(message).collect()
}

/// A table that grows by itself.
pub(crate) fn growing(market: &str) -> SymbolTable {
    SymbolTable::growing(Market::new(market).expect("a market"))
}

/// The same message in a spelling that no scanner knows: with a blank after the first character.
pub(crate) fn respelt(raw: &[u8]) -> Vec<u8> {
    let mut out = raw.to_vec();
    out.insert(1, b' ');
    out
}

/// Decodes one message.
pub(crate) fn decode(decoder: &mut impl Decoder, raw: &[u8]) -> Result<Vec<Decoded>, String> {
    let mut out = Vec::new();
    let result = decoder.decode(raw, UnixNanos(1_700_000_000_000_000_000), &mut out);
    result.map(|()| out).map_err(|e| e.kind().to_owned())
}

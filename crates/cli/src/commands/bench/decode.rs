//! Messages decoded and applied to books per second, on one core.
//!
//! With the recordings (`TRADEWIND_TEST_DATA`, default `../shared/data`) their messages are used; without, messages of
//! the same shape made by our own encoders, and the note says so.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::time::Instant;

use flate2::read::MultiGzDecoder;
use tradewind_codecs::throughput::{self, Kind};

use super::Figure;
use crate::args::BenchArgs;
use crate::failure::Failure;

/// Changes per synthetic stream.
const SYNTHETIC_CHANGES: usize = 200_000;
/// Decoded per run at least, so that a run is long enough to time.
const MESSAGES_PER_RUN: u64 = 2_000_000;

pub(super) fn coinbase_level2(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    measure(
        "decode.coinbase_level2",
        Kind::CoinbaseLevel2,
        Some("COINBASE.ws.28.0.gz"),
        args,
    )
}

pub(super) fn kraken_v1_book(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    measure(
        "decode.kraken_v1_book",
        Kind::KrakenV1Book,
        Some("KRAKEN.ws.50.0.gz"),
        args,
    )
}

pub(super) fn kraken_v2_book(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    measure("decode.kraken_v2_book", Kind::KrakenV2Book, None, args)
}

fn measure(
    name: &'static str,
    kind: Kind,
    recording: Option<&str>,
    args: &BenchArgs,
) -> Result<Vec<Figure>, Failure> {
    let recorded = recording.and_then(|file| recorded(file, kind));
    let (messages, note) = match recorded {
        Some(messages) => (messages, "recorded messages"),
        None => (kind.synthetic(SYNTHETIC_CHANGES), "messages from our own encoder"),
    };
    let refused = |e: tradewind_codecs::DecodeError| Failure::failed(format!("{name}: {e}"));
    let mut runs = Vec::new();
    for _ in 0..args.runs.max(1) {
        let (mut done, started) = (0, Instant::now());
        while done < MESSAGES_PER_RUN {
            done += throughput::run(kind, &messages).map_err(refused)?.messages;
        }
        runs.push(done as f64 / started.elapsed().as_secs_f64());
    }
    Ok(vec![Figure::of(name, "messages/s", runs, note)])
}

/// The messages of a recording that the benchmark wants; `None` when the data is not there.
fn recorded(file: &str, kind: Kind) -> Option<Vec<Vec<u8>>> {
    let root = std::env::var_os("TRADEWIND_TEST_DATA")
        .map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let input = BufReader::new(MultiGzDecoder::new(
        File::open(root.join("recordings").join(file)).ok()?,
    ));
    let mut messages = Vec::new();
    for line in input.lines() {
        let line = line.ok()?;
        // Marks of the connection (`wss://… <- …`) have spaces before the colon.
        let Some((_, message)) = line.split_once(": ").filter(|(stamp, _)| !stamp.contains(' ')) else {
            continue;
        };
        if kind.wants(message.as_bytes()) {
            messages.push(message.as_bytes().to_vec());
        }
    }
    (!messages.is_empty()).then_some(messages)
}

//! Measures decoding on one core: `cargo run --release -p tradewind-codecs --example throughput [RECORDING.gz]`.
//! With a recording of Coinbase level2, that one is measured too; `perf record` works on it.

use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use tradewind_codecs::throughput::{Kind, run};

fn measure(label: &str, kind: Kind, messages: &[Vec<u8>]) {
    let mut rates = Vec::new();
    for _ in 0..15 {
        let start = Instant::now();
        let mut decoded = 0;
        while decoded < 400_000 {
            decoded += black_box(run(kind, black_box(messages)))
                .expect("a clean stream")
                .messages;
        }
        rates.push(decoded as f64 / start.elapsed().as_secs_f64());
    }
    rates.sort_by(f64::total_cmp);
    println!(
        "{label:<40} {:>6.2} M messages/s (best {:.2}, worst {:.2})",
        rates[7] / 1e6,
        rates[14] / 1e6,
        rates[0] / 1e6
    );
}

fn main() {
    for kind in [Kind::CoinbaseLevel2, Kind::KrakenV1Book, Kind::KrakenV2Book] {
        measure(
            &format!("{} synthetic", kind.name()),
            kind,
            &kind.synthetic(50_000),
        );
    }
    for (path, kind) in std::env::args().skip(1).map(|path| {
        let kind = if path.contains("KRAKEN") {
            Kind::KrakenV1Book
        } else {
            Kind::CoinbaseLevel2
        };
        (path, kind)
    }) {
        let output = Command::new("gzip")
            .args(["-dc", &path])
            .output()
            .expect("gzip runs");
        let text = String::from_utf8(output.stdout).expect("a recording is text");
        let messages: Vec<Vec<u8>> = text
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()))
            .filter_map(|line| line.split_once(": ").map(|(_, raw)| raw.as_bytes().to_vec()))
            .filter(|raw| kind.wants(raw))
            .collect();
        measure(&format!("{} recording", kind.name()), kind, &messages);
    }
}

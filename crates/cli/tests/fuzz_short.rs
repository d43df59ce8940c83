//! Every fuzz target for seconds, without a fuzzer: its seeds, mutated by a seeded generator. `make fuzz` goes on for
//! as long as it is told, guided by coverage.
//!
//! `TRADEWIND_FUZZ_CASES` changes how many inputs each target gets.

use tradewind_types::SplitMix64;

#[path = "../../../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "a library of its own for libFuzzer")]
#[allow(clippy::expect_used, reason = "the targets state laws by panics")]
mod fuzz;

/// Inputs per target in an ordinary run.
const CASES: u64 = 2_000;
/// Longest input, in bytes.
const BYTES_MAX: usize = 64 << 10;
/// Figures and signs at which parsers like to break.
const TOKENS: &[&str] = &[
    "0",
    "-1",
    "1e400",
    "NaN",
    "Infinity",
    "-0",
    "9223372036854775808",
    "0.0000000000000000000000000001",
    "\"",
    "\\u0000",
    "{",
    "}",
    "[",
    "]",
    ",",
    ";",
    "\n",
    "\r\n",
    "\u{feff}",
    "\u{202e}",
    "null",
    "true",
    "2024-02-30",
    "#{",
    "${",
    "''",
    "=",
    "-----",
    "99999999999999999999999999999999999999999999",
];

/// One step of mutation: flip, replace, insert, remove, repeat, splice or a token.
fn mutate(bytes: &mut Vec<u8>, other: &[u8], random: &mut SplitMix64) {
    let at = random.below(bytes.len() as u64 + 1) as usize;
    let span = |random: &mut SplitMix64, len: usize| 1 + random.below(len.clamp(1, 64) as u64) as usize;
    match random.below(7) {
        0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
        1 if at < bytes.len() => bytes[at] = random.below(256) as u8,
        2 => bytes.insert(at, random.below(256) as u8),
        3 => {
            let end = (at + span(random, bytes.len())).min(bytes.len());
            bytes.drain(at..end);
        }
        4 => {
            let end = (at + span(random, bytes.len())).min(bytes.len());
            let piece = bytes[at..end].repeat(1 + random.below(8) as usize);
            bytes.splice(at..at, piece);
        }
        5 if !other.is_empty() => {
            let from = random.below(other.len() as u64) as usize;
            let end = (from + span(random, other.len())).min(other.len());
            bytes.splice(at..at, other[from..end].iter().copied());
        }
        _ => {
            let token = TOKENS[random.below(TOKENS.len() as u64) as usize];
            bytes.splice(at..at, token.bytes());
        }
    }
    bytes.truncate(BYTES_MAX);
}

fn drive(target: &fuzz::Target, cases: u64) {
    let seeds = (target.seeds)();
    assert!(!seeds.is_empty(), "{} has no seeds", target.name);
    for seed in &seeds {
        let outcome = std::panic::catch_unwind(|| (target.run)(seed));
        assert!(
            outcome.is_ok(),
            "{}: panicked on its own seed {:?}",
            target.name,
            String::from_utf8_lossy(seed)
        );
    }
    let mut random = SplitMix64::new(0x0F05_5EED);
    for case in 0..cases {
        let mut input = seeds[random.below(seeds.len() as u64) as usize].clone();
        let other = &seeds[random.below(seeds.len() as u64) as usize];
        for _ in 0..=random.below(6) {
            mutate(&mut input, other, &mut random);
        }
        let outcome = std::panic::catch_unwind(|| (target.run)(&input));
        assert!(
            outcome.is_ok(),
            "{}, case {case}: panicked on {:?}",
            target.name,
            String::from_utf8_lossy(&input)
        );
    }
}

#[test]
fn every_parser_stands_seconds_of_mutated_input() {
    let cases = std::env::var("TRADEWIND_FUZZ_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(CASES);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let broken = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, std::num::NonZero::get) {
            scope.spawn(|| {
                while let Some(target) =
                    fuzz::ALL.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                {
                    if let Err(panic) = std::panic::catch_unwind(|| drive(target, cases)) {
                        let words = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                        broken.lock().expect("no panic holds it").push(words);
                    }
                }
            });
        }
    });
    let broken = broken.into_inner().expect("no panic holds it");
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
}

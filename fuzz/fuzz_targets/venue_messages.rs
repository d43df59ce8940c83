//! Every market-data codec on arbitrary bytes: no panic, and a refused message leaves nothing behind.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradewind_codecs::file::{FileDecoder, Venue};
use tradewind_types::UnixNanos;

fuzz_target!(|data: &[u8]| {
    for venue in [Venue::Coinbase, Venue::Kraken] {
        let mut decoder = FileDecoder::new(venue).expect("a decoder");
        for message in data.split(|b| *b == b'\n') {
            decoder.message(message, UnixNanos(0), &mut |_| {}, &mut |_| {});
        }
    }
});

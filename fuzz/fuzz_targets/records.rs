//! Journal records of every kind on arbitrary bytes: no panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradewind_types::record::Record;

fuzz_target!(|data: &[u8]| {
    if let Some((kind, payload)) = data.split_first_chunk::<2>() {
        let _ = Record::decode(u16::from_le_bytes(*kind), 1, payload);
    }
});

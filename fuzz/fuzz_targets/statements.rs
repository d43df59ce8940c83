//! Statements of brokers: whatever the bytes, reading them refuses or gives rows that are told apart by their hash.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradewind_ledger::statement::{Defaults, Preset, read};

fuzz_target!(|bytes: &[u8]| {
    for preset in std::iter::once(None).chain(Preset::ALL.map(Some)) {
        if let Ok(statement) = read(bytes, preset, &Defaults::default()) {
            let mut hashes: Vec<&str> = statement.rows.iter().map(|row| row.hash.as_str()).collect();
            hashes.sort_unstable();
            hashes.dedup();
            assert_eq!(hashes.len(), statement.rows.len(), "two rows of one file have one hash");
        }
    }
});

//! Fault scripts on arbitrary text: no panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = tradewind_simulator::FaultScript::parse(text);
});

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tradewind_fuzz::records::run(bytes));

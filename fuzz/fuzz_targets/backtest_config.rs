#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tradewind_fuzz::backtest_config::run(bytes));

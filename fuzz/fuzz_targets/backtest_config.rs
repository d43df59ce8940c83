#![no_main]
//! A backtest's configuration: whatever the text, it is read or refused, never a panic; and a refusal names the file.

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use tradewind_engine::backtest::BacktestConfig;

fuzz_target!(|text: &str| {
    if let Err(error) = BacktestConfig::parse(text, Path::new("fuzz/bt.toml")) {
        assert_eq!(error.file, "fuzz/bt.toml");
        assert!(!error.key.is_empty() && !error.message.is_empty());
    }
});

//! A backtest's configuration: whatever the text, it is read or refused; and a refusal names the file and the key.

use std::path::Path;

use tradewind_engine::backtest::BacktestConfig;

/// Reads the bytes as a configuration.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Err(error) = BacktestConfig::parse(text, Path::new("fuzz/bt.toml")) {
        assert_eq!(error.file, "fuzz/bt.toml");
        assert!(!error.key.is_empty() && !error.message.is_empty());
    }
}

/// The configurations of the examples.
pub fn seeds() -> Vec<Vec<u8>> {
    [
        include_bytes!("../../examples/backtests/ema_cross.toml").to_vec(),
        include_bytes!("../../examples/backtests/rsi_reversion.toml").to_vec(),
        include_bytes!("../../examples/backtests/script.toml").to_vec(),
    ]
    .into()
}

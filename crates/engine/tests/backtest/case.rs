//! A folder with data and configurations, and runs in it.

use std::path::PathBuf;

use tradewind_engine::backtest::{BacktestConfig, BacktestDocument, Control, Inputs, backtest};

pub(crate) struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    pub(crate) fn new(csv: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("data.csv"), csv).expect("a file");
        Self { folder }
    }

    pub(crate) fn file(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).expect("a file");
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("bt.toml")
    }

    pub(crate) fn parse(&self, text: &str) -> Result<BacktestConfig, String> {
        BacktestConfig::parse(text, &self.path()).map_err(|e| e.to_string())
    }

    pub(crate) fn config(&self, text: &str) -> BacktestConfig {
        self.parse(text).unwrap_or_else(|e| panic!("{e}"))
    }

    pub(crate) fn try_run(&self, text: &str) -> Result<BacktestDocument, String> {
        let config = self.config(text);
        backtest(&config, &Inputs::Files, &Control::default()).map_err(|e| e.to_string())
    }

    pub(crate) fn run(&self, text: &str) -> BacktestDocument {
        self.try_run(text).unwrap_or_else(|e| panic!("{e}"))
    }
}

/// A cross up at the fourth bar, a cross down at the seventh.
pub(crate) const BARS: &str = "\
ts,open,high,low,close,volume
2024-01-01,100,101,99,100,1000
2024-01-02,100,100,98,98,1000
2024-01-03,98,98,96,96,1000
2024-01-04,96,106,96,106,1000
2024-01-05,107,112,106,111,1000
2024-01-06,111,113,110,112,1000
2024-01-07,112,112,95,96,1000
2024-01-08,94,95,90,91,1000
2024-01-09,91,92,90,90,1000
";

pub(crate) const BASE: &str = r#"
[account]
cash = "10000"
[[instruments]]
id = "ABC.XNAS"
tick = "0.01"
lot = "1"
[[data]]
file = "data.csv"
interval = "1d"
[strategy]
id = "ema_cross"
parameters = { fast = 1, slow = 2, size = 0.5 }
[[fees]]
taker = "0.001"
[risk]
profile = "wide"
"#;

/// Fills as (day, side, quantity, price).
pub(crate) fn fills(result: &BacktestDocument) -> Vec<(&str, &str, &str, &str)> {
    let day = |ts: &'_ str| ts.len().min(10);
    result
        .fills
        .iter()
        .map(|f| {
            (
                &f.ts[..day(&f.ts)],
                f.side.as_str(),
                f.quantity.as_str(),
                f.price.as_str(),
            )
        })
        .collect()
}

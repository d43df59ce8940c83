//! Trade for trade against backtesting.py (`tools/truth/backtesting_py.py`).

use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};
use tradewind_engine::backtest::{BacktestConfig, BacktestDocument, Control, Inputs, backtest};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn golden() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/backtesting_py.json");
    let text = std::fs::read_to_string(path).expect("the golden file");
    serde_json::from_str(&text).expect("JSON")
}

fn run(strategy: &str, rule: &str, file: &Path) -> BacktestDocument {
    let parameters = match strategy {
        "ema_cross" => "{ fast = 10, slow = 30, size = 0.5 }",
        _ => "{ period = 14, low = 30.0, exit = 50.0, size = 0.5 }",
    };
    let text = format!(
        "[account]\ncash = 100000\n[[instruments]]\nid = \"X.TEST\"\ntick = \"0.01\"\nlot = \"1\"\nprice_scale = 4\n\
         [[data]]\nfile = \"{}\"\ninterval = \"1d\"\n[strategy]\nid = \"{strategy}\"\nparameters = {parameters}\n\
         [fills]\nfill = \"{rule}\"\n[[fees]]\ntaker = \"0.0005\"\n[risk]\nprofile = \"wide\"\nprice_band = \"0.5\"\n\
         [output]\nlookahead_cuts = 1\nmonte_carlo_runs = 0\n",
        file.display()
    );
    let config = BacktestConfig::parse(&text, &root().join("bt.toml")).unwrap_or_else(|e| panic!("{e}"));
    backtest(&config, &Inputs::Files, &Control::default()).unwrap_or_else(|e| panic!("{e}"))
}

fn day(stamp: &str) -> &str {
    &stamp[..10]
}

/// backtesting.py stamps a fill on a close with its bar; here a close has the time at which the bar ends.
fn trades(result: &BacktestDocument, rule: &str) -> Vec<(String, String, String, f64, f64)> {
    let stamp = |ts: &str| {
        if rule == "next_open" {
            return day(ts).to_owned();
        }
        let end: tradewind_types::UnixNanos = ts.parse().expect("a stamp");
        day(&tradewind_types::UnixNanos(end.0 - 86_400_000_000_000).to_rfc3339()).to_owned()
    };
    let price = |text: &str| text.parse::<f64>().expect("a price");
    let rows = result.trades.iter();
    rows.map(|t| {
        let size = t.quantity.clone();
        (
            stamp(&t.entry_ts),
            stamp(&t.exit_ts),
            size,
            price(&t.entry_price),
            price(&t.exit_price),
        )
    })
    .collect()
}

#[test]
fn every_trade_on_the_synthetic_series_is_the_library_s() {
    let golden = golden();
    for (name, case) in golden["synthetic"].as_object().expect("cases") {
        let (strategy, rule) = name.split_once('.').expect("strategy.rule");
        let result = run(strategy, rule, Path::new("examples/backtests/synthetic.1d.csv"));
        let theirs = case["trades"].as_array().expect("trades");
        let ours = trades(&result, rule);
        assert_eq!(ours.len(), theirs.len(), "{name}");
        for (ours, theirs) in ours.iter().zip(theirs) {
            let text = |key: &str| theirs[key].as_str().expect("text").to_owned();
            let number = |key: &str| theirs[key].as_f64().expect("a number");
            assert_eq!((&ours.0, &ours.1), (&text("entry"), &text("exit")), "{name}");
            assert_eq!(ours.2, theirs["size"].to_string(), "{name} {}", ours.0);
            assert!((ours.3 - number("entry_price")).abs() < 1e-9, "{name} {}", ours.0);
            assert!((ours.4 - number("exit_price")).abs() < 1e-9, "{name} {}", ours.1);
        }
        let equity: f64 = result.summary.final_equity.parse().expect("equity");
        let theirs = case["final_equity"].as_f64().expect("equity");
        assert!(
            (equity - theirs).abs() < 0.01,
            "{name}: {equity} against {theirs}"
        );
    }
}

#[test]
fn twenty_three_years_of_spy_come_out_as_the_library_s() {
    let data =
        std::env::var_os("TRADEWIND_TEST_DATA").map_or_else(|| root().join("../shared/data"), PathBuf::from);
    let file = data.join("bars/SPY.US.1d.csv.gz");
    if !file.exists() {
        println!("skipped: {} is not there", file.display());
        return;
    }
    let file = file.canonicalize().expect("a path");
    for (name, case) in golden()["spy"].as_object().expect("cases") {
        let (strategy, rule) = name.split_once('.').expect("strategy.rule");
        let result = run(strategy, rule, &file);
        let ours = trades(&result, rule);
        assert_eq!(
            ours.len() as u64,
            case["trades"].as_u64().expect("a count"),
            "{name}"
        );
        let dates: Vec<String> = ours.iter().map(|t| format!("{} {} {}", t.0, t.1, t.2)).collect();
        let hash: String = Sha256::digest(dates.join("\n").as_bytes())
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        assert_eq!(hash, case["dates_sha256"].as_str().expect("a hash"), "{name}");
        let gross: f64 = ours
            .iter()
            .map(|t| t.2.parse::<f64>().expect("a size") * (t.4 - t.3))
            .sum();
        assert!(
            (gross - case["gross"].as_f64().expect("a sum")).abs() < 0.01,
            "{name}: {gross}"
        );
        let equity: f64 = result.summary.final_equity.parse().expect("equity");
        assert!(
            (equity - case["final_equity"].as_f64().expect("equity")).abs() < 0.01,
            "{name}: {equity}"
        );
    }
}

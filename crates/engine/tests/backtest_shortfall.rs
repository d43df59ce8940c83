//! Liquidation inside a bar, along its path.

#[path = "backtest/case.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod case;

use case::{Case, fills};
use tradewind_engine::backtest::BacktestDocument;

/// 50 shares bought at 100 with 1,000 of cash on the second day; the third day's bar is `third`.
fn run(third: &str, liquidation: bool) -> BacktestDocument {
    let text = format!(
        r#"
        [account]
        cash = "1000"
        margin = true
        [[instruments]]
        id = "ABC.XNAS"
        tick = "0.01"
        lot = "1"
        [[data]]
        file = "data.csv"
        interval = "1d"
        [strategy]
        script = "s.rhai"
        [risk]
        profile = "wide"
        [margin]
        liquidation = {liquidation}
        initial = "0.1"
        maintenance = "0.05"
        "#
    );
    let case = Case::new(&format!(
        "ts,open,high,low,close,volume\n2024-01-01,100,100,100,100,1\n2024-01-02,100,100,100,100,1\n\
         2024-01-03,{third},1\n2024-01-04,100,100,100,100,1\n"
    ));
    // The first bar is 2024-01-01.
    let script = "fn init() { #{ window: 1 } }\nfn on_bar(ctx) { if ctx.ts == 1704067200 { buy(50.0); } }\n";
    case.file("s.rhai", script);
    case.run(&text)
}

#[test]
fn a_low_liquidates_where_the_path_passes_the_margin_although_the_close_would_not() {
    // Equity 1,000 − 50 × (100 − p) is below what is kept, 50 × p × 0.05, from p = 84.21 on: 210.50 against 210.525.
    // The path goes 100, 101, 80, 100. A share closed at 84.21 brings the account back; lower it is short again.
    let result = run("100,101,80,100", true);
    let fills = fills(&result);
    assert_eq!(fills[0], ("2024-01-02", "BUY", "50", "100"));
    assert_eq!(fills[1], ("2024-01-03", "SELL", "1", "84.21"));
    let prices: Vec<f64> = fills[1..].iter().map(|f| f.3.parse().expect("a price")).collect();
    assert!(prices.windows(2).all(|pair| pair[1] < pair[0]), "{prices:?}");
    assert!(prices.iter().all(|p| *p >= 80.0) && fills.len() > 3, "{prices:?}");
    let told = result
        .assumptions
        .iter()
        .any(|a| a.text.contains("on the path of a bar"));
    assert!(told, "{:?}", result.assumptions);
}

#[test]
fn one_tick_above_the_margin_nothing_is_closed() {
    assert_eq!(fills(&run("100,101,84.22,100", true)).len(), 1);
    assert_eq!(fills(&run("100,101,84.21,100", true)).len(), 2);
    // Off means off: the ladder looks at closes.
    assert_eq!(fills(&run("100,101,84,100", false)).len(), 1);
}

#[test]
fn a_gap_meets_the_open_and_not_a_price_at_which_nobody_traded() {
    let result = run("82,100,82,100", true);
    let first = fills(&result)[1];
    assert_eq!((first.0, first.3), ("2024-01-03", "82"));
}

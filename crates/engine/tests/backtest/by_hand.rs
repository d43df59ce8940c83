//! Backtests reckoned by hand: fills, fees, profit and loss to the cent.

use tradewind_engine::backtest::lookahead::LookaheadVerdict;

use crate::case::{BARS, BASE, Case, fills};

#[test]
fn an_order_made_on_a_close_fills_at_the_next_open_and_its_result_is_exact() {
    let result = Case::new(BARS).run(BASE);
    assert_eq!(result.summary.bars, 9);
    let with_fees: Vec<_> = result
        .fills
        .iter()
        .map(|f| {
            (
                f.ts.as_str(),
                f.side.as_str(),
                f.quantity.as_str(),
                f.price.as_str(),
                f.fee.as_str(),
            )
        })
        .collect();
    // 10,000 × 0.5 ÷ 106 = 47.17 → 47 shares, bought at the next open of 107 and sold at 94.
    assert_eq!(
        with_fees,
        [
            ("2024-01-05T00:00:00Z", "BUY", "47", "107", "5.029"),
            ("2024-01-08T00:00:00Z", "SELL", "47", "94", "4.418"),
        ]
    );
    // 47 × (94 − 107) = −611; fees 9.447.
    assert_eq!(result.trades.len(), 1);
    let trade = &result.trades[0];
    assert_eq!((trade.pnl.as_str(), trade.fees.as_str()), ("-620.447", "9.447"));
    assert_eq!(result.summary.final_equity, "9379.553");
    assert_eq!(result.summary.closed_pnl, "-620.447");
    // Worst: the low of 95 on the way (the exit's 94 is lower); best: the high of 113.
    assert_eq!(trade.mae.as_deref(), Some("-611"));
    assert_eq!(trade.mfe.as_deref(), Some("282"));
    assert_eq!(result.checks.illegal_outcomes, 0);
    assert_eq!(result.checks.ledger, None);
    assert_eq!(result.checks.lookahead.verdict, LookaheadVerdict::Equal);
}

#[test]
fn an_order_may_meet_the_close_it_was_made_on() {
    let text = format!("{BASE}[fills]\nfill = \"close\"\n");
    let result = Case::new(BARS).run(&text);
    let met: Vec<_> = result
        .fills
        .iter()
        .map(|f| (f.ts.as_str(), f.price.as_str()))
        .collect();
    assert_eq!(
        met,
        [("2024-01-05T00:00:00Z", "106"), ("2024-01-08T00:00:00Z", "96")]
    );
    // 47 × (96 − 106) − (4.982 + 4.512).
    assert_eq!(result.summary.final_equity, "9520.506");
}

#[test]
fn two_runs_have_the_same_hash_and_another_parameter_has_another() {
    let case = Case::new(BARS);
    let (first, second) = (case.run(BASE), case.run(BASE));
    assert_eq!(first, second);
    let other = case.run(&BASE.replace("size = 0.5", "size = 0.4"));
    assert_ne!(first.checks.hash, other.checks.hash);
}

#[test]
fn slippage_and_spread_make_takers_pay_more() {
    // 10 bp of 107 is 0.107, up to the tick 0.11; of 94 it is 0.094, up to 0.10.
    let slipped = Case::new(BARS).run(&format!("{BASE}[fills]\nslippage_bps = \"10\"\n"));
    assert_eq!(
        fills(&slipped),
        [
            ("2024-01-05", "BUY", "47", "107.11"),
            ("2024-01-08", "SELL", "47", "93.9")
        ]
    );
    let ticks = Case::new(BARS).run(&format!("{BASE}[fills]\nslippage_ticks = 3\n"));
    assert_eq!(
        fills(&ticks),
        [
            ("2024-01-05", "BUY", "47", "107.03"),
            ("2024-01-08", "SELL", "47", "93.97")
        ]
    );
    // Sized at the offer of 106.05 (half a spread of 5 ticks), bought at 107.05.
    let spread = Case::new(BARS).run(&format!("{BASE}[fills]\nhalf_spread_ticks = 5\n"));
    assert_eq!(
        fills(&spread),
        [
            ("2024-01-05", "BUY", "47", "107.05"),
            ("2024-01-08", "SELL", "47", "93.95")
        ]
    );
}

#[test]
fn a_volume_cap_leaves_the_rest_unfilled() {
    let result = Case::new(BARS).run(&format!("{BASE}[fills]\nvolume_cap = \"0.02\"\n"));
    // 2 % of 1,000 shares: 20 of the 47; the rest of a market order is canceled.
    assert_eq!(
        fills(&result),
        [
            ("2024-01-05", "BUY", "20", "107"),
            ("2024-01-08", "SELL", "20", "94")
        ]
    );
    assert_eq!(result.orders[0].state, "CANCELED");
}

#[test]
fn latency_lets_an_order_meet_the_path_after_the_open() {
    // A little over a third of a day on the way: the path has been at the low of 106, which is nearer to the open.
    let result = Case::new(BARS).run(&format!("{BASE}[fills]\nlatency_ms = 28800001\n"));
    assert_eq!(fills(&result)[0], ("2024-01-05", "BUY", "47", "106"));
}

#[test]
fn a_stop_loss_fills_on_the_path_and_a_gap_fills_at_the_open() {
    // Bought at 107 with a stop at 106 × 0.92 = 97.52, which the bar of the 7th passes on its way from 112 to 95.
    let stopped = Case::new(BARS).run(&BASE.replace("size = 0.5", "size = 0.5, stop_loss = 0.08"));
    assert_eq!(
        fills(&stopped),
        [
            ("2024-01-05", "BUY", "47", "107"),
            ("2024-01-07", "SELL", "47", "97.52")
        ]
    );
    // With a stop at 106 × 0.895 = 94.87 the cross leaves at the open of the 8th, below the stop.
    let gap = Case::new(BARS).run(&BASE.replace("size = 0.5", "size = 0.5, stop_loss = 0.105"));
    assert_eq!(fills(&gap)[1], ("2024-01-08", "SELL", "47", "94"));
    assert_eq!(gap.summary.open_positions, []);
}

#[test]
fn entries_as_limits_are_canceled_by_a_gap() {
    let result = Case::new(BARS).run(&format!("{BASE}[fills]\nentry = \"limit\"\n"));
    // 106 × 1.002 = 106.21 is below the open of 107: nothing is bought, nothing is sold.
    assert!(result.fills.is_empty());
    assert_eq!(result.orders[0].state, "CANCELED");
    assert_eq!(result.summary.final_equity, "10000");
}

#[test]
fn the_gate_of_a_paper_account_denies_what_it_would_deny_live() {
    let result = Case::new(BARS).run(&BASE.replace("profile = \"wide\"", "profile = \"account\""));
    assert_eq!(result.summary.denials.get("ORDER_SIZE"), Some(&1));
    assert!(result.fills.is_empty());
}

#[test]
fn equity_is_written_down_per_day_with_open_positions_at_their_mark() {
    let result = Case::new(BARS).run(BASE);
    // After the 5th: 10,000 − 47 × 107 − 5.029 + 47 × 111.
    let ends: Vec<(&str, f64)> = result
        .equity
        .ts
        .iter()
        .map(String::as_str)
        .zip(result.equity.equity.iter().copied())
        .collect();
    let of = |ts: &str| ends.iter().find(|(t, _)| *t == ts).map(|(_, e)| *e);
    assert_eq!(of("2024-01-06T00:00:00Z"), Some(10_182.971));
    assert_eq!(of("2024-01-01T00:00:00Z"), Some(10_000.0));
    assert_eq!(ends.len(), 10);
}

#[test]
fn quotes_build_the_bars_that_a_strategy_trades_on() {
    let mut csv = String::from("ts,bid,ask\n");
    for (minute, price) in [100, 100, 98, 96, 106, 111, 112, 96, 91, 90, 90]
        .into_iter()
        .enumerate()
    {
        for second in [0, 20, 40] {
            csv.push_str(&format!("{},{price}.00,{price}.02\n", minute * 60 + second));
        }
    }
    let text = BASE
        .replace("interval = \"1d\"", "kind = \"quotes\"")
        .replace("[strategy]", "[strategy]\ninterval = \"1m\"");
    let result = Case::new(&csv).run(&text);
    assert_eq!(result.summary.quotes, 33);
    // The bar of 106 closes with the first quote after it; the order meets the quote displayed until then.
    let seen: Vec<_> = result
        .fills
        .iter()
        .map(|f| (f.side.as_str(), f.price.as_str()))
        .collect();
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert_eq!(result.checks.illegal_outcomes, 0);
}

#[test]
fn a_script_trades_as_the_built_in_strategy_does() {
    let case = Case::new(BARS);
    case.file(
        "cross.rhai",
        "fn init() { #{ indicators: [\"EMA_1\", \"EMA_2\"], window: 2, warm_up: 3 } }\n\
         fn on_bar(ctx) {\n\
           let above = ctx.value(\"EMA_1\") > ctx.value(\"EMA_2\");\n\
           let was = ctx.value(\"EMA_1\", 1) > ctx.value(\"EMA_2\", 1);\n\
           if above == was { return; }\n\
           if above { buy(#{ fraction: 0.5 }); } else { close(\"down\"); }\n\
         }\n",
    );
    let text = BASE.replace(
        "id = \"ema_cross\"\nparameters = { fast = 1, slow = 2, size = 0.5 }",
        "script = \"cross.rhai\"",
    );
    let script = case.run(&text);
    assert_eq!(fills(&script), fills(&case.run(BASE)));
    assert_eq!(script.setup.script_sha256.as_ref().map(String::len), Some(64));
}

//! Trades and series for tests.

use proptest::prelude::*;
use tradewind_analytics::returns::ReturnSeries;
use tradewind_analytics::trades::Trade;
use tradewind_types::{Decimal, Side, UnixNanos};

pub(crate) fn dec(text: &str) -> Decimal {
    Decimal::from_str_exact(text).expect("a decimal")
}

pub(crate) fn ts(text: &str) -> UnixNanos {
    text.parse().expect("a time stamp")
}

/// Daily returns from 2023-01-01 on.
pub(crate) fn series(values: &[f64]) -> ReturnSeries {
    let first = ts("2023-01-01T00:00:00Z");
    let days = (0..values.len() as u64)
        .map(|d| first.plus(d * 86_400_000_000_000))
        .collect();
    ReturnSeries::new(days, values.to_vec()).expect("a series")
}

/// A long of one hour with this result in a strategy of this name, opened at the hour.
pub(crate) fn trade(strategy: &str, hour: u64, pnl: &str) -> Trade {
    let entry = ts("2024-03-29T00:00:00Z").plus(hour * 3_600_000_000_000);
    Trade {
        strategy: Some(strategy.parse().expect("an id")),
        instrument: "BTC-USD.KRAKEN".parse().expect("an id"),
        side: Side::Buy,
        entry_ts: entry,
        exit_ts: entry.plus(3_600_000_000_000),
        quantity: dec("2"),
        entry_value: dec("1000"),
        exit_value: dec("1010"),
        pnl: dec(pnl),
        fees: dec("0.25"),
        r: None,
        mae: None,
        mfe: None,
        bars_held: 4,
    }
}

/// Finite returns between −20 % and +20 %.
pub(crate) fn returns(len: std::ops::Range<usize>) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((-200_000_i32..200_000).prop_map(|m| f64::from(m) / 1e6), len)
}

/// Trades with results to the cent, of two strategies, two instruments and both sides, over some weeks.
pub(crate) fn any_trades(len: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Trade>> {
    let one = (
        -1_000_000_i64..1_000_000,
        0_i64..500,
        0_u64..2_000,
        0_u64..50,
        0_u8..8,
    )
        .prop_map(|(cents, fee, hour, hours, tags)| {
            let mut trade = trade(if tags & 1 == 0 { "alpha" } else { "beta" }, hour, "0");
            trade.pnl = Decimal::new(cents, 2);
            trade.fees = Decimal::new(fee, 4);
            trade.exit_ts = trade.entry_ts.plus(hours * 3_600_000_000_000);
            if tags & 2 == 0 {
                trade.side = Side::Sell;
            }
            if tags & 4 == 0 {
                trade.instrument = "AAPL.XNAS".parse().expect("an id");
                trade.strategy = None;
            }
            trade
        });
    prop::collection::vec(one, len)
}

//! Trades by hand, and the law that parts sum to the whole.

use jiff::tz::TimeZone;
use proptest::prelude::*;
use tradewind_analytics::trades::{Attribution, TradeStatistics, TradesError};
use tradewind_types::{Decimal, Side};

use crate::build::{any_trades, dec, trade};

#[test]
fn the_figures_of_five_trades_are_as_on_paper() {
    let mut trades = vec![
        trade("a", 0, "100.50"),
        trade("a", 1, "-40.25"),
        trade("b", 2, "0"),
        trade("b", 30, "-10"),
        trade("b", 31, "60"),
    ];
    trades[3].side = Side::Sell;
    trades[0].r = Some(2.0);
    trades[1].r = Some(-1.0);
    trades[0].mfe = Some(dec("201"));
    trades[1].mae = Some(dec("-50"));
    let got = TradeStatistics::compute(&trades).expect("computed");
    assert_eq!((got.count, got.wins, got.losses), (5, 2, 2));
    assert_eq!(got.win_rate, Some(0.4));
    assert_eq!(
        (got.net_pnl, got.fees, got.gross_pnl),
        (dec("110.25"), dec("1.25"), dec("111.5"))
    );
    assert_eq!((got.gross_profit, got.gross_loss), (dec("160.5"), dec("-50.25")));
    assert_eq!(got.expectancy, Some(dec("22.05")));
    assert_eq!(
        (got.average_win, got.average_loss),
        (Some(dec("80.25")), Some(dec("-25.125")))
    );
    assert_eq!(
        (got.largest_win, got.largest_loss),
        (Some(dec("100.5")), Some(dec("-40.25")))
    );
    let close = |a: Option<f64>, b: f64| (a.expect("defined") - b).abs() < 1e-12;
    assert!(close(got.payoff_ratio, 80.25 / 25.125));
    assert!(close(got.profit_factor, 160.5 / 50.25));
    assert!(close(got.kelly, 0.5 - 0.5 / (80.25 / 25.125)));
    assert!(close(got.expectancy_r, 0.5));
    // Mean 0.5, σ = 3/√2, n = 2.
    assert!(close(got.sqn_r, 0.5 / (3.0 / 2f64.sqrt()) * 2f64.sqrt()));
    assert_eq!((got.longest_winning_streak, got.longest_losing_streak), (1, 1));
    assert_eq!(got.average_holding_s, Some(3600.0));
    assert_eq!(got.average_mae, Some(-50.0));
    assert!(close(got.edge_kept, 0.5));
    assert_eq!(got.traded_value, dec("10050"));
    // Open from 0 to 3 and from 30 to 32, of 32 hours.
    assert!(close(got.time_in_market, 5.0 / 32.0));
    assert_eq!(
        (got.long.count, got.short.count, got.short.pnl),
        (4, 1, dec("-10"))
    );
}

#[test]
fn no_trades_have_sums_of_zero_and_no_ratios() {
    let got = TradeStatistics::compute(&[]).expect("computed");
    assert_eq!(
        (got.count, got.net_pnl, got.win_rate, got.expectancy),
        (0, Decimal::ZERO, None, None)
    );
    assert_eq!(
        (got.sqn, got.profit_factor, got.time_in_market),
        (None, None, None)
    );
}

#[test]
fn overlapping_trades_count_their_time_once() {
    let mut trades = vec![trade("a", 0, "1"), trade("a", 0, "1"), trade("a", 3, "1")];
    trades[0].exit_ts = trades[0].entry_ts.plus(2 * 3_600_000_000_000);
    let got = TradeStatistics::compute(&trades).expect("computed");
    assert_eq!(got.time_in_market, Some(0.75));
}

#[test]
fn broken_trades_are_refused_with_their_place() {
    let mut trades = vec![trade("a", 0, "1"), trade("a", 1, "1")];
    trades[1].exit_ts = trades[0].entry_ts;
    assert!(matches!(
        TradeStatistics::compute(&trades),
        Err(TradesError::ExitBeforeEntry { index: 1, .. })
    ));
    trades.truncate(1);
    trades[0].r = Some(f64::NAN);
    assert!(matches!(
        Attribution::compute(&trades, &TimeZone::UTC),
        Err(TradesError::NotFinite { index: 0, .. })
    ));
}

#[test]
fn results_belong_to_the_hour_and_month_of_their_exit_in_the_zone() {
    // Friday 29 March 2024, 23:00 to Saturday 00:00 UTC; in India Saturday 05:30.
    let trades = [trade("a", 23, "5"), trade("a", 71, "7")];
    let cut = |zone: &TimeZone| Attribution::compute(&trades, zone).expect("computed");
    let utc = cut(&TimeZone::UTC);
    assert_eq!(
        (utc.by_weekday[0].key.as_str(), utc.by_hour[0].key.as_str()),
        ("MONDAY", "00")
    );
    assert_eq!(
        utc.by_month.iter().map(|s| s.key.as_str()).collect::<Vec<_>>(),
        ["2024-03", "2024-04"]
    );
    let india = cut(&TimeZone::fixed(
        jiff::tz::Offset::from_seconds(19_800).expect("in range"),
    ));
    assert_eq!(
        (india.by_weekday[1].key.as_str(), india.by_hour[0].key.as_str()),
        ("SATURDAY", "05")
    );
}

proptest! {
    #[test]
    fn the_parts_of_every_cut_sum_exactly_to_the_whole(trades in any_trades(0..60)) {
        let whole = TradeStatistics::compute(&trades).unwrap();
        let cut = Attribution::compute(&trades, &TimeZone::UTC).unwrap();
        prop_assert_eq!(cut.total, whole.net_pnl);
        let cuts = [
            &cut.by_strategy, &cut.by_instrument, &cut.by_side, &cut.by_month, &cut.by_weekday, &cut.by_hour,
        ];
        for slices in cuts {
            prop_assert_eq!(slices.iter().map(|s| s.pnl).sum::<Decimal>(), whole.net_pnl);
            prop_assert_eq!(slices.iter().map(|s| s.fees).sum::<Decimal>(), whole.fees);
            prop_assert_eq!(slices.iter().map(|s| s.trades).sum::<usize>(), whole.count);
            prop_assert_eq!(slices.iter().map(|s| s.wins).sum::<usize>(), whole.wins);
        }
        prop_assert_eq!(whole.long.pnl + whole.short.pnl, whole.net_pnl);
        prop_assert_eq!(whole.gross_profit + whole.gross_loss, whole.net_pnl);
        prop_assert_eq!(whole.net_pnl + whole.fees, whole.gross_pnl);
    }

    #[test]
    fn sums_do_not_depend_on_the_order(trades in any_trades(1..40)) {
        let mut turned = trades.clone();
        turned.reverse();
        let (a, b) = (TradeStatistics::compute(&trades).unwrap(), TradeStatistics::compute(&turned).unwrap());
        prop_assert_eq!((a.net_pnl, a.fees, a.wins, a.time_in_market), (b.net_pnl, b.fees, b.wins, b.time_in_market));
    }
}

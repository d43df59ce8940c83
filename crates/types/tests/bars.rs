//! The laws of bars: from ticks, from finer bars, in whatever order the ticks arrive.

use proptest::prelude::*;
use tradewind_types::market::{
    AggregateError, Bar, BarBuilder, BarGrid, BarInterval, BarSource, Quote, Trade, aggregate,
};
use tradewind_types::time::SECOND_NS;
use tradewind_types::{InstrumentIdx, PriceMantissa, SizeMantissa, UnixNanos};

const IDX: InstrumentIdx = InstrumentIdx(1);

fn trade(ms: u64, price: i64, size: i128) -> Trade {
    Trade {
        instrument: IDX,
        price: PriceMantissa(price),
        size: SizeMantissa(size),
        aggressor: None,
        trade_id: 0,
        ts_event: UnixNanos::from_millis(ms),
        ts_init: UnixNanos::from_millis(ms + 3),
    }
}

fn interval(name: &str) -> BarInterval {
    name.parse().expect("an interval")
}

fn builder(name: &str) -> BarBuilder {
    {
        let mut builder = BarBuilder::new(IDX, interval(name));
        builder.resumed(UnixNanos(0));
        builder
    }
}

fn build(name: &str, trades: &[Trade], until: UnixNanos) -> Vec<Bar> {
    let mut builder = builder(name);
    let mut out = Vec::new();
    for trade in trades {
        builder.on_trade(trade, &mut out);
    }
    builder.advance(until, &mut out);
    out
}

/// What must agree; when a bar became known is another matter.
fn figures(bars: &[Bar]) -> Vec<Bar> {
    let strip = |bar: &Bar| Bar {
        ts_init: UnixNanos(0),
        ..*bar
    };
    bars.iter().map(strip).collect()
}

prop_compose! {
    /// Trades in order of time over some hours, with holes.
    fn any_trades()(steps in prop::collection::vec((0u64..400_000, 1i64..1000, 1i128..50), 1..300)) -> Vec<Trade> {
        let mut ms = 1_700_000_000_000;
        steps.into_iter().map(|(step, price, size)| { ms += step * step / 400_000; trade(ms, price, size) }).collect()
    }
}

proptest! {
    #[test]
    fn bars_from_ticks_equal_bars_from_finer_bars(trades in any_trades()) {
        let until = trades.last().expect("some").ts_event.plus(40 * 86_400 * SECOND_NS);
        for (fine, _) in BarInterval::ALL {
            let finer = build(fine, &trades, until);
            for (coarse, _) in BarInterval::ALL {
                if !interval(coarse).is_made_of(interval(fine)) {
                    continue;
                }
                let direct = build(coarse, &trades, until);
                let derived = aggregate(&finer, interval(coarse), until).expect("divides");
                prop_assert_eq!(figures(&direct), figures(&derived), "{} from {}", coarse, fine);
            }
        }
    }

    #[test]
    fn bars_hold_every_trade_exactly_once(trades in any_trades()) {
        let until = trades.last().expect("some").ts_event.plus(40 * 86_400 * SECOND_NS);
        for (name, _) in BarInterval::ALL {
            let bars = build(name, &trades, until);
            let count: u32 = bars.iter().map(|b| b.trades).sum();
            let volume: i128 = bars.iter().map(|b| b.volume.0).sum();
            let value: i128 = bars.iter().map(|b| b.value).sum();
            prop_assert_eq!(count as usize, trades.len());
            prop_assert_eq!(volume, trades.iter().map(|t| t.size.0).sum::<i128>());
            prop_assert_eq!(value, trades.iter().map(|t| i128::from(t.price.0) * t.size.0).sum::<i128>());
            for bar in &bars {
                prop_assert!(bar.low <= bar.open.min(bar.close) && bar.open.max(bar.close) <= bar.high);
                let slot = BarGrid::Utc.slot(bar.interval, bar.ts).expect("without sessions every time has one");
                prop_assert_eq!(bar.ts, slot.start);
            }
        }
    }

    #[test]
    fn the_last_revisions_are_the_bars_of_the_sorted_trades(
        steps in prop::collection::vec((1u64..1500, 1i64..1000, 1i128..50, 0u64..4000), 1..200),
    ) {
        // Each trade has its own time and arrives up to 4 s later than the ones around it.
        let mut ms = 1_700_000_000_000;
        let mut arrivals = Vec::new();
        for (step, price, size, delay) in steps {
            ms += step;
            arrivals.push((ms + delay, trade(ms, price, size)));
        }
        let sorted: Vec<Trade> = arrivals.iter().map(|a| a.1.clone()).collect();
        arrivals.sort_by_key(|a| a.0);
        let until = UnixNanos::from_millis(ms).plus(3600 * SECOND_NS);
        for name in ["1s", "5s", "1m"] {
            let mut builder = builder(name);
            let mut out = Vec::new();
            for (_, trade) in &arrivals {
                builder.on_trade(trade, &mut out);
            }
            builder.advance(until, &mut out);
            prop_assert_eq!(builder.dropped(), 0);
            let mut latest: std::collections::BTreeMap<UnixNanos, Bar> = Default::default();
            for bar in out {
                let before = latest.insert(bar.ts, bar);
                prop_assert!(before.is_none_or(|b| b.revision + 1 == bar.revision));
            }
            let got: Vec<Bar> = latest.into_values().map(|b| Bar { revision: 0, ..b }).collect();
            prop_assert_eq!(figures(&got), figures(&build(name, &sorted, until)));
        }
    }
}

#[test]
fn a_bar_is_stamped_at_its_open_and_an_empty_interval_yields_none() {
    let bars = build(
        "10s",
        &[trade(12_000, 5, 1), trade(19_999, 7, 2), trade(45_000, 6, 1)],
        UnixNanos::from_secs(60),
    );
    let stamps: Vec<u64> = bars.iter().map(|b| b.ts.as_secs()).collect();
    assert_eq!(stamps, [10, 40]);
    let first = &bars[0];
    assert_eq!(
        (first.open.0, first.high.0, first.low.0, first.close.0),
        (5, 7, 5, 7)
    );
    assert_eq!(
        (
            first.volume.0,
            first.value,
            first.trades,
            first.revision,
            first.complete
        ),
        (3, 19, 2, 0, true)
    );
}

#[test]
fn time_closes_a_bar_without_a_further_trade() {
    let mut builder = builder("1s");
    let mut out = Vec::new();
    builder.on_trade(&trade(1_500, 5, 1), &mut out);
    builder.advance(UnixNanos::from_millis(1_999), &mut out);
    assert!(out.is_empty() && builder.forming().is_some());
    builder.advance(UnixNanos::from_millis(2_000), &mut out);
    assert_eq!((out.len(), out[0].ts_init), (1, UnixNanos::from_secs(2)));
    assert!(builder.forming().is_none());
}

#[test]
fn a_trade_up_to_five_seconds_late_amends_and_a_later_one_is_dropped() {
    let mut builder = builder("1s");
    let mut out = Vec::new();
    builder.on_trade(&trade(1_500, 5, 1), &mut out);
    builder.advance(UnixNanos::from_millis(6_000), &mut out);
    builder.on_trade(&trade(1_000, 9, 2), &mut out);
    assert_eq!(out.len(), 2);
    let amended = out[1];
    assert_eq!(
        (amended.ts.as_secs(), amended.revision, amended.trades),
        (1, 1, 2)
    );
    assert_eq!(
        (amended.open.0, amended.high.0, amended.close.0, amended.value),
        (9, 9, 5, 23)
    );
    builder.on_trade(&trade(999, 1, 1), &mut out);
    assert_eq!((out.len(), builder.dropped()), (2, 1));
    // A late trade of an interval that had none makes its first bar.
    builder.on_trade(&trade(2_500, 4, 1), &mut out);
    assert_eq!((out[2].ts.as_secs(), out[2].revision), (2, 0));
}

#[test]
fn a_bar_is_incomplete_where_the_feed_began_or_broke_inside_it() {
    let mut builder = BarBuilder::new(IDX, BarInterval::S10);
    let mut out = Vec::new();
    let steps = [
        (15, ""),
        (21, ""),
        (31, "break"),
        (45, "mend"),
        (46, ""),
        (51, "break"),
        (62, ""),
        (71, ""),
    ];
    for (secs, event) in steps {
        if event == "mend" {
            builder.resumed(UnixNanos::from_secs(secs));
        }
        builder.on_trade(&trade(secs * 1000, 5, 1), &mut out);
        if event == "break" {
            builder.interrupted(UnixNanos::from_secs(secs));
        }
    }
    builder.advance(UnixNanos::from_secs(90), &mut out);
    let complete: Vec<(u64, bool)> = out.iter().map(|b| (b.ts.as_secs(), b.complete)).collect();
    assert_eq!(
        complete,
        [
            (10, false),
            (20, true),
            (30, false),
            (40, false),
            (50, false),
            (60, false),
            (70, true)
        ]
    );
}

#[test]
fn quotes_make_bars_of_mids_and_trades_are_left_alone() {
    let mut builder = BarBuilder::from_quotes(IDX, BarInterval::S1);
    let quote = |ms: u64, bid: i64, ask: i64, size: i128| Quote {
        instrument: IDX,
        bid: PriceMantissa(bid),
        ask: PriceMantissa(ask),
        bid_size: SizeMantissa(size),
        ask_size: SizeMantissa(1),
        ts_event: UnixNanos::from_millis(ms),
        ts_init: UnixNanos::from_millis(ms),
    };
    let mut out = Vec::new();
    builder.on_trade(&trade(1_100, 500, 1), &mut out);
    builder.on_quote(&quote(1_200, 0, 11, 0), &mut out);
    builder.on_quote(&quote(1_300, 10, 11, 1), &mut out);
    builder.on_quote(&quote(1_400, 11, 12, 1), &mut out);
    builder.advance(UnixNanos::from_secs(5), &mut out);
    assert_eq!(out.len(), 1);
    let bar = out[0];
    // 10.5 and 11.5 round to even: 10 and 12.
    assert_eq!(
        (bar.open.0, bar.close.0, bar.trades, bar.volume.0, bar.value),
        (10, 12, 2, 0, 0)
    );
    assert_eq!(bar.source, BarSource::QuoteMids);
}

#[test]
fn what_does_not_fit_is_counted_and_leaves_the_bar_alone() {
    let mut builder = builder("1s");
    let mut out = Vec::new();
    builder.on_trade(&trade(1_000, 2, 5), &mut out);
    let before = builder.forming().expect("open");
    builder.on_trade(&trade(1_001, 2, i128::MAX / 2 + 1), &mut out);
    builder.on_trade(&trade(1_001, 1, i128::MAX), &mut out);
    assert_eq!((builder.forming(), builder.refused()), (Some(before), 2));
}

#[test]
fn bars_that_do_not_belong_together_are_not_aggregated() {
    let until = UnixNanos::from_secs(1_000_000);
    let bars = build(
        "10s",
        &[trade(12_000, 5, 1), trade(25_000, 7, 2)],
        UnixNanos::from_secs(60),
    );
    assert!(matches!(
        aggregate(&bars, interval("15s"), until),
        Err(AggregateError::Indivisible { .. })
    ));
    let mut swapped = bars.clone();
    swapped.reverse();
    assert!(matches!(
        aggregate(&swapped, interval("1m"), until),
        Err(AggregateError::Mixed { .. })
    ));
    let mut other = bars.clone();
    other[1].source = BarSource::QuoteMids;
    assert!(matches!(
        aggregate(&other, interval("1m"), until),
        Err(AggregateError::Mixed { .. })
    ));
    let open = aggregate(&bars, interval("1m"), UnixNanos::from_secs(59)).expect("divides");
    assert_eq!((open.len(), open[0].complete), (1, false));
}

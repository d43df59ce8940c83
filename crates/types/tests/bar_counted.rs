//! Tick, volume and value bars, bars of bids and offers, and what fills the holes of a series.

use tradewind_types::market::{
    Bar, BarBuilder, BarGrid, BarInterval, BarSource, FillError, FillPolicy, Quote, Trade, filled,
};
use tradewind_types::time::DAY_NS;
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
        ts_init: UnixNanos::from_millis(ms),
    }
}

fn interval(name: &str) -> BarInterval {
    name.parse().expect("an interval")
}

fn told(builder: &mut BarBuilder, trades: &[Trade]) -> Vec<Bar> {
    let mut out = Vec::new();
    for trade in trades {
        builder.on_trade(trade, &mut out);
    }
    out
}

#[test]
fn the_trade_that_fills_a_bar_is_not_split_and_nothing_is_carried_over() {
    // Prices with two decimals, sizes with one: 2.5 is 25 units.
    let mut builder = BarBuilder::new(IDX, interval("2.5vol")).with_scales(2, 1);
    let sizes = [10, 10, 40, 25, 24, 1];
    let trades: Vec<Trade> = (1..)
        .zip(sizes)
        .map(|(n, size)| trade(n * 100, 500, size))
        .collect();
    let bars = told(&mut builder, &trades);
    let volumes: Vec<i128> = bars.iter().map(|bar| bar.volume.0).collect();
    assert_eq!(volumes, [60, 25, 25]);
    assert_eq!(bars.iter().map(|bar| bar.trades).collect::<Vec<_>>(), [3, 1, 2]);
    assert_eq!(bars[1].ts, UnixNanos::from_millis(400));
    assert_eq!(builder.forming(), None);

    let mut builder = BarBuilder::new(IDX, interval("100val")).with_scales(2, 1);
    let bars = told(
        &mut builder,
        &[trade(1, 5000, 10), trade(2, -5000, 10), trade(3, 20_000, 5)],
    );
    // 50 − 50 + 100.
    assert_eq!((bars.len(), bars[0].value, bars[0].trades), (1, 100_000, 3));

    let mut builder = BarBuilder::new(IDX, interval("2tick"));
    let bars = told(&mut builder, &(1..=5).map(|n| trade(n, 5, 1)).collect::<Vec<_>>());
    assert_eq!(
        (bars.len(), builder.forming().map(|bar| bar.trades)),
        (2, Some(1))
    );
}

#[test]
fn bars_of_one_instant_have_stamps_of_their_own() {
    let mut builder = BarBuilder::new(IDX, interval("1tick"));
    let bars = told(
        &mut builder,
        &[trade(1, 5, 1), trade(1, 6, 1), trade(1, 7, 1), trade(2, 8, 1)],
    );
    let stamps: Vec<u64> = bars.iter().map(|bar| bar.ts.0).collect();
    assert_eq!(stamps, [1_000_000, 1_000_001, 1_000_002, 2_000_000]);
}

#[test]
fn counting_starts_over_with_the_day_whenever_one_began_to_count() {
    let day_ms = DAY_NS / 1_000_000;
    let first: Vec<Trade> = (0..5).map(|n| trade(day_ms - 500 + n, 5, 1)).collect();
    let second: Vec<Trade> = (0..7).map(|n| trade(day_ms + 10 + n, 6, 1)).collect();
    let mut since_yesterday = BarBuilder::new(IDX, interval("3tick"));
    let mut all = told(&mut since_yesterday, &[first.clone(), second.clone()].concat());
    let mut today = BarBuilder::new(IDX, interval("3tick"));
    today.resumed(UnixNanos(DAY_NS));
    let own = told(&mut today, &second);
    // Three, then two that the day's end closed.
    let yesterday: Vec<(u32, bool)> = all.drain(..2).map(|bar| (bar.trades, bar.complete)).collect();
    assert_eq!(yesterday, [(3, false), (2, false)]);
    assert_eq!(all, own);
    assert!(own.iter().all(|bar| bar.complete));
    // After an interruption the rest of the day is cut who knows where.
    today.interrupted(UnixNanos(DAY_NS).plus(1_000_000_000));
    let later: Vec<Trade> = (0..3).map(|n| trade(day_ms + 2_000 + n, 6, 1)).collect();
    assert!(told(&mut today, &later).iter().all(|bar| !bar.complete));
}

#[test]
fn a_late_trade_amends_the_counted_bar_in_whose_time_it_falls() {
    let mut builder = BarBuilder::new(IDX, interval("2tick"));
    let trades = [1_000, 2_000, 3_000, 4_000, 5_000].map(|ms| trade(ms, 5, 1));
    assert_eq!(told(&mut builder, &trades).len(), 2);
    let amended = told(&mut builder, &[trade(1_500, 9, 4)]);
    assert_eq!(amended.len(), 1);
    let bar = amended[0];
    assert_eq!(
        (bar.ts.as_millis(), bar.revision, bar.trades, bar.volume.0),
        (1_000, 1, 3, 6)
    );
    assert_eq!((bar.high.0, bar.close.0), (9, 5));
    // What forms takes what is later than all closed bars, and may be full with it.
    let filled = told(&mut builder, &[trade(4_500, 7, 1)]);
    assert_eq!(
        (
            filled.len(),
            filled[0].open.0,
            filled[0].close.0,
            filled[0].revision
        ),
        (1, 7, 5, 0)
    );
    builder.advance(UnixNanos::from_millis(9_000), &mut Vec::new());
    assert!(told(&mut builder, &[trade(3_500, 7, 1)]).is_empty());
    assert_eq!(builder.dropped(), 1);
    // The last instant that is not too late.
    assert_eq!(told(&mut builder, &[trade(4_000, 7, 1)])[0].ts.as_millis(), 5_000);
}

#[test]
fn quotes_make_bars_of_bids_or_of_offers() {
    let quote = |ms: u64, bid: i64, bid_size: i128, ask: i64, ask_size: i128| Quote {
        instrument: IDX,
        bid: PriceMantissa(bid),
        ask: PriceMantissa(ask),
        bid_size: SizeMantissa(bid_size),
        ask_size: SizeMantissa(ask_size),
        ts_event: UnixNanos::from_millis(ms),
        ts_init: UnixNanos::from_millis(ms),
    };
    let quotes = [
        quote(1, 10, 1, 14, 1),
        quote(2, 9, 1, 0, 0),
        quote(3, 0, 0, 20, 1),
    ];
    for (source, wanted) in [
        (BarSource::QuoteBids, (10, 10, 9, 9, 2)),
        (BarSource::QuoteAsks, (14, 20, 14, 20, 2)),
        (BarSource::QuoteMids, (12, 12, 12, 12, 1)),
    ] {
        let mut builder = BarBuilder::from_source(IDX, BarInterval::S1, source);
        let mut out = Vec::new();
        for quote in &quotes {
            builder.on_quote(quote, &mut out);
        }
        builder.advance(UnixNanos::from_secs(2), &mut out);
        let bar = out[0];
        let got = (bar.open.0, bar.high.0, bar.low.0, bar.close.0, bar.trades);
        assert_eq!((got, bar.source, out.len()), (wanted, source, 1));
        assert!(bar.is_of_quotes() && bar.vwap().is_none());
    }
    let mut out = Vec::new();
    let mut none = BarBuilder::from_source(IDX, BarInterval::S1, BarSource::Venue);
    none.on_quote(&quotes[0], &mut out);
    none.on_trade(&trade(1, 5, 1), &mut out);
    assert_eq!((none.forming(), out.len()), (None, 0));
}

fn minutes() -> Vec<Bar> {
    let mut builder = BarBuilder::new(IDX, BarInterval::M1);
    let trades = [trade(60_000, 5, 2), trade(90_000, 7, 1), trade(240_000, 6, 1)];
    let mut bars = told(&mut builder, &trades);
    builder.advance(UnixNanos::from_secs(600), &mut bars);
    bars
}

#[test]
fn readers_choose_what_stands_in_empty_slots() {
    let span = (UnixNanos(0), UnixNanos::from_secs(360));
    let read = |policy| filled(&minutes(), &BarGrid::Utc, BarInterval::M1, span, policy, 10).expect("few");
    let closes = |policy| -> Vec<Option<i64>> {
        read(policy)
            .iter()
            .map(|slot| slot.bar.map(|bar| bar.close.0))
            .collect()
    };
    assert_eq!(closes(FillPolicy::None), [Some(7), Some(6)]);
    assert_eq!(
        closes(FillPolicy::Null),
        [None, Some(7), None, None, Some(6), None]
    );
    assert_eq!(
        closes(FillPolicy::PreviousClose),
        [None, Some(7), Some(7), Some(7), Some(6), Some(6)]
    );
    let flat = read(FillPolicy::PreviousClose)[2];
    let bar = flat.bar.expect("filled");
    assert!(flat.filled && flat.ts == bar.ts && bar.ts == UnixNanos::from_secs(120));
    assert_eq!(
        (
            bar.open.0,
            bar.high.0,
            bar.low.0,
            bar.volume.0,
            bar.value,
            bar.trades
        ),
        (7, 7, 7, 0, 0, 0)
    );
    let nan = read(FillPolicy::Null)[0].column(|bar| bar.close.to_f64(0));
    assert!(nan.is_nan());
    // A reader that begins later still knows the close before.
    let later = (UnixNanos::from_secs(150), UnixNanos::from_secs(240));
    let slots = filled(
        &minutes(),
        &BarGrid::Utc,
        BarInterval::M1,
        later,
        FillPolicy::PreviousClose,
        10,
    );
    let slots = slots.expect("few");
    assert_eq!(
        (slots.len(), slots[0].ts, slots[0].bar.map(|b| b.close.0)),
        (1, UnixNanos::from_secs(180), Some(7))
    );
}

#[test]
fn a_series_that_is_too_long_or_has_no_slots_is_refused_with_the_reason() {
    let span = (UnixNanos(0), UnixNanos::from_secs(360));
    for policy in [FillPolicy::None, FillPolicy::Null] {
        let error = filled(&minutes(), &BarGrid::Utc, BarInterval::M1, span, policy, 1).expect_err("two");
        assert!(error.to_string().contains("more than 1 bars of 1m"), "{error}");
    }
    let counted = filled(&[], &BarGrid::Utc, interval("5tick"), span, FillPolicy::Null, 1);
    assert!(matches!(counted, Err(FillError::NoSlots { .. })));
}

#[test]
fn a_bar_between_two_slots_hides_no_bar_after_it() {
    let minute = |at: usize| minutes()[at];
    let mut odd = minute(0);
    odd.ts = odd.ts.plus(17_000_000_000);
    let bars = [minute(0), odd, minute(1)];
    let span = (bars[0].ts, bars[2].ts.plus(60_000_000_000));
    let slots = filled(
        &bars,
        &BarGrid::Utc,
        BarInterval::M1,
        span,
        FillPolicy::PreviousClose,
        100,
    )
    .expect("few");
    let last = slots.last().expect("slots");
    assert!(!last.filled && last.ts == minute(1).ts, "{last:?}");
}

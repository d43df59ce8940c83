//! The laws of bars on sessions: the same numbers from trades, from finer bars and in whatever order trades arrive.

use std::collections::BTreeMap;

use jiff::civil::date;
use proptest::prelude::*;
use tradewind_types::market::bars::OpenInterest;
use tradewind_types::market::{
    Bar, BarBuilder, BarGrid, BarInterval, Known, SessionGrid, SessionSpan, Trade, aggregate_on,
};
use tradewind_types::time::{DAY_NS, SECOND_NS};
use tradewind_types::{InstrumentIdx, PriceMantissa, SizeMantissa, UnixNanos};

const IDX: InstrumentIdx = InstrumentIdx(1);
/// Monday 2024-01-29 00:00 UTC.
const MONDAY_S: u64 = 1_706_486_400;

fn session(day: u64, open_s: u64, close_s: u64) -> SessionSpan {
    let monday = date(2024, 1, 29);
    let days = i64::try_from(day).expect("few");
    SessionSpan {
        date: monday.saturating_add(jiff::Span::new().days(days)),
        open: UnixNanos::from_secs(MONDAY_S + day * 86_400 + open_s),
        close: UnixNanos::from_secs(MONDAY_S + day * 86_400 + close_s),
    }
}

/// NSE hours, over a turn of the month and a weekend.
fn nse() -> SessionGrid {
    let days = [0, 1, 2, 3, 4, 7, 8, 9];
    SessionGrid::new(days.map(|day| session(day, 13_500, 36_000)).into()).expect("a grid")
}

/// Tokyo: a break at noon.
fn tokyo() -> SessionGrid {
    let days = [0, 1, 2, 3, 4, 7, 8, 9];
    let spans = days.map(|day| [session(day, 0, 9_000), session(day, 12_600, 21_600)]);
    SessionGrid::new(spans.concat()).expect("a grid")
}

/// Every kind of grid there is.
fn grids() -> [BarGrid; 4] {
    let auctions = nse()
        .with_margins(480 * SECOND_NS, 600 * SECOND_NS)
        .expect("margins");
    [BarGrid::Utc, nse().into(), tokyo().into(), auctions.into()]
}

#[derive(Clone, Debug)]
enum Told {
    Trade(Trade),
    OpenInterest(UnixNanos, OpenInterest),
}

fn trade(ms: u64, price: i64, size: i128) -> Trade {
    let ts = UnixNanos(MONDAY_S * SECOND_NS).plus(ms * 1_000_000);
    Trade {
        instrument: IDX,
        price: PriceMantissa(price),
        size: SizeMantissa(size),
        aggressor: None,
        trade_id: 0,
        ts_event: ts,
        ts_init: ts,
    }
}

prop_compose! {
    /// Ten days of trades in order of time, every fifth step a figure of open interest.
    fn any_news()(steps in prop::collection::vec((0u64..4_000, 1i64..1000, 1i128..50), 1..200)) -> Vec<Told> {
        let mut ms = 0;
        steps.into_iter().enumerate().map(|(n, (step, price, size))| {
            ms += step * step;
            let trade = trade(ms, price, size);
            if n % 5 == 4 {
                Told::OpenInterest(trade.ts_event, OpenInterest::new(SizeMantissa(size)).expect("above 0"))
            } else {
                Told::Trade(trade)
            }
        }).collect()
    }
}

fn builder(grid: &BarGrid, interval: BarInterval) -> BarBuilder {
    let mut builder = BarBuilder::new(IDX, interval).on_grid(grid.clone());
    builder.resumed(UnixNanos(0));
    builder
}

fn build(grid: &BarGrid, interval: BarInterval, news: &[Told], until: UnixNanos) -> (Vec<Bar>, u64) {
    let mut builder = builder(grid, interval);
    let mut out = Vec::new();
    for told in news {
        match told {
            Told::Trade(trade) => builder.on_trade(trade, &mut out),
            Told::OpenInterest(ts, value) => builder.on_open_interest(*ts, *value),
        }
    }
    builder.advance(until, &mut out);
    (out, builder.outside())
}

fn figures(bars: &[Bar]) -> Vec<Bar> {
    let strip = |bar: &Bar| Bar {
        ts_init: UnixNanos(0),
        revision: 0,
        ..*bar
    };
    bars.iter().map(strip).collect()
}

fn until() -> UnixNanos {
    UnixNanos::from_secs(MONDAY_S).plus(40 * DAY_NS)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_interval_is_the_same_from_trades_and_from_any_finer_one(news in any_news()) {
        let known = Known { since: UnixNanos(0), until: until() };
        for grid in grids() {
            let direct: BTreeMap<BarInterval, Vec<Bar>> =
                BarInterval::every().map(|i| (i, build(&grid, i, &news, until()).0)).collect();
            for (coarse, wanted) in &direct {
                for (fine, bars) in direct.range(..coarse).filter(|(fine, _)| coarse.is_made_of(**fine)) {
                    let derived = aggregate_on(&grid, bars, *coarse, known).expect("divides");
                    prop_assert_eq!(figures(wanted), figures(&derived), "{} from {}", coarse, fine);
                }
            }
        }
    }

    #[test]
    fn a_trade_is_in_one_bar_of_each_interval_or_outside_of_the_sessions(news in any_news()) {
        let trades = news.iter().filter(|told| matches!(told, Told::Trade(_))).count();
        for grid in grids() {
            let counts: Vec<u64> = ["1s", "1h", "D", "M", "7tick", "100vol", "20000val"].map(|name| {
                let (bars, outside) = build(&grid, name.parse().expect("an interval"), &news, until());
                for bar in &bars {
                    assert!(bar.low <= bar.open.min(bar.close) && bar.open.max(bar.close) <= bar.high);
                }
                assert!(bars.windows(2).all(|pair| pair[0].ts < pair[1].ts), "{name}");
                assert_eq!(bars.iter().map(|b| u64::from(b.trades)).sum::<u64>() + outside, trades as u64);
                outside
            }).into();
            prop_assert!(counts.windows(2).all(|pair| pair[0] == pair[1]));
        }
    }

    #[test]
    fn live_arrival_with_delays_ends_in_the_bars_of_history(
        steps in prop::collection::vec((1u64..3_000, 1i64..1000, 1i128..50, 0u64..4_000), 1..200),
        from_s in 35_900u64..35_990,
    ) {
        // Around the close of the first session, in and out of the margin behind it.
        let mut ms = from_s * 1000;
        let mut arrivals: Vec<(u64, Trade)> = steps.into_iter().map(|(step, price, size, delay)| {
            ms += step;
            (ms + delay, trade(ms, price, size))
        }).collect();
        let sorted: Vec<Told> = arrivals.iter().map(|(_, t)| Told::Trade(t.clone())).collect();
        arrivals.sort_by_key(|(at, _)| *at);
        for grid in grids() {
            for name in ["1s", "10s", "1m", "1h", "D", "W"] {
                let interval = name.parse().expect("an interval");
                let mut builder = builder(&grid, interval);
                let mut told = Vec::new();
                for (at, trade) in &arrivals {
                    builder.on_trade(trade, &mut told);
                    // As the engine does: the clock closes what is over, as of its end.
                    let now = UnixNanos::from_secs(MONDAY_S).plus(at * 1_000_000);
                    if let Some(end) = builder.closes_at().filter(|end| *end <= now) {
                        builder.advance(end, &mut told);
                    }
                }
                builder.advance(until(), &mut told);
                prop_assert_eq!(builder.dropped(), 0);
                let latest: BTreeMap<UnixNanos, Bar> = told.into_iter().map(|bar| (bar.ts, bar)).collect();
                let latest: Vec<Bar> = latest.into_values().collect();
                let (history, outside) = build(&grid, interval, &sorted, until());
                prop_assert_eq!(builder.outside(), outside);
                prop_assert_eq!(figures(&latest), figures(&history), "{}", name);
            }
        }
    }
}

#[test]
fn a_bar_carries_the_open_interest_of_its_last_trade() {
    let oi = |n: i128| OpenInterest::new(SizeMantissa(n)).expect("not negative");
    let news = [
        Told::Trade(trade(1_000, 5, 1)),
        Told::OpenInterest(trade(2_000, 0, 0).ts_event, oi(70)),
        Told::Trade(trade(3_000, 5, 1)),
        Told::OpenInterest(trade(4_000, 0, 0).ts_event, oi(80)),
        Told::Trade(trade(61_000, 5, 1)),
        Told::OpenInterest(trade(60_000, 0, 0).ts_event, oi(90)),
        Told::OpenInterest(trade(59_000, 0, 0).ts_event, oi(10)),
        Told::Trade(trade(62_000, 5, 1)),
    ];
    let (bars, _) = build(&BarGrid::Utc, BarInterval::M1, &news, until());
    let told: Vec<_> = bars.iter().map(|bar| bar.open_interest).collect();
    assert_eq!(told, [Some(oi(70)), Some(oi(90))]);
    let (seconds, _) = build(&BarGrid::Utc, BarInterval::S1, &news, until());
    assert_eq!(seconds[0].open_interest, None);
    let json = serde_json::to_value(seconds[0]).expect("json");
    assert!(
        json.get("open_interest").is_none(),
        "what is not told is not written"
    );
    assert_eq!(OpenInterest::new(SizeMantissa(-1)), None);
    assert_eq!(oi(i128::MAX).mantissa().0, i128::MAX);
    assert_eq!(size_of::<Bar>(), 112);
}

#[test]
fn coarser_bars_that_reach_beyond_what_is_known_are_not_complete() {
    let news = [
        Told::Trade(trade(3_600_000, 5, 1)),
        Told::Trade(trade(90_000_000, 5, 1)),
    ];
    let (hours, _) = build(&BarGrid::Utc, BarInterval::H1, &news, until());
    let midday = UnixNanos::from_secs(MONDAY_S).plus(DAY_NS / 2);
    let known = Known {
        since: midday,
        until: midday.plus(DAY_NS),
    };
    let complete = |known: Known| -> Vec<bool> {
        let days = aggregate_on(&BarGrid::Utc, &hours, BarInterval::DAY, known).expect("divides");
        days.iter().map(|bar| bar.complete).collect()
    };
    assert_eq!(complete(known), [false, false]);
    let since = UnixNanos::from_secs(MONDAY_S);
    assert_eq!(complete(Known { since, ..known }), [true, false]);
    let until = since.plus(2 * DAY_NS);
    assert_eq!(complete(Known { until, ..known }), [false, true]);
    let weekend = UnixNanos::from_secs(MONDAY_S + 5 * 86_400);
    let stray = [Bar {
        ts: weekend,
        ..hours[0]
    }];
    assert!(aggregate_on(&nse().into(), &stray, BarInterval::DAY, known).is_err());
}

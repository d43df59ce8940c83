//! The bars that the engine keeps and what readers get of them: coarser from finer, sessions, counted bars.

mod common;

use common::{Desk, MS, account, id};
use tradewind_engine::kernel::MarketState;
use tradewind_engine::{Event, KernelConfig};
use tradewind_types::market::{Bar, BarInterval, BarSource, MarketEvent, SessionGrid, SessionSpan, Trade};
use tradewind_types::record::{Command, StrategySource, StrategySpec};
use tradewind_types::time::DAY_NS;
use tradewind_types::*;

/// Wednesday 2023-11-01; the desk's time is Tuesday the 14th, 22:13:20.
const NOVEMBER: u64 = 1_698_796_800_000_000_000;
const S: u64 = 1_000 * MS;

fn interval(name: &str) -> BarInterval {
    name.parse().expect("an interval")
}

fn market(desk: &Desk) -> &MarketState {
    desk.kernel.market_at(desk.idx("BTC")).expect("a market")
}

fn candle(desk: &mut Desk, interval: BarInterval, ts: UnixNanos, price: i64) {
    let bar = Bar {
        instrument: desk.idx("BTC"),
        interval,
        ts,
        open: PriceMantissa(price),
        high: PriceMantissa(price + 50),
        low: PriceMantissa(price - 50),
        close: PriceMantissa(price + 10),
        volume: SizeMantissa(1_000),
        value: i128::from(price) * 1_000,
        trades: 4,
        open_interest: None,
        source: BarSource::Venue,
        revision: 0,
        complete: true,
        ts_init: desk.now,
    };
    desk.event(&Event::Market(MarketEvent::Bar(bar)));
}

fn trade_at(desk: &mut Desk, ts: UnixNanos, price: i64) {
    desk.now = desk.now.max(ts);
    let trade = Trade {
        instrument: desk.idx("BTC"),
        price: PriceMantissa(price),
        size: SizeMantissa(10),
        aggressor: None,
        trade_id: 0,
        ts_event: ts,
        ts_init: ts,
    };
    desk.event(&Event::Market(MarketEvent::Trade(trade)));
}

#[test]
fn weeks_and_months_are_put_together_from_the_days_that_the_venue_told() {
    let mut desk = Desk::new();
    for day in 0..13 {
        candle(
            &mut desk,
            BarInterval::DAY,
            UnixNanos(NOVEMBER).plus(day * DAY_NS),
            100_000 + 100 * day as i64,
        );
    }
    // Today's hours until 22:00, and then we were there ourselves.
    let today = UnixNanos(NOVEMBER).plus(13 * DAY_NS);
    for hour in 0..22 {
        candle(&mut desk, BarInterval::H1, today.plus(hour * 3_600 * S), 102_000);
    }
    let now = desk.now;
    trade_at(&mut desk, now.plus(S), 110_000);
    let read = |name: &str| market(&desk).bars(interval(name), UnixNanos(0), desk.now, 100);
    let months = read("M");
    assert_eq!((months.bars.len(), months.closed), (1, 0));
    let month = months.bars[0];
    assert_eq!(month.ts, UnixNanos(NOVEMBER));
    assert_eq!(
        (month.open.0, month.high.0, month.low.0, month.close.0),
        (100_000, 110_000, 99_950, 110_000)
    );
    assert_eq!(
        (month.volume.0, month.trades),
        (13 * 1_000 + 22 * 1_000 + 10, 13 * 4 + 22 * 4 + 1)
    );
    assert_eq!((month.source, month.complete), (BarSource::Venue, false));
    assert_eq!(market(&desk).forming(interval("M")), Some(month));
    let weeks = read("W");
    let stamps: Vec<u64> = weeks
        .bars
        .iter()
        .map(|bar| (bar.ts.0 as i64 - NOVEMBER as i64) as u64 / DAY_NS)
        .collect();
    // Monday the 30th of October, of which only the end is known, the 6th and the 13th.
    assert_eq!((stamps[1..].to_vec(), weeks.closed), (vec![5, 12], 2));
    assert_eq!(weeks.bars[0].ts.0, NOVEMBER - 2 * DAY_NS);
    let complete: Vec<bool> = weeks.bars.iter().map(|bar| bar.complete).collect();
    assert_eq!(complete, [false, true, false]);
    let days = read("D");
    assert_eq!((days.bars.len(), days.closed), (14, 13));
    assert_eq!(days.bars[13].volume.0, 22_010);
    let few = market(&desk).bars(interval("D"), UnixNanos(NOVEMBER).plus(5 * DAY_NS), desk.now, 3);
    assert_eq!((few.bars.len(), few.closed, few.bars[2].ts), (3, 2, today));
    // What was told of no interval comes of the hours.
    assert_eq!(read("12h").bars.len(), 2);
    assert_eq!(read("12h").bars[0].volume.0, 12_000);
    assert!(read("12h").bars[0].complete);
}

#[test]
fn every_interval_is_built_from_the_first_trade_on() {
    let mut desk = Desk::new();
    let start = desk.now;
    for n in 0..5 {
        trade_at(&mut desk, start.plus(n * S), 100 + n as i64);
    }
    for interval in BarInterval::every() {
        let read = market(&desk).bars(interval, UnixNanos(0), desk.now, 100);
        assert_eq!(
            read.bars.iter().map(|bar| bar.trades).sum::<u32>(),
            5,
            "{interval}"
        );
        assert_eq!(read.bars.last().map(|bar| bar.close.0), Some(104), "{interval}");
    }
    assert!(market(&desk).series(interval("3tick")).is_none());
}

#[test]
fn the_bars_of_a_calendar_with_sessions_begin_with_them() {
    let open = UnixNanos(NOVEMBER).plus(14 * DAY_NS + 13_500 * S);
    let span = SessionSpan {
        date: jiff::civil::date(2023, 11, 15),
        open,
        close: open.plus(22_500 * S),
    };
    let config = KernelConfig {
        bar_sessions: [("24/7".to_owned(), SessionGrid::new(vec![span]).expect("a grid"))].into(),
        ..KernelConfig::default()
    };
    let json = serde_json::to_string(&config).expect("json");
    assert_eq!(serde_json::from_str::<KernelConfig>(&json).expect("read"), config);
    let mut desk = Desk::with(config);
    for secs in [-60, 10, 3_700, 21_700, 22_499, 22_600] {
        let ts = open.0.checked_add_signed(secs * S as i64).expect("positive");
        trade_at(&mut desk, UnixNanos(ts), 100 + secs);
    }
    let hours = market(&desk).bars(BarInterval::H1, UnixNanos(0), desk.now, 100);
    let stamps: Vec<u64> = hours.bars.iter().map(|bar| bar.ts.since(open) / S).collect();
    assert_eq!((stamps, hours.closed), (vec![0, 3_600, 21_600], 3));
    let day = market(&desk).bars(BarInterval::DAY, UnixNanos(0), desk.now, 100);
    assert_eq!((day.bars.len(), day.bars[0].ts, day.bars[0].trades), (1, open, 4));
    assert_eq!((day.bars[0].open.0, day.bars[0].close.0), (110, 22_599));
}

#[test]
fn counted_bars_are_kept_where_they_are_named_or_a_strategy_runs_on_them() {
    let named = KernelConfig {
        count_bars: vec![interval("3tick")],
        ..KernelConfig::default()
    };
    let mut desk = Desk::with(named);
    let source = StrategySource::BuiltIn {
        name: "ema_cross".to_owned(),
    };
    let spec = StrategySpec {
        source,
        parameters: Default::default(),
        instruments: vec![id("BTC-USD.COINBASE")],
        interval: interval("2tick"),
    };
    let command = Command::DeployStrategy {
        account: account(),
        strategy: id("on-ticks"),
        spec: Box::new(spec),
    };
    desk.command(command).expect("deployed");
    let start = desk.now;
    for n in 1..=7 {
        trade_at(&mut desk, start.plus(n * S), 100 + n as i64);
    }
    let threes = market(&desk).bars(interval("3tick"), UnixNanos(0), desk.now, 100);
    assert_eq!((threes.bars.len(), threes.closed), (3, 2));
    let closes: Vec<i64> = threes.bars.iter().map(|bar| bar.close.0).collect();
    assert_eq!(closes, [103, 106, 107]);
    let twos = market(&desk).bars(interval("2tick"), UnixNanos(0), desk.now, 100);
    assert_eq!((twos.bars.len(), twos.closed), (4, 3));
    let progress = desk
        .kernel
        .deployed_progress(&account(), &id("on-ticks"))
        .expect("deployed");
    assert_eq!((progress.interval, progress.bars_seen), (interval("2tick"), 3));
}

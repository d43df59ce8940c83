//! Bars equal pandas' on the same trades: UTC days and NSE sessions, weeks and months. Made by `tools/truth/bars.py`.

use std::collections::BTreeMap;

use tradewind_types::market::{
    Bar, BarBuilder, BarGrid, BarInterval, Known, SessionGrid, SessionSpan, Trade, aggregate_on,
};
use tradewind_types::{InstrumentIdx, PriceMantissa, SizeMantissa, UnixNanos};

const GOLDEN: &str = include_str!("golden/bars_pandas.csv");

/// Stamp in ms, open, high, low, close, volume, value, trades.
type Row = [i128; 8];

struct Golden {
    trades: Vec<Trade>,
    sessions: Vec<SessionSpan>,
    bars: BTreeMap<(String, String), Vec<Row>>,
}

fn ms(text: &str) -> UnixNanos {
    UnixNanos::from_millis(text.parse().expect("milliseconds"))
}

fn golden() -> Golden {
    let (mut trades, mut sessions, mut bars) = (Vec::new(), Vec::new(), BTreeMap::new());
    for line in GOLDEN.lines() {
        let fields: Vec<&str> = line.split(',').collect();
        match fields[..] {
            ["trade", ts, price, size] => trades.push(Trade {
                instrument: InstrumentIdx(3),
                price: PriceMantissa(price.parse().expect("a price")),
                size: SizeMantissa(size.parse().expect("a size")),
                aggressor: None,
                trade_id: 0,
                ts_event: ms(ts),
                ts_init: ms(ts),
            }),
            ["session", date, open, close] => sessions.push(SessionSpan {
                date: date.parse().expect("a date"),
                open: ms(open),
                close: ms(close),
            }),
            [grid, interval, ref figures @ ..] => {
                let row: Vec<i128> = figures.iter().map(|f| f.parse().expect("a figure")).collect();
                let of: &mut Vec<Row> = bars.entry((grid.to_owned(), interval.to_owned())).or_default();
                of.push(row.try_into().expect("eight figures"));
            }
            _ => panic!("{line}"),
        }
    }
    Golden {
        trades,
        sessions,
        bars,
    }
}

fn row(bar: &Bar) -> Row {
    let price = |p: PriceMantissa| i128::from(p.0);
    [
        i128::from(bar.ts.as_millis()),
        price(bar.open),
        price(bar.high),
        price(bar.low),
        price(bar.close),
        bar.volume.0,
        bar.value,
        i128::from(bar.trades),
    ]
}

#[test]
fn bars_from_trades_and_from_finer_bars_equal_those_of_pandas() {
    let golden = golden();
    let sessions: BarGrid = SessionGrid::new(golden.sessions).expect("sessions").into();
    let end = golden
        .trades
        .last()
        .expect("trades")
        .ts_event
        .plus(40 * 86_400_000_000_000);
    assert_eq!(golden.bars.len(), 16);
    for ((grid, name), rows) in &golden.bars {
        let grid = if grid == "utc" { &BarGrid::Utc } else { &sessions };
        let interval: BarInterval = name.parse().expect("an interval");
        let build = |interval: BarInterval| {
            let mut builder = BarBuilder::new(InstrumentIdx(3), interval).on_grid(grid.clone());
            let mut out = Vec::new();
            for trade in &golden.trades {
                builder.on_trade(trade, &mut out);
            }
            builder.advance(end, &mut out);
            out
        };
        let direct: Vec<Row> = build(interval).iter().map(row).collect();
        assert_eq!(&direct, rows, "{name}");
        for finer in BarInterval::every().filter(|finer| *finer < interval && interval.is_made_of(*finer)) {
            let known = Known {
                since: UnixNanos(0),
                until: end,
            };
            let derived = aggregate_on(grid, &build(finer), interval, known).expect("divides");
            let derived: Vec<Row> = derived.iter().map(row).collect();
            assert_eq!(&derived, rows, "{name} from {finer}");
        }
    }
}

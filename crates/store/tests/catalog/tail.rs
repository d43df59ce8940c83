//! The live tail and the files are one series.

use tradewind_store::catalog::gaps::{GapRules, History};
use tradewind_store::catalog::{
    Catalog, Files, Kind, NONE_WIDE, Query, Rows, Scales, Series, Tail, bar_row, trade_row,
};
use tradewind_store::{Db, migrate, testing};
use tradewind_types::market::{Bar, BarInterval, BarSource, Trade};
use tradewind_types::{InstrumentIdx, PriceMantissa, Side, SizeMantissa, UnixNanos};

use super::rows::{MINUTE, START, bars, plain, read, series, write};

async fn catalog() -> (tempfile::TempDir, Catalog) {
    let folder = tempfile::tempdir().expect("a folder");
    let db = Db::open(&testing::place(folder.path()).await)
        .await
        .expect("a database");
    migrate::up(&db, UnixNanos(1)).await.expect("a schema");
    let files = Files::local(&folder.path().join("catalog")).expect("files");
    (folder, Catalog::new(files).with_tail(Tail::new(db)))
}

fn live(minute: i64, price: i64, revision: u16) -> Bar {
    Bar {
        instrument: InstrumentIdx(0),
        interval: BarInterval::M1,
        ts: UnixNanos((START + minute * MINUTE) as u64),
        open: PriceMantissa(price),
        high: PriceMantissa(price + 3),
        low: PriceMantissa(price - 2),
        close: PriceMantissa(price + 1),
        volume: SizeMantissa(10),
        value: 0,
        trades: 2,
        open_interest: None,
        source: BarSource::Trades,
        revision,
        complete: true,
        ts_init: UnixNanos(START as u64),
    }
}

async fn a_reader_sees_files_and_tail_as_one_series_before_and_after_compaction() {
    let (_folder, catalog) = catalog().await;
    write(&catalog, &[(0, 100), (1, 101), (2, 102)], START).await;
    let mut rows = Rows::new(Kind::Bars, Scales { price: 2, size: 4 });
    for bar in [live(2, 102, 1), live(3, 103, 0), live(3, 113, 1), live(4, 104, 0)] {
        let row = bar_row(&mut rows, "BTC-USD", &bar);
        rows.push(&row);
    }
    let tail = catalog.tail().expect("a tail");
    assert_eq!(tail.append(&series(), &rows).await.expect("acknowledged"), 4);
    assert_eq!(
        tail.append(&series(), &rows).await.expect("acknowledged"),
        0,
        "twice is once"
    );
    let wanted = [(0, 100, 0), (1, 101, 0), (2, 102, 1), (3, 113, 1), (4, 104, 0)];
    assert_eq!(read(&catalog).await, wanted);
    let done = catalog.compact(START + 4 * MINUTE).await.expect("compacted");
    assert_eq!(done.rows, 3, "the last one is not before that time");
    assert_eq!(read(&catalog).await, wanted);
    catalog.compact(i64::MAX).await.expect("compacted");
    assert_eq!(read(&catalog).await, wanted);
    // What was told before is told again: nothing changes.
    tail.append(&series(), &rows).await.expect("acknowledged");
    assert_eq!(read(&catalog).await, wanted);
    let revisions = catalog.read_revisions(&Query::all(series())).await.expect("read");
    assert!(plain(&revisions).contains(&(3, 103, 0)));
}

#[test]
fn what_a_candle_does_not_tell_is_none_not_nothing() {
    let mut rows = Rows::new(Kind::Bars, Scales { price: 2, size: 4 });
    let mut of = |source, value| {
        let bar = Bar {
            source,
            value,
            ..live(0, 100, 0)
        };
        let row = bar_row(&mut rows, "BTC-USD", &bar);
        [row[6], row[7], row[8]]
    };
    assert_eq!(of(BarSource::Venue, 0), [10, NONE_WIDE, NONE_WIDE]);
    assert_eq!(of(BarSource::Venue, 1_000), [10, 1_000, 2]);
    assert_eq!(of(BarSource::Trades, 1_000), [10, 1_000, 2]);
    assert_eq!(of(BarSource::QuoteMids, 0), [NONE_WIDE, NONE_WIDE, 2]);
}

async fn figures_at_another_scale_are_compared_by_what_they_say() {
    let (_folder, catalog) = catalog().await;
    let tail = catalog.tail().expect("a tail");
    let append = async |scales: Scales, price: i64, volume: i128| {
        let mut rows = Rows::new(Kind::Bars, scales);
        let bar = Bar {
            open: PriceMantissa(price),
            high: PriceMantissa(price),
            low: PriceMantissa(price),
            close: PriceMantissa(price),
            volume: SizeMantissa(volume),
            ..live(0, 0, 0)
        };
        let row = bar_row(&mut rows, "BTC-USD", &bar);
        rows.push(&row);
        tail.append(&series(), &rows).await.expect("acknowledged")
    };
    let (coarse, fine) = (Scales { price: 2, size: 4 }, Scales { price: 4, size: 5 });
    assert_eq!(append(coarse, 12_345, 10).await, 1);
    assert_eq!(append(fine, 1_234_500, 100).await, 0, "123.45 is 123.4500");
    assert_eq!(append(fine, 12_345, 10).await, 1, "1.2345 is not 123.45");
    let rows = catalog.read(&Query::all(series())).await.expect("read");
    assert_eq!((rows.len(), rows.get(2, 0), rows.get(12, 0)), (1, 12_345, 1));
}

async fn option_snapshots_of_several_expiries_are_read_once_and_in_order_of_time() {
    let (_folder, catalog) = catalog().await;
    let series = Series::of(Kind::Options, "NIFTY.NFO".parse().expect("an id"));
    // (symbol, minute, days of the expiry, bid, revision)
    let rows_of = |given: &[(&str, i64, i128, i128, i128)]| {
        let mut rows = Rows::new(Kind::Options, Scales { price: 2, size: 0 });
        for (symbol, minute, expiry, bid, revision) in given {
            let mut row = [NONE_WIDE; 22];
            row[0] = i128::from(rows.names.code(symbol));
            row[1] = i128::from(START + minute * MINUTE);
            (row[2], row[3]) = (*expiry, 100);
            row[4] = i128::from(rows.names.code("call"));
            row[5] = *bid;
            let columns = Kind::Options.columns();
            let place = |name: &str| columns.iter().position(|c| c.name == name).expect(name);
            row[place("revision")] = *revision;
            row[place("ts_init")] = 1;
            rows.push(&row[..columns.len()]);
        }
        rows
    };
    let (near, far) = (19_800, 19_830);
    let tail = catalog.tail().expect("a tail");
    let stored = rows_of(&[
        ("OCT", 0, far, 1, 0),
        ("OCT", 1, far, 2, 0),
        ("SEP", 0, near, 3, 0),
        ("SEP", 1, near, 4, 0),
    ]);
    tail.append(&series, &stored).await.expect("acknowledged");
    catalog.compact(i64::MAX).await.expect("compacted");
    let more = rows_of(&[
        ("OCT", 1, far, 20, 1),
        ("SEP", 0, near, 3, 0),
        ("SEP", 2, near, 5, 0),
    ]);
    tail.append(&series, &more).await.expect("acknowledged");
    let rows = catalog.read(&Query::all(series)).await.expect("read");
    let found: Vec<_> = (0..rows.len())
        .map(|row| {
            (
                (rows.ts(row) - START) / MINUTE,
                rows.symbol(row).to_owned(),
                rows.get(5, row),
            )
        })
        .collect();
    let wanted = [
        (0, "OCT", 1),
        (0, "SEP", 3),
        (1, "OCT", 20),
        (1, "SEP", 4),
        (2, "SEP", 5),
    ];
    assert_eq!(
        found,
        wanted.map(|(minute, symbol, bid)| (minute, symbol.to_owned(), bid))
    );
}

async fn trades_of_the_same_time_are_all_kept_with_or_without_numbers() {
    let (_folder, catalog) = catalog().await;
    let series = Series::of(Kind::Trades, "BTC-USD.COINBASE".parse().expect("an id"));
    let trade = |trade_id, size| Trade {
        instrument: InstrumentIdx(0),
        price: PriceMantissa(100),
        size: SizeMantissa(size),
        aggressor: Some(Side::Sell),
        trade_id,
        ts_event: UnixNanos(START as u64),
        ts_init: UnixNanos(START as u64),
    };
    let tail = catalog.tail().expect("a tail");
    for given in [
        trade(0, 1 << 70),
        trade(0, 2),
        trade(7, 3),
        trade(7, 3),
        trade(8, 3),
    ] {
        let mut rows = Rows::new(Kind::Trades, Scales { price: 2, size: 18 });
        let row = trade_row(&mut rows, "BTC-USD", &given, 0);
        rows.push(&row);
        tail.append(&series, &rows).await.expect("acknowledged");
    }
    for _ in 0..2 {
        let rows = catalog.read(&Query::all(series.clone())).await.expect("read");
        let sizes: Vec<i128> = (0..rows.len()).map(|row| rows.get(3, row)).collect();
        assert_eq!(sizes, [1 << 70, 2, 3, 3]);
        assert_eq!(rows.text(4, 0), "sell");
        catalog.compact(i64::MAX).await.expect("compacted");
    }
    assert!(tail.series().await.expect("read").is_empty());
}

/// A venue that has every minute of an hour but one, and nothing else.
struct Venue;

impl History for Venue {
    async fn bars(&self, _: &Series, times: std::ops::Range<i64>) -> Result<Rows, String> {
        let known = (0..60)
            .filter(|m| *m != 30)
            .filter(|m| times.contains(&(START + m * MINUTE)));
        Ok(bars(known.map(|m| (m, 1_000 + m)), START + 1))
    }
}

async fn gaps_are_filled_from_history_and_a_venue_that_has_nothing_is_not_asked_again() {
    let (_folder, catalog) = catalog().await;
    let known: Vec<(i64, i64)> = (0..5).chain(50..300).map(|m| (m, 1_000 + m)).collect();
    write(&catalog, &known, START).await;
    let now = START + 400 * MINUTE;
    let rules = GapRules::default();
    let scan = async |catalog: &Catalog| {
        let sessions = [(START, START + 400 * MINUTE)];
        catalog
            .gaps(&series(), sessions, (0..i64::MAX, now), &rules)
            .await
            .expect("scanned")
    };
    let gaps = scan(&catalog).await;
    let minutes: Vec<_> = gaps
        .iter()
        .map(|g| ((g.from - START) / MINUTE, (g.to - START) / MINUTE))
        .collect();
    assert_eq!(minutes, [(5, 50), (300, 400)]);
    let filled = catalog
        .backfill(&series(), &gaps, &Venue, (now, &rules))
        .await
        .expect("filled");
    assert_eq!((filled.asked, filled.empty, filled.added), (2, 1, 44));
    let gaps = scan(&catalog).await;
    assert_eq!(gaps.len(), 1, "one missing minute is no gap");
    let again = catalog
        .backfill(&series(), &gaps, &Venue, (now, &rules))
        .await
        .expect("filled");
    assert_eq!((again.asked, again.skipped), (0, 1));
    assert_eq!(read(&catalog).await.len(), 299);
    assert_eq!(NONE_WIDE, i128::MIN);
}

/// A venue whose history reaches back two hours.
struct Short;

impl History for Short {
    async fn bars(&self, _: &Series, times: std::ops::Range<i64>) -> Result<Rows, String> {
        let known = (0..120).filter(|m| times.contains(&(START + m * MINUTE)));
        Ok(bars(known.map(|m| (m, 1_000 + m)), START + 1))
    }
}

async fn the_latest_is_asked_for_first_and_where_a_history_ends_no_more() {
    let (_folder, catalog) = catalog().await;
    let now = START + 120 * MINUTE;
    let rules = GapRules::default();
    let sessions = [(START - 20_000 * MINUTE, now)];
    let gaps = catalog
        .gaps(&series(), sessions, (0..i64::MAX, now), &rules)
        .await
        .expect("scanned");
    let filled = catalog
        .backfill(&series(), &gaps, &Short, (now, &rules))
        .await
        .expect("filled");
    assert_eq!((filled.empty, filled.added), (12, 120));
    assert!(filled.asked <= 14, "{filled:?}");
    let again = catalog
        .backfill(&series(), &gaps, &Short, (now, &rules))
        .await
        .expect("filled");
    assert_eq!((again.added, again.skipped), (0, 12), "{again:?}");
}

async fn candles_stand_where_nothing_whole_is_stored_and_nowhere_else() {
    let (_folder, catalog) = catalog().await;
    let own = |minute, complete| Bar {
        complete,
        ..live(minute, 500 + minute, 0)
    };
    let mut rows = Rows::new(Kind::Bars, Scales { price: 2, size: 4 });
    for bar in [own(0, true), own(1, false), own(2, true)] {
        let row = bar_row(&mut rows, "BTC-USD", &bar);
        rows.push(&row);
    }
    let tail = catalog.tail().expect("a tail");
    tail.append(&series(), &rows).await.expect("acknowledged");
    let all = 0..i64::MAX;
    let holes = catalog.incomplete(&series(), all.clone()).await.expect("read");
    assert_eq!(holes.len(), 1);
    assert_eq!((holes[0].from, holes[0].to), (START + MINUTE, START + 2 * MINUTE));
    let candles = bars((0..4).map(|m| (m, 100 + m)), START);
    for _ in 0..2 {
        // The incomplete one has lost to the candle, in the tail and in the files.
        catalog.fill(&series(), &candles).await.expect("filled");
        assert_eq!(
            read(&catalog).await,
            [(0, 500, 0), (1, 101, 1), (2, 502, 0), (3, 103, 0)]
        );
        catalog.compact(i64::MAX).await.expect("compacted");
    }
    assert_eq!(catalog.fill(&series(), &candles).await.expect("filled"), 0);
    assert_eq!(catalog.incomplete(&series(), all).await.expect("read"), []);
}

tradewind_store::on_both_databases!(
    a_reader_sees_files_and_tail_as_one_series_before_and_after_compaction,
    figures_at_another_scale_are_compared_by_what_they_say,
    option_snapshots_of_several_expiries_are_read_once_and_in_order_of_time,
    trades_of_the_same_time_are_all_kept_with_or_without_numbers,
    gaps_are_filled_from_history_and_a_venue_that_has_nothing_is_not_asked_again,
    the_latest_is_asked_for_first_and_where_a_history_ends_no_more,
    candles_stand_where_nothing_whole_is_stored_and_nowhere_else,
);

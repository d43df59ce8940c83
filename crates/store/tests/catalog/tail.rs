//! The live tail and the files are one series.

use tradewind_store::catalog::gaps::{GapRules, History};
use tradewind_store::catalog::{
    Catalog, Files, Kind, NONE_WIDE, Query, Rows, Scales, Series, Tail, bar_row, trade_row,
};
use tradewind_store::{Db, DbConfig, migrate};
use tradewind_types::market::{Bar, BarInterval, BarSource, Trade};
use tradewind_types::{InstrumentIdx, PriceMantissa, Side, SizeMantissa, UnixNanos};

use super::rows::{MINUTE, START, bars, plain, read, series, write};

async fn catalog() -> (tempfile::TempDir, Catalog) {
    let folder = tempfile::tempdir().expect("a folder");
    let db = Db::open(&DbConfig::file(&folder.path().join("t.db")))
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
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
    assert_eq!((filled.asked, filled.empty, filled.change.added), (2, 1, 44));
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

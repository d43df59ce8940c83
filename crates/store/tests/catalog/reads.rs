//! Reading only what is wanted, over years, markets, scales, and while others write.

use tradewind_store::catalog::retention::{Policy, default_policies};
use tradewind_store::catalog::{Kind, NONE_WIDE, Query, Rows, Rule, Scales, Series, by_place};
use tradewind_types::market::{BarGrid, BarInterval, SessionGrid, SessionSpan};
use tradewind_types::time::DAY_NS;
use tradewind_types::{InstrumentId, UnixNanos};

use super::rows::{MINUTE, START, bars, memory, plain, push, read, series, write};

const DAY: i64 = DAY_NS as i64;

fn utc(_: &InstrumentId, _: std::ops::Range<i64>) -> Result<BarGrid, String> {
    Ok(BarGrid::Utc)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_range_is_read_across_files_and_only_that() {
    let catalog = memory();
    let all: Vec<(i64, i64)> = (0..200_000).map(|m| (m, 1_000 + m % 500)).collect();
    write(&catalog, &all, START).await;
    for (from, to) in [
        (0, 200_000),
        (100, 101),
        (119, 122),
        (70_000, 150_000),
        (200_000, 300_000),
        (5, 5),
    ] {
        let query = Query::all(series()).between(START + from * MINUTE..START + to * MINUTE);
        let rows = catalog.read(&query).await.expect("read");
        let wanted: Vec<_> = (from..to.min(200_000)).map(|m| (m, 1_000 + m % 500, 0)).collect();
        assert_eq!(plain(&rows), wanted, "{from}..{to}");
        let bars = catalog.bars(series(), query.times).await.expect("read");
        assert_eq!(bars.len(), wanted.len());
    }
    let listed = catalog.list().await.expect("listed");
    assert_eq!((listed.len(), listed[0].rows, listed[0].files), (1, 200_000, 6));
    assert_eq!(
        (listed[0].first, listed[0].last),
        (START, START + 199_999 * MINUTE)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn daily_bars_of_a_market_share_a_file_per_year() {
    let catalog = memory();
    let symbols = ["AAPL", "BRK.B", "SPY"];
    let mut rows = Rows::new(Kind::Bars, Scales { price: 2, size: 0 });
    for day in 0..800 {
        for (n, symbol) in symbols.iter().enumerate() {
            push(
                &mut rows,
                symbol,
                (day * 1_440, 1_000 + day + 10_000 * n as i64),
                START,
            );
        }
    }
    let of = |symbol: &str| Series::bars(format!("{symbol}.XNAS").parse().expect("an id"), BarInterval::DAY);
    let mut session = catalog.session().await.expect("a session");
    for (place, rows) in by_place(&of("SPY").shelf(), &rows).expect("places") {
        assert!(place.path().as_ref().starts_with("bars/XNAS/D/20"), "{place}");
        session
            .add(&place, rows, Rule::HigherRevision)
            .await
            .expect("added");
    }
    session.commit().await.expect("committed");
    for (n, symbol) in symbols.iter().enumerate() {
        let bars = catalog
            .bars(of(symbol), START + 100 * DAY..START + 500 * DAY)
            .await
            .expect("read");
        let wanted: Vec<i64> = (100..500).map(|day| 1_000 + day + 10_000 * n as i64).collect();
        assert_eq!(bars.open, wanted, "{symbol}");
    }
    assert!(
        catalog
            .bars(of("MSFT"), 0..i64::MAX)
            .await
            .expect("read")
            .is_empty()
    );
    let listed = catalog.list().await.expect("listed");
    assert_eq!(listed.iter().map(|l| l.rows).collect::<Vec<_>>(), [800, 800, 800]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_of_any_size_and_scale_come_back_exactly() {
    let catalog = memory();
    let id: InstrumentId = "ETH-USD.KRAKEN".parse().expect("an id");
    let series = Series::of(Kind::Trades, id);
    // 10¹⁸ and more need a wide decimal; a finer scale raises what is there.
    let given: [(Scales, i128, i128); 4] = [
        (Scales { price: 2, size: 4 }, 123_456, 10_001),
        (
            Scales { price: 18, size: 18 },
            9_000_000_000_000_000_001,
            170_000_000_000_000_000_000_000_001,
        ),
        (Scales { price: 0, size: 0 }, 7, 999_999_999_999_999_999),
        (Scales { price: 3, size: 18 }, -5, 1),
    ];
    for (n, (scales, price, size)) in given.iter().enumerate() {
        let mut rows = Rows::new(Kind::Trades, *scales);
        let symbol = i128::from(rows.names.code("ETH-USD"));
        let ts = i128::from(START + n as i64);
        rows.push(&[
            symbol,
            ts,
            *price,
            *size,
            NONE_WIDE,
            n as i128 + 1,
            0,
            0,
            i128::from(START),
        ]);
        let mut session = catalog.session().await.expect("a session");
        for (place, rows) in by_place(&series.shelf(), &rows).expect("places") {
            session
                .add(&place, rows, Rule::HigherRevision)
                .await
                .expect("added");
        }
        session.commit().await.expect("committed");
    }
    let rows = catalog.read(&Query::all(series)).await.expect("read");
    assert_eq!(rows.scales, Scales { price: 18, size: 18 });
    for (row, (scales, price, size)) in given.iter().enumerate() {
        let raised = |value: i128, by: u8| value * 10i128.pow(u32::from(18 - by));
        assert_eq!(rows.get(2, row), raised(*price, scales.price));
        assert_eq!(rows.get(3, row), raised(*size, scales.size));
        assert_eq!(rows.text(4, row), "");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_never_see_half_of_what_is_written_meanwhile() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = tradewind_store::catalog::Files::local(folder.path()).expect("files");
    let catalog = tradewind_store::catalog::Catalog::new(files);
    // Every session writes one price into three months.
    let session = |price: i64| (0..3).map(|month| (month * 45_000, price)).collect::<Vec<_>>();
    write(&catalog, &session(100), START).await;
    let writer = tokio::spawn({
        let catalog = catalog.clone();
        async move {
            for n in 1..40 {
                write(&catalog, &session(100 + n), START + n).await;
            }
        }
    });
    let mut seen = 0;
    while !writer.is_finished() {
        match catalog.read(&Query::all(series())).await {
            Ok(rows) => {
                let rows = plain(&rows);
                assert_eq!(rows.len(), 3);
                assert!(rows.iter().all(|row| row.1 == rows[0].1), "torn: {rows:?}");
                seen += 1;
            }
            Err(tradewind_store::catalog::CatalogError::Unsteady(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    writer.await.expect("written");
    assert!(seen > 0);
    assert!(read(&catalog).await.iter().all(|row| row.1 == 139));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_writes_at_a_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let open =
        || tradewind_store::catalog::Files::local(folder.path()).map(tradewind_store::catalog::Catalog::new);
    let (one, two) = (open().expect("files"), open().expect("files"));
    let held = one.session().await.expect("a session");
    assert!(matches!(
        two.session().await,
        Err(tradewind_store::catalog::CatalogError::Locked)
    ));
    drop(held);
    two.session().await.expect("a session");
}

#[tokio::test]
async fn one_writer_writes_at_a_time_where_no_file_can_be_locked() {
    let catalog = memory();
    let held = catalog.session().await.expect("a session");
    let second = catalog.clone().session().await.map(drop);
    assert!(matches!(
        second,
        Err(tradewind_store::catalog::CatalogError::Locked)
    ));
    drop(held);
    catalog.session().await.expect("a session");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retention_says_first_and_then_makes_coarser_bars_and_takes_the_finer_away() {
    let catalog = memory();
    let minutes = 3 * 1_440;
    let mut rows = bars([], START);
    for minute in 0..minutes {
        push(&mut rows, "BTC-USD", (minute, 1_000 + minute), START);
    }
    let mut session = catalog.session().await.expect("a session");
    for (place, rows) in by_place(&series().shelf(), &rows).expect("places") {
        session
            .add(&place, rows, Rule::HigherRevision)
            .await
            .expect("added");
    }
    session.commit().await.expect("committed");
    let year = |years: i64| UnixNanos((START + years * 366 * DAY) as u64);
    assert!(
        catalog
            .due(&default_policies(), year(1))
            .await
            .expect("a plan")
            .is_empty()
    );
    let due = catalog.due(&default_policies(), year(6)).await.expect("a plan");
    assert_eq!(due.len(), 2);
    assert!(due.iter().all(|d| d.into == Some(BarInterval::DAY)));
    assert_eq!(
        read(&catalog).await.len(),
        minutes as usize,
        "a plan changes nothing"
    );
    catalog.retire(&due, year(6), &utc).await.expect("done");
    assert!(read(&catalog).await.is_empty());
    let daily = Series::bars(series().instrument, BarInterval::DAY);
    let days = catalog.bars(daily, 0..i64::MAX).await.expect("read");
    // Two hours of the first day, two whole ones, and the rest.
    assert_eq!(days.open, [1_000, 1_120, 2_560, 4_000]);
    assert_eq!(days.close, [1_120, 2_560, 4_000, 1_000 + minutes]);
    assert_eq!((days.volume.get(0), days.volume.get(1)), (1_200, 14_400));
    let forever = Policy {
        kind: Kind::Bars,
        interval_secs: None,
        keep_days: None,
        into: None,
    };
    assert!(
        catalog
            .due(&[forever], year(50))
            .await
            .expect("a plan")
            .is_empty()
    );
}

fn at(text: &str) -> UnixNanos {
    text.parse().expect("a time")
}

/// Writes minutes from a time on, each with the price of its number, as bars of an interval.
async fn write_from(
    catalog: &tradewind_store::catalog::Catalog,
    (interval, from): (BarInterval, &str),
    prices: impl IntoIterator<Item = i64>,
) {
    let series = Series::bars(series().instrument, interval);
    let mut rows = bars([], START);
    let first = (at(from).0 as i64 - START) / MINUTE;
    let step = (interval.nanos() as i64 / MINUTE).max(1);
    for (n, price) in prices.into_iter().enumerate() {
        push(&mut rows, "BTC-USD", (first + step * n as i64, price), START);
    }
    let mut session = catalog.session().await.expect("a session");
    for (place, rows) in by_place(&series.shelf(), &rows).expect("places") {
        session
            .add(&place, rows, Rule::HigherRevision)
            .await
            .expect("added");
    }
    session.commit().await.expect("committed");
}

async fn daily(catalog: &tradewind_store::catalog::Catalog) -> Vec<(String, i64, i128)> {
    let daily = Series::bars(series().instrument, BarInterval::DAY);
    let rows = catalog.read(&Query::all(daily)).await.expect("read");
    let of = |row: usize| {
        let ts = UnixNanos(rows.ts(row).unsigned_abs()).to_string();
        (
            ts,
            i64::try_from(rows.get(2, row)).expect("a price"),
            rows.get(12, row),
        )
    };
    (0..rows.len()).map(of).collect()
}

/// 23:00 to 22:00 UTC, as on Globex: the session of a date opens the evening before, and that of June in May.
fn globex(_: &InstrumentId, _: std::ops::Range<i64>) -> Result<BarGrid, String> {
    let date = |day: i64| jiff::civil::date(2024, 5, 28).saturating_add(jiff::Span::new().days(day));
    let span = |day: i64| SessionSpan {
        date: date(day),
        open: at(&format!("{}T23:00:00Z", date(day - 1))),
        close: at(&format!("{}T22:00:00Z", date(day))),
    };
    let grid = SessionGrid::new((0..10).map(span).collect()).map_err(|e| e.to_string())?;
    Ok(grid.into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retention_keeps_the_daily_bars_that_are_there_and_cuts_days_at_their_sessions() {
    let catalog = memory();
    // Three sessions of 23 hours, a bar an hour, the last one into June.
    for (from, price) in [
        ("2024-05-29T23:00:00Z", 100),
        ("2024-05-30T23:00:00Z", 200),
        ("2024-05-31T23:00:00Z", 300),
    ] {
        write_from(&catalog, (BarInterval::H1, from), price..price + 23).await;
    }
    // The exchange's own bar of the first, stamped with its date; and one at the open of the second.
    write_from(&catalog, (BarInterval::DAY, "2024-05-30T00:00:00Z"), [7_777]).await;
    write_from(&catalog, (BarInterval::DAY, "2024-05-30T23:00:00Z"), [8_888]).await;
    let now = at("2031-01-01T00:00:00Z");
    let due = catalog.due(&default_policies(), now).await.expect("a plan");
    assert_eq!(due.len(), 2, "a file of May, and one of June");
    // May goes first: the session that ends in June is taken whole.
    catalog.retire(&due[..1], now, &globex).await.expect("done");
    let wanted = [
        ("2024-05-30T00:00:00Z".to_owned(), 7_777, 0),
        ("2024-05-30T23:00:00Z".to_owned(), 8_888, 0),
        ("2024-05-31T23:00:00Z".to_owned(), 300, 0),
    ];
    assert_eq!(daily(&catalog).await, wanted);
    let last = catalog
        .bars(Series::bars(series().instrument, BarInterval::DAY), 0..i64::MAX)
        .await
        .expect("read");
    assert_eq!((last.close[2], last.volume.get(2)), (323, 230));
    catalog.retire(&due[1..], now, &globex).await.expect("done");
    assert_eq!(daily(&catalog).await, wanted);
    let nothing = |_: &InstrumentId, _: std::ops::Range<i64>| Err("no calendar".to_owned());
    write_from(&catalog, (BarInterval::H1, "2024-05-29T23:00:00Z"), [1]).await;
    let due = catalog.due(&default_policies(), now).await.expect("a plan");
    let error = catalog
        .retire(&due, now, &nothing)
        .await
        .expect_err("unknown")
        .to_string();
    assert!(error.contains("no calendar"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bars_that_are_made_of_finer_ones_and_go_themselves_reach_the_coarsest() {
    let catalog = memory();
    let ten_seconds = BarInterval::S10;
    // Ten-second bars of one day, minutes of the next and five minutes of both, in one month.
    write_from(&catalog, (ten_seconds, "2024-05-01T00:00:00Z"), 100..110).await;
    write_from(&catalog, (BarInterval::M1, "2024-05-02T00:00:00Z"), 200..210).await;
    write_from(&catalog, (BarInterval::M5, "2024-05-02T00:00:00Z"), 900..902).await;
    let now = at("2031-01-01T00:00:00Z");
    let due = catalog.due(&default_policies(), now).await.expect("a plan");
    assert_eq!(due.len(), 3);
    catalog.retire(&due, now, &utc).await.expect("done");
    let wanted = [
        ("2024-05-01T00:00:00Z".to_owned(), 100, 0),
        ("2024-05-02T00:00:00Z".to_owned(), 200, 0),
    ];
    assert_eq!(daily(&catalog).await, wanted);
    assert!(read(&catalog).await.is_empty());
    assert_eq!(catalog.list().await.expect("listed").len(), 1);
}

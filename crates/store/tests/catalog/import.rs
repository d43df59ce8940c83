//! Import of what files really look like, and export of the same.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use tradewind_codecs::table::{Ambiguous, BarStamp, Zone};
use tradewind_store::catalog::export::{ExportOptions, Format};
use tradewind_store::catalog::import::{ImportOptions, Report, Whose};
use tradewind_store::catalog::{Catalog, CatalogError, Kind, Query, Series};
use tradewind_types::market::BarInterval;
use tradewind_types::{InstrumentId, Market, UnixNanos};

use super::rows::memory;

const NOW: UnixNanos = UnixNanos(1_900_000_000_000_000_000);

fn id(text: &str) -> InstrumentId {
    text.parse().expect("an id")
}

fn options() -> ImportOptions {
    ImportOptions::bars(id("X.TEST"), BarInterval::M1, NOW)
}

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a file");
    path
}

async fn import(catalog: &Catalog, text: &str, options: &ImportOptions) -> Result<Report, CatalogError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = file(folder.path(), "bars.csv", text);
    catalog.import(&[path], options, |_| true).await
}

async fn opens(catalog: &Catalog) -> Vec<(i64, i64)> {
    let bars = catalog
        .bars(Series::bars(id("X.TEST"), BarInterval::M1), 0..i64::MAX)
        .await
        .expect("read");
    let seconds = bars.ts.iter().map(|ts| ts / 1_000_000_000);
    seconds.zip(bars.open.iter().copied()).collect()
}

/// The shared data; `None` where it is not there.
fn data(name: &str) -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("TRADEWIND_TEST_DATA").map_or(default, PathBuf::from);
    let path = folder.join("bars").join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is missing", path.display());
    None
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_nifty_bar_that_goes_in_comes_out_equal() {
    let Some(path) = data("NIFTY.NSE.1m.csv.gz") else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let files = tradewind_store::catalog::Files::local(folder.path()).expect("files");
    let catalog = Catalog::new(files);
    let options = ImportOptions {
        stamp: BarStamp::Close,
        ..ImportOptions::bars(id("NIFTY.NSE"), BarInterval::M1, NOW)
    };
    let paths = std::slice::from_ref(&path);
    let report = catalog.import(paths, &options, |_| true).await.expect("imported");
    // 7,125 of them, in July 2016, are in the file twice, word for word.
    let change = report.change;
    assert_eq!(
        (report.rows, change.added, change.unchanged, report.rejected),
        (352_920, 345_795, 7_125, 0)
    );
    assert_eq!(report.price_scale, 2);
    let again = catalog.import(paths, &options, |_| true).await.expect("imported");
    assert_eq!(
        (again.change.added, again.change.unchanged),
        (0, 352_920),
        "twice is once"
    );

    let out = folder.path().join("out.csv");
    let export = ExportOptions {
        zone: "Asia/Kolkata".parse::<Zone>().expect("a zone"),
        stamp: BarStamp::Close,
        columns: ["ts", "open", "high", "low", "close"]
            .map(|c| (c.to_owned(), c.to_owned()))
            .to_vec(),
        ..ExportOptions::new(Format::Csv)
    };
    let query = Query::all(Series::bars(id("NIFTY.NSE"), BarInterval::M1));
    let rows = catalog
        .export(&query, &export, &out.display().to_string(), |_| true)
        .await
        .expect("exported");
    assert_eq!(rows, 345_795);
    let mut given = String::new();
    let packed = std::fs::File::open(&path).expect("the data");
    flate2::read::MultiGzDecoder::new(packed)
        .read_to_string(&mut given)
        .expect("gzip");
    let got = std::fs::read_to_string(&out).expect("the export");
    let mut wanted: Vec<&str> = given.lines().skip(1).collect();
    wanted.sort_unstable();
    wanted.dedup();
    assert_eq!(wanted.len() + 1, got.lines().count());
    for (line, (given, got)) in wanted.into_iter().zip(got.lines().skip(1)).enumerate() {
        // Figures are compared as decimals: `5697.0` is `5697`.
        let cells = |text: &str| -> Vec<String> {
            let figure = |cell: &str| match cell.parse::<rust_decimal::Decimal>() {
                Ok(value) => value.normalize().to_string(),
                Err(_) => cell.to_owned(),
            };
            text.split(',').map(figure).collect()
        };
        assert_eq!(cells(given), cells(got), "row {}", line + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_are_mapped_in_any_order_and_stamps_are_read_in_their_zone() {
    let catalog = memory();
    let text = "Symbol,Adj,HI,lo,o,When,Vol\n\
                X,10.5,11,10,10.25,2021-07-01 09:31,7\n\
                X,10.75,11,10.5,10.5,2021-07-01 09:32,\n";
    let pair = |ours: &str, theirs: &str| (ours.to_owned(), theirs.to_owned());
    let options = ImportOptions {
        columns: vec![
            pair("close", "adj"),
            pair("high", "hi"),
            pair("low", "lo"),
            pair("open", "o"),
            pair("ts", "when"),
        ],
        zone: "America/New_York".parse().expect("a zone"),
        stamp: BarStamp::Close,
        ..options()
    };
    let report = import(&catalog, text, &options).await.expect("imported");
    assert_eq!(
        (report.price_scale, report.size_scale, report.change.added),
        (2, 0, 2)
    );
    assert_eq!(
        opens(&catalog).await,
        [(1_625_146_200, 1025), (1_625_146_260, 1050)]
    );
    let rows = catalog
        .read(&Query::all(Series::bars(id("X.TEST"), BarInterval::M1)))
        .await
        .expect("read");
    assert_eq!(
        (rows.get(6, 0), rows.get(6, 1)),
        (7, tradewind_store::catalog::NONE_WIDE)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_rows_go_to_the_reject_file_with_line_and_reason_and_the_rest_goes_in() {
    let catalog = memory();
    let folder = tempfile::tempdir().expect("a folder");
    let rejects = folder.path().join("rejects.csv");
    let text = "ts,open,high,low,close,volume\n\
                60,1,1,1,1,1\n\
                soon,1,1,1,1,1\n\
                120,1,0.5,1,1,1\n\
                180,2,2,2,2,2\n\
                60,1,1,1,1,1\n\
                180,3,3,3,3,3\n\
                240,0,1,0,1,1\n\
                300,1,1,1\n\
                0,4,4,4,4,4\n";
    let options = ImportOptions {
        rejects: Some(rejects.clone()),
        ..options()
    };
    let report = import(&catalog, text, &options).await.expect("imported");
    assert_eq!(opens(&catalog).await, [(0, 40), (60, 10), (180, 20)]);
    assert_eq!((report.rows, report.rejected, report.change.unchanged), (9, 5, 1));
    assert_eq!(report.out_of_order, 2);
    let written = std::fs::read_to_string(rejects).expect("the rejects");
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(lines[0], "file,line,reason,row");
    for (at, line, reason) in [
        (1, 3, "`soon` is no time stamp"),
        (2, 4, "the high is below the low"),
        (3, 8, "a price is 0 or below"),
        (4, 9, "4 cells, the header has 6"),
        (5, 7, "contradicts an earlier row"),
    ] {
        assert!(
            lines[at].contains(&format!("bars.csv\",{line},")),
            "{}",
            lines[at]
        );
        assert!(lines[at].contains(reason), "{}", lines[at]);
    }
    let strict = ImportOptions {
        rejects: None,
        rejects_max: Some(3),
        ..options
    };
    let other = memory();
    let refused = import(&other, text, &strict)
        .await
        .expect_err("too many")
        .to_string();
    assert!(
        refused.contains("more than 3 rows were rejected") && refused.contains("line 9"),
        "{refused}"
    );
    assert!(opens(&other).await.is_empty(), "nothing half-imported");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn local_times_that_came_twice_are_read_as_told() {
    let text = "ts,open,high,low,close\n\
                2021-11-07 00:59,1,1,1,1\n\
                2021-11-07 01:00,2,2,2,2\n\
                2021-11-07 01:59,3,3,3,3\n\
                2021-11-07 01:00,4,4,4,4\n\
                2021-11-07 02:00,5,5,5,5\n\
                2021-03-14 02:30,6,6,6,6\n";
    let with = |ambiguous| ImportOptions {
        zone: "America/New_York".parse().expect("a zone"),
        ambiguous,
        ..options()
    };
    let catalog = memory();
    let report = import(&catalog, text, &with(Ambiguous::Refuse))
        .await
        .expect("imported");
    assert_eq!((report.change.added, report.rejected), (2, 4));
    let catalog = memory();
    let in_order = with(Ambiguous::InOrder { repeats: false });
    let report = import(&catalog, text, &in_order).await.expect("imported");
    assert_eq!(
        (report.change.added, report.rejected),
        (5, 1),
        "{:?}",
        report.first_rejects
    );
    let start = 1_636_261_140;
    let wanted = [
        (start, 1),
        (start + 60, 2),
        (start + 3_600, 3),
        (start + 3_660, 4),
        (start + 7_260, 5),
    ];
    assert_eq!(opens(&catalog).await, wanted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_decimals_than_expected_begin_the_import_again_or_are_rejected() {
    let text =
        "ts,open,high,low,close,volume\n0,1,1,1,1,1\n60,1.5,1.5,1.5,1.5,0.00000001\n120,1.123,2,1,1,1e-3\n";
    let catalog = memory();
    let report = import(&catalog, text, &options()).await.expect("imported");
    assert_eq!(
        (report.price_scale, report.size_scale, report.rejected),
        (3, 8, 0)
    );
    assert_eq!(opens(&catalog).await, [(0, 1_000), (60, 1_500), (120, 1_123)]);
    let fixed = ImportOptions {
        price_scale: Some(2),
        size_scale: Some(8),
        ..options()
    };
    let report = import(&memory(), text, &fixed).await.expect("imported");
    assert_eq!((report.change.added, report.rejected), (2, 1));
    assert!(report.first_rejects[0].contains("line 4: open: `1.123` has more decimals than the 2"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_zip_of_csv_files_and_files_without_header_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("dump.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).expect("a file"));
    let plain = zip::write::SimpleFileOptions::default();
    for (name, text) in [
        (
            "X-2021-01.csv",
            "1609459200000,1,2,1,2,5\n1609459260000,2,3,2,3,6\n",
        ),
        ("readme.txt", "not data"),
        ("X-2021-02.csv", "1612137600000,3,4,3,4,7\nnonsense\n"),
    ] {
        zip.start_file(name, plain).expect("an entry");
        zip.write_all(text.as_bytes()).expect("written");
    }
    zip.finish().expect("a ZIP");
    let catalog = memory();
    let names = ["ts", "open", "high", "low", "close", "volume"];
    let options = ImportOptions {
        header: Some(names.map(str::to_owned).to_vec()),
        ..options()
    };
    let report = catalog
        .import(&[path], &options, |_| true)
        .await
        .expect("imported");
    assert_eq!((report.change.added, report.rejected), (3, 1));
    assert!(
        report.first_rejects[0].contains("dump.zip/X-2021-02.csv, line 2"),
        "{:?}",
        report.first_rejects
    );
    assert_eq!(opens(&catalog).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_exported_in_any_form_comes_in_again_equal() {
    let folder = tempfile::tempdir().expect("a folder");
    let catalog = memory();
    let rows: String = (0..100_000)
        .map(|n| {
            format!(
                "{},{}.{:02},{}.5,1.01,2,{}.125\n",
                n * 60,
                2 + n % 7,
                n % 100,
                12 + n % 7,
                n % 13
            )
        })
        .collect();
    let text = format!("ts,open,high,low,close,volume\n{rows}");
    import(&catalog, &text, &options()).await.expect("imported");
    let query = Query::all(Series::bars(id("X.TEST"), BarInterval::M1));
    let wanted = catalog
        .bars(query.series.clone(), 0..i64::MAX)
        .await
        .expect("read");
    assert_eq!(wanted.len(), 100_000);
    for name in ["a.csv", "a.csv.gz", "a.zip", "a.parquet"] {
        let path = folder.path().join(name);
        let export = ExportOptions::new(Format::of_name(name).expect("a form"));
        let count = catalog
            .export(&query, &export, &path.display().to_string(), |_| true)
            .await;
        assert_eq!(count.expect("exported"), 100_000, "{name}");
        let other = memory();
        let report = other
            .import(&[path], &options(), |_| true)
            .await
            .expect("imported");
        assert_eq!(
            (report.change.added, report.rejected),
            (100_000, 0),
            "{name}: {:?}",
            report.first_rejects
        );
        let got = other.bars(query.series.clone(), 0..i64::MAX).await.expect("read");
        assert_eq!(
            (got.scales, &got.ts, &got.open),
            (wanted.scales, &wanted.ts, &wanted.open),
            "{name}"
        );
        assert_eq!(
            (&got.low, &got.high, &got.volume),
            (&wanted.low, &wanted.high, &wanted.volume),
            "{name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trades_quotes_and_option_chains_are_imported_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let catalog = memory();
    let of = |kind| ImportOptions {
        kind,
        interval: None,
        ..options()
    };
    let trades = file(
        folder.path(),
        "t.csv",
        "ts,price,size,side\n5,10,1,BUY\n5,10,1,BUY\n5,10,1,s\n6,11,2,\n",
    );
    let report = catalog
        .import(std::slice::from_ref(&trades), &of(Kind::Trades), |_| true)
        .await
        .expect("imported");
    assert_eq!(
        report.change.added, 4,
        "trades without numbers at the same time are not the same"
    );
    let again = catalog
        .import(&[trades], &of(Kind::Trades), |_| true)
        .await
        .expect("imported");
    assert_eq!(again.change.unchanged, 4);
    let quotes = file(
        folder.path(),
        "q.csv",
        "ts,bid,ask\n5,9.99,10.01\n6,10.02,10.01\n",
    );
    let report = catalog
        .import(&[quotes], &of(Kind::Quotes), |_| true)
        .await
        .expect("imported");
    assert_eq!((report.change.added, report.rejected), (1, 1));
    let chain = file(
        folder.path(),
        "o.csv",
        "symbol,ts,expiry,strike,right,bid,ask,oi,iv\n\
         X24JAN100C,1704067200,2024-01-25,100,C,1.5,1.6,10,0.2\n\
         X24FEB100P,1704067200,20240229,100,PE,1.5,,20,\n",
    );
    let report = catalog
        .import(&[chain], &of(Kind::Options), |_| true)
        .await
        .expect("imported");
    assert_eq!(
        (report.change.added, report.rejected),
        (2, 0),
        "{:?}",
        report.first_rejects
    );
    let january = Query {
        expiries: Some((jiff::civil::date(2024, 1, 1), jiff::civil::date(2024, 1, 31))),
        ..Query::all(Series::of(Kind::Options, id("X.TEST")))
    };
    let rows = catalog.read(&january).await.expect("read");
    assert_eq!(
        (rows.len(), rows.symbol(0), rows.text(4, 0)),
        (1, "X24JAN100C", "call")
    );
    let listed = catalog.list().await.expect("listed");
    let files: Vec<_> = listed.iter().map(|l| (l.kind, l.files)).collect();
    assert_eq!(files, [("trades", 1), ("quotes", 1), ("options", 2)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_column_tells_whose_bars_they_are() {
    let catalog = memory();
    let text = "symbol,date,open,high,low,close,volume\n\
                AAPL,2024-01-02,1,1,1,1,1\nSPY,2024-01-02,2,2,2,2,2\nA B,2024-01-02,2,2,2,2,2\nAAPL,2024-01-03,3,3,3,3,3\n";
    let options = ImportOptions {
        whose: Whose::Column(Market::new("XNAS").expect("a market")),
        ..ImportOptions::bars(id("X.TEST"), BarInterval::DAY, NOW)
    };
    let report = import(&catalog, text, &options).await.expect("imported");
    assert_eq!((report.change.added, report.rejected), (3, 1));
    let aapl = catalog
        .bars(Series::bars(id("AAPL.XNAS"), BarInterval::DAY), 0..i64::MAX)
        .await
        .expect("read");
    assert_eq!(aapl.close, [1, 3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_import_leaves_nothing() {
    let catalog = memory();
    let rows: String = (0..200_000).map(|n| format!("{},1,1,1,1\n", n * 60)).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let path = file(folder.path(), "a.csv", &format!("ts,open,high,low,close\n{rows}"));
    let stopped = catalog.import(&[path], &options(), |p| p.rows < 100_000).await;
    assert!(stopped.expect_err("cancelled").to_string().contains("cancelled"));
    assert!(opens(&catalog).await.is_empty());
}

/// Peak of memory of this process, in bytes.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kib = line.and_then(|l| l.trim().trim_end_matches(" kB").trim().parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gigabyte_of_hostile_text_does_not_fill_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bomb.csv.gz");
    let file = std::fs::File::create(&path).expect("a file");
    let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    packed.write_all(b"ts,open,high,low,close\n").expect("written");
    // Half of it one line that never ends, half of it rows that are all in another month, and rejected or not.
    let block = vec![b'9'; 1 << 20];
    for _ in 0..512 {
        packed.write_all(&block).expect("written");
    }
    packed.write_all(b"\n").expect("written");
    let rows: Vec<u8> = (0..20_000u64)
        .flat_map(|n| format!("{},1,1,1,1\n,,,,,,,\n\"\"\"\n", n * 40_000_000 % 4_000_000_000).into_bytes())
        .collect();
    let mut left: usize = 512 << 20;
    while left > 0 {
        packed.write_all(&rows).expect("written");
        left = left.saturating_sub(rows.len());
    }
    packed.finish().expect("packed");
    let before = peak_memory();
    let catalog = memory();
    let report = catalog
        .import(&[path], &options(), |_| true)
        .await
        .expect("imported");
    assert!(report.rejected > 10_000_000, "{} rejected", report.rejected);
    assert_eq!(report.change.added, 100, "the others repeat them");
    let grown = peak_memory() - before;
    assert!(grown < 600 << 20, "memory grew by {} MB", grown >> 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bar_without_volume_stands_beside_one_whose_volume_needs_a_wide_decimal() {
    let catalog = memory();
    let text =
        "ts,open,high,low,close,volume\n1704186900,1,1,1,1,99999999999999999999\n1704186960,1,1,1,1,\n";
    let report = import(&catalog, text, &options()).await.expect("imported");
    assert_eq!((report.change.added, report.rejected), (2, 0));
    let series = Series::bars(id("X.TEST"), BarInterval::M1);
    let bars = catalog.bars(series, 0..i64::MAX).await.expect("read");
    assert_eq!((bars.volume.len(), bars.volume.nones()), (2, 1));
    assert_eq!(
        bars.volume.get(0),
        99_999_999_999_999_999_999 * 10i128.pow(bars.scales.size.into())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_columns_that_both_mean_the_time_are_refused_until_one_is_named() {
    let text = "date,time,open,high,low,close\n\
                2024-01-02,2024-01-02T09:31:00Z,1,1,1,1\n\
                2024-01-02,2024-01-02T09:32:00Z,2,2,2,2\n";
    let error = import(&memory(), text, &options())
        .await
        .expect_err("which?")
        .to_string();
    assert!(error.contains("date and time both mean ts"), "{error}");
    let catalog = memory();
    let named = ImportOptions {
        columns: vec![("ts".to_owned(), "time".to_owned())],
        ..options()
    };
    let report = import(&catalog, text, &named).await.expect("imported");
    assert_eq!(report.change.added, 2);
    // Our own name says more than another that is often used.
    let catalog = memory();
    let text = text.replace("date,time", "date,ts");
    import(&catalog, &text, &options()).await.expect("imported");
    assert_eq!(opens(&catalog).await, [(1_704_187_860, 1), (1_704_187_920, 2)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trades_without_numbers_are_told_apart_by_symbol_and_time_in_any_order() {
    let trades = |whose| ImportOptions {
        kind: Kind::Trades,
        whose,
        interval: None,
        ..options()
    };
    let catalog = memory();
    let of = |symbol: &str| Series::of(Kind::Trades, id(&format!("{symbol}.TEST")));
    let one = trades(Whose::One(id("A.TEST")));
    let text = "ts,price,size\n1700000001,1,1\n1700000002,2,1\n1700000001,3,1\n";
    let report = import(&catalog, text, &one).await.expect("imported");
    assert_eq!(
        (report.change.added, report.rejected),
        (3, 0),
        "{:?}",
        report.first_rejects
    );
    // The same trades between those of another symbol are the same trades.
    let all = trades(Whose::Column(Market::new("TEST").expect("a market")));
    let text = "symbol,ts,price,size\nA,1700000001,1,1\nB,1700000001,9,1\nA,1700000001,3,1\n\
                A,1700000002,2,1\nB,1700000001,8,1\n";
    let report = import(&catalog, text, &all).await.expect("imported");
    assert_eq!((report.change.added, report.change.unchanged), (2, 3));
    assert_eq!(catalog.read(&Query::all(of("A"))).await.expect("read").len(), 3);
    assert_eq!(catalog.read(&Query::all(of("B"))).await.expect("read").len(), 2);
}

/// Two weeks of a market that trades from 14:30 to 21:00 UTC; 2024-01-15 is a holiday.
fn sessions() -> tradewind_types::market::BarGrid {
    let span = |day: i8| tradewind_types::market::SessionSpan {
        date: jiff::civil::date(2024, 1, day),
        open: format!("2024-01-{day:02}T14:30:00Z").parse().expect("a time"),
        close: format!("2024-01-{day:02}T21:00:00Z").parse().expect("a time"),
    };
    let days = [8, 9, 10, 11, 12, 16, 17, 18, 19].map(span).to_vec();
    tradewind_types::market::SessionGrid::new(days)
        .expect("a grid")
        .into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closes_of_days_and_weeks_are_brought_to_their_opens_by_the_calendar_and_back() {
    let folder = tempfile::tempdir().expect("a folder");
    for (interval, text, wanted) in [
        (
            BarInterval::DAY,
            "2024-01-12T21:00:00Z,1,1,1,1\n2024-01-16T21:00:00Z,2,2,2,2\n2024-01-15T21:00:00Z,3,3,3,3\n",
            ["2024-01-12T14:30:00Z", "2024-01-16T14:30:00Z"],
        ),
        (
            BarInterval::WEEK,
            "2024-01-12T21:00:00Z,1,1,1,1\n2024-01-19T21:00:00Z,2,2,2,2\n",
            ["2024-01-08T14:30:00Z", "2024-01-16T14:30:00Z"],
        ),
        (
            // The last hour of a session is half an hour long.
            BarInterval::H1,
            "2024-01-12T20:30:00Z,1,1,1,1\n2024-01-12T21:00:00Z,2,2,2,2\n",
            ["2024-01-12T19:30:00Z", "2024-01-12T20:30:00Z"],
        ),
    ] {
        let catalog = memory();
        let given = format!("ts,open,high,low,close\n{text}");
        let closes = ImportOptions {
            interval: Some(interval),
            stamp: BarStamp::Close,
            grid: Some(sessions()),
            ..options()
        };
        let report = import(&catalog, &given, &closes).await.expect("imported");
        let holiday = u64::from(given.contains("01-15"));
        assert_eq!((report.change.added, report.rejected), (2, holiday), "{interval}");
        let query = Query::all(Series::bars(id("X.TEST"), interval));
        let rows = catalog.read(&query).await.expect("read");
        let opened = [0, 1].map(|row| UnixNanos(rows.ts(row).unsigned_abs()).to_string());
        assert_eq!(opened, wanted, "{interval}");
        let out = folder.path().join("out.csv").display().to_string();
        let export = |grid| ExportOptions {
            stamp: BarStamp::Close,
            grid,
            ..ExportOptions::new(Format::Csv)
        };
        catalog
            .export(&query, &export(Some(sessions())), &out, |_| true)
            .await
            .expect("exported");
        let got = std::fs::read_to_string(&out).expect("the export");
        let stamps: Vec<&str> = got
            .lines()
            .skip(1)
            .filter_map(|line| line.split(',').next())
            .collect();
        let given: Vec<&str> = text
            .lines()
            .take(2)
            .filter_map(|line| line.split(',').next())
            .collect();
        assert_eq!(stamps, given, "{interval}");
        if interval != BarInterval::H1 {
            let blind = ImportOptions { grid: None, ..closes };
            let error = import(&memory(), "ts\n", &blind)
                .await
                .expect_err("when did it open?");
            assert!(error.to_string().contains("need the calendar"), "{error}");
            let error = catalog.export(&query, &export(None), &out, |_| true).await;
            assert!(error.is_err_and(|e| e.to_string().contains("need the calendar")));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_wider_than_a_decimal_come_back_from_our_own_parquet() {
    let catalog = memory();
    let text = "ts,open,high,low,close,volume,value\n\
                1700000000,1.123456789012345678,1.123456789012345678,1.123456789012345678,\
                1.123456789012345678,3.000000000000000001,\n\
                1700000060,1,1,1,1,2,9\n";
    let wide = ImportOptions {
        price_scale: Some(18),
        size_scale: Some(18),
        ..options()
    };
    let report = import(&catalog, text, &wide).await.expect("imported");
    assert_eq!(report.change.added, 2, "{:?}", report.first_rejects);
    let query = Query::all(Series::bars(id("X.TEST"), BarInterval::M1));
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out.parquet");
    let mut told = Vec::new();
    catalog
        .export(
            &query,
            &ExportOptions::new(Format::Parquet),
            &out.display().to_string(),
            |rows| {
                told.push(rows);
                true
            },
        )
        .await
        .expect("exported");
    assert_eq!(told.last(), Some(&2));
    let again = memory();
    let report = again
        .import(&[out], &options(), |_| true)
        .await
        .expect("imported");
    assert_eq!(
        (report.change.added, report.rejected),
        (2, 0),
        "{:?}",
        report.first_rejects
    );
    let rows = again.read(&query).await.expect("read");
    // A value of 9 has 36 decimals there.
    assert_eq!(
        rows.get(7, 1),
        9 * 10_i128.pow(u32::from(rows.scales.price + rows.scales.size))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_export_tells_the_sum_and_leaves_nothing() {
    let catalog = memory();
    let mut text = "ts,open,high,low,close\n".to_owned();
    for month in 0..3 {
        text.push_str(&format!("{},1,1,1,1\n", 1_700_000_000 + month * 31 * 86_400));
    }
    import(&catalog, &text, &options()).await.expect("imported");
    let query = Query::all(Series::bars(id("X.TEST"), BarInterval::M1));
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out.parquet").display().to_string();
    let mut told = Vec::new();
    let done = catalog
        .export(&query, &ExportOptions::new(Format::Parquet), &out, |rows| {
            told.push(rows);
            rows < 2
        })
        .await;
    assert!(done.is_err());
    assert_eq!(told, [1, 2]);
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bars_closer_than_their_interval_are_rejected_in_whichever_order_they_come() {
    let rows = |seconds: &[i64]| {
        let row = |s: &i64| format!("{},1,1,1,1\n", 1_700_000_040 + s);
        format!(
            "ts,open,high,low,close\n{}",
            seconds.iter().map(row).collect::<String>()
        )
    };
    let report = import(&memory(), &rows(&[0, 1, 2, 60, 119, 120]), &options())
        .await
        .expect("imported");
    assert_eq!((report.change.added, report.rejected), (3, 3));
    let first = report.first_rejects.first().expect("a reason");
    assert!(
        first.contains("opens 1 s from the bar before it; bars of 1m are 60 s apart"),
        "{first}"
    );
    let report = import(&memory(), &rows(&[600, 540, 0, 60, 60, 30]), &options())
        .await
        .expect("imported");
    assert_eq!(
        (report.change.added, report.change.unchanged, report.rejected),
        (4, 1, 1)
    );
    // Four hours of local time are three when the clocks are set forward.
    let hours = ImportOptions {
        interval: Some("4h".parse().expect("an interval")),
        ..options()
    };
    let report = import(&memory(), &rows(&[0, 4 * 3_600, 7 * 3_600, 9 * 3_600]), &hours)
        .await
        .expect("imported");
    assert_eq!((report.change.added, report.rejected), (3, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dates_without_separators_are_days() {
    let catalog = memory();
    let daily = ImportOptions {
        interval: Some(BarInterval::DAY),
        ..options()
    };
    let text = "date,open,high,low,close\n20240102,1,1,1,1\n20240103,2,2,2,2\n";
    import(&catalog, text, &daily).await.expect("imported");
    let bars = catalog
        .bars(Series::bars(id("X.TEST"), BarInterval::DAY), 0..i64::MAX)
        .await
        .expect("read");
    assert_eq!(bars.ts, [1_704_153_600_000_000_000, 1_704_240_000_000_000_000]);
}

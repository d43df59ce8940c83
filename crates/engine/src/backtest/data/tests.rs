//! Files that are read, and files that are refused with their line.

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tradewind_types::market::BarInterval;

use super::*;

fn layout() -> Layout {
    Layout::bars(BarInterval::M1, 2, 4)
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    let bytes = if name.ends_with(".gz") {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(text.as_bytes()).expect("memory");
        packed.finish().expect("memory")
    } else {
        text.as_bytes().to_vec()
    };
    std::fs::write(&path, bytes).expect("a temporary file");
    path
}

fn read(layout: Layout, files: Vec<PathBuf>) -> Result<Chunk, DataError> {
    let kind = layout.kind;
    let mut source = CsvSource::new(files, layout);
    let (mut all, mut chunk) = (Chunk::new(kind), Chunk::new(kind));
    loop {
        source.fill(&mut chunk)?;
        if chunk.is_empty() {
            return Ok(all);
        }
        append(&chunk, 0..chunk.len(), &mut all);
    }
}

fn bars(text: &str) -> Result<BarColumns, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = write(folder.path(), "bars.csv", text);
    match read(layout(), vec![file]) {
        Ok(Chunk::Bars(columns)) => Ok(columns),
        Ok(_) => unreachable!("bars were asked for"),
        Err(error) => Err(error
            .to_string()
            .rsplit_once("bars.csv")
            .expect("the file is named")
            .1
            .to_owned()),
    }
}

#[test]
fn columns_come_in_any_order_and_case_and_extra_ones_are_ignored() {
    let text = "Close,note,OPEN,high,Low,Timestamp,Volume\r\n\
                10.5,\"a\",10,11.25,9.75,2020-01-01T00:00:00Z,1.5\r\n\
                \r\n\
                \"10.75\",b,10.5,11,10.5,1577836860,\r\n";
    let columns = bars(text).expect("good rows");
    assert_eq!(columns.ts, [1_577_836_800_000_000_000, 1_577_836_860_000_000_000]);
    assert_eq!(columns.open, [1000, 1050]);
    assert_eq!(columns.high, [1125, 1100]);
    assert_eq!(columns.low, [975, 1050]);
    assert_eq!(columns.close, [1050, 1075]);
    assert_eq!(columns.volume, [15_000, 0]);
}

#[test]
fn what_is_refused_is_refused_with_its_line() {
    let cases = [
        ("", ", line 1: the file is empty"),
        ("ts,open,high,low\n", ", line 1: the header has no column close"),
        ("open,high,low,close\n", ", line 1: the header has no column ts"),
        (
            "ts,open,high,low,close\n0,1,1,1\n",
            ", line 2: 4 cells, the header has 5",
        ),
        ("ts,open,high,low,close\n0,1,1,1,x\n", ", line 2: close: `x`"),
        (
            "ts,open,high,low,close\n0,1,1,1,\n",
            ", line 2: close: the cell is empty",
        ),
        (
            "ts,open,high,low,close\n\n0,1,1,1,1.234\n",
            ", line 3: close: `1.234` has more decimals",
        ),
        (
            "ts,open,high,low,close\nsoon,1,1,1,1\n",
            ", line 2: `soon` is no time stamp",
        ),
        (
            "ts,open,high,low,close\n0,1,0.5,1,1\n",
            ", line 2: the high is below the low",
        ),
        (
            "ts,open,high,low,close\n0,3,2,1,1\n",
            ", line 2: open or close lies outside",
        ),
        (
            "ts,open,high,low,close\n0,0,1,0,1\n",
            ", line 2: a price is 0 or below",
        ),
        (
            "ts,open,high,low,close,volume\n0,1,1,1,1,-1\n",
            ", line 2: the volume is below 0",
        ),
        (
            "ts,open,high,low,close\n60,1,1,1,1\n60,1,1,1,1\n",
            ", line 3: a second bar of",
        ),
        (
            "ts,open,high,low,close\n60,1,1,1,1\n0,1,1,1,1\n",
            ", line 3: 1970-01-01T00:00:00Z comes after",
        ),
        (
            "ts,open,high,low,close\n0,1,1,1,1\n30,1,1,1,1\n",
            ", line 3: the bar of 1970-01-01T00:00:30Z opens inside",
        ),
    ];
    for (text, wanted) in cases {
        let refused = bars(text).expect_err(text);
        assert!(refused.starts_with(wanted), "{text:?}: {refused}");
    }
}

#[test]
fn gaps_are_counted_or_refused() {
    let text = "ts,open,high,low,close\n0,1,1,1,1\n60,1,1,1,1\n300,1,1,1,1\n";
    let folder = tempfile::tempdir().expect("a folder");
    let file = write(folder.path(), "bars.csv", text);
    let mut source = CsvSource::new(vec![file.clone()], layout());
    let mut chunk = Chunk::new(DataKind::Bars);
    source.fill(&mut chunk).expect("good rows");
    let gaps = source.gaps();
    assert_eq!((gaps.count, gaps.longest, gaps.longest_at), (1, 3, 3));
    let strict = Layout {
        gaps: Gaps::Refuse,
        ..layout()
    };
    let refused = read(strict, vec![file]).expect_err("a gap").to_string();
    assert!(
        refused.contains("line 4: 3 bars are missing before 1970-01-01T00:05:00Z"),
        "{refused}"
    );
}

#[test]
fn packed_files_follow_one_another_and_closing_stamps_become_opening_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows = |from: u64, to: u64| -> String {
        let lines = (from..to).map(|n| format!("{},1,1,1,1\n", n * 60));
        std::iter::once("ts,open,high,low,close\n".to_owned())
            .chain(lines)
            .collect()
    };
    let files = vec![
        write(folder.path(), "a.csv.gz", &rows(1, 30_000)),
        write(folder.path(), "b.csv", &rows(30_000, 30_100)),
    ];
    let closing = Layout {
        stamp: BarStamp::Close,
        gaps: Gaps::Refuse,
        ..layout()
    };
    let Ok(Chunk::Bars(columns)) = read(closing.clone(), files.clone()) else {
        panic!("good rows")
    };
    assert_eq!(columns.ts.len(), 30_099);
    assert_eq!(columns.ts[0], 0);
    let turned = files.into_iter().rev().collect();
    let refused = read(closing, turned).expect_err("turned around").to_string();
    assert!(refused.contains("a.csv.gz, line 2"), "{refused}");
}

#[test]
fn quotes_without_sizes_show_more_than_any_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut quotes = layout();
    quotes.kind = DataKind::Quotes;
    let file = write(
        folder.path(),
        "q.csv",
        "ts,bid,ask,ask_size\n1,9.99,10.01,2\n1,9.98,10,\n",
    );
    let Ok(Chunk::Quotes(columns)) = read(quotes.clone(), vec![file]) else {
        panic!("good rows")
    };
    assert_eq!((columns.bid[1], columns.ask[1]), (998, 1000));
    assert_eq!(columns.ask_size[0], 20_000);
    assert!(columns.bid_size[0] > 1 << 50 && columns.ask_size[1] > 1 << 50);
    let crossed = write(folder.path(), "x.csv", "ts,bid,ask\n1,10.02,10.01\n");
    let refused = read(quotes, vec![crossed]).expect_err("crossed").to_string();
    assert!(refused.contains("line 2: the bid is above the ask"), "{refused}");
}

#[test]
fn trades_have_a_side_where_the_file_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut trades = layout();
    trades.kind = DataKind::Trades;
    let file = write(
        folder.path(),
        "t.csv",
        "ts,price,size,side\n1,10,1,BUY\n1,10,1,s\n2,10,1,\n",
    );
    let Ok(Chunk::Trades(columns)) = read(trades, vec![file]) else {
        panic!("good rows")
    };
    use tradewind_types::Side;
    assert_eq!(columns.aggressor, [Some(Side::Buy), Some(Side::Sell), None]);
}

#[test]
fn a_line_that_never_ends_is_refused_and_not_kept() {
    let text = format!("ts,open,high,low,close\n{}", "1".repeat(1 << 19));
    let refused = bars(&text).expect_err("too long");
    assert!(refused.contains("line 2: the line is longer"), "{refused}");
}

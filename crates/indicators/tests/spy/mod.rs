//! SPY's daily bars from the shared data, where it is.

use std::io::Read as _;
use std::path::PathBuf;

use tradewind_indicators::BarInput;
use tradewind_types::UnixNanos;

fn path() -> PathBuf {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let root = std::env::var("TRADEWIND_TEST_DATA").unwrap_or_else(|_| default.to_owned());
    PathBuf::from(root).join("bars/SPY.US.1d.csv.gz")
}

/// Days since 1970-01-01 of `YYYY-MM-DD` (proleptic Gregorian, counted from 1 March).
fn days(date: &str) -> u64 {
    let part = |range: std::ops::Range<usize>| date[range].parse::<u64>().unwrap();
    let (year, month, day) = (part(0..4), part(5..7), part(8..10));
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468
}

/// The bars, or `None` without the shared data.
pub(crate) fn bars() -> Option<Vec<BarInput>> {
    let packed = std::fs::read(path()).ok()?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(&packed[..])
        .read_to_string(&mut text)
        .unwrap();
    let bar = |line: &str| {
        let mut cells = line.split(',');
        let ts = UnixNanos::from_secs(days(cells.next().unwrap()) * 86_400);
        let mut number = || cells.next().unwrap().parse::<f64>().unwrap();
        let (open, high, low, close, volume) = (number(), number(), number(), number(), number());
        let value = (high + low + close) / 3.0 * volume;
        BarInput {
            ts,
            open,
            high,
            low,
            close,
            volume,
            value,
        }
    };
    Some(text.lines().skip(1).map(bar).collect())
}

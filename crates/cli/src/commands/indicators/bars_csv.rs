//! `ts,open,high,low,close[,volume]` as CSV: names in any case and order, other columns ignored, an empty cell = no
//! value (the bar is then none to an indicator that reads it).

use std::io::Read;
use std::path::Path;

use tradewind_indicators::{BarInput, Columns};

use crate::commands::named_csv::{self, NamedCsv, Refused, Row};
use crate::failure::Failure;

/// The columns that are read; the last may be missing.
const NAMES: [&str; 6] = ["ts", "open", "high", "low", "close", "volume"];
const VOLUME: usize = 5;

/// Bars of a file.
#[derive(Debug)]
pub(super) struct Bars {
    /// Time stamps as they are written.
    pub(super) stamps: Vec<String>,
    /// The figures.
    pub(super) columns: Columns,
    /// Whether there is a column of volumes.
    pub(super) has_volume: bool,
}

/// Reads a file, plain or gzip, or standard input (`-`). Time stamps ascend; they are RFC 3339, dates or times without
/// a zone (UTC), or epoch s/ms/µs/ns told apart by magnitude.
pub(super) fn read(path: &Path) -> Result<Bars, Failure> {
    named_csv::read(path, parse)
}

fn parse(input: Box<dyn Read>) -> Result<Bars, Refused> {
    let mut csv = NamedCsv::open(input, NAMES, VOLUME)?;
    let mut last = None;
    let (mut stamps, mut columns) = (Vec::new(), Columns::default());
    while let Some((stamp, bar)) = csv.next(row)? {
        if last.is_some_and(|last| bar.ts <= last) {
            return Err(csv.refused(format!("`{stamp}` is not after the bar before it")));
        }
        last = Some(bar.ts);
        stamps.push(stamp);
        columns.push(&bar);
    }
    Ok(Bars {
        stamps,
        columns,
        has_volume: csv.has(VOLUME),
    })
}

fn row(mut row: Row<'_, 6>) -> Result<(String, BarInput), String> {
    let figure = |at: usize| row.number(at).map(|value| value.unwrap_or(f64::NAN));
    let (open, high, low) = (figure(1)?, figure(2)?, figure(3)?);
    let (close, volume) = (figure(4)?, figure(VOLUME)?);
    if high < low {
        return Err(format!("the high {high} is below the low {low}"));
    }
    if volume < 0.0 {
        return Err(format!("the volume {volume} is below 0"));
    }
    let bar = BarInput {
        ts: row.stamp(0)?,
        open,
        high,
        low,
        close,
        volume,
        value: (high + low + close) / 3.0 * volume,
    };
    Ok((row.text(0).to_owned(), bar))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> (u64, String) {
        let refused = parse(Box::new(std::io::Cursor::new(text.to_owned()))).expect_err("refused");
        (refused.line, refused.reason)
    }

    #[test]
    fn columns_are_found_by_name_in_any_case_and_order() {
        let text = "\u{feff}Close,note,TS,\"Low\",HIGH,open\r\n2,x,2024-01-02,1,4,3\r\n\r\n2.5,y,2024-01-03T00:00:00Z,1,4,\r\n";
        let bars = parse(Box::new(std::io::Cursor::new(text.to_owned()))).expect("taken");
        assert_eq!(bars.stamps, ["2024-01-02", "2024-01-03T00:00:00Z"]);
        assert!(!bars.has_volume);
        let view = bars.columns.view();
        assert_eq!(
            (view.open[0], view.high[0], view.low[0], view.close[0]),
            (3.0, 4.0, 1.0, 2.0)
        );
        assert!(view.open[1].is_nan() && view.volume[0].is_nan());
    }

    #[test]
    fn time_stamps_are_read_in_every_form() {
        let expected: tradewind_types::UnixNanos = "2024-01-02T09:15:00Z".parse().expect("a time stamp");
        let at = |stamp: &str| {
            let text = format!("ts,open,high,low,close\n{stamp},1,2,1,2\n");
            let bars = parse(Box::new(std::io::Cursor::new(text)));
            bars.map(|bars| bars.columns.view().ts.first().copied())
        };
        for text in [
            "1704186900",
            "1704186900000",
            "1704186900000000",
            "1704186900000000000",
            "2024-01-02T14:45:00+05:30",
            "2024-01-02 09:15:00",
            "2024-01-02T09:15",
        ] {
            assert_eq!(at(text), Ok(Some(expected)), "{text}");
        }
        for text in ["", "soon", "2024-13-02", "-5", "1e9", "2024-01-02T99:00Z"] {
            assert!(at(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_refused_is_named_with_its_line() {
        const HEAD: &str = "ts,open,high,low,close,volume\n2024-01-02,1,2,1,2,5\n";
        assert_eq!(refused("").0, 1);
        assert!(refused("ts,open,high,close\n").1.contains("no column `low`"));
        for (rows, line, words) in [
            ("2024-01-03,1,2,1,abc,5\n", 3, "`abc` is not a number for `close`"),
            ("2024-01-03,1,2,1,NaN,5\n", 3, "`NaN` is not a number"),
            ("2024-01-03,1,2,1,2,-5\n", 3, "below 0"),
            ("2024-01-03,1,2\n", 3, "no `low` cell"),
            ("\n2024-01-01,1,2,1,2,5\n", 4, "not after the bar before"),
            ("2024-01-02,1,2,1,2,5\n", 3, "not after the bar before"),
            ("2024-01-03,1,1,2,2,5\n", 3, "is below the low"),
            ("x,1,2,1,2,5\n", 3, "is no time stamp"),
        ] {
            let (at, reason) = refused(&format!("{HEAD}{rows}"));
            assert_eq!(at, line, "{rows}");
            assert!(reason.contains(words), "{reason}");
        }
        let long = format!("{HEAD}{}", "9".repeat(1 << 19));
        assert!(refused(&long).1.contains("longer than"));
    }
}

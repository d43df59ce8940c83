//! `ts,return` as CSV: names in any case and order, other columns ignored, an empty cell = no value.

use std::io::Read;
use std::path::Path;

use tradewind_analytics::returns::{ReturnSeries, ReturnsError};

use crate::commands::named_csv::{self, NamedCsv, Refused};
use crate::failure::Failure;

const NAMES: [&str; 2] = ["ts", "return"];

/// Reads a file, plain or gzip, or standard input (`-`).
///
/// Time stamps are RFC 3339, dates (midnight UTC), or epoch s/ms/µs/ns told apart by magnitude.
pub(super) fn read(path: &Path) -> Result<ReturnSeries, Failure> {
    named_csv::read(path, parse)
}

fn parse(input: Box<dyn Read>) -> Result<ReturnSeries, Refused> {
    let mut csv = NamedCsv::open(input, NAMES, NAMES.len())?;
    let (mut ts, mut values, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(row) = csv.next(|mut row| match row.number(1)? {
        None => Ok(None),
        Some(value) => Ok(Some((row.stamp(0)?, value))),
    })? {
        let Some((stamp, value)) = row else { continue };
        ts.push(stamp);
        values.push(value);
        lines.push(csv.line());
    }
    ReturnSeries::new(ts, values).map_err(|error| {
        let index = match error {
            ReturnsError::NotFinite { index, .. }
            | ReturnsError::BelowTotalLoss { index, .. }
            | ReturnsError::NotAscending { index, .. } => index,
            _ => 0,
        };
        Refused {
            line: lines.get(index).copied().unwrap_or(csv.line()),
            reason: error.to_string(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<f64> {
        parse(Box::new(std::io::Cursor::new(text.to_owned())))
            .expect("taken")
            .values()
            .to_vec()
    }

    fn refused(text: &str) -> (u64, String) {
        let refused = parse(Box::new(std::io::Cursor::new(text.to_owned()))).expect_err("refused");
        (refused.line, refused.reason)
    }

    #[test]
    fn columns_are_found_by_name_and_empty_cells_are_no_values() {
        let text =
            "Return,note,TS\r\n0.01,x,2024-01-02\r\n,y,2024-01-03\r\n-0.5,z,2024-01-04T00:00:00Z\r\n\r\n";
        assert_eq!(values(text), [0.01, -0.5]);
        assert_eq!(values("ts,return\n"), [0.0; 0]);
    }

    #[test]
    fn epochs_are_told_apart_by_magnitude() {
        let expected: tradewind_types::UnixNanos = "2024-01-02T00:00:00Z".parse().expect("a time stamp");
        let at = |stamp: &str| {
            let text = format!("ts,return\n{stamp},0.01\n");
            let series = parse(Box::new(std::io::Cursor::new(text)));
            series.map(|series| series.ts().first().copied())
        };
        for text in [
            "1704153600",
            "1704153600000",
            "1704153600000000",
            "1704153600000000000",
            "2024-01-02",
            "2024-01-02T05:30:00+05:30",
        ] {
            assert_eq!(at(text), Ok(Some(expected)), "{text}");
        }
        for text in ["", "soon", "2024-13-02"] {
            assert!(at(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_refused_is_named_with_its_line() {
        assert_eq!(refused("").0, 1);
        assert_eq!(refused("date,return\n").0, 1);
        assert_eq!(refused("ts,return\n2024-01-02,abc\n").0, 2);
        assert_eq!(refused("ts,return\n2024-01-02,0.1\n\n2024-01-01,0.1\n").0, 4);
        let (line, reason) = refused("ts,return\n2024-01-02,0.1\n2024-01-03,NaN\n");
        assert_eq!(line, 3);
        assert!(reason.contains("`NaN` is not a number"), "{reason}");
        assert_eq!(refused("ts,return\n2024-01-02,-1.5\n").0, 2);
        assert_eq!(refused("ts,return\n2024-01-02\n").0, 2);
    }
}

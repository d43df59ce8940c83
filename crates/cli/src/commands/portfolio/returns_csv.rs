//! `ts,return` as CSV: names in any case and order, other columns ignored, an empty cell = no value.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use tradewind_analytics::returns::{ReturnSeries, ReturnsError};
use tradewind_types::UnixNanos;

use crate::failure::Failure;

/// Longest line; what is longer is no such file.
const LINE_LEN_MAX: u64 = 1 << 16;

/// Reads a file, plain or gzip, or standard input (`-`).
///
/// Time stamps are RFC 3339, dates (midnight UTC), or epoch s/ms/µs/ns told apart by magnitude.
pub(super) fn read(path: &Path) -> Result<ReturnSeries, Failure> {
    let raw: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(|e| Failure::Input(format!("{}: {e}", path.display())))?)
    };
    let mut input = BufReader::new(raw);
    let gzip = input.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    let parsed = if gzip {
        parse(BufReader::new(MultiGzDecoder::new(input)))
    } else {
        parse(input)
    };
    parsed.map_err(|refused| {
        Failure::Input(format!(
            "{}, line {}: {}",
            path.display(),
            refused.line,
            refused.reason
        ))
    })
}

/// Which line was refused, and why.
#[derive(Debug, PartialEq)]
struct Refused {
    line: usize,
    reason: String,
}

fn parse(mut input: impl BufRead) -> Result<ReturnSeries, Refused> {
    let mut text = String::new();
    let mut number = 0;
    let mut columns = None;
    let (mut ts, mut values, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    while next_line(&mut input, &mut text, number + 1)? {
        number += 1;
        let line = text.trim_end_matches(['\n', '\r']);
        let refuse = |reason: String| Refused { line: number, reason };
        let Some((ts_at, value_at)) = columns else {
            columns = Some(header(line).map_err(refuse)?);
            continue;
        };
        if line.trim().is_empty() {
            continue;
        }
        let cells: Vec<&str> = line.split(',').map(cell).collect();
        let at = |i: usize, name: &str| {
            cells
                .get(i)
                .copied()
                .ok_or_else(|| refuse(format!("there is no `{name}` cell")))
        };
        let value = at(value_at, "return")?;
        if value.is_empty() {
            continue;
        }
        let number_of = value.parse::<f64>();
        values.push(number_of.map_err(|_| refuse(format!("`{value}` is not a return such as -0.0125")))?);
        ts.push(instant(at(ts_at, "ts")?).map_err(refuse)?);
        lines.push(number);
    }
    if columns.is_none() {
        let reason = "a header row with `ts` and `return` is needed".to_owned();
        return Err(Refused { line: 1, reason });
    }
    ReturnSeries::new(ts, values).map_err(|error| {
        let index = match error {
            ReturnsError::NotFinite { index, .. }
            | ReturnsError::BelowTotalLoss { index, .. }
            | ReturnsError::NotAscending { index, .. } => index,
            _ => 0,
        };
        Refused {
            line: lines.get(index).copied().unwrap_or(number),
            reason: error.to_string(),
        }
    })
}

/// Reads the next line into `text`; false at the end.
fn next_line(input: &mut impl BufRead, text: &mut String, line: usize) -> Result<bool, Refused> {
    text.clear();
    let read = input.take(LINE_LEN_MAX).read_line(text);
    let read = read.map_err(|e| Refused {
        line,
        reason: e.to_string(),
    })?;
    if read as u64 == LINE_LEN_MAX && !text.ends_with('\n') {
        let reason = format!("longer than {LINE_LEN_MAX} bytes");
        return Err(Refused { line, reason });
    }
    Ok(read > 0)
}

/// A cell without spaces and quotes around it.
fn cell(text: &str) -> &str {
    text.trim().trim_matches('"')
}

/// Places of `ts` and `return` in the header row.
fn header(line: &str) -> Result<(usize, usize), String> {
    let names: Vec<String> = line
        .trim_start_matches('\u{feff}')
        .split(',')
        .map(|name| cell(name).to_ascii_lowercase())
        .collect();
    let place = |wanted: &str| {
        names.iter().position(|name| name == wanted).ok_or_else(|| {
            format!(
                "there is no column `{wanted}`; the header says `{}`",
                names.join(",")
            )
        })
    };
    Ok((place("ts")?, place("return")?))
}

fn instant(text: &str) -> Result<UnixNanos, String> {
    let refuse =
        || format!("`{text}` is not a time stamp: RFC 3339, a date, or epoch s, ms, µs or ns is needed");
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        let number: u64 = text.parse().map_err(|_| refuse())?;
        // Seconds reach 10¹¹ in the year 5138, milliseconds 10¹¹ in 1973: what is larger is finer.
        let per_unit = match number {
            0..100_000_000_000 => 1_000_000_000,
            100_000_000_000..100_000_000_000_000 => 1_000_000,
            100_000_000_000_000..100_000_000_000_000_000 => 1_000,
            _ => 1,
        };
        return number.checked_mul(per_unit).map(UnixNanos).ok_or_else(refuse);
    }
    if text.len() == 10 {
        return format!("{text}T00:00:00Z").parse().map_err(|_| refuse());
    }
    text.parse().map_err(|_| refuse())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<f64> {
        parse(text.as_bytes()).expect("taken").values().to_vec()
    }

    fn refused(text: &str) -> (usize, String) {
        let refused = parse(text.as_bytes()).expect_err("refused");
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
        let expected: UnixNanos = "2024-01-02T00:00:00Z".parse().expect("a time stamp");
        for text in [
            "1704153600",
            "1704153600000",
            "1704153600000000",
            "1704153600000000000",
            "2024-01-02",
            "2024-01-02T05:30:00+05:30",
        ] {
            assert_eq!(instant(text), Ok(expected), "{text}");
        }
        assert!(instant("").is_err() && instant("soon").is_err() && instant("2024-13-02").is_err());
    }

    #[test]
    fn what_is_refused_is_named_with_its_line() {
        assert_eq!(refused("").0, 1);
        assert_eq!(refused("date,return\n").0, 1);
        assert_eq!(refused("ts,return\n2024-01-02,abc\n").0, 2);
        assert_eq!(refused("ts,return\n2024-01-02,0.1\n\n2024-01-01,0.1\n").0, 4);
        let (line, reason) = refused("ts,return\n2024-01-02,0.1\n2024-01-03,NaN\n");
        assert_eq!(line, 3);
        assert!(reason.contains("finite"), "{reason}");
        assert_eq!(refused("ts,return\n2024-01-02,-1.5\n").0, 2);
        assert_eq!(refused("ts,return\n2024-01-02\n").0, 2);
    }
}

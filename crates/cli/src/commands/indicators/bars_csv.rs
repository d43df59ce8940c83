//! `ts,open,high,low,close[,volume]` as CSV: names in any case and order, other columns ignored, an empty cell = no
//! value (the bar is then none to an indicator that reads it).

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use tradewind_indicators::{BarInput, Columns};
use tradewind_types::UnixNanos;

use crate::failure::Failure;

/// Longest line; what is longer is no such file.
const LINE_LEN_MAX: u64 = 1 << 16;
/// The columns that are read, in the order in which places are kept; the last may be missing.
const NAMES: [&str; 6] = ["ts", "open", "high", "low", "close", "volume"];

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
    let raw: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(|e| Failure::Input(format!("{}: {e}", path.display())))?)
    };
    let mut input = BufReader::with_capacity(1 << 16, raw);
    let gzip = input.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    let parsed = if gzip {
        parse(BufReader::new(MultiGzDecoder::new(input)))
    } else {
        parse(input)
    };
    parsed.map_err(|Refused { line, reason }| {
        Failure::Input(format!("{}, line {line}: {reason}", path.display()))
    })
}

/// Which line was refused, and why.
#[derive(Debug, PartialEq)]
struct Refused {
    line: usize,
    reason: String,
}

fn parse(mut input: impl BufRead) -> Result<Bars, Refused> {
    let mut text = String::new();
    let mut number = 0;
    let mut places = None;
    let mut last = None;
    let (mut stamps, mut columns) = (Vec::new(), Columns::default());
    while next_line(&mut input, &mut text, number + 1)? {
        number += 1;
        let line = text.trim_end_matches(['\n', '\r']);
        let refuse = |reason: String| Refused { line: number, reason };
        let Some(places) = &places else {
            places = Some(header(line).map_err(refuse)?);
            continue;
        };
        if line.trim().is_empty() {
            continue;
        }
        let (stamp, bar) = row(line, places).map_err(refuse)?;
        if last.is_some_and(|last| bar.ts <= last) {
            return Err(refuse(format!("`{stamp}` is not after the bar before it")));
        }
        last = Some(bar.ts);
        stamps.push(stamp.to_owned());
        columns.push(&bar);
    }
    let Some(places) = places else {
        let reason = "a header row `ts,open,high,low,close` is needed".to_owned();
        return Err(Refused { line: 1, reason });
    };
    Ok(Bars {
        stamps,
        columns,
        has_volume: places[5].is_some(),
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

/// Places of the columns in a row, in the order of [`NAMES`].
type Places = [Option<usize>; 6];

fn header(line: &str) -> Result<Places, String> {
    let names: Vec<String> = line
        .trim_start_matches('\u{feff}')
        .split(',')
        .map(|name| cell(name).to_ascii_lowercase())
        .collect();
    let places = NAMES.map(|wanted| names.iter().position(|name| name == wanted));
    match places[..5].iter().position(Option::is_none) {
        None => Ok(places),
        Some(missing) => Err(format!(
            "there is no column `{}`; the header says `{}`",
            NAMES[missing],
            names.join(",")
        )),
    }
}

fn row<'a>(line: &'a str, places: &Places) -> Result<(&'a str, BarInput), String> {
    let mut cells = [None; 6];
    for (at, text) in line.split(',').enumerate() {
        for (kept, place) in cells.iter_mut().zip(places) {
            if *place == Some(at) {
                *kept = Some(cell(text));
            }
        }
    }
    let figure = |at: usize| match (cells[at], places[at]) {
        (Some(""), _) | (None, None) => Ok(f64::NAN),
        (Some(text), _) => number(text, NAMES[at]),
        (None, Some(_)) => Err(format!("there is no `{}` cell", NAMES[at])),
    };
    let (open, high, low) = (figure(1)?, figure(2)?, figure(3)?);
    let (close, volume) = (figure(4)?, figure(5)?);
    if high < low {
        return Err(format!("the high {high} is below the low {low}"));
    }
    let stamp = cells[0].ok_or("there is no `ts` cell")?;
    let bar = BarInput {
        ts: instant(stamp)?,
        open,
        high,
        low,
        close,
        volume,
        value: (high + low + close) / 3.0 * volume,
    };
    Ok((stamp, bar))
}

fn number(text: &str, name: &str) -> Result<f64, String> {
    let parsed = text.parse::<f64>().ok().filter(|value| value.is_finite());
    let value = parsed.ok_or_else(|| format!("`{text}` is not a number for `{name}` such as 101.25"))?;
    if name == "volume" && value < 0.0 {
        return Err(format!("the volume {text} is below 0"));
    }
    Ok(value)
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
    if let Ok(instant) = text.parse() {
        return Ok(instant);
    }
    if text.ends_with(['Z', 'z']) {
        return Err(refuse());
    }
    let civil: DateTime = text.parse().map_err(|_| refuse())?;
    let zoned = civil.to_zoned(TimeZone::UTC).map_err(|_| refuse())?;
    let nanos = zoned.timestamp().as_nanosecond();
    u64::try_from(nanos).map(UnixNanos).map_err(|_| refuse())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> (usize, String) {
        let refused = parse(text.as_bytes()).expect_err("refused");
        (refused.line, refused.reason)
    }

    #[test]
    fn columns_are_found_by_name_in_any_case_and_order() {
        let text = "\u{feff}Close,note,TS,\"Low\",HIGH,open\r\n2,x,2024-01-02,1,4,3\r\n\r\n2.5,y,2024-01-03T00:00:00Z,1,4,\r\n";
        let bars = parse(text.as_bytes()).expect("taken");
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
        let expected: UnixNanos = "2024-01-02T09:15:00Z".parse().expect("a time stamp");
        for text in [
            "1704186900",
            "1704186900000",
            "1704186900000000",
            "1704186900000000000",
            "2024-01-02T14:45:00+05:30",
            "2024-01-02 09:15:00",
            "2024-01-02T09:15",
        ] {
            assert_eq!(instant(text), Ok(expected), "{text}");
        }
        for text in ["", "soon", "2024-13-02", "-5", "1e9", "2024-01-02T99:00Z"] {
            assert!(instant(text).is_err(), "{text}");
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
            ("x,1,2,1,2,5\n", 3, "is not a time stamp"),
        ] {
            let (at, reason) = refused(&format!("{HEAD}{rows}"));
            assert_eq!(at, line, "{rows}");
            assert!(reason.contains(words), "{reason}");
        }
        let long = format!("{HEAD}{}", "9".repeat(1 << 17));
        assert!(refused(&long).1.contains("longer than"));
    }
}

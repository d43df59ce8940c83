//! Small files of figures with their times: funding rates, exchange rates, measured latencies.
//!
//! CSV with a header: `ts` and one figure; times ascend strictly. Stamps are as in market data.

use std::path::Path;

use rust_decimal::Decimal;
use tradewind_types::UnixNanos;
use tradewind_types::num::parse_decimal;

use super::{ConfigError, Folder, Section};

/// A file's bytes at most.
const BYTES_MAX: u64 = 64 << 20;

/// Reads the file that `key` names: each row's time and figure.
pub(super) fn read(
    section: &Section<'_>,
    key: &'static str,
    folder: Folder<'_>,
    figure: &str,
) -> Result<Vec<(UnixNanos, Decimal)>, ConfigError> {
    let Some(name) = section.text(key)? else {
        return Err(section.missing(key, &format!("a CSV file with the columns ts and {figure}")));
    };
    let path = folder.file(section, key, name)?;
    let refuse = |message: String| section.error(key, format!("{}: {message}", folder.shown(&path)));
    let text = text_of(&path).map_err(&refuse)?;
    rows(&text, figure).map_err(refuse)
}

fn text_of(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|e| e.to_string())?.len();
    if size > BYTES_MAX {
        return Err(format!("longer than {BYTES_MAX} bytes"));
    }
    std::fs::read_to_string(path).map_err(|e| e.to_string())
}

fn rows(text: &str, figure: &str) -> Result<Vec<(UnixNanos, Decimal)>, String> {
    let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    let (_, header) = lines
        .next()
        .ok_or_else(|| format!("is empty; it needs a header: ts,{figure}"))?;
    let names: Vec<String> = header.split(',').map(|c| c.trim().to_ascii_lowercase()).collect();
    let place = |wanted: &str| {
        let found = names.iter().position(|name| name == wanted);
        found.ok_or_else(|| format!("line 1: there is no column {wanted}; it needs ts,{figure}"))
    };
    let (ts, value) = (place("ts")?, place(figure)?);
    let mut rows: Vec<(UnixNanos, Decimal)> = Vec::new();
    for (at, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let number = at + 1;
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let cell = |place: usize| {
            let found = cells.get(place).filter(|c| !c.is_empty());
            found.ok_or_else(|| format!("line {number}: a cell is missing"))
        };
        let stamp =
            crate::backtest::data::read_stamp(cell(ts)?).map_err(|e| format!("line {number}: {e}"))?;
        let read = parse_decimal(cell(value)?).map_err(|e| format!("line {number}: {figure}: {e}"))?;
        if rows.last().is_some_and(|(last, _)| last.0 >= stamp) {
            return Err(format!("line {number}: times must ascend, each once"));
        }
        rows.push((UnixNanos(stamp), read));
    }
    if rows.is_empty() {
        return Err("has no rows".to_owned());
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_a_time_and_a_figure_and_ascend() {
        let read = rows(
            "rate, ts\n0.0001,2024-01-01\n-0.0002,2024-01-01T08:00:00Z\n",
            "rate",
        );
        let read = read.expect("reads");
        assert_eq!(read.len(), 2);
        assert_eq!(read[1].1, Decimal::new(-2, 4));
        assert_eq!(read[1].0.since(read[0].0), 8 * 3_600 * 1_000_000_000);
        for (text, wanted) in [
            ("", "is empty"),
            ("ts\n", "no column rate"),
            ("ts,rate\n", "has no rows"),
            (
                "ts,rate\n2024-01-02,1\n2024-01-01,1\n",
                "line 3: times must ascend",
            ),
            ("ts,rate\n2024-01-02,x\n", "line 2: rate"),
            ("ts,rate\n2024-01-02\n", "line 2: a cell is missing"),
        ] {
            let error = rows(text, "rate").expect_err("refused");
            assert!(error.contains(wanted), "{error}");
        }
    }
}

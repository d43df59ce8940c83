//! Bytes to lines of cells, and the header among them. CSV by its separator, XLSX by its first sheet.

use std::io::{Cursor, Read};

use calamine::{Data, Reader, Xlsx};

use super::{ROWS_MAX, StatementError};

/// Most cells of a line.
const CELLS_MAX: usize = 200;
/// Most bytes of a cell.
const CELL_BYTES_MAX: usize = 4_000;
/// Lines in which the header may be.
const HEADER_WITHIN: usize = 60;
/// What an XLSX archive may unpack to, all parts together.
const UNPACKED_MAX: usize = 100_000_000;

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Counted from 1.
    pub(super) number: u32,
    /// Trimmed.
    pub(super) cells: Vec<String>,
}

/// All lines that are not empty.
pub(super) fn lines(bytes: &[u8]) -> Result<Vec<Line>, StatementError> {
    if bytes.starts_with(b"PK\x03\x04") {
        xlsx(bytes)
    } else {
        csv_lines(bytes)
    }
}

fn push(lines: &mut Vec<Line>, number: usize, cells: Vec<String>) -> Result<(), StatementError> {
    let too_much = |what, max| StatementError::TooMuch { what, max };
    if cells.iter().all(String::is_empty) {
        return Ok(());
    }
    if cells.len() > CELLS_MAX {
        return Err(too_much("columns", CELLS_MAX));
    }
    if cells.iter().any(|c| c.len() > CELL_BYTES_MAX) {
        return Err(too_much("characters in a cell", CELL_BYTES_MAX));
    }
    if lines.len() >= ROWS_MAX {
        return Err(too_much("rows", ROWS_MAX));
    }
    lines.push(Line {
        number: u32::try_from(number).unwrap_or(u32::MAX),
        cells,
    });
    Ok(())
}

fn csv_lines(bytes: &[u8]) -> Result<Vec<Line>, StatementError> {
    let unreadable = |reason: String| StatementError::Unreadable {
        format: "CSV",
        reason,
    };
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8 text".to_owned()))?;
    if text.contains('\0') {
        return Err(unreadable("it holds zero bytes".to_owned()));
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator(text))
        .from_reader(text.as_bytes());
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| unreadable(e.to_string()))?;
        let number = record
            .position()
            .map_or(0, |p| usize::try_from(p.line()).unwrap_or(0));
        push(
            &mut lines,
            number,
            record.iter().map(|c| c.trim().to_owned()).collect(),
        )?;
    }
    Ok(lines)
}

/// The separator that the first lines have most of.
fn separator(text: &str) -> u8 {
    let head: Vec<&str> = text.lines().take(20).collect();
    let count = |c: char| head.iter().map(|line| line.matches(c).count()).max().unwrap_or(0);
    let candidates = [(b',', count(',')), (b';', count(';')), (b'\t', count('\t'))];
    // Of equal counts the first wins: a comma.
    candidates
        .iter()
        .rev()
        .max_by_key(|(_, n)| *n)
        .map_or(b',', |(c, _)| *c)
}

fn xlsx(bytes: &[u8]) -> Result<Vec<Line>, StatementError> {
    let unreadable = |reason: String| StatementError::Unreadable {
        format: "XLSX",
        reason,
    };
    check_unpacked(bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|e| unreadable(e.to_string()))?;
    let sheet = match book.worksheet_range_at(0) {
        Some(sheet) => sheet.map_err(|e| unreadable(e.to_string()))?,
        None => return Err(unreadable("it has no sheet".to_owned())),
    };
    let first = sheet.start().map_or(0, |(row, _)| row as usize);
    let mut lines = Vec::new();
    for (n, row) in sheet.rows().enumerate() {
        push(&mut lines, first + n + 1, row.iter().map(cell).collect())?;
    }
    Ok(lines)
}

/// Unpacks every part into nothing, up to a bound: what an archive says of its sizes need not be true.
fn check_unpacked(bytes: &[u8]) -> Result<(), StatementError> {
    let unreadable = |e: zip::result::ZipError| StatementError::Unreadable {
        format: "XLSX",
        reason: e.to_string(),
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    let mut left = UNPACKED_MAX as u64;
    for n in 0..archive.len() {
        let part = archive.by_index(n).map_err(unreadable)?;
        let read = std::io::copy(&mut part.take(left + 1), &mut std::io::sink());
        let read = read.map_err(|e| StatementError::Unreadable {
            format: "XLSX",
            reason: e.to_string(),
        })?;
        left = left.checked_sub(read).ok_or(StatementError::TooMuch {
            what: "bytes when unpacked",
            max: UNPACKED_MAX,
        })?;
    }
    Ok(())
}

/// A cell as text; numbers as the shortest decimal that is the same floating-point number, which is what was typed.
fn cell(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.trim().to_owned(),
        Data::Bool(value) => value.to_string(),
        Data::Int(value) => value.to_string(),
        Data::Float(value) => value.to_string(),
        Data::DateTime(stamp) => {
            // Days since 1899-12-30; to the nearest millisecond, the format's own precision.
            let millis = (stamp.as_f64() * 86_400_000.0).round();
            let at = jiff::civil::date(1899, 12, 30).to_datetime(jiff::civil::Time::midnight());
            let moved = at.checked_add(jiff::SignedDuration::from_millis(millis as i64));
            moved.map_or_else(|_| String::new(), |at| at.to_string())
        }
    }
}

/// A column's name as compared: letters and digits alone, in lower case.
pub(super) fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Index of the line that has all these columns, or those that the best line lacks.
pub(super) fn header_of(lines: &[Line], columns: &[&str]) -> Result<usize, String> {
    let mut best: Option<Vec<&str>> = None;
    for (at, line) in lines.iter().take(HEADER_WITHIN).enumerate() {
        let names: Vec<String> = line.cells.iter().map(|c| plain(c)).collect();
        // `a|b` is one column under either name.
        let has = |column: &&str| column.split('|').any(|c| names.contains(&plain(c)));
        let missing: Vec<&str> = columns.iter().copied().filter(|c| !has(c)).collect();
        if missing.is_empty() {
            return Ok(at);
        }
        if best.as_ref().is_none_or(|b| missing.len() < b.len()) {
            best = Some(missing);
        }
    }
    Err(best.unwrap_or_else(|| columns.to_vec()).join(", "))
}

/// A header with the lines below it.
pub(super) struct Sheet<'a> {
    names: Vec<String>,
    /// Below the header.
    pub(super) lines: &'a [Line],
}

impl<'a> Sheet<'a> {
    /// Finds the header.
    pub(super) fn of(lines: &'a [Line], columns: &[&str]) -> Result<Self, String> {
        let at = header_of(lines, columns)?;
        Ok(Self::under(&lines[at], &lines[at + 1..]))
    }

    /// With a known header.
    pub(super) fn under(header: &Line, lines: &'a [Line]) -> Self {
        Self {
            names: header.cells.iter().map(|c| plain(c)).collect(),
            lines,
        }
    }

    /// A cell by the first of its column's names that is there; empty when there is none.
    pub(super) fn get<'l>(&self, line: &'l Line, column: &str) -> &'l str {
        let at = column.split('|').find_map(|name| {
            let name = plain(name);
            self.names.iter().position(|n| *n == name)
        });
        at.and_then(|at| line.cells.get(at)).map_or("", String::as_str)
    }
}

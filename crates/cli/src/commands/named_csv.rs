//! CSV files whose header names their columns, in any case and order: what `indicators compute` and `portfolio metrics`
//! read. Other columns are ignored; files are plain or gzip, `-` is standard input. Lines, cells and stamps are those of
//! every data file ([`tradewind_codecs::table`]).

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use tradewind_codecs::table::StampReader;
use tradewind_codecs::table::lines::{Lines, cut};
use tradewind_types::UnixNanos;

use crate::failure::Failure;

/// Columns of a file that are looked at.
const COLUMNS_MAX: usize = 256;

/// Which line was refused, and why.
#[derive(Debug, PartialEq)]
pub(crate) struct Refused {
    pub(crate) line: u64,
    pub(crate) reason: String,
}

/// Opens a file and lets `parse` read it.
pub(crate) fn read<T>(
    path: &Path,
    parse: impl FnOnce(Box<dyn Read>) -> Result<T, Refused>,
) -> Result<T, Failure> {
    let raw: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(|e| Failure::Input(format!("{}: {e}", path.display())))?)
    };
    let mut input = BufReader::with_capacity(1 << 16, raw);
    let gzip = input.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    let input: Box<dyn Read> = if gzip {
        Box::new(MultiGzDecoder::new(input))
    } else {
        Box::new(input)
    };
    parse(input).map_err(|Refused { line, reason }| {
        Failure::Input(format!("{}, line {line}: {reason}", path.display()))
    })
}

/// Rows of named columns.
pub(crate) struct NamedCsv<const N: usize> {
    lines: Lines<Box<dyn Read>>,
    stamps: StampReader,
    names: [&'static str; N],
    places: [Option<usize>; N],
}

/// A row's cells, in the order of the names; `None` for a column that the file does not have.
pub(crate) struct Row<'a, const N: usize> {
    cells: [Option<&'a str>; N],
    stamps: &'a mut StampReader,
    names: [&'static str; N],
}

impl<const N: usize> NamedCsv<N> {
    /// Reads the header. The first `needed` of the names have to be there.
    pub(crate) fn open(
        input: Box<dyn Read>,
        names: [&'static str; N],
        needed: usize,
    ) -> Result<Self, Refused> {
        let mut csv = Self {
            lines: Lines::new(input),
            stamps: StampReader::default(),
            names,
            places: [None; N],
        };
        let line = csv.lines.next_line();
        let line = line.map_err(|e| csv.refused_next(e.to_string()))?;
        let Some(line) = line else {
            let wanted = names[..needed].join(",");
            return Err(Refused {
                line: 1,
                reason: format!("a header row `{wanted}` is needed"),
            });
        };
        let header = csv.lines.text(line);
        let header = header.strip_prefix("\u{feff}".as_bytes()).unwrap_or(header);
        let mut found: Vec<String> = Vec::new();
        let mut rest = Some(header);
        while let Some(cells) = rest.filter(|_| found.len() < COLUMNS_MAX) {
            let (cell, after) = cut(cells, b',');
            found.push(String::from_utf8_lossy(cell).trim().to_ascii_lowercase());
            rest = after;
        }
        csv.places = names.map(|wanted| found.iter().position(|name| name == wanted));
        match csv.places[..needed].iter().position(Option::is_none) {
            None => Ok(csv),
            Some(missing) => Err(csv.refused(format!(
                "there is no column `{}`; the header says `{}`",
                names[missing],
                found.join(",")
            ))),
        }
    }

    /// Whether the file has a column.
    pub(crate) fn has(&self, column: usize) -> bool {
        self.places[column].is_some()
    }

    /// The number of the last line, counted from 1.
    pub(crate) fn line(&self) -> u64 {
        self.lines.number()
    }

    /// A refusal of the last line.
    pub(crate) fn refused(&self, reason: String) -> Refused {
        let line = self.lines.number();
        Refused { line, reason }
    }

    fn refused_next(&self, reason: String) -> Refused {
        let line = self.lines.number() + 1;
        Refused { line, reason }
    }

    /// Hands the next row that is not empty to `take`; `None` at the end.
    pub(crate) fn next<T>(
        &mut self,
        take: impl FnOnce(Row<'_, N>) -> Result<T, String>,
    ) -> Result<Option<T>, Refused> {
        loop {
            let line = self.lines.next_line();
            let line = line.map_err(|e| self.refused_next(e.to_string()))?;
            let Some(line) = line else { return Ok(None) };
            let number = self.lines.number();
            let refuse = |reason: String| Refused { line: number, reason };
            let text = std::str::from_utf8(self.lines.text(line));
            let text = text.map_err(|e| refuse(e.to_string()))?;
            if text.trim().is_empty() {
                continue;
            }
            let row = Row {
                cells: cells(text, &self.places, &self.names).map_err(refuse)?,
                stamps: &mut self.stamps,
                names: self.names,
            };
            return take(row).map(Some).map_err(refuse);
        }
    }
}

fn cells<'a, const N: usize>(
    text: &'a str,
    places: &[Option<usize>; N],
    names: &[&str; N],
) -> Result<[Option<&'a str>; N], String> {
    let mut found = [None; N];
    let mut rest = Some(text.as_bytes());
    for at in 0..COLUMNS_MAX {
        let Some(line) = rest else { break };
        let (cell, after) = cut(line, b',');
        rest = after;
        for (kept, _) in found
            .iter_mut()
            .zip(places)
            .filter(|(_, place)| **place == Some(at))
        {
            // Cells are cut at marks of one byte: what was text stays text.
            *kept = std::str::from_utf8(cell).ok().map(str::trim);
        }
    }
    let short = (0..N).find(|at| places[*at].is_some() && found[*at].is_none());
    short.map_or(Ok(found), |at| Err(format!("there is no `{}` cell", names[at])))
}

impl<'a, const N: usize> Row<'a, N> {
    /// The text of a column that the file has.
    pub(crate) fn text(&self, column: usize) -> &'a str {
        self.cells[column].unwrap_or_default()
    }

    /// The instant that a column names.
    pub(crate) fn stamp(&mut self, column: usize) -> Result<UnixNanos, String> {
        let text = self.cells[column].unwrap_or_default();
        self.stamps.read(text.as_bytes()).map(UnixNanos)
    }

    /// A finite number; `None` for an empty cell, or where the file has no such column.
    pub(crate) fn number(&self, column: usize) -> Result<Option<f64>, String> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(None);
        }
        let parsed = text.parse::<f64>().ok().filter(|value| value.is_finite());
        let refuse = || {
            format!(
                "`{text}` is not a number for `{}` such as 101.25",
                self.names[column]
            )
        };
        parsed.ok_or_else(refuse).map(Some)
    }
}

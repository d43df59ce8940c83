//! CSV files, plain or gzip, read through a fixed buffer: memory does not grow with the file.
//!
//! The header names the columns, in any order and case; extra columns are ignored. Bars: `ts, open, high, low,
//! close[, volume]`; quotes: `ts, bid, ask[, bid_size, ask_size]`; trades: `ts, price, size[, side]`;
//! books: `ts, side, price, size[, action]`, or by order `ts, action, order_id, side, price, size`. A time column
//! may also be called `timestamp`, `time`, `date` or `datetime`. Quoted cells are read without their quotes.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use tradewind_codecs::table::lines::{LineError, Lines, cut};
use tradewind_codecs::table::{StampReader, number};

use super::check::GapCount;
use super::check::RowCheck;
use super::columns::{CHUNK_ROWS, Chunk, DataKind};
use super::rows::{self, FIGURES_MAX, Words, absent, figures, is_number, is_size, side_of};
use super::source::{DataError, Layout, Source};

/// Columns of a file that are looked at.
const COLUMNS_MAX: usize = 256;

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    Ignored,
    Ts,
    /// The figure at this place of the row.
    Figure(u8),
    Side,
    Action,
}

/// Rows of one or several CSV files, one after the other.
pub struct CsvSource {
    files: std::vec::IntoIter<PathBuf>,
    layout: Layout,
    check: RowCheck,
    stamps: StampReader,
    open: Option<OpenFile>,
}

struct OpenFile {
    path: PathBuf,
    lines: Lines<Box<dyn Read + Send>>,
    roles: Vec<Role>,
}

impl CsvSource {
    /// Files in the order of their rows; nothing is read yet.
    #[must_use]
    pub fn new(files: Vec<PathBuf>, layout: Layout) -> Self {
        Self {
            files: files.into_iter(),
            check: layout.row_check(),
            stamps: StampReader::new(layout.utc_offset_s),
            layout,
            open: None,
        }
    }

    fn fill_from(&mut self, file: &mut OpenFile, chunk: &mut Chunk) -> Result<bool, DataError> {
        loop {
            if chunk.len() >= CHUNK_ROWS {
                return Ok(true);
            }
            let Some(line) = file.lines.next_line().map_err(|e| refused(&file.path, e))? else {
                return Ok(false);
            };
            let line = file.lines.text(line);
            if line.is_empty() {
                continue;
            }
            let mut reader = RowReader {
                layout: &self.layout,
                check: &mut self.check,
                stamps: &mut self.stamps,
            };
            if let Err(what) = reader.row(line, &file.roles, chunk) {
                return Err(DataError::line(&file.path, file.lines.number(), what));
            }
        }
    }
}

impl Source for CsvSource {
    fn kind(&self) -> DataKind {
        self.layout.kind
    }

    fn fill(&mut self, chunk: &mut Chunk) -> Result<(), DataError> {
        chunk.clear();
        loop {
            let mut file = match self.open.take() {
                Some(file) => file,
                None => match self.files.next() {
                    None => return Ok(()),
                    Some(path) => OpenFile::open(&path, &self.layout)?,
                },
            };
            if self.fill_from(&mut file, chunk)? {
                self.open = Some(file);
                return Ok(());
            }
        }
    }

    fn gaps(&self) -> GapCount {
        self.check.found
    }
}

impl OpenFile {
    fn open(path: &Path, layout: &Layout) -> Result<Self, DataError> {
        let raw = File::open(path).map_err(|e| DataError::io(path, &e))?;
        let mut input: Box<dyn Read + Send> = Box::new(raw);
        let mut start = [0; 2];
        let mut read = 0;
        while read < 2 {
            let n = input
                .read(&mut start[read..])
                .map_err(|e| DataError::io(path, &e))?;
            if n == 0 {
                break;
            }
            read += n;
        }
        let whole = std::io::Cursor::new(start[..read].to_vec()).chain(input);
        let input: Box<dyn Read + Send> = if start == [0x1f, 0x8b] {
            Box::new(MultiGzDecoder::new(whole))
        } else {
            Box::new(whole)
        };
        let mut lines = Lines::new(input);
        let Some(line) = lines.next_line().map_err(|e| refused(path, e))? else {
            return Err(DataError::line(
                path,
                1,
                "the file is empty; a header row is needed".to_owned(),
            ));
        };
        let header = String::from_utf8_lossy(lines.text(line)).into_owned();
        let roles =
            roles(header.trim_start_matches('\u{feff}'), layout).map_err(|e| DataError::line(path, 1, e))?;
        Ok(Self {
            path: path.to_owned(),
            lines,
            roles,
        })
    }
}

fn refused(path: &Path, error: LineError) -> DataError {
    match error {
        LineError::Read(error) => DataError::io(path, &error),
        LineError::TooLong(line) => DataError::line(path, line, error.to_string()),
    }
}

/// What each column of a header holds.
fn roles(header: &str, layout: &Layout) -> Result<Vec<Role>, String> {
    let (names, required) = figures(layout.kind);
    let mut found = vec![false; names.len()];
    let cells = header
        .split(',')
        .take(COLUMNS_MAX)
        .map(|cell| cell.trim().trim_matches('"'));
    let time = layout.time_column(cells.clone())?;
    let mut roles = Vec::new();
    for (place, cell) in cells.enumerate() {
        let name = layout.name_of(cell);
        let role = if time == Some(place) {
            Role::Ts
        } else if let Some(at) = names.iter().position(|n| *n == name).filter(|at| !found[*at]) {
            found[at] = true;
            Role::Figure(at as u8)
        } else if rows::has_side(layout.kind) && matches!(name.as_str(), "side" | "aggressor") {
            Role::Side
        } else if rows::has_action(layout.kind) && name == "action" {
            Role::Action
        } else {
            Role::Ignored
        };
        roles.push(role);
    }
    let missing: Vec<&str> = std::iter::once((&"ts", time.is_some()))
        .chain(names.iter().zip(found).take(required))
        .filter(|(_, found)| !found)
        .map(|(name, _)| *name)
        .collect();
    if missing.is_empty() {
        return Ok(roles);
    }
    let all: Vec<&str> = std::iter::once("ts").chain(names.iter().copied()).collect();
    Err(format!(
        "the header has no column {}; {} need {} (`columns` maps other names to these)",
        missing.join(", "),
        layout.kind.name(),
        all.join(", ")
    ))
}

struct RowReader<'a> {
    layout: &'a Layout,
    check: &'a mut RowCheck,
    stamps: &'a mut StampReader,
}

impl RowReader<'_> {
    #[inline]
    fn row(&mut self, line: &[u8], roles: &[Role], chunk: &mut Chunk) -> Result<(), String> {
        let (mut ts, mut words) = (None, Words::default());
        let mut figures = [absent(self.layout.kind); FIGURES_MAX];
        let mut seen = 0;
        let mut rest = Some(line);
        for role in roles {
            let Some(cells) = rest else { break };
            let (cell, after) = cut(cells, b',');
            rest = after;
            seen += 1;
            match role {
                Role::Ignored => {}
                Role::Ts => ts = Some(self.stamps.read(cell)?),
                Role::Figure(at) => {
                    let at = usize::from(*at);
                    figures[at] = self.figure(cell, at)?;
                }
                Role::Side => words.side = side_of(cell)?,
                Role::Action => words.action = rows::action(cell)?,
            }
        }
        if seen < roles.len() {
            return Err(format!("{seen} cells, the header has {}", roles.len()));
        }
        let ts = ts.ok_or("there is no time")?;
        rows::take(self.layout, self.check, (ts, figures, words), chunk)
    }

    #[inline]
    fn figure(&self, cell: &[u8], at: usize) -> Result<i128, String> {
        let (names, _) = figures(self.layout.kind);
        if cell.is_empty() && rows::may_be_empty(self.layout.kind, at) {
            return Ok(absent(self.layout.kind));
        }
        let read = if is_size(self.layout.kind, at) {
            let scale = if is_number(self.layout.kind, at) {
                0
            } else {
                self.layout.size_scale
            };
            number::mantissa(cell, scale, self.layout.extra_decimals)
        } else {
            number::price(cell, self.layout.price_scale, self.layout.extra_decimals).map(i128::from)
        };
        read.map_err(|e| format!("{}: {e}", names[at]))
    }
}

//! Parquet files, read row group by row group in batches: memory is a batch and the pages at hand.
//!
//! Column names as for CSV. Figures may be DECIMAL (exact), whole numbers, FLOAT or DOUBLE (the nearest decimal at
//! the instrument's scale must be what was meant), or text. Times may be TIMESTAMP, DATE, whole numbers since the
//! epoch, or text. Nulls are allowed only in columns that may be missing.

use std::fs::File;
use std::path::{Path, PathBuf};

use tradewind_codecs::table::parquet::{self as cells, BATCH_ROWS, Cell, CellReader, ColumnInfo, Meaning};
use tradewind_codecs::table::{StampReader, number};

use super::check::{GapCount, RowCheck};
use super::columns::{CHUNK_ROWS, Chunk, DataKind};
use super::rows::{self, FIGURES_MAX, Words, absent, figures, is_number, is_size, side_of};
use super::source::{DataError, Layout, Source};

// A batch fills a chunk.
const _: () = assert!(BATCH_ROWS <= CHUNK_ROWS);

/// Rows of one or several Parquet files, one after the other.
pub struct ParquetSource {
    files: std::vec::IntoIter<PathBuf>,
    layout: Layout,
    check: RowCheck,
    stamps: StampReader,
    open: Option<OpenFile>,
}

struct OpenFile {
    path: PathBuf,
    reader: CellReader<File>,
    /// What the columns that are read hold.
    roles: Vec<Role>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Ts,
    Figure(usize),
    Side,
    Action,
}

impl ParquetSource {
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

    /// Appends the next batch; false at the end of the file.
    fn batch(&mut self, file: &mut OpenFile, chunk: &mut Chunk) -> Result<bool, DataError> {
        let before = file.reader.row();
        let batch = file.reader.next_batch();
        let refuse = |row: u64, what: String| DataError::line(&file.path, row, what);
        let Some(rows) = batch.map_err(|e| refuse(before + 1, e.to_string()))? else {
            return Ok(false);
        };
        for at in 0..rows {
            let number = before + at as u64 + 1;
            let (mut ts, mut words) = (None, Words::default());
            let mut values = [absent(self.layout.kind); FIGURES_MAX];
            for (column, role) in file.roles.iter().enumerate() {
                let (cell, meaning) = file.reader.cell(column, at);
                let read = match role {
                    Role::Ts => cells::stamp(cell, meaning, &mut self.stamps).map(|t| ts = Some(t)),
                    Role::Figure(place) => self.figure(cell, meaning, *place).map(|v| values[*place] = v),
                    Role::Side => match cells::text(cell) {
                        Ok(text) => side_of(text).map(|s| words.side = s),
                        Err(what) => Err(format!("side: {what}")),
                    },
                    Role::Action => match cells::text(cell) {
                        Ok(text) => rows::action(text).map(|a| words.action = a),
                        Err(what) => Err(format!("action: {what}")),
                    },
                };
                read.map_err(|what| refuse(number, what))?;
            }
            let row = (ts.unwrap_or_default(), values, words);
            rows::take(&self.layout, &mut self.check, row, chunk).map_err(|what| refuse(number, what))?;
        }
        Ok(true)
    }

    fn figure(&self, cell: &Cell, meaning: Meaning, at: usize) -> Result<i128, String> {
        let (names, _) = figures(self.layout.kind);
        let size = is_size(self.layout.kind, at);
        let scale = if is_number(self.layout.kind, at) {
            0
        } else if size {
            self.layout.size_scale
        } else {
            self.layout.price_scale
        };
        let extra = self.layout.extra_decimals;
        let read = match cells::figure(cell, meaning, scale, extra) {
            Ok(None) if rows::may_be_empty(self.layout.kind, at) => return Ok(absent(self.layout.kind)),
            Ok(None) => Err("the cell is empty".to_owned()),
            Ok(Some(value)) => Ok(value),
            Err(what) => Err(what),
        };
        let value = read.and_then(|value| {
            if size {
                Ok(value)
            } else {
                number::as_price(value).map(|p| p.0.into())
            }
        });
        value.map_err(|e| format!("{}: {e}", names[at]))
    }
}

impl Source for ParquetSource {
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
            if self.batch(&mut file, chunk)? {
                self.open = Some(file);
                if !chunk.is_empty() {
                    return Ok(());
                }
            }
        }
    }

    fn gaps(&self) -> GapCount {
        self.check.found
    }
}

impl OpenFile {
    fn open(path: &Path, layout: &Layout) -> Result<Self, DataError> {
        let file = File::open(path).map_err(|e| DataError::io(path, &e))?;
        let refuse = |what: String| DataError::File {
            file: path.to_owned(),
            what,
        };
        let mut reader = CellReader::open(file).map_err(|e| refuse(e.to_string()))?;
        let (roles, places) = places(&reader.columns(), layout)
            .map_err(refuse)?
            .into_iter()
            .unzip();
        reader.choose(places);
        Ok(Self {
            path: path.to_owned(),
            reader,
            roles,
        })
    }
}

/// Which columns of a file are read, and as what.
fn places(columns: &[ColumnInfo], layout: &Layout) -> Result<Vec<(Role, usize)>, String> {
    let (names, required) = figures(layout.kind);
    let time = layout.time_column(columns.iter().map(|c| c.name.as_str()))?;
    let mut places: Vec<(Role, usize)> = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        let name = layout.name_of(&column.name);
        let role = match name.as_str() {
            _ if time == Some(at) => Role::Ts,
            "side" | "aggressor" if rows::has_side(layout.kind) => Role::Side,
            "action" if rows::has_action(layout.kind) => Role::Action,
            other => match names.iter().position(|n| *n == other) {
                Some(place) => Role::Figure(place),
                None => continue,
            },
        };
        if column.list {
            return Err(format!("column {name} is a list; one value a row is needed"));
        }
        if !places.iter().any(|(r, ..)| *r == role) {
            places.push((role, at));
        }
    }
    let has = |role: Role| places.iter().any(|(r, ..)| *r == role);
    let mut missing: Vec<&str> = (0..required)
        .filter(|at| !has(Role::Figure(*at)))
        .map(|at| names[at])
        .collect();
    if !has(Role::Ts) {
        missing.insert(0, "ts");
    }
    if missing.is_empty() {
        return Ok(places);
    }
    Err(format!(
        "there is no column {}; {} need ts, {} (`columns` maps other names to these)",
        missing.join(", "),
        layout.kind.name(),
        names.join(", ")
    ))
}

//! Parquet files, read row group by row group in batches: memory is a batch and the pages at hand.
//!
//! Column names as for CSV. Figures may be DECIMAL (exact), whole numbers, FLOAT or DOUBLE (the nearest decimal at
//! the instrument's scale must be what was meant), or text. Times may be TIMESTAMP, DATE, whole numbers since the
//! epoch, or text. Nulls are allowed only in columns that may be missing.

use std::fs::File;
use std::path::{Path, PathBuf};

use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType, Int96};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;
use rust_decimal::Decimal;
use tradewind_types::num::parse_decimal;

use super::check::{GapCount, RowCheck};
use super::columns::{CHUNK_ROWS, Chunk, DataKind};
use super::number;
use super::rows::{self, FIGURES_MAX, absent, aggressor, figures, is_size};
use super::source::{DataError, Layout, Source};
use super::stamp::StampReader;

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
    reader: SerializedFileReader<File>,
    /// Columns of the file by what they hold.
    places: Vec<(Role, usize, Meaning)>,
    next_group: usize,
    group: Option<Group>,
    row: u64,
}

/// The columns of one row group and what of it is unread.
struct Group {
    columns: Vec<Column>,
    left: usize,
}

struct Column {
    reader: ColumnReader,
    optional: bool,
    cells: Vec<Cell>,
    levels: Vec<i16>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Ts,
    Figure(usize),
    Side,
}

/// What a column's stored values mean.
#[derive(Clone, Copy)]
enum Meaning {
    Plain,
    Decimal(u32),
    /// Nanoseconds of one unit.
    Time(i64),
    Date,
}

enum Cell {
    Null,
    Whole(i128),
    Float(f64),
    Bytes(ByteArray),
    Stamp(i64),
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
        let Some(rows) = file.read().map_err(|e| file.broken(&e))? else {
            return Ok(false);
        };
        let Some(group) = &file.group else {
            return Ok(false);
        };
        for at in 0..rows {
            file.row += 1;
            let (mut ts, mut side) = (None, None);
            let mut values = [absent(self.layout.kind); FIGURES_MAX];
            for ((role, _, meaning), column) in file.places.iter().zip(&group.columns) {
                let cell = column.cells.get(at).unwrap_or(&Cell::Null);
                let read = match role {
                    Role::Ts => stamp(cell, *meaning, &mut self.stamps).map(|t| ts = Some(t)),
                    Role::Figure(place) => self.figure(cell, *meaning, *place).map(|v| values[*place] = v),
                    Role::Side => text(cell).and_then(aggressor).map(|s| side = s),
                };
                read.map_err(|what| DataError::line(&file.path, file.row, what))?;
            }
            let row = (ts.unwrap_or_default(), values, side);
            rows::take(&self.layout, &mut self.check, row, chunk)
                .map_err(|what| DataError::line(&file.path, file.row, what))?;
        }
        Ok(true)
    }

    fn figure(&self, cell: &Cell, meaning: Meaning, at: usize) -> Result<i128, String> {
        let (names, required) = figures(self.layout.kind);
        let size = is_size(self.layout.kind, at);
        let scale = if size {
            self.layout.size_scale
        } else {
            self.layout.price_scale
        };
        let extra = self.layout.extra_decimals;
        let read = match (cell, meaning) {
            (Cell::Null, _) if at >= required => return Ok(absent(self.layout.kind)),
            (Cell::Null, _) => Err("the cell is empty".to_owned()),
            (Cell::Whole(value), Meaning::Decimal(decimals)) => {
                decimal(*value, decimals).and_then(|value| number::of_decimal(value, scale, extra))
            }
            (Cell::Whole(value), _) => {
                decimal(*value, 0).and_then(|value| number::of_decimal(value, scale, extra))
            }
            (Cell::Float(value), _) => number::of_f64(*value, scale, extra),
            (Cell::Bytes(bytes), Meaning::Decimal(decimals)) => big_endian(bytes.data())
                .and_then(|value| decimal(value, decimals))
                .and_then(|value| number::of_decimal(value, scale, extra)),
            (Cell::Bytes(bytes), _) => number::mantissa(bytes.data(), scale, extra),
            (Cell::Stamp(_), _) => Err("is a time, not a figure".to_owned()),
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
        let reader = SerializedFileReader::new(file).map_err(|e| refuse(e.to_string()))?;
        let places =
            places(reader.metadata().file_metadata().schema_descr().columns(), layout).map_err(refuse)?;
        Ok(Self {
            path: path.to_owned(),
            reader,
            places,
            next_group: 0,
            group: None,
            row: 0,
        })
    }

    fn broken(&self, error: &ParquetError) -> DataError {
        DataError::line(&self.path, self.row + 1, error.to_string())
    }

    /// Reads the next batch of cells into the group's columns; how many rows, `None` at the end.
    fn read(&mut self) -> Result<Option<usize>, ParquetError> {
        loop {
            if let Some(group) = self.group.as_mut().filter(|g| g.left > 0) {
                let rows = group.left.min(CHUNK_ROWS);
                for column in &mut group.columns {
                    column.read(rows)?;
                }
                group.left -= rows;
                return Ok(Some(rows));
            }
            if self.next_group >= self.reader.num_row_groups() {
                return Ok(None);
            }
            let reader = self.reader.get_row_group(self.next_group)?;
            self.next_group += 1;
            let mut columns = Vec::with_capacity(self.places.len());
            for (_, at, _) in &self.places {
                let optional = reader.metadata().column(*at).column_descr().max_def_level() > 0;
                columns.push(Column {
                    reader: reader.get_column_reader(*at)?,
                    optional,
                    cells: Vec::new(),
                    levels: Vec::new(),
                });
            }
            let left = usize::try_from(reader.metadata().num_rows()).unwrap_or(0);
            self.group = Some(Group { columns, left });
        }
    }
}

impl Column {
    fn read(&mut self, rows: usize) -> Result<(), ParquetError> {
        self.cells.clear();
        self.levels.clear();
        let levels = &mut self.levels;
        let cells = &mut self.cells;
        let optional = self.optional;
        match &mut self.reader {
            ColumnReader::Int32ColumnReader(r) => {
                pull(r, rows, optional, levels, cells, |v: i32| Cell::Whole(v.into()))
            }
            ColumnReader::Int64ColumnReader(r) => {
                pull(r, rows, optional, levels, cells, |v: i64| Cell::Whole(v.into()))
            }
            ColumnReader::FloatColumnReader(r) => {
                // The shortest decimal of the 32-bit value is what was meant, not its 64-bit neighbour.
                pull(r, rows, optional, levels, cells, |v: f32| {
                    Cell::Float(v.to_string().parse().unwrap_or(f64::NAN))
                })
            }
            ColumnReader::DoubleColumnReader(r) => pull(r, rows, optional, levels, cells, Cell::Float),
            ColumnReader::ByteArrayColumnReader(r) => pull(r, rows, optional, levels, cells, Cell::Bytes),
            ColumnReader::FixedLenByteArrayColumnReader(r) => pull(r, rows, optional, levels, cells, |v| {
                Cell::Bytes(ByteArray::from(v.data().to_vec()))
            }),
            ColumnReader::Int96ColumnReader(r) => pull(r, rows, optional, levels, cells, |v: Int96| {
                Cell::Stamp(v.to_nanos())
            }),
            ColumnReader::BoolColumnReader(_) => {
                Err(ParquetError::General("a column of switches".to_owned()))
            }
        }
    }
}

fn pull<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    optional: bool,
    levels: &mut Vec<i16>,
    cells: &mut Vec<Cell>,
    cell: impl Fn(T::T) -> Cell,
) -> Result<(), ParquetError> {
    let mut values: Vec<T::T> = Vec::with_capacity(rows);
    reader.read_records(rows, optional.then_some(&mut *levels), None, &mut values)?;
    let mut values = values.into_iter().map(cell);
    if optional {
        cells.extend(levels.iter().map(|level| {
            let present = *level > 0;
            if present {
                values.next().unwrap_or(Cell::Null)
            } else {
                Cell::Null
            }
        }));
    } else {
        cells.extend(values);
    }
    Ok(())
}

/// Which columns of a file are read, and as what.
fn places(
    columns: &[std::sync::Arc<ColumnDescriptor>],
    layout: &Layout,
) -> Result<Vec<(Role, usize, Meaning)>, String> {
    let (names, required) = figures(layout.kind);
    let mut places: Vec<(Role, usize, Meaning)> = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        let name = layout.name_of(column.name());
        let role = match name.as_str() {
            "ts" | "timestamp" | "time" | "date" | "datetime" => Role::Ts,
            "side" | "aggressor" if layout.kind == DataKind::Trades => Role::Side,
            other => match names.iter().position(|n| *n == other) {
                Some(place) => Role::Figure(place),
                None => continue,
            },
        };
        if column.max_rep_level() > 0 {
            return Err(format!("column {name} is a list; one value a row is needed"));
        }
        if !places.iter().any(|(r, ..)| *r == role) {
            places.push((role, at, meaning(column)));
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

fn meaning(column: &ColumnDescriptor) -> Meaning {
    match column.logical_type_ref() {
        Some(LogicalType::Decimal(decimal)) => {
            return Meaning::Decimal(u32::try_from(decimal.scale).unwrap_or(0));
        }
        Some(LogicalType::Date) => return Meaning::Date,
        Some(LogicalType::Timestamp(stamp)) => {
            return Meaning::Time(match stamp.unit {
                TimeUnit::MILLIS => 1_000_000,
                TimeUnit::MICROS => 1_000,
                TimeUnit::NANOS => 1,
            });
        }
        _ => {}
    }
    match column.converted_type() {
        ConvertedType::DECIMAL => Meaning::Decimal(u32::try_from(column.type_scale()).unwrap_or(0)),
        ConvertedType::DATE => Meaning::Date,
        ConvertedType::TIMESTAMP_MILLIS => Meaning::Time(1_000_000),
        ConvertedType::TIMESTAMP_MICROS => Meaning::Time(1_000),
        _ => Meaning::Plain,
    }
}

fn stamp(cell: &Cell, meaning: Meaning, stamps: &mut StampReader) -> Result<u64, String> {
    let before_epoch = || "the time lies before 1970".to_owned();
    match (cell, meaning) {
        (Cell::Whole(value), Meaning::Time(unit)) => value
            .checked_mul(i128::from(unit))
            .and_then(|ns| u64::try_from(ns).ok())
            .ok_or_else(before_epoch),
        (Cell::Whole(days), Meaning::Date) => days
            .checked_mul(i128::from(tradewind_types::time::DAY_NS))
            .and_then(|ns| ns.checked_sub(i128::from(stamps.utc_offset_s) * 1_000_000_000))
            .and_then(|ns| u64::try_from(ns).ok())
            .ok_or_else(before_epoch),
        (Cell::Whole(value), _) => stamps.read(value.to_string().as_bytes()),
        (Cell::Float(value), _) => stamps.read(format!("{value}").as_bytes()),
        (Cell::Bytes(bytes), _) => stamps.read(bytes.data()),
        (Cell::Stamp(ns), _) => u64::try_from(*ns).map_err(|_| before_epoch()),
        (Cell::Null, _) => Err("there is no time".to_owned()),
    }
}

fn text(cell: &Cell) -> Result<&[u8], String> {
    match cell {
        Cell::Null => Ok(b""),
        Cell::Bytes(bytes) => Ok(bytes.data()),
        _ => Err("side: must be text".to_owned()),
    }
}

fn decimal(value: i128, decimals: u32) -> Result<Decimal, String> {
    match Decimal::try_from_i128_with_scale(value, decimals) {
        Ok(value) => Ok(value),
        // More than 28 decimals or 96 bits: the text form says whether trailing zeros are all that is too much.
        Err(_) => parse_decimal(&format!("{value}e-{decimals}")).map_err(|e| e.to_string()),
    }
}

/// A signed big-endian integer of up to 16 bytes.
fn big_endian(bytes: &[u8]) -> Result<i128, String> {
    if bytes.is_empty() || bytes.len() > 16 {
        return Err(format!("a decimal of {} bytes", bytes.len()));
    }
    let sign = if bytes[0] & 0x80 == 0 { 0 } else { 0xff };
    let mut whole = [sign; 16];
    whole[16 - bytes.len()..].copy_from_slice(bytes);
    Ok(i128::from_be_bytes(whole))
}

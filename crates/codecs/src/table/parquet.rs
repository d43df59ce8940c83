//! Cells of Parquet files that anyone may have written, read row group by row group in batches: memory is a batch
//! and the pages at hand.
//!
//! Figures may be DECIMAL (exact), whole numbers, FLOAT or DOUBLE (the nearest decimal at the scale must be what was
//! meant), or text. Times may be TIMESTAMP, DATE, whole numbers since the epoch, or text.

use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType, Int96};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;
use tradewind_types::time::DAY_NS;

use super::number::{self, ExtraDecimals};
use super::stamp::StampReader;

/// Rows of one batch.
pub const BATCH_ROWS: usize = 8_192;

/// Decimals that a binary figure is looked at for.
const DECIMALS_MAX: u8 = 18;

/// What a column's stored values mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// What they are.
    Plain,
    /// Mantissas with this many decimals.
    Decimal(u32),
    /// Times since the epoch in a unit of this many nanoseconds.
    Time(i64),
    /// Days since the epoch.
    Date,
}

/// One stored value.
#[derive(Debug, Clone)]
pub enum Cell {
    /// None.
    Null,
    /// A whole number, or a switch as 0 or 1.
    Whole(i128),
    /// A binary fraction.
    Float(f64),
    /// Text, or a big-endian mantissa.
    Bytes(ByteArray),
    /// An old-style stamp (INT96), in nanoseconds.
    Stamp(i64),
}

/// A column of a file.
#[derive(Debug, Clone)]
pub struct ColumnInfo {
    /// Its name.
    pub name: String,
    /// What its values mean.
    pub meaning: Meaning,
    /// Whether a row may have several values.
    pub list: bool,
}

/// A file's rows, batch by batch.
pub struct CellReader<R: ChunkReader> {
    reader: SerializedFileReader<R>,
    chosen: Vec<(usize, Meaning)>,
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

impl<R: ChunkReader + 'static> CellReader<R> {
    /// Reads the footer.
    ///
    /// # Errors
    /// When the file is no Parquet.
    pub fn open(input: R) -> Result<Self, ParquetError> {
        Ok(Self {
            reader: SerializedFileReader::new(input)?,
            chosen: Vec::new(),
            next_group: 0,
            group: None,
            row: 0,
        })
    }

    /// The file's columns.
    #[must_use]
    pub fn columns(&self) -> Vec<ColumnInfo> {
        let schema = self.reader.metadata().file_metadata().schema_descr();
        let describe = |column: &std::sync::Arc<ColumnDescriptor>| ColumnInfo {
            name: column.name().to_owned(),
            meaning: meaning(column),
            list: column.max_rep_level() > 0,
        };
        schema.columns().iter().map(describe).collect()
    }

    /// Rows of the file, as its footer says.
    #[must_use]
    pub fn rows_in_all(&self) -> u64 {
        u64::try_from(self.reader.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    /// Which columns are read, by their place in [`CellReader::columns`]; before the first batch.
    pub fn choose(&mut self, places: Vec<usize>) {
        let columns = self.columns();
        self.chosen = places
            .into_iter()
            .filter_map(|at| columns.get(at).map(|column| (at, column.meaning)))
            .collect();
    }

    /// Rows read so far.
    #[must_use]
    pub fn row(&self) -> u64 {
        self.row
    }

    /// Reads the next batch; how many rows, `None` at the end.
    ///
    /// # Errors
    /// When the file is broken.
    pub fn next_batch(&mut self) -> Result<Option<usize>, ParquetError> {
        loop {
            if let Some(group) = self.group.as_mut().filter(|g| g.left > 0) {
                let rows = group.left.min(BATCH_ROWS);
                for column in &mut group.columns {
                    column.read(rows)?;
                    // A footer may promise more rows than there are.
                    if column.cells.len() != rows {
                        return Err(ParquetError::General(format!(
                            "a column has {} rows where its group has {rows}",
                            column.cells.len()
                        )));
                    }
                }
                group.left -= rows;
                self.row += rows as u64;
                return Ok(Some(rows));
            }
            if self.next_group >= self.reader.num_row_groups() {
                return Ok(None);
            }
            let reader = self.reader.get_row_group(self.next_group)?;
            self.next_group += 1;
            let mut columns = Vec::with_capacity(self.chosen.len());
            for (at, _) in &self.chosen {
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

    /// A cell of the batch: the chosen column's place and the row within the batch.
    #[must_use]
    pub fn cell(&self, column: usize, row: usize) -> (&Cell, Meaning) {
        let meaning = self.chosen.get(column).map_or(Meaning::Plain, |(_, m)| *m);
        let cell = self
            .group
            .as_ref()
            .and_then(|g| g.columns.get(column)?.cells.get(row));
        (cell.unwrap_or(&Cell::Null), meaning)
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
            ColumnReader::BoolColumnReader(r) => pull(r, rows, optional, levels, cells, |v: bool| {
                Cell::Whole(i128::from(v))
            }),
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

/// A cell's figure at a scale; `None` where there is none.
///
/// # Errors
/// What is wrong with it, and what would be right.
pub fn figure(
    cell: &Cell,
    meaning: Meaning,
    scale: u8,
    extra: ExtraDecimals,
) -> Result<Option<i128>, String> {
    let read = match (cell, meaning) {
        (Cell::Null, _) => return Ok(None),
        (Cell::Whole(value), Meaning::Decimal(decimals)) => number::rescale(*value, decimals, scale, extra),
        (Cell::Whole(value), _) => number::rescale(*value, 0, scale, extra),
        (Cell::Float(value), _) => number::of_f64(*value, scale, extra),
        (Cell::Bytes(bytes), Meaning::Decimal(decimals)) => {
            big_endian(bytes.data()).and_then(|value| number::rescale(value, decimals, scale, extra))
        }
        (Cell::Bytes(bytes), _) => number::mantissa(bytes.data(), scale, extra),
        (Cell::Stamp(_), _) => Err("is a time, not a figure".to_owned()),
    };
    read.map(Some)
}

/// Decimals that a cell's figure has, trailing zeros not counted; `None` where it is no figure.
#[must_use]
pub fn decimals(cell: &Cell, meaning: Meaning) -> Option<u8> {
    let of = |value: i128, decimals: u32| u8::try_from(number::decimals_of(value, decimals)).ok();
    match (cell, meaning) {
        (Cell::Whole(value), Meaning::Decimal(decimals)) => of(*value, decimals),
        (Cell::Whole(_), _) => Some(0),
        (Cell::Float(value), _) => number::decimals_of_f64(*value, DECIMALS_MAX),
        (Cell::Bytes(bytes), Meaning::Decimal(decimals)) => of(big_endian(bytes.data()).ok()?, decimals),
        (Cell::Bytes(bytes), _) => number::decimals(bytes.data()),
        (Cell::Null | Cell::Stamp(_), _) => None,
    }
}

/// A cell's time in nanoseconds.
///
/// # Errors
/// What is wrong with it, and what would be right.
pub fn stamp(cell: &Cell, meaning: Meaning, stamps: &mut StampReader) -> Result<u64, String> {
    let before_epoch = || "the time lies before 1970 or after 2554".to_owned();
    match (cell, meaning) {
        (Cell::Whole(value), Meaning::Time(unit)) => value
            .checked_mul(i128::from(unit))
            .and_then(|ns| u64::try_from(ns).ok())
            .ok_or_else(before_epoch),
        (Cell::Whole(days), Meaning::Date) => {
            let largest = i128::from(u64::MAX / DAY_NS);
            let days = i64::try_from(*days).ok().filter(|d| i128::from(*d) <= largest);
            stamps.day(days.ok_or_else(before_epoch)?)
        }
        (Cell::Whole(value), _) => stamps.read(value.to_string().as_bytes()),
        (Cell::Float(value), _) => stamps.read(format!("{value}").as_bytes()),
        (Cell::Bytes(bytes), _) => stamps.read(bytes.data()),
        (Cell::Stamp(ns), _) => u64::try_from(*ns).map_err(|_| before_epoch()),
        (Cell::Null, _) => Err("there is no time".to_owned()),
    }
}

/// A cell's text; empty where there is none.
///
/// # Errors
/// When it is no text.
pub fn text(cell: &Cell) -> Result<&[u8], String> {
    match cell {
        Cell::Null => Ok(b""),
        Cell::Bytes(bytes) => Ok(bytes.data()),
        _ => Err("must be text".to_owned()),
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

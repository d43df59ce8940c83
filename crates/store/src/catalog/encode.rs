//! Rows as a Parquet file: row groups of bounded size, statistics for pruning, zstd.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use parquet::basic::{Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DoubleType, FixedLenByteArray, FixedLenByteArrayType, Int32Type,
    Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, Type, TypePtr};

use super::CatalogError;
use super::figures::{Figures, NONE, NONE_WIDE};
use super::files::Files;
use super::rows::{Cells, Rows};
use super::schema::{Cell, Column, Kind, SYMBOL, Scales, TS};

/// Rows of one row group at most.
pub const GROUP_ROWS: usize = 65_536;
/// Bytes that a file may have before its parts are sent as they come.
const PART_BYTES: usize = 8 << 20;
/// Digits of a decimal that is stored as 64 bits.
const NARROW_DIGITS: i32 = 18;
/// Digits of any other decimal: what 128 bits hold.
const WIDE_DIGITS: i32 = 38;
/// The first magnitude that needs more than [`NARROW_DIGITS`].
pub(crate) const NARROW_END: u128 = 1_000_000_000_000_000_000;
/// The first magnitude that needs more than [`WIDE_DIGITS`].
const WIDE_END: u128 = 100_000_000_000_000_000_000_000_000_000_000_000_000;
/// Version of the layout, in every file.
const FORMAT: &str = "1";

/// Which columns need wide decimals, as bits by place.
pub(crate) type Wide = u32;

/// Which columns of rows need wide decimals.
pub(crate) fn wide_columns(rows: &Rows) -> Result<Wide, CatalogError> {
    let mut wide = 0;
    for (at, spec) in rows.kind.columns().iter().enumerate() {
        let Some(figures) = rows.column(at).figures() else {
            continue;
        };
        let magnitude = figures.magnitude();
        let decimal = is_decimal(spec.cell);
        if decimal && magnitude >= NARROW_END {
            wide |= 1 << at;
        }
        if decimal && magnitude >= WIDE_END || !decimal && matches!(figures, Figures::Wide(_)) {
            return Err(CatalogError::Range {
                column: spec.name,
                value: i128::try_from(magnitude).unwrap_or(i128::MAX),
                wanted: if decimal { "38 digits" } else { "64 bits" },
            });
        }
    }
    Ok(wide)
}

fn is_decimal(cell: Cell) -> bool {
    matches!(cell, Cell::Price | Cell::Size | Cell::Value)
}

/// Writes one file, row group by row group.
pub(crate) struct FileWriter {
    files: Files,
    path: Path,
    writer: SerializedFileWriter<Vec<u8>>,
    upload: Option<Box<dyn object_store::MultipartUpload>>,
    wide: Wide,
    pending: Rows,
    rows: u64,
}

/// A file that is written but for its last bytes.
pub(crate) enum Finished {
    /// All of it.
    Whole(Bytes),
    /// It was sent in parts and is complete.
    Sent,
}

impl FileWriter {
    pub(crate) fn new(
        files: &Files,
        path: Path,
        kind: Kind,
        scales: Scales,
        wide: Wide,
    ) -> Result<Self, CatalogError> {
        let schema = schema(kind, scales, wide)?;
        let writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties(kind, wide)?))?;
        Ok(Self {
            files: files.clone(),
            path,
            writer,
            upload: None,
            wide,
            pending: Rows::new(kind, scales),
            rows: 0,
        })
    }

    /// Appends rows in their order.
    pub(crate) async fn write(&mut self, rows: &Rows, range: Range<usize>) -> Result<(), CatalogError> {
        let mut range = range;
        while !range.is_empty() {
            if self.pending.is_empty() && range.len() >= GROUP_ROWS {
                self.group(rows, range.start..range.start + GROUP_ROWS)?;
                range.start += GROUP_ROWS;
            } else {
                let count = range.len().min(GROUP_ROWS - self.pending.len());
                self.pending.extend(rows, range.start..range.start + count);
                range.start += count;
                if self.pending.len() == GROUP_ROWS {
                    self.flush()?;
                }
            }
            self.send().await?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), CatalogError> {
        let empty = Rows::new(self.pending.kind, self.pending.scales);
        let pending = std::mem::replace(&mut self.pending, empty);
        let all = 0..pending.len();
        self.group(&pending, all)
    }

    fn group(&mut self, rows: &Rows, range: Range<usize>) -> Result<(), CatalogError> {
        self.rows += range.len() as u64;
        let mut group = self.writer.next_row_group()?;
        for (at, spec) in rows.kind.columns().iter().enumerate() {
            let mut column = group
                .next_column()?
                .ok_or_else(|| ParquetError::General("a column is missing".to_owned()))?;
            let wide = self.wide & (1 << at) != 0;
            cells(&mut column, rows, at, range.clone(), (spec, wide))?;
            column.close()?;
        }
        group.close()?;
        Ok(())
    }

    /// Sends what is written, when it is much.
    async fn send(&mut self) -> Result<(), CatalogError> {
        let buffer = self.writer.inner_mut();
        if buffer.len() < PART_BYTES {
            return Ok(());
        }
        let part = std::mem::take(buffer);
        if self.upload.is_none() {
            self.upload = Some(self.files.upload(&self.path).await?);
        }
        if let Some(upload) = &mut self.upload {
            upload.put_part(part.into()).await?;
        }
        Ok(())
    }

    /// Writes the footer. A small file is left to the caller to put at its path.
    pub(crate) async fn finish(mut self) -> Result<(Finished, u64), CatalogError> {
        if !self.pending.is_empty() {
            self.flush()?;
        }
        let rest = self.writer.into_inner()?;
        match self.upload {
            None => Ok((Finished::Whole(rest.into()), self.rows)),
            Some(mut upload) => {
                upload.put_part(rest.into()).await?;
                upload.complete().await?;
                Ok((Finished::Sent, self.rows))
            }
        }
    }

    /// Forgets what was written.
    pub(crate) async fn abort(self) -> Result<(), CatalogError> {
        if let Some(mut upload) = self.upload {
            upload.abort().await?;
        }
        Ok(())
    }
}

fn properties(kind: Kind, wide: Wide) -> Result<WriterProperties, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_statistics_truncate_length(None)
        .set_dictionary_enabled(false)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_created_by(format!("tradewind {}", env!("CARGO_PKG_VERSION")))
        .set_key_value_metadata(Some(vec![
            KeyValue::new("tradewind.format".to_owned(), FORMAT.to_owned()),
            KeyValue::new("tradewind.kind".to_owned(), kind.name().to_owned()),
        ]))
        .set_sorting_columns(Some(
            [SYMBOL, TS]
                .iter()
                .map(|at| SortingColumn {
                    column_idx: *at as i32,
                    descending: false,
                    nulls_first: false,
                })
                .collect(),
        ));
    for (at, spec) in kind.columns().iter().enumerate() {
        let path = ColumnPath::from(spec.name);
        properties = match spec.cell {
            Cell::Text => properties.set_column_dictionary_enabled(path, true),
            Cell::Flag | Cell::Fraction => properties,
            _ if wide & (1 << at) != 0 => properties,
            _ => properties.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED),
        };
    }
    Ok(properties.build())
}

pub(crate) fn schema(kind: Kind, scales: Scales, wide: Wide) -> Result<TypePtr, ParquetError> {
    let mut fields = Vec::new();
    for (at, spec) in kind.columns().iter().enumerate() {
        let repetition = if spec.optional {
            Repetition::OPTIONAL
        } else {
            Repetition::REQUIRED
        };
        let is_wide = wide & (1 << at) != 0;
        let physical = match spec.cell {
            Cell::Text => Physical::BYTE_ARRAY,
            Cell::Day => Physical::INT32,
            Cell::Flag => Physical::BOOLEAN,
            Cell::Fraction => Physical::DOUBLE,
            Cell::Price | Cell::Size | Cell::Value if is_wide => Physical::FIXED_LEN_BYTE_ARRAY,
            _ => Physical::INT64,
        };
        let field = Type::primitive_type_builder(spec.name, physical).with_repetition(repetition);
        let field = match spec.cell {
            Cell::Text => field.with_logical_type(Some(LogicalType::String)),
            Cell::Day => field.with_logical_type(Some(LogicalType::Date)),
            Cell::Time => field.with_logical_type(Some(LogicalType::timestamp(true, TimeUnit::NANOS))),
            Cell::Price | Cell::Size | Cell::Value => {
                let precision = if is_wide { WIDE_DIGITS } else { NARROW_DIGITS };
                let scale = i32::from(scales.of(spec.cell));
                field
                    .with_length(if is_wide { 16 } else { -1 })
                    .with_precision(precision)
                    .with_scale(scale)
                    .with_logical_type(Some(LogicalType::decimal(scale, precision)))
            }
            Cell::Whole | Cell::Flag | Cell::Fraction => field,
        };
        fields.push(Arc::new(field.build()?));
    }
    Ok(Arc::new(
        Type::group_type_builder("tradewind")
            .with_fields(fields)
            .build()?,
    ))
}

/// Definition levels of an optional column, and the values that are there; `None` when all are.
fn present<T: Copy>(values: &[T], none: impl Fn(&T) -> bool) -> (Vec<i16>, Option<Vec<T>>) {
    let levels: Vec<i16> = values.iter().map(|v| i16::from(!none(v))).collect();
    if levels.iter().all(|level| *level == 1) {
        return (levels, None);
    }
    let there = values.iter().copied().filter(|v| !none(v)).collect();
    (levels, Some(there))
}

fn cells(
    column: &mut SerializedColumnWriter<'_>,
    rows: &Rows,
    at: usize,
    range: Range<usize>,
    (spec, wide): (&Column, bool),
) -> Result<(), CatalogError> {
    match (rows.column(at), spec.cell) {
        (Cells::Fractions(values), _) => {
            let values = &values[range];
            let (levels, there) = present(values, |v| v.is_nan());
            let there = there.as_deref().unwrap_or(values);
            column
                .typed::<DoubleType>()
                .write_batch(there, Some(&levels), None)?;
        }
        (Cells::Figures(figures), Cell::Text) => text(column, rows, figures, range, spec.optional)?,
        (Cells::Figures(figures), Cell::Flag) => {
            let values: Vec<bool> = range.map(|row| figures.get(row) != 0).collect();
            column.typed::<BoolType>().write_batch(&values, None, None)?;
        }
        (Cells::Figures(figures), Cell::Day) => {
            let day = |row: usize| {
                let value = figures.get(row);
                i32::try_from(value).map_err(|_| CatalogError::Range {
                    column: spec.name,
                    value,
                    wanted: "a day",
                })
            };
            let values: Vec<i32> = range.map(day).collect::<Result<_, _>>()?;
            column.typed::<Int32Type>().write_batch(&values, None, None)?;
        }
        (Cells::Figures(figures), _) if wide => wides(column, figures, range, spec)?,
        (Cells::Figures(Figures::Narrow(values)), _) => {
            narrows(column, &values[range], spec)?;
        }
        (Cells::Figures(figures), _) => {
            // The column widened for another row; those of this range fit, or it were a wide column of the file.
            let mut narrow = Figures::default();
            range.for_each(|row| narrow.push(figures.get(row)));
            let values = narrow.into_narrow().map_err(|value| CatalogError::Range {
                column: spec.name,
                value,
                wanted: "64 bits",
            })?;
            narrows(column, &values, spec)?;
        }
    }
    Ok(())
}

fn missing(spec: &Column) -> CatalogError {
    CatalogError::Refused(format!("{}: a row has none, and needs one", spec.name))
}

fn narrows(
    column: &mut SerializedColumnWriter<'_>,
    values: &[i64],
    spec: &Column,
) -> Result<(), CatalogError> {
    if spec.optional {
        let (levels, there) = present(values, |v| *v == NONE);
        let there = there.as_deref().unwrap_or(values);
        column
            .typed::<Int64Type>()
            .write_batch(there, Some(&levels), None)?;
    } else if values.contains(&NONE) {
        return Err(missing(spec));
    } else {
        column.typed::<Int64Type>().write_batch(values, None, None)?;
    }
    Ok(())
}

fn wides(
    column: &mut SerializedColumnWriter<'_>,
    figures: &Figures,
    range: Range<usize>,
    spec: &Column,
) -> Result<(), CatalogError> {
    let values: Vec<i128> = range.map(|row| figures.get(row)).collect();
    let (levels, there) = present(&values, |v| *v == NONE_WIDE);
    if !spec.optional && there.is_some() {
        return Err(missing(spec));
    }
    let there: Vec<FixedLenByteArray> = there
        .unwrap_or(values)
        .iter()
        .map(|v| FixedLenByteArray::from(ByteArray::from(v.to_be_bytes().to_vec())))
        .collect();
    let levels = spec.optional.then_some(levels.as_slice());
    column
        .typed::<FixedLenByteArrayType>()
        .write_batch(&there, levels, None)?;
    Ok(())
}

fn text(
    column: &mut SerializedColumnWriter<'_>,
    rows: &Rows,
    figures: &Figures,
    range: Range<usize>,
    optional: bool,
) -> Result<(), CatalogError> {
    // A name is made once and shared: most columns of text have one or two.
    let mut last: Option<(i128, ByteArray)> = None;
    let mut name = |code: i128| match &last {
        Some((known, bytes)) if *known == code => bytes.clone(),
        _ => {
            let text = u32::try_from(code).map_or("", |code| rows.names.text(code));
            let bytes = ByteArray::from(text.as_bytes().to_vec());
            last = Some((code, bytes.clone()));
            bytes
        }
    };
    let codes: Vec<i128> = range.map(|row| figures.get(row)).collect();
    if optional {
        let (levels, there) = present(&codes, |code| *code == NONE_WIDE);
        let values: Vec<ByteArray> = there.unwrap_or(codes).into_iter().map(&mut name).collect();
        column
            .typed::<ByteArrayType>()
            .write_batch(&values, Some(&levels), None)?;
    } else {
        let values: Vec<ByteArray> = codes.into_iter().map(&mut name).collect();
        column.typed::<ByteArrayType>().write_batch(&values, None, None)?;
    }
    Ok(())
}

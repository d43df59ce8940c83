//! Parquet files of the catalogue as rows: only the row groups and columns that are wanted are read.

use std::io::Cursor;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use parquet::basic::{LogicalType, Type as Physical};
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData,
};
use parquet::file::properties::ReaderProperties;
use parquet::file::reader::{ChunkReader, Length, RowGroupReader as _};
use parquet::file::serialized_reader::SerializedRowGroupReader;

use super::CatalogError;
use super::chunk;
use super::encode::Wide;
use super::files::Files;
use super::pruning::constant;
use super::rows::{Cells, Names, Rows};
use super::schema::{Cell, Kind, Scales};

/// A file up to this size is read at once.
const WHOLE_BYTES_MAX: u64 = 8 << 20;
/// Bytes of the end of a larger file that are read first.
const TAIL_BYTES: u64 = 64 << 10;
/// Rows that a row group may claim: a broken footer must not make us fill memory.
const GROUP_ROWS_MAX: usize = 4 << 20;

/// Which columns are wanted, as bits by place.
pub type Wanted = u32;
/// All columns.
pub const ALL: Wanted = Wanted::MAX;

/// A file whose footer was read.
pub(crate) struct OpenFile {
    pub(crate) path: Path,
    pub(crate) kind: Kind,
    pub(crate) scales: Scales,
    pub(crate) wide: Wide,
    meta: ParquetMetaData,
    /// Places of our columns in the file.
    places: Vec<Option<usize>>,
    whole: Option<Bytes>,
    files: Files,
    size: u64,
}

/// The bytes of a row group.
pub(super) struct Fetched {
    group: usize,
    pub(super) rows: usize,
    parts: Arc<Parts>,
}

/// Parts of a file that were read.
struct Parts {
    size: u64,
    parts: Vec<(u64, Bytes)>,
}

impl Length for Parts {
    fn len(&self) -> u64 {
        self.size
    }
}

impl ChunkReader for Parts {
    type T = Cursor<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        let found = self
            .parts
            .iter()
            .find(|(at, bytes)| (*at..at + bytes.len() as u64).contains(&start));
        let (at, bytes) = found.ok_or_else(|| ParquetError::EOF(format!("byte {start} was not read")))?;
        Ok(Cursor::new(bytes.slice((start - at) as usize..)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let rest = self.get_read(start)?.into_inner();
        if rest.len() < length {
            return Err(ParquetError::EOF(format!(
                "bytes from {start} end after {}",
                rest.len()
            )));
        }
        Ok(rest.slice(..length))
    }
}

impl OpenFile {
    /// Reads a file's footer, and all of it when it is small; `None` when there is no such file.
    pub(crate) async fn open(files: &Files, path: &Path, kind: Kind) -> Result<Option<Self>, CatalogError> {
        let Some(size) = files.size(path).await? else {
            return Ok(None);
        };
        if size <= WHOLE_BYTES_MAX {
            let Some(bytes) = files.get(path).await? else {
                return Ok(None);
            };
            return Self::parse(files, path, kind, bytes).map(Some);
        }
        let mut tail_bytes = TAIL_BYTES;
        loop {
            let from = size.saturating_sub(tail_bytes);
            let tail = files
                .ranges(path, std::slice::from_ref(&(from..size)))
                .await?
                .pop()
                .unwrap_or_default();
            let mut reader = ParquetMetaDataReader::new();
            match reader.try_parse_sized(&tail, size) {
                Ok(()) => {
                    let file = Self::of(files, path, kind, (reader.finish()?, None, size))?;
                    return Ok(Some(file));
                }
                Err(ParquetError::NeedMoreData(wanted)) if (wanted as u64) > tail_bytes && from > 0 => {
                    tail_bytes = wanted as u64;
                }
                Err(error) => return Err(CatalogError::foreign(path, error.to_string())),
            }
        }
    }

    /// A file whose bytes are at hand.
    pub(crate) fn parse(files: &Files, path: &Path, kind: Kind, bytes: Bytes) -> Result<Self, CatalogError> {
        let meta = ParquetMetaDataReader::new()
            .parse_and_finish(&bytes)
            .map_err(|e| CatalogError::foreign(path, e.to_string()))?;
        let size = bytes.len() as u64;
        Self::of(files, path, kind, (meta, Some(bytes), size))
    }

    fn of(
        files: &Files,
        path: &Path,
        kind: Kind,
        (meta, whole, size): (ParquetMetaData, Option<Bytes>, u64),
    ) -> Result<Self, CatalogError> {
        let (places, scales, wide) = places(&meta, kind).map_err(|what| CatalogError::foreign(path, what))?;
        Ok(Self {
            path: path.clone(),
            kind,
            scales,
            wide,
            meta,
            places,
            whole,
            files: files.clone(),
            size,
        })
    }

    /// Row groups.
    pub(crate) fn groups(&self) -> usize {
        self.meta.num_row_groups()
    }

    /// Rows, as the footer says.
    pub(crate) fn rows(&self) -> u64 {
        u64::try_from(self.meta.file_metadata().num_rows()).unwrap_or(0)
    }

    /// A column of a row group.
    pub(super) fn chunk(&self, group: usize, place: usize) -> Option<&ColumnChunkMetaData> {
        let at = (*self.places.get(place)?)?;
        Some(self.meta.row_group(group).column(at))
    }

    /// A row group's rows, with the columns that are wanted; the others are empty.
    pub(crate) async fn read(&self, group: usize, wanted: Wanted) -> Result<Rows, CatalogError> {
        let fetched = self.fetch(group, wanted).await?;
        self.decode(&fetched, wanted)
    }

    /// The bytes of a row group's columns that are wanted.
    pub(super) async fn fetch(&self, group: usize, wanted: Wanted) -> Result<Fetched, CatalogError> {
        let meta = self.meta.row_group(group);
        let rows = usize::try_from(meta.num_rows()).unwrap_or(usize::MAX);
        if rows > GROUP_ROWS_MAX {
            let what = format!("a row group claims {rows} rows; {GROUP_ROWS_MAX} are the most");
            return Err(CatalogError::foreign(&self.path, what));
        }
        let parts = match &self.whole {
            Some(bytes) => vec![(0, bytes.clone())],
            None => self.parts(meta, wanted).await?,
        };
        Ok(Fetched {
            group,
            rows,
            parts: Arc::new(Parts {
                size: self.size,
                parts,
            }),
        })
    }

    async fn parts(
        &self,
        meta: &RowGroupMetaData,
        wanted: Wanted,
    ) -> Result<Vec<(u64, Bytes)>, CatalogError> {
        let chosen = self
            .places
            .iter()
            .enumerate()
            .filter(|(place, _)| wanted & (1 << place) != 0);
        let ranges: Vec<Range<u64>> = chosen
            .filter_map(|(_, at)| *at)
            .map(|at| {
                let (start, length) = meta.column(at).byte_range();
                start..start.saturating_add(length).min(self.size)
            })
            .collect();
        let bytes = self.files.ranges(&self.path, &ranges).await?;
        Ok(ranges.into_iter().map(|r| r.start).zip(bytes).collect())
    }

    /// What was fetched as rows, with the columns that are wanted; the others are empty.
    pub(super) fn decode(&self, fetched: &Fetched, wanted: Wanted) -> Result<Rows, CatalogError> {
        let mut names = Names::default();
        let mut columns = Vec::with_capacity(self.places.len());
        for (place, spec) in self.kind.columns().iter().enumerate() {
            let bit = 1 << place;
            let room = if (wanted & !self.wide) & bit == 0 {
                0
            } else {
                fetched.rows
            };
            let mut cells = Cells::with_room(spec.cell, room);
            if wanted & bit != 0 {
                self.append(fetched, place, &mut names, &mut cells)?;
            }
            columns.push(cells);
        }
        Ok(Rows::from_parts(self.kind, self.scales, names, columns))
    }

    /// Appends one column of what was fetched.
    pub(super) fn append(
        &self,
        fetched: &Fetched,
        place: usize,
        names: &mut Names,
        to: &mut Cells,
    ) -> Result<(), CatalogError> {
        let spec = &self.kind.columns()[place];
        let meta = self.meta.row_group(fetched.group);
        let before = to.len();
        match self.places[place] {
            None => chunk::absent(spec, fetched.rows, to),
            Some(at) if constant(meta.column(at), spec, fetched.rows, names, to) => {}
            Some(at) => {
                let properties = Arc::new(ReaderProperties::builder().build());
                let pages = self.meta.page_index_for_row_group(fetched.group);
                let parts = Arc::clone(&fetched.parts);
                SerializedRowGroupReader::new(parts, meta, pages, properties)
                    .and_then(|group| group.get_column_reader(at))
                    .map_err(CatalogError::from)
                    .and_then(|reader| chunk::append(reader, fetched.rows, spec, names, to))
                    .map_err(|e| match e {
                        CatalogError::Parquet(error) => CatalogError::foreign(&self.path, error.to_string()),
                        other => other,
                    })?;
            }
        }
        let length = to.len() - before;
        if length != fetched.rows {
            let what = format!(
                "{}: {length} values in a group of {} rows",
                spec.name, fetched.rows
            );
            return Err(CatalogError::foreign(&self.path, what));
        }
        Ok(())
    }
}

/// Where a kind's columns are in a file, at which scales and widths; what is wrong with it otherwise.
fn places(meta: &ParquetMetaData, kind: Kind) -> Result<(Vec<Option<usize>>, Scales, Wide), String> {
    let schema = meta.file_metadata().schema_descr();
    let mut scales: [Option<u8>; 3] = [None; 3];
    let (mut places, mut wide) = (Vec::new(), 0);
    for (place, spec) in kind.columns().iter().enumerate() {
        let found = schema.columns().iter().position(|c| c.name() == spec.name);
        let Some(at) = found else {
            if !spec.optional {
                return Err(format!("there is no column {}", spec.name));
            }
            places.push(None);
            continue;
        };
        let column = schema.column(at);
        let fitting: &[Physical] = match spec.cell {
            Cell::Text => &[Physical::BYTE_ARRAY],
            Cell::Day => &[Physical::INT32],
            Cell::Flag => &[Physical::BOOLEAN],
            Cell::Fraction => &[Physical::DOUBLE],
            Cell::Time | Cell::Whole => &[Physical::INT64],
            Cell::Price | Cell::Size | Cell::Value => &[Physical::INT64, Physical::FIXED_LEN_BYTE_ARRAY],
        };
        let optional = column.max_def_level() == 1;
        if !fitting.contains(&column.physical_type())
            || column.max_rep_level() > 0
            || optional != spec.optional
        {
            return Err(format!("column {} has another type", spec.name));
        }
        if column.physical_type() == Physical::FIXED_LEN_BYTE_ARRAY {
            wide |= 1 << place;
        }
        let slot = match spec.cell {
            Cell::Price => Some(0),
            Cell::Size => Some(1),
            Cell::Value => Some(2),
            _ => None,
        };
        if let Some(slot) = slot {
            let scale = match column.logical_type_ref() {
                Some(LogicalType::Decimal(decimal)) => u8::try_from(decimal.scale).ok(),
                _ => None,
            };
            let scale = scale.ok_or_else(|| format!("column {} is no decimal", spec.name))?;
            if *scales[slot].get_or_insert(scale) != scale {
                return Err(format!("column {} has another scale than its like", spec.name));
            }
        }
        places.push(Some(at));
    }
    let found = Scales {
        price: scales[0].unwrap_or(0),
        size: scales[1].unwrap_or(0),
    };
    if scales[2].is_some_and(|value| value != found.of(Cell::Value)) {
        return Err("the scale of `value` is not that of prices and sizes together".to_owned());
    }
    if found.price > super::schema::SCALE_MAX || found.size > super::schema::SCALE_MAX {
        return Err("a scale is above 18".to_owned());
    }
    Ok((places, found, wide))
}

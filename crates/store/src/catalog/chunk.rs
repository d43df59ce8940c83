//! The values of one column of a row group, appended to cells.

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType, FixedLenByteArray};
use parquet::errors::ParquetError;

use super::CatalogError;
use super::figures::{Figures, NONE, NONE_WIDE};
use super::rows::{Cells, Names};
use super::schema::Column;

/// Appends so many cells without a value.
pub(super) fn absent(spec: &Column, rows: usize, to: &mut Cells) {
    debug_assert!(spec.optional);
    to.fill(NONE_WIDE, rows);
}

/// Appends what a reader has.
pub(super) fn append(
    reader: ColumnReader,
    rows: usize,
    spec: &Column,
    names: &mut Names,
    to: &mut Cells,
) -> Result<(), CatalogError> {
    let optional = spec.optional;
    let to = match (reader, to) {
        (ColumnReader::DoubleColumnReader(mut r), Cells::Fractions(to)) => {
            return pull(&mut r, rows, (optional, f64::NAN), to);
        }
        (ColumnReader::Int64ColumnReader(mut r), Cells::Figures(Figures::Narrow(to))) => {
            return pull(&mut r, rows, (optional, NONE), to);
        }
        (reader, Cells::Figures(to)) => (reader, to),
        _ => return Err(unexpected(spec)),
    };
    let (figures, to) = match to {
        (ColumnReader::Int64ColumnReader(mut r), to) => {
            let mut values = Vec::with_capacity(rows);
            pull(&mut r, rows, (optional, NONE), &mut values)?;
            (Figures::Narrow(values), to)
        }
        (ColumnReader::Int32ColumnReader(mut r), to) => {
            let mut values = Vec::with_capacity(rows);
            pull(&mut r, rows, (optional, i32::MIN), &mut values)?;
            let wide = |v: i32| if v == i32::MIN { NONE } else { v.into() };
            (Figures::Narrow(values.into_iter().map(wide).collect()), to)
        }
        (ColumnReader::BoolColumnReader(mut r), to) => {
            let mut values = Vec::with_capacity(rows);
            pull(&mut r, rows, (optional, false), &mut values)?;
            (Figures::Narrow(values.into_iter().map(i64::from).collect()), to)
        }
        (ColumnReader::FixedLenByteArrayColumnReader(mut r), to) => {
            // Not the default, whose length is not there to be asked for.
            let none = FixedLenByteArray::from(Vec::new());
            let mut values = Vec::with_capacity(rows);
            pull(&mut r, rows, (optional, none), &mut values)?;
            let wide = |v: FixedLenByteArray| {
                if v.is_empty() && optional {
                    return Ok(NONE_WIDE);
                }
                let bytes: [u8; 16] = v.data().try_into().map_err(|_| {
                    ParquetError::General(format!("{}: a decimal of {} bytes", spec.name, v.len()))
                })?;
                Ok(i128::from_be_bytes(bytes))
            };
            let values: Result<_, ParquetError> = values.into_iter().map(wide).collect();
            (Figures::Wide(values?), to)
        }
        (ColumnReader::ByteArrayColumnReader(mut r), to) => {
            let mut levels = Vec::new();
            let mut values: Vec<ByteArray> = Vec::with_capacity(rows);
            r.read_records(rows, optional.then_some(&mut levels), None, &mut values)?;
            let codes = codes(values, optional.then_some(levels), names)?;
            (Figures::Narrow(codes), to)
        }
        _ => return Err(unexpected(spec)),
    };
    if to.is_empty() {
        *to = figures;
    } else {
        to.extend(&figures, 0..figures.len());
    }
    Ok(())
}

fn unexpected(spec: &Column) -> CatalogError {
    ParquetError::General(format!("{}: an unexpected type", spec.name)).into()
}

fn codes(
    values: Vec<ByteArray>,
    levels: Option<Vec<i16>>,
    names: &mut Names,
) -> Result<Vec<i64>, CatalogError> {
    let mut last: Option<(ByteArray, i64)> = None;
    let mut code = |value: ByteArray| -> Result<i64, ParquetError> {
        if let Some((known, code)) = &last
            && known.data() == value.data()
        {
            return Ok(*code);
        }
        let text = std::str::from_utf8(value.data())
            .map_err(|_| ParquetError::General("text is no UTF-8".to_owned()))?;
        let found = i64::from(names.code(text));
        last = Some((value, found));
        Ok(found)
    };
    let Some(levels) = levels else {
        return Ok(values.into_iter().map(code).collect::<Result<_, _>>()?);
    };
    let mut values = values.into_iter();
    let cells = levels
        .into_iter()
        .map(|level| match (level > 0).then(|| values.next()).flatten() {
            Some(value) => code(value),
            None => Ok(NONE),
        });
    Ok(cells.collect::<Result<_, _>>()?)
}

/// Appends the values of a column; of an optional one with `none` in place of those that are not there.
fn pull<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    (optional, none): (bool, T::T),
    to: &mut Vec<T::T>,
) -> Result<(), CatalogError>
where
    T::T: Clone,
{
    let before = to.len();
    let mut levels: Vec<i16> = Vec::with_capacity(if optional { rows } else { 0 });
    let mut read = 0;
    while read < rows {
        let levels = optional.then_some(&mut levels);
        let (records, ..) = reader.read_records(rows - read, levels, None, to)?;
        if records == 0 {
            break;
        }
        read += records;
    }
    if optional && to.len() - before < levels.len() {
        let mut there = to.split_off(before).into_iter();
        to.extend(levels.into_iter().map(|level| {
            let value = if level > 0 { there.next() } else { None };
            value.unwrap_or_else(|| none.clone())
        }));
    }
    Ok(())
}

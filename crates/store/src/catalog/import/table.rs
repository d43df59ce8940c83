//! Parquet that anyone may have written, batch by batch.

use std::fs::File;

use tradewind_codecs::table::parquet::{self as cells, CellReader};

use super::super::CatalogError;
use super::super::figures::NONE_WIDE;
use super::super::rows::bits;
use super::super::schema::Cell;
use super::build::{Refusal, Row};
use super::csv::raised;
use super::{Stop, Work};

/// Imports one file.
pub(super) fn read(name: &str, file: File, work: &mut Work<'_>) -> Result<(), Stop> {
    let refuse = |what: String| CatalogError::Refused(format!("{name}: {what}"));
    let mut reader = CellReader::open(file).map_err(|e| refuse(e.to_string()))?;
    let columns = reader.columns();
    let names: Vec<String> = columns.iter().map(|c| c.name.clone()).collect();
    let found = work.builder.places(&names).map_err(refuse)?;
    let chosen: Vec<(usize, usize)> = found
        .iter()
        .enumerate()
        .filter_map(|(at, place)| place.map(|place| (at, place)))
        .collect();
    if let Some((at, _)) = chosen.iter().find(|(at, _)| columns[*at].list) {
        return Err(refuse(format!(
            "column {} is a list; one value a row is needed",
            columns[*at].name
        ))
        .into());
    }
    let places: Vec<usize> = chosen.iter().map(|(_, place)| *place).collect();
    reader.choose(chosen.into_iter().map(|(at, _)| at).collect());
    loop {
        let before = reader.row();
        let batch = reader
            .next_batch()
            .map_err(|e| refuse(format!("after row {before}: {e}")))?;
        let Some(rows) = batch else { return Ok(()) };
        for at in 0..rows {
            work.count()?;
            let line = (name, before + at as u64 + 1);
            if let Err(refusal) = row(&reader, at, &places, (&mut *work, line)) {
                match refusal {
                    Refusal::Decimals(cell, decimals) => {
                        return Err(Stop::Scale(raised(work.builder.scales, cell, decimals)));
                    }
                    Refusal::Because(reason) => work.reject(line, &reason, b"")?,
                }
            }
            work.sink.flow()?;
        }
    }
}

fn row(
    reader: &CellReader<File>,
    at: usize,
    places: &[usize],
    (work, line): (&mut Work<'_>, (&str, u64)),
) -> Result<(), Refusal> {
    let mut row = work.builder.blank();
    for (column, place) in places.iter().enumerate() {
        cell(reader.cell(column, at), *place, (&mut *work, &mut row))?;
    }
    work.builder.finish(&mut row)?;
    work.sink.push(&row, &work.builder.texts, line)?;
    Ok(())
}

fn cell(
    (value, meaning): (&cells::Cell, cells::Meaning),
    place: usize,
    (work, row): (&mut Work<'_>, &mut Row),
) -> Result<(), Refusal> {
    let column = work.options.kind.columns()[place];
    let named = |what: String| Refusal::Because(format!("{}: {what}", column.name));
    if matches!(value, cells::Cell::Null) {
        if column.optional || row[place] != NONE_WIDE {
            return Ok(());
        }
        return Err(named("the cell is empty".to_owned()));
    }
    row[place] = match column.cell {
        Cell::Time => i128::from(cells::stamp(value, meaning, &mut work.builder.stamps).map_err(named)?),
        Cell::Price | Cell::Size | Cell::Value => {
            let scale = work.builder.scales.of(column.cell);
            match cells::figure(value, meaning, scale, work.options.extra_decimals) {
                Ok(figure) => figure.unwrap_or(NONE_WIDE),
                Err(why) => {
                    let decimals = cells::decimals(value, meaning);
                    return Err(work.builder.figure_refused(column, decimals, &why));
                }
            }
        }
        _ => match (value, meaning) {
            (cells::Cell::Bytes(bytes), cells::Meaning::Plain) => {
                return work.builder.cell(row, place, bytes.data());
            }
            (cells::Cell::Float(value), _) if column.cell == Cell::Fraction => bits(*value),
            (cells::Cell::Whole(value), _) if column.cell != Cell::Text => {
                if column.cell == Cell::Fraction {
                    bits(*value as f64)
                } else if i64::try_from(*value).is_ok() {
                    *value
                } else {
                    return Err(named(format!("{value} does not fit 63 bits")));
                }
            }
            (cells::Cell::Whole(value), _) => {
                let text = value.to_string();
                return work.builder.cell(row, place, text.as_bytes());
            }
            _ => return Err(named("has another type".to_owned())),
        },
    };
    Ok(())
}

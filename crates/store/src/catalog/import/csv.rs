//! Delimited text, line by line through a fixed buffer.

use std::io::Read;

use tradewind_codecs::table::lines::{LineError, Lines, cut};

use super::super::CatalogError;
use super::build::Refusal;
use super::{Stop, Work};
use crate::catalog::schema::{Cell, Scales};

/// Columns of a file that are looked at.
const COLUMNS_READ_MAX: usize = 256;

/// Imports one text.
pub(super) fn read(name: &str, input: Box<dyn Read + '_>, work: &mut Work<'_>) -> Result<(), Stop> {
    let mut lines = Lines::new(input);
    let separator = work.options.separator;
    let names: Vec<String> = match &work.options.header {
        Some(names) => names.clone(),
        None => match lines.next_line() {
            Ok(Some(line)) => {
                let text = String::from_utf8_lossy(lines.text(line)).into_owned();
                let cells = text.trim_start_matches('\u{feff}').split(char::from(separator));
                cells.take(COLUMNS_READ_MAX).map(str::to_owned).collect()
            }
            Ok(None) => return Err(refused(name, "the file is empty; a header row is needed").into()),
            Err(LineError::Read(error)) => return Err(CatalogError::io(name, error).into()),
            Err(error) => return Err(refused(name, &error.to_string()).into()),
        },
    };
    let places = work.builder.places(&names).map_err(|what| refused(name, &what))?;
    loop {
        let line = match lines.next_line() {
            Ok(Some(line)) => line,
            Ok(None) => return Ok(()),
            Err(LineError::Read(error)) => return Err(CatalogError::io(name, error).into()),
            Err(error @ LineError::TooLong(number)) => {
                lines.skip_line().map_err(|e| CatalogError::io(name, e))?;
                work.count()?;
                work.reject((name, number), &error.to_string(), b"")?;
                continue;
            }
        };
        if line.is_empty() {
            continue;
        }
        work.count()?;
        let text = lines.text(line);
        let at = (name, lines.number());
        if let Err(refusal) = row(text, &places, separator, (&mut *work, at)) {
            match refusal {
                Refusal::Decimals(cell, decimals) => {
                    return Err(Stop::Scale(raised(work.builder.scales, cell, decimals)));
                }
                Refusal::Because(reason) => work.reject(at, &reason, text)?,
            }
        }
        work.sink.flow()?;
    }
}

/// The scales with more decimals for one kind of figure.
pub(super) fn raised(mut scales: Scales, cell: Cell, decimals: u8) -> Scales {
    match cell {
        Cell::Size => scales.size = decimals,
        _ => scales.price = decimals,
    }
    scales
}

#[inline]
fn row(
    text: &[u8],
    places: &[Option<usize>],
    separator: u8,
    (work, at): (&mut Work<'_>, (&str, u64)),
) -> Result<(), Refusal> {
    let mut row = work.builder.blank();
    let mut rest = Some(text);
    for (seen, place) in places.iter().enumerate() {
        let Some(cells) = rest else {
            return Err(Refusal::Because(format!(
                "{seen} cells, the header has {}",
                places.len()
            )));
        };
        let (cell, after) = cut(cells, separator);
        rest = after;
        if let Some(place) = place {
            work.builder.cell(&mut row, *place, cell)?;
        }
    }
    work.builder.finish(&mut row)?;
    work.sink.push(&row, &work.builder.texts, at)?;
    Ok(())
}

fn refused(name: &str, what: &str) -> CatalogError {
    CatalogError::Refused(format!("{name}, line 1: {what}"))
}

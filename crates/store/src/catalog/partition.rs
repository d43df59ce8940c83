//! Rows cut by the files that they belong to.

use std::collections::BTreeMap;

use super::CatalogError;
use super::place::{Part, Place, Shelf, day_of};
use super::rows::Rows;
use super::schema::Kind;

/// The place of the expiry in option snapshots.
const EXPIRY: usize = 2;

/// The parts of a shelf that rows belong to, each with its rows in their order.
///
/// # Errors
/// When a row has a time or expiry that cannot be stored.
pub fn by_part(shelf: &Shelf, rows: &Rows) -> Result<BTreeMap<Part, Rows>, CatalogError> {
    let mut found: BTreeMap<Part, Rows> = BTreeMap::new();
    let (mut from, mut current) = (0, None);
    let mut known: Option<(Part, std::ops::Range<i64>)> = None;
    for row in 0..rows.len() {
        let part = if rows.kind == Kind::Options {
            expiry(rows, row)?
        } else {
            let ts = rows.ts(row);
            match &known {
                Some((part, times)) if times.contains(&ts) => *part,
                _ => {
                    let (part, times) = shelf.part_at(ts)?;
                    known = Some((part, times));
                    part
                }
            }
        };
        if current != Some(part) {
            append(&mut found, current, rows, from..row);
            (from, current) = (row, Some(part));
        }
    }
    append(&mut found, current, rows, from..rows.len());
    Ok(found)
}

fn append(found: &mut BTreeMap<Part, Rows>, part: Option<Part>, rows: &Rows, range: std::ops::Range<usize>) {
    if let Some(part) = part {
        let to = found
            .entry(part)
            .or_insert_with(|| Rows::new(rows.kind, rows.scales));
        to.extend(rows, range);
    }
}

fn expiry(rows: &Rows, row: usize) -> Result<Part, CatalogError> {
    let days = rows.get(EXPIRY, row);
    let day = i64::try_from(days)
        .ok()
        .and_then(|days| days.checked_mul(tradewind_types::time::DAY_NS as i64))
        .and_then(day_of);
    day.map(Part::Expiry)
        .ok_or_else(|| CatalogError::Refused(format!("{days} days after 1970 is no expiry")))
}

/// The places of the rows of a shelf.
///
/// # Errors
/// As [`by_part`].
pub fn by_place(shelf: &Shelf, rows: &Rows) -> Result<Vec<(Place, Rows)>, CatalogError> {
    let parts = by_part(shelf, rows)?;
    let place = |part| Place {
        shelf: shelf.clone(),
        part,
    };
    Ok(parts
        .into_iter()
        .map(|(part, rows)| (place(part), rows))
        .collect())
}

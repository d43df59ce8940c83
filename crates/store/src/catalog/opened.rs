//! Files of which the bytes that a query may want were fetched, and how they become rows.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use object_store::path::Path;
use tradewind_types::Symbol;

use super::CatalogError;
use super::decode::{Fetched, OpenFile, Wanted};
use super::files::Files;
use super::read::Query;
use super::rows::{Cells, Names, Rows};
use super::schema::{Cell, Kind, SYMBOL, TS};

/// Rows from which a read is shared between threads.
const SHARED_ROWS: usize = 1 << 20;

/// How many threads share a long read.
pub(super) fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// A file, and the bytes of what a query may want of it.
pub(super) struct Opened {
    pub(super) file: OpenFile,
    groups: Vec<Fetched>,
    wanted: Wanted,
    /// The symbol of which rows are wanted, where the file has others.
    symbol: Option<Symbol>,
    times: Range<i64>,
}

impl Opened {
    pub(super) async fn open(
        files: &Files,
        (source, place): (Path, Path),
        query: &Query,
    ) -> Result<Option<Self>, CatalogError> {
        let kind = query.series.kind;
        let file = match OpenFile::open(files, &source, kind).await? {
            Some(file) => file,
            // It was moved to its place since the reader learned where it is.
            None => match OpenFile::open(files, &place, kind).await? {
                Some(file) => file,
                None => return Ok(None),
            },
        };
        let shared = query.series.shelf().symbol.is_none();
        let symbol = shared.then(|| query.series.instrument.symbol.clone());
        let wanted = query.columns | 1 << TS | if shared { 1 << SYMBOL } else { 0 };
        let mut groups = Vec::new();
        for group in 0..file.groups() {
            if file.may_have(group, &query.times, symbol.as_ref().map(Symbol::as_str)) {
                groups.push(file.fetch(group, wanted).await?);
            }
        }
        Ok(Some(Self {
            file,
            groups,
            wanted,
            symbol,
            times: query.times.clone(),
        }))
    }

    /// The rows that are wanted, by row group.
    pub(super) fn decode(self) -> Result<Vec<Rows>, CatalogError> {
        let mut found = Vec::new();
        for group in &self.groups {
            let mut rows = self.file.decode(group, self.wanted)?;
            if let Some(symbol) = &self.symbol {
                let all = rows.len();
                let is_it = |row: &usize| rows.symbol(*row) == symbol.as_str();
                let first = (0..all).find(is_it).unwrap_or(all);
                let last = (first..all).find(|row| !is_it(row)).unwrap_or(all);
                rows.keep(first..last);
            }
            if self.file.kind == Kind::Options {
                let inside: Vec<u32> = (0..rows.len() as u32)
                    .filter(|row| self.times.contains(&rows.ts(*row as usize)))
                    .collect();
                if inside.len() < rows.len() {
                    rows = rows.permuted(&inside);
                }
            } else {
                let inside = rows.between(self.times.start, self.times.end);
                rows.keep(inside);
            }
            if !rows.is_empty() {
                found.push(rows);
            }
        }
        Ok(found)
    }
}

/// What was fetched of files of one symbol and one pair of scales, which follow each other in time, as one table: each
/// column goes straight to where it stays, since touching memory is most of what a long read costs.
pub(super) fn together(
    opened: &[Opened],
    kind: Kind,
    times: Range<i64>,
    columns: Wanted,
) -> Result<Rows, CatalogError> {
    let groups = || {
        opened
            .iter()
            .flat_map(|o| o.groups.iter().map(|group| (&o.file, group)))
    };
    let rows: usize = groups().map(|(_, group)| group.rows).sum();
    let wanted = |place: &usize| (columns | 1 << TS) & (1 << place) != 0;
    let is_text = |place: &usize| kind.columns()[*place].cell == Cell::Text;
    let places = || (0..kind.columns().len()).filter(wanted);
    // Texts of all columns are known by the same codes: one thread has them all.
    let texts: Vec<usize> = places().filter(is_text).collect();
    let alone = places().filter(|place| !is_text(place)).map(|place| vec![place]);
    let jobs: Vec<Vec<usize>> = alone.chain(std::iter::once(texts)).collect();
    let job = |places: &[usize]| -> Result<(Names, Vec<(usize, Cells)>), CatalogError> {
        let mut names = Names::default();
        let mut done = Vec::new();
        for place in places {
            let mut cells = Cells::with_room(kind.columns()[*place].cell, rows);
            for (file, group) in groups() {
                file.append(group, *place, &mut names, &mut cells)?;
            }
            done.push((*place, cells));
        }
        Ok((names, done))
    };
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<_>, CatalogError> {
        let mut done = Vec::new();
        while let Some(places) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push(job(places)?);
        }
        Ok(done)
    };
    let others = if rows < SHARED_ROWS { 0 } else { threads() - 1 };
    let done = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..others).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        for handle in handles {
            let theirs = handle
                .join()
                .unwrap_or_else(|_| Err(CatalogError::Task("a thread panicked".to_owned())));
            done = done.and_then(|mut done| {
                done.extend(theirs?);
                Ok(done)
            });
        }
        done
    })?;
    let mut all: Vec<Cells> = kind.columns().iter().map(|c| Cells::of(c.cell)).collect();
    let mut names = Names::default();
    for (own, columns) in done {
        for (place, cells) in columns {
            if is_text(&place) {
                names = own.clone();
            }
            all[place] = cells;
        }
    }
    let scales = opened.first().map_or_else(Default::default, |o| o.file.scales);
    let mut rows = Rows::from_parts(kind, scales, names, all);
    let inside = rows.between(times.start, times.end);
    rows.keep(inside);
    Ok(rows)
}

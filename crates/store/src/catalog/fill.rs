//! Bars from elsewhere put where nothing whole is stored: a venue's candles beside our own bars.

use std::ops::Range;

use rustc_hash::FxHashSet;

use super::gaps::Gap;
use super::merge::Rule;
use super::partition::by_place;
use super::place::Series;
use super::read::Query;
use super::rows::Rows;
use super::schema::Kind;
use super::{Catalog, CatalogError};

impl Catalog {
    /// The stretches of a series of bars with `from <= ts < to` that are stored, but not complete.
    ///
    /// # Errors
    /// As [`Catalog::read`]; when the series is none of bars.
    pub async fn incomplete(&self, series: &Series, times: Range<i64>) -> Result<Vec<Gap>, CatalogError> {
        let (Some(complete), Some(interval)) = (Kind::Bars.place("complete"), series.interval) else {
            return Err(CatalogError::Refused(format!(
                "{series}: bars alone are complete or not"
            )));
        };
        let rows = self
            .read(&Query::all(series.clone()).between(times).with(&["complete"]))
            .await?;
        let mut found: Vec<Gap> = Vec::new();
        for row in (0..rows.len()).filter(|row| rows.get(complete, *row) != 1) {
            let from = rows.ts(row);
            let to = from.saturating_add(interval.nanos() as i64);
            match found.last_mut().filter(|last| last.to == from) {
                Some(last) => {
                    last.to = to;
                    last.bars += 1;
                }
                None => found.push(Gap { from, to, bars: 1 }),
            }
        }
        Ok(found)
    }

    /// Adds those bars of a series of whose time no complete bar is stored, to the live tail where there is one; how many.
    /// A bar that is stored incomplete becomes an earlier revision of the one that is added; one that comes beside a
    /// complete one of its time is left out.
    ///
    /// # Errors
    /// [`CatalogError`]; nothing is added then.
    pub async fn fill(&self, series: &Series, rows: &Rows) -> Result<u64, CatalogError> {
        let Some(complete) = Kind::Bars.place("complete").filter(|_| rows.kind == Kind::Bars) else {
            return Err(CatalogError::Refused(format!(
                "{series}: gaps are filled in bars alone"
            )));
        };
        let times = (0..rows.len()).map(|row| rows.ts(row));
        let (Some(first), Some(last)) = (times.clone().min(), times.max()) else {
            return Ok(0);
        };
        let query = Query::all(series.clone())
            .between(first..last.saturating_add(1))
            .with(&["complete"]);
        let stored = self.read(&query).await?;
        let whole: FxHashSet<i64> = (0..stored.len())
            .filter(|row| stored.get(complete, *row) == 1)
            .map(|row| stored.ts(row))
            .collect();
        let is_whole = |row: usize| rows.get(complete, row) == 1;
        let comes_whole: FxHashSet<i64> = (0..rows.len())
            .filter(|row| is_whole(*row))
            .map(|row| rows.ts(row))
            .collect();
        let is_wanted = |row: usize| {
            let ts = rows.ts(row);
            !whole.contains(&ts) && (is_whole(row) || !comes_whole.contains(&ts))
        };
        let wanted: Vec<u32> = (0..rows.len() as u32)
            .filter(|row| is_wanted(*row as usize))
            .collect();
        if wanted.is_empty() {
            return Ok(0);
        }
        let rows = rows.permuted(&wanted);
        if let Some(tail) = &self.tail {
            return tail.append(series, &rows).await;
        }
        let mut session = self.session().await?;
        for (place, rows) in by_place(&series.shelf(), &rows)? {
            session.add(&place, rows, Rule::HigherRevision).await?;
        }
        let change = session.commit().await?;
        Ok(change.added + change.revised)
    }
}

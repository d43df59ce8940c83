//! What the catalogue has.

use std::collections::BTreeMap;

use object_store::path::Path;
use tradewind_types::market::BarInterval;
use tradewind_types::{InstrumentId, Symbol};

use super::decode::OpenFile;
use super::place::{Place, Series};
use super::read::visible;
use super::schema::{Kind, SYMBOL, TS};
use super::session::Commit;
use super::{Catalog, CatalogError};

/// One series of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Listed {
    /// `bars`, `trades`, `quotes` or `options`.
    pub kind: &'static str,
    /// The instrument; of option snapshots, the underlying.
    pub instrument: InstrumentId,
    /// The interval of bars.
    pub interval: Option<BarInterval>,
    /// Rows in files.
    pub rows: u64,
    /// The first time, in nanoseconds.
    pub first: i64,
    /// The last time, in nanoseconds.
    pub last: i64,
    /// Files that hold them; those of long bars hold other symbols too.
    pub files: u64,
    /// Bytes of those files.
    pub bytes: u64,
    /// Rows in the live tail.
    pub tail_rows: u64,
}

impl Catalog {
    /// Every place with where its content is.
    pub(crate) async fn places(&self) -> Result<BTreeMap<Place, Path>, CatalogError> {
        let commit = Commit::read(&self.files).await?;
        let mut all = BTreeMap::new();
        for kind in Kind::ALL {
            all.extend(visible(&self.files, &commit, &Path::from(kind.name())).await?);
        }
        Ok(all)
    }

    /// Every series, sorted, from footers and, where symbols share files, their symbols.
    ///
    /// # Errors
    /// When a file fails or is none of the catalogue's.
    pub async fn list(&self) -> Result<Vec<Listed>, CatalogError> {
        let mut found: BTreeMap<Series, Listed> = BTreeMap::new();
        for (place, source) in self.places().await? {
            let bytes = self.files.size(&source).await?.unwrap_or(0);
            let Some(file) = OpenFile::open(&self.files, &source, place.shelf.kind).await? else {
                continue;
            };
            for (symbol, rows, (first, last)) in symbols(&place, &file).await? {
                let series = Series {
                    kind: place.shelf.kind,
                    instrument: InstrumentId::new(symbol, place.shelf.market.clone()),
                    interval: place.shelf.interval,
                };
                let listed = found
                    .entry(series.clone())
                    .or_insert_with(|| listed(&series, (first, last)));
                listed.rows += rows;
                listed.first = listed.first.min(first);
                listed.last = listed.last.max(last);
                listed.files += 1;
                listed.bytes += bytes;
            }
        }
        if let Some(tail) = &self.tail {
            for (series, rows, (first, last)) in tail.spans().await? {
                let listed = found
                    .entry(series.clone())
                    .or_insert_with(|| listed(&series, (first, last)));
                listed.tail_rows = rows;
                listed.first = listed.first.min(first);
                listed.last = listed.last.max(last);
            }
        }
        Ok(found.into_values().collect())
    }
}

fn listed(series: &Series, (first, last): (i64, i64)) -> Listed {
    Listed {
        kind: series.kind.name(),
        instrument: series.instrument.clone(),
        interval: series.interval,
        rows: 0,
        first,
        last,
        files: 0,
        bytes: 0,
        tail_rows: 0,
    }
}

/// The symbols of a file with their rows and times.
async fn symbols(place: &Place, file: &OpenFile) -> Result<Vec<(Symbol, u64, (i64, i64))>, CatalogError> {
    if let Some(symbol) = &place.shelf.symbol {
        let times = (0..file.groups()).filter_map(|group| file.times(group));
        let all = times.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        return Ok(all
            .map(|times| (symbol.clone(), file.rows(), times))
            .into_iter()
            .collect());
    }
    let mut found: BTreeMap<String, (u64, (i64, i64))> = BTreeMap::new();
    for group in 0..file.groups() {
        let rows = file.read(group, 1 << SYMBOL | 1 << TS).await?;
        for row in 0..rows.len() {
            let ts = rows.ts(row);
            match found.get_mut(rows.symbol(row)) {
                Some((count, times)) => {
                    *count += 1;
                    *times = (times.0.min(ts), times.1.max(ts));
                }
                None => {
                    found.insert(rows.symbol(row).to_owned(), (1, (ts, ts)));
                }
            }
        }
    }
    let checked = |(symbol, (rows, times)): (String, (u64, (i64, i64)))| {
        Symbol::new(&symbol)
            .map(|symbol| (symbol, rows, times))
            .map_err(|e| CatalogError::foreign(&file.path, e.to_string()))
    };
    found.into_iter().map(checked).collect()
}

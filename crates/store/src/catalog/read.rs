//! Reading: one series over a range of time, files and live tail together, only the columns that are wanted.

use std::collections::BTreeMap;
use std::ops::Range;

use futures_util::{StreamExt as _, TryStreamExt as _};
use jiff::civil::Date;
use object_store::path::Path;

use super::decode::{ALL, Wanted};
use super::files::Files;
use super::merge::{Merge, Piece, Rule, history, unique};
use super::opened::{Opened, threads, together};
use super::place::{Part, Place, Series};
use super::rows::Rows;
use super::schema::{Kind, Scales, TS};
use super::session::Commit;
use super::{Catalog, CatalogError};

/// How often a read begins again because the catalogue changed under it.
const ATTEMPTS_MAX: u32 = 5;

/// What is to be read.
#[derive(Debug, Clone)]
pub struct Query {
    /// The series.
    pub series: Series,
    /// Times in nanoseconds, the end excluded.
    pub times: Range<i64>,
    /// Columns, as bits by place; [`ALL`] for all. Those that are not wanted are empty.
    pub columns: Wanted,
    /// Of option snapshots: which expiries, both ends included; `None` for all.
    pub expiries: Option<(Date, Date)>,
}

impl Query {
    /// All columns of a series over all of time.
    #[must_use]
    pub fn all(series: Series) -> Self {
        Self {
            series,
            times: 0..i64::MAX,
            columns: ALL,
            expiries: None,
        }
    }

    /// The same over a range of times in nanoseconds.
    #[must_use]
    pub fn between(self, times: Range<i64>) -> Self {
        Self { times, ..self }
    }

    /// The same with only these columns, besides the time, and the symbol where symbols share files.
    #[must_use]
    pub fn with(self, names: &[&str]) -> Self {
        let kind = self.series.kind;
        let bits = names
            .iter()
            .filter_map(|name| kind.place(name))
            .fold(0, |bits, at| bits | 1 << at);
        Self {
            columns: bits | 1 << TS,
            ..self
        }
    }

    /// Whether a file may have what is wanted.
    fn concerns(&self, place: &Place) -> bool {
        let expiries = match (self.expiries, place.part) {
            (Some((first, last)), Part::Expiry(day)) => (first..=last).contains(&day),
            _ => true,
        };
        let times = place.part.times();
        expiries && times.start < self.times.end && times.end > self.times.start
    }
}

/// Files of a shelf as a reader sees them: place and where its content is.
pub(crate) async fn visible(
    files: &Files,
    commit: &Commit,
    prefix: &Path,
) -> Result<BTreeMap<Place, Path>, CatalogError> {
    let listed = files.list(Some(prefix)).await?;
    let moved = commit.moves.iter().filter_map(|(_, to)| Path::parse(to).ok());
    let below = |path: &Path| path.prefix_match(prefix).is_some();
    let mut found = BTreeMap::new();
    for path in listed
        .into_iter()
        .map(|(path, _)| path)
        .chain(moved.filter(below))
    {
        if commit.removes(&path) {
            continue;
        }
        if let Some(place) = Place::of_path(&path) {
            let source = commit.source(&path).unwrap_or(path);
            found.insert(place, source);
        }
    }
    Ok(found)
}

impl Catalog {
    /// The rows of a query in order of time, each key once with its latest revision.
    ///
    /// # Errors
    /// [`CatalogError`]; also when the catalogue changes again and again meanwhile.
    pub async fn read(&self, query: &Query) -> Result<Rows, CatalogError> {
        // The tail first: what moves from the tail to the files meanwhile is then seen twice, never missed.
        let (pieces, tail) = self.steady(query, false).await?;
        let mut rows = join(pieces, query)?;
        let expiries = query.series.kind == Kind::Options;
        if let Some(tail) = tail {
            if expiries {
                rows = rows.sorted();
            }
            rows = merged(rows, unique(tail, Rule::HigherRevision).rows)?;
        }
        // Files of other kinds follow each other in time; those of expiries lie side by side.
        Ok(if expiries { by_time(rows) } else { rows })
    }

    /// Every revision of the rows of a query, in order of time and revision.
    ///
    /// # Errors
    /// As [`Catalog::read`].
    pub async fn read_revisions(&self, query: &Query) -> Result<Rows, CatalogError> {
        let query = &Query {
            columns: ALL,
            ..query.clone()
        };
        let (pieces, tail) = self.steady(query, true).await?;
        let mut all = Rows::new(query.series.kind, Default::default());
        for rows in pieces.into_iter().chain(tail) {
            all = history(all, &rows)?;
        }
        Ok(all)
    }

    async fn steady(
        &self,
        query: &Query,
        revisions: bool,
    ) -> Result<(Vec<Rows>, Option<Rows>), CatalogError> {
        for _ in 0..ATTEMPTS_MAX {
            let tail = match &self.tail {
                Some(tail) => {
                    Some(tail.read(&query.series, query.times.clone()).await?).filter(|t| !t.is_empty())
                }
                None => None,
            };
            // Rows of the tail are compared with those of the files: that takes all of their columns.
            let whole = Query {
                columns: ALL,
                ..query.clone()
            };
            let query = if tail.is_some() { &whole } else { query };
            let before = Commit::read(&self.files).await?;
            let pieces = self.pieces(query, &before, revisions).await;
            let after = Commit::read(&self.files).await?;
            // A file that went to its place while it was read is there the next time.
            let moved = matches!(
                &pieces,
                Err(CatalogError::Store(object_store::Error::NotFound { .. }))
            );
            if before.number == after.number && !moved {
                return Ok((pieces?, tail));
            }
        }
        Err(CatalogError::Unsteady(ATTEMPTS_MAX))
    }

    async fn pieces(
        &self,
        query: &Query,
        commit: &Commit,
        revisions: bool,
    ) -> Result<Vec<Rows>, CatalogError> {
        let shelf = query.series.shelf();
        let mut sources = Vec::new();
        for (place, source) in visible(&self.files, commit, &shelf.path()).await? {
            if place.shelf != shelf || !query.concerns(&place) {
                continue;
            }
            if revisions {
                let path = place.revisions_path();
                sources.push((commit.source(&path).unwrap_or_else(|| path.clone()), path));
            }
            sources.push((source, place.path()));
        }
        let wanted = |opened: Opened| opened.decode();
        if revisions || shelf.symbol.is_none() || query.series.kind == Kind::Options {
            let pieces = self.each(sources, query, wanted).await?;
            return Ok(pieces.into_iter().flatten().collect());
        }
        let opened = self.each(sources, query, Ok).await?;
        let of_one_scale = opened.windows(2).all(|w| w[0].file.scales == w[1].file.scales);
        let (kind, times, columns) = (query.series.kind, query.times.clone(), query.columns);
        let work = move || {
            if of_one_scale {
                return together(&opened, kind, times, columns).map(|rows| vec![rows]);
            }
            let pieces: Result<Vec<_>, _> = opened.into_iter().map(wanted).collect();
            Ok(pieces?.into_iter().flatten().collect())
        };
        blocking(work).await
    }

    /// Opens files, some at once, and does something with what was fetched of each, off the runtime's threads.
    async fn each<T: Send + 'static>(
        &self,
        sources: Vec<(Path, Path)>,
        query: &Query,
        what: impl Fn(Opened) -> Result<T, CatalogError> + Copy + Send + 'static,
    ) -> Result<Vec<T>, CatalogError> {
        let tasks = sources.into_iter().map(|source| {
            let (files, query) = (self.files.clone(), query.clone());
            let runtime = tokio::runtime::Handle::current();
            blocking(move || {
                let opened = runtime.block_on(Opened::open(&files, source, &query))?;
                opened.map(what).transpose()
            })
        });
        let done: Vec<Option<T>> = futures_util::stream::iter(tasks)
            .buffered(threads())
            .try_collect()
            .await?;
        Ok(done.into_iter().flatten().collect())
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CatalogError> + Send + 'static,
) -> Result<T, CatalogError> {
    let task = tokio::task::spawn_blocking(work);
    task.await.map_err(|e| CatalogError::Task(e.to_string()))?
}

/// The pieces as one table.
fn join(mut pieces: Vec<Rows>, query: &Query) -> Result<Rows, CatalogError> {
    let scales = pieces
        .iter()
        .fold(Scales::default(), |scales, piece| scales.max(piece.scales));
    for piece in &mut pieces {
        piece.raise(scales)?;
    }
    if pieces.len() == 1
        && let Some(only) = pieces.pop()
    {
        return Ok(only);
    }
    let mut joined = Rows::new(query.series.kind, scales);
    for piece in &pieces {
        joined.extend(piece, 0..piece.len());
    }
    Ok(joined)
}

/// Rows in order of time; those of the same time stay in their order.
fn by_time(rows: Rows) -> Rows {
    let mut order: Vec<u32> = (0..rows.len() as u32).collect();
    if order.is_sorted_by_key(|at| rows.ts(*at as usize)) {
        return rows;
    }
    order.sort_by_key(|at| rows.ts(*at as usize));
    rows.permuted(&order)
}

/// The tail's rows merged into those of the files, which are sorted by their keys.
fn merged(mut stored: Rows, mut tail: Rows) -> Result<Rows, CatalogError> {
    let scales = stored.scales.max(tail.scales);
    stored.raise(scales)?;
    tail.raise(scales)?;
    let kind = stored.kind;
    let mut merge = Merge::new(&tail, Rule::HigherRevision);
    let mut out = Rows::new(kind, scales);
    for piece in merge.batch(&stored) {
        match piece {
            Piece::Stored(range) => out.extend(&stored, range),
            Piece::New(range) => out.extend(&tail, range),
            Piece::Revised(at, revision) => {
                out.extend(&tail, at..at + 1);
                let last = out.len() - 1;
                out.set(kind.revision(), last, revision);
            }
        }
    }
    let rest = merge.rest();
    out.extend(&tail, rest);
    Ok(out)
}

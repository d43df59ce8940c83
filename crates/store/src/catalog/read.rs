//! Reading: one series over a range of time, files and live tail together, only the columns that are wanted.

use std::collections::BTreeMap;
use std::ops::Range;

use futures_util::{StreamExt as _, TryStreamExt as _};
use jiff::civil::Date;
use object_store::path::Path;

use super::decode::{ALL, OpenFile, Wanted};
use super::files::Files;
use super::merge::{Merge, Piece, Rule, history, unique};
use super::place::{Part, Place, Series};
use super::rows::{Cells, Rows};
use super::schema::{Kind, SYMBOL, TS};
use super::session::Commit;
use super::{Catalog, CatalogError};

/// How often a read begins again because the catalogue changed under it.
const ATTEMPTS_MAX: u32 = 5;
/// Rows from which joining pieces is shared between threads.
const SHARED_ROWS: usize = 1 << 20;

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

    /// The same with only these columns, besides symbol and time.
    #[must_use]
    pub fn with(self, names: &[&str]) -> Self {
        let kind = self.series.kind;
        let bits = names
            .iter()
            .filter_map(|name| kind.place(name))
            .fold(0, |bits, at| bits | 1 << at);
        Self {
            columns: bits | 1 << TS | 1 << SYMBOL,
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
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        let tasks = sources.into_iter().map(|(source, place)| {
            let (files, query) = (self.files.clone(), query.clone());
            let runtime = tokio::runtime::Handle::current();
            async move {
                let task = tokio::task::spawn_blocking(move || {
                    runtime.block_on(piece(&files, (source, place), &query))
                });
                task.await.map_err(|e| CatalogError::Task(e.to_string()))?
            }
        });
        let pieces: Vec<Vec<Rows>> = futures_util::stream::iter(tasks)
            .buffered(threads)
            .try_collect()
            .await?;
        Ok(pieces.into_iter().flatten().collect())
    }
}

/// The rows of one file that a query wants.
async fn piece(
    files: &Files,
    (source, place): (Path, Path),
    query: &Query,
) -> Result<Vec<Rows>, CatalogError> {
    let kind = query.series.kind;
    let file = match OpenFile::open(files, &source, kind).await? {
        Some(file) => file,
        // It was moved to its place since the reader learned where it is.
        None => match OpenFile::open(files, &place, kind).await? {
            Some(file) => file,
            None => return Ok(Vec::new()),
        },
    };
    let one_symbol = query.series.shelf().symbol.is_some();
    let symbol = (!one_symbol).then(|| query.series.instrument.symbol.as_str());
    let wanted = query.columns | 1 << TS | if one_symbol { 0 } else { 1 << SYMBOL };
    let mut found = Vec::new();
    for group in 0..file.groups() {
        if !file.may_have(group, &query.times, symbol) {
            continue;
        }
        let mut rows = file.read(group, wanted).await?;
        if let Some(symbol) = symbol {
            let all = rows.len();
            let first = (0..all).find(|row| rows.symbol(*row) == symbol).unwrap_or(all);
            let last = (first..all)
                .find(|row| rows.symbol(*row) != symbol)
                .unwrap_or(all);
            rows.keep(first..last);
        }
        if kind == Kind::Options {
            let inside: Vec<u32> = (0..rows.len() as u32)
                .filter(|row| query.times.contains(&rows.ts(*row as usize)))
                .collect();
            if inside.len() < rows.len() {
                rows = rows.permuted(&inside);
            }
        } else {
            let inside = rows.between(query.times.start, query.times.end);
            rows.keep(inside);
        }
        if !rows.is_empty() {
            found.push(rows);
        }
    }
    Ok(found)
}

/// The pieces as one table.
fn join(mut pieces: Vec<Rows>, query: &Query) -> Result<Rows, CatalogError> {
    let kind = query.series.kind;
    let scales = pieces
        .iter()
        .fold(Default::default(), |s: super::schema::Scales, p| s.max(p.scales));
    for piece in &mut pieces {
        piece.raise(scales)?;
    }
    if pieces.len() == 1
        && let Some(only) = pieces.pop()
    {
        return Ok(only);
    }
    let rows: usize = pieces.iter().map(Rows::len).sum();
    // The names first, so that columns can be joined apart from each other.
    let mut names = super::rows::Names::default();
    let codes: Vec<Vec<u32>> = pieces.iter().map(|piece| names.take_over(&piece.names)).collect();
    let columns = kind.columns().len();
    let one = |place: usize| {
        let mut to: Option<Cells> = None;
        for (piece, codes) in pieces.iter().zip(&codes) {
            let text = kind.columns()[place].cell == super::schema::Cell::Text;
            Cells::append(
                &mut to,
                piece.column(place),
                text.then_some(codes.as_slice()),
                rows,
            );
        }
        to.unwrap_or_else(|| Cells::of(kind.columns()[place].cell))
    };
    let joined: Vec<Cells> = if rows < SHARED_ROWS {
        (0..columns).map(one).collect()
    } else {
        let threads = std::thread::available_parallelism()
            .map_or(2, usize::from)
            .min(columns);
        let mut by_place: Vec<Option<Cells>> = (0..columns).map(|_| None).collect();
        std::thread::scope(|scope| {
            let one = &one;
            let share = |first: usize| {
                move || {
                    (first..columns)
                        .step_by(threads)
                        .map(|at| (at, one(at)))
                        .collect::<Vec<_>>()
                }
            };
            let handles: Vec<_> = (0..threads).map(|first| scope.spawn(share(first))).collect();
            for handle in handles {
                let done = handle
                    .join()
                    .map_err(|_| CatalogError::Task("a thread panicked".to_owned()))?;
                for (at, cells) in done {
                    by_place[at] = Some(cells);
                }
            }
            Ok::<(), CatalogError>(())
        })?;
        let fill =
            |(at, cells): (usize, Option<Cells>)| cells.unwrap_or_else(|| Cells::of(kind.columns()[at].cell));
        by_place.into_iter().enumerate().map(fill).collect()
    };
    Ok(Rows::from_parts(kind, scales, names, joined))
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

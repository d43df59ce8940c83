//! Writing: everything that belongs together is staged beside the catalogue, becomes visible with one small file that
//! names it, and is then moved to its place. A crash before that file leaves the old; after it, readers and the next
//! writer see the new.

use std::collections::BTreeMap;

use object_store::path::Path;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::CatalogError;
use super::decode::{ALL, OpenFile};
use super::encode::{FileWriter, Finished, wide_columns};
use super::files::{Files, WriterLock};
use super::merge::{Change, Merge, Piece, Rule, history, unique};
use super::place::Place;
use super::rows::Rows;

/// Folder of what is not visible yet.
const STAGING: &str = "staging";
/// The file that makes it visible.
const COMMIT: &str = "staging/commit.json";
/// Files that are written at the same time.
const WRITES_MAX: usize = 8;
/// Files of one session at most.
pub const PLACES_MAX: usize = 50_000;

/// What was made visible last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Commit {
    /// Counts the sessions.
    pub(crate) number: u64,
    /// Moves (from, to) that may not have been done yet.
    pub(crate) moves: Vec<(String, String)>,
    /// Files that may not have been removed yet.
    #[serde(default)]
    pub(crate) removed: Vec<String>,
}

impl Commit {
    /// The last one of a catalogue.
    pub(crate) async fn read(files: &Files) -> Result<Self, CatalogError> {
        let Some(bytes) = files.get(&path(COMMIT)).await? else {
            return Ok(Self::default());
        };
        serde_json::from_slice(&bytes).map_err(|e| CatalogError::foreign(COMMIT, e.to_string()))
    }

    async fn write(&self, files: &Files) -> Result<(), CatalogError> {
        let bytes = serde_json::to_vec(self).map_err(|e| CatalogError::foreign(COMMIT, e.to_string()))?;
        files.put(&path(COMMIT), bytes.into()).await
    }

    /// Where a file's visible content is.
    pub(crate) fn source(&self, place: &Path) -> Option<Path> {
        let found = self.moves.iter().find(|(_, to)| to == place.as_ref());
        found.map(|(from, _)| path(from))
    }

    /// Whether a file is to be removed.
    pub(crate) fn removes(&self, place: &Path) -> bool {
        self.removed.iter().any(|gone| gone == place.as_ref())
    }

    /// Brings every file to its place; may have been begun before.
    async fn publish(&self, files: &Files) -> Result<(), CatalogError> {
        if self.moves.is_empty() && self.removed.is_empty() {
            return Ok(());
        }
        let mut tasks = JoinSet::new();
        for (from, to) in self.moves.clone() {
            limit(&mut tasks).await?;
            let files = files.clone();
            tasks.spawn(async move { files.rename(&path(&from), &path(&to)).await });
        }
        for gone in self.removed.clone() {
            limit(&mut tasks).await?;
            let files = files.clone();
            tasks.spawn(async move { files.delete(&path(&gone)).await });
        }
        all(&mut tasks).await?;
        Commit {
            number: self.number,
            ..Commit::default()
        }
        .write(files)
        .await
    }
}

fn path(text: &str) -> Path {
    Path::parse(text).unwrap_or_else(|_| Path::from(text))
}

/// Waits until another task may start.
async fn limit(tasks: &mut JoinSet<Result<(), CatalogError>>) -> Result<(), CatalogError> {
    while tasks.len() >= WRITES_MAX {
        one(tasks).await?;
    }
    Ok(())
}

async fn one(tasks: &mut JoinSet<Result<(), CatalogError>>) -> Result<(), CatalogError> {
    match tasks.join_next().await {
        None => Ok(()),
        Some(Ok(done)) => done,
        Some(Err(error)) => Err(CatalogError::Task(error.to_string())),
    }
}

async fn all(tasks: &mut JoinSet<Result<(), CatalogError>>) -> Result<(), CatalogError> {
    while !tasks.is_empty() {
        one(tasks).await?;
    }
    Ok(())
}

/// What a session did to one place's rows.
#[derive(Debug, Clone, Default)]
pub struct Added {
    /// What happened to the rows.
    pub change: Change,
    /// Symbols and times of rows that contradict others of the same input.
    pub contradictions: Vec<(String, i64)>,
}

/// A writer's session. Nothing is visible before [`Session::commit`]; dropping it leaves nothing but staged files,
/// which the next session removes.
pub struct Session {
    files: Files,
    number: u64,
    staged: BTreeMap<String, String>,
    removed: Vec<String>,
    next: u64,
    writes: JoinSet<Result<(), CatalogError>>,
    change: Change,
    _lock: WriterLock,
}

impl Session {
    /// Takes the right to write, finishes what a crashed writer had made visible, and removes what it had not.
    pub(crate) async fn begin(files: &Files) -> Result<Self, CatalogError> {
        let lock = files.lock()?;
        let last = Commit::read(files).await?;
        last.publish(files).await?;
        let left = files.list(Some(&path(STAGING))).await?;
        for (left, _) in left.iter().filter(|(left, _)| left.as_ref() != COMMIT) {
            files.delete(left).await?;
        }
        Ok(Self {
            files: files.clone(),
            number: last.number + 1,
            staged: BTreeMap::new(),
            removed: Vec::new(),
            next: 0,
            writes: JoinSet::new(),
            change: Change::default(),
            _lock: lock,
        })
    }

    /// What was done so far.
    #[must_use]
    pub fn change(&self) -> Change {
        self.change
    }

    /// Merges rows, in any order, into a file. All must belong there.
    ///
    /// # Errors
    /// When a file fails, figures do not fit, or the session touches too many files.
    pub async fn add(&mut self, place: &Place, rows: Rows, rule: Rule) -> Result<Added, CatalogError> {
        if self.staged.len() >= PLACES_MAX {
            return Err(CatalogError::Refused(format!(
                "the rows belong to more than {PLACES_MAX} files; are the times or symbols what they should be?"
            )));
        }
        let unique = unique(rows, rule);
        let mut added = Added {
            contradictions: unique.contradictions,
            ..Added::default()
        };
        added.change.unchanged += unique.repeated;
        added.change.contradicted += added.contradictions.len() as u64;
        let (merged, lost) = self
            .merge(place.path(), unique.rows, (place.shelf.kind, rule))
            .await?;
        added.change += merged.change;
        added.contradictions.extend(merged.contradictions);
        for lost in [Some(lost), unique.lost]
            .into_iter()
            .flatten()
            .filter(|lost| !lost.is_empty())
        {
            self.keep_lost(place, lost).await?;
        }
        self.change += added.change;
        Ok(added)
    }

    async fn merge(
        &mut self,
        to: Path,
        mut rows: Rows,
        (kind, rule): (super::schema::Kind, Rule),
    ) -> Result<(Added, Rows), CatalogError> {
        let base = self.base(&to).await?;
        let base = OpenFile::open(&self.files, &base, kind).await?;
        let scales = base
            .as_ref()
            .map_or(rows.scales, |base| base.scales.max(rows.scales));
        rows.raise(scales)?;
        let wide = wide_columns(&rows)? | base.as_ref().map_or(0, |base| base.wide_at(scales));
        let staged = self.staging_path();
        let mut writer = FileWriter::new(&self.files, staged.clone(), kind, scales, wide)?;
        let mut merge = Merge::new(&rows, rule);
        if let Some(base) = &base {
            for group in 0..base.groups() {
                let mut stored = base.read(group, ALL).await?;
                stored.raise(scales)?;
                for piece in merge.batch(&stored) {
                    match piece {
                        Piece::Stored(range) => writer.write(&stored, range).await?,
                        Piece::New(range) => writer.write(&rows, range).await?,
                        Piece::Revised(at, revision) => {
                            let mut one = Rows::new(kind, scales);
                            one.extend(&rows, at..at + 1);
                            one.set(kind.revision(), 0, revision);
                            writer.write(&one, 0..1).await?;
                        }
                    }
                }
            }
        }
        let rest = merge.rest();
        writer.write(&rows, rest).await?;
        let added = Added {
            change: merge.change,
            contradictions: std::mem::take(&mut merge.contradictions),
        };
        let lost = std::mem::replace(&mut merge.lost, Rows::new(kind, scales));
        if added.change.added + added.change.revised > 0 {
            self.stage(to, staged, writer).await?;
        } else {
            writer.abort().await?;
        }
        Ok((added, lost))
    }

    /// Adds to the rows that revisions replaced.
    async fn keep_lost(&mut self, place: &Place, lost: Rows) -> Result<(), CatalogError> {
        let to = place.revisions_path();
        let kind = place.shelf.kind;
        let base = self.base(&to).await?;
        let mut kept = Rows::new(kind, lost.scales);
        if let Some(base) = OpenFile::open(&self.files, &base, kind).await? {
            kept = Rows::new(kind, base.scales);
            for group in 0..base.groups() {
                let rows = base.read(group, ALL).await?;
                let all = 0..rows.len();
                kept.extend(&rows, all);
            }
        }
        let before = kept.len();
        let kept = history(kept, &lost)?;
        if kept.len() == before {
            return Ok(());
        }
        let staged = self.staging_path();
        let wide = wide_columns(&kept)?;
        let mut writer = FileWriter::new(&self.files, staged.clone(), kind, kept.scales, wide)?;
        writer.write(&kept, 0..kept.len()).await?;
        self.stage(to, staged, writer).await
    }

    /// Where a file's content is, as this session sees it.
    async fn base(&mut self, to: &Path) -> Result<Path, CatalogError> {
        match self.staged.get(to.as_ref()) {
            None => Ok(to.clone()),
            Some(staged) => {
                let staged = path(staged);
                all(&mut self.writes).await?;
                Ok(staged)
            }
        }
    }

    fn staging_path(&mut self) -> Path {
        self.next += 1;
        path(&format!("{STAGING}/{}/{}.parquet", self.number, self.next))
    }

    async fn stage(&mut self, to: Path, staged: Path, writer: FileWriter) -> Result<(), CatalogError> {
        let (finished, _) = writer.finish().await?;
        if let Finished::Whole(bytes) = finished {
            limit(&mut self.writes).await?;
            let (files, staged) = (self.files.clone(), staged.clone());
            self.writes.spawn(async move { files.put(&staged, bytes).await });
        }
        if let Some(before) = self.staged.insert(to.to_string(), staged.to_string()) {
            self.files.delete(&path(&before)).await?;
        }
        Ok(())
    }

    /// Removes a file, with the rows that revisions replaced, and with what this session wrote into it.
    pub fn remove(&mut self, place: &Place) {
        for gone in [place.path(), place.revisions_path()] {
            self.staged.remove(gone.as_ref());
            self.removed.push(gone.to_string());
        }
    }

    /// Makes everything visible at once.
    ///
    /// # Errors
    /// When a file fails. What was visible before is then whole: either the old or the new.
    pub async fn commit(mut self) -> Result<Change, CatalogError> {
        all(&mut self.writes).await?;
        if self.staged.is_empty() && self.removed.is_empty() {
            return Ok(self.change);
        }
        let commit = Commit {
            number: self.number,
            moves: self
                .staged
                .iter()
                .map(|(to, from)| (from.clone(), to.clone()))
                .collect(),
            removed: std::mem::take(&mut self.removed),
        };
        commit.write(&self.files).await?;
        commit.publish(&self.files).await?;
        Ok(self.change)
    }
}

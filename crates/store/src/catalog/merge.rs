//! Rows that come merged into rows that are there: what is new is added, what is the same changes nothing, what says
//! otherwise becomes a revision, and the row that it replaces is kept.

use std::cmp::Ordering;

use super::CatalogError;
use super::rows::Rows;
use super::schema::TS;

/// What happened to rows that were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Change {
    /// New rows.
    pub added: u64,
    /// Rows that were there already.
    pub unchanged: u64,
    /// Rows that replaced others of the same key, as their revisions.
    pub revised: u64,
    /// Rows that are older than those of the same key, and are kept among what was replaced.
    pub stale: u64,
    /// Rows that contradict an earlier one of the same input; the earlier one stays.
    pub contradicted: u64,
}

impl Change {
    /// Whether the stored rows differ from what they were.
    #[must_use]
    pub fn is_some(&self) -> bool {
        self.added + self.revised + self.stale > 0
    }
}

impl std::ops::AddAssign for Change {
    fn add_assign(&mut self, other: Self) {
        self.added += other.added;
        self.unchanged += other.unchanged;
        self.revised += other.revised;
        self.stale += other.stale;
        self.contradicted += other.contradicted;
    }
}

/// Which of two rows of the same key wins, when they differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The one that is written, as the next revision; but within one input (all of whose rows became known at this
    /// time, in nanoseconds) the first.
    LatestWrite {
        /// Time of the input.
        input: i64,
    },
    /// The one with the higher revision; of the same, the one that is written, as the next revision.
    HigherRevision,
}

/// What becomes of a row of the same key as a stored one.
enum Fate {
    Unchanged,
    Contradicted,
    Stale,
    /// It replaces the stored one with this revision.
    Replaces(i128),
}

impl Rule {
    fn fate(self, stored: (&Rows, usize), new: (&Rows, usize)) -> Fate {
        if stored.0.same(stored.1, new.0, new.1) {
            return Fate::Unchanged;
        }
        let kind = stored.0.kind;
        let revision = |(rows, at): (&Rows, usize)| rows.get(kind.revision(), at);
        let (there, here) = (revision(stored), revision(new));
        match self {
            Rule::LatestWrite { input } if stored.0.get(kind.ts_init(), stored.1) == i128::from(input) => {
                Fate::Contradicted
            }
            Rule::LatestWrite { .. } => Fate::Replaces(there + 1),
            Rule::HigherRevision if here < there => Fate::Stale,
            Rule::HigherRevision if here > there => Fate::Replaces(here),
            Rule::HigherRevision => Fate::Replaces(there + 1),
        }
    }
}

/// Sorted rows that come, on their way into a sorted stream of stored rows.
pub(crate) struct Merge<'a> {
    new: &'a Rows,
    at: usize,
    rule: Rule,
    pub(crate) change: Change,
    /// Rows that lost: replaced or stale.
    pub(crate) lost: Rows,
    /// Symbols and times of rows that contradict others of their input.
    pub(crate) contradictions: Vec<(String, i64)>,
}

/// A piece of the merged stream.
pub(crate) enum Piece {
    /// Rows of the stored batch.
    Stored(std::ops::Range<usize>),
    /// Rows of those that come.
    New(std::ops::Range<usize>),
    /// One row that comes, with this revision.
    Revised(usize, i128),
}

impl<'a> Merge<'a> {
    pub(crate) fn new(new: &'a Rows, rule: Rule) -> Self {
        Self {
            new,
            at: 0,
            rule,
            change: Change::default(),
            lost: Rows::new(new.kind, new.scales),
            contradictions: Vec::new(),
        }
    }

    /// The pieces of the merged stream up to the end of a stored batch.
    pub(crate) fn batch(&mut self, stored: &Rows) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut from = 0;
        while from < stored.len() {
            if self.at == self.new.len() {
                pieces.push(Piece::Stored(from..stored.len()));
                break;
            }
            let upto = stored.lower_bound(from, self.new, self.at);
            if upto > from {
                pieces.push(Piece::Stored(from..upto));
                from = upto;
                continue;
            }
            if self.new.order(self.at, stored, from) == Ordering::Equal {
                pieces.push(self.meet(stored, from));
                self.at += 1;
                from += 1;
            } else {
                let upto = self.new.lower_bound(self.at, stored, from);
                self.change.added += (upto - self.at) as u64;
                pieces.push(Piece::New(self.at..upto));
                self.at = upto;
            }
        }
        pieces
    }

    fn meet(&mut self, stored: &Rows, at: usize) -> Piece {
        match self.rule.fate((stored, at), (self.new, self.at)) {
            Fate::Unchanged => self.change.unchanged += 1,
            Fate::Contradicted => {
                self.change.contradicted += 1;
                let symbol = self.new.symbol(self.at).to_owned();
                self.contradictions.push((symbol, self.new.ts(self.at)));
            }
            Fate::Stale => {
                self.change.stale += 1;
                self.lost.extend(self.new, self.at..self.at + 1);
            }
            Fate::Replaces(revision) => {
                self.change.revised += 1;
                self.lost.extend(stored, at..at + 1);
                return Piece::Revised(self.at, revision);
            }
        }
        Piece::Stored(at..at + 1)
    }

    /// What comes after all stored rows.
    pub(crate) fn rest(&mut self) -> std::ops::Range<usize> {
        let rest = self.at..self.new.len();
        self.at = rest.end;
        self.change.added += rest.len() as u64;
        rest
    }
}

/// Rows of one input, sorted, each key once: of several the first stays, or under [`Rule::HigherRevision`] the highest
/// revision. Says how many repeated another, how many contradict it (with their times), and what lost.
pub(crate) struct Unique {
    pub(crate) rows: Rows,
    pub(crate) repeated: u64,
    pub(crate) contradictions: Vec<(String, i64)>,
    pub(crate) lost: Option<Rows>,
}

/// Sorts rows and keeps each key once.
pub(crate) fn unique(rows: Rows, rule: Rule) -> Unique {
    let rows = rows.sorted();
    let mut found = Unique {
        rows: Rows::new(rows.kind, rows.scales),
        repeated: 0,
        contradictions: Vec::new(),
        lost: None,
    };
    if rows.is_strictly_sorted() {
        found.rows = rows;
        return found;
    }
    let revision = rows.kind.revision();
    let mut kept: Vec<u32> = Vec::with_capacity(rows.len());
    for at in 0..rows.len() {
        let Some(last) = kept
            .last_mut()
            .filter(|last| rows.order(**last as usize, &rows, at).is_eq())
        else {
            kept.push(at as u32);
            continue;
        };
        let before = *last as usize;
        if rows.same(before, &rows, at) {
            found.repeated += 1;
        } else if rule == Rule::HigherRevision {
            let newer = rows.get(revision, at) >= rows.get(revision, before);
            let loser = if newer { before } else { at };
            let lost = found
                .lost
                .get_or_insert_with(|| Rows::new(rows.kind, rows.scales));
            lost.extend(&rows, loser..loser + 1);
            if newer {
                *last = at as u32;
            }
        } else {
            found
                .contradictions
                .push((rows.symbol(at).to_owned(), rows.ts(at)));
        }
    }
    found.rows = rows.permuted(&kept);
    found
}

/// Replaced rows sorted by key and revision, each once.
pub(crate) fn history(mut rows: Rows, more: &Rows) -> Result<Rows, CatalogError> {
    let scales = rows.scales.max(more.scales);
    rows.raise(scales)?;
    let mut more = more.clone();
    more.raise(scales)?;
    let all = 0..more.len();
    rows.extend(&more, all);
    let revision = rows.kind.revision();
    let order = |a: usize, b: usize| {
        rows.order(a, &rows, b)
            .then_with(|| rows.get(revision, a).cmp(&rows.get(revision, b)))
    };
    let mut places: Vec<u32> = (0..rows.len() as u32).collect();
    places.sort_by(|a, b| order(*a as usize, *b as usize));
    places.dedup_by(|b, a| {
        order(*a as usize, *b as usize).is_eq() && rows.same(*a as usize, &rows, *b as usize)
    });
    debug_assert!(
        places
            .windows(2)
            .all(|w| rows.get(TS, w[0] as usize) <= rows.get(TS, w[1] as usize) || !rows.one_symbol())
    );
    Ok(rows.permuted(&places))
}

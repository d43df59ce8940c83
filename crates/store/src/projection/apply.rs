//! One transaction: outcomes in, rows and `applied_seq` out, both or neither.

use tradewind_types::record::Outcome;

use super::batch::Batch;
use super::book::Book;
use super::error::ProjectionError;
use super::load::{self, Position};
use super::scope::Scope;
use super::text::count;
use super::write;
use crate::Db;
use crate::sql::{self, Tx};

/// Book and position that belong together.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) book: Book,
    pub(crate) position: Position,
}

/// What one transaction carries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    /// Outcomes; those already applied, or delivered before in this part, are skipped.
    pub(crate) outcomes: &'a [(u64, Outcome)],
    /// The last record covered, outcome or not.
    pub(crate) through: u64,
    /// A record up to `through` whose hash is known.
    pub(crate) witness: Option<(u64, &'a str)>,
}

/// Applies `part` within the caller's transaction.
pub(crate) async fn apply_on(
    c: &mut Tx,
    scope: &Scope,
    loaded: &mut Loaded,
    part: Part<'_>,
) -> Result<(), ProjectionError> {
    let applied = loaded.position.applied;
    if part.through <= applied {
        return Ok(());
    }
    let mut next = loaded.position.clone();
    next.applied = part.through;
    if let Some((seq, hash)) = part.witness
        && seq <= part.through
        && !hash.is_empty()
    {
        next.witness_seq = seq;
        hash.clone_into(&mut next.witness_hash);
    }
    // First of all: it takes the row's lock, and finds out whether someone else was here.
    advance(c, scope, applied, &next).await?;
    let fresh = part.outcomes.iter().filter(|(seq, _)| *seq > applied);
    let missing = loaded.book.missing_orders(fresh.map(|(_, outcome)| outcome));
    load::orders(c, scope, &mut loaded.book, missing).await?;
    let fresh = part.outcomes.iter().filter(|(seq, _)| *seq > applied);
    let missing = loaded.book.missing_lots(fresh.map(|(_, outcome)| outcome));
    load::lots_by_id(c, scope, &mut loaded.book, missing).await?;
    let mut batch = Batch::default();
    let mut last = applied;
    for (seq, outcome) in part.outcomes {
        if *seq > last {
            loaded.book.fold(*seq, outcome, &mut batch)?;
            last = *seq;
        }
    }
    write::write(c, scope, &batch, &loaded.book).await?;
    loaded.position = next;
    loaded.book.forget_closed(&batch);
    Ok(())
}

/// Moves `applied_seq`, provided nobody else did.
async fn advance(c: &mut Tx, scope: &Scope, from: u64, to: &Position) -> Result<(), ProjectionError> {
    let done = sql::query(
        "INSERT INTO projection_state (engine_id, org_id, applied_seq, witness_seq, witness_hash)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (engine_id) DO UPDATE SET applied_seq = excluded.applied_seq,
            witness_seq = excluded.witness_seq, witness_hash = excluded.witness_hash
         WHERE projection_state.applied_seq = $6",
    )
    .bind(scope.engine.as_str())
    .bind(scope.org.as_str())
    .bind(count(to.applied))
    .bind(count(to.witness_seq))
    .bind(&to.witness_hash)
    .bind(count(from))
    .execute(&mut *c)
    .await?;
    if done == 1 {
        return Ok(());
    }
    let found = load::position(c, scope).await?.applied;
    Err(ProjectionError::Moved {
        expected: from,
        found,
    })
}

/// The projections of one engine in one database, with what is needed in memory to carry them forward.
#[derive(Debug)]
pub(crate) struct Projection {
    db: Db,
    scope: Scope,
    loaded: Option<Loaded>,
}

impl Projection {
    pub(crate) fn new(db: Db, scope: Scope) -> Self {
        Self {
            db,
            scope,
            loaded: None,
        }
    }

    /// Where the projections stand; reads them when they are not in memory.
    pub(crate) async fn position(&mut self) -> Result<Position, ProjectionError> {
        if let Some(loaded) = &self.loaded {
            return Ok(loaded.position.clone());
        }
        // One transaction, so that book and position belong together.
        let mut tx = self.db.snapshot().await?;
        let position = load::position(&mut tx, &self.scope).await?;
        let book = load::book(&mut tx, &self.scope).await?;
        tx.rollback().await?;
        self.loaded = Some(Loaded {
            book,
            position: position.clone(),
        });
        Ok(position)
    }

    /// Applies a part in a transaction of its own. After an error nothing of it is in the database.
    pub(crate) async fn apply(&mut self, part: Part<'_>) -> Result<(), ProjectionError> {
        self.position().await?;
        // Taken out: after an error, and when this future is dropped half-way, it is loaded again.
        let Some(mut loaded) = self.loaded.take() else {
            return Ok(());
        };
        if part.through > loaded.position.applied {
            let mut tx = self.db.begin("projection").await?;
            apply_on(&mut tx, &self.scope, &mut loaded, part).await?;
            tx.commit().await?;
        }
        self.loaded = Some(loaded);
        Ok(())
    }
}

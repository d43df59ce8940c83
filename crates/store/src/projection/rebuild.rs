//! Projections made anew from the journal, in one transaction: whoever reads meanwhile sees the old ones whole.

use std::sync::Arc;

use tradewind_types::record::LedgerAccount;
use tradewind_types::{AccountId, Currency, Decimal};

use super::apply::{Loaded, Part, apply_on};
use super::error::ProjectionError;
use super::load;
use super::projector::outcomes;
use super::scope::Scope;
use super::source::{self, RecordSource};
use super::tables::TABLES;
use crate::sql::{self, Tx};
use crate::{Db, StoreError};

/// Where the projections of an engine stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Last record applied; 0 = none.
    pub seq: u64,
    /// A record at or before it whose hash is known; 0 = none.
    pub witness_seq: u64,
    /// The journal's chain there, in hexadecimal.
    pub witness_hash: String,
}

/// Empties the projections of an engine and fills them from the journal, up to `through` (or its end). Returns the
/// last record applied.
///
/// # Errors
/// [`ProjectionError`]; the projections are then as they were.
pub async fn rebuild(
    db: &Db,
    scope: &Scope,
    source: Arc<dyn RecordSource>,
    through: Option<u64>,
) -> Result<u64, ProjectionError> {
    // Emptying and filling the tables of years takes its time.
    let mut tx = db.begin_long("projection").await?;
    for table in TABLES {
        sql::query(table.delete)
            .bind(scope.engine.as_str())
            .execute(&mut tx)
            .await?;
    }
    sql::query("DELETE FROM projection_state WHERE engine_id = $1")
        .bind(scope.engine.as_str())
        .execute(&mut tx)
        .await?;
    let mut loaded = Loaded::default();
    let limit = through.unwrap_or(u64::MAX);
    let mut chunks = source::chunks(source, 1);
    while let Some(chunk) = chunks.recv().await {
        let mut chunk = chunk?;
        chunk.retain(|record| record.seq <= limit);
        let Some(end) = chunk.last() else { break };
        let (last, hash) = (end.seq, end.hash.clone());
        let outcomes = outcomes(chunk);
        let part = Part {
            outcomes: &outcomes,
            through: last,
            witness: Some((last, &hash)),
        };
        apply_on(&mut tx, scope, &mut loaded, part).await?;
    }
    tx.commit().await?;
    Ok(loaded.position.applied)
}

/// How far the projections of an engine are.
///
/// # Errors
/// Those of the database.
pub async fn applied(db: &Db, scope: &Scope) -> Result<Applied, StoreError> {
    let mut connection = db.snapshot().await?;
    applied_on(&mut connection, scope).await
}

/// The same on a connection, within its transaction.
///
/// # Errors
/// Those of the database.
pub async fn applied_on(connection: &mut Tx, scope: &Scope) -> Result<Applied, StoreError> {
    let position = load::position(connection, scope).await?;
    Ok(Applied {
        seq: position.applied,
        witness_seq: position.witness_seq,
        witness_hash: position.witness_hash,
    })
}

/// One balance as projected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectedBalance {
    /// The trading account.
    pub account: AccountId,
    /// Currency.
    pub currency: Currency,
    /// Where in the ledger.
    pub place: LedgerAccount,
    /// Debit > 0, credit < 0.
    pub amount: Decimal,
}

/// All balances of an engine, by account, currency and place.
///
/// # Errors
/// Those of the database.
pub async fn balances(connection: &mut Tx, scope: &Scope) -> Result<Vec<ProjectedBalance>, StoreError> {
    let found = load::balances(connection, scope).await?;
    let one = |((account, currency, place), balance): (_, super::book::Balance)| ProjectedBalance {
        account,
        currency,
        place,
        amount: balance.amount,
    };
    Ok(found.into_iter().map(one).collect())
}

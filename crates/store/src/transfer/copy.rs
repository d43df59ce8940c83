//! From one open database to another.

use futures_util::TryStreamExt as _;

use super::shape::{self, TableShape, quoted};
use super::{Digest, Inserter, rows};
use crate::migrate::{self, MigrationStatus};
use crate::sql::{Tx, assembled};
use crate::{Db, StoreError};

/// What became of one table; its counts and checksums were compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedTable {
    /// Its name.
    pub name: String,
    /// Rows.
    pub rows: u64,
    /// SHA-256 over them, the same on both sides.
    pub sha256: String,
}

/// Copies all rows of `from` to `to`, whose tables have to be empty, in one transaction. What was written is read back
/// and compared before it is committed.
///
/// # Errors
/// [`StoreError::Schema`] when the schemas are not the same, `to` is not empty or what was read back differs; those of
/// the databases. `to` is then as it was.
pub async fn copy(from: &Db, to: &Db) -> Result<Vec<CopiedTable>, StoreError> {
    same_schema(&migrate::status(from).await?, &migrate::status(to).await?)?;
    let mut source = from.snapshot_long().await?;
    let mut target = to.begin_long("copy").await?;
    let tables = shape::tables(&mut source).await?;
    let there = shape::tables(&mut target).await?;
    refuse_rows(&mut target, &there).await?;
    let mut copied = Vec::with_capacity(tables.len());
    for table in &tables {
        let own = there.iter().find(|own| own.name == table.name);
        if own.is_none_or(|own| own.columns != table.columns || own.key != table.key) {
            return Err(StoreError::Schema(format!(
                "table {} is not the same in both databases",
                table.name
            )));
        }
        copied.push(copy_table(&mut source, &mut target, table).await?);
    }
    target.commit().await?;
    source.rollback().await?;
    Ok(copied)
}

async fn copy_table(source: &mut Tx, target: &mut Tx, table: &TableShape) -> Result<CopiedTable, StoreError> {
    let mut sent = Digest::default();
    let mut inserter = Inserter::new(table);
    let mut stream = rows(source, table);
    while let Some(row) = stream.try_next().await? {
        sent.add(&row);
        inserter.push(target, row).await?;
    }
    drop(stream);
    inserter.flush(target).await?;
    let arrived = digest(target, table).await?;
    if (sent.rows(), sent.sha256()) != (arrived.rows(), arrived.sha256()) {
        return Err(StoreError::Schema(format!(
            "table {}: {} rows were written and {} read back, checksums {} and {}",
            table.name,
            sent.rows(),
            arrived.rows(),
            sent.sha256(),
            arrived.sha256()
        )));
    }
    Ok(CopiedTable {
        name: table.name.clone(),
        rows: sent.rows(),
        sha256: sent.sha256(),
    })
}

/// The checksum of a table as it is now.
async fn digest(tx: &mut Tx, table: &TableShape) -> Result<Digest, StoreError> {
    let mut digest = Digest::default();
    let mut stream = rows(tx, table);
    while let Some(row) = stream.try_next().await? {
        digest.add(&row);
    }
    Ok(digest)
}

fn same_schema(from: &[MigrationStatus], to: &[MigrationStatus]) -> Result<(), StoreError> {
    let applied = |all: &[MigrationStatus]| all.iter().filter(|m| m.applied_at.is_some()).count();
    let (from, to) = (applied(from), applied(to));
    if from == to {
        return Ok(());
    }
    Err(StoreError::Schema(format!(
        "the source is at migration {from} and the target at {to}; `tradewind migrate up` brings either to the newest"
    )))
}

/// Refuses a database in which any of the tables has a row.
pub(crate) async fn refuse_rows(tx: &mut Tx, tables: &[TableShape]) -> Result<(), StoreError> {
    for table in tables {
        let text = format!("SELECT 1 FROM {} LIMIT 1", quoted(&table.name));
        if assembled(text).once().fetch_optional(&mut *tx).await?.is_some() {
            return Err(StoreError::Schema(format!(
                "the target is not empty: table {} has rows; give a database of its own",
                table.name
            )));
        }
    }
    Ok(())
}

//! The projections against a rebuild, and against the ledger folded from the journal.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use tradewind_engine::kernel::State;
use tradewind_journal::Head;
use tradewind_store::projection::{self, ProjectedBalance, TableReport};
use tradewind_store::{Db, DbConfig, migrate};
use tradewind_types::Clock;
use tradewind_venues::clock::SystemClock;

use super::report::{ProjectionReport, Report};
use crate::app::{JournalSource, scope};
use crate::failure::Failure;

/// The head that the database has witnessed, if any; `None` too when there are no projections yet.
pub(super) async fn witness(db: &Db) -> Result<Option<Head>, Failure> {
    if !has_projections(db).await? {
        return Ok(None);
    }
    let applied = projection::applied(db, &scope())
        .await
        .context("reading the projections' state")?;
    Ok(super::head_of(applied.witness_seq, &applied.witness_hash))
}

async fn has_projections(db: &Db) -> Result<bool, Failure> {
    let known = migrate::status(db).await.context("reading the schema's state")?;
    Ok(known
        .iter()
        .any(|m| m.name == "0002_projections" && m.applied_at.is_some()))
}

/// A folder of our own under the system's one for temporary files; gone with the value.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> std::io::Result<Self> {
        let name = format!("tradewind-verify-{}-{}", std::process::id(), SystemClock.now().0);
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(path = %self.0.display(), %error, "a temporary folder could not be removed");
        }
    }
}

/// Compares; the first break, if any.
pub(super) async fn check(
    db: &Db,
    journal: &Path,
    state: &State,
    head: Head,
    report: &mut Report,
) -> Result<Option<String>, Failure> {
    if !has_projections(db).await? {
        return Ok(None);
    }
    // One transaction over everything: a running instance does not move the rows under us.
    let mut left = db.snapshot_long().await.context("reading the projections")?;
    let applied = projection::applied_on(&mut left, &scope())
        .await
        .context("reading the projections' state")?;
    // A running instance may have written since the journal was read; what matters is that it is not ahead of it.
    let running = super::is_running(journal);
    if applied.seq > head.seq && !running {
        let text = "the database holds record {applied} but the journal ends at {head}: its tail was lost";
        let text = text
            .replace("{applied}", &applied.seq.to_string())
            .replace("{head}", &head.seq.to_string());
        return Ok(Some(text));
    }
    let scratch = Scratch::new().context("a temporary folder is needed")?;
    let fresh = Db::open(&DbConfig::file(&scratch.0.join("rebuilt.db")))
        .await
        .context("a temporary database")?;
    migrate::up(&fresh, SystemClock.now())
        .await
        .context("a temporary database")?;
    let source = Arc::new(JournalSource::new(journal.to_owned()));
    let rebuilt = projection::rebuild(&fresh, &scope(), source, Some(applied.seq)).await;
    let tables = match rebuilt {
        Err(error) => return Ok(Some(error.to_string())),
        Ok(_) => {
            let mut right = fresh.snapshot().await.context("a temporary database")?;
            projection::compare(&mut left, &mut right, &scope())
                .await
                .context("comparing the projections")?
        }
    };
    fresh.close().await;
    let mut first = tables.iter().find_map(first_difference);
    if first.is_none() && applied.seq == head.seq {
        let balances = projection::balances(&mut left, &scope())
            .await
            .context("reading balances")?;
        first = against_ledger(&balances, state);
    }
    report.projections = Some(ProjectionReport {
        applied_seq: applied.seq,
        head_seq: head.seq.max(applied.seq),
        running,
        tables,
    });
    Ok(first)
}

fn first_difference(table: &TableReport) -> Option<String> {
    let first = table.differences.first()?;
    Some(format!(
        "{} differs from a rebuild in {} rows, first {first} (projected / rebuilt); `tradewind verify --rebuild` mends it",
        table.table, table.different
    ))
}

/// Every projected balance is the ledger's, and none is missing.
fn against_ledger(balances: &[ProjectedBalance], state: &State) -> Option<String> {
    let mut there = 0;
    for row in balances {
        let ledger = state.accounts.get(&row.account).map(|a| &a.ledger);
        let own = ledger
            .map(|l| l.balance(row.place, row.currency))
            .unwrap_or_default();
        if own != row.amount {
            let (place, currency) = (row.place, row.currency);
            return Some(format!(
                "account {}: {place:?} {currency} is {} in SQL and {own} in the ledger",
                row.account, row.amount
            ));
        }
        there += 1;
    }
    let booked: usize = state.accounts.values().map(|a| a.ledger.balances().count()).sum();
    (there < booked).then(|| format!("{booked} balances in the ledger, {there} in SQL"))
}

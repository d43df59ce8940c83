//! `tradewind verify`: journal, ledger and projections of a data directory, looked over without changing anything.
//!
//! In this order, up to the first break: the journal's frames, checksums, chain and witness; the fold of its
//! outcomes; the ledger's invariants; the projections against a rebuild in a temporary database, and against the
//! ledger. A running instance may be looked over too; its projections are then compared as of the record that
//! they have reached.

mod dump;
mod projections;
mod report;

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use tradewind_engine::fold_journal;
use tradewind_engine::kernel::State;
use tradewind_journal::{Disk as _, Head, RealDisk};
use tradewind_store::projection;

use super::on_runtime;
use crate::app::{DataDir, JournalSource, scope};
use crate::args::VerifyArgs;
use crate::failure::Failure;
use report::{AccountReport, Report};

pub(crate) fn run(args: &VerifyArgs) -> Result<(), Failure> {
    let data = DataDir::new(&args.data.data);
    let journal = data.journal();
    if !journal.is_dir() {
        return Err(Failure::with_hint(
            format!("there is no journal in {}", data.path().display()),
            "give the data directory of an instance that was started once, with --data",
        ));
    }
    if args.dump {
        return dump::dump(&journal);
    }
    on_runtime(async {
        if args.rebuild {
            rebuild(&data, &journal).await?;
        }
        let report = look_over(&data, &journal).await?;
        report.print(args.json);
        match report.first_break {
            Some(first) => Err(Failure::Check(first)),
            None => Ok(()),
        }
    })
}

/// Rebuilds while holding the journal's lock, so that no instance writes meanwhile.
async fn rebuild(data: &DataDir, journal: &Path) -> Result<(), Failure> {
    let lock = RealDisk.try_lock(&journal.join("lock"))?.ok_or_else(|| {
        Failure::with_hint(
            "the data directory is in use",
            "stop the running instance before rebuilding",
        )
    })?;
    let db = data.open_database(&tradewind_venues::clock::SystemClock).await?;
    let source = Arc::new(JournalSource::new(journal.to_owned()));
    let through = projection::rebuild(&db, &scope(), source, None).await;
    let through =
        through.map_err(|error| Failure::Check(format!("the projections cannot be rebuilt: {error}")))?;
    db.close().await;
    drop(lock);
    eprintln!("The projections were rebuilt up to record {through}.");
    Ok(())
}

async fn look_over(data: &DataDir, journal: &Path) -> Result<Report, Failure> {
    let mut report = Report::default();
    let db = data.open_existing().await?;
    let witness = match &db {
        Some(db) => projections::witness(db).await?,
        None => None,
    };
    let journal_report = tradewind_journal::verify(journal, witness)
        .with_context(|| format!("reading {}", journal.display()))?;
    let broken = journal_report.first_break.clone();
    report.journal = Some(journal_report);
    if let Some(first) = broken {
        return Ok(report.broken("journal", first));
    }
    let (state, head) = match fold_journal(journal) {
        Ok(folded) => folded,
        Err(error) => return Ok(report.broken("fold", error.to_string())),
    };
    report.folded = Some(state.outcomes);
    if let Some(first) = check_ledgers(&state, &mut report) {
        return Ok(report.broken("ledger", first));
    }
    if let Some(db) = db {
        let first = projections::check(&db, journal, &state, head, &mut report).await?;
        db.close().await;
        if let Some(first) = first {
            return Ok(report.broken("projections", first));
        }
    }
    Ok(report)
}

/// The invariants of every account's ledger; the first that does not hold.
fn check_ledgers(state: &State, report: &mut Report) -> Option<String> {
    let mut first = None;
    for account in state.accounts.values() {
        let (id, ledger) = (&account.info.id, &account.ledger);
        if let Err(broken) = ledger.check_invariants() {
            first.get_or_insert(format!("account {id}: {broken}"));
        }
        let mut sums = Vec::new();
        for currency in ledger.currencies() {
            let amounts = ledger
                .balances()
                .filter(|(_, m)| m.currency == currency)
                .map(|(_, m)| m.amount);
            let sum = amounts.fold(rust_decimal::Decimal::ZERO, |sum, amount| sum + amount);
            if !sum.is_zero() {
                first.get_or_insert(format!("account {id}: {currency} sums to {sum}, not 0"));
            }
            sums.push((currency.to_string(), tradewind_types::num::canonical(sum)));
        }
        report.accounts.push(AccountReport {
            account: id.to_string(),
            entries: ledger.entries(),
            open_orders: account.orders.open_count(),
            sums,
        });
    }
    first
}

/// Whether an instance has the journal open for writing.
fn is_running(journal: &Path) -> bool {
    matches!(RealDisk.try_lock(&journal.join("lock")), Ok(None))
}

fn head_of(seq: u64, hash: &str) -> Option<Head> {
    let byte = |i: usize| u8::from_str_radix(hash.get(2 * i..2 * i + 2)?, 16).ok();
    let mut bytes = [0; 32];
    for (i, out) in bytes.iter_mut().enumerate() {
        *out = byte(i)?;
    }
    (seq > 0 && hash.len() == 64).then_some(Head { seq, hash: bytes })
}

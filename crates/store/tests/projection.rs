//! Projections against the kernel: incremental = rebuilt = the kernel's own state, whatever happens on the way.

mod desk;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use desk::*;
use tradewind_store::projection::*;
use tradewind_store::{Db, migrate, sql, testing};
use tradewind_types::record::LedgerAccount;
use tradewind_types::*;

struct Store {
    db: Db,
    dir: tempfile::TempDir,
}

async fn store() -> Store {
    let dir = tempfile::tempdir().expect("temp dir");
    let db = Db::open(&testing::place(dir.path()).await).await.expect("open");
    migrate::up(&db, UnixNanos(1)).await.expect("migrated");
    Store { db, dir }
}

fn scope() -> Scope {
    Scope {
        org: id("desk"),
        engine: id("main"),
    }
}

fn pace() -> Pace {
    let quick = Duration::from_millis(1);
    Pace {
        between: Duration::ZERO,
        retry_min: quick,
        retry_max: quick,
    }
}

/// Every difference between two databases, one line each.
async fn differences(left: &Db, right: &Db) -> Vec<String> {
    let mut a = left.snapshot().await.expect("left");
    let mut b = right.snapshot().await.expect("right");
    let reports = compare(&mut a, &mut b, &scope()).await.expect("compared");
    let lines = reports
        .iter()
        .flat_map(|t| t.differences.iter().map(move |d| format!("{}: {d}", t.table)));
    lines.collect()
}

async fn rows(db: &Db, table: &Table) -> i64 {
    let text = format!("SELECT COUNT(*) FROM {}", table.name);
    let row = sql::assembled(text).fetch_one(db).await.expect("counted");
    row.at(0).expect("a count")
}

/// Runs a projector to its end over the journal as it is.
async fn project(db: &Db, journal: &MemoryJournal) -> Result<(), ProjectionError> {
    let (sink, projector) = Projector::new(db.clone(), scope(), Arc::new(journal.clone()), pace());
    drop(sink);
    projector.run().await
}

async fn restarts_gaps_and_repetitions_give_the_same_tables_as_a_rebuild() {
    for seed in 1..=6 {
        let desk = Desk::history(seed, 400);
        let records = desk.source_records();
        let (store, journal) = (store().await, MemoryJournal::default());
        let mut dice = Dice(seed * 77);
        let mut done = 0;
        while done < records.len() {
            let (mut sink, projector) =
                Projector::new(store.db.clone(), scope(), Arc::new(journal.clone()), pace());
            let task = tokio::spawn(projector.run());
            for _ in 0..=dice.below(6) {
                let end = records.len().min(done + 1 + dice.below(120) as usize);
                let part = &records[done..end];
                journal.append(part);
                // Once in a while a delivery comes again with what was before it.
                let again = done.saturating_sub(dice.below(30) as usize);
                sink.push(&outcomes(&records[again..end]));
                if let Some(last) = part.last() {
                    sink.head(last.seq, &last.hash);
                }
                done = end;
                tokio::task::yield_now().await;
            }
            if dice.below(3) == 0 {
                // The process dies in the middle of whatever it was doing.
                task.abort();
                assert!(task.await.is_err_and(|e| e.is_cancelled()) || done > 0);
            } else {
                drop(sink);
                task.await.expect("joined").expect("applied");
            }
        }
        project(&store.db, &journal).await.expect("caught up");
        assert_eq!(
            applied(&store.db, &scope()).await.expect("read").seq,
            records.len() as u64
        );
        let fresh = self::store().await;
        let through = rebuild(&fresh.db, &scope(), Arc::new(journal), None)
            .await
            .expect("rebuilt");
        assert_eq!(through, records.len() as u64);
        assert_eq!(
            differences(&store.db, &fresh.db).await,
            Vec::<String>::new(),
            "seed {seed}"
        );
        for table in TABLES {
            assert!(
                rows(&store.db, table).await > 0,
                "the history has nothing for {}",
                table.name
            );
        }
    }
}

async fn balances_positions_and_lots_are_those_of_the_ledger() {
    let desk = Desk::history(11, 800);
    let (store, journal) = (store().await, MemoryJournal::default());
    journal.append(&desk.source_records());
    project(&store.db, &journal).await.expect("applied");
    let strategies = desk.kernel.accounts().flat_map(|a| a.ledger.owner_positions());
    assert!(
        strategies.filter(|(_, p)| p.strategy.is_some()).count() > 0,
        "no strategy owns anything"
    );
    for account in desk.kernel.accounts() {
        let rows = sql::query("SELECT ledger_account, balance FROM p_balances WHERE account = $1")
            .bind(account.info.id.as_str())
            .fetch_all(&store.db)
            .await
            .expect("balances");
        assert!(rows.len() > 4);
        for row in rows {
            let place: LedgerAccount =
                serde_json::from_value(row.at::<String>(0).expect("text").into()).expect("a ledger account");
            assert_eq!(
                dec(row.at(1).expect("text")),
                account.ledger.balance(place, Currency::USD),
                "{place:?}"
            );
        }
        for (instrument, position) in account.ledger.owner_positions() {
            let strategy = position.strategy.as_ref().map_or("", |s| s.as_str());
            let row = sql::query(
                "SELECT quantity, cost, realised, fees, fills FROM p_positions
                 WHERE account = $1 AND instrument = $2 AND strategy = $3",
            )
            .bind(account.info.id.as_str())
            .bind(instrument.to_string())
            .bind(strategy)
            .fetch_one(&store.db)
            .await
            .expect("the position");
            let figures: Vec<Decimal> = (0..4).map(|i| dec(row.at(i).expect("text"))).collect();
            assert_eq!(
                figures,
                [position.quantity, position.cost, position.realised, position.fees]
            );
            assert_eq!(row.at::<i64>(4).expect("a count"), position.fills as i64);
            let lots = sql::query(
                "SELECT lot, quantity FROM p_lots WHERE account = $1 AND instrument = $2 AND strategy = $3
                 AND closed_at IS NULL ORDER BY opened_seq",
            )
            .bind(account.info.id.as_str())
            .bind(instrument.to_string())
            .bind(strategy)
            .fetch_all(&store.db)
            .await
            .expect("lots");
            let lots: Vec<(String, Decimal)> = lots
                .iter()
                .map(|row| (row.at(0).expect("text"), dec(row.at(1).expect("text"))))
                .collect();
            let own: Vec<_> = position
                .lots
                .iter()
                .map(|l| (l.id.to_string(), l.quantity))
                .collect();
            assert_eq!(lots, own);
        }
    }
}

async fn a_failing_journal_and_a_lost_database_are_tried_again_until_they_are_back() {
    let desk = Desk::history(3, 200);
    let (store, journal) = (store().await, MemoryJournal::default());
    journal.append(&desk.source_records());
    journal.failing.store(3, Ordering::SeqCst);
    let (mut sink, projector) = Projector::new(store.db.clone(), scope(), Arc::new(journal.clone()), pace());
    let monitor = sink.monitor();
    // The only writing connection is taken: the projector has to wait for it, the engine's thread does not.
    let held = store.db.begin("projection").await.expect("the writer");
    let task = tokio::spawn(projector.run());
    sink.push(&outcomes(&desk.source_records()));
    tokio::task::yield_now().await;
    assert_eq!(monitor.status().applied_seq, 0);
    assert!(monitor.status().lag > 0);
    drop(held);
    while monitor.status().lag > 0 {
        tokio::task::yield_now().await;
    }
    let status = monitor.status();
    assert!(status.last_error.expect("kept").contains("on holiday"));
    drop(sink);
    task.await.expect("joined").expect("applied");
    assert_eq!(monitor.status().state, ProjectorState::Ended);
}

async fn an_overflow_is_a_gap_that_the_journal_fills() {
    let desk = Desk::history(4, 300);
    let records = desk.source_records();
    let (store, journal) = (store().await, MemoryJournal::default());
    let (mut sink, projector) = Projector::new(store.db.clone(), scope(), Arc::new(journal.clone()), pace());
    let monitor = sink.monitor();
    // Nobody takes anything yet: after the limit deliveries are dropped, and nothing blocks.
    for outcome in outcomes(&records).iter().cycle().take(FEEDS_MAX + 10) {
        sink.push(std::slice::from_ref(outcome));
    }
    assert_eq!(monitor.status().gaps, 1);
    journal.append(&records);
    drop(sink);
    projector.run().await.expect("applied");
    assert_eq!(
        applied(&store.db, &scope()).await.expect("read").seq,
        records.len() as u64
    );
}

async fn a_journal_that_lost_its_tail_or_has_another_history_is_refused() {
    let desk = Desk::history(5, 100);
    let records = desk.source_records();
    let (store, journal) = (store().await, MemoryJournal::default());
    journal.append(&records);
    project(&store.db, &journal).await.expect("applied");
    let shorter = MemoryJournal::default();
    shorter.append(&records[..records.len() - 1]);
    let lost = project(&store.db, &shorter).await;
    assert!(matches!(lost, Err(ProjectionError::LostTail { .. })), "{lost:?}");
    let other = MemoryJournal::default();
    let mut changed = records.clone();
    changed.last_mut().expect("records").hash = "00".repeat(32);
    other.append(&changed);
    let rewritten = project(&store.db, &other).await;
    assert!(
        matches!(rewritten, Err(ProjectionError::HistoryChanged { .. })),
        "{rewritten:?}"
    );
    project(&store.db, &journal)
        .await
        .expect("the right one is still taken");
}

async fn a_record_that_does_not_fit_stops_the_projector_and_leaves_the_tables_as_they_were() {
    let desk = Desk::history(6, 100);
    let mut records = desk.source_records();
    let first_order = records
        .iter()
        .position(|r| {
            matches!(
                r.outcome,
                Some(tradewind_types::record::Outcome::OrderInitialized { .. })
            )
        })
        .expect("an order");
    let whole = MemoryJournal::default();
    whole.append(&records[..first_order]);
    let store = store().await;
    project(&store.db, &whole).await.expect("applied");
    records[first_order].outcome = None;
    let broken = MemoryJournal::default();
    broken.append(&records);
    let refused = project(&store.db, &broken).await;
    assert!(
        matches!(refused, Err(ProjectionError::Misfit { .. })),
        "{refused:?}"
    );
    let position = applied(&store.db, &scope()).await.expect("read");
    assert_eq!(
        (position.seq, position.witness_hash),
        (first_order as u64, hash(first_order as u64))
    );
    assert_eq!(
        rows(&store.db, &TABLES[1]).await,
        0,
        "orders of the refused part were kept"
    );
}

async fn a_changed_row_is_found_and_a_rebuild_mends_it() {
    let desk = Desk::history(7, 200);
    let (store, fresh, journal) = (store().await, self::store().await, MemoryJournal::default());
    journal.append(&desk.source_records());
    let source: Arc<dyn RecordSource> = Arc::new(journal);
    rebuild(&store.db, &scope(), Arc::clone(&source), None)
        .await
        .expect("built");
    rebuild(&fresh.db, &scope(), Arc::clone(&source), None)
        .await
        .expect("built");
    sql::script(
        "UPDATE p_balances SET balance = '1' WHERE account = 'paper-1' AND ledger_account = 'FEES';
        DELETE FROM p_equity WHERE account = 'paper-2'",
        &store.db,
    )
    .await
    .expect("changed by other hands");
    let found = differences(&store.db, &fresh.db).await;
    assert!(
        found
            .iter()
            .any(|d| d.starts_with("p_balances: account=`paper-1`") && d.contains("balance `1` /")),
        "{found:?}"
    );
    assert!(
        found
            .iter()
            .any(|d| d.starts_with("p_equity") && d.ends_with("right only")),
        "{found:?}"
    );
    rebuild(&store.db, &scope(), source, None).await.expect("rebuilt");
    assert_eq!(differences(&store.db, &fresh.db).await, Vec::<String>::new());
}

async fn two_projectors_on_one_database_do_not_apply_anything_twice() {
    let desk = Desk::history(8, 300);
    let (store, journal) = (store().await, MemoryJournal::default());
    journal.append(&desk.source_records());
    let other = Db::open(&testing::place(store.dir.path()).await)
        .await
        .expect("open");
    let (first, second) = tokio::join!(project(&store.db, &journal), project(&other, &journal));
    // One of them may have lost the race at the very end; what counts is the table.
    assert!(first.is_ok() || second.is_ok(), "{first:?} {second:?}");
    let fresh = self::store().await;
    rebuild(&fresh.db, &scope(), Arc::new(journal), None)
        .await
        .expect("rebuilt");
    assert_eq!(differences(&store.db, &fresh.db).await, Vec::<String>::new());
}

async fn the_head_is_witnessed_once_everything_up_to_it_is_applied() {
    let desk = Desk::history(9, 60);
    let records = desk.source_records();
    let (store, journal) = (store().await, MemoryJournal::default());
    let (mut sink, projector) = Projector::new(store.db.clone(), scope(), Arc::new(journal.clone()), pace());
    let monitor = sink.monitor();
    let task = tokio::spawn(projector.run());
    while monitor.status().state != ProjectorState::Live {
        tokio::task::yield_now().await;
    }
    let last = records.last().expect("records").seq;
    let (early, late) = records.split_at(records.len() / 2);
    journal.append(&records);
    // The group's head is told with the first part of the group already.
    sink.push(&outcomes(early));
    sink.head(last, &hash(last));
    while monitor.status().lag > 0 {
        tokio::task::yield_now().await;
    }
    let position = applied(&store.db, &scope()).await.expect("read");
    assert!(
        position.witness_seq < last,
        "a head was believed before it was applied"
    );
    sink.push(&outcomes(late));
    drop(sink);
    task.await.expect("joined").expect("applied");
    let position = applied(&store.db, &scope()).await.expect("read");
    assert_eq!((position.seq, position.witness_seq), (last, last));
    assert_eq!(position.witness_hash, hash(last));
}

tradewind_store::on_both_databases!(
    restarts_gaps_and_repetitions_give_the_same_tables_as_a_rebuild,
    balances_positions_and_lots_are_those_of_the_ledger,
    a_failing_journal_and_a_lost_database_are_tried_again_until_they_are_back,
    an_overflow_is_a_gap_that_the_journal_fills,
    a_journal_that_lost_its_tail_or_has_another_history_is_refused,
    a_record_that_does_not_fit_stops_the_projector_and_leaves_the_tables_as_they_were,
    a_changed_row_is_found_and_a_rebuild_mends_it,
    two_projectors_on_one_database_do_not_apply_anything_twice,
    the_head_is_witnessed_once_everything_up_to_it_is_applied,
);

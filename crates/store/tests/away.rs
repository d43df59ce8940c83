//! PostgreSQL goes away under load and comes back: what needs it says so, and nothing is lost or there twice.

mod desk;

use std::sync::Arc;
use std::time::Duration;

use desk::*;
use tradewind_store::identity::{audit, organisations};
use tradewind_store::projection::*;
use tradewind_store::testing::Server;
use tradewind_store::{Db, DbConfig, migrate, sql};
use tradewind_types::*;

fn scope() -> Scope {
    Scope {
        org: id("desk"),
        engine: id("main"),
    }
}

fn noted(number: u64) -> audit::AuditRow {
    audit::AuditRow {
        org: id("desk"),
        ts: UnixNanos(number),
        actor: "u1".to_owned(),
        action: "test".to_owned(),
        subject: format!("s{number}"),
        outcome: "OK".to_owned(),
        ip: "::1".to_owned(),
        correlation_id: "c".to_owned(),
        detail: "{}".to_owned(),
        person: String::new(),
        personal: String::new(),
    }
}

#[test]
fn a_server_that_stops_and_comes_back_loses_and_doubles_nothing() {
    let Some(mut server) = Server::start_or_skip() else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(away(&mut server));
}

async fn away(server: &mut Server) {
    let mut config = DbConfig::postgres(&server.url("postgres")).expect("a URL");
    config.acquire_timeout = Duration::from_millis(500);
    config.connections_max = 4;
    let db = Db::open(&config).await.expect("open");
    migrate::up(&db, UnixNanos(1)).await.expect("up");
    organisations::ensure(&db, &id("desk"), &id("main"), UnixNanos(1))
        .await
        .expect("desk");

    let desk = Desk::history(33, 900);
    let records = desk.source_records();
    let (before, after) = records.split_at(records.len() / 3);
    let journal = MemoryJournal::default();
    let pace = Pace {
        between: Duration::ZERO,
        retry_min: Duration::from_millis(5),
        retry_max: Duration::from_millis(50),
    };
    let (mut sink, projector) = Projector::new(db.clone(), scope(), Arc::new(journal.clone()), pace);
    let monitor = sink.monitor();
    let task = tokio::spawn(projector.run());
    journal.append(before);
    sink.push(&outcomes(before));
    for number in 0..10 {
        audit::append(&db, &noted(number)).await.expect("noted");
    }
    while monitor.status().applied_seq == 0 {
        tokio::task::yield_now().await;
    }

    server.stop();
    // The engine goes on: its journal grows, and its sink takes everything without waiting.
    journal.append(after);
    sink.push(&outcomes(after));
    let refused = audit::append(&db, &noted(10))
        .await
        .expect_err("there is no server");
    assert!(refused.is_transient(), "{refused:?}");
    let unread = audit::list(&db, 0, 10).await.expect_err("there is no server");
    assert!(unread.is_transient(), "{unread:?}");
    while monitor.status().state != ProjectorState::Retrying {
        tokio::task::yield_now().await;
    }

    server.begin().expect("back");
    // Whoever asks again is answered, without anything being opened anew.
    while let Err(error) = audit::append(&db, &noted(11)).await {
        assert!(error.is_transient(), "{error:?}");
    }
    let head = desk.source_records().last().map_or(0, |record| record.seq);
    while monitor.status().applied_seq < head {
        tokio::task::yield_now().await;
    }
    drop(sink);
    task.await.expect("joined").expect("applied");
    let subjects: Vec<String> = audit::list(&db, 0, 100)
        .await
        .expect("listed")
        .into_iter()
        .map(|(_, row)| row.subject)
        .collect();
    let mut expected: Vec<String> = (0..10).map(|n| format!("s{n}")).collect();
    expected.push("s11".to_owned());
    assert_eq!(subjects, expected);

    let dir = tempfile::tempdir().expect("dir");
    let fresh = Db::open(&DbConfig::file(&dir.path().join("t.db")))
        .await
        .expect("open");
    migrate::up(&fresh, UnixNanos(1)).await.expect("up");
    rebuild(&fresh, &scope(), Arc::new(journal), None)
        .await
        .expect("rebuilt");
    let mut left = db.snapshot().await.expect("left");
    let mut right = fresh.snapshot().await.expect("right");
    let tables = compare(&mut left, &mut right, &scope()).await.expect("compared");
    let apart: Vec<_> = tables.iter().filter(|table| table.different > 0).collect();
    assert!(apart.is_empty(), "{apart:?}");
    assert!(tables.iter().map(|table| table.left_rows).sum::<u64>() > 500);
}

#[test]
fn a_transaction_whose_beginning_is_given_up_leaves_no_connection_within_it() {
    let Some(server) = Server::start_or_skip() else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut config = DbConfig::postgres(&server.url("postgres")).expect("a URL");
        config.connections_max = 1;
        let db = Db::open(&config).await.expect("open");
        for _ in 0..50 {
            // Polled a few times and dropped, wherever it is then.
            for polls in 1..8 {
                let mut begin = Box::pin(db.snapshot());
                for _ in 0..polls {
                    if futures_util::poll!(&mut begin).is_ready() {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
            }
            let row = sql::query("SELECT current_setting('transaction_read_only')")
                .fetch_one(&db)
                .await
                .expect("answered");
            assert_eq!(row.at::<String>(0).expect("text"), "off");
        }
    });
}

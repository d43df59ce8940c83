//! The pool of a PostgreSQL server at its limits: all connections in use, statements and locks that take too long, and a
//! server that is not there.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use tradewind_store::testing::{Server, block_on};
use tradewind_store::{Db, DbConfig, StoreError, sql};

/// Counts one counter.
struct Count {
    name: &'static str,
    value: Arc<AtomicU64>,
}

impl Recorder for Count {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        if key.name() == self.name {
            return Counter::from_arc(Arc::clone(&self.value));
        }
        Counter::noop()
    }
    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }
    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

/// Runs a future and tells how far it made a counter go.
fn counted(name: &'static str, work: impl Future<Output = ()>) -> u64 {
    let value = Arc::new(AtomicU64::new(0));
    let recorder = Count {
        name,
        value: Arc::clone(&value),
    };
    metrics::with_local_recorder(&recorder, || block_on(work));
    value.load(Ordering::Relaxed)
}

fn config(server: &Server, connections: u32) -> DbConfig {
    let mut config = DbConfig::postgres(&server.url("postgres")).expect("a URL");
    config.connections_max = connections;
    config
}

async fn open(config: &DbConfig) -> Db {
    Db::open(config).await.expect("open")
}

#[test]
fn who_finds_all_connections_in_use_is_told_so_after_the_acquire_timeout_and_it_is_counted() {
    let Some(server) = Server::start_or_skip() else {
        return;
    };
    let exhausted = counted("tradewind_store_exhausted_total", async {
        let mut config = config(&server, 2);
        // Long enough that the server is asked meanwhile whether it is there.
        config.acquire_timeout = Duration::from_secs(1);
        let db = open(&config).await;
        let held = [
            db.begin("one").await.expect("one"),
            db.begin("two").await.expect("two"),
        ];
        assert_eq!(db.connections(), (2, 0));
        let begun = Instant::now();
        let refused = db.ping().await;
        assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
        assert!(begun.elapsed() >= config.acquire_timeout, "given up early");
        drop(held);
        db.ping().await.expect("free again");
    });
    assert_eq!(exhausted, 1);
}

#[test]
fn a_statement_that_takes_too_long_is_given_up_and_its_connection_goes_on() {
    let Some(server) = Server::start_or_skip() else {
        return;
    };
    let timeouts = counted("tradewind_store_statement_timeouts_total", async {
        let mut config = config(&server, 1);
        config.statement_timeout = Duration::from_millis(200);
        let db = open(&config).await;
        let begun = Instant::now();
        let refused = sql::query("SELECT pg_sleep(30)").fetch_one(&db).await;
        assert!(matches!(refused, Err(StoreError::TooSlow)), "{refused:?}");
        assert!(begun.elapsed() < Duration::from_secs(20));
        db.ping().await.expect("the only connection works");
    });
    assert_eq!(timeouts, 1);
}

#[test]
fn who_waits_for_a_row_or_a_name_that_another_holds_is_told_so() {
    let Some(server) = Server::start_or_skip() else {
        return;
    };
    block_on(async {
        let mut config = config(&server, 4);
        config.acquire_timeout = Duration::from_millis(400);
        let db = open(&config).await;
        sql::script(
            "CREATE TABLE t (a BIGINT PRIMARY KEY); INSERT INTO t VALUES (1)",
            &db,
        )
        .await
        .expect("a row");
        let mut held = db.begin("first").await.expect("begun");
        let update = || sql::query("UPDATE t SET a = a WHERE a = 1");
        update().execute(&mut held).await.expect("the first");
        let second = update().execute(&db).await;
        assert!(matches!(second, Err(StoreError::Busy)), "{second:?}");
        let named = db.begin("first").await.map(drop);
        assert!(matches!(named, Err(StoreError::Busy)), "{named:?}");
        held.commit().await.expect("kept");
        update().execute(&db).await.expect("free again");
        drop(db.begin("first").await.expect("free again"));
    });
}

#[test]
fn while_the_server_is_away_everybody_is_told_at_once() {
    let Some(mut server) = Server::start_or_skip() else {
        return;
    };
    block_on(async {
        let mut config = config(&server, 20);
        config.acquire_timeout = Duration::from_secs(60);
        let db = open(&config).await;
        server.stop();

        // Ten who ask as it goes: the time of one try to connect, not the acquire timeout.
        let begun = Instant::now();
        let first = (0..10).map(|_| async { (db.ping().await, db.begin("x").await.map(drop)) });
        for (asked, began) in futures_util::future::join_all(first).await {
            assert!(matches!(asked, Err(StoreError::Unavailable(_))), "{asked:?}");
            assert!(matches!(began, Err(StoreError::Unavailable(_))), "{began:?}");
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        // Those who come later wait for nothing; the reason is that of the operating system.
        let begun = Instant::now();
        for _ in 0..1_000 {
            let refused = db.ping().await.expect_err("there is no server").to_string();
            assert!(refused.contains("refused"), "{refused}");
        }
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());

        server.begin().expect("back");
        let begun = Instant::now();
        while let Err(error) = db.ping().await {
            assert!(error.is_transient(), "{error:?}");
            assert!(begun.elapsed() < Duration::from_secs(20), "it is not found again");
            tokio::task::yield_now().await;
        }
        db.close().await;
    });
}

#[tokio::test]
async fn a_server_that_is_not_there_at_the_start_is_named_with_the_reason() {
    let probe = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = probe.local_addr().expect("bound").port();
    drop(probe);
    let mut config = DbConfig::postgres(&format!("postgres://me@127.0.0.1:{port}/t")).expect("a URL");
    config.acquire_timeout = Duration::from_millis(300);
    let refused = Db::open(&config).await.expect_err("nobody is there").to_string();
    assert!(refused.contains("refused"), "{refused}");
}

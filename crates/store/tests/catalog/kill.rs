//! A process that is killed: a child imports or compacts on a real file system and aborts at a seeded point, or appends
//! to a tail until it is killed. What it acknowledged is there, what it did not finish is not half there, and a second
//! run completes.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use tradewind_store::catalog::{Catalog, Files, Tail};
use tradewind_store::{Db, DbConfig, migrate};
use tradewind_types::UnixNanos;
use tradewind_types::random::SplitMix64;

use super::crash::{Death, Mortal, after, before, csv, more, old, options};
use super::rows::{START, bars, read, series, write};

/// Kills of an import and of a compaction; `crash.rs` has 200 points of each within one process.
const KILLS: usize = 24;
/// Kills of one tail that is appended to.
const TAIL_KILLS: usize = 200;
/// Where the child works; without it the child's test does nothing.
const FOLDER: &str = "TRADEWIND_TEST_CHILD_FOLDER";
/// The operation at which the child aborts; of `append` the first append.
const AT: &str = "TRADEWIND_TEST_CHILD_AT";
/// `import`, `compact` or `append`.
const WHAT: &str = "TRADEWIND_TEST_CHILD_WHAT";
/// Rows of one append.
const APPENDED: i64 = 20;
/// What the child says before the number of an acknowledged append.
const ACKNOWLEDGED: &str = "acknowledged ";

fn local(folder: &std::path::Path) -> LocalFileSystem {
    std::fs::create_dir_all(folder.join("catalog")).expect("a folder");
    LocalFileSystem::new_with_prefix(folder.join("catalog"))
        .expect("a store")
        .with_fsync(true)
}

async fn tail(folder: &std::path::Path) -> Tail {
    let db = Db::open(&DbConfig::file(&folder.join("t.db")))
        .await
        .expect("a database");
    migrate::up(&db, UnixNanos(1)).await.expect("a schema");
    Tail::new(db)
}

/// The child: not a test of its own, but what the tests below start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by the tests of this file"]
async fn child() {
    let (Ok(folder), Ok(at), Ok(what)) = (std::env::var(FOLDER), std::env::var(AT), std::env::var(WHAT))
    else {
        return;
    };
    let folder = std::path::PathBuf::from(folder);
    let at: i64 = at.parse().expect("a number");
    let store = Mortal::new(Arc::new(local(&folder)), at, Death::Abort);
    let catalog = Catalog::new(Files::of(Arc::new(store))).with_tail(tail(&folder).await);
    match what.as_str() {
        "import" => {
            let file = csv(&folder, &more());
            catalog
                .import(&[file], &options(START + 1), |_| true)
                .await
                .expect("imported");
        }
        "compact" => {
            catalog.compact(i64::MAX).await.expect("compacted");
        }
        _ => {
            let tail = catalog.tail().expect("a tail");
            for n in at.. {
                let rows = bars((n * APPENDED..(n + 1) * APPENDED).map(|m| (m, 1_000 + m)), START);
                tail.append(&series(), &rows).await.expect("acknowledged");
                println!("{ACKNOWLEDGED}{n}");
            }
        }
    }
}

fn child_of(folder: &std::path::Path, what: &str, at: i64) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args(["--exact", "kill::child", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .env(AT, at.to_string())
        .env(WHAT, what)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn start(folder: &std::path::Path, what: &str, at: i64) -> bool {
    let status = child_of(folder, what, at).status();
    status.expect("the child ran").success()
}

/// Lets a child append from this append on, kills it somewhere after its `acks`-th acknowledgement, and tells the last
/// append that it acknowledged.
fn append_until_killed(folder: &std::path::Path, from: i64, acks: u64, spins: u64) -> i64 {
    let mut child = child_of(folder, "append", from)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the child runs");
    let mut acknowledged = BufReader::new(child.stdout.take().expect("its output"))
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| line.split_once(ACKNOWLEDGED)?.1.parse::<i64>().ok());
    let mut last = acknowledged
        .nth(acks as usize)
        .expect("it appends until it is killed");
    for turn in 0..spins {
        std::hint::black_box(turn);
    }
    child.kill().expect("killed");
    // What it still said before it died was acknowledged, too.
    if let Some(later) = acknowledged.last() {
        last = later;
    }
    assert!(!child.wait().expect("it ended").success());
    last
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_whose_process_is_killed_is_not_half_there() {
    let mut random = SplitMix64::new(23);
    let (mut olds, mut news) = (0, 0);
    for _ in 0..KILLS {
        let folder = tempfile::tempdir().expect("a folder");
        let healthy = Catalog::new(Files::of(Arc::new(local(folder.path()))));
        write(&healthy, &before(), START).await;
        let at = 1 + random.below(40) as i64;
        let finished = start(folder.path(), "import", at);
        let seen = read(&healthy).await;
        if seen == old() {
            assert!(!finished);
            olds += 1;
        } else {
            assert_eq!(seen, after(), "killed at {at}");
            news += 1;
        }
        let file = csv(folder.path(), &more());
        healthy
            .import(&[file], &options(START + 2), |_| true)
            .await
            .expect("the second run");
        assert_eq!(read(&healthy).await, after());
    }
    assert!(
        olds > 0 && news > 0,
        "{olds} old, {news} new: the points are not spread"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compaction_whose_process_is_killed_loses_nothing() {
    let mut random = SplitMix64::new(29);
    let mut killed = 0;
    for _ in 0..KILLS {
        let folder = tempfile::tempdir().expect("a folder");
        let healthy =
            Catalog::new(Files::of(Arc::new(local(folder.path())))).with_tail(tail(folder.path()).await);
        write(&healthy, &before(), START).await;
        let tail = healthy.tail().expect("a tail");
        tail.append(&series(), &bars(more(), START + 1))
            .await
            .expect("acknowledged");
        killed += usize::from(!start(folder.path(), "compact", 1 + random.below(40) as i64));
        assert_eq!(read(&healthy).await, after());
        healthy.compact(i64::MAX).await.expect("the second run");
        assert_eq!(read(&healthy).await, after());
        assert!(tail.series().await.expect("read").is_empty());
    }
    assert!(killed > KILLS / 2, "{killed} were killed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_tail_acknowledged_outlives_its_process() {
    let mut random = SplitMix64::new(31);
    let folder = tempfile::tempdir().expect("a folder");
    let mut next = 0;
    for kill in 0..TAIL_KILLS {
        let acknowledged = append_until_killed(folder.path(), next, random.below(4), random.below(2_000_000));
        let healthy =
            Catalog::new(Files::of(Arc::new(local(folder.path())))).with_tail(tail(folder.path()).await);
        let seen = read(&healthy).await;
        let least = (acknowledged + 1) * APPENDED;
        assert!(
            seen.len() as i64 >= least,
            "kill {kill}: {} rows of at least {least}",
            seen.len()
        );
        assert_eq!(seen.len() as i64 % APPENDED, 0, "kill {kill}: half a transaction");
        let expected = |(m, row): (usize, &(i64, i64, i64))| *row == (m as i64, 1_000 + m as i64, 0);
        assert!(seen.iter().enumerate().all(expected), "kill {kill}");
        next = seen.len() as i64 / APPENDED;
    }
}

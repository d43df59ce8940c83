//! Settings changed while the program runs, on both databases.

use tradewind_store::settings::{self, Changed};
use tradewind_store::{Db, migrate, testing};
use tradewind_types::UnixNanos;

fn of(pairs: &[(&str, &str)]) -> Changed {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

async fn what_is_decided_upon_holds_and_what_is_refused_changes_nothing() {
    let dir = tempfile::tempdir().expect("dir");
    let db = Db::open(&testing::place(dir.path()).await).await.expect("open");
    migrate::up(&db, UnixNanos(1)).await.expect("up");
    assert!(settings::all(&db).await.expect("read").is_empty());
    let put = async |pairs: &[(&str, &str)]| {
        let after = of(pairs);
        let done = settings::change(&db, UnixNanos(5), |_| Ok::<_, ()>(after)).await;
        done.expect("stored").expect("decided")
    };
    let first = [("log", "debug"), ("limits.rates.read", "5/s")];
    assert_eq!(put(&first).await, (Changed::new(), of(&first)));
    // One stays, one is another, one goes, one comes.
    let second = [("log", "info"), ("limits.rates.write", "6/s")];
    assert_eq!(put(&second).await, (of(&first), of(&second)));
    let refused = settings::change(&db, UnixNanos(6), |_| Err("not now")).await;
    assert_eq!(refused.expect("asked"), Err("not now"));
    assert_eq!(settings::all(&db).await.expect("read"), of(&second));
}

async fn changes_at_once_come_one_after_the_other() {
    let dir = tempfile::tempdir().expect("dir");
    let db = Db::open(&testing::place(dir.path()).await).await.expect("open");
    migrate::up(&db, UnixNanos(1)).await.expect("up");
    let add = async |n: u32| {
        let done = settings::change(&db, UnixNanos(5), |before| {
            let mut after = before.clone();
            after.insert(format!("s{n}"), n.to_string());
            Ok::<_, ()>(after)
        });
        done.await.expect("stored").expect("decided");
    };
    futures_util::future::join_all((0..20).map(add)).await;
    assert_eq!(
        settings::all(&db).await.expect("read").len(),
        20,
        "a change was lost"
    );
}

tradewind_store::on_both_databases!(
    what_is_decided_upon_holds_and_what_is_refused_changes_nothing,
    changes_at_once_come_one_after_the_other,
);

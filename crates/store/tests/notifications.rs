//! What people want to be told of, on both databases.

use tradewind_store::identity::{organisations, users};
use tradewind_store::notifications::{self, Chosen};
use tradewind_store::{Db, migrate, testing};
use tradewind_types::{EngineId, OrgId, UnixNanos, UserId};

async fn desk(dir: &tempfile::TempDir) -> (Db, OrgId, UserId) {
    let db = Db::open(&testing::place(dir.path()).await).await.expect("open");
    migrate::up(&db, UnixNanos(1)).await.expect("up");
    let (org, engine): (OrgId, EngineId) = ("desk".parse().expect("id"), "main".parse().expect("id"));
    organisations::ensure(&db, &org, &engine, UnixNanos(1))
        .await
        .expect("desk");
    let user: UserId = "u1".parse().expect("id");
    let row = users::UserRow {
        id: user.clone(),
        org: org.clone(),
        username: "asha".to_owned(),
        display_name: "Asha".to_owned(),
        role: "TRADER".to_owned(),
        password_hash: "x".to_owned(),
        disabled: false,
        created_at: UnixNanos(1),
        version: 1,
    };
    users::insert(&db, &row).await.expect("inserted");
    (db, org, user)
}

async fn a_choice_is_based_on_the_one_before() {
    let dir = tempfile::tempdir().expect("dir");
    let (db, org, user) = desk(&dir).await;
    assert_eq!(notifications::of(&db, &user).await.expect("read"), None);
    let put = async |content: &str, based_on| {
        let put = notifications::put(&db, (&org, &user), content, based_on, UnixNanos(5));
        put.await.expect("stored")
    };
    assert_eq!(put("a", Some(3)).await, None, "nothing was chosen yet");
    assert_eq!(put("a", Some(0)).await, Some(1));
    assert_eq!(put("b", Some(0)).await, None);
    assert_eq!(put("b", Some(1)).await, Some(2));
    assert_eq!(put("c", None).await, Some(3));
    let chosen = Chosen {
        content: "c".to_owned(),
        version: 3,
    };
    assert_eq!(notifications::of(&db, &user).await.expect("read"), Some(chosen));
}

async fn of_two_choices_at_once_one_comes_too_late() {
    let dir = tempfile::tempdir().expect("dir");
    let (db, org, user) = desk(&dir).await;
    let put = |content: &'static str| notifications::put(&db, (&org, &user), content, Some(0), UnixNanos(5));
    let (a, b) = tokio::join!(put("a"), put("b"));
    let mut done = [a.expect("stored"), b.expect("stored")];
    done.sort_unstable();
    assert_eq!(done, [None, Some(1)]);
}

tradewind_store::on_both_databases!(
    a_choice_is_based_on_the_one_before,
    of_two_choices_at_once_one_comes_too_late,
);

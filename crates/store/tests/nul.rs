//! The character U+0000, which SQLite stores and PostgreSQL does not.

use tradewind_store::sql::{insert_rows, query, script};
use tradewind_store::{Backend, Db, StoreError, testing};

async fn what_somebody_sends_is_refused_and_what_has_happened_is_kept_with_another_character() {
    let dir = tempfile::tempdir().expect("temp dir");
    let db = Db::open(&testing::place(dir.path()).await).await.expect("open");
    script("CREATE TABLE t (a TEXT NOT NULL PRIMARY KEY)", &db)
        .await
        .expect("a table");
    if db.backend() == Backend::Postgres {
        let sent = query("INSERT INTO t VALUES ($1)").bind("a\0b").execute(&db).await;
        assert!(matches!(sent, Err(StoreError::NulCharacter)), "{sent:?}");
        let asked = query("SELECT a FROM t WHERE a = $1")
            .bind("a\0b")
            .fetch_all(&db)
            .await;
        assert!(matches!(asked, Err(StoreError::NulCharacter)), "{asked:?}");
    }
    let mut tx = db.begin("t").await.expect("begun");
    insert_rows(&mut tx, "INSERT INTO t", &["a\0b", "c"], "", |mut tuple, text| {
        tuple.push_bind((*text).to_owned());
    })
    .await
    .expect("kept");
    tx.commit().await.expect("committed");
    let rows = query("SELECT a FROM t ORDER BY a")
        .fetch_all(&db)
        .await
        .expect("rows");
    let texts: Vec<String> = rows.iter().map(|row| row.at(0).expect("text")).collect();
    assert_eq!(texts, ["a\u{fffd}b", "c"]);
}

tradewind_store::on_both_databases!(
    what_somebody_sends_is_refused_and_what_has_happened_is_kept_with_another_character
);

//! The chain of the audit log and what people may ask, on both databases.

use tradewind_store::identity::audit::anchors::{self, Anchor};
use tradewind_store::identity::audit::walk::{onward, walk};
use tradewind_store::identity::audit::{self, AuditRow, adopt};
use tradewind_store::privacy::deletions::{self, Decision, DeletionRow, DeletionState};
use tradewind_store::privacy::periods::{self, Kept};
use tradewind_store::privacy::person_keys::{self, PersonKey};
use tradewind_store::privacy::{consents, erase};
use tradewind_store::{Db, identity::users, migrate, sql, testing};
use tradewind_types::{OrgId, UnixNanos};

fn org() -> OrgId {
    OrgId::new("desk").expect("id")
}

async fn db(dir: &tempfile::TempDir) -> Db {
    let db = Db::open(&testing::place(dir.path()).await).await.expect("open");
    migrate::up(&db, UnixNanos(1)).await.expect("up");
    let engine = "main".parse().expect("id");
    tradewind_store::identity::organisations::ensure(&db, &org(), &engine, UnixNanos(1))
        .await
        .expect("org");
    db
}

fn row(number: u64) -> AuditRow {
    AuditRow {
        org: org(),
        ts: UnixNanos(number * 10),
        actor: format!("u{}", number % 3),
        action: "test".to_owned(),
        subject: String::new(),
        outcome: "OK".to_owned(),
        ip: String::new(),
        correlation_id: number.to_string(),
        detail: "{}".to_owned(),
        person: String::new(),
        personal: String::new(),
    }
}

async fn intact(db: &Db) -> bool {
    walk(db, &[], |anchor| anchor.signature == "good")
        .await
        .expect("looked over")
        .is_intact()
}

async fn rows_that_come_at_once_make_one_chain() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    let all = (1..=40).map(|number| {
        let db = db.clone();
        tokio::spawn(async move { audit::append(&db, &row(number)).await })
    });
    for one in all.collect::<Vec<_>>() {
        one.await.expect("no panic").expect("appended");
    }
    let found = walk(&db, &[], |_| false).await.expect("looked over");
    assert!(
        found.is_intact() && found.entries == 40 && found.head.seq == 40,
        "{found:?}"
    );
    let page = audit::page(&db, &org(), &audit::Filter::default(), Some(31), 5).await;
    let seqs: Vec<i64> = page.expect("a page").iter().map(|entry| entry.seq).collect();
    assert_eq!(seqs, [30, 29, 28, 27, 26]);
    let changed = sql::query("UPDATE audit SET detail = '{ }' WHERE seq = $1").bind(7_i64);
    changed.execute(&db).await.expect("changed");
    let found = walk(&db, &[], |_| false).await.expect("looked over");
    assert_eq!(found.first_bad.map(|bad| bad.seq), Some(7));
}

async fn the_beginning_is_cut_and_the_chain_goes_on() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    for number in 1..=10 {
        audit::append(&db, &row(number)).await.expect("appended");
    }
    let held = ["u2".to_owned()];
    let may = anchors::may_go(&db, UnixNanos(75), &held).await.expect("asked");
    assert_eq!(may.map(|(through, count)| (through.seq, count)), Some((1, 1)));
    let may = anchors::may_go(&db, UnixNanos(75), &[]).await.expect("asked");
    let (through, count) = may.expect("seven are older");
    assert_eq!((through.seq, count), (7, 7));
    let anchor = |signature: &str| Anchor {
        through,
        entries: count,
        made_at: UnixNanos(100),
        key_id: "k".to_owned(),
        signature: signature.to_owned(),
    };
    assert!(anchors::cut(&db, &anchor("good"), &row(11)).await.expect("cut"));
    assert!(
        !anchors::cut(&db, &anchor("good"), &row(12)).await.expect("asked"),
        "cut twice"
    );
    assert!(intact(&db).await);
    assert_eq!(audit::head(&db).await.expect("head").seq, 11);
    let none = anchors::may_go(&db, UnixNanos(1_000), &[]).await.expect("asked");
    assert_eq!(
        none.map(|(through, _)| through.seq),
        Some(10),
        "the end of the chain stays"
    );
    let forged = walk(&db, &[], |_| false).await.expect("looked over");
    assert!(!forged.is_intact(), "an anchor that nobody signed");
}

fn anchor_through(through: audit::Head, entries: i64) -> Anchor {
    Anchor {
        through,
        entries,
        made_at: UnixNanos(100),
        key_id: "k".to_owned(),
        signature: "good".to_owned(),
    }
}

/// Cuts by another connection while somebody looks the log over.
fn cut_meanwhile(place: &tradewind_store::DbConfig, through: audit::Head) {
    let place = place.clone();
    let other = std::thread::spawn(move || {
        testing::block_on(async move {
            let db = Db::open(&place).await.expect("open");
            let anchor = anchor_through(through, through.seq);
            assert!(anchors::cut(&db, &anchor, &row(90)).await.expect("cut"));
            db.close().await;
        });
    });
    other.join().expect("cut");
}

async fn rows_that_are_cut_while_the_log_is_looked_over_are_not_missing() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    let place = testing::place(dir.path()).await;
    let mut heads = Vec::new();
    for number in 1..=10 {
        heads.push(audit::append(&db, &row(number)).await.expect("appended"));
    }
    assert!(
        anchors::cut(&db, &anchor_through(heads[1], 2), &row(80))
            .await
            .expect("cut")
    );
    let looks = std::cell::Cell::new(0);
    // The anchor is looked at before the rows are read.
    let found = walk(&db, &heads, |anchor| {
        looks.set(looks.get() + 1);
        if looks.get() == 1 {
            cut_meanwhile(&place, heads[4]);
        }
        anchor.signature == "good"
    })
    .await
    .expect("looked over");
    assert!(found.is_intact() && found.head.seq == 12, "{found:?}");
    assert_eq!(found.anchor.map(|anchor| anchor.through), Some(heads[4]));
    assert_eq!(looks.get(), 2);
}

async fn the_chain_is_followed_from_a_known_place_and_from_the_anchor_when_that_was_cut() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    let mut heads = Vec::new();
    for number in 1..=10 {
        heads.push(audit::append(&db, &row(number)).await.expect("appended"));
    }
    let good = |anchor: &Anchor| anchor.signature == "good";
    let found = onward(&db, heads[5], good).await.expect("followed");
    assert!(found.is_intact() && found.entries == 4, "{found:?}");
    assert_eq!(found.head, heads[9]);
    let at_the_end = onward(&db, heads[9], good).await.expect("followed");
    assert!(
        at_the_end.is_intact() && at_the_end.head == heads[9],
        "{at_the_end:?}"
    );
    let other = audit::Head {
        seq: 6,
        hash: heads[6].hash,
    };
    let changed = onward(&db, other, good).await.expect("followed");
    assert_eq!(changed.first_bad.map(|bad| bad.seq), Some(6));
    let beyond = audit::Head {
        seq: 11,
        hash: heads[6].hash,
    };
    let cut_off = onward(&db, beyond, good).await.expect("followed");
    assert_eq!(cut_off.first_bad.map(|bad| bad.seq), Some(11));
    // What comes behind the known place is followed, too.
    let forged = sql::query("UPDATE audit SET detail = '{ }' WHERE seq = $1").bind(8_i64);
    forged.execute(&db).await.expect("changed");
    let found = onward(&db, heads[5], good).await.expect("followed");
    assert_eq!(found.first_bad.map(|bad| bad.seq), Some(8));
    let mended = sql::query("UPDATE audit SET detail = '{}' WHERE seq = $1").bind(8_i64);
    mended.execute(&db).await.expect("changed");

    for through in [heads[5], heads[7]] {
        let anchor = anchor_through(through, through.seq);
        assert!(anchors::cut(&db, &anchor, &row(80)).await.expect("cut"));
        let found = onward(&db, heads[5], good).await.expect("followed");
        assert!(found.is_intact() && found.anchor.is_some(), "{found:?}");
        let untrusted = onward(&db, heads[5], |_| false).await.expect("followed");
        assert!(!untrusted.is_intact(), "an anchor that nobody signed");
    }
}

async fn rows_are_appended_together_or_not_at_all() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    audit::append_all(&db, &[row(1), row(2), row(3)])
        .await
        .expect("appended");
    sql::script("CREATE UNIQUE INDEX once ON audit (correlation_id)", &db)
        .await
        .expect("made");
    let refused = audit::append_all(&db, &[row(4), row(2)]).await;
    assert!(refused.is_err(), "the second one is there already");
    assert_eq!(audit::head(&db).await.expect("head").seq, 3);
    assert!(intact(&db).await);
}

async fn old_rows_are_chained_once() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    for seq in 1..=3_i64 {
        let text =
            "INSERT INTO audit (seq, org_id, ts, actor, action, subject, outcome, ip, correlation_id, detail)
                    VALUES ($1, 'desk', $1, 'u1', 'old', '', 'OK', '', 'c', '{}')";
        sql::query(text).bind(seq).execute(&db).await.expect("an old row");
    }
    assert!(
        audit::append(&db, &row(4)).await.is_err(),
        "behind rows without a chain"
    );
    let old = adopt::unchained(&db, 10).await.expect("read");
    let old: Vec<_> = old.into_iter().map(|entry| (entry.seq, entry.row)).collect();
    assert_eq!(adopt::chain(&db, &old).await.expect("chained"), 3);
    assert_eq!(adopt::chain(&db, &old).await.expect("nothing to do"), 0);
    audit::append(&db, &row(4)).await.expect("appended");
    assert!(intact(&db).await);
}

async fn a_person_is_copied_held_and_erased() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    let user = users::UserRow {
        id: "u1".parse().expect("id"),
        org: org(),
        username: "asha".to_owned(),
        display_name: "Asha".to_owned(),
        role: "TRADER".to_owned(),
        password_hash: "hash".to_owned(),
        disabled: false,
        created_at: UnixNanos(5),
        version: 1,
    };
    users::insert(&db, &user).await.expect("person");
    let first = person_keys::insert_first(&db, "u1", "sealed", UnixNanos(6)).await;
    assert_eq!(first.expect("stored"), PersonKey::Sealed("sealed".to_owned()));
    let second = person_keys::insert_first(&db, "u1", "other", UnixNanos(7)).await;
    assert_eq!(
        second.expect("stored"),
        PersonKey::Sealed("sealed".to_owned()),
        "the first stays"
    );
    let consent = consents::ConsentRow {
        purpose: "RESEARCH".to_owned(),
        granted: true,
        policy: "1".to_owned(),
        decided_at: UnixNanos(8),
    };
    for _ in 0..2 {
        consents::decide(&db, &org(), "u1", &consent)
            .await
            .expect("decided");
    }
    assert_eq!(consents::of_person(&db, "u1").await.expect("read").len(), 2);
    let request = DeletionRow {
        id: "d1".to_owned(),
        org: org(),
        person: "u1".to_owned(),
        state: DeletionState::Pending,
        requested_at: UnixNanos(10),
        due_at: UnixNanos(20),
        hold_reason: String::new(),
        decided_by: String::new(),
        decided_at: None,
    };
    assert!(deletions::insert(&db, &request).await.expect("stored"));
    assert!(
        !deletions::insert(&db, &request).await.expect("asked"),
        "two open requests"
    );
    let hold = Decision {
        from: &[DeletionState::Pending],
        to: DeletionState::Held,
        reason: Some("inquiry"),
        by: "u9",
        at: UnixNanos(11),
    };
    assert!(deletions::decide(&db, "d1", hold).await.expect("held"));
    assert!(
        !deletions::decide(&db, "d1", hold).await.expect("asked"),
        "held twice"
    );
    assert_eq!(deletions::held(&db).await.expect("read"), ["u1"]);
    assert!(
        deletions::due(&db, UnixNanos(30), 9)
            .await
            .expect("read")
            .is_empty()
    );
    assert_eq!(
        deletions::list(&db, &org(), None, 9).await.expect("read").len(),
        1
    );

    let copied = erase::copy(&db, "u1").await.expect("copied");
    let users = copied
        .iter()
        .find(|table| table.name == "users")
        .expect("the table");
    assert_eq!(users.rows.len(), 1);
    erase::erase(&db, "u1", &["user:x".to_owned()], UnixNanos(40))
        .await
        .expect("erased");
    assert!(users::by_username(&db, "asha").await.expect("read").is_none());
    let key = person_keys::get(&db, "u1").await.expect("read");
    assert_eq!(key, Some(PersonKey::Destroyed(UnixNanos(40))));
    let none = person_keys::insert_first(&db, "u1", "new", UnixNanos(41)).await;
    assert_eq!(
        none.expect("asked"),
        PersonKey::Destroyed(UnixNanos(40)),
        "none is made afterwards"
    );
    for kept in Kept::ALL {
        let (over, oldest) = periods::count(&db, *kept, UnixNanos(50)).await.expect("counted");
        assert_eq!((over, oldest), (0, None), "{kept:?}");
        assert_eq!(
            periods::delete(&db, *kept, UnixNanos(50)).await.expect("deleted"),
            0
        );
    }
}

tradewind_store::on_both_databases!(
    rows_that_come_at_once_make_one_chain,
    the_beginning_is_cut_and_the_chain_goes_on,
    rows_that_are_cut_while_the_log_is_looked_over_are_not_missing,
    the_chain_is_followed_from_a_known_place_and_from_the_anchor_when_that_was_cut,
    rows_are_appended_together_or_not_at_all,
    old_rows_are_chained_once,
    a_person_is_copied_held_and_erased,
);

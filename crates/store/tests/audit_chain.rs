//! The chain of the audit log and what people may ask, on both databases.

use tradewind_store::identity::audit::anchors::{self, Anchor};
use tradewind_store::identity::audit::walk::{onward, walk};
use tradewind_store::identity::audit::{self, AuditRow, adopt};
use tradewind_store::identity::memberships::{self, Changed, MembershipRow};
use tradewind_store::identity::users::{self, Decided};
use tradewind_store::privacy::consents;
use tradewind_store::privacy::deletions::{self, Asked, Decision, DeletionRow, DeletionState};
use tradewind_store::privacy::erase::{Erasing, Refusal, copy, erase, prepare};
use tradewind_store::privacy::periods::{self, Kept};
use tradewind_store::privacy::person_keys::{self, PersonKey};
use tradewind_store::{Db, migrate, sql, testing};
use tradewind_types::time::DAY_NS;
use tradewind_types::{EngineId, OrgId, UnixNanos, UserId};

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
    person(&db, "u1", "asha", "TRADER").await;
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
    let decide = async |consent: &consents::ConsentRow| {
        consents::decide(&db, &org(), "u1", consent).await.expect("asked")
    };
    assert!(decide(&consent).await);
    assert!(!decide(&consent).await, "the same again adds nothing");
    let back = consents::ConsentRow {
        granted: false,
        ..consent.clone()
    };
    assert!(decide(&back).await && decide(&consent).await);
    assert_eq!(consents::newest(&db, "u1").await.expect("read"), [consent]);
    assert_eq!(ask(&db, "d1", "u1", 10).await, Asked::Stored);
    assert_eq!(ask(&db, "d2", "u1", 10).await, Asked::Open, "two open requests");
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
        deletions::due(&db, UnixNanos(30), None, 9)
            .await
            .expect("read")
            .is_empty()
    );
    assert_eq!(
        deletions::list(&db, &org(), None, 9).await.expect("read").len(),
        1
    );

    let copied = copy(&db, "u1").await.expect("copied");
    let users = copied
        .iter()
        .find(|table| table.name == "users")
        .expect("the table");
    assert_eq!(users.rows.len(), 1);
    let who = "u1".parse().expect("id");
    let attempts = ["user:x".to_owned()];
    let try_it = async |at| {
        erase(&db, &erasing("d1", &org(), &who, at), &attempts)
            .await
            .expect("asked")
    };
    assert_eq!(try_it(40).await, Err(Refusal::NotPending), "held");
    let release = Decision {
        from: &[DeletionState::Held],
        to: DeletionState::Pending,
        reason: None,
        ..hold
    };
    assert!(deletions::decide(&db, "d1", release).await.expect("released"));
    assert_eq!(
        try_it(19).await,
        Err(Refusal::NotDue),
        "released before it is due"
    );
    assert_eq!(try_it(40).await, Ok(()));
    let request = deletions::of_person(&db, "u1")
        .await
        .expect("read")
        .expect("there");
    assert_eq!(
        (
            request.state,
            request.hold_reason.as_str(),
            request.decided_by.as_str()
        ),
        (DeletionState::Executed, "", "u9")
    );
    assert_eq!(try_it(41).await, Err(Refusal::NotPending), "twice");
    assert!(
        !deletions::decide(&db, "d1", hold).await.expect("asked"),
        "held after it was executed"
    );
    let row = users::by_id(&db, &who).await.expect("read").expect("there");
    assert_eq!(
        (row.username.as_str(), row.role.as_str(), row.disabled),
        ("erased:u1", "VIEWER", true)
    );
    let anything = |_: &users::UserRow, _| Ok::<_, ()>(("TRADER".to_owned(), false));
    let change = users::change(&db, (&org(), &who), "SUPER_ADMIN", UnixNanos(42), anything).await;
    assert_eq!(change.expect("asked"), Decided::Missing, "switched on again");
    assert_eq!(own(&db, "a1", "u1", "OWNER").await, Changed::Missing);
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

async fn person(db: &Db, id: &str, name: &str, role: &str) {
    let user = users::UserRow {
        id: id.parse().expect("id"),
        org: org(),
        username: name.to_owned(),
        display_name: name.to_owned(),
        role: role.to_owned(),
        password_hash: "hash".to_owned(),
        disabled: false,
        created_at: UnixNanos(5),
        version: 1,
    };
    users::insert(db, &user).await.expect("person");
}

/// Asks to be erased, due ten nanoseconds later.
async fn ask(db: &Db, id: &str, person: &str, at: u64) -> Asked {
    let request = DeletionRow {
        id: id.to_owned(),
        org: org(),
        person: person.to_owned(),
        state: DeletionState::Pending,
        requested_at: UnixNanos(at),
        due_at: UnixNanos(at + 10),
        hold_reason: String::new(),
        decided_by: String::new(),
        decided_at: None,
    };
    deletions::insert(db, &request).await.expect("asked")
}

fn erasing<'a>(request: &'a str, org: &'a OrgId, person: &'a UserId, at: u64) -> Erasing<'a> {
    Erasing {
        request,
        org,
        person,
        highest: "SUPER_ADMIN",
        by: "u9",
        now: UnixNanos(at),
    }
}

fn member(account: &str, person: &str, role: &str) -> MembershipRow {
    MembershipRow {
        account: account.parse().expect("id"),
        owner: person.parse().expect("id"),
        role: role.to_owned(),
        since: UnixNanos(7),
        version: 1,
    }
}

async fn own(db: &Db, account: &str, person: &str, role: &str) -> Changed {
    let engine = EngineId::new("main").expect("id");
    let row = member(account, person, role);
    memberships::set(db, (&org(), &engine), &row, "u9", |_| true)
        .await
        .expect("asked")
}

async fn nobody_is_erased_whom_others_still_need() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    for (id, name, role) in [
        ("u1", "asha", "SUPER_ADMIN"),
        ("u2", "bela", "SUPER_ADMIN"),
        ("u3", "cora", "TRADER"),
    ] {
        person(&db, id, name, role).await;
    }
    for (account, owner) in [("a2", "u1"), ("a1", "u1"), ("a3", "u1"), ("a3", "u3")] {
        assert!(matches!(
            own(&db, account, owner, "OWNER").await,
            Changed::Done(_)
        ));
    }
    let (desk, asha, bela): (OrgId, UserId, UserId) =
        (org(), "u1".parse().expect("id"), "u2".parse().expect("id"));
    ask(&db, "d1", "u1", 10).await;
    ask(&db, "d2", "u2", 10).await;
    let ready = async |request, who| {
        prepare(&db, &erasing(request, &desk, who, 30))
            .await
            .expect("asked")
    };
    let alone = Err(Refusal::LastOwner(vec![
        "a1".parse().expect("id"),
        "a2".parse().expect("id"),
    ]));
    assert_eq!(ready("d1", &asha).await, alone);
    let row = users::by_id(&db, &asha).await.expect("read").expect("there");
    assert!(!row.disabled, "refused, and disabled nevertheless");
    // Bela is made ready, which disables her; Asha is the last one then.
    assert_eq!(ready("d2", &bela).await, Ok(()));
    assert_eq!(ready("d1", &asha).await, Err(Refusal::LastAdministrator));
    assert_eq!(
        erase(&db, &erasing("d1", &desk, &asha, 30), &[])
            .await
            .expect("asked"),
        Err(Refusal::LastAdministrator)
    );
    assert_eq!(
        ready("d1", &bela).await,
        Err(Refusal::Missing),
        "the request of another"
    );
    let done = erase(&db, &erasing("d2", &desk, &bela, 30), &[]).await;
    assert_eq!(done.expect("asked"), Ok(()));
}

async fn an_owner_is_appointed_only_where_there_is_none_who_could_do_it() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    for (id, name) in [("u1", "asha"), ("u2", "bela")] {
        person(&db, id, name, "TRADER").await;
    }
    own(&db, "a1", "u1", "OWNER").await;
    let (desk, engine) = (org(), EngineId::new("main").expect("id"));
    let appoint = async |account| {
        let row = member(account, "u2", "OWNER");
        memberships::appoint(&db, (&desk, &engine), &row, "u9", |_| true)
            .await
            .expect("asked")
    };
    assert_eq!(appoint("a1").await, Changed::Owned);
    ask(&db, "d1", "u1", 10).await;
    assert!(matches!(appoint("a1").await, Changed::Done(_)), "the owner goes");
    assert_eq!(appoint("a1").await, Changed::Owned, "there is one again");
    assert!(matches!(appoint("a2").await, Changed::Done(_)), "nobody's");
}

async fn who_asks_and_withdraws_again_and_again_waits() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    person(&db, "u1", "asha", "TRADER").await;
    let withdraw = Decision {
        from: &[DeletionState::Pending],
        to: DeletionState::Withdrawn,
        reason: None,
        by: "u1",
        at: UnixNanos(11),
    };
    for id in ["d1", "d2", "d3", "d4", "d5"] {
        assert_eq!(ask(&db, id, "u1", 10).await, Asked::Stored);
        assert!(deletions::decide(&db, id, withdraw).await.expect("withdrawn"));
    }
    assert_eq!(ask(&db, "d6", "u1", 10 + DAY_NS - 1).await, Asked::TooOften);
    assert_eq!(ask(&db, "d6", "u1", 10 + DAY_NS).await, Asked::Stored);
}

async fn of_two_owners_of_whom_one_leaves_and_one_is_erased_at_once_one_stays() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    let desk = org();
    for round in 0..12 {
        let (first, second) = (format!("u1r{round}"), format!("u2r{round}"));
        for id in [&first, &second] {
            person(&db, id, id, "TRADER").await;
            own(&db, &format!("a{round}"), id, "OWNER").await;
        }
        let request = format!("d{round}");
        ask(&db, &request, &first, 10).await;
        let (leaving, going) = (second.parse().expect("id"), first.parse().expect("id"));
        let account = format!("a{round}").parse().expect("id");
        let wanted = erasing(&request, &desk, &going, 30);
        let (left, erased) = futures_util::future::join(
            memberships::end(&db, &account, &leaving, |_| true),
            erase(&db, &wanted, &[]),
        )
        .await;
        let left = matches!(left.expect("asked"), Changed::Done(_));
        let erased = erased.expect("asked").is_ok();
        assert!(left != erased, "round {round}: both went, or neither could");
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
    nobody_is_erased_whom_others_still_need,
    an_owner_is_appointed_only_where_there_is_none_who_could_do_it,
    who_asks_and_withdraws_again_and_again_waits,
    of_two_owners_of_whom_one_leaves_and_one_is_erased_at_once_one_stays,
);

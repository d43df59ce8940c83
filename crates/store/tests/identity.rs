//! The repositories of identity, on an SQLite file.

use tradewind_store::identity::idempotency::{self, Claim};
use tradewind_store::identity::links::{self, Purpose};
use tradewind_store::identity::{audit, keys, linked, logins, memberships, organisations, sessions, users};
use tradewind_store::{Db, StoreError, migrate, sql, testing};
use tradewind_types::{EngineId, OrgId, UnixNanos};

fn org() -> OrgId {
    OrgId::new("desk").expect("id")
}

async fn db(dir: &tempfile::TempDir) -> Db {
    let db = Db::open(&testing::place(dir.path()).await).await.expect("open");
    migrate::up(&db, UnixNanos(1)).await.expect("up");
    organisations::ensure(&db, &org(), &EngineId::new("main").expect("id"), UnixNanos(1))
        .await
        .expect("org");
    db
}

fn person(id: &str, username: &str) -> users::UserRow {
    users::UserRow {
        id: id.parse().expect("id"),
        org: org(),
        username: username.to_owned(),
        display_name: username.to_owned(),
        role: "TRADER".to_owned(),
        password_hash: "hash".to_owned(),
        disabled: false,
        created_at: UnixNanos(5),
        version: 1,
    }
}

const S: u64 = 1_000_000_000;

async fn user_names_are_unique_without_case() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    assert!(
        users::insert_first(&db, &person("u1", "Asha"))
            .await
            .expect("first")
    );
    assert!(
        !users::insert_first(&db, &person("u2", "Bela"))
            .await
            .expect("second"),
        "two first people"
    );
    let refused = users::insert(&db, &person("u3", "ASHA")).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    let found = users::by_username(&db, "asha")
        .await
        .expect("read")
        .expect("there");
    assert_eq!(found, person("u1", "Asha"));
}

async fn a_page_of_people_goes_on_where_the_last_ended() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    for n in 0..5 {
        users::insert(&db, &person(&format!("u{n}"), &format!("name{n}")))
            .await
            .expect("insert");
    }
    let first = users::list(&db, &org(), None, 3).await.expect("page");
    let last = first.last().expect("three");
    let second = users::list(&db, &org(), Some((last.created_at, last.id.as_str())), 3)
        .await
        .expect("page");
    let ids: Vec<&str> = first.iter().chain(&second).map(|u| u.id.as_str()).collect();
    assert_eq!(ids, ["u0", "u1", "u2", "u3", "u4"]);
}

async fn five_failures_in_the_window_lock_and_older_ones_do_not_count() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    let at = |s: u64| UnixNanos(10_000 * S + s * S);
    let fail = async |s: u64| {
        logins::failed(&db, "user:asha", at(s), 5, 900 * S, 900 * S)
            .await
            .expect("count")
    };
    for s in 0..4 {
        assert_eq!(fail(s).await, None);
    }
    // The window began at second 0 and is over: counting starts anew.
    assert_eq!(fail(901).await, None);
    for s in 902..905 {
        assert_eq!(fail(s).await, None);
    }
    let until = fail(905).await.expect("locked");
    assert_eq!(until, at(905 + 900));
    assert_eq!(
        logins::locked_until(&db, "user:asha", at(1804))
            .await
            .expect("read"),
        Some(until)
    );
    assert_eq!(
        logins::locked_until(&db, "user:asha", at(1805))
            .await
            .expect("read"),
        None
    );
    assert_eq!(
        logins::locked_until(&db, "user:bela", at(906))
            .await
            .expect("read"),
        None
    );
    logins::succeeded(&db, "user:asha").await.expect("forget");
    assert_eq!(
        logins::locked_until(&db, "user:asha", at(906))
            .await
            .expect("read"),
        None
    );
    assert_eq!(fail(2_000).await, None);
    // Whoever fails long after takes away what counts for nobody any more.
    logins::failed(&db, "user:late", at(9_000), 5, 900 * S, 900 * S)
        .await
        .expect("counted");
    let kept = sql::query("SELECT COUNT(*) FROM login_attempts")
        .fetch_one(&db)
        .await
        .expect("answers");
    assert_eq!(kept.at::<i64>(0).expect("a number"), 1);
}

async fn a_link_works_once_and_only_in_time_and_for_its_purpose() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    users::insert(&db, &person("u1", "asha")).await.expect("user");
    let owner = "u1".parse().expect("id");
    let make = async |hash: &str| {
        let end = UnixNanos(100);
        links::insert(
            &db,
            &org(),
            Purpose::SignIn,
            Some(&owner),
            hash,
            UnixNanos(1),
            end,
        )
        .await
        .expect("insert");
    };
    make("h1").await;
    make("h2").await;
    assert_eq!(
        links::redeem(&db, Purpose::Setup, "h1", UnixNanos(2))
            .await
            .expect("purpose"),
        None
    );
    assert_eq!(
        links::redeem(&db, Purpose::SignIn, "h1", UnixNanos(100))
            .await
            .expect("late"),
        None
    );
    assert_eq!(
        links::redeem(&db, Purpose::SignIn, "h1", UnixNanos(2))
            .await
            .expect("once"),
        Some(Some(owner.clone()))
    );
    assert_eq!(
        links::redeem(&db, Purpose::SignIn, "h1", UnixNanos(2))
            .await
            .expect("twice"),
        None
    );
    assert!(
        links::is_valid(&db, Purpose::SignIn, "h2", UnixNanos(2))
            .await
            .expect("valid")
    );
    links::void(&db, Purpose::SignIn, UnixNanos(3))
        .await
        .expect("void");
    assert!(
        !links::is_valid(&db, Purpose::SignIn, "h2", UnixNanos(4))
            .await
            .expect("void")
    );
}

async fn an_idempotency_key_knows_in_flight_other_request_done_and_expired() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    let claim = async |fingerprint: &str, now: u64| claim_as(&db, fingerprint, "c1", "main", now).await;
    assert_eq!(claim("a", 1).await, Claim::Taken);
    assert_eq!(claim("a", 2).await, Claim::InFlight);
    assert_eq!(claim("b", 2).await, Claim::OtherRequest);
    let complete = async |claim: &str| {
        idempotency::complete(&db, "u1", "key", claim, (201, "{}"))
            .await
            .expect("complete")
    };
    assert!(!complete("other").await, "another claim had the key");
    assert!(complete("c1").await && complete("c1").await);
    assert_eq!(
        claim("a", 3).await,
        Claim::Done {
            status: 201,
            body: "{}".to_owned()
        }
    );
    assert_eq!(claim("b", 3).await, Claim::OtherRequest);
    assert_eq!(
        claim("b", 101).await,
        Claim::Taken,
        "an expired key was still held"
    );
    let release = async |claim: &str| {
        idempotency::release(&db, "u1", "key", claim)
            .await
            .expect("release")
    };
    assert!(release("c1").await);
    assert_eq!(claim_as(&db, "c", "c2", "main", 102).await, Claim::Taken);
    // The same release again, late: by now the key is another claim's.
    assert!(!release("c1").await);
    assert_eq!(claim("c", 103).await, Claim::InFlight);
}

async fn claim_as(db: &Db, fingerprint: &str, claim: &str, engine: &str, now: u64) -> Claim {
    let (org, engine) = (org(), engine.parse().expect("id"));
    let wanted = idempotency::Wanted {
        org: &org,
        owner: "u1",
        key: "key",
        fingerprint,
        claim,
        engine: &engine,
        now: UnixNanos(now),
        expires_at: UnixNanos(now + 100),
    };
    idempotency::claim(db, &wanted).await.expect("claim")
}

async fn a_start_gives_back_what_its_own_engine_left_in_flight_and_no_other_ones() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    assert_eq!(claim_as(&db, "a", "c1", "main", 1).await, Claim::Taken);
    let abandoned = async |engine: &str| {
        idempotency::release_abandoned(&db, &engine.parse().expect("id"))
            .await
            .expect("release")
    };
    assert_eq!(abandoned("second").await, 0);
    assert_eq!(claim_as(&db, "a", "c2", "main", 2).await, Claim::InFlight);
    assert_eq!(abandoned("main").await, 1);
    assert_eq!(claim_as(&db, "a", "c3", "main", 3).await, Claim::Taken);
}

async fn sessions_and_keys_of_others_cannot_be_revoked() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    users::insert(&db, &person("u1", "asha")).await.expect("user");
    users::insert(&db, &person("u2", "bela")).await.expect("user");
    let (asha, bela) = ("u1".parse().expect("id"), "u2".parse().expect("id"));
    let session = sessions::SessionRow {
        id: "s1".to_owned(),
        org: org(),
        owner: asha,
        token_hash: "h".to_owned(),
        user_agent: String::new(),
        ip: String::new(),
        created_at: UnixNanos(1),
        last_seen_at: UnixNanos(1),
        expires_at: UnixNanos(100),
    };
    sessions::insert(&db, &session).await.expect("session");
    assert!(
        !sessions::revoke(&db, &bela, "s1", UnixNanos(2))
            .await
            .expect("revoke")
    );
    assert_eq!(
        sessions::by_token_hash(&db, "h").await.expect("read"),
        Some(session.clone())
    );
    assert!(
        sessions::revoke(&db, &session.owner, "s1", UnixNanos(2))
            .await
            .expect("revoke")
    );
    assert_eq!(sessions::by_token_hash(&db, "h").await.expect("read"), None);

    let key = keys::KeyRow {
        id: "k1".to_owned(),
        org: org(),
        owner: session.owner.clone(),
        name: "notebook".to_owned(),
        prefix: "abc".to_owned(),
        secret_hash: "h".to_owned(),
        scopes: vec!["READ".to_owned(), "TRADE".to_owned()],
        accounts: Some(vec!["a1".parse().expect("id")]),
        networks: Some(vec!["10.0.0.0/8".to_owned(), "2001:db8::/32".to_owned()]),
        requests_per_minute: Some(60),
        orders_per_minute: Some(u32::MAX),
        created_at: UnixNanos(1),
        expires_at: None,
        last_used_at: None,
    };
    assert!(keys::insert(&db, &key).await.expect("key"));
    assert_eq!(
        keys::by_prefix(&db, "abc").await.expect("read"),
        Some(key.clone())
    );
    assert!(
        !keys::revoke(&db, &bela, "k1", UnixNanos(2))
            .await
            .expect("revoke")
    );
    assert!(
        keys::revoke(&db, &key.owner, "k1", UnixNanos(2))
            .await
            .expect("revoke")
    );
    assert_eq!(keys::by_prefix(&db, "abc").await.expect("read"), None);

    // As many as can be listed and revoked; what is revoked makes room.
    let numbered = |n: i64| keys::KeyRow {
        id: format!("many{n}"),
        prefix: format!("p{n}"),
        networks: None,
        requests_per_minute: None,
        ..key.clone()
    };
    for n in 0..keys::KEYS_MAX {
        assert!(keys::insert(&db, &numbered(n)).await.expect("key"), "{n}");
    }
    let more = numbered(keys::KEYS_MAX);
    assert!(!keys::insert(&db, &more).await.expect("no room"));
    let listed = keys::of_owner(&db, &key.owner).await.expect("read");
    assert_eq!(listed.len() as i64, keys::KEYS_MAX);
    assert_eq!(listed[0].networks, None);
    assert!(
        keys::revoke(&db, &key.owner, "many7", UnixNanos(2))
            .await
            .expect("revoke")
    );
    assert!(keys::insert(&db, &more).await.expect("room"));
}

async fn memberships_change_in_place_and_need_a_person() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    users::insert(&db, &person("u1", "asha")).await.expect("user");
    let engine = EngineId::new("main").expect("id");
    let mut member = memberships::MembershipRow {
        account: "a1".parse().expect("id"),
        owner: "u1".parse().expect("id"),
        role: "OWNER".to_owned(),
        since: UnixNanos(7),
        version: 1,
    };
    memberships::upsert(&db, &org(), &engine, &member, "u1")
        .await
        .expect("new");
    member.role = "VIEWER".to_owned();
    memberships::upsert(&db, &org(), &engine, &member, "u1")
        .await
        .expect("changed");
    member.version = 2;
    assert_eq!(
        memberships::of_user(&db, &org(), &member.owner)
            .await
            .expect("read"),
        vec![member.clone()]
    );
    let other = "other".parse().expect("id");
    assert_eq!(
        memberships::of_user(&db, &other, &member.owner)
            .await
            .expect("read"),
        []
    );
    let ghost = memberships::MembershipRow {
        owner: "u9".parse().expect("id"),
        ..member.clone()
    };
    let refused = memberships::upsert(&db, &org(), &engine, &ghost, "u1").await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    assert!(
        memberships::remove(&db, &member.account, &member.owner)
            .await
            .expect("remove")
    );
    assert!(
        memberships::of_account(&db, &member.account)
            .await
            .expect("read")
            .is_empty()
    );
}

async fn audit_rows_are_numbered_in_order() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    let row = audit::AuditRow {
        org: org(),
        ts: UnixNanos(3),
        actor: "u1".to_owned(),
        action: "session.create".to_owned(),
        subject: "s1".to_owned(),
        outcome: "OK".to_owned(),
        ip: "127.0.0.1".to_owned(),
        correlation_id: "c".to_owned(),
        detail: "{}".to_owned(),
        person: String::new(),
        personal: String::new(),
    };
    for number in 1..=3 {
        assert_eq!(audit::append(&db, &row).await.expect("append").seq, number);
    }
    let rest = audit::list(&db, 1, 10).await.expect("list");
    assert_eq!(rest.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(rest[0].1, row);
}

tradewind_store::on_both_databases!(
    user_names_are_unique_without_case,
    a_page_of_people_goes_on_where_the_last_ended,
    five_failures_in_the_window_lock_and_older_ones_do_not_count,
    a_link_works_once_and_only_in_time_and_for_its_purpose,
    an_idempotency_key_knows_in_flight_other_request_done_and_expired,
    a_start_gives_back_what_its_own_engine_left_in_flight_and_no_other_ones,
    sessions_and_keys_of_others_cannot_be_revoked,
    memberships_change_in_place_and_need_a_person,
    audit_rows_are_numbered_in_order,
    an_identity_is_somebodys_once_in_an_organisation_and_made_with_them_or_not_at_all,
);

async fn an_identity_is_somebodys_once_in_an_organisation_and_made_with_them_or_not_at_all() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    users::insert(&db, &person("u1", "asha")).await.expect("user");
    let row = |id: &str, owner: &str, subject: &str| linked::LinkedRow {
        id: id.to_owned(),
        org: org(),
        owner: owner.parse().expect("id"),
        provider: "work".to_owned(),
        issuer: "https://id.test".to_owned(),
        subject: subject.to_owned(),
        made_by_it: false,
        created_at: UnixNanos(7),
        last_used_at: None,
    };
    let one = row("i1", "u1", "s1");
    linked::insert(&db, &one).await.expect("linked");
    let found = async |subject: &str| {
        linked::by_subject(&db, &org(), "https://id.test", subject)
            .await
            .expect("read")
    };
    assert_eq!(found("s1").await, Some(one.clone()));
    assert_eq!(found("S1").await, None, "a subject is compared to the letter");
    let twice = linked::insert(&db, &row("i2", "u1", "s1")).await;
    assert!(matches!(twice, Err(StoreError::Conflict { .. })), "{twice:?}");
    // Whoever is made with an identity that is taken is not made.
    let taken = users::insert_linked(&db, &person("u2", "bela"), &row("i3", "u2", "s1")).await;
    assert!(matches!(taken, Err(StoreError::Conflict { .. })), "{taken:?}");
    let u2 = "u2".parse().expect("id");
    assert_eq!(users::by_id(&db, &u2).await.expect("read"), None);
    users::insert_linked(&db, &person("u2", "bela"), &row("i3", "u2", "s2"))
        .await
        .expect("both");
    linked::touch(&db, "i3", UnixNanos(9)).await.expect("touched");
    assert_eq!(
        found("s2").await.expect("linked").last_used_at,
        Some(UnixNanos(9))
    );
    assert!(!linked::delete(&db, &u2, "i1").await.expect("another's"));
    assert!(linked::delete(&db, &one.owner, "i1").await.expect("own"));
    assert_eq!(linked::of_owner(&db, &one.owner).await.expect("read"), []);
    assert_eq!(linked::of_owner(&db, &u2).await.expect("read").len(), 1);
}

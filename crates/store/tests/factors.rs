//! Second factors, token families, signing keys, reset links and sealed columns, on both databases.

use tradewind_store::identity::ending::Keep;
use tradewind_store::identity::families::{self, FamilyRow, Turned};
use tradewind_store::identity::sealed::{self, SealedColumn};
use tradewind_store::identity::signing_keys::{self, SigningKeyRow};
use tradewind_store::identity::{factors, links, organisations, resets, users};
use tradewind_store::privacy::periods::{self, Kept};
use tradewind_store::sql::script;
use tradewind_store::{Db, migrate, sealed_column, testing};
use tradewind_types::{EngineId, OrgId, UnixNanos, UserId};

const SEEDS: SealedColumn = sealed_column!("second_factors", "owner", "seed", "totp");

fn org() -> OrgId {
    OrgId::new("desk").expect("id")
}

fn asha() -> UserId {
    "u1".parse().expect("id")
}

async fn db(dir: &tempfile::TempDir) -> Db {
    let db = Db::open(&testing::place(dir.path()).await).await.expect("open");
    migrate::up(&db, UnixNanos(1)).await.expect("up");
    let engine = EngineId::new("main").expect("id");
    organisations::ensure(&db, &org(), &engine, UnixNanos(1))
        .await
        .expect("org");
    for (id, name) in [("u1", "asha"), ("u2", "bela")] {
        let row = users::UserRow {
            id: id.parse().expect("id"),
            org: org(),
            username: name.to_owned(),
            display_name: name.to_owned(),
            role: "TRADER".to_owned(),
            password_hash: "hash".to_owned(),
            disabled: false,
            created_at: UnixNanos(5),
            version: 1,
        };
        users::insert(&db, &row).await.expect("person");
    }
    db
}

async fn a_factor_is_begun_confirmed_used_once_a_step_and_taken_away() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    let begin = async |seed: &str| factors::begin(&db, &org(), &asha(), seed, UnixNanos(7)).await;
    assert!(begin("one").await.expect("begun") && begin("two").await.expect("begun again"));
    let pending = factors::of_owner(&db, &asha())
        .await
        .expect("read")
        .expect("there");
    assert_eq!((pending.seed.as_str(), pending.enabled_at), ("two", None));
    assert!(!factors::is_on(&db, &asha()).await.expect("read"));
    let digests = ["a".to_owned(), "b".to_owned()];
    let stale = factors::FactorRow {
        seed: "one".to_owned(),
        ..pending.clone()
    };
    assert!(
        !factors::enable(&db, &stale, 3, &digests, Keep::default(), UnixNanos(8))
            .await
            .expect("asked"),
        "another seed"
    );
    assert!(
        factors::enable(&db, &pending, 3, &digests, Keep::default(), UnixNanos(8))
            .await
            .expect("on")
    );
    assert!(
        !factors::enable(&db, &pending, 4, &digests, Keep::default(), UnixNanos(8))
            .await
            .expect("asked"),
        "twice"
    );
    assert!(!begin("three").await.expect("asked"), "begun over one that is on");
    assert_eq!(factors::owners(&db).await.expect("read"), ["u1"]);
    let step = async |n| factors::use_step(&db, &asha(), n).await.expect("asked");
    assert!(!step(3).await && step(4).await && !step(4).await && !step(2).await && step(u64::MAX).await);
    let who = asha();
    let both = futures_util::future::join(
        factors::use_backup(&db, &who, "a", UnixNanos(9)),
        factors::use_backup(&db, &who, "a", UnixNanos(9)),
    );
    let (one, two) = both.await;
    assert!(one.expect("asked") != two.expect("asked"), "used twice or never");
    assert_eq!(factors::backup_left(&db, &asha()).await.expect("read"), 1);
    factors::replace_backup(&db, &asha(), &["c".to_owned()])
        .await
        .expect("replaced");
    assert!(
        !factors::use_backup(&db, &asha(), "b", UnixNanos(9))
            .await
            .expect("asked")
    );
    // What is signed in ends with the factor, but for what asked for it.
    for id in ["f1", "f2"] {
        families::insert(&db, &family(id, 100), id).await.expect("stored");
    }
    let kept = Keep {
        session: None,
        family: Some("f2"),
    };
    let remove = async || {
        factors::remove(&db, &asha(), kept, UnixNanos(11))
            .await
            .expect("asked")
    };
    assert!(remove().await && !remove().await);
    let open = families::of_owner(&db, &asha(), UnixNanos(11))
        .await
        .expect("read");
    assert_eq!(open.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["f2"]);
    assert_eq!(factors::backup_left(&db, &asha()).await.expect("read"), 0);
}

fn family(id: &str, expires_at: u64) -> FamilyRow {
    FamilyRow {
        id: id.to_owned(),
        org: org(),
        owner: asha(),
        user_agent: "curl".to_owned(),
        ip: "127.0.0.1".to_owned(),
        created_at: UnixNanos(10),
        last_seen_at: UnixNanos(10),
        expires_at: UnixNanos(expires_at),
    }
}

async fn a_refresh_token_is_turned_once_and_its_second_showing_ends_the_family() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    families::insert(&db, &family("f1", 100), "t1")
        .await
        .expect("family");
    families::insert(&db, &family("f2", 100), "u1")
        .await
        .expect("family");
    let turn = async |shown: &str, fresh: &str, now| {
        families::turn(&db, shown, fresh, UnixNanos(now))
            .await
            .expect("turned")
    };
    assert_eq!(turn("no such", "x", 11).await, Turned::Refused);
    let seen = FamilyRow {
        last_seen_at: UnixNanos(11),
        ..family("f1", 100)
    };
    assert_eq!(turn("t1", "t2", 11).await, Turned::Fresh(seen.clone()));
    assert_eq!(
        families::by_id(&db, &asha(), "f1", UnixNanos(11))
            .await
            .expect("read"),
        Some(seen)
    );
    let both = futures_util::future::join(turn("t2", "t3", 12), turn("t2", "t4", 12));
    let (one, two) = both.await;
    let fresh = |turned: &Turned| matches!(turned, Turned::Fresh(_));
    let reused = |turned: &Turned| matches!(turned, Turned::Reused(_));
    assert!(
        (fresh(&one) && reused(&two)) || (reused(&one) && fresh(&two)),
        "{one:?} and {two:?}"
    );
    for token in ["t1", "t2", "t3", "t4"] {
        assert_eq!(turn(token, "x", 13).await, Turned::Refused, "{token}");
    }
    assert!(
        families::by_id(&db, &asha(), "f1", UnixNanos(13))
            .await
            .expect("read")
            .is_none()
    );
    assert_eq!(
        turn("u1", "u2", 100).await,
        Turned::Refused,
        "the family was over"
    );
    let bela: UserId = "u2".parse().expect("id");
    assert!(
        !families::revoke(&db, &bela, "f2", UnixNanos(14))
            .await
            .expect("asked"),
        "of somebody else"
    );
    let open = families::of_owner(&db, &asha(), UnixNanos(14))
        .await
        .expect("read");
    assert_eq!(open.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["f2"]);
    assert_eq!(
        families::revoke_all(&db, &asha(), Some("f2"), UnixNanos(14))
            .await
            .expect("asked"),
        0
    );
    assert_eq!(
        families::revoke_all(&db, &asha(), None, UnixNanos(14))
            .await
            .expect("ended"),
        1
    );
    let delete = async |before| {
        periods::delete(&db, Kept::TokenFamilies, UnixNanos(before))
            .await
            .expect("asked")
    };
    assert_eq!(delete(10).await, 0);
    let held = "INSERT INTO deletion_requests (id, org_id, person, state, requested_at, due_at, hold_reason, decided_by,
                    decided_at) VALUES ('d1', 'desk', 'u1', 'HELD', 1, 2, 'inquiry', 'u2', 1)";
    script(held, &db).await.expect("held");
    assert_eq!(delete(101).await, 0, "what is held was deleted");
    script("UPDATE deletion_requests SET state = 'PENDING'", &db)
        .await
        .expect("released");
    assert_eq!(delete(101).await, 2);
}

fn key(kid: &str, at: u64) -> SigningKeyRow {
    SigningKeyRow {
        kid: kid.to_owned(),
        org: org(),
        public_key: "AA".to_owned(),
        sealed: format!("sealed {kid}"),
        created_at: UnixNanos(at),
        retired_at: None,
    }
}

async fn one_key_signs_and_the_replaced_ones_are_kept_for_a_while() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    let (one, two) = (key("z", 10), key("y", 10));
    let both = futures_util::future::join(
        signing_keys::insert_first(&db, &one),
        signing_keys::insert_first(&db, &two),
    );
    let (first, second) = both.await;
    assert!(
        first.expect("asked") != second.expect("asked"),
        "two first keys or none"
    );
    assert_eq!(
        signing_keys::rotate(&db, &key("x", 10)).await.expect("rotated"),
        1
    );
    assert_eq!(
        signing_keys::rotate(&db, &key("a", 20)).await.expect("rotated"),
        1
    );
    let kids = async |after| {
        let rows = signing_keys::since(&db, &org(), UnixNanos(after))
            .await
            .expect("read");
        rows.into_iter()
            .map(|row| (row.kid, row.retired_at))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        kids(10).await,
        [("a".to_owned(), None), ("x".to_owned(), Some(UnixNanos(20)))]
    );
    assert_eq!(kids(0).await.len(), 3);
    assert_eq!(signing_keys::purge(&db, UnixNanos(20)).await.expect("deleted"), 1);
    assert_eq!(kids(0).await.len(), 2);
}

async fn a_reset_sets_the_password_once_and_voids_every_other_link() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    for hash in ["r1", "r2"] {
        resets::insert(&db, &org(), &asha(), hash, UnixNanos(10), UnixNanos(20))
            .await
            .expect("link");
    }
    let sign_in = links::Purpose::SignIn;
    links::insert(
        &db,
        &org(),
        sign_in,
        Some(&asha()),
        "l1",
        UnixNanos(10),
        UnixNanos(20),
    )
    .await
    .expect("link");
    let owner = async |hash: &str, now| resets::owner_of(&db, hash, UnixNanos(now)).await.expect("read");
    assert_eq!(owner("r1", 19).await, Some(asha()));
    assert_eq!(owner("r1", 20).await, None);
    assert_eq!(owner("l1", 11).await, None, "a sign-in link reset a password");
    assert_eq!(
        links::owner_of(&db, sign_in, "l1", UnixNanos(11))
            .await
            .expect("read"),
        Some(Some(asha()))
    );
    let bela: UserId = "u2".parse().expect("id");
    assert!(
        !resets::redeem(&db, &bela, "r1", "stolen", UnixNanos(11))
            .await
            .expect("asked")
    );
    let who = asha();
    let both = futures_util::future::join(
        resets::redeem(&db, &who, "r1", "new", UnixNanos(11)),
        resets::redeem(&db, &who, "r1", "new", UnixNanos(11)),
    );
    let (one, two) = both.await;
    assert!(one.expect("asked") != two.expect("asked"), "used twice or never");
    let stored = users::by_id(&db, &asha()).await.expect("read").expect("there");
    assert_eq!(stored.password_hash, "new");
    assert_eq!(owner("r2", 11).await, None);
    assert_eq!(
        links::owner_of(&db, sign_in, "l1", UnixNanos(11))
            .await
            .expect("read"),
        None
    );
    assert_eq!(
        resets::void_all(&db, &asha(), UnixNanos(12))
            .await
            .expect("asked"),
        0
    );
    assert_eq!(
        periods::delete(&db, Kept::Links, UnixNanos(21))
            .await
            .expect("deleted"),
        3
    );
}

async fn a_sealed_value_is_replaced_unless_somebody_was_faster() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    factors::begin(&db, &org(), &asha(), "old", UnixNanos(7))
        .await
        .expect("begun");
    assert_eq!(
        sealed::all(&db, &SEEDS).await.expect("read"),
        [("u1".to_owned(), "old".to_owned())]
    );
    assert!(
        sealed::replace(&db, &SEEDS, "u1", "old", "new")
            .await
            .expect("replaced")
    );
    assert!(
        !sealed::replace(&db, &SEEDS, "u1", "old", "newer")
            .await
            .expect("asked")
    );
    assert_eq!(
        sealed::all(&db, &SEEDS).await.expect("read"),
        [("u1".to_owned(), "new".to_owned())]
    );
}

tradewind_store::on_both_databases!(
    a_factor_is_begun_confirmed_used_once_a_step_and_taken_away,
    a_refresh_token_is_turned_once_and_its_second_showing_ends_the_family,
    one_key_signs_and_the_replaced_ones_are_kept_for_a_while,
    a_reset_sets_the_password_once_and_voids_every_other_link,
    a_sealed_value_is_replaced_unless_somebody_was_faster,
);

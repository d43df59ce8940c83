//! The repositories of calendar overrides and events, on an SQLite file.

use jiff::civil::{Date, date};
use tradewind_store::calendar::events::{self, Entered, EventQuery, EventRow, NewEvent};
use tradewind_store::calendar::overrides::{self, OverrideRow};
use tradewind_store::identity::organisations;
use tradewind_store::{Db, StoreError, migrate, sql, testing};
use tradewind_types::{EngineId, OrgId, UnixNanos};

fn org(id: &str) -> OrgId {
    OrgId::new(id).expect("id")
}

async fn db(dir: &tempfile::TempDir) -> Db {
    let db = Db::open(&testing::place(dir.path()).await).await.expect("open");
    migrate::up(&db, UnixNanos(1)).await.expect("up");
    for (desk, engine) in [("desk", "main"), ("other", "second")] {
        organisations::ensure(&db, &org(desk), &EngineId::new(engine).expect("id"), UnixNanos(1))
            .await
            .expect("org");
    }
    db
}

fn holiday(calendar: &str, date: Date, name: &str) -> OverrideRow {
    OverrideRow {
        calendar: calendar.to_owned(),
        date,
        kind: "holiday".to_owned(),
        open: None,
        close: None,
        break_start: None,
        break_end: None,
        name: name.to_owned(),
    }
}

async fn an_override_replaces_that_of_its_day_and_stays_in_its_organisation() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    let day = date(2026, 11, 8);
    let special = OverrideRow {
        kind: "special".to_owned(),
        open: Some("18:00".to_owned()),
        close: Some("19:00".to_owned()),
        ..holiday("XNSE", day, "Muhurat trading")
    };
    let first = [
        holiday("XNSE", day, "Closed"),
        holiday("XNYS", date(2026, 12, 1), "Mourning"),
    ];
    overrides::put(&db, &org("desk"), &first, "u1", UnixNanos(5))
        .await
        .expect("put");
    overrides::put(
        &db,
        &org("desk"),
        std::slice::from_ref(&special),
        "u2",
        UnixNanos(6),
    )
    .await
    .expect("put again");
    let all = overrides::list(&db, &org("desk"), None).await.expect("list");
    assert_eq!(all.len(), 2);
    let india = overrides::list(&db, &org("desk"), Some("XNSE"))
        .await
        .expect("list");
    assert_eq!(india.len(), 1);
    assert_eq!((&india[0].row, india[0].changed_by.as_str()), (&special, "u2"));
    assert!(
        overrides::list(&db, &org("other"), None)
            .await
            .expect("list")
            .is_empty()
    );

    assert_eq!(
        overrides::remove(&db, &org("other"), "XNSE", day)
            .await
            .expect("remove"),
        None
    );
    let removed = overrides::remove(&db, &org("desk"), "XNSE", day)
        .await
        .expect("remove");
    assert_eq!(removed.map(|o| o.row), Some(special));
    assert_eq!(
        overrides::list(&db, &org("desk"), Some("XNSE"))
            .await
            .expect("list"),
        []
    );
}

async fn an_override_of_a_day_that_nobody_can_read_hides_none_of_the_others() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    let good = holiday("XNSE", date(2026, 12, 1), "x");
    let rows = [good.clone(), holiday("XNYS", date(2026, 12, 2), "y")];
    overrides::put(&db, &org("desk"), &rows, "u1", UnixNanos(5))
        .await
        .expect("put");
    sql::query("UPDATE calendar_overrides SET day = 'soon' WHERE calendar = 'XNYS'")
        .execute(&db)
        .await
        .expect("updated");
    let listed = overrides::list(&db, &org("desk"), None).await.expect("list");
    let listed: Vec<_> = listed.into_iter().map(|stored| stored.row).collect();
    assert_eq!(listed, [good]);
}

async fn overrides_are_stored_all_or_none() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    let rows = [holiday("XNSE", date(2026, 12, 1), "x")];
    let refused = overrides::put(&db, &org("nobody"), &rows, "u1", UnixNanos(5)).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    assert!(
        overrides::list(&db, &org("nobody"), None)
            .await
            .expect("list")
            .is_empty()
    );
}

fn dividend(instrument: &str, date: Date, amount: &str) -> NewEvent {
    NewEvent {
        row: EventRow {
            instrument: instrument.parse().expect("an id"),
            date,
            kind: "dividend".to_owned(),
            detail: format!(r#"{{"amount":"{amount}","source":"a notice"}}"#),
            source: "a notice".to_owned(),
        },
        terms: amount.to_owned(),
    }
}

async fn the_same_event_is_stored_once_and_events_are_found_by_day_and_instrument() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    let rows = [
        dividend("AAPL.XNAS", date(2026, 8, 7), "0.27"),
        dividend("AAPL.XNAS", date(2026, 8, 7), "1.00"),
        dividend("SPY.ARCX", date(2026, 9, 18), "1.80"),
        dividend("AAPL.XNAS", date(2026, 11, 6), "0.27"),
    ];
    assert_eq!(
        events::add(&db, &org("desk"), &rows, "u1", UnixNanos(5))
            .await
            .expect("add"),
        rows.each_ref().map(NewEvent::id)
    );
    assert_eq!(
        events::add(&db, &org("desk"), &rows, "u2", UnixNanos(6))
            .await
            .expect("add"),
        [""; 0]
    );
    let query = |instrument: Option<&str>, from, to, limit| EventQuery {
        instrument: instrument.map(|i| i.parse().expect("an id")),
        from,
        to,
        after: None,
        limit,
    };
    let (from, to) = (date(2026, 8, 7), date(2026, 9, 18));
    let found = events::list(&db, &org("desk"), &query(None, from, to, 10))
        .await
        .expect("list");
    assert_eq!(found.len(), 3);
    assert!(
        found
            .iter()
            .all(|e| e.added_by == "u1" && e.added_at == UnixNanos(5))
    );
    assert_eq!(found[2].row, rows[2].row);
    // One at a time, each after the one before.
    let mut page = query(None, from, to, 1);
    for event in &found {
        let next = events::list(&db, &org("desk"), &page).await.expect("list");
        assert_eq!(&next, std::slice::from_ref(event));
        page.after = Some((event.row.date, event.row.instrument.clone(), event.id.clone()));
    }
    assert_eq!(events::list(&db, &org("desk"), &page).await.expect("list"), []);
    let apple = query(Some("AAPL.XNAS"), from, date(2026, 12, 31), 2);
    assert_eq!(
        events::list(&db, &org("desk"), &apple).await.expect("list").len(),
        2,
        "the limit holds"
    );
    assert!(
        events::list(&db, &org("other"), &query(None, from, to, 10))
            .await
            .expect("list")
            .is_empty()
    );

    let id = rows[2].id();
    assert_eq!(
        events::remove(&db, &org("other"), &id).await.expect("remove"),
        None
    );
    let removed = events::remove(&db, &org("desk"), &id)
        .await
        .expect("remove")
        .expect("there");
    assert_eq!(removed.row, rows[2].row);
    assert_eq!(
        events::remove(&db, &org("desk"), &id).await.expect("remove"),
        None
    );
}

async fn an_event_from_another_source_is_the_one_that_is_there() {
    let dir = tempfile::tempdir().expect("dir");
    let db = db(&dir).await;
    let first = dividend("AAPL.XNAS", date(2026, 8, 7), "0.27");
    let mut again = first.clone();
    again.row.source = "another notice".to_owned();
    again.row.detail = r#"{"amount":"0.270","source":"another notice"}"#.to_owned();
    let desk = org("desk");
    let entered = events::add_one(&db, &desk, first.clone(), "u1", UnixNanos(5))
        .await
        .expect("add");
    let Entered::New(stored) = entered else {
        panic!("{entered:?} is new");
    };
    assert_eq!((&stored.id, &stored.row), (&first.id(), &first.row));
    let known = events::add_one(&db, &desk, again.clone(), "u2", UnixNanos(6))
        .await
        .expect("add");
    assert_eq!(known, Entered::Known(stored));
    let added = events::add(&db, &desk, &[again], "u2", UnixNanos(6)).await;
    assert_eq!(added.expect("add"), [""; 0]);
    // The other organisation has none yet.
    let other = events::add_one(&db, &org("other"), first, "u3", UnixNanos(7)).await;
    assert!(matches!(other, Ok(Entered::New(_))), "{other:?}");
}

tradewind_store::on_both_databases!(
    an_override_replaces_that_of_its_day_and_stays_in_its_organisation,
    an_override_of_a_day_that_nobody_can_read_hides_none_of_the_others,
    overrides_are_stored_all_or_none,
    the_same_event_is_stored_once_and_events_are_found_by_day_and_instrument,
    an_event_from_another_source_is_the_one_that_is_there,
);

//! Backups over the API: taken, verified, restored on trial; one at a time, by those who run the installation.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use http::header;
use serde_json::{Value, json};
use tradewind_server::backups::{Backups, Latest};
use tradewind_store::identity::audit;
use tradewind_types::Clock;
use tradewind_wire::Role;

use crate::desk::{As, Desk, START, backup_config};

const BACKUPS: &str = "/api/v1/backups";

async fn root(desk: &Desk) -> As {
    let user = desk.person("root", Role::SuperAdmin).await;
    desk.session(&user).await
}

/// Waits until a job is over.
async fn over(desk: &Desk, who: &As, job: &Value) -> Value {
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().expect("an id"));
    for _ in 0..1_500 {
        let now = desk.get(who, &path).await.json();
        // The lock goes a moment after the job is over.
        if now["state"] != "RUNNING" && desk.get(who, BACKUPS).await.json()["running"].is_null() {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never ends")
}

async fn begin(desk: &Desk, who: &As, path: &str) -> Value {
    let begun = desk.call(who, "POST", path, Value::Null).await;
    assert_eq!(begun.status, 202, "{}", begun.json());
    let job = begun.json();
    assert_eq!(
        begun.headers["location"].to_str().ok(),
        Some(format!("/api/v1/jobs/{}", job["id"].as_str().expect("an id")).as_str())
    );
    over(desk, who, &job).await
}

async fn first(desk: &Desk, who: &As) -> Value {
    desk.get(who, BACKUPS).await.json()["items"][0].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_taken_verified_and_restored_on_trial_and_nothing_half_made_stays() {
    let desk = Desk::open().await;
    let who = root(&desk).await;
    let none = desk.get(&who, BACKUPS).await.json();
    assert_eq!(
        (&none["items"], &none["last_taken_at"]),
        (&json!([]), &Value::Null)
    );
    assert_eq!(none["key"].as_str().map(str::len), Some(8));

    let taken = begin(&desk, &who, BACKUPS).await;
    assert_eq!(
        (&taken["kind"], &taken["state"]),
        (&"BACKUP".into(), &"COMPLETE".into()),
        "{taken}"
    );
    assert_eq!(taken["progress"]["done"], taken["progress"]["total"]);
    let list = desk.get(&who, BACKUPS).await.json();
    let backup = &list["items"][0];
    assert_eq!(backup["database"], "SQLite");
    assert_eq!(
        (&backup["key"], &backup["build"]),
        (&list["key"], &env!("CARGO_PKG_VERSION").into())
    );
    assert_eq!(backup["taken_at"], list["last_taken_at"]);
    assert!(
        backup["rows"].as_u64() > Some(2) && backup["bytes"].as_u64() > Some(1_000),
        "{backup}"
    );
    assert!(backup["journal_bytes"].as_u64() > Some(100), "{backup}");
    assert!(
        backup["verified_at"].is_string() && backup["drilled_at"].is_null(),
        "{backup}"
    );

    let id = backup["id"].as_str().expect("an id");
    desk.pass(Duration::from_secs(60)).await;
    let verified = begin(&desk, &who, &format!("{BACKUPS}/{id}/verify")).await;
    assert_eq!(verified["state"], "COMPLETE", "{verified}");
    assert_ne!(first(&desk, &who).await["verified_at"], backup["verified_at"]);
    let drilled = begin(&desk, &who, &format!("{BACKUPS}/{id}/drill")).await;
    assert_eq!(
        (&drilled["kind"], &drilled["state"]),
        (&"RESTORE_DRILL".into(), &"COMPLETE".into()),
        "{drilled}"
    );
    assert!(first(&desk, &who).await["drilled_at"].is_string());

    let config = desk.state.backups.as_ref().expect("backups").config();
    let names = |folder: &std::path::Path| {
        let entries = fs::read_dir(folder).expect("read");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    let wanted = ["json", "twb", "twj"].map(|kind| format!("{id}.{kind}"));
    assert_eq!(names(&config.folder), wanted);
    assert!(
        !names(&config.scratch).iter().any(|name| name.contains("drill")),
        "the trial's folder stayed"
    );

    let rows = audit::list(&desk.db, 0, 1_000).await.expect("audit");
    let actions: Vec<&str> = rows.iter().map(|(_, row)| row.action.as_str()).collect();
    for action in ["backup.take", "backup.verify", "backup.drill"] {
        assert!(actions.contains(&action), "{actions:?}");
    }
    let scraped = desk.get(&who, "/metrics").await;
    let text = String::from_utf8(scraped.body).expect("text");
    assert!(
        text.contains("tradewind_backup_age_s") && text.contains("tradewind_backup_drill_age_s"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_backup_fails_its_verification_and_its_trial_and_says_so() {
    let desk = Desk::open().await;
    let who = root(&desk).await;
    begin(&desk, &who, BACKUPS).await;
    let id = first(&desk, &who).await["id"].as_str().expect("an id").to_owned();
    let folder = desk
        .state
        .backups
        .as_ref()
        .expect("backups")
        .config()
        .folder
        .clone();
    for kind in ["twb", "twj"] {
        let path = folder.join(&id).with_extension(kind);
        let whole = fs::read(&path).expect("read");
        let mut changed = whole.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        fs::write(&path, &changed).expect("written");
        for act in ["verify", "drill"] {
            let failed = begin(&desk, &who, &format!("{BACKUPS}/{id}/{act}")).await;
            assert_eq!(failed["state"], "FAILED", "{kind} {act}: {failed}");
            let why = failed["error"].as_str().expect("why");
            assert!(why.starts_with("the backup is not intact"), "{why}");
            assert_eq!(first(&desk, &who).await["fault"], failed["error"]);
        }
        fs::write(&path, whole).expect("written");
        begin(&desk, &who, &format!("{BACKUPS}/{id}/verify")).await;
        assert!(first(&desk, &who).await["fault"].is_null());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_at_a_time_by_those_who_run_the_installation_once_for_a_key() {
    let desk = Desk::open().await;
    let who = root(&desk).await;
    let rival = desk.organisation("rival").await;
    let foe = desk.person_of(&rival, "foe", Role::SuperAdmin).await;
    let clerk = desk.person("clerk", Role::Compliance).await;
    for other in [desk.session(&foe).await, desk.session(&clerk).await] {
        assert_eq!(desk.get(&other, BACKUPS).await.problem(), "FORBIDDEN");
        let refused = desk.call(&other, "POST", BACKUPS, Value::Null).await;
        assert_eq!(refused.problem(), "FORBIDDEN");
    }
    let key = (header::HeaderName::from_static("idempotency-key"), "nightly");
    let once = async || {
        desk.with_header(&who, ("POST", BACKUPS), key.clone(), &Value::Null)
            .await
    };
    let begun = once().await;
    assert_eq!(begun.status, 202);
    assert_eq!(once().await.json(), begun.json(), "the same answer");
    over(&desk, &who, &begun.json()).await;
    assert_eq!(
        desk.get(&who, BACKUPS).await.json()["items"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );

    for path in [
        "none/verify",
        "none/drill",
        "..%2f..%2fjournal%2fhead/verify",
        "%00/drill",
    ] {
        let refused = desk
            .call(&who, "POST", &format!("{BACKUPS}/{path}"), Value::Null)
            .await;
        assert!(
            [404, 400].contains(&refused.status.as_u16()),
            "{path}: {}",
            refused.status
        );
    }
    assert_eq!(
        desk.get(&who, &format!("{BACKUPS}?limit=501")).await.field(),
        "limit:OUT_OF_RANGE"
    );
    // While the turn is taken nobody else gets it.
    let backups = desk.state.backups.as_ref().expect("backups");
    let stopping = Arc::clone(backups);
    stopping.stop().await;
    let refused = desk.call(&who, "POST", BACKUPS, Value::Null).await;
    assert_eq!(refused.problem(), "UNAVAILABLE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_key_none_is_taken_and_two_at_once_are_one() {
    let desk = Desk::open().await;
    let folder = tempfile::tempdir().expect("a folder");
    let (clock, tasks): (Arc<dyn Clock>, _) = (desk.clock.clone(), Arc::clone(&desk.state.tasks));
    let open = |key: bool| {
        let mut config = backup_config(folder.path());
        if !key {
            config.key = None;
        }
        Backups::open(config, desk.db.clone(), Arc::clone(&clock), Arc::clone(&tasks)).expect("opened")
    };
    let refused = open(false).take(None).expect_err("no key");
    assert_eq!(refused.code.name(), "BACKUP_KEY_MISSING");
    assert!(open(false).due(START).is_none());
    let backups = open(true);
    assert_eq!(backups.latest(), Latest::default());
    backups.take(None).expect("begun");
    let second = backups.take(None).expect_err("one at a time");
    assert_eq!(second.code.name(), "BACKUP_RUNNING");
    // Stopped in the middle or just through: nothing half made is there.
    backups.stop().await;
    let left: Vec<String> = fs::read_dir(&backups.config().folder)
        .expect("read")
        .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
        .collect();
    assert!(!left.iter().any(|name| name.ends_with(".part")), "{left:?}");
    assert!(left.is_empty() || left.len() == 3, "{left:?}");
}

#[tokio::test]
async fn what_is_due_is_the_backup_first_and_then_the_trial() {
    use tradewind_server::backups::Due;
    let desk = Desk::open().await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = backup_config(folder.path());
    config.every = Some(Duration::from_secs(3_600));
    config.drill_every = Some(Duration::from_secs(86_400));
    let (clock, tasks): (Arc<dyn Clock>, _) = (desk.clock.clone(), Arc::clone(&desk.state.tasks));
    let open = || {
        Backups::open(
            config.clone(),
            desk.db.clone(),
            Arc::clone(&clock),
            Arc::clone(&tasks),
        )
        .expect("opened")
    };
    let hours = |n: u64| START.plus(n * 3_600_000_000_000);
    assert_eq!(open().due(START), Some(Due::Backup));
    // What a program that ran before has left.
    let note = |drilled: &str| {
        let file = folder.path().join("backups/2026-11-22T090000Z");
        fs::write(file.with_extension("twb"), b"x").expect("written");
        let notes = format!("{{\"taken_at\":{},\"drilled_at\":{drilled}}}", START.0);
        fs::write(file.with_extension("json"), notes).expect("written");
    };
    note("null");
    assert_eq!(open().due(START), Some(Due::Drill));
    assert_eq!(open().due(hours(1)), Some(Due::Backup));
    note(&START.0.to_string());
    assert_eq!(open().due(START.plus(1)), None);
}

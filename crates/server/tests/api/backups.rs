//! Backups over the API: taken, verified, restored on trial; one at a time, by those who run the installation.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use http::header;
use serde_json::{Value, json};
use tradewind_server::backups::{BackupConfig, Backups, Latest, Wanted};
use tradewind_store::Backend;
use tradewind_store::backup::BackupKey;
use tradewind_store::identity::audit;
use tradewind_types::Clock;
use tradewind_wire::{self as wire, Role};

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
    let database = match desk.db.backend() {
        Backend::Sqlite => "SQLite",
        Backend::Postgres => "PostgreSQL",
    };
    assert_eq!(backup["database"], database);
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
    let mut wanted = ["notes.json", "twb", "twj"]
        .map(|kind| format!("{id}.{kind}"))
        .to_vec();
    wanted.insert(0, ".lock".to_owned());
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
        Backups::open(config, desk.db.clone(), Arc::clone(&clock), Arc::clone(&tasks))
    };
    let take = |backups: &Arc<Backups>| backups.claim(Wanted::Backup).map(|claim| claim.begin(None));
    let refused = take(&open(false)).expect_err("no key");
    assert_eq!(refused.code.name(), "BACKUP_KEY_MISSING");
    assert!(open(false).due(START).is_none());
    assert!(
        !folder.path().join("backups").exists(),
        "without a key no folder is made"
    );
    let backups = open(true);
    assert_eq!(backups.latest(), Latest::default());
    take(&backups).expect("begun");
    let second = take(&backups).expect_err("one at a time");
    assert_eq!(second.code.name(), "BACKUP_RUNNING");
    // Stopped in the middle or just through: nothing half made is there.
    backups.stop().await;
    let left: Vec<String> = fs::read_dir(&backups.config().folder)
        .expect("read")
        .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
        .collect();
    assert!(!left.iter().any(|name| name.ends_with(".part")), "{left:?}");
    // With the lock.
    assert!(left.len() == 1 || left.len() == 4, "{left:?}");
}

/// Backups of a program on a folder of its own, with a schedule.
struct Scheduled {
    desk: Desk,
    folder: tempfile::TempDir,
    config: BackupConfig,
}

impl Scheduled {
    async fn new() -> Self {
        let (desk, folder) = (Desk::open().await, tempfile::tempdir().expect("a folder"));
        let mut config = backup_config(folder.path());
        config.every = Some(Duration::from_secs(3_600));
        config.drill_every = Some(Duration::from_secs(86_400));
        fs::create_dir(&config.folder).expect("made");
        Self { desk, folder, config }
    }

    fn open(&self) -> Arc<Backups> {
        let clock: Arc<dyn Clock> = self.desk.clock.clone();
        let tasks = Arc::clone(&self.desk.state.tasks);
        Backups::open(self.config.clone(), self.desk.db.clone(), clock, tasks)
    }

    /// What a program that ran before has left, with these notes.
    fn left(&self, id: &str, notes: &Value) {
        let file = self.config.folder.join(id);
        fs::write(file.with_extension("twb"), b"x").expect("written");
        fs::write(file.with_extension("notes.json"), notes.to_string()).expect("written");
    }

    fn there(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.config.folder).expect("read");
        let names = entries.map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned());
        let mut ids: Vec<String> = names
            .filter_map(|name| name.strip_suffix(".twb").map(str::to_owned))
            .collect();
        ids.sort();
        ids
    }

    /// Does some work to its end; what the job says.
    async fn done(&self, backups: &Arc<Backups>, wanted: Wanted<'_>) -> wire::Job {
        let job = backups.claim(wanted).expect("claimed").begin(None);
        while backups.running().is_some() {
            tokio::task::yield_now().await;
        }
        let jobs = self.desk.state.jobs.all();
        jobs.into_iter()
            .find(|of| of.job.id == job.id)
            .expect("a job")
            .job
    }
}

const HOUR_NS: u64 = 3_600_000_000_000;
/// As [`START`] is written.
const AT_START: &str = "2026-11-22T090000Z";

#[tokio::test]
async fn what_is_due_is_the_backup_first_and_then_the_trial() {
    use tradewind_server::backups::Due;
    let desk = Scheduled::new().await;
    let hours = |n: u64| START.plus(n * HOUR_NS);
    assert_eq!(desk.open().due(START), Some(Due::Backup));
    desk.left(AT_START, &json!({"taken_at": START.0}));
    assert_eq!(desk.open().due(START), Some(Due::Drill));
    assert_eq!(desk.open().due(hours(1)), Some(Due::Backup));
    desk.left(AT_START, &json!({"taken_at": START.0, "drilled_at": START.0}));
    assert_eq!(desk.open().due(START.plus(1)), None);

    // Neither what somebody else put there counts, nor what is known to be broken, nor what is later than now.
    for (id, notes) in [
        ("nightly", json!({"taken_at": START.0, "drilled_at": START.0})),
        (
            "2026-11-22T090001Z",
            json!({"taken_at": START.0, "fault": "a byte"}),
        ),
        ("2027-11-22T090000Z", json!({})),
    ] {
        let desk = Scheduled::new().await;
        desk.left(id, &notes);
        let backups = desk.open();
        assert_eq!(backups.due(START), Some(Due::Backup), "{id}");
        let ahead = backups.ahead().map(tradewind_types::UnixNanos::to_rfc3339);
        match id.starts_with("2027") {
            true => assert!(ahead.is_some_and(|at| at.starts_with("2027-11-22"))),
            false => assert_eq!(ahead, None),
        }
    }
    // A clock that went back while the program ran: nobody knows when the last one was.
    let desk = Scheduled::new().await;
    desk.left(AT_START, &json!({"taken_at": START.0, "drilled_at": START.0}));
    let backups = desk.open();
    let before = |seconds: u64| tradewind_types::UnixNanos(START.0 - seconds * 1_000_000_000);
    assert_eq!(backups.due(before(60)), None, "clocks are set right by a minute");
    assert_eq!(backups.due(before(600)), Some(Due::Backup));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_ones_go_but_never_for_broken_ones_nor_because_the_clock_was_wrong() {
    let desk = Scheduled::new().await;
    // Eight whole ones of long ago, one a day, and a broken one and a foreign one of lately.
    for day in 10..18 {
        desk.left(&format!("2026-05-{day}T090000Z"), &json!({}));
    }
    desk.left("2026-11-22T080000Z", &json!({"fault": "a byte was changed"}));
    desk.left("nightly", &json!({"taken_at": 1}));
    let backups = desk.open();
    let job = desk.done(&backups, Wanted::Backup).await;
    assert_eq!(job.state, wire::JobState::Complete, "{job:?}");
    // Half a year lies between them and this one: nothing goes that was not old before.
    assert_eq!(desk.there().len(), 11, "{:?}", desk.there());
    // A year ahead, and back.
    desk.desk.pass(Duration::from_secs(365 * 86_400)).await;
    let job = desk.done(&backups, Wanted::Backup).await;
    assert_eq!(job.state, wire::JobState::Complete, "{job:?}");
    let there = desk.there();
    assert!(
        !there.contains(&"2026-11-22T080000Z".to_owned()),
        "a broken one goes when it is old"
    );
    assert_eq!(there.len(), 11, "{there:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_under_another_key_is_refused_and_keeps_its_name_and_the_trial_takes_an_own_one() {
    use tradewind_server::backups::Due;
    let mut desk = Scheduled::new().await;
    let backups = desk.open();
    assert_eq!(
        desk.done(&backups, Wanted::Backup).await.state,
        wire::JobState::Complete
    );
    drop(backups);
    desk.config.key = Some(BackupKey::from_bytes([8; 32]));
    let backups = desk.open();
    for wanted in [Wanted::Check(AT_START), Wanted::Drill(AT_START)] {
        let refused = backups.claim(wanted).err().expect("refused");
        assert_eq!(refused.code.name(), "BACKUP_OTHER_KEY");
    }
    assert!(backups.list().expect("listed")[0].notes.fault.is_none());
    // Somebody's own notes beside their own backup stay theirs.
    desk.left("nightly", &json!({}));
    let own = desk.config.folder.join("nightly.json");
    fs::write(&own, "mine").expect("written");
    let failed = desk.done(&backups, Wanted::Check("nightly")).await;
    assert_eq!(failed.state, wire::JobState::Failed);
    assert_eq!(fs::read(&own).expect("read"), b"mine");
    // A trial that failed is not made again at once.
    desk.desk.pass(Duration::from_secs(60)).await;
    assert_eq!(
        desk.done(&backups, Wanted::Backup).await.state,
        wire::JobState::Complete
    );
    let now = desk.desk.clock.now();
    assert_eq!(backups.due(now), Some(Due::Drill));
    let newest = "2026-11-22T090100Z";
    fs::write(desk.config.folder.join(newest).with_extension("twb"), b"x").expect("written");
    let failed = desk.done(&backups, Wanted::Drill(newest)).await;
    assert_eq!(failed.state, wire::JobState::Failed);
    let there = backups.list().expect("listed");
    let fault = |id: &str| {
        there
            .iter()
            .find(|of| of.id == id)
            .and_then(|of| of.notes.fault.clone())
    };
    assert!(fault(newest).is_some() && fault(AT_START).is_none());
    assert_eq!(backups.due(now.plus(HOUR_NS / 2)), None);
    assert_eq!(backups.due(now.plus(HOUR_NS)), Some(Due::Backup));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_cannot_be_used_is_told_and_tried_again() {
    let desk = Scheduled::new().await;
    fs::remove_dir(&desk.config.folder).expect("removed");
    fs::write(&desk.config.folder, "a file where the folder should be").expect("written");
    let backups = desk.open();
    let refused = backups.claim(Wanted::Backup).err().expect("refused");
    assert_eq!(refused.code.name(), "BACKUPS_UNAVAILABLE");
    assert_eq!(
        backups.list().expect_err("refused").code.name(),
        "BACKUPS_UNAVAILABLE"
    );
    fs::remove_file(&desk.config.folder).expect("removed");
    assert_eq!(
        desk.done(&backups, Wanted::Backup).await.state,
        wire::JobState::Complete
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_programs_on_one_folder_one_looks_after_old_ones() {
    let desk = Scheduled::new().await;
    let first = desk.open();
    let part = desk.config.folder.join("2026-11-22T090007Z.twb.part");
    fs::write(&part, "under way").expect("written");
    let second = desk.open();
    assert!(part.exists(), "the first may be at it");
    for day in 10..28 {
        desk.left(&format!("2026-01-{day}T090000Z"), &json!({}));
        desk.left(&format!("2026-01-{day}T100000Z"), &json!({}));
    }
    assert_eq!(
        desk.done(&second, Wanted::Backup).await.state,
        wire::JobState::Complete
    );
    assert_eq!(desk.there().len(), 37);
    drop(first);
    desk.desk.pass(Duration::from_secs(60)).await;
    assert_eq!(
        desk.done(&second, Wanted::Backup).await.state,
        wire::JobState::Complete
    );
    assert!(desk.there().len() < 37, "{:?}", desk.there());
    // What a trial left that was killed goes at the next start.
    let left = desk.folder.path().join(".drill-aB3dE6");
    fs::create_dir(&left).expect("made");
    drop(desk.open());
    assert!(!left.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_begins_is_noted() {
    let desk = Desk::open().await;
    let who = root(&desk).await;
    let refused = desk
        .call(&who, "POST", &format!("{BACKUPS}/none/drill"), Value::Null)
        .await;
    assert_eq!(refused.problem(), "BACKUP_UNKNOWN");
    let backups = desk.state.backups.as_ref().expect("backups");
    let claim = backups.claim(Wanted::Backup).expect("claimed");
    let refused = desk.call(&who, "POST", BACKUPS, Value::Null).await;
    assert_eq!(refused.problem(), "BACKUP_RUNNING");
    drop(claim);
    let rows = audit::list(&desk.db, 0, 1_000).await.expect("audit");
    assert!(!rows.iter().any(|(_, row)| row.action.starts_with("backup.")));
    begin(&desk, &who, BACKUPS).await;
    let rows = audit::list(&desk.db, 0, 1_000).await.expect("audit");
    assert!(rows.iter().any(|(_, row)| row.action == "backup.take"));
}

//! Erasing people: whom it spares, what it leaves when it breaks off, and that changes of identity go on to their end when
//! whoever asked has gone.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tower::ServiceExt as _;
use tradewind_store::Backend;
use tradewind_store::privacy::deletions;
use tradewind_store::sql::{query, script};
use tradewind_types::UserId;
use tradewind_types::time::DAY_NS;
use tradewind_wire::{BacktestState, MemberRole, Role};

use crate::backtests::{FILE, config, put, waves};
use crate::desk::{Answer, As, Desk, START};

const OWN: &str = "/api/v1/me/deletion-request";

async fn asked(desk: &Desk, person: &UserId) -> String {
    let who = desk.session(person).await;
    let asked = desk.call(&who, "POST", OWN, Value::Null).await;
    assert_eq!(asked.status, 201, "{}", String::from_utf8_lossy(&asked.body));
    asked.json()["id"].as_str().expect("id").to_owned()
}

/// When all that was asked for is due.
fn later(desk: &Desk) {
    desk.clock.set(START.plus(31 * DAY_NS));
}

async fn state_of(desk: &Desk, id: &str) -> &'static str {
    let org = &desk.state.config.org;
    let found = deletions::by_id(&desk.db, org, id).await.expect("read");
    found.expect("the request").state.text()
}

async fn execute(desk: &Desk, who: &As, id: &str) -> Answer {
    let path = format!("/api/v1/deletion-requests/{id}/execute");
    desk.call(who, "POST", &path, Value::Null).await
}

async fn entries(desk: &Desk, action: &str) -> usize {
    let rows = query("SELECT seq FROM audit WHERE action = $1").bind(action);
    rows.fetch_all(&desk.db).await.expect("read").len()
}

#[tokio::test]
async fn the_only_owner_of_an_account_stays_until_a_super_administrator_appoints_another() {
    let desk = Desk::open().await;
    let (asha, bela) = (
        desk.person("asha", Role::Trader).await,
        desk.person("bela", Role::Trader).await,
    );
    let root = desk.person("root", Role::SuperAdmin).await;
    desk.account("a-asha", &[(&asha, MemberRole::Owner)]).await;
    let member = |user: &UserId| format!("/api/v1/accounts/a-asha/members/{user}");
    let by_root = desk.session(&root).await;
    let owner = json!({"role": "OWNER"});
    let early = desk.call(&by_root, "PUT", &member(&bela), owner.clone()).await;
    assert_eq!(early.problem(), "FORBIDDEN", "there is an owner who can do it");
    let id = asked(&desk, &asha).await;
    later(&desk);
    let by_root = desk.session(&root).await;
    let refused = execute(&desk, &by_root, &id).await;
    assert_eq!(refused.problem(), "LAST_OWNER");
    assert!(
        refused.json()["detail"]
            .as_str()
            .expect("detail")
            .contains("a-asha")
    );
    assert_eq!(state_of(&desk, &id).await, "PENDING");
    let as_viewer = desk
        .call(&by_root, "PUT", &member(&bela), json!({"role": "VIEWER"}))
        .await;
    assert_eq!(as_viewer.problem(), "FORBIDDEN");
    let appointed = desk.call(&by_root, "PUT", &member(&bela), owner.clone()).await;
    assert_eq!(appointed.json()["role"], "OWNER");
    assert_eq!(execute(&desk, &by_root, &id).await.json()["state"], "EXECUTED");

    // Whoever was erased stays so.
    let on = json!({"disabled": false, "role": "ADMIN"});
    let path = format!("/api/v1/users/{asha}");
    assert_eq!(
        desk.call(&by_root, "PATCH", &path, on).await.problem(),
        "USER_UNKNOWN"
    );
    let link = desk
        .call(&by_root, "POST", &format!("{path}/password-reset"), Value::Null)
        .await;
    assert_eq!(link.problem(), "USER_UNKNOWN");
    let by_bela = desk.session(&bela).await;
    let again = desk.call(&by_bela, "PUT", &member(&asha), owner).await;
    assert_eq!(again.problem(), "MEMBER_UNKNOWN");
    let login = json!({"username": format!("erased:{asha}"), "password": crate::desk::PASSWORD});
    let login = desk.call(&As::Nobody, "POST", "/api/v1/session", login).await;
    assert_eq!(login.problem(), "CREDENTIALS_REFUSED");
}

#[tokio::test]
async fn what_breaks_off_is_done_the_next_time_and_one_who_cannot_be_erased_keeps_nobody_waiting() {
    let desk = Desk::open().await;
    let people = ["asha", "bela", "cora"];
    let mut ids = Vec::new();
    for name in people {
        let person = desk.person(name, Role::Trader).await;
        ids.push(asked(&desk, &person).await);
    }
    let asha = "u-asha".parse().expect("id");
    desk.account("a-asha", &[(&asha, MemberRole::Owner)]).await;
    let root = desk.person("root", Role::SuperAdmin).await;
    later(&desk);
    let who = desk.session(&root).await;
    let sqlite = desk.db.backend() == Backend::Sqlite;
    if sqlite {
        // The database fails at what comes after the first part.
        let trap = "CREATE TRIGGER trap BEFORE UPDATE ON users WHEN NEW.username = 'erased:u-cora'
                    BEGIN SELECT RAISE(ABORT, 'no more'); END";
        script(trap, &desk.db).await.expect("the trap");
    }
    let enforce = async || {
        let done = desk
            .call(&who, "POST", "/api/v1/retention/enforce", Value::Null)
            .await;
        assert_eq!(done.status, 200, "{}", String::from_utf8_lossy(&done.body));
        done.json()
    };
    let done = enforce().await;
    let failed = |done: &Value, id: &str| {
        let all = done["failed"].as_array().expect("failures").iter();
        let of = all.filter(|failed| failed["request"] == id);
        of.map(|failed| failed["error_code"].as_str().expect("a code").to_owned())
            .next()
    };
    assert_eq!(failed(&done, &ids[0]).as_deref(), Some("LAST_OWNER"), "{done}");
    assert_eq!(state_of(&desk, &ids[0]).await, "PENDING");
    assert_eq!(state_of(&desk, &ids[1]).await, "EXECUTED");
    assert_eq!(failed(&done, &ids[1]), None);
    if sqlite {
        assert!(failed(&done, &ids[2]).is_some(), "{done}");
        assert_eq!(state_of(&desk, &ids[2]).await, "PENDING");
        let row = query("SELECT username, disabled FROM users WHERE id = 'u-cora'").fetch_one(&desk.db);
        let row = row.await.expect("there");
        assert_eq!(
            (
                row.get::<String>("username").expect("text").as_str(),
                row.get::<bool>("disabled").expect("a flag")
            ),
            ("cora", true)
        );
        assert_eq!(entries(&desk, "privacy.erase_begin").await, 2);
        script("DROP TRIGGER trap", &desk.db).await.expect("dropped");
        enforce().await;
    }
    assert_eq!(state_of(&desk, &ids[2]).await, "EXECUTED");
    assert!(entries(&desk, "retention.enforce").await >= 1);
    assert_eq!(entries(&desk, "privacy.erase").await, 2);
}

#[tokio::test]
async fn nobody_decides_about_themselves_and_a_hold_is_not_withdrawn() {
    let desk = Desk::open().await;
    let (ada, eve) = (
        desk.person("ada", Role::Admin).await,
        desk.person("eve", Role::Admin).await,
    );
    let (own, other) = (desk.session(&ada).await, desk.session(&eve).await);
    let id = asked(&desk, &ada).await;
    let path = |what: &str| format!("/api/v1/deletion-requests/{id}/{what}");
    let reason = json!({"reason": "inquiry 7"});
    let call = async |who: &As, what: &str, body: Value| desk.call(who, "POST", &path(what), body).await;
    assert_eq!(call(&own, "hold", reason.clone()).await.problem(), "FORBIDDEN");
    assert_eq!(call(&other, "hold", reason).await.status, 200);
    assert_eq!(call(&own, "release", Value::Null).await.problem(), "FORBIDDEN");
    let withdrawn = desk.call(&own, "DELETE", OWN, Value::Null).await;
    assert_eq!(withdrawn.problem(), "DELETION_REQUEST_STATE");
    assert!(
        withdrawn.json()["detail"]
            .as_str()
            .expect("detail")
            .contains("inquiry 7")
    );
    assert_eq!(state_of(&desk, &id).await, "HELD");
    let row = query("SELECT detail FROM audit WHERE action = 'privacy.hold'").fetch_one(&desk.db);
    let detail: String = row.await.expect("the entry").get("detail").expect("text");
    assert!(!detail.contains("inquiry"), "{detail}");
    let shown = desk.get(&other, "/api/v1/audit?action=privacy.hold").await.json();
    assert_eq!(shown["items"][0]["personal"]["reason"], "inquiry 7", "{shown}");
    assert_eq!(call(&other, "release", Value::Null).await.status, 200);
    assert_eq!(desk.call(&own, "DELETE", OWN, Value::Null).await.status, 204);
    asked(&desk, &ada).await;
    later(&desk);
    let own = desk.session(&ada).await;
    let newest = deletions::of_person(&desk.db, ada.as_str()).await.expect("read");
    let newest = newest.expect("the request").id;
    assert_eq!(execute(&desk, &own, &newest).await.problem(), "FORBIDDEN");
}

#[tokio::test]
async fn a_person_whose_backtest_runs_is_erased_with_it() {
    let desk = Desk::open().await;
    let (ana, root) = (
        desk.person("ana", Role::Analyst).await,
        desk.person("root", Role::SuperAdmin).await,
    );
    let id = asked(&desk, &ana).await;
    later(&desk);
    let (who, by_root) = (desk.session(&ana).await, desk.session(&root).await);
    put(&desk, &who, FILE, &waves(2_000)).await;
    let grid = "fast = { from = 3, to = 30, step = 1 }\nslow = { from = 35, to = 160, step = 1 }";
    let body = json!({"kind": "SWEEP", "config": config(""), "grid": grid, "objective": "TOTAL_RETURN"});
    let made = desk.call(&who, "POST", "/api/v1/backtests", body).await.json();
    let job = made["id"].as_str().expect("an id").to_owned();
    let jobs = desk.state.backtests().expect("a program with backtests");
    while jobs.get(&ana, &job).expect("there").job.state != BacktestState::Running {
        tokio::task::yield_now().await;
    }
    let done = execute(&desk, &by_root, &id).await;
    assert_eq!(
        done.json()["state"],
        "EXECUTED",
        "{}",
        String::from_utf8_lossy(&done.body)
    );
    assert!(jobs.list(&ana).is_empty() && jobs.files(&ana).expect("read").is_empty());
}

#[tokio::test]
async fn a_change_goes_on_to_its_end_and_is_noted_though_its_asker_has_gone() {
    let desk = Desk::open().await;
    let asha = desk.person("asha", Role::Trader).await;
    let who = desk.session(&asha).await;
    let body = json!({"current": crate::desk::PASSWORD, "new": "seven wooden market stalls"});
    let mut request = desk.request(&who, "POST", "/api/v1/me/password", Some(&body));
    // Tells when the last of the body was read: then the change is under way.
    let read = Arc::new(Notify::new());
    let sent = stream::unfold(
        (Some(body.to_string()), Arc::clone(&read)),
        async |(text, read)| {
            let Some(text) = text else {
                read.notify_one();
                return None;
            };
            Some((Ok::<_, std::io::Error>(Bytes::from(text)), (None, read)))
        },
    );
    *request.body_mut() = Body::from_stream(sent);
    // Nobody gets at the passwords for now.
    let lock = desk.db.begin("passwords").await.expect("begun");
    let call = tokio::spawn(desk.router.clone().oneshot(request));
    read.notified().await;
    call.abort();
    assert!(call.await.expect_err("it ended").is_cancelled());
    lock.rollback().await.expect("given back");
    while entries(&desk, "password.change").await == 0 {
        tokio::task::yield_now().await;
    }
    let login = json!({"username": "asha", "password": "seven wooden market stalls"});
    let login = desk.call(&As::Nobody, "POST", "/api/v1/session", login).await;
    assert_eq!(login.status, 200, "{}", String::from_utf8_lossy(&login.body));
}

/// Tells that it was let go.
struct Told(Arc<Notify>);

impl Drop for Told {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[tokio::test]
async fn a_request_that_is_broken_off_before_its_body_is_there_changes_nothing() {
    let desk = Desk::open().await;
    let asha = desk.person("asha", Role::Trader).await;
    let who = desk.session(&asha).await;
    let mut request = desk.request(&who, "POST", "/api/v1/keys", Some(&json!({})));
    let begun = Arc::new(Notify::new());
    let ended = Arc::new(Notify::new());
    let told = Told(Arc::clone(&ended));
    let sent = stream::unfold((begun.clone(), told), async |(begun, told)| {
        begun.notify_one();
        std::future::pending::<()>().await;
        Some((Ok::<_, std::io::Error>(Bytes::new()), (begun, told)))
    });
    *request.body_mut() = Body::from_stream(sent);
    let call = tokio::spawn(desk.router.clone().oneshot(request));
    begun.notified().await;
    call.abort();
    // The body is let go: nobody waits for the rest of it.
    ended.notified().await;
    assert_eq!(entries(&desk, "key.create").await, 0);
}

#[tokio::test]
async fn whoever_names_the_type_that_an_endpoint_answers_gets_it() {
    let desk = Desk::open().await;
    let root = desk.person("root", Role::SuperAdmin).await;
    let who = desk.session(&root).await;
    let accept = http::header::ACCEPT;
    let get = async |path: &str, kind: &str| {
        desk.with_header(&who, ("GET", path), (accept.clone(), kind), &Value::Null)
            .await
    };
    for (path, kind) in [
        ("/api/v1/audit/export?format=CSV", "text/csv"),
        ("/api/v1/audit/export", "application/x-ndjson"),
        ("/api/v1/me/data-export", "application/zip"),
    ] {
        let answer = get(path, kind).await;
        let answered = answer.headers["content-type"].to_str().expect("text");
        assert!(answered.starts_with(kind), "{path}: {} {answered}", answer.status);
        assert_eq!(get(path, "image/png").await.problem(), "NOT_ACCEPTABLE");
    }
    for path in ["/api/v1/oidc/nobody/start", "/api/v1/oidc/callback"] {
        assert_ne!(get(path, "text/html").await.status, 406, "{path}");
    }
    assert_eq!(
        get("/api/v1/me/consents", "text/csv").await.problem(),
        "NOT_ACCEPTABLE"
    );
}

#[tokio::test]
async fn a_restart_deletes_old_sessions_but_no_links_and_nothing_of_who_is_held() {
    let desk = Desk::open().await;
    for name in ["asha", "bela"] {
        let person = desk.person(name, Role::Trader).await;
        desk.session(&person).await;
    }
    let rows = "INSERT INTO one_time_links (token_hash, org_id, purpose, owner, created_at, expires_at)
                    VALUES ('h', 'desk', 'RESET', 'u-asha', 1, 2);
                INSERT INTO deletion_requests (id, org_id, person, state, requested_at, due_at, hold_reason, decided_by,
                    decided_at) VALUES ('d1', 'desk', 'u-bela', 'HELD', 1, 2, 'inquiry', 'u-ada', 1)";
    script(rows, &desk.db).await.expect("stored");
    desk.clock.set(START.plus(40 * DAY_NS));
    drop(desk.restarted().await);
    let links = query("SELECT 1 FROM one_time_links").fetch_all(&desk.db).await;
    assert_eq!(links.expect("read").len(), 1, "links are kept for three years");
    let sessions = query("SELECT owner FROM sessions").fetch_all(&desk.db).await;
    let owners: Vec<String> = sessions
        .expect("read")
        .iter()
        .map(|row| row.get("owner").expect("text"))
        .collect();
    assert_eq!(owners, ["u-bela"]);
}

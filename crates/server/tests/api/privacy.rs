//! Privacy: a copy of one's data, consents, requests to be erased, holds, erasure, and how long what is kept.

use std::io::{Cursor, Read as _};

use serde_json::{Value, json};
use tradewind_server::identity::audit::PlainRow;
use tradewind_server::identity::audit::verify::verify;
use tradewind_store::Backend;
use tradewind_store::privacy::tables::TABLES;
use tradewind_store::sql::{query, script};
use tradewind_types::time::DAY_NS;
use tradewind_wire::{MemberRole, Role, Scope};

use crate::desk::{As, BTC, Desk, START, limit_buy};

async fn desk() -> (Desk, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_owned();
    let desk = Desk::with(|config| {
        config.rates.multiplier = 100_000;
        config.audit_dir = Some(path);
    });
    (desk.await, folder)
}

fn files(archive: Vec<u8>) -> Vec<(String, Value)> {
    let mut zip = zip::ZipArchive::new(Cursor::new(archive)).expect("an archive");
    let mut all = Vec::new();
    for place in 0..zip.len() {
        let mut file = zip.by_index(place).expect("a file");
        let mut text = String::new();
        file.read_to_string(&mut text).expect("text");
        let value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.name()));
        all.push((file.name().to_owned(), value));
    }
    all
}

fn of<'a>(files: &'a [(String, Value)], name: &str) -> &'a Value {
    let found = files.iter().find(|(file, _)| file == name);
    &found.unwrap_or_else(|| panic!("no {name}")).1
}

#[tokio::test]
async fn a_copy_has_everything_of_oneself_and_nothing_of_others() {
    let (desk, _folder) = desk().await;
    let (asha, bela) = (
        desk.person("asha", Role::Trader).await,
        desk.person("bela", Role::Trader).await,
    );
    desk.account("a-asha", &[(&asha, MemberRole::Owner)]).await;
    desk.account("a-bela", &[(&bela, MemberRole::Owner)]).await;
    desk.quote(BTC, 50_000, 50_010).await;
    let (who, other) = (desk.session(&asha).await, desk.session(&bela).await);
    let order = desk
        .call(
            &who,
            "POST",
            "/api/v1/accounts/a-asha/orders",
            limit_buy("mine-1", "0.1", "50020"),
        )
        .await;
    assert!(
        order.status.is_success(),
        "{}",
        String::from_utf8_lossy(&order.body)
    );
    desk.key(&asha, &[Scope::Read], None).await;
    desk.key(&bela, &[Scope::Read], None).await;
    let put = json!({ "granted": true, "policy": "2026-11" });
    assert_eq!(
        desk.call(&who, "PUT", "/api/v1/me/consents/RESEARCH", put.clone())
            .await
            .status,
        200
    );
    assert_eq!(
        desk.call(&other, "PUT", "/api/v1/me/consents/RESEARCH", put)
            .await
            .status,
        200
    );
    let answer = desk.get(&who, "/api/v1/me/data-export").await;
    assert_eq!(answer.headers["content-type"], "application/zip");
    let files = files(answer.body);
    assert_eq!(of(&files, "users.json")[0]["username"], "asha");
    assert_eq!(of(&files, "users.json")[0]["created_at"], START.to_rfc3339());
    assert_eq!(of(&files, "consents.json")[0]["granted"], true);
    assert_eq!(of(&files, "api_keys.json").as_array().expect("rows").len(), 1);
    assert_eq!(of(&files, "manifest.json")["person"], "u-asha");
    let orders = of(&files, "accounts/a-asha/orders.json")
        .as_array()
        .expect("rows")
        .len();
    assert_eq!(orders, 1);
    assert!(
        !of(&files, "accounts/a-asha/entries.json")
            .as_array()
            .expect("rows")
            .is_empty()
    );
    let audit = of(&files, "audit.json").as_array().expect("rows");
    assert!(
        audit
            .iter()
            .any(|e| e["action"] == "privacy.export" && e["by_you"] == true),
        "{audit:?}"
    );
    for (name, value) in &files {
        let text = value.to_string();
        assert!(!text.contains("bela"), "{name} has something of another person");
        assert!(
            !text.contains("$argon2") && !text.contains("_hash"),
            "{name} has a hash"
        );
    }
}

#[tokio::test]
async fn consents_are_kept_with_every_decision() {
    let (desk, _folder) = desk().await;
    let asha = desk.person("asha", Role::Trader).await;
    let who = desk.session(&asha).await;
    let standing = |answer: crate::desk::Answer| {
        let items = answer.json()["items"].as_array().expect("items").clone();
        items
            .into_iter()
            .find(|item| item["purpose"] == "RESEARCH")
            .expect("the purpose")
    };
    let before = standing(desk.get(&who, "/api/v1/me/consents").await);
    assert_eq!(
        (&before["granted"], &before["policy"]),
        (&json!(false), &Value::Null)
    );
    for (granted, policy) in [(true, "1"), (true, "2"), (false, "2")] {
        let body = json!({ "granted": granted, "policy": policy });
        let after = standing(desk.call(&who, "PUT", "/api/v1/me/consents/RESEARCH", body).await);
        assert_eq!(
            (&after["granted"], &after["policy"]),
            (&json!(granted), &json!(policy))
        );
    }
    let same = json!({ "granted": false, "policy": "2" });
    let again = desk.call(&who, "PUT", "/api/v1/me/consents/RESEARCH", same).await;
    assert_eq!(standing(again)["granted"], false);
    let rows = query("SELECT number FROM consents WHERE person = 'u-asha'")
        .fetch_all(&desk.db)
        .await;
    assert_eq!(rows.expect("rows").len(), 3);
    let body = json!({ "granted": true, "policy": "1" });
    let unknown = desk.call(&who, "PUT", "/api/v1/me/consents/ANYTHING", body).await;
    assert_eq!(unknown.problem(), "CONSENT_PURPOSE_UNKNOWN");
    let empty = desk
        .call(
            &who,
            "PUT",
            "/api/v1/me/consents/RESEARCH",
            json!({ "granted": true, "policy": "" }),
        )
        .await;
    assert_eq!(empty.field(), "policy:MALFORMED");
}

async fn request(desk: &Desk, who: &As) -> String {
    let asked = desk
        .call(who, "POST", "/api/v1/me/deletion-request", Value::Null)
        .await;
    assert_eq!(asked.status, 201, "{}", String::from_utf8_lossy(&asked.body));
    asked.json()["id"].as_str().expect("id").to_owned()
}

#[tokio::test]
async fn a_request_to_be_erased_waits_thirty_days_can_be_withdrawn_and_held() {
    let (desk, _folder) = desk().await;
    let (asha, admin) = (
        desk.person("asha", Role::Trader).await,
        desk.person("ada", Role::Admin).await,
    );
    let (who, admin) = (desk.session(&asha).await, desk.session(&admin).await);
    assert_eq!(
        desk.get(&who, "/api/v1/me/deletion-request").await.problem(),
        "DELETION_REQUEST_UNKNOWN"
    );
    request(&desk, &who).await;
    let twice = desk
        .call(&who, "POST", "/api/v1/me/deletion-request", Value::Null)
        .await;
    assert_eq!(twice.problem(), "DELETION_REQUEST_OPEN");
    assert_eq!(
        desk.call(&who, "DELETE", "/api/v1/me/deletion-request", Value::Null)
            .await
            .status,
        204
    );
    assert_eq!(
        desk.get(&who, "/api/v1/me/deletion-request").await.json()["state"],
        "WITHDRAWN"
    );
    desk.clock.set(START.plus(1));
    let id = request(&desk, &who).await;
    let path = |what: &str| format!("/api/v1/deletion-requests/{id}/{what}");
    let early = desk.call(&admin, "POST", &path("execute"), Value::Null).await;
    assert_eq!(early.problem(), "DELETION_NOT_DUE");
    let held = desk
        .call(&admin, "POST", &path("hold"), json!({ "reason": "inquiry 7" }))
        .await;
    assert_eq!(
        (&held.json()["state"], &held.json()["hold_reason"]),
        (&json!("HELD"), &json!("inquiry 7"))
    );
    let again = desk
        .call(&admin, "POST", &path("hold"), json!({ "reason": "more" }))
        .await;
    assert_eq!(again.problem(), "DELETION_REQUEST_STATE");
    let blocked = desk.call(&admin, "POST", &path("execute"), Value::Null).await;
    assert_eq!(blocked.problem(), "DELETION_REQUEST_STATE");
    assert_eq!(
        desk.call(&admin, "POST", &path("release"), Value::Null)
            .await
            .json()["state"],
        "PENDING"
    );
    let listed = desk.get(&admin, "/api/v1/deletion-requests?limit=1").await.json();
    assert_eq!(listed["items"][0]["id"], id.as_str());
    assert!(
        listed["next_cursor"].is_string(),
        "the withdrawn one is on the next page"
    );
    let unknown = desk
        .call(
            &admin,
            "POST",
            "/api/v1/deletion-requests/d0/release",
            Value::Null,
        )
        .await;
    assert_eq!(unknown.problem(), "DELETION_REQUEST_UNKNOWN");
}

#[tokio::test]
async fn erasing_destroys_what_is_personal_and_the_chain_still_holds() {
    let (desk, folder) = desk().await;
    let (asha, admin) = (
        desk.person("asha", Role::Trader).await,
        desk.person("ada", Role::Admin).await,
    );
    let (who, admin) = (desk.session(&asha).await, desk.session(&admin).await);
    let about = PlainRow {
        org: desk.state.config.org.clone(),
        ts: START,
        actor: "u-asha".to_owned(),
        action: "profile.change".to_owned(),
        subject: "u-asha".to_owned(),
        outcome: "OK".to_owned(),
        address: "192.0.2.33".to_owned(),
        correlation_id: "c".to_owned(),
        detail: "{}".to_owned(),
        person: "u-asha".to_owned(),
        personal: json!({ "display_name": "Asha of Old" }).to_string(),
    };
    desk.state.audit.append(about).await.expect("appended");
    let id = request(&desk, &who).await;
    let shown = desk.get(&admin, "/api/v1/audit/1").await.json();
    assert_eq!(
        (&shown["address"], &shown["erased"]),
        (&json!("192.0.2.33"), &json!(false))
    );
    desk.state.audit.checkpoint().await.expect("signed");

    desk.clock.set(START.plus(30 * DAY_NS));
    let admin_of_then = desk.session(&"u-ada".parse().expect("id")).await;
    let path = format!("/api/v1/deletion-requests/{id}/execute");
    let done = desk.call(&admin_of_then, "POST", &path, Value::Null).await;
    assert_eq!(
        done.json()["state"],
        "EXECUTED",
        "{}",
        String::from_utf8_lossy(&done.body)
    );
    assert_eq!(
        desk.call(&admin_of_then, "POST", &path, Value::Null)
            .await
            .problem(),
        "DELETION_REQUEST_STATE"
    );

    let shown = desk.get(&admin_of_then, "/api/v1/audit/1").await.json();
    assert_eq!(
        (&shown["address"], &shown["personal"], &shown["erased"]),
        (&Value::Null, &Value::Null, &json!(true))
    );
    let found = verify(&desk.db, Some(folder.path()), Vec::new(), None)
        .await
        .expect("looked over");
    assert!(
        found.walked.is_intact() && found.checkpoint.is_some(),
        "{found:?}"
    );
    let login = json!({ "username": "asha", "password": crate::desk::PASSWORD });
    assert_eq!(
        desk.call(&As::Nobody, "POST", "/api/v1/session", login)
            .await
            .status,
        401
    );
    for table in ["users", "sessions", "person_keys", "login_attempts", "audit"] {
        let rows = query_all(&desk, table).await;
        assert!(
            !rows.contains("Asha of Old") && !rows.contains("`asha`"),
            "{table}: {rows}"
        );
    }
    let key = query("SELECT sealed FROM person_keys WHERE person = 'u-asha'")
        .fetch_one(&desk.db)
        .await;
    assert_eq!(
        key.expect("the row stays")
            .get::<Option<String>>("sealed")
            .expect("text"),
        None
    );
}

async fn query_all(desk: &Desk, table: &str) -> String {
    let rows = tradewind_store::sql::assembled(format!("SELECT * FROM {table}"))
        .fetch_all(&desk.db)
        .await;
    let rows = rows.expect("rows");
    let cells = rows
        .iter()
        .flat_map(|row| (0..row.columns().len()).map(move |place| row.cell(place)));
    cells
        .map(|cell| cell.expect("a cell").to_string())
        .collect::<Vec<_>>()
        .join(" ")
}

#[tokio::test]
async fn what_is_over_its_time_is_reported_and_deleted_and_the_log_goes_on_behind_an_anchor() {
    let (desk, folder) = desk().await;
    let admin = desk.person("ada", Role::Admin).await;
    desk.person("asha", Role::Trader).await;
    let note = |number: u64, days: u64, actor: &str| PlainRow {
        org: desk.state.config.org.clone(),
        ts: START.plus(days * DAY_NS),
        actor: actor.to_owned(),
        action: "test".to_owned(),
        subject: number.to_string(),
        outcome: "OK".to_owned(),
        address: "192.0.2.1".to_owned(),
        correlation_id: "c".to_owned(),
        detail: "{}".to_owned(),
        person: String::new(),
        personal: String::new(),
    };
    for number in 0..10 {
        let actor = if number == 6 { "u-asha" } else { "u-ada" };
        desk.state
            .audit
            .append(note(number, number, actor))
            .await
            .expect("appended");
    }
    desk.state.audit.checkpoint().await.expect("signed");
    let hold = "INSERT INTO deletion_requests (id, org_id, person, state, requested_at, due_at, hold_reason, decided_by,
                    decided_at) VALUES ('d1', 'desk', 'u-asha', 'HELD', 1, 2, 'inquiry', 'u-ada', 1)";
    script(hold, &desk.db).await.expect("held");
    // Seven years of 366 days and eight more: the first nine entries are over their time, but the seventh is of somebody
    // who is held.
    desk.clock.set(START.plus((7 * 366 + 8) * DAY_NS + 1));
    let who = desk.session(&admin).await;
    let report = desk.get(&who, "/api/v1/retention").await.json();
    let items = report["items"].as_array().expect("items");
    let item = |kind: &str| items.iter().find(|item| item["kind"] == kind).expect("the kind");
    assert_eq!(
        (&item("AUDIT")["over"], &item("AUDIT")["days"]),
        (&json!(9), &json!(7 * 366))
    );
    assert_eq!(
        (&item("FILLS")["deleted"], &report["held"]),
        (&json!(false), &json!(1))
    );
    let enforced = desk
        .call(&who, "POST", "/api/v1/retention/enforce", Value::Null)
        .await
        .json();
    let count = |kind: &str| {
        let of = enforced["deleted"]
            .as_array()
            .expect("kinds")
            .iter()
            .find(|item| item["kind"] == kind);
        of.map(|item| item["count"].as_u64().expect("a count"))
    };
    assert_eq!(count("AUDIT"), Some(6), "{enforced}");
    let found = desk.get(&who, "/api/v1/audit/verify").await.json();
    assert_eq!(
        (&found["intact"], &found["anchor"]["seq"]),
        (&json!(true), &json!(6)),
        "{found}"
    );
    assert_eq!(found["entries"], 6, "four of ten, the cut and what was enforced");

    script("UPDATE deletion_requests SET state = 'WITHDRAWN'", &desk.db)
        .await
        .expect("released");
    desk.call(&who, "POST", "/api/v1/retention/enforce", Value::Null)
        .await;
    let found = verify(&desk.db, Some(folder.path()), Vec::new(), None)
        .await
        .expect("looked over");
    assert!(found.walked.is_intact(), "{found:?}");
    assert_eq!(
        found
            .walked
            .anchor
            .as_ref()
            .map(|anchor| (anchor.through.seq, anchor.entries)),
        Some((9, 9))
    );
    // An anchor further on, without a signature, does not hide what is deleted.
    let forged = "INSERT INTO audit_anchors SELECT seq, hash, 11, 1, 'k', 'forged' FROM audit WHERE seq = 11;
                  DELETE FROM audit WHERE seq <= 11";
    script(forged, &desk.db).await.expect("forged");
    let found = verify(&desk.db, Some(folder.path()), Vec::new(), None)
        .await
        .expect("looked over");
    assert!(!found.walked.is_intact());
}

#[tokio::test]
async fn every_table_that_names_people_is_known_to_copying_and_erasing() {
    let (desk, _folder) = desk().await;
    let text = match desk.db.backend() {
        Backend::Sqlite => {
            "SELECT DISTINCT t.name AS name FROM sqlite_master t JOIN pragma_table_info(t.name) c
             WHERE t.type = 'table' AND c.name IN ('owner', 'person', 'actor', 'user_id', 'username', 'ip', 'user_agent')"
        }
        Backend::Postgres => {
            "SELECT DISTINCT table_name::text AS name FROM information_schema.columns WHERE table_schema = current_schema()
             AND column_name IN ('owner', 'person', 'actor', 'user_id', 'username', 'ip', 'user_agent')"
        }
    };
    let named = query(text).fetch_all(&desk.db).await.expect("tables");
    let named: Vec<String> = named.iter().map(|row| row.get("name").expect("text")).collect();
    assert!(named.iter().any(|table| table == "sessions"), "{named:?}");
    let missing: Vec<&String> = named
        .iter()
        .filter(|table| TABLES.iter().all(|known| known.name != **table))
        .collect();
    assert!(
        missing.is_empty(),
        "say in crates/store/src/privacy/tables.rs what becomes of {missing:?}"
    );
}

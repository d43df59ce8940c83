//! The audit log: its chain, its checkpoints, what is refused, what waits when it cannot be written, and its endpoints.

use serde_json::{Value, json};
use tempfile::TempDir;
use tradewind_server::identity::audit::checkpoint::CheckpointFile;
use tradewind_server::identity::audit::verify::{Verified, verify};
use tradewind_server::identity::audit::{PlainRow, adopt};
use tradewind_store::identity::audit::{self, chain};
use tradewind_store::sql::{assembled, query, script};
use tradewind_types::{SplitMix64, UnixNanos};
use tradewind_wire::Role;

use crate::desk::{As, Desk, START};

/// Rows of the log that is changed.
const ROWS: u64 = 40;

fn plain(desk: &Desk, number: u64) -> PlainRow {
    let person = format!("u-{}", number % 5);
    PlainRow {
        org: desk.state.config.org.clone(),
        ts: START.plus(number * 1_000_000),
        actor: person.clone(),
        action: ["user.change", "key.create", "session.open"][number as usize % 3].to_owned(),
        subject: format!("subject-{}", number % 7),
        outcome: if number.is_multiple_of(4) {
            "FORBIDDEN"
        } else {
            "OK"
        }
        .to_owned(),
        address: format!("192.0.2.{}", number % 9),
        correlation_id: format!("c-{number}"),
        detail: json!({ "before": number, "after": number + 1 }).to_string(),
        person: if number.is_multiple_of(2) {
            person
        } else {
            String::new()
        },
        personal: if number.is_multiple_of(2) {
            json!({ "display_name": format!("Asha {number}") }).to_string()
        } else {
            String::new()
        },
    }
}

async fn desk_with_files() -> (Desk, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_owned();
    let desk = Desk::with(|config| {
        config.rates.multiplier = 100_000;
        config.audit_dir = Some(path);
    });
    (desk.await, folder)
}

async fn looked_over(desk: &Desk) -> Verified {
    verify(&desk.db, desk.state.audit.folder(), Vec::new(), None)
        .await
        .expect("looked over")
}

async fn run(desk: &Desk, text: &str) {
    script(text, &desk.db)
        .await
        .unwrap_or_else(|error| panic!("{text}: {error}"));
}

const TEXTS: &[&str] = &[
    "org_id",
    "actor",
    "action",
    "subject",
    "outcome",
    "ip",
    "correlation_id",
    "detail",
    "person",
    "personal",
    "hash",
];

/// One of many ways to change the log by hand; what was done.
async fn mutate(desk: &Desk, random: &mut SplitMix64) -> String {
    let seq = 1 + random.below(ROWS);
    let other = 1 + (seq + random.below(ROWS - 1)) % ROWS;
    let text = match random.below(16) {
        0..=3 => {
            let column = TEXTS[random.below(TEXTS.len() as u64) as usize];
            match random.below(3) {
                0 => format!("UPDATE audit SET {column} = {column} || 'x' WHERE seq = {seq}"),
                1 => format!("UPDATE audit SET {column} = 'forged' WHERE seq = {seq}"),
                _ => format!("UPDATE audit SET {column} = '' WHERE seq = {seq} AND {column} <> '';
                              UPDATE audit SET {column} = 'x' || {column} WHERE seq = {seq} AND {column} = ''"),
            }
        }
        4 => format!("UPDATE audit SET ts = ts + {} WHERE seq = {seq}", 1 + random.below(1_000_000)),
        5 => format!("UPDATE audit SET seq = {} WHERE seq = {seq}", 1_000 + random.below(1_000)),
        6 => format!("DELETE FROM audit WHERE seq = {seq}"),
        7 => {
            let length = 1 + random.below(5);
            format!("DELETE FROM audit WHERE seq >= {seq} AND seq < {}", seq + length)
        }
        8 => format!(
            "UPDATE audit SET seq = -1 WHERE seq = {seq}; UPDATE audit SET seq = {seq} WHERE seq = {other};
             UPDATE audit SET seq = {other} WHERE seq = -1"
        ),
        9 => format!("DELETE FROM audit WHERE seq > {}", seq - 1),
        10 => "DELETE FROM audit".to_owned(),
        11 => format!(
            "UPDATE audit SET seq = -seq - 1 WHERE seq > {seq}; UPDATE audit SET seq = -seq WHERE seq < 0;
             INSERT INTO audit (seq, org_id, ts, actor, action, subject, outcome, ip, correlation_id, detail, person,
                 personal, hash)
             SELECT seq + 1, org_id, ts, 'u-forged', action, subject, outcome, ip, correlation_id, detail, person,
                 personal, hash FROM audit WHERE seq = {seq}"
        ),
        12 => format!(
            "INSERT INTO audit (seq, org_id, ts, actor, action, subject, outcome, ip, correlation_id, detail, person,
                 personal, hash)
             SELECT {}, org_id, ts, actor, action, subject, outcome, ip, correlation_id, detail, person, personal, hash
             FROM audit WHERE seq = {seq}",
            if random.below(2) == 0 { ROWS + 1 } else { 0 }
        ),
        13 => format!(
            "INSERT INTO audit_anchors (through_seq, hash, entries, made_at, key_id, signature)
             SELECT seq, hash, seq, 1, 'forged', 'Zm9yZ2Vk' FROM audit WHERE seq = {seq};
             DELETE FROM audit WHERE seq <= {seq}"
        ),
        14 => {
            run(desk, &format!("UPDATE audit SET outcome = outcome || '!' WHERE seq = {seq}")).await;
            rehash(desk, seq).await;
            return format!("row {seq} changed and all hashes from it on computed anew");
        }
        _ => {
            run(desk, &format!("DELETE FROM audit WHERE seq >= {seq}")).await;
            for number in seq..=ROWS {
                let row = plain(desk, number + 1_000);
                let sealed = row.seal(desk.state.audit.people(), START).await.expect("sealed");
                audit::append(&desk.db, &sealed).await.expect("appended");
            }
            return format!("rows from {seq} on replaced by others, rightly chained");
        }
    };
    run(desk, &text).await;
    text
}

/// What somebody does who knows how the chain is made.
async fn rehash(desk: &Desk, from: u64) {
    let from = i64::try_from(from).expect("small");
    let before = query("SELECT hash FROM audit WHERE seq = $1")
        .bind(from - 1)
        .fetch_optional(&desk.db)
        .await;
    let before = before
        .expect("read")
        .map(|row| row.get::<String>("hash").expect("text"));
    let mut head = audit::Head {
        seq: from - 1,
        hash: before.map_or(chain::ChainHash::GENESIS, |text| {
            chain::ChainHash::parse(&text).expect("a hash")
        }),
    };
    for (seq, row) in audit::list(&desk.db, from - 1, 1_000).await.expect("rows") {
        head = head.next(&row);
        let set = assembled("UPDATE audit SET hash = $1 WHERE seq = $2".to_owned());
        set.bind(head.hash.text())
            .bind(seq)
            .execute(&desk.db)
            .await
            .expect("changed");
    }
}

#[tokio::test]
async fn a_thousand_changes_by_hand_are_all_found() {
    let (desk, _folder) = desk_with_files().await;
    for number in 1..=ROWS {
        desk.state
            .audit
            .append(plain(&desk, number))
            .await
            .expect("appended");
    }
    desk.state
        .audit
        .checkpoint()
        .await
        .expect("signed")
        .expect("something to sign");
    run(&desk, "CREATE TABLE audit_kept AS SELECT * FROM audit").await;
    let whole = looked_over(&desk).await;
    assert!(
        whole.walked.is_intact() && whole.walked.entries == ROWS,
        "{whole:?}"
    );
    assert!(whole.checkpoint.is_some());

    let mut random = SplitMix64::new(20_261_130);
    for number in 0..1_000 {
        let done = mutate(&desk, &mut random).await;
        let found = looked_over(&desk).await;
        assert!(!found.walked.is_intact(), "change {number} was not found: {done}");
        run(
            &desk,
            "BEGIN; DELETE FROM audit_anchors; DELETE FROM audit; INSERT INTO audit SELECT * FROM audit_kept; COMMIT",
        )
        .await;
        if number % 100 == 0 {
            let again = looked_over(&desk).await;
            assert!(
                again.walked.is_intact(),
                "after change {number} was taken back: {again:?}"
            );
        }
    }
}

#[tokio::test]
async fn entries_that_come_at_once_make_one_chain() {
    let (desk, _folder) = desk_with_files().await;
    let all = (0..50).map(|number| {
        let (state, row) = (desk.state.clone(), plain(&desk, number));
        tokio::spawn(async move { state.audit.append(row).await })
    });
    for one in all.collect::<Vec<_>>() {
        one.await.expect("no panic").expect("appended");
    }
    let found = looked_over(&desk).await;
    assert!(found.walked.is_intact(), "{found:?}");
    assert_eq!((found.walked.entries, found.walked.head.seq), (50, 50));
}

#[tokio::test]
async fn rows_from_before_the_chain_are_chained_and_their_addresses_sealed() {
    let (desk, _folder) = desk_with_files().await;
    for seq in 1_i64..=1_203 {
        let text = "INSERT INTO audit (seq, org_id, ts, actor, action, subject, outcome, ip, correlation_id, detail)
                    VALUES ($1, 'desk', $2, 'u-asha', 'session.open', 'u-asha', 'OK', '192.0.2.77', 'c', '{}')";
        query(text)
            .bind(seq)
            .bind(seq * 7)
            .execute(&desk.db)
            .await
            .expect("an old row");
    }
    assert!(
        desk.state.audit.append(plain(&desk, 1)).await.is_ok(),
        "it is put aside until then"
    );
    let done = adopt::adopt(&desk.db, &desk.state.keyring, &desk.state.clock)
        .await
        .expect("chained");
    assert_eq!(done, 1_203);
    assert_eq!(
        adopt::adopt(&desk.db, &desk.state.keyring, &desk.state.clock)
            .await
            .expect("nothing to do"),
        0
    );
    assert_eq!(desk.state.audit.append_spooled().await.expect("appended"), 1);
    let found = looked_over(&desk).await;
    assert!(
        found.walked.is_intact() && found.walked.entries == 1_204,
        "{found:?}"
    );
    let rows = audit::list(&desk.db, 0, 1).await.expect("rows");
    assert!(rows[0].1.ip.starts_with("s1."), "{:?}", rows[0]);
    let admin = desk.person("ada", Role::Admin).await;
    let shown = desk
        .get(&desk.session(&admin).await, "/api/v1/audit/1")
        .await
        .json();
    assert_eq!(shown["address"], "192.0.2.77");
}

#[tokio::test]
async fn what_the_database_does_not_take_waits_in_a_file_and_is_appended_later() {
    let (desk, folder) = desk_with_files().await;
    let admin = desk.person("ada", Role::Admin).await;
    desk.person("bela", Role::Trader).await;
    let who = desk.session(&admin).await;
    run(&desk, "ALTER TABLE audit RENAME TO audit_away").await;
    let change = json!({ "role": "VIEWER" });
    let changed = desk.call(&who, "PATCH", "/api/v1/users/u-bela", change).await;
    assert_eq!(changed.status, 200, "the change is made and its entry is kept");
    let kept = std::fs::read_to_string(folder.path().join("audit-pending.jsonl")).expect("the file");
    assert_eq!(kept.lines().count(), 1);
    assert!(
        !kept.contains("u-bela") && !kept.contains("user.change"),
        "it is sealed"
    );
    assert!(
        desk.state.audit.append_spooled().await.is_err(),
        "the database is still away"
    );
    run(&desk, "ALTER TABLE audit_away RENAME TO audit").await;
    assert_eq!(desk.state.audit.append_spooled().await.expect("appended"), 1);
    let (_, row) = audit::list(&desk.db, 0, 10)
        .await
        .expect("rows")
        .pop()
        .expect("a row");
    assert_eq!(
        (row.action.as_str(), row.subject.as_str()),
        ("user.change", "u-bela")
    );
    assert!(!folder.path().join("audit-pending.jsonl").exists());
    assert!(looked_over(&desk).await.walked.is_intact());

    // Without a file beside it, what cannot be noted is an error, although the change is made.
    let desk = Desk::open().await;
    let admin = desk.person("ada", Role::Admin).await;
    desk.person("bela", Role::Trader).await;
    let who = desk.session(&admin).await;
    run(&desk, "ALTER TABLE audit RENAME TO audit_away").await;
    let refused = desk
        .call(&who, "PATCH", "/api/v1/users/u-bela", json!({ "role": "VIEWER" }))
        .await;
    assert!(refused.status.is_server_error(), "{}", refused.status);
}

#[tokio::test]
async fn requests_that_are_refused_are_noted_at_a_bounded_rate() {
    let (desk, _folder) = desk_with_files().await;
    let trader = desk.person("asha", Role::Trader).await;
    let who = desk.session(&trader).await;
    assert_eq!(desk.get(&who, "/api/v1/users").await.status, 403);
    assert_eq!(desk.get(&As::Nobody, "/api/v1/users").await.status, 401);
    assert_eq!(
        desk.get(&As::Key("twk_00000000_nothing".to_owned()), "/api/v1/status")
            .await
            .status,
        401
    );
    let no_csrf = match &who {
        As::Session { token, .. } => As::Session {
            token: token.clone(),
            csrf: "wrong".to_owned(),
        },
        _ => panic!("a session"),
    };
    assert_eq!(
        desk.call(&no_csrf, "POST", "/api/v1/keys", json!({}))
            .await
            .status,
        403
    );
    let login = json!({ "username": "asha", "password": "wrong" });
    assert_eq!(
        desk.call(&As::Nobody, "POST", "/api/v1/session", login)
            .await
            .status,
        401
    );
    assert_eq!(desk.get(&who, "/api/v1/status").await.status, 200);
    let rows = audit::list(&desk.db, 0, 100).await.expect("rows");
    let seen: Vec<_> = rows
        .iter()
        .map(|(_, r)| {
            (
                r.actor.as_str(),
                r.action.as_str(),
                r.subject.as_str(),
                r.outcome.as_str(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("u-asha", "request.refused", "GET /api/v1/users", "FORBIDDEN"),
            (
                "anonymous",
                "request.refused",
                "GET /api/v1/users",
                "UNAUTHENTICATED"
            ),
            (
                "anonymous",
                "request.refused",
                "GET /api/v1/status",
                "CREDENTIALS_REFUSED"
            ),
            ("u-asha", "request.refused", "POST /api/v1/keys", "CSRF_REFUSED"),
            ("anonymous", "session.open", "", "CREDENTIALS_REFUSED"),
        ]
    );
    for _ in 0..100 {
        desk.get(&As::Nobody, "/api/v1/users").await;
    }
    let rows = audit::list(&desk.db, 0, 1_000).await.expect("rows");
    assert_eq!(
        rows.len(),
        11,
        "ten refusals of an address a minute and the sign-in"
    );
    desk.clock.set(START.plus(61_000_000_000));
    desk.get(&As::Nobody, "/api/v1/users").await;
    let (_, last) = audit::list(&desk.db, 0, 1_000)
        .await
        .expect("rows")
        .pop()
        .expect("a row");
    assert_eq!(last.detail, json!({ "not_noted_before": 94 }).to_string());
}

#[tokio::test]
async fn the_log_is_listed_shown_looked_over_and_exported() {
    let (desk, _folder) = desk_with_files().await;
    for number in 1..=ROWS {
        desk.state
            .audit
            .append(plain(&desk, number))
            .await
            .expect("appended");
    }
    let auditor = desk.person("carla", Role::Compliance).await;
    let who = desk.session(&auditor).await;
    let page = desk.get(&who, "/api/v1/audit?limit=7").await.json();
    let numbers = |page: &Value| {
        page["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|e| e["seq"].as_u64().expect("seq"))
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers(&page), (34..=40).rev().collect::<Vec<_>>());
    let next = format!(
        "/api/v1/audit?limit=7&cursor={}",
        page["next_cursor"].as_str().expect("more")
    );
    assert_eq!(
        numbers(&desk.get(&who, &next).await.json()),
        (27..=33).rev().collect::<Vec<_>>()
    );
    let of_one = desk
        .get(&who, "/api/v1/audit?who=u-3&action=user.change&limit=500")
        .await
        .json();
    let expected: Vec<u64> = (1..=ROWS).rev().filter(|n| n % 5 == 3 && n % 3 == 0).collect();
    assert_eq!(numbers(&of_one), expected);
    let (from, to) = (
        START.plus(5_000_000).to_rfc3339(),
        START.plus(8_000_000).to_rfc3339(),
    );
    let then = desk
        .get(&who, &format!("/api/v1/audit?from={from}&to={to}"))
        .await
        .json();
    assert_eq!(numbers(&then), [7, 6, 5]);
    let shown = desk.get(&who, "/api/v1/audit/4").await.json();
    assert_eq!(shown["address"], "192.0.2.4");
    assert_eq!(shown["personal"], json!({ "display_name": "Asha 4" }));
    assert_eq!(shown["detail"], json!({ "before": 4, "after": 5 }));
    assert_eq!(
        desk.get(&who, "/api/v1/audit/4000").await.problem(),
        "AUDIT_ENTRY_UNKNOWN"
    );
    assert_eq!(
        desk.get(&who, "/api/v1/audit/x").await.problem(),
        "AUDIT_ENTRY_UNKNOWN"
    );

    let found = desk.get(&who, "/api/v1/audit/verify").await.json();
    assert_eq!(
        (&found["intact"], &found["entries"]),
        (&json!(true), &json!(ROWS))
    );
    assert!(
        found.get("first_bad").is_none() && found.get("checkpoint").is_none(),
        "{found}"
    );
    desk.state.audit.checkpoint().await.expect("signed");
    let found = desk.get(&who, "/api/v1/audit/verify").await.json();
    assert_eq!(found["checkpoint"]["seq"], ROWS);

    let lines = desk.get(&who, "/api/v1/audit/export?format=JSONL").await;
    let text = String::from_utf8(lines.body).expect("text");
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(
        lines.len() as u64,
        ROWS + 1,
        "the export is noted before it is made"
    );
    assert_eq!(lines[3]["personal_clear"], "{\"display_name\":\"Asha 4\"}");
    recomputed(&lines);
    let csv = desk.get(&who, "/api/v1/audit/export?format=CSV").await;
    let csv = String::from_utf8(csv.body).expect("text");
    assert_eq!(csv.lines().count() as u64, ROWS + 3);
    assert!(csv.starts_with("seq,org,ts,actor,"));

    run(&desk, "UPDATE audit SET subject = 'another' WHERE seq = 17").await;
    let found = desk.get(&who, "/api/v1/audit/verify").await.json();
    assert_eq!(
        (&found["intact"], &found["first_bad"]["seq"]),
        (&json!(false), &json!(17))
    );
    assert_eq!(found["entries"], 16);
}

#[tokio::test]
async fn an_organisation_sees_its_own_entries_and_the_chain_is_looked_over_by_the_one_that_runs_the_installation()
 {
    let (desk, _folder) = desk_with_files().await;
    let (house, tenant) = (desk.state.config.org.clone(), desk.organisation("rival").await);
    let mut seen = Vec::new();
    for (org, name, made) in [(&house, "ada", "asha"), (&tenant, "boris", "bela")] {
        let admin = desk.person_of(org, name, Role::Admin).await;
        let who = desk.session(&admin).await;
        let person = json!({ "username": made, "display_name": made, "password": crate::desk::PASSWORD, "role": "TRADER" });
        let answer = desk.call(&who, "POST", "/api/v1/users", person).await;
        assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
        let login = json!({ "username": made, "password": "not the one" });
        assert_eq!(
            desk.call(&As::Nobody, "POST", "/api/v1/session", login)
                .await
                .status,
            401
        );
        seen.push((who, made));
    }
    let place = |answer: crate::desk::Answer| {
        let items = answer.json()["items"].as_array().expect("items").clone();
        let of = |entry: &Value| (entry["seq"].as_u64().expect("seq"), entry["action"].clone());
        items.iter().map(of).collect::<Vec<_>>()
    };
    let (first, second) = (&seen[0].0, &seen[1].0);
    let (create, open) = (json!("user.create"), json!("session.open"));
    assert_eq!(
        place(desk.get(first, "/api/v1/audit").await),
        [(2, open.clone()), (1, create.clone())]
    );
    assert_eq!(
        place(desk.get(second, "/api/v1/audit").await),
        [(4, open), (3, create)]
    );
    for (who, own, other, name) in [(first, 1, 3, "bela"), (second, 3, 1, "asha")] {
        assert_eq!(desk.get(who, &format!("/api/v1/audit/{own}")).await.status, 200);
        let hidden = desk.get(who, &format!("/api/v1/audit/{other}")).await;
        assert_eq!(hidden.problem(), "AUDIT_ENTRY_UNKNOWN");
        let export = desk.get(who, "/api/v1/audit/export").await;
        let text = String::from_utf8(export.body).expect("text");
        assert!(!text.is_empty() && !text.contains(name), "{text}");
    }
    for (method, path) in [
        ("GET", "/api/v1/audit/verify"),
        ("GET", "/api/v1/retention"),
        ("POST", "/api/v1/retention/enforce"),
    ] {
        assert_eq!(
            desk.call(second, method, path, Value::Null).await.status,
            403,
            "{path}"
        );
        assert_eq!(
            desk.call(first, method, path, Value::Null).await.status,
            200,
            "{path}"
        );
    }
}

/// Whoever has the export alone can compute the chain.
fn recomputed(lines: &[Value]) {
    let mut head = audit::Head::default();
    for line in lines {
        let text = |name: &str| line[name].as_str().expect("text").to_owned();
        let row = audit::AuditRow {
            org: text("org").parse().expect("id"),
            ts: UnixNanos(line["ts"].as_u64().expect("ns")),
            actor: text("actor"),
            action: text("action"),
            subject: text("subject"),
            outcome: text("outcome"),
            ip: text("ip"),
            correlation_id: text("correlation_id"),
            detail: text("detail"),
            person: text("person"),
            personal: text("personal"),
        };
        head = head.next(&row);
        assert_eq!(head.hash.text(), text("hash"), "row {}", line["seq"]);
    }
}

#[tokio::test]
async fn a_checkpoint_of_another_key_does_not_hold() {
    let (desk, folder) = desk_with_files().await;
    desk.state.audit.append(plain(&desk, 1)).await.expect("appended");
    let signed = desk.state.audit.checkpoint().await.expect("signed").expect("one");
    assert_eq!(
        desk.state.audit.checkpoint().await.expect("the same"),
        Some(signed.clone())
    );
    assert_eq!(
        CheckpointFile::of(folder.path()).all().expect("read").len(),
        1,
        "nothing new, nothing written"
    );
    // A stranger's log has a key of its own, and its checkpoints are not ours.
    let (stranger, _strange_folder) = desk_with_files().await;
    stranger
        .state
        .audit
        .append(plain(&stranger, 1))
        .await
        .expect("appended");
    let strange = stranger
        .state
        .audit
        .checkpoint()
        .await
        .expect("signed")
        .expect("one");
    let found = verify(&desk.db, Some(folder.path()), vec![strange], None)
        .await
        .expect("looked over");
    let what = found.walked.first_bad.expect("refused").what;
    assert!(what.contains("signature"), "{what}");
    // A new key in the database is refused: the one beside it is trusted.
    run(&desk, "DELETE FROM audit_keys").await;
    desk.state.audit.append(plain(&desk, 2)).await.expect("appended");
    assert!(
        desk.state.audit.checkpoint().await.is_err(),
        "signed with a key that nobody trusts"
    );
}

#[tokio::test]
async fn a_log_that_was_written_anew_or_cut_off_is_not_signed_again() {
    let (desk, folder) = desk_with_files().await;
    let file = CheckpointFile::of(folder.path());
    let (log, mut signed) = (desk.state.audit.clone(), 0);
    for number in 1..=10 {
        log.append(plain(&desk, number)).await.expect("appended");
        log.checkpoint()
            .await
            .expect("signed")
            .expect("something to sign");
        signed += 1;
    }
    run(&desk, "CREATE TABLE audit_kept AS SELECT * FROM audit").await;
    let is_not_signed = async |what: &str, expected: &str| {
        for _ in 0..2 {
            let refused = log.checkpoint().await.expect_err(what);
            assert!(refused.detail.contains(expected), "{what}: {}", refused.detail);
        }
        assert_eq!(file.all().expect("read").len(), signed, "{what}");
        assert!(!looked_over(&desk).await.walked.is_intact(), "{what}");
    };
    let back = "BEGIN; DELETE FROM audit; INSERT INTO audit SELECT * FROM audit_kept; COMMIT";

    // Somebody who knows how the chain is made, and has the database alone.
    run(&desk, "UPDATE audit SET outcome = 'OK!' WHERE seq = 5").await;
    rehash(&desk, 5).await;
    is_not_signed("written anew", "another hash than a checkpoint says").await;
    log.append(plain(&desk, 11)).await.expect("appended");
    is_not_signed("written anew and gone on", "another hash than a checkpoint says").await;
    run(&desk, back).await;
    assert!(log.checkpoint().await.is_ok(), "it is what was signed again");

    run(&desk, "DELETE FROM audit WHERE seq > 7").await;
    is_not_signed("cut off", "a checkpoint names the row, and it is not there").await;
    for number in 8..=12 {
        log.append(plain(&desk, 100 + number)).await.expect("appended");
    }
    is_not_signed("cut off and gone on", "another hash").await;
    run(&desk, "DELETE FROM audit").await;
    is_not_signed("emptied", "it is not there").await;
    run(&desk, back).await;

    // What came after the newest checkpoint has to go on from it.
    for number in 11..=13 {
        log.append(plain(&desk, number)).await.expect("appended");
    }
    run(&desk, "UPDATE audit SET subject = 'another' WHERE seq = 12").await;
    is_not_signed("changed behind the newest checkpoint", "entry 12").await;
}

#[tokio::test]
async fn an_entry_that_was_begun_is_appended_although_whoever_asked_has_gone() {
    let (desk, _folder) = desk_with_files().await;
    let log = desk.state.audit.clone();
    let append = log.append(plain(&desk, 1));
    assert!(
        futures_util::FutureExt::now_or_never(append).is_none(),
        "it was dropped in the middle"
    );
    log.settled().await;
    assert_eq!(audit::head(&desk.db).await.expect("head").seq, 1);
}

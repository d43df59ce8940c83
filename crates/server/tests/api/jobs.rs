//! The one list of work behind requests: whose is whose, pages, filters, stopping.

use serde_json::{Value, json};
use tradewind_store::identity::audit;
use tradewind_types::UserId;
use tradewind_wire::{JobKind, Role, Scope};

use crate::backtests::{FILE, config, put, waves};
use crate::desk::{As, BTC, Desk};

const JOBS: &str = "/api/v1/jobs";

/// A sweep that takes a while.
async fn sweep(desk: &Desk, who: &As) -> String {
    put(desk, who, FILE, &waves(2_000)).await;
    let grid = "fast = { from = 3, to = 42, step = 1 }\nslow = { from = 45, to = 345, step = 3 }";
    let body = json!({"kind": "SWEEP", "config": config(""), "grid": grid});
    let asked = desk.call(who, "POST", "/api/v1/backtests", body).await;
    assert_eq!(asked.status, 202, "{}", asked.json());
    asked.json()["id"].as_str().expect("an id").to_owned()
}

async fn ids(desk: &Desk, who: &As, query: &str) -> Vec<String> {
    let page = desk.get(who, &format!("{JOBS}{query}")).await;
    assert_eq!(page.status, 200, "{}", page.json());
    let page = page.json();
    let items = page["items"].as_array().expect("items");
    items
        .iter()
        .map(|job| job["id"].as_str().expect("an id").to_owned())
        .collect()
}

async fn audited(desk: &Desk, action: &str) -> Vec<String> {
    let rows = audit::list(&desk.db, 0, 1_000).await.expect("audit");
    let rows = rows.iter().map(|(_, row)| row);
    rows.filter(|row| row.action == action)
        .map(|row| format!("{} {}", row.actor, row.subject))
        .collect()
}

#[tokio::test]
async fn a_job_shows_to_its_owner_and_to_administrators_of_the_organisation_and_to_nobody_else() {
    let desk = Desk::open().await;
    let house = desk.state.config.org.clone();
    let rival = desk.organisation("rival").await;
    let ana = desk.person_of(&house, "ana", Role::Analyst).await;
    let ben = desk.person_of(&house, "ben", Role::Trader).await;
    let adele = desk.person_of(&house, "adele", Role::Admin).await;
    let foe = desk.person_of(&rival, "foe", Role::SuperAdmin).await;
    let session = async |user: &UserId| desk.session(user).await;
    let (ana, ben, boss, foe) = (
        session(&ana).await,
        session(&ben).await,
        session(&adele).await,
        session(&foe).await,
    );
    // The program's own work belongs to the installation.
    let own = desk.state.tasks.begin(JobKind::Compaction, "memory", None);
    let id = sweep(&desk, &ana).await;
    assert_eq!(ids(&desk, &ana, "").await, std::slice::from_ref(&id));
    let all = ids(&desk, &boss, "").await;
    assert!(all.len() == 2 && all.contains(&id) && all.contains(&own.id().to_owned()));
    assert!(ids(&desk, &ben, "").await.is_empty() && ids(&desk, &foe, "").await.is_empty());

    let path = format!("{JOBS}/{id}");
    for who in [&ben, &foe] {
        assert_eq!(desk.get(who, &path).await.problem(), "JOB_UNKNOWN");
        let stop = desk
            .call(who, "POST", &format!("{path}/cancel"), Value::Null)
            .await;
        assert_eq!(
            (stop.status.as_u16(), stop.problem()),
            (404, "JOB_UNKNOWN".to_owned())
        );
    }
    let seen = desk.get(&boss, &path).await.json();
    assert_eq!(seen["owner"]["display_name"], "ana");
    assert_eq!((&seen["kind"], &seen["name"]), (&"SWEEP".into(), &"waves".into()));
    assert_eq!(seen["cancelable"], true, "{seen}");

    // A key sees what its scopes and accounts let it: everybody's is an administrator's.
    let reading = desk.key(&adele, &[Scope::Read], None).await;
    assert!(ids(&desk, &reading, "").await.is_empty());
    let limited = desk
        .key(
            &adele,
            &[Scope::Read, Scope::Admin],
            Some(vec!["a1".parse().expect("id")]),
        )
        .await;
    assert!(ids(&desk, &limited, "").await.is_empty());

    let stop = desk
        .call(&boss, "POST", &format!("{path}/cancel"), Value::Null)
        .await;
    assert_eq!(stop.status, 202, "{}", stop.json());
    for _ in 0..900 {
        if desk.get(&ana, &path).await.json()["state"] == "CANCELED" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let job = desk.get(&ana, &path).await.json();
    assert_eq!(
        (&job["state"], &job["cancelable"]),
        (&"CANCELED".into(), &false.into())
    );
    let again = desk
        .call(&ana, "POST", &format!("{path}/cancel"), Value::Null)
        .await;
    assert_eq!(again.problem(), "JOB_STATE");
    let whole = format!("{JOBS}/{}/cancel", own.id());
    let refused = desk.call(&boss, "POST", &whole, Value::Null).await;
    assert_eq!(
        (refused.status.as_u16(), refused.problem()),
        (409, "JOB_STATE".to_owned())
    );
    own.complete("0 rows");
    assert_eq!(audited(&desk, "job.cancel").await, [format!("{adele} {id}")]);
}

#[tokio::test]
async fn jobs_come_in_pages_and_by_kind_and_state() {
    let desk = Desk::open().await;
    let boss = desk.person("boss", Role::Admin).await;
    let who = desk.session(&boss).await;
    let tasks = &desk.state.tasks;
    for n in 0..5 {
        desk.pass(std::time::Duration::from_secs(1)).await;
        let kind = if n % 2 == 0 {
            JobKind::Compaction
        } else {
            JobKind::Backfill
        };
        let task = tasks.begin(kind, &format!("no. {n}"), Some(&boss));
        match n {
            4 => task.fail("the venue did not answer"),
            _ => task.complete("done"),
        }
    }
    let who = match desk.get(&who, JOBS).await.status.as_u16() {
        200 => who,
        // The session was left alone for too long by the desk's clock.
        _ => desk.session(&boss).await,
    };
    let all = ids(&desk, &who, "").await;
    assert_eq!(all.len(), 5);
    let first = desk.get(&who, &format!("{JOBS}?limit=2")).await.json();
    assert_eq!(first["items"][0]["name"], "no. 4");
    assert_eq!(first["items"][0]["error"], "the venue did not answer");
    assert_eq!(first["items"][0]["owner"]["display_name"], "boss");
    let mut seen: Vec<String> = ids(&desk, &who, "?limit=2").await;
    let mut cursor = first["next_cursor"].as_str().map(str::to_owned);
    while let Some(next) = cursor {
        let page = desk
            .get(&who, &format!("{JOBS}?limit=2&cursor={next}"))
            .await
            .json();
        seen.extend(
            page["items"]
                .as_array()
                .expect("items")
                .iter()
                .filter_map(|job| job["id"].as_str().map(str::to_owned)),
        );
        cursor = page["next_cursor"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, all);
    assert_eq!(ids(&desk, &who, "?kind=BACKFILL").await.len(), 2);
    assert_eq!(ids(&desk, &who, "?state=FAILED").await, all[..1]);
    assert_eq!(ids(&desk, &who, "?kind=BACKFILL&state=FAILED").await.len(), 0);
    for (query, field) in [
        ("?kind=COFFEE", "kind:MALFORMED"),
        ("?state=DELETED", "state:MALFORMED"),
        ("?limit=0", "limit:OUT_OF_RANGE"),
        ("?cursor=mine", "cursor:MALFORMED"),
    ] {
        assert_eq!(desk.get(&who, &format!("{JOBS}{query}")).await.field(), field);
    }
    assert_eq!(
        desk.get(&who, &format!("{JOBS}/no-such")).await.problem(),
        "JOB_UNKNOWN"
    );
    assert_eq!(desk.get(&As::Nobody, JOBS).await.problem(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn what_is_done_to_the_catalogue_on_request_shows_as_a_job() {
    let desk = Desk::open().await;
    let boss = desk.person("boss", Role::Admin).await;
    let who = desk.session(&boss).await;
    let compact = desk
        .call(&who, "POST", "/api/v1/catalogue/compact", Value::Null)
        .await;
    assert_eq!(compact.status, 200, "{}", compact.json());
    let other = json!({"instrument": BTC, "interval": "5m"});
    let refused = desk.call(&who, "POST", "/api/v1/catalogue/backfill", other).await;
    assert_eq!(refused.problem(), "CATALOGUE_NO_HISTORY");
    let jobs = desk.get(&who, JOBS).await.json();
    let shown: Vec<(&str, &str)> = jobs["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|job| {
            (
                job["kind"].as_str().expect("kind"),
                job["state"].as_str().expect("state"),
            )
        })
        .collect();
    assert_eq!(shown, [("BACKFILL", "FAILED"), ("COMPACTION", "COMPLETE")]);
    assert_eq!(jobs["items"][1]["result"], "0 rows moved into files");
    assert_eq!(jobs["items"][0]["owner"]["id"], boss.as_str());
}

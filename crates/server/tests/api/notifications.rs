//! What one wants to be told of: each person's own, checked, by version.

use http::header;
use serde_json::{Value, json};
use tradewind_wire::Role;

use crate::desk::{Answer, As, Desk};

const MINE: &str = "/api/v1/me/notifications";

fn tag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().expect("text").to_owned()
}

async fn put(desk: &Desk, who: &As, based_on: &str, body: &Value) -> Answer {
    desk.with_header(who, ("PUT", MINE), (header::IF_MATCH, based_on), body)
        .await
}

fn quiet(from: &str, to: &str, zone: &str) -> Value {
    json!({"events": [{"event": "JOB_DONE", "toast": false, "desktop": true, "sound": true}],
        "strategies": true, "quiet": {"from": from, "to": to, "zone": zone}})
}

#[tokio::test]
async fn a_choice_is_ones_own_and_based_on_the_one_before() {
    let desk = Desk::open().await;
    let ana = desk.person("ana", Role::Trader).await;
    let ben = desk.person("ben", Role::Viewer).await;
    let (ana, ben) = (desk.session(&ana).await, desk.session(&ben).await);
    let first = desk.get(&ana, MINE).await;
    assert_eq!((first.status.as_u16(), tag(&first).as_str()), (200, "\"0\""));
    let events = first.json()["events"].as_array().expect("events").clone();
    assert_eq!(events.len(), 8);
    assert_eq!(
        events[0],
        json!({"event": "ORDER_FILLED", "toast": true, "desktop": false, "sound": false})
    );
    assert_eq!(first.json()["quiet"], Value::Null);

    let night = quiet("22:00", "07:00", "Asia/Kolkata");
    let chosen = put(&desk, &ana, "\"0\"", &night).await;
    assert_eq!(
        (chosen.status.as_u16(), tag(&chosen).as_str()),
        (200, "\"1\""),
        "{}",
        chosen.json()
    );
    let kept = chosen.json();
    assert_eq!(
        (&kept["quiet"], &kept["strategies"]),
        (&night["quiet"], &true.into())
    );
    // Every event is there, and what was left out is not told of.
    let events = kept["events"].as_array().expect("events");
    assert_eq!(events.len(), 8);
    assert_eq!(events[7], night["events"][0]);
    assert!(
        events[..7]
            .iter()
            .all(|e| e["toast"] == false && e["desktop"] == false && e["sound"] == false)
    );
    assert_eq!(desk.get(&ana, MINE).await.json(), kept);

    let stale = put(&desk, &ana, "\"0\"", &night).await;
    assert_eq!(
        (stale.status.as_u16(), stale.problem()),
        (412, "VERSION_CONFLICT".to_owned())
    );
    assert_eq!(put(&desk, &ana, "*", &night).await.status, 200);
    let without = desk.call(&ana, "PUT", MINE, night.clone()).await;
    assert_eq!(without.problem(), "PRECONDITION_MISSING");
    // Nobody else's is touched.
    assert_eq!(desk.get(&ben, MINE).await.json(), first.json());
}

#[tokio::test]
async fn what_is_wrong_is_told_by_field() {
    let desk = Desk::open().await;
    let ana = desk.person("ana", Role::Trader).await;
    let who = desk.session(&ana).await;
    let choice = json!({"event": "SYSTEM", "toast": true, "desktop": false, "sound": false});
    for (body, field) in [
        (quiet("24:00", "07:00", "UTC"), "quiet.from:MALFORMED"),
        (quiet("22:00", "7", "UTC"), "quiet.to:MALFORMED"),
        (quiet("22:00", "22:00", "UTC"), "quiet.to:OUT_OF_RANGE"),
        (quiet("22:00", "07:00", "Mars/Olympus"), "quiet.zone:UNKNOWN_ZONE"),
        (
            quiet("22:00", "07:00", "../../etc/passwd"),
            "quiet.zone:UNKNOWN_ZONE",
        ),
        (
            json!({"events": [choice, choice], "strategies": false, "quiet": null}),
            "events[1].event:TWICE",
        ),
    ] {
        assert_eq!(put(&desk, &who, "*", &body).await.field(), field);
    }
    for body in [
        json!({"events": [{"event": "COFFEE", "toast": true, "desktop": false, "sound": false}], "strategies": false, "quiet": null}),
        json!({"events": [], "strategies": "yes", "quiet": null}),
        json!({"events": [], "strategies": true, "quiet": null, "mail": true}),
    ] {
        assert_eq!(put(&desk, &who, "*", &body).await.problem(), "VALIDATION");
    }
    assert_eq!(tag(&desk.get(&who, MINE).await), "\"0\"", "nothing was kept");
    assert_eq!(desk.get(&As::Nobody, MINE).await.problem(), "UNAUTHENTICATED");
}

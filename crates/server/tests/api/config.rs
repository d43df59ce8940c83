//! The running configuration: shown without secrets, changed where it takes no restart, kept over one.

use http::header;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use tradewind_store::identity::audit;
use tradewind_store::settings;
use tradewind_wire::Role;

use crate::desk::{Answer, As, Desk};

const CONFIG: &str = "/api/v1/config";

async fn admin(desk: &Desk) -> As {
    let user = desk.person("adele", Role::Admin).await;
    desk.session(&user).await
}

fn tag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().expect("text").to_owned()
}

async fn patch(desk: &Desk, who: &As, based_on: &str, values: Value) -> Answer {
    let body = json!({ "values": values });
    desk.with_header(who, ("PATCH", CONFIG), (header::IF_MATCH, based_on), &body)
        .await
}

fn item<'a>(config: &'a Value, key: &str) -> &'a Value {
    let items = config["items"].as_array().expect("items");
    items.iter().find(|item| item["key"] == key).expect(key)
}

#[tokio::test]
async fn every_value_says_where_it_is_from_and_no_secret_is_shown() {
    let desk = Desk::open().await;
    let who = admin(&desk).await;
    let answer = desk.get(&who, CONFIG).await;
    assert_eq!(answer.status, 200);
    let text = String::from_utf8(answer.body.clone()).expect("text");
    assert!(!text.contains("hunter2"), "{text}");
    let config = answer.json();
    let url = item(&config, "store.url");
    assert_eq!(
        (&url["set"], &url["value"], &url["secret"]),
        (&true.into(), &Value::Null, &true.into())
    );
    assert_eq!(url["source"], "ENVIRONMENT");
    let listen = item(&config, "listen");
    assert_eq!(
        (&listen["value"], &listen["restart"]),
        (&"127.0.0.1:8787".into(), &true.into())
    );
    let read = item(&config, "limits.rates.read");
    assert_eq!(
        (&read["value"], &read["restart"]),
        (&"1000/min".into(), &false.into())
    );
    assert_eq!(item(&config, "log")["value"], "info");
    let keys: Vec<&str> = config["items"]
        .as_array()
        .expect("items")
        .iter()
        .filter_map(|i| i["key"].as_str())
        .collect();
    assert!(keys.is_sorted(), "{keys:?}");
    // Of the whole installation: no other role, no other organisation.
    let rival = desk.organisation("rival").await;
    let foe = desk.person_of(&rival, "foe", Role::SuperAdmin).await;
    let clerk = desk.person("clerk", Role::Compliance).await;
    for other in [desk.session(&foe).await, desk.session(&clerk).await] {
        assert_eq!(desk.get(&other, CONFIG).await.problem(), "FORBIDDEN");
        assert_eq!(
            patch(&desk, &other, "*", json!({"log": "debug"})).await.problem(),
            "FORBIDDEN"
        );
    }
}

#[tokio::test]
async fn a_change_holds_at_once_and_after_a_restart_and_is_taken_back() {
    let desk = Desk::with(|_| {}).await;
    let who = admin(&desk).await;
    let first = tag(&desk.get(&who, CONFIG).await);
    let limit = |answer: &Answer| {
        answer.headers["x-ratelimit-limit"]
            .to_str()
            .expect("text")
            .to_owned()
    };
    assert_eq!(limit(&desk.get(&who, CONFIG).await), "1000");

    let changed = patch(
        &desk,
        &who,
        &first,
        json!({"log": " debug ", "limits.rates.read": "700/min"}),
    )
    .await;
    assert_eq!(changed.status, 200, "{}", changed.json());
    let config = changed.json();
    let read = item(&config, "limits.rates.read");
    assert_eq!(
        (&read["value"], &read["configured"], &read["source"]),
        (&"700/min".into(), &"1000/min".into(), &"CHANGED".into())
    );
    assert_eq!(limit(&desk.get(&who, CONFIG).await), "700");
    assert_eq!(*desk.log.0.lock().expect("nobody panicked"), "debug");
    assert_eq!(tag(&desk.get(&who, CONFIG).await), tag(&changed));

    // What was read before holds no more.
    let stale = patch(&desk, &who, &first, json!({"log": "warn"})).await;
    assert_eq!(
        (stale.status.as_u16(), stale.problem()),
        (412, "VERSION_CONFLICT".to_owned())
    );
    desk.log.0.lock().expect("nobody panicked").clear();
    let router = desk.restarted().await;
    assert_eq!(
        *desk.log.0.lock().expect("nobody panicked"),
        "debug",
        "after the next start"
    );
    let request = desk.request(&who, "GET", CONFIG, None);
    let answer = router.oneshot(request).await.expect("an answer");
    assert_eq!(answer.headers()["x-ratelimit-limit"], "700");

    let back = patch(
        &desk,
        &who,
        &tag(&changed),
        json!({"limits.rates.read": null, "log": null}),
    )
    .await;
    assert_eq!(back.status, 200);
    assert_eq!(item(&back.json(), "limits.rates.read")["source"], "DEFAULT");
    assert_eq!(tag(&back), first);
    assert_eq!(*desk.log.0.lock().expect("nobody panicked"), "info");
    assert_eq!(limit(&desk.get(&who, CONFIG).await), "1000");
    assert!(settings::all(&desk.db).await.expect("read").is_empty());

    let rows = audit::list(&desk.db, 0, 1_000).await.expect("audit");
    let noted: Vec<Value> = rows
        .iter()
        .filter(|(_, row)| row.action == "config.change")
        .map(|(_, row)| serde_json::from_str(&row.detail).expect("JSON"))
        .collect();
    assert_eq!(noted.len(), 2);
    assert_eq!(
        noted[0],
        json!({"before": {}, "after": {"limits.rates.read": "700/min", "log": "debug"}})
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_value_is_told_by_its_key_and_nothing_is_changed() {
    let desk = Desk::open().await;
    let who = admin(&desk).await;
    for (values, field) in [
        (json!({"log": "loud"}), "values.log:MALFORMED"),
        (
            json!({"limits.rates.read": "many"}),
            "values.limits.rates.read:MALFORMED",
        ),
        (
            json!({"limits.rates.admin": "1/h"}),
            "values.limits.rates.admin:MALFORMED",
        ),
        (json!({"listen": "0.0.0.0:80"}), "values.listen:NOT_CHANGEABLE"),
        (json!({"listen": null}), "values.listen:NOT_CHANGEABLE"),
        (
            json!({"store.url": "postgres://mine"}),
            "values.store.url:NOT_CHANGEABLE",
        ),
        (
            json!({"limits.rates.coffee": "5/s"}),
            "values.limits.rates.coffee:UNKNOWN_SETTING",
        ),
        (json!({"": "x"}), "values.:UNKNOWN_SETTING"),
    ] {
        let together = json!({"log": "debug"});
        let mut values = values;
        if let (Value::Object(all), Value::Object(more)) = (&mut values, together) {
            more.into_iter().for_each(|(key, value)| {
                all.entry(key).or_insert(value);
            });
        }
        let refused = patch(&desk, &who, "*", values).await;
        assert_eq!(refused.field(), field);
    }
    assert!(settings::all(&desk.db).await.expect("read").is_empty());
    let body = json!({"values": {"log": "debug"}});
    let without = desk.call(&who, "PATCH", CONFIG, body).await;
    assert_eq!(without.problem(), "PRECONDITION_MISSING");
    for body in [json!({"log": "debug"}), json!({"values": {"log": 5}}), json!([])] {
        let refused = desk
            .with_header(&who, ("PATCH", CONFIG), (header::IF_MATCH, "*"), &body)
            .await;
        assert_eq!(refused.problem(), "VALIDATION");
    }
}

#[tokio::test]
async fn of_two_changes_of_one_state_one_is_told_to_read_again() {
    let desk = Desk::open().await;
    let who = admin(&desk).await;
    let based_on = tag(&desk.get(&who, CONFIG).await);
    let (a, b) = tokio::join!(
        patch(&desk, &who, &based_on, json!({"log": "debug"})),
        patch(&desk, &who, &based_on, json!({"log": "warn"})),
    );
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    let kept = settings::all(&desk.db).await.expect("read");
    assert_eq!(
        kept.get("log"),
        Some(&*desk.log.0.lock().expect("nobody panicked"))
    );
}

#[tokio::test]
async fn a_stored_setting_that_is_not_understood_is_left_out_at_the_start() {
    let desk = Desk::open().await;
    for (name, value) in [("log", "loud"), ("gone", "1"), ("limits.rates.read", "700/min")] {
        let stored = settings::change(&desk.db, desk.state.clock.now(), |before| {
            let mut after = before.clone();
            after.insert(name.to_owned(), value.to_owned());
            Ok::<_, ()>(after)
        });
        stored.await.expect("stored").expect("decided");
    }
    let who = admin(&desk).await;
    let router = desk.restarted().await;
    let ask = async |request: http::Request<axum::body::Body>| {
        let answer = router.clone().oneshot(request).await.expect("an answer");
        let (status, tag) = (
            answer.status().as_u16(),
            answer.headers().get(header::ETAG).cloned(),
        );
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20)
            .await
            .expect("a body");
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        (status, tag, body)
    };
    let (status, tag, config) = ask(desk.request(&who, "GET", CONFIG, None)).await;
    assert_eq!(status, 200);
    assert_eq!(item(&config, "log")["value"], "info");
    assert_eq!(item(&config, "limits.rates.read")["value"], "700/min");
    // What was read is what a change is based on, and nothing that was left out holds after it.
    for based_on in [tag.expect("a tag"), "*".parse().expect("a header")] {
        let body = json!({"values": {"limits.rates.write": "60/min"}});
        let mut request = desk.request(&who, "PATCH", CONFIG, Some(&body));
        request.headers_mut().insert(header::IF_MATCH, based_on);
        let (status, _, config) = ask(request).await;
        assert_eq!(status, 200, "{config}");
        assert_eq!(item(&config, "limits.rates.write")["value"], "60/min");
        assert_eq!(item(&config, "log")["value"], "info");
        assert_eq!(*desk.log.0.lock().expect("nobody panicked"), "info");
    }
    let stored = settings::all(&desk.db).await.expect("read");
    assert_eq!(
        stored.get("gone").map(String::as_str),
        Some("1"),
        "it stays stored"
    );
}

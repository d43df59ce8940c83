//! Drawings and templates: each person's own, bounded, and never overwritten unseen.

use http::header;
use serde_json::{Value, json};
use tradewind_wire::{Role, Scope};

use crate::desk::{Answer, As, BTC, Desk};

fn line() -> Value {
    json!({
        "instrument": BTC, "kind": "TREND_LINE",
        "points": [{"time": "2026-11-22T09:00:00.5Z", "price": "100.50"}, {"time": "2026-11-22T10:00:00Z", "price": "101"}],
        "style": {"color": "series-3", "width": 2},
    })
}

/// A drawing without what only a new one says.
fn change(width: u8) -> Value {
    let mut body = line();
    body["style"]["width"] = width.into();
    body.as_object_mut().expect("an object").remove("instrument");
    body
}

async fn people(desk: &Desk) -> (As, As) {
    let asha = desk.person("asha", Role::Trader).await;
    let bela = desk.person("bela", Role::Trader).await;
    (desk.session(&asha).await, desk.session(&bela).await)
}

async fn draw(desk: &Desk, who: &As) -> Value {
    let made = desk.call(who, "POST", "/api/v1/chart/drawings", line()).await;
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    made.json()
}

async fn drawings(desk: &Desk, who: &As, instrument: &str) -> Vec<Value> {
    let path = format!("/api/v1/chart/drawings?instrument={instrument}");
    desk.get(who, &path).await.json()["drawings"]
        .as_array()
        .expect("a list")
        .clone()
}

async fn with_tag(desk: &Desk, who: &As, path: &str, tag: &str, body: &Value) -> Answer {
    let mut request = desk.request(who, "PUT", path, Some(body));
    request
        .headers_mut()
        .insert(header::IF_MATCH, tag.parse().expect("a header"));
    desk.send(request).await
}

#[tokio::test]
async fn a_drawing_is_kept_changed_and_deleted_by_whose_it_is() {
    let desk = Desk::open().await;
    let (asha, _) = people(&desk).await;
    let made = draw(&desk, &asha).await;
    assert_eq!(
        (&made["version"], &made["kind"], &made["instrument"]),
        (&1.into(), &"TREND_LINE".into(), &BTC.into())
    );
    assert_eq!(
        made["points"][0],
        json!({"time": "2026-11-22T09:00:00.5Z", "price": "100.5"})
    );
    assert_eq!(made["style"], json!({"color": "series-3", "width": 2}));
    assert_eq!(drawings(&desk, &asha, BTC).await, std::slice::from_ref(&made));
    assert!(drawings(&desk, &asha, "ETH-USD.COINBASE").await.is_empty());

    // As the first release stored it.
    let old = made["id"].as_str().expect("id").to_owned();
    let text = "UPDATE chart_drawings SET content = replace(content, 'TREND_LINE', 'trend_line') WHERE drawing_id = $1";
    let done = tradewind_store::sql::query(text)
        .bind(old)
        .execute(&desk.state.store)
        .await;
    assert_eq!(done.expect("changed"), 1);
    assert_eq!(drawings(&desk, &asha, BTC).await, std::slice::from_ref(&made));

    let path = format!("/api/v1/chart/drawings/{}", made["id"].as_str().expect("id"));
    desk.clock.advance(std::time::Duration::from_secs(1));
    let changed = with_tag(&desk, &asha, &path, "\"1\"", &change(5)).await;
    assert_eq!(
        (changed.status.as_u16(), &changed.headers["etag"]),
        (200, &"\"2\"".parse().expect("a tag"))
    );
    let changed = changed.json();
    assert_eq!(
        (&changed["version"], &changed["style"]["width"]),
        (&2.into(), &5.into())
    );
    assert_eq!(changed["created_at"], made["created_at"]);
    assert_ne!(changed["updated_at"], made["updated_at"]);
    // A change that is based on what is no more changes nothing.
    for (tag, status) in [("\"1\"", 412), ("\"3\"", 412), ("two", 412)] {
        let stale = with_tag(&desk, &asha, &path, tag, &change(9)).await;
        assert_eq!(
            (stale.status.as_u16(), stale.problem().as_str()),
            (status, "VERSION_CONFLICT"),
            "{tag}"
        );
    }
    let blind = desk.call(&asha, "PUT", &path, change(9)).await;
    assert_eq!(
        (blind.status.as_u16(), blind.problem().as_str()),
        (428, "PRECONDITION_MISSING")
    );
    assert_eq!(drawings(&desk, &asha, BTC).await, [changed]);

    assert_eq!(desk.call(&asha, "DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(
        desk.call(&asha, "DELETE", &path, Value::Null).await.problem(),
        "DRAWING_UNKNOWN"
    );
    let gone = with_tag(&desk, &asha, &path, "\"2\"", &change(9)).await;
    assert_eq!(gone.problem(), "DRAWING_UNKNOWN");
    assert!(drawings(&desk, &asha, BTC).await.is_empty());
}

#[tokio::test]
async fn nobody_reaches_anothers_drawings_and_templates() {
    let desk = Desk::open().await;
    let (asha, bela) = people(&desk).await;
    let made = draw(&desk, &asha).await;
    let path = format!("/api/v1/chart/drawings/{}", made["id"].as_str().expect("id"));
    let template = json!({"content": {"indicators": [{"id": "RSI_14"}]}});
    let saved = desk
        .call(&asha, "PUT", "/api/v1/chart/templates/mine", template.clone())
        .await;
    assert_eq!(saved.status, 200, "{}", String::from_utf8_lossy(&saved.body));
    let root = desk.person("root", Role::SuperAdmin).await;
    for other in [bela, desk.session(&root).await] {
        assert!(drawings(&desk, &other, BTC).await.is_empty());
        assert_eq!(
            with_tag(&desk, &other, &path, "\"1\"", &change(1))
                .await
                .problem(),
            "DRAWING_UNKNOWN"
        );
        assert_eq!(
            desk.call(&other, "DELETE", &path, Value::Null).await.problem(),
            "DRAWING_UNKNOWN"
        );
        assert_eq!(
            desk.get(&other, "/api/v1/chart/templates").await.json(),
            json!({"templates": []})
        );
        let deleted = desk
            .call(&other, "DELETE", "/api/v1/chart/templates/mine", Value::Null)
            .await;
        assert_eq!(deleted.problem(), "TEMPLATE_UNKNOWN");
        // Of the same name, and another one.
        let own = desk
            .call(
                &other,
                "PUT",
                "/api/v1/chart/templates/mine",
                json!({"content": {"indicators": []}}),
            )
            .await;
        assert_eq!((own.status.as_u16(), &own.json()["version"]), (200, &1.into()));
    }
    assert_eq!(drawings(&desk, &asha, BTC).await, [made]);
    let kept = desk.get(&asha, "/api/v1/chart/templates").await.json();
    assert_eq!(
        (&kept["templates"][0]["content"], &kept["templates"][0]["version"]),
        (&template["content"], &1.into())
    );
    // A key that may read does not draw.
    let key = desk
        .key(&"u-asha".parse().expect("id"), &[Scope::Read], None)
        .await;
    assert_eq!(drawings(&desk, &key, BTC).await.len(), 1);
    assert_eq!(
        desk.call(&key, "POST", "/api/v1/chart/drawings", line())
            .await
            .problem(),
        "FORBIDDEN"
    );
}

#[tokio::test]
async fn a_drawing_that_cannot_be_is_refused_by_its_field() {
    let desk = Desk::open().await;
    let (asha, _) = people(&desk).await;
    let with = |name: &str, value: Value| {
        let mut body = line();
        body[name] = value;
        body
    };
    let point = json!({"time": "2026-11-22T09:00:00Z", "price": "1"});
    for (body, field) in [
        (
            with("instrument", "NOPE.COINBASE".into()),
            "instrument:UNKNOWN_INSTRUMENT",
        ),
        (
            with("instrument", "nonsense".into()),
            "instrument:UNKNOWN_INSTRUMENT",
        ),
        (with("kind", "circle".into()), "kind:MALFORMED"),
        (with("kind", "HORIZONTAL_LINE".into()), "points:OUT_OF_RANGE"),
        (with("points", json!([point])), "points:OUT_OF_RANGE"),
        (
            with("points", json!([point, {"time": "now", "price": "1"}])),
            "points[1].time:MALFORMED",
        ),
        (
            with(
                "points",
                json!([point, {"time": "2026-11-22T09:00:00Z", "price": "NaN"}]),
            ),
            "points[1].price:MALFORMED",
        ),
        (with("style", json!({"width": 11})), "style.width:OUT_OF_RANGE"),
        (with("style", json!({"color": "url(x)"})), "style.color:MALFORMED"),
        (
            with("style", json!({"text": "x".repeat(501)})),
            "style.text:OUT_OF_RANGE",
        ),
        (with("style", json!({"font": "x"})), "style.font:UNKNOWN_FIELD"),
    ] {
        let answer = desk
            .call(&asha, "POST", "/api/v1/chart/drawings", body.clone())
            .await;
        assert_eq!(answer.field(), field, "{body}");
    }
    assert_eq!(
        desk.get(&asha, "/api/v1/chart/drawings?instrument=x")
            .await
            .field(),
        "instrument:UNKNOWN_INSTRUMENT"
    );
    assert!(drawings(&desk, &asha, BTC).await.is_empty());
}

#[tokio::test]
async fn there_is_room_for_five_hundred_drawings_on_an_instrument() {
    let desk = Desk::open().await;
    let (asha, bela) = people(&desk).await;
    for _ in 0..500 {
        draw(&desk, &asha).await;
    }
    let full = desk.call(&asha, "POST", "/api/v1/chart/drawings", line()).await;
    assert_eq!(
        (full.status.as_u16(), full.problem().as_str()),
        (409, "CHART_LIMIT")
    );
    assert_eq!(drawings(&desk, &asha, BTC).await.len(), 500);
    // Elsewhere, and for others, there is.
    let mut elsewhere = line();
    elsewhere["instrument"] = "ETH-USD.COINBASE".into();
    assert_eq!(
        desk.call(&asha, "POST", "/api/v1/chart/drawings", elsewhere)
            .await
            .status,
        201
    );
    draw(&desk, &bela).await;
}

#[tokio::test]
async fn a_template_is_saved_replaced_and_deleted_by_its_name() {
    let desk = Desk::open().await;
    let (asha, _) = people(&desk).await;
    let path = "/api/v1/chart/templates/My%20scalping%2F1";
    let content = json!({
        "indicators": [{"id": "RSI_14", "pane": 1, "colors": ["series-2"], "interval": "1h"}, {"id": "MACD"}],
        "interval": "5m",
    });
    let first = desk
        .call(&asha, "PUT", path, json!({"content": content}))
        .await
        .json();
    assert_eq!(
        (&first["name"], &first["version"], &first["content"]),
        (&"My scalping/1".into(), &1.into(), &content)
    );
    let second = desk
        .call(&asha, "PUT", path, json!({"content": {"indicators": []}}))
        .await
        .json();
    assert_eq!((&second["version"], &second["id"]), (&2.into(), &first["id"]));
    let stale = with_tag(&desk, &asha, path, "\"1\"", &json!({"content": content})).await;
    assert_eq!(stale.problem(), "VERSION_CONFLICT");
    let third = with_tag(&desk, &asha, path, "\"2\"", &json!({"content": content}))
        .await
        .json();
    assert_eq!((&third["version"], &third["content"]), (&3.into(), &content));
    desk.call(
        &asha,
        "PUT",
        "/api/v1/chart/templates/Another",
        json!({"content": {"indicators": []}}),
    )
    .await;
    let all = desk.get(&asha, "/api/v1/chart/templates").await.json();
    let names: Vec<&str> = all["templates"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|t| t["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(names, ["Another", "My scalping/1"]);
    assert_eq!(desk.call(&asha, "DELETE", path, Value::Null).await.status, 204);
    assert_eq!(
        desk.call(&asha, "DELETE", path, Value::Null).await.problem(),
        "TEMPLATE_UNKNOWN"
    );
}

#[tokio::test]
async fn a_template_that_cannot_be_is_refused_and_there_are_a_hundred_at_most() {
    let desk = Desk::open().await;
    let (asha, _) = people(&desk).await;
    let put = |name: String, content: Value| {
        let (desk, asha) = (&desk, &asha);
        async move {
            let path = format!("/api/v1/chart/templates/{name}");
            desk.call(asha, "PUT", &path, json!({"content": content})).await
        }
    };
    let rsi = json!({"id": "RSI_14"});
    for (content, field) in [
        (
            json!({"indicators": [rsi, {"id": "NOPE"}]}),
            "content.indicators[1].id:MALFORMED",
        ),
        (
            json!({"indicators": [{"id": "RSI_0"}]}),
            "content.indicators[0].id:MALFORMED",
        ),
        (
            json!({"indicators": [], "interval": "7m"}),
            "content.interval:MALFORMED",
        ),
        (
            json!({"indicators": [{"id": "RSI", "interval": "x"}]}),
            "content.indicators[0].interval:MALFORMED",
        ),
        (
            json!({"indicators": [{"id": "RSI", "colors": ["a b"]}]}),
            "content.indicators[0].colors:MALFORMED",
        ),
        (
            json!({"indicators": [{"id": "RSI", "colors": vec!["a"; 13]}]}),
            "content.indicators[0].colors:OUT_OF_RANGE",
        ),
        (
            json!({"indicators": vec![rsi.clone(); 51]}),
            "content.indicators:OUT_OF_RANGE",
        ),
        (json!({}), "content.indicators:MISSING"),
    ] {
        assert_eq!(
            put("t".to_owned(), content.clone()).await.field(),
            field,
            "{content}"
        );
    }
    let long = put("x".repeat(65), json!({"indicators": []})).await;
    assert_eq!(long.field(), "name:MALFORMED");
    for n in 0..100 {
        assert_eq!(put(format!("t{n}"), json!({"indicators": []})).await.status, 200);
    }
    let full = put("one-more".to_owned(), json!({"indicators": []})).await;
    assert_eq!(
        (full.status.as_u16(), full.problem().as_str()),
        (409, "CHART_LIMIT")
    );
    // Replacing needs no room.
    assert_eq!(
        put("t7".to_owned(), json!({"indicators": [rsi]})).await.json()["version"],
        2
    );
}

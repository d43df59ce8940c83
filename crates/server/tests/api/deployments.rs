//! Deploying strategies and checking scripts, through the API.

use serde_json::{Value, json};

use crate::desk::{BTC, Desk, trading};

const CROSS: &str = include_str!("../../../../examples/scripts/ema_cross.rhai");

#[tokio::test]
async fn a_script_is_checked_deployed_replaced_switched_and_removed() {
    let desk = Desk::open().await;
    let (who, account) = trading(&desk).await;
    let checked = desk
        .call(&who, "POST", "/api/v1/scripts/check", json!({"script": CROSS}))
        .await;
    assert_eq!(checked.json()["indicators"], json!(["EMA_10", "EMA_20"]));
    let digest = checked.json()["sha256"].clone();

    let list = format!("/api/v1/accounts/{account}/strategies");
    let one = format!("{list}/mine");
    let body = |fast: u32| json!({"strategy": "mine", "script": CROSS, "parameters": {"fast": fast}, "instruments": [BTC], "interval": "1m"});
    let first = desk.call(&who, "POST", &list, body(5)).await.json();
    assert_eq!(
        (&first["status"], &first["interval"]),
        (&"RUNNING".into(), &"1m".into())
    );
    assert_eq!(first["deployment"]["sha256"], digest);
    assert_eq!(first["deployment"]["version"], 1);
    let second = desk.call(&who, "POST", &list, body(6)).await.json();
    assert_eq!(second["deployment"]["version"], 2);
    assert_eq!(second["deployment"]["parameters"], json!({"fast": "6"}));
    assert_eq!(desk.get(&who, &one).await.json()["deployment"]["script"], CROSS);
    let all = desk.get(&who, &list).await.json();
    let mine = all["items"]
        .as_array()
        .and_then(|items| items.last())
        .expect("listed")
        .clone();
    assert_eq!(
        (&mine["strategy"], &mine["deployment"]["script"]),
        (&"mine".into(), &Value::Null)
    );
    let off = desk
        .call(&who, "PATCH", &one, json!({"enabled": false}))
        .await
        .json();
    assert_eq!(off["status"], "STOPPED");
    let gone = desk.call(&who, "DELETE", &one, Value::Null).await;
    assert_eq!(gone.status, 204);
    assert_eq!(desk.get(&who, &one).await.problem(), "STRATEGY_UNKNOWN");
}

#[tokio::test]
async fn what_cannot_run_is_refused_with_the_place() {
    let desk = Desk::open().await;
    let (who, account) = trading(&desk).await;
    let broken = "fn init() { #{} }\nfn on_bar(ctx) { let = 3; }";
    let checked = desk
        .call(&who, "POST", "/api/v1/scripts/check", json!({"script": broken}))
        .await;
    assert_eq!(checked.problem(), "VALIDATION");
    let said = checked.json()["errors"][0]["message"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(said.starts_with("line 2, column"), "{said}");
    let list = format!("/api/v1/accounts/{account}/strategies");
    for (body, field) in [
        (
            json!({"strategy": "x", "script": broken, "instruments": [BTC], "interval": "1m"}),
            "script",
        ),
        (
            json!({"strategy": "x", "instruments": [BTC], "interval": "1m"}),
            "name",
        ),
        (
            json!({"strategy": "x", "name": "nope", "instruments": [BTC], "interval": "1m"}),
            "name",
        ),
        (
            json!({"strategy": "x", "name": "ema_cross", "instruments": [BTC], "interval": "1x"}),
            "interval",
        ),
        (
            json!({"strategy": "combined", "name": "ema_cross", "instruments": [BTC], "interval": "1m"}),
            "strategy",
        ),
    ] {
        let refused = desk.call(&who, "POST", &list, body).await;
        assert_eq!(refused.problem(), "VALIDATION");
        assert_eq!(refused.json()["errors"][0]["field"], field);
    }
}

#[tokio::test]
async fn the_registry_names_parameters_with_defaults_and_ranges() {
    let desk = Desk::open().await;
    let (who, _) = trading(&desk).await;
    let registry = desk.get(&who, "/api/v1/strategies/registry").await.json();
    let cross = &registry["items"][0];
    assert_eq!(
        (&cross["name"], &cross["slots"]),
        (&"ema_cross".into(), &1.into())
    );
    let fast = &cross["parameters"][0];
    assert_eq!((&fast["name"], &fast["default"]), (&"fast".into(), &"10".into()));
    assert!(fast["min"].is_string() && fast["max"].is_string());
}

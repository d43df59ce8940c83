//! Indicators on demand: the registry, one series, many at once.

use std::time::Duration;

use serde_json::{Value, json};
use tradewind_indicators::registry;

use crate::desk::{As, BTC, Desk, trading};

/// Closing prices of the bars that the tests make, in dollars.
fn price(n: i64) -> i64 {
    100 + (n * 7) % 11
}

/// A desk with so many bars of ten seconds.
async fn with_bars(count: i64) -> (Desk, As) {
    let desk = Desk::open().await;
    let (who, _) = trading(&desk).await;
    for n in 0..count {
        desk.clock.advance(Duration::from_secs(10));
        desk.quote(BTC, price(n), price(n) + 1).await;
    }
    (desk, who)
}

async fn closes(desk: &Desk, who: &As) -> (Vec<Value>, Vec<f64>) {
    let bars = desk
        .get(
            who,
            &format!("/api/v1/instruments/{BTC}/bars?interval=10s&limit=2000"),
        )
        .await
        .json();
    let bars = bars["bars"].as_array().expect("bars").clone();
    let close = |bar: &Value| bar["close"].as_str().expect("close").parse().expect("a number");
    (
        bars.iter().map(|bar| bar["ts"].clone()).collect(),
        bars.iter().map(close).collect(),
    )
}

fn numbers(values: &Value) -> Vec<Option<f64>> {
    values
        .as_array()
        .expect("values")
        .iter()
        .map(Value::as_f64)
        .collect()
}

#[tokio::test]
async fn the_registry_is_told_whole_with_parameters_outputs_and_places() {
    let desk = Desk::open().await;
    let (who, _) = trading(&desk).await;
    let all = desk.get(&who, "/api/v1/indicators").await.json();
    let all = all["indicators"].as_array().expect("a list");
    assert_eq!(all.len(), registry::all().count());
    let of = |name: &str| all.iter().find(|i| i["name"] == name).expect(name);
    let rsi = of("RSI");
    assert_eq!(
        (&rsi["group"], &rsi["overlay"]),
        (&"momentum".into(), &false.into())
    );
    assert_eq!(rsi["inputs"], json!(["close"]));
    let period = &rsi["parameters"][0];
    assert_eq!(
        (&period["name"], &period["kind"]),
        (&"period".into(), &"INT".into())
    );
    assert_eq!(period["default"].as_f64(), Some(14.0));
    assert_eq!(rsi["warm_up"], 15);
    let bands = of("BBANDS");
    assert_eq!(bands["overlay"], true);
    assert_eq!(bands["outputs"].as_array().map(Vec::len), Some(3));
    let parameters = bands["parameters"].as_array().expect("parameters");
    let average = parameters
        .iter()
        .find(|p| p["kind"] == "CHOICE")
        .expect("a kind of average");
    assert_eq!(average["choices"][1]["name"], "EMA");
    let names: std::collections::BTreeSet<&str> = all.iter().filter_map(|i| i["name"].as_str()).collect();
    assert_eq!(names.len(), all.len(), "a name stands twice");
}

#[tokio::test]
async fn values_are_those_of_the_bars_and_missing_where_there_are_not_enough() {
    let (desk, who) = with_bars(12).await;
    let (times, closes) = closes(&desk, &who).await;
    let path = format!("/api/v1/instruments/{BTC}/indicators/SMA_3?interval=10s");
    let all = desk.get(&who, &path).await.json();
    assert_eq!(
        (&all["indicator"], &all["interval"]),
        (&"SMA_3".into(), &"10s".into())
    );
    assert_eq!(all["times"].as_array().expect("times"), &times);
    let expected: Vec<Option<f64>> = (0..closes.len())
        .map(|at| {
            at.checked_sub(2)
                .map(|from| closes[from..=at].iter().sum::<f64>() / 3.0)
        })
        .collect();
    let values = numbers(&all["values"][0]);
    for (value, expected) in values.iter().zip(&expected) {
        match (value, expected) {
            (None, None) => {}
            (Some(value), Some(expected)) => assert!((value - expected).abs() < 1e-9, "{all}"),
            _ => panic!("{value:?} in place of {expected:?}"),
        }
    }
    assert_eq!(values.len(), expected.len());
    assert_eq!((&all["forming"], &all["since"]), (&true.into(), &times[0]));
    assert_eq!(
        (&all["state"], &all["simulated"]),
        (&"VALID".into(), &true.into())
    );
    // The current value, one some bars back, and a range, which needs no bars of its own to warm up.
    let last = values.len() - 1;
    let current = desk.get(&who, &format!("{path}&limit=1")).await.json();
    assert_eq!(numbers(&current["values"][0]), [values[last]]);
    let back = desk.get(&who, &format!("{path}&limit=1&offset=4")).await.json();
    assert_eq!(numbers(&back["values"][0]), [values[last - 4]]);
    assert_eq!(
        (&back["times"][0], &back["forming"]),
        (&times[last - 4], &false.into())
    );
    let (from, to) = (times[5].as_str().expect("ts"), times[8].as_str().expect("ts"));
    let range = desk
        .get(&who, &format!("{path}&from={from}&to={to}"))
        .await
        .json();
    assert_eq!(numbers(&range["values"][0]), &values[5..8]);
    // Nothing is there before the beginning.
    let none = desk
        .get(&who, &format!("{path}&limit=1&offset=2000"))
        .await
        .json();
    assert_eq!((&none["times"], &none["values"]), (&json!([]), &json!([[]])));
}

#[tokio::test]
async fn several_outputs_are_columns_and_parameters_left_out_have_their_defaults() {
    let (desk, who) = with_bars(40).await;
    let macd = desk
        .get(
            &who,
            &format!("/api/v1/instruments/{BTC}/indicators/MACD?interval=10s&limit=3"),
        )
        .await
        .json();
    assert_eq!(macd["indicator"], "MACD_12_26_9");
    assert_eq!(macd["outputs"].as_array().map(Vec::len), Some(3));
    let columns: Vec<Vec<f64>> = (0..3)
        .map(|n| {
            numbers(&macd["values"][n])
                .into_iter()
                .map(|v| v.expect("warm"))
                .collect()
        })
        .collect();
    for ((line, signal), histogram) in columns[0].iter().zip(&columns[1]).zip(&columns[2]) {
        assert!((histogram - (line - signal)).abs() < 1e-9, "{macd}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said() {
    let (desk, who) = with_bars(2).await;
    let base = format!("/api/v1/instruments/{BTC}/indicators");
    for (path, code) in [
        (format!("{base}/NOPE_3"), "INDICATOR_UNKNOWN"),
        (
            "/api/v1/instruments/NOPE.COINBASE/indicators/RSI_14".to_owned(),
            "INSTRUMENT_UNKNOWN",
        ),
    ] {
        let answer = desk.get(&who, &path).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (404, code));
    }
    for (tail, field) in [
        ("RSI_0", "indicator:OUT_OF_RANGE"),
        ("RSI_14_14", "indicator:OUT_OF_RANGE"),
        ("RSI_14?interval=7m", "interval:MALFORMED"),
        ("RSI_14?interval=100tick", "interval:NOT_KEPT"),
        ("RSI_14?limit=0", "limit:OUT_OF_RANGE"),
        ("RSI_14?limit=20001", "limit:OUT_OF_RANGE"),
        ("RSI_14?offset=20001", "offset:OUT_OF_RANGE"),
        ("RSI_14?from=soon", "from:MALFORMED"),
        (
            "RSI_14?from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z",
            "from:OUT_OF_RANGE",
        ),
    ] {
        assert_eq!(
            desk.get(&who, &format!("{base}/{tail}")).await.field(),
            field,
            "{tail}"
        );
    }
}

#[tokio::test]
async fn many_are_answered_in_one_call_each_as_if_asked_for_alone() {
    let (desk, who) = with_bars(40).await;
    let body = json!({"requests": [
        {"instrument": BTC, "interval": "10s", "indicators": ["RSI_14", "NOPE", "EMA_0", "RSI_14"], "limit": 5},
        {"instrument": "NOPE.COINBASE", "indicators": ["RSI_14"]},
        {"instrument": BTC, "interval": "30s", "indicators": ["OBV"], "limit": 2, "offset": 1},
    ]});
    let answer = desk
        .call(&who, "POST", "/api/v1/indicators/query", body)
        .await
        .json();
    let results = answer["results"].as_array().expect("results");
    assert_eq!(results.len(), 6);
    let alone = |interval: &str, id: &str, more: &str| {
        let path = format!("/api/v1/instruments/{BTC}/indicators/{id}?interval={interval}{more}");
        let (desk, who) = (&desk, &who);
        async move { desk.get(who, &path).await.json() }
    };
    let rsi = alone("10s", "RSI_14", "&limit=5").await;
    assert_eq!((&results[0], &results[3]), (&rsi, &rsi));
    assert_eq!(results[5], alone("30s", "OBV", "&limit=2&offset=1").await);
    for (at, code) in [
        (1, "INDICATOR_UNKNOWN"),
        (2, "VALIDATION"),
        (4, "INSTRUMENT_UNKNOWN"),
    ] {
        assert_eq!(results[at]["error"]["error_code"], code, "{}", results[at]);
        assert!(results[at]["error"]["correlation_id"].is_string());
    }
    assert_eq!(
        (&results[1]["indicator"], &results[4]["instrument"]),
        (&"NOPE".into(), &"NOPE.COINBASE".into())
    );
}

#[tokio::test]
async fn a_query_is_bounded() {
    let desk = Desk::open().await;
    let (who, _) = trading(&desk).await;
    let one = json!({"instrument": BTC, "indicators": ["RSI_14"]});
    let many = json!({"instrument": BTC, "indicators": vec!["RSI_14"; 21]});
    for (requests, field) in [
        (json!([]), "requests:OUT_OF_RANGE"),
        (json!(vec![&one; 21]), "requests:OUT_OF_RANGE"),
        (json!([one, many]), "requests[1].indicators:OUT_OF_RANGE"),
        (
            json!([{"instrument": BTC, "indicators": []}]),
            "requests[0].indicators:OUT_OF_RANGE",
        ),
        (
            json!([{"instrument": BTC, "indicators": ["RSI_14"], "of": 1}]),
            "requests[0].of:UNKNOWN_FIELD",
        ),
    ] {
        let answer = desk
            .call(
                &who,
                "POST",
                "/api/v1/indicators/query",
                json!({"requests": requests}),
            )
            .await;
        assert_eq!(answer.field(), field);
    }
}

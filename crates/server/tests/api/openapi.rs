//! The OpenAPI document: its snapshot, and what must hold of every operation.

use serde_json::Value;
use tradewind_server::App;
use tradewind_server::access::{Action, Rule};
use tradewind_server::routes::endpoints;

use crate::desk::{As, Desk};

#[tokio::test]
async fn the_document_is_the_snapshot() {
    let desk = Desk::open().await;
    insta::assert_snapshot!("openapi", App::openapi(desk.state.clone()));
}

#[tokio::test]
async fn every_operation_names_its_errors_its_credentials_and_itself() {
    let desk = Desk::open().await;
    let document: Value = serde_json::from_str(&App::openapi(desk.state.clone())).expect("json");
    assert!(document["openapi"].as_str().expect("version").starts_with("3.1"));
    let mut ids = std::collections::BTreeSet::new();
    for endpoint in endpoints() {
        let operation = &document["paths"][&endpoint.path][endpoint.method.to_lowercase()];
        let name = format!("{} {}", endpoint.method, endpoint.path);
        assert!(operation.is_object(), "{name} is not in the document");
        assert!(
            !operation["summary"].as_str().unwrap_or_default().is_empty(),
            "{name} has no summary"
        );
        assert!(
            ids.insert(operation["operationId"].as_str().expect("id").to_owned()),
            "{name} repeats an id"
        );
        let responses = operation["responses"].as_object().expect("responses");
        for status in ["400", "406", "421", "429", "500", "503"] {
            let content = &responses[status]["content"]["application/problem+json"];
            assert!(content.is_object(), "{name} says nothing of {status}");
        }
        if endpoint.action.rule() != Rule::Public {
            assert!(
                responses.contains_key("401") && responses.contains_key("403"),
                "{name}"
            );
            assert!(operation["security"].is_array(), "{name} needs no credentials");
        }
        if endpoint.action == Action::OrdersSubmit {
            assert!(
                responses.contains_key("422") && responses.contains_key("413"),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn no_reference_in_the_document_dangles() {
    let desk = Desk::open().await;
    let document: Value = serde_json::from_str(&App::openapi(desk.state.clone())).expect("json");
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(target)) = map.get("$ref") {
                    found.push(target.clone());
                }
                map.values().for_each(|v| references(v, found));
            }
            Value::Array(list) => list.iter().for_each(|v| references(v, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 100);
    for target in found {
        let pointer = target.strip_prefix('#').expect("local");
        assert!(document.pointer(pointer).is_some(), "{target} dangles");
    }
}

#[tokio::test]
async fn the_reference_page_needs_nothing_from_elsewhere() {
    let desk = Desk::open().await;
    let page = desk.get(&As::Nobody, "/api/v1/reference").await;
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    let html = String::from_utf8(page.body).expect("text");
    assert!(
        !html.contains("http://") && !html.contains("https://"),
        "it loads from elsewhere"
    );
    assert!(
        !html.contains("<script>") && !html.contains("style="),
        "the CSP would refuse it"
    );
    for asset in [
        "/api/v1/reference/reference.js",
        "/api/v1/reference/reference.css",
        "/api/v1/openapi.json",
    ] {
        assert!(html.contains(asset) || asset.ends_with(".json"));
        assert_eq!(desk.get(&As::Nobody, asset).await.status, 200, "{asset}");
    }
}

#[tokio::test]
async fn every_json_body_has_an_example_with_all_that_is_needed_and_nothing_unknown() {
    let desk = Desk::open().await;
    let document: Value = serde_json::from_str(&App::openapi(desk.state.clone())).expect("json");
    let mut seen = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for operation in item.as_object().expect("operations").values() {
            let body = &operation["requestBody"]["content"]["application/json"];
            if body.is_null() {
                continue;
            }
            let example = &body["example"];
            assert!(example.is_object(), "{path} has no example");
            let name = body["schema"]["$ref"]
                .as_str()
                .and_then(|name| name.rsplit('/').next());
            let schema = &document["components"]["schemas"][name.unwrap_or_default()];
            for field in schema["required"].as_array().into_iter().flatten() {
                let field = field.as_str().expect("a name");
                assert!(
                    !example[field].is_null(),
                    "{path}: {field} is missing in {example}"
                );
            }
            if let Some(properties) = schema["properties"].as_object() {
                let members = example.as_object().expect("an object");
                assert!(
                    members.keys().all(|name| properties.contains_key(name)),
                    "{path}: {example}"
                );
            }
            seen += 1;
        }
    }
    assert!(seen > 25, "{seen} bodies were looked at");
}

#[tokio::test]
async fn money_is_of_the_format_decimal_and_in_person_means_no_key() {
    let desk = Desk::open().await;
    let document: Value = serde_json::from_str(&App::openapi(desk.state.clone())).expect("json");
    let amounts = [
        "amount",
        "price",
        "quantity",
        "deposit",
        "trigger",
        "fee",
        "bought",
        "sold",
        "withheld",
        "distance",
        "activation",
        "display_quantity",
        "trailing_offset",
        "trailing_percent",
        "per_unit",
    ];
    let mut seen = 0;
    for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
        for (field, of) in schema["properties"].as_object().into_iter().flatten() {
            let text = of["type"] == "string" || of["type"] == serde_json::json!(["string", "null"]);
            if amounts.contains(&field.as_str()) && text {
                assert_eq!(of["format"], "decimal", "{name}.{field}");
                seen += 1;
            }
        }
    }
    assert!(seen > 15, "{seen} amounts were looked at");
    for endpoint in endpoints() {
        let operation = &document["paths"][&endpoint.path][endpoint.method.to_lowercase()];
        let keys = operation["security"].as_array().into_iter().flatten();
        let by_key = keys.into_iter().any(|one| one.get("api_key").is_some());
        match endpoint.action.rule() {
            Rule::InPerson | Rule::Public => assert!(!by_key, "{}", endpoint.path),
            _ => assert!(by_key, "{}", endpoint.path),
        }
    }
}

//! An example for every JSON body that can be sent: what its fields' own examples come to, and a plain value of the right
//! kind where a field has none.

use serde_json::{Map, Value, json};

/// Deepest nesting that is followed: schemas may contain themselves.
const DEPTH_MAX: usize = 6;

/// Values of fields that are the same everywhere.
const KNOWN: [(&str, &str); 14] = [
    ("instrument", "BTC-USD.COINBASE"),
    ("interval", "1m"),
    ("account", "a0123456789abcdef"),
    ("to", "a0123456789abcdef"),
    ("currency", "USD"),
    ("quantity", "0.5"),
    ("price", "64000"),
    ("amount", "250"),
    ("strategy", "my-cross"),
    ("reason", "monthly review"),
    ("name", "main"),
    ("open", "09:15"),
    ("close", "13:00"),
    ("code", "123456"),
];

/// Gives every JSON request body of a document its example.
pub(super) fn add(document: &mut Value) {
    let schemas = document["components"]["schemas"].clone();
    let Some(paths) = document["paths"].as_object_mut() else {
        return;
    };
    for item in paths.values_mut().filter_map(Value::as_object_mut) {
        for operation in item.values_mut() {
            let Some(body) = operation.pointer_mut("/requestBody/content/application~1json") else {
                continue;
            };
            if body.get("example").is_none() {
                let example = of(&body["schema"], "", &schemas, 0);
                body["example"] = example;
            }
        }
    }
}

fn of(schema: &Value, name: &str, schemas: &Value, depth: usize) -> Value {
    if let Some(example) = schema.get("example").or_else(|| schema["examples"].get(0)) {
        return example.clone();
    }
    if depth > DEPTH_MAX {
        return Value::Null;
    }
    let follow = |schema: &Value| of(schema, name, schemas, depth + 1);
    if let Some(target) = schema["$ref"].as_str() {
        let target = target.rsplit('/').next().unwrap_or_default();
        return follow(&schemas[target]);
    }
    if let Some(first) = schema["enum"].get(0).or_else(|| schema.get("const")) {
        return first.clone();
    }
    for choice in ["oneOf", "anyOf"] {
        // Of `null` or something, something.
        let listed = schema[choice].as_array().into_iter().flatten();
        if let Some(one) = listed.clone().find(|one| one["type"] != "null") {
            return follow(one);
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let mut whole = Map::new();
        for part in parts {
            if let Value::Object(members) = follow(part) {
                whole.extend(members);
            }
        }
        return Value::Object(whole);
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null"),
        kind => kind.as_str(),
    };
    match kind {
        Some("object") => object(schema, schemas, depth),
        Some("array") => json!([follow(&schema["items"])]),
        Some("boolean") => json!(false),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        Some("string") => text(schema, name),
        _ => json!({}),
    }
}

/// The members that are needed, and those that have an example by themselves.
fn object(schema: &Value, schemas: &Value, depth: usize) -> Value {
    let needed: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let members = schema["properties"].as_object().into_iter().flatten();
    let shown = members.filter(|(name, of)| needed.contains(&name.as_str()) || of.get("example").is_some());
    let shown = shown.map(|(name, property)| (name.clone(), of(property, name, schemas, depth + 1)));
    Value::Object(shown.collect())
}

fn text(schema: &Value, name: &str) -> Value {
    let known = KNOWN
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, value)| *value);
    let by_format = match schema["format"].as_str() {
        Some("date-time") => Some("2026-11-22T09:15:00Z"),
        Some("date") => Some("2026-11-22"),
        Some("decimal") => Some("1.5"),
        _ => None,
    };
    let least = schema["minLength"]
        .as_u64()
        .and_then(|n| usize::try_from(n).ok())
        .unwrap_or(1);
    let plain = || {
        "correct horse battery staple"
            .chars()
            .take(least.max(8))
            .collect::<String>()
    };
    json!(known.or(by_format).map_or_else(plain, str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_has_what_is_needed_follows_references_and_prefers_what_fields_say() {
        let mut document = json!({
            "components": {"schemas": {
                "Body": {"type": "object", "required": ["side", "leg", "when"], "properties": {
                    "side": {"$ref": "#/components/schemas/Side"},
                    "leg": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Leg"}]},
                    "when": {"type": ["string", "null"], "format": "date"},
                    "size": {"type": "string", "example": "7"},
                    "left_out": {"type": "string"},
                }},
                "Leg": {"type": "object", "required": ["price"], "properties": {"price": {"type": "string"}}},
                "Side": {"type": "string", "enum": ["BUY", "SELL"]},
            }},
            "paths": {"/x": {"post": {"requestBody": {"content": {"application/json":
                {"schema": {"$ref": "#/components/schemas/Body"}}}}}}},
        });
        add(&mut document);
        let example = document.pointer("/paths/~1x/post/requestBody/content/application~1json/example");
        let wanted = json!({"side": "BUY", "leg": {"price": "64000"}, "when": "2026-11-22", "size": "7"});
        assert_eq!(example, Some(&wanted));
    }
}

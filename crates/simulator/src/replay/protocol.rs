//! What a replaying venue has to know of its protocol: which subscription a recorded message belongs to, and
//! how a subscription is answered. Data messages are never touched.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

/// The protocol of a recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protocol {
    /// Coinbase Exchange (the former Pro).
    CoinbaseExchange,
    /// Kraken's first protocol: arrays.
    KrakenV1,
    /// Any other: whatever the client says starts the whole of it.
    Other,
}

/// What a message belongs to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Key {
    /// Channel and product.
    Data(Arc<str>, Arc<str>),
    /// For every subscriber.
    Everyone,
    /// Answers of the venue, which the replay gives itself.
    Control,
}

impl Protocol {
    /// The protocol of some messages.
    pub(super) fn detect<'a>(messages: impl Iterator<Item = &'a str>) -> Self {
        for text in messages.take(100) {
            match serde_json::from_str::<Value>(text) {
                Ok(Value::Array(items)) if items.len() >= 4 && items[0].is_number() => {
                    return Protocol::KrakenV1;
                }
                Ok(Value::Object(map)) if map.contains_key("event") => return Protocol::KrakenV1,
                Ok(Value::Object(map)) if map.contains_key("type") && !map.contains_key("channel") => {
                    return Protocol::CoinbaseExchange;
                }
                _ => {}
            }
        }
        Protocol::Other
    }

    pub(super) fn key(self, text: &str) -> Key {
        let value: Value = match self {
            Protocol::Other => return Key::Everyone,
            // A recorded message that is no JSON is played to everyone, as the venue sent it.
            _ => match serde_json::from_str(text) {
                Ok(value) => value,
                Err(_) => return Key::Everyone,
            },
        };
        let data = |channel: &str, product: &str| Key::Data(channel.into(), product.into());
        match (self, &value) {
            (Protocol::CoinbaseExchange, _) => {
                let product = value["product_id"].as_str().unwrap_or("");
                match value["type"].as_str().unwrap_or("") {
                    "snapshot" | "l2update" => data("level2", product),
                    "ticker" => data("ticker", product),
                    "match" | "last_match" => data("matches", product),
                    "heartbeat" => data("heartbeat", product),
                    "subscriptions" | "error" => Key::Control,
                    "received" | "open" | "done" | "change" | "activate" => data("full", product),
                    _ => Key::Everyone,
                }
            }
            (Protocol::KrakenV1, Value::Array(items)) => {
                let text = |back: usize| {
                    items
                        .len()
                        .checked_sub(back)
                        .and_then(|i| items[i].as_str())
                        .unwrap_or("")
                };
                data(text(2), text(1))
            }
            (Protocol::KrakenV1, _) if value["event"] == "heartbeat" => Key::Everyone,
            _ => Key::Control,
        }
    }
}

/// A client's subscriptions on a replay.
#[derive(Debug)]
pub(super) struct Desk {
    protocol: Protocol,
    /// Every channel and product of the recording.
    offered: BTreeSet<Key>,
    /// Those that the client wants.
    wanted: BTreeSet<Key>,
    /// Whether the client has been heard.
    heard: bool,
}

impl Desk {
    pub(super) fn new(protocol: Protocol, offered: BTreeSet<Key>) -> Self {
        Self {
            protocol,
            offered,
            wanted: BTreeSet::new(),
            heard: false,
        }
    }

    /// Whether the replay may begin.
    pub(super) fn ready(&self) -> bool {
        self.heard && (self.protocol == Protocol::Other || !self.wanted.is_empty())
    }

    /// Whether a message goes to this client.
    pub(super) fn wants(&self, key: &Key) -> bool {
        match key {
            Key::Control => false,
            Key::Everyone => true,
            Key::Data(..) => self.wanted.contains(key),
        }
    }

    /// What the venue says first.
    pub(super) fn hello(&self) -> Vec<String> {
        match self.protocol {
            Protocol::KrakenV1 => vec![
                json!({"connectionID": 1, "event": "systemStatus", "status": "online", "version": "1.8.3"})
                    .to_string(),
            ],
            _ => Vec::new(),
        }
    }

    /// Answers what the client says.
    pub(super) fn answer(&mut self, text: &str) -> Vec<String> {
        self.heard = true;
        let Ok(request) = serde_json::from_str::<Value>(text) else {
            return match self.protocol {
                Protocol::CoinbaseExchange => vec![refused("Malformed JSON", "")],
                Protocol::KrakenV1 => {
                    vec![json!({"errorMessage": "Malformed request", "event": "error"}).to_string()]
                }
                Protocol::Other => Vec::new(),
            };
        };
        match self.protocol {
            Protocol::CoinbaseExchange => self.coinbase(&request),
            Protocol::KrakenV1 => self.kraken(&request),
            Protocol::Other => Vec::new(),
        }
    }

    fn coinbase(&mut self, request: &Value) -> Vec<String> {
        let subscribe = match request["type"].as_str() {
            Some("subscribe") => true,
            Some("unsubscribe") => false,
            _ => {
                return vec![refused(
                    "Failed to subscribe",
                    "type must be subscribe or unsubscribe",
                )];
            }
        };
        let channels = request["channels"].as_array().cloned().unwrap_or_default();
        for channel in &channels {
            let (name, products) = match channel {
                Value::String(name) => (name.as_str(), &request["product_ids"]),
                other => {
                    let own = &other["product_ids"];
                    (
                        other["name"].as_str().unwrap_or(""),
                        if own.is_array() {
                            own
                        } else {
                            &request["product_ids"]
                        },
                    )
                }
            };
            // `level2_batch` has the messages of `level2`.
            let channel = if name == "level2_batch" { "level2" } else { name };
            for product in products
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
            {
                let key = Key::Data(channel.into(), product.into());
                if !self.offered.contains(&key) {
                    return vec![refused(
                        "Failed to subscribe",
                        &format!("{product} is not in this recording of {name}"),
                    )];
                }
                if subscribe {
                    self.wanted.insert(key);
                } else {
                    self.wanted.remove(&key);
                }
            }
        }
        vec![self.coinbase_listing()]
    }

    fn coinbase_listing(&self) -> String {
        let mut listed: Vec<(&str, Vec<&str>)> = Vec::new();
        for key in &self.wanted {
            let Key::Data(channel, product) = key else {
                continue;
            };
            match listed.last_mut() {
                Some((name, products)) if *name == &**channel => products.push(product),
                _ => listed.push((channel, vec![product])),
            }
        }
        let rows: Vec<Value> = listed
            .iter()
            .map(|(name, products)| json!({"name": name, "product_ids": products}))
            .collect();
        json!({"type": "subscriptions", "channels": rows}).to_string()
    }

    fn kraken(&mut self, request: &Value) -> Vec<String> {
        let with_id = |mut body: Value| {
            if request["reqid"].is_number() {
                body["reqid"] = request["reqid"].clone();
            }
            body.to_string()
        };
        let event = request["event"].as_str().unwrap_or("");
        match event {
            "ping" => return vec![with_id(json!({"event": "pong"}))],
            "subscribe" | "unsubscribe" => {}
            _ => {
                return vec![with_id(
                    json!({"errorMessage": "Unsupported event", "event": "error"}),
                )];
            }
        }
        let subscription = &request["subscription"];
        let name = subscription["name"].as_str().unwrap_or("");
        let channel = match name {
            "book" => format!("book-{}", subscription["depth"].as_u64().unwrap_or(10)),
            "ohlc" => format!("ohlc-{}", subscription["interval"].as_u64().unwrap_or(1)),
            other => other.to_owned(),
        };
        let pairs = request["pair"].as_array().cloned().unwrap_or_default();
        let mut out = Vec::new();
        for (i, pair) in pairs.iter().filter_map(Value::as_str).enumerate() {
            let key = Key::Data(channel.as_str().into(), pair.into());
            let status = if !self.offered.contains(&key) {
                out.push(with_id(json!({
                    "errorMessage": format!("{channel} of {pair} is not in this recording"),
                    "event": "subscriptionStatus", "pair": pair, "status": "error", "subscription": subscription,
                })));
                continue;
            } else if event == "subscribe" {
                self.wanted.insert(key);
                "subscribed"
            } else {
                self.wanted.remove(&key);
                "unsubscribed"
            };
            out.push(with_id(json!({
                "channelID": i, "channelName": channel, "event": "subscriptionStatus",
                "pair": pair, "status": status, "subscription": subscription,
            })));
        }
        out
    }
}

fn refused(message: &str, reason: &str) -> String {
    json!({"type": "error", "message": message, "reason": reason}).to_string()
}

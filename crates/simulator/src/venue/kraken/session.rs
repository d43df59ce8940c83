//! One WebSocket connection's requests and subscriptions.
//!
//! Every symbol of a request is answered on its own. A subscription's acknowledgement goes out first, then
//! its snapshot, then updates; steps that the snapshot already holds are not sent again.

use serde::Deserialize;
use serde_json::{Value, json};
use tradewind_types::UnixNanos;

use super::subscription::{BookView, DEPTHS, INTERVALS, Subscription, Topic};
use super::{message, ws_symbol};
use crate::config::VenueKind;
use crate::venue::Outbound;
use crate::venue::format::{micros, skewed};
use crate::world::listing::Listing;
use crate::world::{VenueStep, World};

/// Trades in the first message of `trade`.
const TRADES_SNAPSHOT: usize = 50;
/// Candles in the first message of `ohlc`.
const CANDLES_SNAPSHOT: u64 = 60;
/// Longest request that is looked at, bytes.
const REQUEST_MAX: usize = 64 * 1024;
/// Most symbols of one request.
const SYMBOLS_MAX: usize = 250;

#[derive(Deserialize)]
struct Request {
    method: String,
    req_id: Option<u64>,
    #[serde(default)]
    params: Params,
}

#[derive(Deserialize, Default)]
struct Params {
    channel: Option<String>,
    #[serde(default)]
    symbol: Vec<String>,
    depth: Option<usize>,
    interval: Option<u64>,
    snapshot: Option<bool>,
    event_trigger: Option<String>,
}

/// One connection's state.
#[derive(Debug)]
pub struct KrakenSession {
    connection: u64,
    subscriptions: Vec<Subscription>,
    /// Whether reference data was subscribed to.
    instruments: bool,
    second: u64,
    /// How much the venue's clock is off.
    pub skew_ns: i64,
}

impl KrakenSession {
    /// A session without subscriptions.
    #[must_use]
    pub fn new(connection: u64) -> Self {
        Self {
            connection,
            subscriptions: Vec::new(),
            instruments: false,
            second: 0,
            skew_ns: 0,
        }
    }

    /// The status message that greets a client.
    pub fn on_open(&mut self) -> Vec<Outbound> {
        // The venue numbers connections with large integers.
        let id = 12_000_000_000_000_000_000u64.wrapping_add(self.connection);
        let text = format!(
            r#"{{"channel":"status","type":"update","data":[{{"version":"2.0.10","system":"online","api_version":"v2","connection_id":{id}}}]}}"#
        );
        vec![Outbound::new("status", text)]
    }

    /// Answers a client's text.
    pub fn on_text(&mut self, text: &str, world: &World, now: UnixNanos) -> Vec<Outbound> {
        let now = skewed(now, self.skew_ns);
        let request = if text.len() > REQUEST_MAX {
            None
        } else {
            serde_json::from_str::<Request>(text).ok()
        };
        let Some(request) = request else {
            let body = json!({ "error": "Malformed request", "method": "error", "success": false });
            return vec![reply(body, None, now)];
        };
        match request.method.as_str() {
            "ping" => vec![reply(json!({ "method": "pong" }), request.req_id, now)],
            "subscribe" => self.subscribe(&request, world, now),
            "unsubscribe" => self.unsubscribe(&request, world, now),
            method => {
                let error = "Method not supported on the public endpoint";
                let body = json!({ "error": error, "method": method, "success": false });
                vec![reply(body, request.req_id, now)]
            }
        }
    }

    fn subscribe(&mut self, request: &Request, world: &World, now: UnixNanos) -> Vec<Outbound> {
        let listings = world.listings(VenueKind::Kraken);
        let topic = match topic(&request.params) {
            Ok(topic) => topic,
            Err(error) => return vec![refusal(request, None, error, now)],
        };
        let snapshot = request.params.snapshot.unwrap_or(true);
        if topic == Topic::Instrument {
            self.instruments = true;
            let mut out = vec![acknowledge(request, topic, None, snapshot, now)];
            out.extend(snapshot.then(|| Outbound::new("instrument", message::instruments(listings))));
            return out;
        }
        if request.params.symbol.is_empty() || request.params.symbol.len() > SYMBOLS_MAX {
            return vec![refusal(request, None, "Currency pair(s) not supplied", now)];
        }
        let mut out = Vec::new();
        let mut snapshots = Vec::new();
        for symbol in &request.params.symbol {
            let Some(product) = listings.iter().position(|l| ws_symbol(l.info()) == *symbol) else {
                let shown: String = symbol.chars().take(32).collect();
                let error = format!("Currency pair not supported {shown}");
                out.push(refusal(request, Some(&shown), &error, now));
                continue;
            };
            let taken = |s: &Subscription| s.product == product && s.topic.clashes(topic);
            if self.subscriptions.iter().any(taken) {
                out.push(refusal(request, Some(symbol), "Already subscribed", now));
                continue;
            }
            let listing = &listings[product];
            let subscription = open(topic, product, listing, world);
            out.push(acknowledge(request, topic, Some(symbol), snapshot, now));
            if snapshot {
                snapshots.extend(first(&subscription, listing, world.now(), self.skew_ns));
            }
            self.subscriptions.push(subscription);
        }
        out.extend(snapshots);
        out
    }

    fn unsubscribe(&mut self, request: &Request, world: &World, now: UnixNanos) -> Vec<Outbound> {
        let topic = match topic(&request.params) {
            Ok(topic) => topic,
            Err(error) => return vec![refusal(request, None, error, now)],
        };
        if topic == Topic::Instrument {
            self.instruments = false;
            return vec![acknowledge(request, topic, None, false, now)];
        }
        let listings = world.listings(VenueKind::Kraken);
        let mut out = Vec::new();
        for symbol in &request.params.symbol {
            let product = listings.iter().position(|l| ws_symbol(l.info()) == *symbol);
            let before = self.subscriptions.len();
            self.subscriptions
                .retain(|s| Some(s.product) != product || !s.topic.clashes(topic));
            out.push(if self.subscriptions.len() < before {
                acknowledge(request, topic, Some(symbol), false, now)
            } else {
                refusal(request, Some(symbol), "Subscription Not Found", now)
            });
        }
        out
    }

    /// Publishes a step.
    pub fn on_step(&mut self, step: &VenueStep) -> Vec<Outbound> {
        let skew_ns = self.skew_ns;
        let mut out: Vec<Outbound> = self
            .subscriptions
            .iter_mut()
            .filter_map(|s| s.on_step(step, skew_ns))
            .collect();
        let second = step.ts.as_secs();
        let new_second = std::mem::replace(&mut self.second, second) != second;
        // About once a second once anything is subscribed to.
        if new_second && (self.instruments || !self.subscriptions.is_empty()) {
            out.push(Outbound::new(
                "heartbeat",
                r#"{"channel":"heartbeat"}"#.to_owned(),
            ));
        }
        out
    }
}

fn topic(params: &Params) -> Result<Topic, &'static str> {
    match params.channel.as_deref() {
        Some("instrument") => Ok(Topic::Instrument),
        Some("ticker") => match params.event_trigger.as_deref() {
            None | Some("trades") => Ok(Topic::Ticker { on_bbo: false }),
            Some("bbo") => Ok(Topic::Ticker { on_bbo: true }),
            Some(_) => Err("Event trigger not supported"),
        },
        Some("book") => {
            let depth = params.depth.unwrap_or(10);
            if DEPTHS.contains(&depth) {
                Ok(Topic::Book { depth })
            } else {
                Err("Subscription depth not supported")
            }
        }
        Some("trade") => Ok(Topic::Trade),
        Some("ohlc") => {
            let minutes = params.interval.unwrap_or(1);
            let known = INTERVALS.contains(&minutes);
            if known {
                Ok(Topic::Ohlc { minutes })
            } else {
                Err("Subscription ohlc interval not supported")
            }
        }
        Some(_) => Err("Subscription name invalid"),
        None => Err("Subscription field must be an object with a channel"),
    }
}

fn open(topic: Topic, product: usize, listing: &Listing, world: &World) -> Subscription {
    let book = match topic {
        Topic::Book { depth } => Some(BookView::new(listing.book(), depth)),
        _ => None,
    };
    let candle = match topic {
        Topic::Ohlc { minutes } => {
            let from = world.now().floor_to(minutes * 60_000_000_000).as_secs();
            listing
                .history()
                .candles(minutes * 60, from, u64::MAX)
                .last()
                .copied()
        }
        _ => None,
    };
    let view = listing.ticker();
    Subscription {
        topic,
        product,
        info: listing.info().clone(),
        since: world.steps(),
        book,
        candle,
        best: (view.bid, view.ask),
    }
}

fn first(subscription: &Subscription, listing: &Listing, now: UnixNanos, skew_ns: i64) -> Option<Outbound> {
    let (info, history) = (listing.info(), listing.history());
    let text = match subscription.topic {
        Topic::Instrument => return None,
        Topic::Book { .. } => {
            let sides = subscription.book.as_ref()?.sides();
            message::book("snapshot", info, sides, sides, skewed(now, skew_ns))
        }
        Topic::Trade => {
            let skip = history.trades().len().saturating_sub(TRADES_SNAPSHOT);
            message::trades("snapshot", info, history.trades().skip(skip), |ts| {
                skewed(ts, skew_ns)
            })
        }
        Topic::Ticker { .. } => message::ticker("snapshot", info, &listing.ticker(), skewed(now, skew_ns))?,
        Topic::Ohlc { minutes } => {
            let from = now.as_secs().saturating_sub(minutes * 60 * CANDLES_SNAPSHOT);
            let candles = history.candles(minutes * 60, from, u64::MAX);
            message::ohlc("snapshot", info, minutes, &candles, skewed(now, skew_ns))
        }
    };
    Some(Outbound::new(subscription.topic.channel(), text))
}

/// A reply with the times and the request's number that every one has.
fn reply(mut body: Value, req_id: Option<u64>, now: UnixNanos) -> Outbound {
    if let Some(id) = req_id {
        body["req_id"] = json!(id);
    }
    body["time_in"] = json!(micros(now));
    // The venue needs some microseconds; the simulator says so too.
    body["time_out"] = json!(micros(now.plus(40_000)));
    let channel = if body["method"] == "pong" { "pong" } else { "reply" };
    Outbound::new(channel, body.to_string())
}

fn acknowledge(
    request: &Request,
    topic: Topic,
    symbol: Option<&str>,
    snapshot: bool,
    now: UnixNanos,
) -> Outbound {
    let mut result = json!({ "channel": topic.channel() });
    if let Some(symbol) = symbol {
        result["symbol"] = json!(symbol);
    }
    if request.method == "subscribe" {
        result["snapshot"] = json!(snapshot);
    }
    match topic {
        Topic::Book { depth } => result["depth"] = json!(depth),
        Topic::Ohlc { minutes } => result["interval"] = json!(minutes),
        Topic::Ticker { on_bbo } => result["event_trigger"] = json!(if on_bbo { "bbo" } else { "trades" }),
        Topic::Instrument | Topic::Trade => {}
    }
    reply(
        json!({ "method": request.method, "result": result, "success": true }),
        request.req_id,
        now,
    )
}

fn refusal(request: &Request, symbol: Option<&str>, error: &str, now: UnixNanos) -> Outbound {
    let mut body = json!({ "error": error, "method": request.method, "success": false });
    if let Some(symbol) = symbol {
        body["symbol"] = json!(symbol);
    }
    reply(body, request.req_id, now)
}

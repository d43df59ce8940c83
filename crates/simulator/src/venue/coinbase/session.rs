//! One WebSocket connection's subscriptions.
//!
//! Every data message carries the connection's `sequence_num`, from 0 without gaps. A subscription answers
//! with its snapshot, then with the list of all subscriptions. Steps that were published before a
//! subscription are in its snapshot and are not sent again.

use std::collections::BTreeMap;

use serde::Deserialize;
use tradewind_types::market::BookLevel;
use tradewind_types::{Side, UnixNanos};

use super::message;
use crate::config::VenueKind;
use crate::venue::Outbound;
use crate::venue::format::{rfc3339, skewed};
use crate::world::history::Candle;
use crate::world::listing::{Listing, ListingInfo, MarketStep};
use crate::world::{VenueStep, World};

/// Trades in the first message of `market_trades`.
const TRADES_SNAPSHOT: usize = 100;
/// Candles in the first message of `candles`.
const CANDLES_SNAPSHOT: usize = 100;
/// Seconds of the `candles` channel's candles.
const CANDLE_S: u64 = 300;
/// Seconds between two messages of `ticker_batch`.
const BATCH_S: u64 = 5;
/// Seconds between two messages of `status`.
const STATUS_S: u64 = 10;
/// Longest subscribe message that is looked at, bytes.
const REQUEST_MAX: usize = 64 * 1024;

/// The public channels.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Channel {
    Heartbeats,
    Candles,
    Status,
    Ticker,
    TickerBatch,
    Level2,
    MarketTrades,
}

impl Channel {
    const ALL: [(&'static str, Channel); 7] = [
        ("heartbeats", Channel::Heartbeats),
        ("candles", Channel::Candles),
        ("status", Channel::Status),
        ("ticker", Channel::Ticker),
        ("ticker_batch", Channel::TickerBatch),
        ("level2", Channel::Level2),
        ("market_trades", Channel::MarketTrades),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(n, _)| *n == name).map(|(_, c)| *c)
    }

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, c)| *c == self).map_or("", |(n, _)| n)
    }
}

#[derive(Deserialize)]
struct Request {
    #[serde(rename = "type")]
    kind: String,
    channel: Option<String>,
    #[serde(default)]
    product_ids: Vec<String>,
}

/// One product in one channel.
#[derive(Debug)]
struct Subscription {
    info: ListingInfo,
    /// Steps up to this one are in the snapshot.
    since: u64,
    /// The candle in the making, for the `candles` channel.
    candle: Option<Candle>,
    changed: bool,
}

/// One connection's state.
#[derive(Debug, Default)]
pub struct CoinbaseSession {
    sequence: u64,
    subscriptions: BTreeMap<(Channel, usize), Subscription>,
    heartbeats: Option<u64>,
    second: u64,
    subscribed: bool,
    /// How much the venue's clock is off.
    pub skew_ns: i64,
}

impl CoinbaseSession {
    /// Whether the client has subscribed to anything yet.
    #[must_use]
    pub fn has_subscribed(&self) -> bool {
        self.subscribed
    }

    fn send(&mut self, out: &mut Vec<Outbound>, channel: &'static str, ts: UnixNanos, events: &str) {
        let text = message::envelope(channel, skewed(ts, self.skew_ns), self.sequence, events);
        self.sequence += 1;
        out.push(Outbound::new(channel, text));
    }

    /// Answers a client's text.
    pub fn on_text(&mut self, text: &str, world: &World) -> Vec<Outbound> {
        let now = world.now();
        let refuse = |reason: &str| vec![Outbound::new("error", message::error(reason))];
        if text.len() > REQUEST_MAX {
            return refuse("message too long");
        }
        let Ok(request) = serde_json::from_str::<Request>(text) else {
            return refuse("failed to parse message");
        };
        let subscribe = match request.kind.as_str() {
            "subscribe" => true,
            "unsubscribe" => false,
            _ => return refuse("subscribe or unsubscribe required"),
        };
        let Some(name) = request.channel.as_deref() else {
            return refuse("channel required");
        };
        let Some(channel) = Channel::named(name) else {
            return refuse(&format!(
                "{name} is not a valid channel, or authentication failure"
            ));
        };
        let listings = world.listings(VenueKind::Coinbase);
        let products = match named(&request.product_ids, channel, subscribe, listings) {
            Ok(products) => products,
            Err(reason) => return refuse(&reason),
        };
        let mut out = Vec::new();
        if subscribe {
            self.subscribed = true;
            self.subscribe(&mut out, channel, &products, world);
        } else {
            self.unsubscribe(channel, &products);
        }
        let listed = self.listed();
        self.send(
            &mut out,
            "subscriptions",
            now,
            &format!(r#"{{"subscriptions":{listed}}}"#),
        );
        out
    }

    fn subscribe(&mut self, out: &mut Vec<Outbound>, channel: Channel, products: &[usize], world: &World) {
        let now = world.now();
        if channel == Channel::Heartbeats {
            self.heartbeats.get_or_insert(0);
            return;
        }
        let listings = world.listings(VenueKind::Coinbase);
        if channel == Channel::Status {
            let rows: Vec<String> = products
                .iter()
                .map(|p| message::status(listings[*p].info()))
                .collect();
            let event = format!(r#"{{"type":"snapshot","products":[{}]}}"#, rows.join(","));
            self.send(out, "status", now, &event);
        }
        for &product in products {
            let listing = &listings[product];
            let candle = (channel == Channel::Candles)
                .then(|| {
                    listing
                        .history()
                        .candles(CANDLE_S, now.as_secs().saturating_sub(CANDLE_S), u64::MAX)
                })
                .and_then(|candles| candles.last().copied());
            let subscription = Subscription {
                info: listing.info().clone(),
                since: world.steps(),
                candle,
                changed: false,
            };
            self.subscriptions.insert((channel, product), subscription);
            if let Some((name, event)) = snapshot(channel, listing, now, self.skew_ns) {
                self.send(out, name, now, &event);
            }
        }
    }

    fn unsubscribe(&mut self, channel: Channel, products: &[usize]) {
        if channel == Channel::Heartbeats {
            self.heartbeats = None;
        }
        self.subscriptions
            .retain(|(c, p), _| *c != channel || !(products.is_empty() || products.contains(p)));
    }

    fn listed(&self) -> String {
        let mut by_channel: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        if self.heartbeats.is_some() {
            by_channel.insert("heartbeats", vec!["heartbeats"]);
        }
        for ((channel, _), subscription) in &self.subscriptions {
            by_channel
                .entry(channel.name())
                .or_default()
                .push(&subscription.info.product);
        }
        // A map of strings is always serialisable.
        serde_json::to_string(&by_channel).unwrap_or_else(|_| "{}".to_owned())
    }

    /// Publishes a step.
    pub fn on_step(&mut self, step: &VenueStep) -> Vec<Outbound> {
        let mut out = Vec::new();
        let second = step.ts.as_secs();
        let new_second = self.second != second;
        let last_second = std::mem::replace(&mut self.second, second);
        let every = |s: u64| new_second && last_second != 0 && second / s != last_second / s;
        let (batch, status) = (every(BATCH_S), every(STATUS_S));
        let skew_ns = self.skew_ns;
        let mut sending: Vec<(&'static str, String)> = Vec::new();
        for market in &step.markets {
            for channel in [
                Channel::Level2,
                Channel::MarketTrades,
                Channel::Ticker,
                Channel::TickerBatch,
                Channel::Candles,
            ] {
                let Some(subscription) = self.subscriptions.get_mut(&(channel, market.product)) else {
                    continue;
                };
                if step.step <= subscription.since {
                    continue;
                }
                let due = Due {
                    batch,
                    second: new_second,
                };
                let at = skewed(step.ts, skew_ns);
                if let Some(sent) = update(channel, subscription, market, at, skew_ns, due) {
                    sending.push(sent);
                }
            }
        }
        if status {
            let rows: Vec<String> = self
                .subscriptions
                .iter()
                .filter(|((c, _), _)| *c == Channel::Status)
                .map(|(_, s)| message::status(&s.info))
                .collect();
            if !rows.is_empty() {
                sending.push((
                    "status",
                    format!(r#"{{"type":"update","products":[{}]}}"#, rows.join(",")),
                ));
            }
        }
        for (channel, event) in sending {
            self.send(&mut out, channel, step.ts, &event);
        }
        if new_second && let Some(counter) = self.heartbeats {
            self.heartbeats = Some(counter + 1);
            let event = heartbeat(skewed(step.ts, skew_ns), counter);
            self.send(&mut out, "heartbeats", step.ts, &event);
        }
        out
    }
}

/// What is due in a step beside its changes.
#[derive(Clone, Copy)]
struct Due {
    batch: bool,
    second: bool,
}

fn heartbeat(at: UnixNanos, counter: u64) -> String {
    // The venue writes this one time in Go's default format.
    let time = rfc3339(at, 9).replace('T', " ").replace('Z', " +0000 UTC");
    format!(r#"{{"current_time":"{time} m=+0.000000001","heartbeat_counter":{counter}}}"#)
}

fn named(
    ids: &[String],
    channel: Channel,
    subscribe: bool,
    listings: &[Listing],
) -> Result<Vec<usize>, String> {
    if channel == Channel::Heartbeats {
        return Ok(Vec::new());
    }
    if ids.is_empty() {
        return match (channel, subscribe) {
            (Channel::Status, true) => Ok((0..listings.len()).collect()),
            (_, true) => Err("product_ids required".to_owned()),
            (_, false) => Ok(Vec::new()),
        };
    }
    let find = |id: &String| {
        let found = listings.iter().position(|l| l.info().product == *id);
        found.ok_or_else(|| {
            format!(
                "{} is not a valid product",
                id.chars().take(32).collect::<String>()
            )
        })
    };
    ids.iter().map(find).collect()
}

fn snapshot(
    channel: Channel,
    listing: &Listing,
    now: UnixNanos,
    skew_ns: i64,
) -> Option<(&'static str, String)> {
    let info = listing.info();
    let joined = |rows: Vec<String>| rows.join(",");
    match channel {
        Channel::Level2 => {
            let book = listing.book();
            let levels: Vec<BookLevel> = book
                .top_bids(usize::MAX)
                .into_iter()
                .map(|level| (Side::Buy, level))
                .chain(
                    book.top_asks(usize::MAX)
                        .into_iter()
                        .map(|level| (Side::Sell, level)),
                )
                .map(|(side, (price, size))| BookLevel { side, price, size })
                .collect();
            Some((
                "l2_data",
                message::l2_event("snapshot", info, &levels, skewed(now, skew_ns)),
            ))
        }
        Channel::MarketTrades => {
            let newest = listing.history().trades().rev().take(TRADES_SNAPSHOT);
            let rows = joined(
                newest
                    .map(|t| message::trade(info, t, skewed(t.ts, skew_ns)))
                    .collect(),
            );
            Some((
                "market_trades",
                format!(r#"{{"type":"snapshot","trades":[{rows}]}}"#),
            ))
        }
        Channel::Ticker | Channel::TickerBatch => {
            let row = message::ticker(info, &listing.ticker(), channel == Channel::Ticker)?;
            Some((
                channel.name(),
                format!(r#"{{"type":"snapshot","tickers":[{row}]}}"#),
            ))
        }
        Channel::Candles => {
            let from = now.as_secs().saturating_sub(CANDLE_S * CANDLES_SNAPSHOT as u64);
            let candles = listing.history().candles(CANDLE_S, from, u64::MAX);
            let rows = joined(candles.iter().rev().map(|c| message::candle(info, c)).collect());
            Some(("candles", format!(r#"{{"type":"snapshot","candles":[{rows}]}}"#)))
        }
        Channel::Status | Channel::Heartbeats => None,
    }
}

fn update(
    channel: Channel,
    subscription: &mut Subscription,
    market: &MarketStep,
    at: UnixNanos,
    skew_ns: i64,
    due: Due,
) -> Option<(&'static str, String)> {
    let info = &subscription.info;
    match channel {
        Channel::Level2 if !market.levels.is_empty() => {
            Some(("l2_data", message::l2_event("update", info, &market.levels, at)))
        }
        Channel::MarketTrades if !market.trades.is_empty() => {
            let newest_first = market.trades.iter().rev();
            let rows: Vec<String> = newest_first
                .map(|t| message::trade(info, t, skewed(t.ts, skew_ns)))
                .collect();
            Some((
                "market_trades",
                format!(r#"{{"type":"update","trades":[{}]}}"#, rows.join(",")),
            ))
        }
        Channel::Ticker if !market.trades.is_empty() => {
            let row = message::ticker(info, &market.ticker, true)?;
            Some(("ticker", format!(r#"{{"type":"update","tickers":[{row}]}}"#)))
        }
        Channel::TickerBatch if due.batch => {
            let row = message::ticker(info, &market.ticker, false)?;
            Some((
                "ticker_batch",
                format!(r#"{{"type":"update","tickers":[{row}]}}"#),
            ))
        }
        Channel::Candles => {
            for print in &market.trades {
                let one = Candle::of(print, CANDLE_S);
                match &mut subscription.candle {
                    Some(candle) if candle.start_s == one.start_s => candle.merge(&one),
                    other => *other = Some(one),
                }
                subscription.changed = true;
            }
            let candle = subscription
                .candle
                .filter(|_| due.second && subscription.changed)?;
            subscription.changed = false;
            let row = message::candle(info, &candle);
            Some(("candles", format!(r#"{{"type":"update","candles":[{row}]}}"#)))
        }
        _ => None,
    }
}

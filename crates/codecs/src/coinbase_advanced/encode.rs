//! What is sent to Coinbase Advanced Trade, and what it sends.
//!
//! The caller counts: `sequence` numbers the messages of a connection from 0.

use tradewind_types::market::{Bar, BookAction, BookUpdate, Quote, Trade};
use tradewind_types::{Instrument, InstrumentStatus, PriceMantissa, Side, SizeMantissa, UnixNanos};

use crate::face::{Face, list, quoted, quoted_list};

/// A request for one channel of products; `jwt` signs it where the channel or the limits ask for it.
#[must_use]
pub fn subscribe(channel: &str, products: &[&str], jwt: Option<&str>) -> String {
    request("subscribe", channel, products, jwt)
}

/// The end of one channel of products.
#[must_use]
pub fn unsubscribe(channel: &str, products: &[&str], jwt: Option<&str>) -> String {
    request("unsubscribe", channel, products, jwt)
}

fn request(kind: &str, channel: &str, products: &[&str], jwt: Option<&str>) -> String {
    let mut out = format!("{{\"type\":\"{kind}\"");
    if !products.is_empty() {
        out.push_str(",\"product_ids\":");
        quoted_list(&mut out, products);
    }
    out.push_str(",\"channel\":");
    quoted(&mut out, channel);
    if let Some(jwt) = jwt {
        out.push_str(",\"jwt\":");
        quoted(&mut out, jwt);
    }
    out.push('}');
    out
}

fn envelope(channel: &str, sequence: u64, ts: UnixNanos) -> String {
    format!(
        "{{\"channel\":\"{channel}\",\"client_id\":\"\",\"timestamp\":\"{ts}\",\"sequence_num\":{sequence},\"events\":["
    )
}

/// A heartbeat, once a second; `counter` increases by one.
#[must_use]
pub fn heartbeat(sequence: u64, counter: u64, ts: UnixNanos) -> String {
    let mut out = envelope("heartbeats", sequence, ts);
    out.push_str(&format!(
        "{{\"current_time\":\"{ts}\",\"heartbeat_counter\":{counter}}}]}}"
    ));
    out
}

/// The list of what is subscribed, sent after each change of it.
#[must_use]
pub fn subscriptions(sequence: u64, channels: &[(&str, &[&str])], ts: UnixNanos) -> String {
    let mut out = envelope("subscriptions", sequence, ts);
    out.push_str("{\"subscriptions\":{");
    list(&mut out, channels, |out, (name, products)| {
        quoted(out, name);
        out.push(':');
        quoted_list(out, products);
    });
    out.push_str("}}]}");
    out
}

/// A snapshot or a change of the book.
#[must_use]
pub fn book(face: &Face<'_>, update: &BookUpdate, sequence: u64) -> String {
    let mut out = envelope("l2_data", sequence, update.ts_event);
    out.reserve(80 + update.levels.len() * 120);
    let snapshot = update.action == BookAction::Snapshot;
    out.push_str(if snapshot {
        "{\"type\":\"snapshot\",\"product_id\":"
    } else {
        "{\"type\":\"update\",\"product_id\":"
    });
    quoted(&mut out, face.symbol);
    out.push_str(",\"updates\":[");
    let event_time = update.ts_event.to_rfc3339();
    list(&mut out, &update.levels, |out, level| {
        let side = if level.side == Side::Buy { "bid" } else { "offer" };
        out.push_str(&format!(
            "{{\"side\":\"{side}\",\"event_time\":\"{event_time}\",\"price_level\":"
        ));
        face.quoted_price(out, level.price);
        out.push_str(",\"new_quantity\":");
        face.quoted_size(out, level.size);
        out.push('}');
    });
    out.push_str("]}]}");
    out
}

/// Trades of one product, given oldest first; the venue lists the newest first.
#[must_use]
pub fn trades(face: &Face<'_>, trades: &[Trade], snapshot: bool, sequence: u64, ts: UnixNanos) -> String {
    let mut out = envelope("market_trades", sequence, ts);
    out.push_str(&format!("{{\"type\":\"{}\",\"trades\":[", kind(snapshot)));
    list(&mut out, trades.iter().rev(), |out, trade| {
        out.push_str(&format!("{{\"trade_id\":\"{}\",\"product_id\":", trade.trade_id));
        quoted(out, face.symbol);
        out.push_str(",\"price\":");
        face.quoted_price(out, trade.price);
        out.push_str(",\"size\":");
        face.quoted_size(out, trade.size);
        // The side is the maker's.
        let side = trade.aggressor.map_or(Side::Sell, Side::opposite);
        out.push_str(&format!(",\"side\":\"{side}\",\"time\":\"{}\"}}", trade.ts_event));
    });
    out.push_str("]}]}");
    out
}

/// What a ticker tells beside the quote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Day {
    /// Last price.
    pub last: PriceMantissa,
    /// Lowest of 24 h.
    pub low: PriceMantissa,
    /// Highest of 24 h.
    pub high: PriceMantissa,
    /// Volume of 24 h.
    pub volume: SizeMantissa,
}

/// A ticker.
#[must_use]
pub fn ticker(face: &Face<'_>, quote: &Quote, day: &Day, snapshot: bool, sequence: u64) -> String {
    let mut out = envelope("ticker", sequence, quote.ts_event);
    out.push_str(&format!(
        "{{\"type\":\"{}\",\"tickers\":[{{\"type\":\"ticker\",\"product_id\":",
        kind(snapshot)
    ));
    quoted(&mut out, face.symbol);
    for (field, price) in [
        ("price", day.last),
        ("low_24_h", day.low),
        ("high_24_h", day.high),
        ("best_bid", quote.bid),
        ("best_ask", quote.ask),
    ] {
        out.push_str(&format!(",\"{field}\":"));
        face.quoted_price(&mut out, price);
    }
    for (field, size) in [
        ("volume_24_h", day.volume),
        ("best_bid_quantity", quote.bid_size),
        ("best_ask_quantity", quote.ask_size),
    ] {
        out.push_str(&format!(",\"{field}\":"));
        face.quoted_size(&mut out, size);
    }
    out.push_str("}]}]}");
    out
}

/// Five-minute candles of one product; `now` is the time of the message.
#[must_use]
pub fn candles(face: &Face<'_>, bars: &[Bar], snapshot: bool, sequence: u64, now: UnixNanos) -> String {
    let mut out = envelope("candles", sequence, now);
    out.push_str(&format!("{{\"type\":\"{}\",\"candles\":[", kind(snapshot)));
    list(&mut out, bars, |out, bar| {
        out.push_str(&format!("{{\"start\":\"{}\"", bar.ts.as_secs()));
        for (field, price) in [
            ("high", bar.high),
            ("low", bar.low),
            ("open", bar.open),
            ("close", bar.close),
        ] {
            out.push_str(&format!(",\"{field}\":"));
            face.quoted_price(out, price);
        }
        out.push_str(",\"volume\":");
        face.quoted_size(out, bar.volume);
        out.push_str(",\"product_id\":");
        quoted(out, face.symbol);
        out.push('}');
    });
    out.push_str("]}]}");
    out
}

/// Definitions and states of products.
#[must_use]
pub fn status(instruments: &[&Instrument], sequence: u64, ts: UnixNanos) -> String {
    let mut out = envelope("status", sequence, ts);
    out.push_str("{\"type\":\"snapshot\",\"products\":[");
    list(&mut out, instruments, |out, i| {
        out.push_str("{\"product_type\":\"SPOT\",\"id\":");
        quoted(out, &i.venue_symbol);
        let status = match i.status {
            InstrumentStatus::Trading => "online",
            InstrumentStatus::Halted => "offline",
            InstrumentStatus::Delisted => "delisted",
        };
        out.push_str(&format!(
            ",\"base_currency\":\"{}\",\"quote_currency\":\"{}\",\"base_increment\":\"{}\",\"quote_increment\":\"{}\",\"display_name\":\"{}/{}\",\"status\":\"{status}\",\"status_message\":\"\",\"min_market_funds\":\"{}\"}}",
            i.base, i.quote, i.lot, i.tick, i.base, i.quote, i.notional_min
        ));
    });
    out.push_str("]}]}");
    out
}

/// A refusal, which comes without envelope.
#[must_use]
pub fn error(message: &str) -> String {
    let mut out = String::from("{\"type\":\"error\",\"message\":");
    quoted(&mut out, message);
    out.push('}');
    out
}

fn kind(snapshot: bool) -> &'static str {
    if snapshot { "snapshot" } else { "update" }
}

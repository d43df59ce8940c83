//! What is sent to Kraken's second protocol, and what it sends.

use tradewind_types::market::{Bar, BookAction, BookUpdate, Quote, Trade};
use tradewind_types::{Instrument, InstrumentStatus, PriceMantissa, Side, SizeMantissa, UnixNanos};

use crate::face::{Face, list, lower, quoted, quoted_list, side_of};
use crate::number::push_decimal;

/// What a subscription may say beyond channel and symbols.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Depth of a book: 10, 25, 100, 500 or 1000.
    pub depth: Option<usize>,
    /// Minutes of a candle.
    pub interval: Option<u32>,
    /// Whether a snapshot is wanted first; the venue's default depends on the channel.
    pub snapshot: Option<bool>,
}

/// A request for a channel of symbols.
#[must_use]
pub fn subscribe(channel: &str, symbols: &[&str], options: Options, request_id: u64) -> String {
    request("subscribe", channel, symbols, options, request_id)
}

/// The end of a channel of symbols.
#[must_use]
pub fn unsubscribe(channel: &str, symbols: &[&str], options: Options, request_id: u64) -> String {
    request(
        "unsubscribe",
        channel,
        symbols,
        Options {
            snapshot: None,
            ..options
        },
        request_id,
    )
}

fn request(method: &str, channel: &str, symbols: &[&str], options: Options, request_id: u64) -> String {
    let mut out = format!("{{\"method\":\"{method}\",\"params\":{{\"channel\":");
    quoted(&mut out, channel);
    if !symbols.is_empty() {
        out.push_str(",\"symbol\":");
        quoted_list(&mut out, symbols);
    }
    if let Some(depth) = options.depth {
        out.push_str(&format!(",\"depth\":{depth}"));
    }
    if let Some(interval) = options.interval {
        out.push_str(&format!(",\"interval\":{interval}"));
    }
    if let Some(snapshot) = options.snapshot {
        out.push_str(&format!(",\"snapshot\":{snapshot}"));
    }
    out.push_str(&format!("}},\"req_id\":{request_id}}}"));
    out
}

/// A request for a sign of life.
#[must_use]
pub fn ping(request_id: u64) -> String {
    format!("{{\"method\":\"ping\",\"req_id\":{request_id}}}")
}

/// The answer to a ping.
#[must_use]
pub fn pong(request_id: u64, ts: UnixNanos) -> String {
    format!("{{\"method\":\"pong\",\"req_id\":{request_id},\"time_in\":\"{ts}\",\"time_out\":\"{ts}\"}}")
}

/// The answer to a subscription (or its end) of one symbol.
#[must_use]
pub fn acknowledged(
    method: &str,
    channel: &str,
    symbol: &str,
    depth: Option<usize>,
    request_id: Option<u64>,
    ts: UnixNanos,
) -> String {
    let mut out = String::from("{\"method\":");
    quoted(&mut out, method);
    out.push_str(",\"result\":{\"channel\":");
    quoted(&mut out, channel);
    if !symbol.is_empty() {
        out.push_str(",\"symbol\":");
        quoted(&mut out, symbol);
    }
    if let Some(depth) = depth {
        out.push_str(&format!(",\"depth\":{depth}"));
    }
    out.push_str("},\"success\":true");
    times(&mut out, request_id, ts);
    out
}

/// The refusal of a request.
#[must_use]
pub fn refused(method: &str, symbol: &str, error: &str, request_id: Option<u64>, ts: UnixNanos) -> String {
    let mut out = String::from("{\"error\":");
    quoted(&mut out, error);
    out.push_str(",\"method\":");
    quoted(&mut out, method);
    if !symbol.is_empty() {
        out.push_str(",\"symbol\":");
        quoted(&mut out, symbol);
    }
    out.push_str(",\"success\":false");
    times(&mut out, request_id, ts);
    out
}

fn times(out: &mut String, request_id: Option<u64>, ts: UnixNanos) {
    if let Some(id) = request_id {
        out.push_str(&format!(",\"req_id\":{id}"));
    }
    out.push_str(&format!(",\"time_in\":\"{ts}\",\"time_out\":\"{ts}\"}}"));
}

/// A sign of life, sent once a second while any channel is subscribed.
#[must_use]
pub fn heartbeat() -> &'static str {
    "{\"channel\":\"heartbeat\"}"
}

/// The state of the trading engine, the first message of a connection.
#[must_use]
pub fn status(system: &str, connection_id: u64) -> String {
    let mut out = String::from(
        "{\"channel\":\"status\",\"type\":\"update\",\"data\":[{\"version\":\"2.0.10\",\"system\":",
    );
    quoted(&mut out, system);
    out.push_str(&format!(
        ",\"api_version\":\"v2\",\"connection_id\":{connection_id}}}]}}"
    ));
    out
}

/// A snapshot or a change of the book, with the checksum of the book after it ([`crate::book_checksum`]).
#[must_use]
pub fn book(face: &Face<'_>, update: &BookUpdate, checksum: u32) -> String {
    let mut out = String::with_capacity(160 + update.levels.len() * 40);
    out.push_str("{\"channel\":\"book\",\"type\":\"");
    out.push_str(if update.action == BookAction::Snapshot {
        "snapshot"
    } else {
        "update"
    });
    out.push_str("\",\"data\":[{\"symbol\":");
    quoted(&mut out, face.symbol);
    for (side, field) in [(Side::Buy, ",\"bids\":["), (Side::Sell, ",\"asks\":[")] {
        out.push_str(field);
        list(&mut out, side_of(update, side), |out, level| {
            out.push_str("{\"price\":");
            face.price(out, level.price);
            out.push_str(",\"qty\":");
            face.size(out, level.size);
            out.push('}');
        });
        out.push(']');
    }
    out.push_str(&format!(
        ",\"checksum\":{checksum},\"timestamp\":\"{}\"}}]}}",
        update.ts_event
    ));
    out
}

/// Trades of one symbol, oldest first.
#[must_use]
pub fn trades(face: &Face<'_>, trades: &[Trade], snapshot: bool) -> String {
    let mut out = data("trade", snapshot);
    list(&mut out, trades, |out, trade| {
        out.push_str("{\"symbol\":");
        quoted(out, face.symbol);
        out.push_str(",\"side\":\"");
        out.push_str(lower(trade.aggressor.unwrap_or(Side::Buy)));
        out.push_str("\",\"price\":");
        face.price(out, trade.price);
        out.push_str(",\"qty\":");
        face.size(out, trade.size);
        let (id, ts) = (trade.trade_id, trade.ts_event);
        out.push_str(&format!(
            ",\"ord_type\":\"limit\",\"trade_id\":{id},\"timestamp\":\"{ts}\"}}"
        ));
    });
    out.push_str("]}");
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
    /// Volume-weighted average price of 24 h.
    pub vwap: PriceMantissa,
}

/// A ticker.
#[must_use]
pub fn ticker(face: &Face<'_>, quote: &Quote, day: &Day, snapshot: bool) -> String {
    let mut out = data("ticker", snapshot);
    out.push_str("{\"symbol\":");
    quoted(&mut out, face.symbol);
    for (field, price) in [
        ("bid", quote.bid),
        ("ask", quote.ask),
        ("last", day.last),
        ("vwap", day.vwap),
        ("low", day.low),
        ("high", day.high),
    ] {
        out.push_str(&format!(",\"{field}\":"));
        face.price(&mut out, price);
    }
    for (field, size) in [
        ("bid_qty", quote.bid_size),
        ("ask_qty", quote.ask_size),
        ("volume", day.volume),
    ] {
        out.push_str(&format!(",\"{field}\":"));
        face.size(&mut out, size);
    }
    out.push_str(&format!(",\"timestamp\":\"{}\"}}]}}", quote.ts_event));
    out
}

/// Candles of one symbol, oldest first; `now` is the time of the message.
#[must_use]
pub fn candles(face: &Face<'_>, bars: &[Bar], snapshot: bool, now: UnixNanos) -> String {
    let mut out = format!(
        "{{\"channel\":\"ohlc\",\"type\":\"{}\",\"timestamp\":\"{now}\",\"data\":[",
        kind(snapshot)
    );
    list(&mut out, bars, |out, bar| {
        out.push_str("{\"symbol\":");
        quoted(out, face.symbol);
        for (field, price) in [
            ("open", bar.open),
            ("high", bar.high),
            ("low", bar.low),
            ("close", bar.close),
        ] {
            out.push_str(&format!(",\"{field}\":"));
            face.price(out, price);
        }
        // The average is told with as many decimals as the price.
        let vwap = if bar.volume.0 > 0 {
            bar.value / bar.volume.0
        } else {
            i128::from(bar.close.0)
        };
        out.push_str(",\"vwap\":");
        push_decimal(out, vwap, face.price_scale);
        out.push_str(&format!(",\"trades\":{},\"volume\":", bar.trades));
        face.size(out, bar.volume);
        let minutes = bar.interval.secs() / 60;
        out.push_str(&format!(
            ",\"interval_begin\":\"{}\",\"interval\":{minutes}}}",
            bar.ts
        ));
    });
    out.push_str("]}");
    out
}

/// Definitions of instruments.
#[must_use]
pub fn instruments(instruments: &[&Instrument]) -> String {
    let mut out =
        String::from("{\"channel\":\"instrument\",\"type\":\"snapshot\",\"data\":{\"assets\":[],\"pairs\":[");
    list(&mut out, instruments, |out, i| {
        out.push_str("{\"symbol\":");
        quoted(out, &i.venue_symbol);
        out.push_str(",\"base\":");
        quoted(out, i.base.as_str());
        out.push_str(",\"quote\":");
        quoted(out, i.quote.as_str());
        let status = match i.status {
            InstrumentStatus::Trading => "online",
            InstrumentStatus::Halted => "maintenance",
            InstrumentStatus::Delisted => "delisted",
        };
        out.push_str(&format!(
            ",\"status\":\"{status}\",\"qty_precision\":{},\"qty_increment\":{},\"price_precision\":{},\"price_increment\":{},\"qty_min\":{},\"cost_min\":{}}}",
            i.size_scale, i.lot, i.price_scale, i.tick, i.quantity_min, i.notional_min
        ));
    });
    out.push_str("]}}");
    out
}

fn kind(snapshot: bool) -> &'static str {
    if snapshot { "snapshot" } else { "update" }
}

fn data(channel: &str, snapshot: bool) -> String {
    format!(
        "{{\"channel\":\"{channel}\",\"type\":\"{}\",\"data\":[",
        kind(snapshot)
    )
}

//! What is sent to Kraken's first protocol, and what it sends.

use tradewind_types::market::{BookAction, BookUpdate, Quote, Trade};
use tradewind_types::{Side, UnixNanos};

use crate::face::{Face, list, quoted, quoted_list, side_of};

/// A request for the book of pairs to a depth.
#[must_use]
pub fn subscribe_book(pairs: &[&str], depth: usize) -> String {
    request(
        "subscribe",
        pairs,
        &format!("{{\"name\":\"book\",\"depth\":{depth}}}"),
    )
}

/// A request for `trade`, `ticker` or `spread` of pairs.
#[must_use]
pub fn subscribe(pairs: &[&str], name: &str) -> String {
    request("subscribe", pairs, &named(name))
}

/// The end of a channel of pairs.
#[must_use]
pub fn unsubscribe(pairs: &[&str], name: &str) -> String {
    request("unsubscribe", pairs, &named(name))
}

fn named(name: &str) -> String {
    let mut out = String::from("{\"name\":");
    quoted(&mut out, name);
    out.push('}');
    out
}

fn request(event: &str, pairs: &[&str], subscription: &str) -> String {
    let mut out = format!("{{\"event\":\"{event}\",\"pair\":");
    quoted_list(&mut out, pairs);
    out.push_str(&format!(",\"subscription\":{subscription}}}"));
    out
}

/// A snapshot or a change of the book on a channel number. Changes carry the checksum of the book after them.
#[must_use]
pub fn book(
    face: &Face<'_>,
    channel: u64,
    depth: usize,
    update: &BookUpdate,
    checksum: Option<u32>,
) -> String {
    let mut out = format!("[{channel},");
    let (ask, bid) = match update.action {
        BookAction::Snapshot => ("as", "bs"),
        BookAction::Delta => ("a", "b"),
    };
    let sides: Vec<(Side, &str)> = [(Side::Sell, ask), (Side::Buy, bid)]
        .into_iter()
        .filter(|(side, _)| update.action == BookAction::Snapshot || side_of(update, *side).next().is_some())
        .collect();
    // A snapshot is one object of two sides; a change of both sides is two objects, the last with the checksum.
    let joint = if update.action == BookAction::Snapshot {
        ","
    } else {
        "},{"
    };
    out.push('{');
    for (at, (side, name)) in sides.iter().enumerate() {
        if at > 0 {
            out.push_str(joint);
        }
        out.push_str(&format!("\"{name}\":["));
        list(&mut out, side_of(update, *side), |out, level| {
            out.push('[');
            face.quoted_price(out, level.price);
            out.push(',');
            face.quoted_size(out, level.size);
            out.push_str(",\"");
            unix(out, update.ts_event);
            out.push_str("\"]");
        });
        out.push(']');
    }
    if let Some(checksum) = checksum {
        out.push_str(&format!(",\"c\":\"{checksum}\""));
    }
    out.push_str(&format!("}},\"book-{depth}\","));
    quoted(&mut out, face.symbol);
    out.push(']');
    out
}

/// Trades of one pair.
#[must_use]
pub fn trades(face: &Face<'_>, channel: u64, trades: &[Trade]) -> String {
    let mut out = format!("[{channel},[");
    list(&mut out, trades, |out, trade| {
        out.push('[');
        face.quoted_price(out, trade.price);
        out.push(',');
        face.quoted_size(out, trade.size);
        out.push_str(",\"");
        unix(out, trade.ts_event);
        let side = if trade.aggressor == Some(Side::Sell) {
            "s"
        } else {
            "b"
        };
        out.push_str(&format!("\",\"{side}\",\"l\",\"\"]"));
    });
    out.push_str("],\"trade\",");
    quoted(&mut out, face.symbol);
    out.push(']');
    out
}

/// Best bid and offer.
#[must_use]
pub fn spread(face: &Face<'_>, channel: u64, quote: &Quote) -> String {
    let mut out = format!("[{channel},[");
    face.quoted_price(&mut out, quote.bid);
    out.push(',');
    face.quoted_price(&mut out, quote.ask);
    out.push_str(",\"");
    unix(&mut out, quote.ts_event);
    out.push_str("\",");
    face.quoted_size(&mut out, quote.bid_size);
    out.push(',');
    face.quoted_size(&mut out, quote.ask_size);
    out.push_str("],\"spread\",");
    quoted(&mut out, face.symbol);
    out.push(']');
    out
}

/// A sign of life.
#[must_use]
pub fn heartbeat() -> &'static str {
    "{\"event\":\"heartbeat\"}"
}

/// The first message of a connection.
#[must_use]
pub fn system_status(connection: u64, status: &str) -> String {
    let mut out = format!("{{\"connectionID\":{connection},\"event\":\"systemStatus\",\"status\":");
    quoted(&mut out, status);
    out.push_str(",\"version\":\"1.9.0\"}");
    out
}

/// The answer to a subscription.
#[must_use]
pub fn subscribed(channel: u64, channel_name: &str, pair: &str) -> String {
    let mut out = format!("{{\"channelID\":{channel},\"channelName\":");
    quoted(&mut out, channel_name);
    out.push_str(",\"event\":\"subscriptionStatus\",\"pair\":");
    quoted(&mut out, pair);
    out.push_str(",\"status\":\"subscribed\"}");
    out
}

fn unix(out: &mut String, ts: UnixNanos) {
    let micros = ts.0 / 1000;
    out.push_str(&format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000));
}

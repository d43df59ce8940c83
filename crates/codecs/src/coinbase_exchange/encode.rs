//! What is sent to Coinbase Exchange, and what it sends.

use tradewind_types::Side;
use tradewind_types::UnixNanos;
use tradewind_types::market::{BookAction, BookUpdate, Quote, Trade};

use crate::face::{Face, list, lower, quoted, quoted_list, side_of};

/// A request for channels of products.
#[must_use]
pub fn subscribe(products: &[&str], channels: &[&str]) -> String {
    request("subscribe", products, channels)
}

/// The end of channels of products.
#[must_use]
pub fn unsubscribe(products: &[&str], channels: &[&str]) -> String {
    request("unsubscribe", products, channels)
}

fn request(kind: &str, products: &[&str], channels: &[&str]) -> String {
    let mut out = format!("{{\"type\":\"{kind}\",\"product_ids\":");
    quoted_list(&mut out, products);
    out.push_str(",\"channels\":");
    quoted_list(&mut out, channels);
    out.push('}');
    out
}

/// The venue's list of what is subscribed.
#[must_use]
pub fn subscriptions(channels: &[(&str, &[&str])]) -> String {
    let mut out = String::from("{\"type\":\"subscriptions\",\"channels\":[");
    list(&mut out, channels, |out, (name, products)| {
        out.push_str("{\"name\":");
        quoted(out, name);
        out.push_str(",\"product_ids\":");
        quoted_list(out, products);
        out.push('}');
    });
    out.push_str("]}");
    out
}

/// A snapshot or a change of the book.
#[must_use]
pub fn book(face: &Face<'_>, update: &BookUpdate) -> String {
    let mut out = String::with_capacity(64 + update.levels.len() * 40);
    let snapshot = update.action == BookAction::Snapshot;
    out.push_str(if snapshot {
        "{\"type\":\"snapshot\",\"product_id\":"
    } else {
        "{\"type\":\"l2update\",\"product_id\":"
    });
    quoted(&mut out, face.symbol);
    if snapshot {
        for (side, field) in [(Side::Sell, ",\"asks\":["), (Side::Buy, ",\"bids\":[")] {
            out.push_str(field);
            list(&mut out, side_of(update, side), |out, level| {
                out.push('[');
                face.quoted_price(out, level.price);
                out.push(',');
                face.quoted_size(out, level.size);
                out.push(']');
            });
            out.push(']');
        }
    } else {
        out.push_str(",\"changes\":[");
        list(&mut out, &update.levels, |out, level| {
            out.push_str("[\"");
            out.push_str(lower(level.side));
            out.push_str("\",");
            face.quoted_price(out, level.price);
            out.push(',');
            face.quoted_size(out, level.size);
            out.push(']');
        });
        out.push(']');
    }
    time(&mut out, update.ts_event);
    out.push('}');
    out
}

/// A match; `sequence` is the product's message number.
#[must_use]
pub fn matched(face: &Face<'_>, trade: &Trade, sequence: u64) -> String {
    let mut out = format!("{{\"type\":\"match\",\"trade_id\":{},\"side\":\"", trade.trade_id);
    // The side is the maker's.
    out.push_str(lower(trade.aggressor.map_or(Side::Sell, Side::opposite)));
    out.push_str("\",\"size\":");
    face.quoted_size(&mut out, trade.size);
    out.push_str(",\"price\":");
    face.quoted_price(&mut out, trade.price);
    out.push_str(",\"product_id\":");
    quoted(&mut out, face.symbol);
    out.push_str(&format!(",\"sequence\":{sequence}"));
    time(&mut out, trade.ts_event);
    out.push('}');
    out
}

/// A ticker with the best bid and offer beside the last trade.
#[must_use]
pub fn ticker(face: &Face<'_>, quote: &Quote, last: &Trade, sequence: u64) -> String {
    let mut out = format!("{{\"type\":\"ticker\",\"sequence\":{sequence},\"product_id\":");
    quoted(&mut out, face.symbol);
    for (field, price, size) in [
        ("price", last.price, None),
        ("best_bid", quote.bid, Some(("best_bid_size", quote.bid_size))),
        ("best_ask", quote.ask, Some(("best_ask_size", quote.ask_size))),
    ] {
        out.push_str(&format!(",\"{field}\":"));
        face.quoted_price(&mut out, price);
        if let Some((field, size)) = size {
            out.push_str(&format!(",\"{field}\":"));
            face.quoted_size(&mut out, size);
        }
    }
    out.push_str(&format!(",\"trade_id\":{},\"last_size\":", last.trade_id));
    face.quoted_size(&mut out, last.size);
    time(&mut out, quote.ts_event);
    out.push('}');
    out
}

/// A heartbeat of a product.
#[must_use]
pub fn heartbeat(symbol: &str, sequence: u64, last_trade_id: u64, ts: UnixNanos) -> String {
    let mut out = format!(
        "{{\"type\":\"heartbeat\",\"sequence\":{sequence},\"last_trade_id\":{last_trade_id},\"product_id\":"
    );
    quoted(&mut out, symbol);
    time(&mut out, ts);
    out.push('}');
    out
}

/// A refusal.
#[must_use]
pub fn error(message: &str, reason: &str) -> String {
    let mut out = String::from("{\"type\":\"error\",\"message\":");
    quoted(&mut out, message);
    out.push_str(",\"reason\":");
    quoted(&mut out, reason);
    out.push('}');
    out
}

fn time(out: &mut String, ts: UnixNanos) {
    out.push_str(",\"time\":\"");
    out.push_str(&ts.to_rfc3339());
    out.push('"');
}

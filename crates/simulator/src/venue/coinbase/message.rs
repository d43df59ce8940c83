//! The venue's messages as JSON text.
//!
//! The venue reports the **maker's** side of a trade: a `SELL` was an offer that a buyer took.

use std::fmt::Write as _;

use tradewind_types::market::BookLevel;
use tradewind_types::{Side, UnixNanos};

use crate::venue::format::{micros, percent, rfc3339};
use crate::world::history::{Candle, Print};
use crate::world::listing::{ListingInfo, TickerView};

/// The envelope that every data message has. `events` is the inside of the array.
pub(super) fn envelope(channel: &str, ts: UnixNanos, sequence: u64, events: &str) -> String {
    format!(
        r#"{{"channel":"{channel}","client_id":"","timestamp":"{}","sequence_num":{sequence},"events":[{events}]}}"#,
        rfc3339(ts, 9)
    )
}

/// Bids and asks of a book, or changes of it.
pub(super) fn l2_event(kind: &str, info: &ListingInfo, levels: &[BookLevel], ts: UnixNanos) -> String {
    let time = micros(ts);
    let mut text = format!(r#"{{"type":"{kind}","product_id":"{}","updates":["#, info.product);
    for (i, level) in levels.iter().enumerate() {
        let side = if level.side == Side::Buy { "bid" } else { "offer" };
        let (price, size) = (info.grid.price(level.price), info.grid.size(level.size));
        let comma = if i > 0 { "," } else { "" };
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            r#"{comma}{{"side":"{side}","event_time":"{time}","price_level":"{price}","new_quantity":"{size}"}}"#
        );
    }
    text.push_str("]}");
    text
}

/// The maker's side, as the venue spells it.
pub(super) fn maker_side(print: &Print) -> &'static str {
    print.taker.opposite().as_str()
}

/// One trade of the `market_trades` channel; `at` is its time on the venue's clock.
pub(super) fn trade(info: &ListingInfo, print: &Print, at: UnixNanos) -> String {
    format!(
        r#"{{"trade_id":"{}","product_id":"{}","price":"{}","size":"{}","side":"{}","time":"{}"}}"#,
        print.id,
        info.product,
        info.grid.price(print.price),
        info.grid.size(print.size),
        maker_side(print),
        micros(at)
    )
}

/// One ticker; `ticker_batch` leaves out best bid and offer. `None` before the first trade.
pub(super) fn ticker(info: &ListingInfo, view: &TickerView, quotes: bool) -> Option<String> {
    let day = view.day?;
    let (grid, price) = (info.grid, |p| info.grid.price(p));
    let mut text = format!(
        r#"{{"type":"ticker","product_id":"{}","price":"{}","volume_24_h":"{}","low_24_h":"{low}","high_24_h":"{high}","low_52_w":"{low}","high_52_w":"{high}","price_percent_chg_24_h":"{}""#,
        info.product,
        price(day.last),
        grid.size(day.volume),
        percent(day.open, day.last, 8),
        low = price(day.low),
        high = price(day.high),
    );
    if quotes {
        for (name, level) in [("bid", view.bid), ("ask", view.ask)] {
            let (p, s) = level.map_or(("".into(), "".into()), |(p, s)| (grid.price(p), grid.size(s)));
            let _ = write!(text, r#","best_{name}":"{p}","best_{name}_quantity":"{s}""#);
        }
    }
    text.push('}');
    Some(text)
}

/// One candle of the `candles` channel.
pub(super) fn candle(info: &ListingInfo, candle: &Candle) -> String {
    let price = |p| info.grid.price(p);
    format!(
        r#"{{"start":"{}","high":"{}","low":"{}","open":"{}","close":"{}","volume":"{}","product_id":"{}"}}"#,
        candle.start_s,
        price(candle.high),
        price(candle.low),
        price(candle.open),
        price(candle.close),
        info.grid.size(candle.volume),
        info.product
    )
}

/// One product of the `status` channel.
pub(super) fn status(info: &ListingInfo) -> String {
    use crate::config::Grid;
    format!(
        r#"{{"product_type":"SPOT","id":"{p}","base_currency":"{b}","quote_currency":"{q}","base_increment":"{bi}","quote_increment":"{qi}","display_name":"{b}/{q}","status":"online","status_message":"","min_market_funds":"1"}}"#,
        p = info.product,
        b = info.base,
        q = info.quote,
        bi = Grid::increment(info.grid.size_scale),
        qi = Grid::increment(info.grid.price_scale),
    )
}

/// The venue's error message.
pub(super) fn error(reason: &str) -> String {
    serde_json::json!({ "type": "error", "message": reason }).to_string()
}

//! The venue's messages as JSON text. Numbers are written with all decimals of the pair's precisions, as the
//! checksum's rules expect them.

use std::fmt::Write as _;

use tradewind_types::{PriceMantissa, Side, UnixNanos};

use super::{checksum, ws_symbol};
use crate::config::Grid;
use crate::venue::format::{fixed, micros, percent, rfc3339};
use crate::world::history::{Candle, Print};
use crate::world::listing::{Level, Listing, ListingInfo, TickerView};

/// Levels of one side.
pub(super) type Levels = [Level];

fn side(out: &mut String, name: &str, grid: Grid, levels: &Levels) {
    // Writing to a string cannot fail, here and below.
    let _ = write!(out, r#""{name}":["#);
    for (i, (price, size)) in levels.iter().enumerate() {
        let comma = if i > 0 { "," } else { "" };
        let _ = write!(
            out,
            r#"{comma}{{"price":{},"qty":{}}}"#,
            grid.price(*price),
            grid.size(*size)
        );
    }
    out.push(']');
}

/// A book snapshot or update: the levels told, and the checksum of the book that results.
pub(super) fn book(
    kind: &str,
    info: &ListingInfo,
    told: (&Levels, &Levels),
    whole: (&Levels, &Levels),
    ts: UnixNanos,
) -> String {
    let mut text = format!(
        r#"{{"channel":"book","type":"{kind}","data":[{{"symbol":"{}","#,
        ws_symbol(info)
    );
    side(&mut text, "bids", info.grid, told.0);
    text.push(',');
    side(&mut text, "asks", info.grid, told.1);
    let sum = checksum(whole.0, whole.1);
    let _ = write!(text, r#","checksum":{sum},"timestamp":"{}"}}]}}"#, micros(ts));
    text
}

/// Trades, oldest first; `at` puts a trade's time on the venue's clock.
pub(super) fn trades<'a>(
    kind: &str,
    info: &ListingInfo,
    prints: impl Iterator<Item = &'a Print>,
    at: impl Fn(UnixNanos) -> UnixNanos,
) -> String {
    let row = |t: &Print| {
        format!(
            r#"{{"symbol":"{}","side":"{}","price":{},"qty":{},"ord_type":"{}","trade_id":{},"timestamp":"{}"}}"#,
            ws_symbol(info),
            if t.taker == Side::Buy { "buy" } else { "sell" },
            info.grid.price(t.price),
            info.grid.size(t.size),
            if t.market_order { "market" } else { "limit" },
            t.id,
            micros(at(t.ts))
        )
    };
    let rows: Vec<String> = prints.map(row).collect();
    format!(
        r#"{{"channel":"trade","type":"{kind}","data":[{}]}}"#,
        rows.join(",")
    )
}

/// The ticker; `None` before the first trade or while a side is empty.
pub(super) fn ticker(kind: &str, info: &ListingInfo, view: &TickerView, ts: UnixNanos) -> Option<String> {
    let (day, (bid, bid_size), (ask, ask_size)) = (view.day?, view.bid?, view.ask?);
    let (price, size) = (|p| info.grid.price(p), |s| info.grid.size(s));
    Some(format!(
        r#"{{"channel":"ticker","type":"{kind}","data":[{{"symbol":"{}","bid":{},"bid_qty":{},"ask":{},"ask_qty":{},"last":{},"volume":{},"vwap":{},"low":{},"high":{},"change":{},"change_pct":{},"timestamp":"{}"}}]}}"#,
        ws_symbol(info),
        price(bid),
        size(bid_size),
        price(ask),
        size(ask_size),
        price(day.last),
        size(day.volume),
        price(day.vwap),
        price(day.low),
        price(day.high),
        price(PriceMantissa(day.last.0 - day.open.0)),
        percent(day.open, day.last, 2),
        micros(ts)
    ))
}

/// Candles of one symbol and interval.
pub(super) fn ohlc(
    kind: &str,
    info: &ListingInfo,
    minutes: u64,
    candles: &[Candle],
    ts: UnixNanos,
) -> String {
    let row = |c: &Candle| {
        let price = |p| info.grid.price(p);
        let begin = UnixNanos::from_secs(c.start_s);
        format!(
            r#"{{"symbol":"{}","open":{},"high":{},"low":{},"close":{},"trades":{},"volume":{},"vwap":{},"interval_begin":"{}","interval":{minutes},"timestamp":"{}"}}"#,
            ws_symbol(info),
            price(c.open),
            price(c.high),
            price(c.low),
            price(c.close),
            c.trades,
            info.grid.size(c.volume),
            price(c.vwap()),
            rfc3339(begin, 9),
            micros(begin.plus(minutes * 60_000_000_000))
        )
    };
    let rows: Vec<String> = candles.iter().map(row).collect();
    let ts = rfc3339(ts, 9);
    format!(
        r#"{{"channel":"ohlc","type":"{kind}","timestamp":"{ts}","data":[{}]}}"#,
        rows.join(",")
    )
}

/// Assets and pairs.
pub(super) fn instruments(listings: &[Listing]) -> String {
    let mut assets: Vec<&str> = listings
        .iter()
        .flat_map(|l| [&*l.info().base, &*l.info().quote])
        .collect();
    assets.sort_unstable();
    assets.dedup();
    let asset = |code: &&str| {
        let (precision, display) = if *code == "USD" { (4, 2) } else { (10, 5) };
        format!(
            r#"{{"id":"{code}","status":"enabled","precision":{precision},"precision_display":{display},"borrowable":false,"collateral_value":1.00}}"#
        )
    };
    let assets: Vec<String> = assets.iter().map(asset).collect();
    let pairs: Vec<String> = listings.iter().map(|l| pair(l.info())).collect();
    format!(
        r#"{{"channel":"instrument","type":"snapshot","data":{{"assets":[{}],"pairs":[{}]}}}}"#,
        assets.join(","),
        pairs.join(",")
    )
}

fn pair(info: &ListingInfo) -> String {
    let Grid {
        price_scale,
        size_scale,
    } = info.grid;
    format!(
        r#"{{"symbol":"{}","base":"{}","quote":"{}","status":"online","qty_precision":{size_scale},"qty_increment":{},"price_precision":{price_scale},"cost_precision":5,"marginable":false,"has_index":true,"cost_min":0.50,"tick_size":{tick},"price_increment":{tick},"qty_min":{}}}"#,
        ws_symbol(info),
        info.base,
        info.quote,
        fixed(1, size_scale),
        order_min(info),
        tick = fixed(1, price_scale),
    )
}

/// Least quantity of an order, about half a dollar's worth of the usual products.
pub(super) fn order_min(info: &ListingInfo) -> &'static str {
    match info.base.as_str() {
        "BTC" => "0.00005",
        "ETH" => "0.001",
        "SOL" => "0.02",
        "ADA" => "4.4",
        _ => "0.1",
    }
}

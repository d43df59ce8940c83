//! Public REST under `/0/public`: time, system status, pairs, candles, trades, books. Errors come with
//! status 200 in the `error` list, as the venue does it.

use serde_json::{Value, json};
use tradewind_types::{PriceMantissa, Side, UnixNanos};

use super::message::order_min;
use super::subscription::INTERVALS;
use super::{alt_name, rest_asset, rest_key, ws_symbol};
use crate::config::{Grid, VenueKind};
use crate::venue::RestReply;
use crate::venue::format::{fixed, rfc3339, unix_seconds};
use crate::world::World;
use crate::world::history::Candle;
use crate::world::listing::{Listing, ListingInfo};

/// Most candles of one answer.
const CANDLES_MAX: u64 = 720;
/// Most trades of one answer.
const TRADES_MAX: usize = 1_000;

/// Answers a request.
#[must_use]
pub fn rest(path: &str, query: &[(String, String)], world: &World, now: UnixNanos) -> RestReply {
    let listings = world.listings(VenueKind::Kraken);
    let get = |name: &str| query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let pair = || get("pair").and_then(|name| find(listings, name));
    let reply = match path {
        "/0/public/Time" => Ok(time(now)),
        "/0/public/SystemStatus" => Ok(json!({ "status": "online", "timestamp": rfc3339(now, 0) })),
        "/0/public/AssetPairs" => asset_pairs(listings, get("pair")),
        "/0/public/OHLC" => pair()
            .ok_or(UNKNOWN_PAIR)
            .and_then(|l| candles(l, get("interval"), get("since"), world.now())),
        "/0/public/Trades" => pair()
            .ok_or(UNKNOWN_PAIR)
            .and_then(|l| trades(l, get("since"), get("count"))),
        "/0/public/Depth" => pair()
            .ok_or(UNKNOWN_PAIR)
            .map(|l| depth(l, get("count"), world.now())),
        _ => Err("EGeneral:Unknown method"),
    };
    let body = match reply {
        Ok(result) => json!({ "error": [], "result": result }),
        Err(error) => json!({ "error": [error] }),
    };
    RestReply::ok(body.to_string())
}

const UNKNOWN_PAIR: &str = "EQuery:Unknown asset pair";
const INVALID: &str = "EGeneral:Invalid arguments";

fn find<'a>(listings: &'a [Listing], name: &str) -> Option<&'a Listing> {
    listings.iter().find(|l| {
        let info = l.info();
        let both = format!("{}{}", info.base, info.quote);
        [
            rest_key(info),
            alt_name(info),
            ws_symbol(info),
            ws_name(info),
            both,
        ]
        .iter()
        .any(|n| n == name)
    })
}

/// `XBT/USD`: the name on WebSocket v1.
fn ws_name(info: &ListingInfo) -> String {
    format!("{}/{}", rest_asset(&info.base).1, rest_asset(&info.quote).1)
}

fn time(now: UnixNanos) -> Value {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let text = rfc3339(now, 0);
    // 1970-01-01 was a Thursday.
    let weekday = DAYS[(now.as_secs() / 86_400 % 7) as usize];
    let month = text[5..7]
        .parse::<usize>()
        .ok()
        .and_then(|m| MONTHS.get(m - 1))
        .unwrap_or(&"Jan");
    let rfc1123 = format!(
        "{weekday}, {} {month} {} {} +0000",
        &text[8..10],
        &text[2..4],
        &text[11..19]
    );
    json!({ "unixtime": now.as_secs(), "rfc1123": rfc1123 })
}

fn asset_pairs(listings: &[Listing], wanted: Option<&str>) -> Result<Value, &'static str> {
    let wanted: Option<Vec<&str>> = wanted.map(|names| names.split(',').collect());
    let chosen: Vec<&Listing> = match wanted {
        None => listings.iter().collect(),
        Some(names) => names
            .into_iter()
            .map(|n| find(listings, n).ok_or(UNKNOWN_PAIR))
            .collect::<Result<_, _>>()?,
    };
    Ok(chosen
        .into_iter()
        .map(|l| (rest_key(l.info()), asset_pair(l)))
        .collect::<serde_json::Map<_, _>>()
        .into())
}

fn asset_pair(listing: &Listing) -> Value {
    let info = listing.info();
    let Grid {
        price_scale,
        size_scale,
    } = info.grid;
    let code = |asset: &str| {
        let (prefix, code) = rest_asset(asset);
        format!("{prefix}{code}")
    };
    json!({
        "altname": alt_name(info),
        "wsname": ws_name(info),
        "aclass_base": "currency",
        "base": code(&info.base),
        "aclass_quote": "currency",
        "quote": code(&info.quote),
        "lot": "unit",
        "cost_decimals": 5,
        "pair_decimals": price_scale,
        "lot_decimals": size_scale,
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": [[0, 0.4], [10_000, 0.35], [50_000, 0.24]],
        "fees_maker": [[0, 0.25], [10_000, 0.2], [50_000, 0.14]],
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": order_min(info),
        "costmin": "0.5",
        "tick_size": fixed(1, price_scale),
        "status": "online",
    })
}

/// Candles after `since`, oldest first, an interval without trades as a flat candle of volume 0. The last
/// one is still in the making; `last` is the opening time of the one before it.
fn candles(
    listing: &Listing,
    interval: Option<&str>,
    since: Option<&str>,
    now: UnixNanos,
) -> Result<Value, &'static str> {
    let minutes: u64 = interval.map_or(Ok(1), str::parse).map_err(|_| INVALID)?;
    if !INTERVALS.contains(&minutes) {
        return Err(INVALID);
    }
    let since: u64 = since.map_or(Ok(0), str::parse).map_err(|_| INVALID)?;
    let step = minutes * 60;
    let forming = now.as_secs() / step * step;
    let oldest = forming.saturating_sub((CANDLES_MAX - 1) * step);
    let from = oldest.max(
        since
            .checked_add(1)
            .ok_or(INVALID)?
            .div_ceil(step)
            .saturating_mul(step),
    );
    let info = listing.info();
    let price = |p: PriceMantissa| info.grid.price(p);
    let filled = fill(&listing.history().candles(step, from, forming), step, forming);
    let rows: Vec<Value> = filled
        .iter()
        .map(|c| {
            json!([
                c.start_s,
                price(c.open),
                price(c.high),
                price(c.low),
                price(c.close),
                if c.trades == 0 {
                    price(PriceMantissa(0))
                } else {
                    price(c.vwap())
                },
                info.grid.size(c.volume),
                c.trades
            ])
        })
        .collect();
    Ok(json!({ rest_key(info): rows, "last": forming.saturating_sub(step) }))
}

fn fill(candles: &[Candle], step: u64, until: u64) -> Vec<Candle> {
    let mut out: Vec<Candle> = Vec::with_capacity(candles.len());
    let mut rest = candles.iter().peekable();
    while let Some(candle) = rest.next() {
        out.push(*candle);
        let next = rest.peek().map_or(until + step, |c| c.start_s);
        let mut at = candle.start_s + step;
        while at < next && (out.len() as u64) < CANDLES_MAX {
            out.push(Candle::flat(at, candle.close));
            at += step;
        }
    }
    out
}

/// Trades after `since` (nanoseconds, or seconds), oldest first; without `since` the newest.
fn trades(listing: &Listing, since: Option<&str>, count: Option<&str>) -> Result<Value, &'static str> {
    let count: usize = count.map_or(Ok(TRADES_MAX), str::parse).map_err(|_| INVALID)?;
    let count = count.clamp(1, TRADES_MAX);
    let since: Option<u64> = since.map(str::parse).transpose().map_err(|_| INVALID)?;
    // The venue takes both units; a number of seconds has ten digits.
    let since = since.map(|s| {
        if s < 100_000_000_000 {
            s.saturating_mul(1_000_000_000)
        } else {
            s
        }
    });
    let history = listing.history();
    let info = listing.info();
    let chosen: Vec<_> = match since {
        Some(since) => history.trades().filter(|t| t.ts.0 > since).take(count).collect(),
        None => history
            .trades()
            .skip(history.trades().len().saturating_sub(count))
            .collect(),
    };
    let last = chosen.last().map_or(since.unwrap_or(0), |t| t.ts.0);
    let rows: Vec<Value> = chosen
        .iter()
        .map(|t| {
            let seconds: serde_json::Number = unix_seconds(t.ts)
                .parse::<f64>()
                .ok()
                .and_then(serde_json::Number::from_f64)
                .unwrap_or_else(|| 0.into());
            json!([
                info.grid.price(t.price),
                info.grid.size(t.size),
                seconds,
                if t.taker == Side::Buy { "b" } else { "s" },
                if t.market_order { "m" } else { "l" },
                "",
                t.id
            ])
        })
        .collect();
    Ok(json!({ rest_key(info): rows, "last": last.to_string() }))
}

fn depth(listing: &Listing, count: Option<&str>, now: UnixNanos) -> Value {
    let count = count
        .and_then(|c| c.parse().ok())
        .unwrap_or(100usize)
        .clamp(1, 500);
    let info = listing.info();
    let rows = |levels: Vec<_>| -> Vec<Value> {
        let row = |(p, s)| json!([info.grid.price(p), info.grid.size(s), now.as_secs()]);
        levels.into_iter().map(row).collect()
    };
    let book = listing.book();
    json!({ rest_key(info): {
        "asks": rows(book.top_asks(count)),
        "bids": rows(book.top_bids(count)),
    }})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_written_as_the_venue_writes_it() {
        // https://docs.kraken.com, GetServerTime.
        let time = time(UnixNanos::from_secs(1_762_820_224));
        assert_eq!(
            time,
            json!({ "unixtime": 1_762_820_224, "rfc1123": "Tue, 11 Nov 25 00:17:04 +0000" })
        );
    }
}

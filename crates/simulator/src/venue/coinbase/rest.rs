//! Public REST under `/api/v3/brokerage`: time, products, candles, trades, books.

use tradewind_types::UnixNanos;

use super::message::maker_side;
use crate::config::{Grid, VenueKind};
use crate::venue::RestReply;
use crate::venue::format::{fixed, micros, percent, rfc3339};
use crate::world::World;
use crate::world::history::Candle;
use crate::world::listing::Listing;

/// Most candles of one answer.
const CANDLES_MAX: u64 = 350;
/// Most trades of one answer.
const TRADES_MAX: usize = 1_000;
/// Names of the candle lengths and their seconds.
const GRANULARITIES: [(&str, u64); 9] = [
    ("ONE_MINUTE", 60),
    ("FIVE_MINUTE", 300),
    ("FIFTEEN_MINUTE", 900),
    ("THIRTY_MINUTE", 1_800),
    ("ONE_HOUR", 3_600),
    ("TWO_HOUR", 7_200),
    ("FOUR_HOUR", 14_400),
    ("SIX_HOUR", 21_600),
    ("ONE_DAY", 86_400),
];

/// Answers a request.
#[must_use]
pub fn rest(path: &str, query: &[(String, String)], world: &World, now: UnixNanos) -> RestReply {
    let listings = world.listings(VenueKind::Coinbase);
    let Some(path) = path.strip_prefix("/api/v3/brokerage/") else {
        return unknown_path();
    };
    let query = Query(query);
    if path == "time" {
        return time(now);
    }
    let Some(path) = path.strip_prefix("market/") else {
        return unauthorized();
    };
    let parts: Vec<&str> = path.split('/').collect();
    let find = |id: &str| listings.iter().find(|l| l.info().product == id);
    match parts.as_slice() {
        ["products"] => products(listings),
        ["product_book"] => match query.get("product_id").and_then(find) {
            Some(listing) => book(listing, &query, world.now()),
            None => invalid("valid product_id is required"),
        },
        ["products", id] => find(id).map_or_else(|| no_product(id), |l| RestReply::ok(product(l))),
        ["products", id, "candles"] => find(id).map_or_else(|| no_product(id), |l| candles(l, &query)),
        ["products", id, "ticker"] => find(id).map_or_else(|| no_product(id), |l| ticker(l, &query)),
        _ => unknown_path(),
    }
}

struct Query<'a>(&'a [(String, String)]);

impl Query<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.get(name).and_then(|v| v.parse().ok())
    }
}

fn failure(status: u16, error: &str, message: &str) -> RestReply {
    let body = serde_json::json!({
        "error": error, "error_details": message, "message": message, "code": status,
    });
    RestReply {
        status,
        body: body.to_string(),
    }
}

fn invalid(message: &str) -> RestReply {
    failure(400, "INVALID_ARGUMENT", message)
}

fn no_product(id: &str) -> RestReply {
    let id: String = id.chars().take(32).collect();
    failure(404, "NOT_FOUND", &format!("valid product_id is required: {id}"))
}

fn unknown_path() -> RestReply {
    failure(404, "NOT_FOUND", "not found")
}

fn unauthorized() -> RestReply {
    RestReply {
        status: 401,
        body: "Unauthorized".to_owned(),
    }
}

fn time(now: UnixNanos) -> RestReply {
    RestReply::ok(format!(
        r#"{{"iso":"{}","epochSeconds":"{}","epochMillis":"{}"}}"#,
        rfc3339(now, 0),
        now.as_secs(),
        now.as_millis()
    ))
}

fn products(listings: &[Listing]) -> RestReply {
    let rows: Vec<String> = listings.iter().map(product).collect();
    RestReply::ok(format!(
        r#"{{"products":[{}],"num_products":{},"pagination":null}}"#,
        rows.join(","),
        listings.len()
    ))
}

fn product(listing: &Listing) -> String {
    let info = listing.info();
    let day = listing.history().day();
    let empty = String::new;
    let price = day.map_or_else(empty, |d| info.grid.price(d.last));
    let volume = day.map_or_else(empty, |d| info.grid.size(d.volume));
    let change = day.map_or_else(empty, |d| percent(d.open, d.last, 10));
    serde_json::json!({
        "product_id": info.product,
        "price": price,
        "price_percentage_change_24h": change,
        "volume_24h": volume,
        "volume_percentage_change_24h": "0",
        "base_increment": Grid::increment(info.grid.size_scale),
        "quote_increment": Grid::increment(info.grid.price_scale),
        "quote_min_size": "1",
        "quote_max_size": "150000000",
        "base_min_size": Grid::increment(info.grid.size_scale),
        "base_max_size": "3400",
        "base_name": info.base,
        "quote_name": if info.quote == "USD" { "US Dollar" } else { &info.quote },
        "watched": false,
        "is_disabled": false,
        "new": false,
        "status": "online",
        "cancel_only": false,
        "limit_only": false,
        "post_only": false,
        "trading_disabled": false,
        "auction_mode": false,
        "product_type": "SPOT",
        "quote_currency_id": info.quote,
        "base_currency_id": info.base,
        "fcm_trading_session_details": null,
        "mid_market_price": "",
        "alias": "",
        "alias_to": [],
        "base_display_symbol": info.base,
        "quote_display_symbol": info.quote,
        "view_only": false,
        "price_increment": Grid::increment(info.grid.price_scale),
        "display_name": info.product,
        "product_venue": "CBE",
        "approximate_quote_24h_volume": "",
        "new_at": "2023-01-01T00:00:00Z",
    })
    .to_string()
}

fn candles(listing: &Listing, query: &Query<'_>) -> RestReply {
    let granularity = query.get("granularity").unwrap_or("");
    let Some((_, interval_s)) = GRANULARITIES.iter().find(|(name, _)| *name == granularity) else {
        return invalid("granularity is not one of the supported values");
    };
    let (Some(start), Some(end)) = (query.number("start"), query.number("end")) else {
        return invalid("start and end are required, in seconds since the epoch");
    };
    if end < start {
        return invalid("start must be before end");
    }
    if (end - start) / interval_s > CANDLES_MAX {
        return invalid("number of candles requested should be less than 350");
    }
    let limit = query.number("limit").unwrap_or(CANDLES_MAX).clamp(1, CANDLES_MAX) as usize;
    let info = listing.info();
    let row = |c: &Candle| {
        let price = |p| info.grid.price(p);
        format!(
            r#"{{"start":"{}","low":"{}","high":"{}","open":"{}","close":"{}","volume":"{}"}}"#,
            c.start_s,
            price(c.low),
            price(c.high),
            price(c.open),
            price(c.close),
            info.grid.size(c.volume)
        )
    };
    // Newest first; an interval without trades has no candle.
    let candles = listing.history().candles(*interval_s, start, end);
    let rows: Vec<String> = candles.iter().rev().take(limit).map(row).collect();
    RestReply::ok(format!(r#"{{"candles":[{}]}}"#, rows.join(",")))
}

fn ticker(listing: &Listing, query: &Query<'_>) -> RestReply {
    let limit = query
        .number("limit")
        .map_or(100, |l| l as usize)
        .clamp(1, TRADES_MAX);
    let (start, end) = (
        query.number("start").unwrap_or(0),
        query.number("end").unwrap_or(u64::MAX),
    );
    let info = listing.info();
    let rows: Vec<String> = listing
        .history()
        .trades()
        .rev()
        .filter(|t| (start..=end).contains(&t.ts.as_secs()))
        .take(limit)
        .map(|t| {
            format!(
                r#"{{"trade_id":"{}","product_id":"{}","price":"{}","size":"{}","time":"{}","side":"{}","bid":"","ask":"","exchange":"coinbase"}}"#,
                t.id,
                info.product,
                info.grid.price(t.price),
                info.grid.size(t.size),
                micros(t.ts),
                maker_side(t)
            )
        })
        .collect();
    let view = listing.ticker();
    let best = |level: Option<(_, _)>| level.map_or_else(String::new, |(p, _)| info.grid.price(p));
    RestReply::ok(format!(
        r#"{{"trades":[{}],"best_bid":"{}","best_ask":"{}"}}"#,
        rows.join(","),
        best(view.bid),
        best(view.ask)
    ))
}

fn book(listing: &Listing, query: &Query<'_>, now: UnixNanos) -> RestReply {
    let limit = query.number("limit").map_or(usize::MAX, |l| l as usize).max(1);
    let info = listing.info();
    let book = listing.book();
    let rows = |levels: Vec<_>| {
        let row = |(p, s)| {
            format!(
                r#"{{"price":"{}","size":"{}"}}"#,
                info.grid.price(p),
                info.grid.size(s)
            )
        };
        levels.into_iter().map(row).collect::<Vec<_>>().join(",")
    };
    let last = listing
        .history()
        .last()
        .map_or_else(String::new, |t| info.grid.price(t.price));
    let (mut mid, mut absolute, mut bps) = (String::new(), String::new(), String::new());
    if let (Some((bid, _)), Some((ask, _))) = (book.best_bid(), book.best_ask()) {
        let scale = info.grid.price_scale;
        let spread = i128::from(ask.0 - bid.0);
        mid = fixed(i128::from(ask.0 + bid.0) * 5, scale + 1);
        absolute = fixed(spread, scale);
        // Basis points of the mid: spread ÷ (sum ÷ 2) × 10,000, with 12 decimals.
        bps = fixed(
            spread * 20_000 * 1_000_000_000_000 / i128::from(ask.0 + bid.0).max(1),
            12,
        );
    }
    RestReply::ok(format!(
        r#"{{"pricebook":{{"product_id":"{}","bids":[{}],"asks":[{}],"time":"{}"}},"last":"{last}","mid_market":"{mid}","spread_bps":"{bps}","spread_absolute":"{absolute}"}}"#,
        info.product,
        rows(book.top_bids(limit)),
        rows(book.top_asks(limit)),
        micros(now),
    ))
}

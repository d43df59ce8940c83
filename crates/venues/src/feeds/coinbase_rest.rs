//! Coinbase Advanced Trade's public REST: products, candles, trades.
//! Source: <https://docs.cdp.coinbase.com/advanced-trade/reference> (`/market/…` needs no key).

use std::ops::Range;

use serde::Deserialize;
use tradewind_types::market::{Bar, BarInterval, BarSource, Trade};
use tradewind_types::num::parse_decimal;
use tradewind_types::{
    Currency, Decimal, Instrument, InstrumentId, InstrumentIdx, InstrumentStatus, PriceMantissa, Side,
    SizeMantissa, UnixNanos,
};

use super::VenueLink;
use super::products::ProductsError;
use crate::http::{RestClient, RestError};

const BASE: &str = "/api/v3/brokerage/market/products";
/// Candles that one call returns at most.
const CANDLES_MAX: u64 = 350;

#[derive(Deserialize)]
struct Products {
    products: Vec<Product>,
}

#[derive(Deserialize)]
struct Product {
    product_id: String,
    base_currency_id: String,
    quote_currency_id: String,
    base_increment: String,
    quote_increment: String,
    #[serde(default)]
    price_increment: Option<String>,
    #[serde(default)]
    base_min_size: Option<String>,
    #[serde(default)]
    quote_min_size: Option<String>,
    #[serde(default)]
    product_type: Option<String>,
    #[serde(default)]
    trading_disabled: bool,
    #[serde(default)]
    is_disabled: bool,
}

pub(super) async fn products(rest: &RestClient, link: &VenueLink) -> Result<Vec<Instrument>, ProductsError> {
    let venue = link.settings.id.to_string();
    let answer: Products = rest
        .get(BASE)
        .json_answer()
        .await
        .map_err(|source| ProductsError::Rest { venue, source })?;
    let spot = answer
        .products
        .iter()
        .filter(|p| p.product_type.as_deref().unwrap_or("SPOT") == "SPOT");
    spot.map(|product| instrument(product, link)).collect()
}

fn instrument(product: &Product, link: &VenueLink) -> Result<Instrument, ProductsError> {
    let name = product.product_id.as_str();
    let number = |text: &str| parse_decimal(text).map_err(ProductsError::bad_number(name));
    let currency = |text: &str| text.parse::<Currency>().map_err(ProductsError::bad_number(name));
    let id: InstrumentId = format!("{}.{}", name, link.settings.kind.market())
        .parse()
        .map_err(ProductsError::bad_id(name))?;
    let tick = number(
        product
            .price_increment
            .as_deref()
            .unwrap_or(&product.quote_increment),
    )?;
    let pair = (
        currency(&product.base_currency_id)?,
        currency(&product.quote_currency_id)?,
    );
    let lot = number(&product.base_increment)?;
    let mut instrument = Instrument::spot(id, link.settings.id.clone(), name, pair, tick, lot);
    let or_zero = |text: &Option<String>| text.as_deref().map_or(Ok(Decimal::ZERO), number);
    instrument.quantity_min = or_zero(&product.base_min_size)?.max(instrument.lot);
    instrument.notional_min = or_zero(&product.quote_min_size)?;
    instrument.simulated = link.settings.simulated;
    if product.trading_disabled || product.is_disabled {
        instrument.status = InstrumentStatus::Halted;
    }
    Ok(instrument)
}

#[derive(Deserialize)]
struct Candles {
    candles: Vec<Candle>,
}

#[derive(Deserialize)]
struct Candle {
    start: String,
    low: String,
    high: String,
    open: String,
    close: String,
    volume: String,
}

fn granularity(interval: BarInterval) -> Option<&'static str> {
    Some(match interval.secs() {
        60 => "ONE_MINUTE",
        300 => "FIVE_MINUTE",
        900 => "FIFTEEN_MINUTE",
        1_800 => "THIRTY_MINUTE",
        3_600 => "ONE_HOUR",
        7_200 => "TWO_HOUR",
        21_600 => "SIX_HOUR",
        86_400 => "ONE_DAY",
        _ => return None,
    })
}

/// Whether there are candles of an interval.
pub(super) fn has(interval: BarInterval) -> bool {
    interval.is_time() && granularity(interval).is_some()
}

/// The latest closed candles before `now`, oldest first; those that do not parse are left out. None where there is no
/// such interval here.
pub(super) async fn candles(
    rest: &RestClient,
    of: (InstrumentIdx, &Instrument),
    interval: BarInterval,
    now: UnixNanos,
) -> Result<Vec<Bar>, RestError> {
    let end = now.floor_to(interval.nanos().max(1));
    let start = UnixNanos(end.0.saturating_sub(interval.nanos() * CANDLES_MAX));
    one_answer(rest, of, interval, (start..end, now)).await
}

/// Closed candles of a range of time, oldest first, as many answers as it takes.
pub(super) async fn candles_between(
    rest: &RestClient,
    of: (InstrumentIdx, &Instrument),
    interval: BarInterval,
    (times, now): (Range<UnixNanos>, UnixNanos),
) -> Result<Vec<Bar>, RestError> {
    let end = times.end.min(now.floor_to(interval.nanos().max(1)));
    let step = interval.nanos().max(1) * (CANDLES_MAX - 1);
    let (mut found, mut from) = (Vec::new(), times.start);
    while from < end {
        let to = from.plus(step).min(end);
        found.extend(one_answer(rest, of, interval, (from..to, now)).await?);
        from = to;
    }
    Ok(found)
}

async fn one_answer(
    rest: &RestClient,
    (idx, instrument): (InstrumentIdx, &Instrument),
    interval: BarInterval,
    (times, now): (Range<UnixNanos>, UnixNanos),
) -> Result<Vec<Bar>, RestError> {
    let Some(granularity) = granularity(interval) else {
        return Ok(Vec::new());
    };
    let answer: Candles = rest
        .get(&format!("{BASE}/{}/candles", instrument.venue_symbol))
        .query("start", times.start.as_secs())
        .query("end", times.end.as_secs().saturating_sub(1))
        .query("granularity", granularity)
        .json_answer()
        .await?;
    let mut bars: Vec<Bar> = answer
        .candles
        .iter()
        .filter_map(|c| bar(c, (idx, instrument), interval, now))
        .collect();
    bars.retain(|b| times.contains(&b.ts));
    bars.sort_by_key(|b| b.ts);
    Ok(bars)
}

fn bar(
    c: &Candle,
    (idx, instrument): (InstrumentIdx, &Instrument),
    interval: BarInterval,
    now: UnixNanos,
) -> Option<Bar> {
    let price =
        |text: &str| PriceMantissa::from_decimal(parse_decimal(text).ok()?, instrument.price_scale).ok();
    Some(Bar {
        instrument: idx,
        interval,
        ts: UnixNanos::from_secs(c.start.parse().ok()?),
        open: price(&c.open)?,
        high: price(&c.high)?,
        low: price(&c.low)?,
        close: price(&c.close)?,
        volume: SizeMantissa::from_decimal(parse_decimal(&c.volume).ok()?, instrument.size_scale).ok()?,
        value: 0,
        trades: 0,
        open_interest: None,
        source: BarSource::Venue,
        revision: 0,
        complete: true,
        ts_init: now,
    })
}

#[derive(Deserialize)]
struct Trades {
    trades: Vec<RestTrade>,
}

#[derive(Deserialize)]
struct RestTrade {
    trade_id: String,
    price: String,
    size: String,
    time: String,
    side: String,
}

/// The newest trades, oldest first; those that do not parse are left out.
pub(super) async fn trades(
    rest: &RestClient,
    (idx, instrument): (InstrumentIdx, &Instrument),
    limit: u32,
    now: UnixNanos,
) -> Result<Vec<Trade>, RestError> {
    let path = format!("{BASE}/{}/ticker", instrument.venue_symbol);
    let answer: Trades = rest.get(&path).query("limit", limit).json_answer().await?;
    let mut trades: Vec<Trade> = answer
        .trades
        .iter()
        .filter_map(|t| trade(t, (idx, instrument), now))
        .collect();
    trades.sort_by_key(|t| (t.trade_id, t.ts_event));
    Ok(trades)
}

fn trade(t: &RestTrade, (idx, instrument): (InstrumentIdx, &Instrument), now: UnixNanos) -> Option<Trade> {
    Some(Trade {
        instrument: idx,
        price: PriceMantissa::from_decimal(parse_decimal(&t.price).ok()?, instrument.price_scale).ok()?,
        size: SizeMantissa::from_decimal(parse_decimal(&t.size).ok()?, instrument.size_scale).ok()?,
        // The venue states the maker's side; the taker's is the other.
        aggressor: match t.side.as_str() {
            "BUY" => Some(Side::Sell),
            "SELL" => Some(Side::Buy),
            _ => None,
        },
        trade_id: t.trade_id.parse().ok()?,
        ts_event: t.time.parse().ok()?,
        ts_init: now,
    })
}

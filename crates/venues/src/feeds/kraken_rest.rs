//! Kraken's public REST: asset pairs, candles, trades. Source: <https://docs.kraken.com/api/docs/rest-api>.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tradewind_codecs::{canonical_asset, canonical_symbol};
use tradewind_types::market::{Bar, BarInterval, BarSource, Trade};
use tradewind_types::num::parse_decimal;
use tradewind_types::{
    Currency, Decimal, Instrument, InstrumentId, InstrumentIdx, InstrumentStatus, PriceMantissa, Side,
    SizeMantissa, UnixNanos,
};

use super::VenueLink;
use super::products::ProductsError;
use crate::http::{RestClient, RestError};

#[derive(Deserialize)]
struct Envelope<T> {
    #[serde(default)]
    error: Vec<String>,
    result: Option<T>,
}

/// Kraken answers 200 with a list of errors; that is an error here.
async fn ask<T: DeserializeOwned>(request: crate::http::RestRequest<'_>) -> Result<T, RestError> {
    let envelope: Envelope<T> = request.json_answer().await?;
    match (envelope.result, envelope.error.as_slice()) {
        (Some(result), []) => Ok(result),
        (_, errors) => Err(RestError::Exchange {
            why: format!("the venue says: {}", errors.join("; ")),
        }),
    }
}

#[derive(Deserialize)]
struct Pair {
    wsname: Option<String>,
    pair_decimals: u32,
    lot_decimals: u32,
    #[serde(default)]
    tick_size: Option<String>,
    #[serde(default)]
    ordermin: Option<String>,
    #[serde(default)]
    costmin: Option<String>,
    #[serde(default)]
    status: Option<String>,
}

pub(super) async fn products(rest: &RestClient, link: &VenueLink) -> Result<Vec<Instrument>, ProductsError> {
    let venue = link.settings.id.to_string();
    let pairs: BTreeMap<String, Pair> = ask(rest.get("/0/public/AssetPairs"))
        .await
        .map_err(|source| ProductsError::Rest { venue, source })?;
    pairs
        .values()
        .filter_map(|pair| instrument(pair, link).transpose())
        .collect()
}

/// The second protocol's name of a pair: `BTC/USD` where REST says `XBT/USD`.
fn ws_symbol(wsname: &str) -> String {
    let assets: Vec<String> = wsname.split('/').map(canonical_asset).collect();
    assets.join("/")
}

fn instrument(pair: &Pair, link: &VenueLink) -> Result<Option<Instrument>, ProductsError> {
    let Some(wsname) = pair.wsname.as_deref() else {
        return Ok(None);
    };
    let venue_symbol = ws_symbol(wsname);
    let Some((base, quote)) = venue_symbol.split_once('/') else {
        return Ok(None);
    };
    let name = venue_symbol.as_str();
    let currency = |text: &str| text.parse::<Currency>().map_err(ProductsError::bad_number(name));
    let number = |text: &str| parse_decimal(text).map_err(ProductsError::bad_number(name));
    let id: InstrumentId = format!("{}.{}", canonical_symbol(name), link.settings.kind.market())
        .parse()
        .map_err(ProductsError::bad_id(name))?;
    let tick = match pair.tick_size.as_deref() {
        Some(text) => number(text)?,
        None => Decimal::new(1, pair.pair_decimals.min(28)),
    };
    let lot = Decimal::new(1, pair.lot_decimals.min(28));
    let pair_of = (currency(base)?, currency(quote)?);
    let mut instrument = Instrument::spot(id, link.settings.id.clone(), name, pair_of, tick, lot);
    instrument.price_scale = u8::try_from(pair.pair_decimals).unwrap_or(instrument.price_scale);
    instrument.quantity_min = pair.ordermin.as_deref().map_or(Ok(lot), number)?.max(lot);
    instrument.notional_min = pair.costmin.as_deref().map_or(Ok(Decimal::ZERO), number)?;
    instrument.simulated = link.settings.simulated;
    if pair.status.as_deref().is_some_and(|s| s != "online") {
        instrument.status = InstrumentStatus::Halted;
    }
    Ok(Some(instrument))
}

/// Name of a pair in REST queries: without the slash.
fn rest_pair(instrument: &Instrument) -> String {
    instrument.venue_symbol.replace('/', "")
}

/// The one list in an answer that also has `last`.
fn rows(result: &BTreeMap<String, Value>) -> &[Value] {
    let list = result
        .iter()
        .find(|(key, _)| key.as_str() != "last")
        .and_then(|(_, value)| value.as_array());
    list.map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Candles that one answer has at most: the latest, from wherever they are asked for.
const CANDLES_MAX: u64 = 720;

/// Whether there are candles of an interval.
pub(super) fn has(interval: BarInterval) -> bool {
    const MINUTES: [u32; 8] = [1, 5, 15, 30, 60, 240, 1_440, 10_080];
    interval.is_time() && MINUTES.contains(&(interval.secs() / 60)) && interval.secs().is_multiple_of(60)
}

/// The latest closed candles before `now`, oldest first; those that do not parse are left out.
pub(super) async fn candles(
    rest: &RestClient,
    of: (InstrumentIdx, &Instrument),
    interval: BarInterval,
    now: UnixNanos,
) -> Result<Vec<Bar>, RestError> {
    one_answer(rest, of, interval, (None, now)).await
}

/// Closed candles of a range of time, oldest first; none of before the latest 720, which the venue does not give.
pub(super) async fn candles_between(
    rest: &RestClient,
    of: (InstrumentIdx, &Instrument),
    interval: BarInterval,
    (times, now): (Range<UnixNanos>, UnixNanos),
) -> Result<Vec<Bar>, RestError> {
    let reach = interval.nanos().saturating_mul(CANDLES_MAX);
    if times.end.0 <= now.0.saturating_sub(reach) {
        return Ok(Vec::new());
    }
    // The answer begins after that second.
    let since = times.start.as_secs().saturating_sub(1);
    let mut bars = one_answer(rest, of, interval, (Some(since), now)).await?;
    bars.retain(|bar| times.contains(&bar.ts));
    Ok(bars)
}

async fn one_answer(
    rest: &RestClient,
    (idx, instrument): (InstrumentIdx, &Instrument),
    interval: BarInterval,
    (since, now): (Option<u64>, UnixNanos),
) -> Result<Vec<Bar>, RestError> {
    if !has(interval) {
        return Ok(Vec::new());
    }
    let mut request = rest
        .get("/0/public/OHLC")
        .query("pair", rest_pair(instrument))
        .query("interval", interval.secs() / 60);
    if let Some(since) = since {
        request = request.query("since", since);
    }
    let result: BTreeMap<String, Value> = ask(request).await?;
    let end = now.floor_to(interval.nanos());
    let bars = rows(&result)
        .iter()
        .filter_map(|row| bar(row, (idx, instrument), interval, now));
    // The last row is the candle that still forms.
    let mut bars: Vec<Bar> = bars.filter(|b| b.ts < end).collect();
    bars.sort_by_key(|b| b.ts);
    Ok(bars)
}

fn bar(
    row: &Value,
    (idx, instrument): (InstrumentIdx, &Instrument),
    interval: BarInterval,
    now: UnixNanos,
) -> Option<Bar> {
    let field = |at: usize| row.get(at).and_then(text);
    let price = |at: usize| {
        PriceMantissa::from_decimal(parse_decimal(&field(at)?).ok()?, instrument.price_scale).ok()
    };
    Some(Bar {
        instrument: idx,
        interval,
        ts: UnixNanos::from_secs(field(0)?.parse().ok()?),
        open: price(1)?,
        high: price(2)?,
        low: price(3)?,
        close: price(4)?,
        volume: SizeMantissa::from_decimal(parse_decimal(&field(6)?).ok()?, instrument.size_scale).ok()?,
        value: 0,
        trades: field(7)?.parse().ok()?,
        open_interest: None,
        source: BarSource::Venue,
        revision: 0,
        complete: true,
        ts_init: now,
    })
}

/// The newest trades, oldest first; those that do not parse are left out.
pub(super) async fn trades(
    rest: &RestClient,
    (idx, instrument): (InstrumentIdx, &Instrument),
    limit: u32,
    now: UnixNanos,
) -> Result<Vec<Trade>, RestError> {
    let request = rest
        .get("/0/public/Trades")
        .query("pair", rest_pair(instrument))
        .query("count", limit);
    let result: BTreeMap<String, Value> = ask(request).await?;
    let mut trades: Vec<Trade> = rows(&result)
        .iter()
        .filter_map(|row| trade(row, (idx, instrument), now))
        .collect();
    trades.sort_by_key(|t| (t.trade_id, t.ts_event));
    Ok(trades)
}

/// `[price, volume, time, side, type, misc, trade_id]`
fn trade(row: &Value, (idx, instrument): (InstrumentIdx, &Instrument), now: UnixNanos) -> Option<Trade> {
    let field = |at: usize| row.get(at).and_then(text);
    let seconds = parse_decimal(&field(2)?)
        .ok()?
        .checked_mul(Decimal::from(1_000_000_000u64))?
        .trunc();
    Some(Trade {
        instrument: idx,
        price: PriceMantissa::from_decimal(parse_decimal(&field(0)?).ok()?, instrument.price_scale).ok()?,
        size: SizeMantissa::from_decimal(parse_decimal(&field(1)?).ok()?, instrument.size_scale).ok()?,
        aggressor: match field(3)?.as_str() {
            "b" => Some(Side::Buy),
            "s" => Some(Side::Sell),
            _ => None,
        },
        trade_id: field(6)?.parse().ok()?,
        ts_event: UnixNanos(u64::try_from(seconds).ok()?),
        ts_init: now,
    })
}

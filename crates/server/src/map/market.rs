//! Instruments and market data.

use std::collections::BTreeMap;

use tradewind_engine::Kernel;
use tradewind_engine::kernel::MarketState;
use tradewind_indicators::{IndicatorError, Scales};
use tradewind_strategy::{Overlay, overlay};
use tradewind_types::market::Bar;
use tradewind_types::{Decimal, Instrument, PriceMantissa, Side, SizeMantissa, UnixNanos};
use tradewind_wire as wire;
use wire::{Dec, Time};

use super::enums;

/// An instrument with the state of its quote.
#[must_use]
pub fn instrument(kernel: &Kernel, i: &Instrument, market: &MarketState) -> wire::Instrument {
    wire::Instrument {
        id: i.id.to_string(),
        symbol: i.id.symbol.to_string(),
        market: i.id.market.to_string(),
        venue: i.venue.to_string(),
        venue_symbol: i.venue_symbol.to_string(),
        product: i.product.to_string(),
        kind: enums::instrument_kind(i.kind),
        base: i.base.to_string(),
        quote: i.quote.to_string(),
        tick: Dec(i.tick),
        lot: Dec(i.lot),
        quantity_min: Dec(i.quantity_min),
        notional_min: Dec(i.notional_min),
        price_scale: i.price_scale,
        size_scale: i.size_scale,
        status: enums::instrument_status(i.status),
        simulated: i.simulated,
        data_state: enums::data_state(market.data_state(kernel.now())),
    }
}

/// A size, where it fits a decimal.
fn size(value: SizeMantissa, i: &Instrument) -> Option<Dec> {
    value.to_decimal(i.size_scale).map(Dec)
}

fn price(value: PriceMantissa, i: &Instrument) -> Dec {
    Dec(value.to_decimal(i.price_scale))
}

/// A quote.
#[must_use]
pub fn quote(i: &Instrument, market: &MarketState, now: UnixNanos) -> wire::Quote {
    let quote = market.quote();
    let bid = quote.filter(|q| q.bid_size.0 > 0);
    let ask = quote.filter(|q| q.ask_size.0 > 0);
    let mid = market
        .best()
        .and_then(|(bid, ask)| bid.checked_add(ask)?.checked_div(Decimal::TWO));
    let last = market.last_trade();
    wire::Quote {
        instrument: i.id.to_string(),
        bid: bid.map(|q| price(q.bid, i)),
        ask: ask.map(|q| price(q.ask, i)),
        bid_size: bid.and_then(|q| size(q.bid_size, i)),
        ask_size: ask.and_then(|q| size(q.ask_size, i)),
        mid: mid.map(Dec),
        last: last.map(|t| price(t.price, i)),
        last_size: last.and_then(|t| size(t.size, i)),
        ts: quote.map(|q| Time(q.ts_event)),
        age_ms: quote.map(|q| now.since(q.ts_init) / 1_000_000),
        state: enums::data_state(market.data_state(now)),
        simulated: i.simulated,
        late: market.is_late(),
    }
}

/// The best levels of a book.
#[must_use]
pub fn book(i: &Instrument, market: &MarketState, depth: usize, now: UnixNanos) -> wire::Book {
    let book = market.book();
    let side = |side: Side| {
        let levels = book.levels(side).take(depth);
        levels
            .filter_map(|(p, s)| Some([price(p, i), size(s, i)?]))
            .collect()
    };
    wire::Book {
        instrument: i.id.to_string(),
        bids: side(Side::Buy),
        asks: side(Side::Sell),
        ts: book.is_synchronised().then(|| Time(book.ts_event())),
        state: enums::data_state(market.data_state(now)),
        simulated: i.simulated,
    }
}

/// A public trade; `None` when its size fits no decimal.
#[must_use]
pub fn trade(i: &Instrument, t: &tradewind_types::market::Trade) -> Option<wire::Trade> {
    Some(wire::Trade {
        price: price(t.price, i),
        size: size(t.size, i)?,
        side: t.aggressor.map(enums::side),
        trade_id: (t.trade_id != 0).then(|| t.trade_id.to_string()),
        ts: Time(t.ts_event),
    })
}

/// A bar.
#[must_use]
pub fn bar(i: &Instrument, bar: &Bar, closed: bool) -> wire::Bar {
    let volume = bar.volume.to_decimal(i.size_scale);
    let scale = u32::from(i.price_scale) + u32::from(i.size_scale);
    // Without a value there is no average either; a venue that does not tell it must not seem to say 0.
    let told = Some(bar.value).filter(|_| bar.tells_value());
    let value = told.and_then(|value| Decimal::try_from_i128_with_scale(value, scale).ok());
    let vwap = value
        .zip(volume)
        .and_then(|(value, volume)| value.checked_div(volume));
    wire::Bar {
        ts: Time(bar.ts),
        open: price(bar.open, i),
        high: price(bar.high, i),
        low: price(bar.low, i),
        close: price(bar.close, i),
        volume: volume.map(Dec),
        value: value.map(Dec),
        // Two digits beyond the prices': more would be false precision.
        vwap: vwap.map(|v| Dec(v.round_dp(u32::from(i.price_scale) + 2))),
        trades: bar.trades,
        open_interest: bar.open_interest.and_then(|oi| size(oi.mantissa(), i)),
        source: enums::bar_source(bar.source),
        complete: bar.complete,
        revision: bar.revision,
        closed,
    }
}

/// Overlays over bars, oldest first, for the last `shown` of them.
///
/// # Errors
/// When an id names no indicator.
pub fn overlays(
    ids: &[&str],
    bars: &[Bar],
    i: &Instrument,
    shown: usize,
) -> Result<BTreeMap<String, Vec<wire::OverlayPoint>>, IndicatorError> {
    let scales = Scales::from(i);
    let mut all = BTreeMap::new();
    for id in ids {
        let Overlay { spec, series } = overlay(id, bars, scales)?;
        let outputs = spec.definition().outputs;
        for (n, output) in outputs.iter().enumerate() {
            let name = if outputs.len() == 1 {
                spec.id().to_owned()
            } else {
                format!("{}.{output}", spec.id())
            };
            let skip = bars.len().saturating_sub(shown);
            let point = |(at, bar): (usize, &Bar)| wire::OverlayPoint {
                ts: Time(bar.ts),
                value: series.get(n, at),
            };
            all.insert(name, bars.iter().enumerate().skip(skip).map(point).collect());
        }
    }
    Ok(all)
}

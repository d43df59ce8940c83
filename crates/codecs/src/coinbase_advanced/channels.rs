//! The events inside Advanced Trade's envelopes.

use tradewind_types::market::{BarInterval, BookAction, BookUpdate, MarketEvent, Quote, Trade};
use tradewind_types::{Side, UnixNanos};

use crate::decoded::{Core, Decoded, ignored};
use crate::error::{DecodeError, cut};
use crate::json::Object;
use crate::number::Num;
use crate::stamp;
use crate::venue_bar;

/// Seconds of the candles of this feed; it has only these.
const CANDLE_SECS: u32 = 300;

fn bad(field: &'static str, expected: &'static str, text: &str) -> DecodeError {
    DecodeError::BadValue {
        field,
        expected,
        text: cut(text),
    }
}

fn is_snapshot(event: &Object<'_>) -> Result<bool, DecodeError> {
    match event.text("type")?.as_ref() {
        "snapshot" => Ok(true),
        "update" => Ok(false),
        other => Err(bad("type", "`snapshot` or `update`", other)),
    }
}

pub(super) fn book(
    core: &mut Core,
    event: &Object<'_>,
    (ts_event, ts_init): (UnixNanos, UnixNanos),
    out: &mut Vec<Decoded>,
) -> Result<(), DecodeError> {
    let action = if is_snapshot(event)? {
        BookAction::Snapshot
    } else {
        BookAction::Delta
    };
    let mut levels: Vec<(Side, Num, Num)> = Vec::new();
    for level in event.array("updates")? {
        let level = Object::read(level, "updates")?;
        let side = match level.text("side")?.as_ref() {
            "bid" => Side::Buy,
            "offer" | "ask" => Side::Sell,
            other => return Err(bad("side", "`bid` or `offer`", other)),
        };
        levels.push((
            side,
            level.quoted_number("price_level")?,
            level.quoted_number("new_quantity")?,
        ));
    }
    let slot = core.symbols.resolve(&event.text("product_id")?)?;
    core.symbols
        .cover(slot, levels.iter().map(|l| l.1), levels.iter().map(|l| l.2), out);
    out.push(Decoded::Market(MarketEvent::Book(BookUpdate {
        instrument: core.symbols.at(slot).instrument,
        action,
        levels: core.symbols.levels(slot, &levels)?,
        ts_event,
        ts_init,
    })));
    Ok(())
}

/// Trades of several products. A snapshot holds the latest ones, which may have been seen before a reconnect:
/// those are left out. The venue lists the newest first; events come oldest first.
pub(super) fn trades(
    core: &mut Core,
    last_trade: &mut Vec<u64>,
    events: &[Object<'_>],
    ts_init: UnixNanos,
    out: &mut Vec<Decoded>,
) -> Result<(), DecodeError> {
    let mut seen = Vec::new();
    let mut repeated = 0usize;
    for event in events {
        let snapshot = is_snapshot(event)?;
        let mut trades = Vec::new();
        for trade in event.array("trades")? {
            let trade = Object::read(trade, "trades")?;
            trades.push((trade.integer("trade_id")?, trade));
        }
        if trades.first().map(|t| t.0) > trades.last().map(|t| t.0) {
            trades.reverse();
        }
        for (trade_id, trade) in &trades {
            let slot = core.symbols.resolve(&trade.text("product_id")?)?;
            if snapshot && *trade_id <= last_trade.get(slot).copied().unwrap_or(0) {
                repeated += 1;
                continue;
            }
            let (price, size) = (trade.quoted_number("price")?, trade.quoted_number("size")?);
            let maker = match trade.text("side")?.as_ref() {
                "BUY" => Side::Buy,
                "SELL" => Side::Sell,
                other => return Err(bad("side", "`BUY` or `SELL`", other)),
            };
            core.symbols
                .cover(slot, [price].into_iter(), [size].into_iter(), out);
            out.push(Decoded::Market(MarketEvent::Trade(Trade {
                instrument: core.symbols.at(slot).instrument,
                price: core.symbols.price(slot, price, "price")?,
                size: core.symbols.traded(slot, size, "size")?,
                aggressor: Some(maker.opposite()),
                trade_id: *trade_id,
                ts_event: stamp::rfc3339(&trade.text("time")?, "time")?,
                ts_init,
            })));
            seen.push((slot, *trade_id));
        }
    }
    for (slot, trade_id) in seen {
        if last_trade.len() <= slot {
            last_trade.resize(slot + 1, 0);
        }
        last_trade[slot] = trade_id;
    }
    if repeated > 0 {
        out.push(ignored(format!(
            "{repeated} trades of the snapshot were seen before"
        )));
    }
    Ok(())
}

/// Tickers; the batched channel has no quote, only the last price.
pub(super) fn tickers(
    core: &mut Core,
    event: &Object<'_>,
    (ts_event, ts_init): (UnixNanos, UnixNanos),
    out: &mut Vec<Decoded>,
) -> Result<(), DecodeError> {
    for ticker in event.array("tickers")? {
        let ticker = Object::read(ticker, "tickers")?;
        let symbol = ticker.text("product_id")?;
        let told = |field| {
            ticker
                .text_or_none(field)
                .map(|text| text.is_some_and(|t| !t.is_empty()))
        };
        if !told("best_bid")? || !told("best_ask")? {
            let price = ticker.quoted_number("price")?;
            let slot = core.symbols.resolve(&symbol)?;
            core.symbols
                .cover(slot, [price].into_iter(), std::iter::empty(), out);
            let instrument = core.symbols.at(slot).instrument;
            out.push(Decoded::LastPrice {
                instrument,
                price: core.symbols.price(slot, price, "price")?,
                ts_event,
            });
            continue;
        }
        let prices = [
            ticker.quoted_number("best_bid")?,
            ticker.quoted_number("best_ask")?,
        ];
        let sizes = [
            ticker.quoted_number("best_bid_quantity")?,
            ticker.quoted_number("best_ask_quantity")?,
        ];
        let slot = core.symbols.resolve(&symbol)?;
        core.symbols
            .cover(slot, prices.into_iter(), sizes.into_iter(), out);
        out.push(Decoded::Market(MarketEvent::Quote(Quote {
            instrument: core.symbols.at(slot).instrument,
            bid: core.symbols.price(slot, prices[0], "best_bid")?,
            ask: core.symbols.price(slot, prices[1], "best_ask")?,
            bid_size: core.symbols.size(slot, sizes[0], "best_bid_quantity")?,
            ask_size: core.symbols.size(slot, sizes[1], "best_ask_quantity")?,
            ts_event,
            ts_init,
        })));
    }
    Ok(())
}

pub(super) fn candles(
    core: &mut Core,
    event: &Object<'_>,
    (ts_event, ts_init): (UnixNanos, UnixNanos),
    out: &mut Vec<Decoded>,
) -> Result<(), DecodeError> {
    let Some(interval) = BarInterval::from_secs(CANDLE_SECS) else {
        return Ok(());
    };
    for candle in event.array("candles")? {
        let candle = Object::read(candle, "candles")?;
        let start = candle.integer("start")?;
        if !start.is_multiple_of(u64::from(CANDLE_SECS)) || start > 16_000_000_000 {
            return Err(bad(
                "start",
                "Unix seconds at a multiple of 300",
                &start.to_string(),
            ));
        }
        let read = venue_bar::Candle {
            interval,
            ts: UnixNanos::from_secs(start),
            prices: [
                candle.quoted_number("open")?,
                candle.quoted_number("high")?,
                candle.quoted_number("low")?,
                candle.quoted_number("close")?,
            ],
            volume: candle.quoted_number("volume")?,
            vwap: None,
            trades: 0,
            known_at: ts_event,
        };
        let slot = core.symbols.resolve(&candle.text("product_id")?)?;
        let bar = venue_bar::bar(core, slot, &read, ts_init, out)?;
        out.push(Decoded::Market(MarketEvent::Bar(bar)));
    }
    Ok(())
}

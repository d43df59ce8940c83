//! Channels of Kraken's second protocol other than the book.

use tradewind_types::market::{BarInterval, MarketEvent, Quote, Trade};
use tradewind_types::{Decimal, InstrumentStatus, Side, UnixNanos};

use crate::coinbase_products::decimal;
use crate::decoded::{Core, Decoded, Definition, ignored};
use crate::error::{DecodeError, cut};
use crate::json::{self, Object};
use crate::kraken_book::{KrakenBooks, WireScale};
use crate::stamp;
use crate::symbols::canonical_asset;
use crate::venue_bar;

pub(super) fn trades(
    core: &mut Core,
    message: &Object<'_>,
    ts_init: UnixNanos,
    out: &mut Vec<Decoded>,
) -> Result<(), DecodeError> {
    for data in message.array("data")? {
        let data = Object::read(data, "data")?;
        let (price, size) = (data.number("price")?, data.number("qty")?);
        let aggressor = match data.text("side")?.as_ref() {
            "buy" => Side::Buy,
            "sell" => Side::Sell,
            other => {
                let (field, expected) = ("side", "`buy` or `sell`");
                return Err(DecodeError::BadValue {
                    field,
                    expected,
                    text: cut(other),
                });
            }
        };
        let trade_id = data.integer("trade_id")?;
        let ts_event = stamp::rfc3339(&data.text("timestamp")?, "timestamp")?;
        let slot = core.symbols.resolve(&data.text("symbol")?)?;
        core.symbols
            .cover(slot, [price].into_iter(), [size].into_iter(), out);
        out.push(Decoded::Market(MarketEvent::Trade(Trade {
            instrument: core.symbols.at(slot).instrument,
            price: core.symbols.price(slot, price, "price")?,
            size: core.symbols.traded(slot, size, "qty")?,
            aggressor: Some(aggressor),
            trade_id,
            ts_event,
            ts_init,
        })));
    }
    Ok(())
}

pub(super) fn tickers(
    core: &mut Core,
    message: &Object<'_>,
    ts_init: UnixNanos,
    out: &mut Vec<Decoded>,
) -> Result<(), DecodeError> {
    for data in message.array("data")? {
        let data = Object::read(data, "data")?;
        let (bid, ask) = (data.number("bid")?, data.number("ask")?);
        let (bid_size, ask_size) = (data.number("bid_qty")?, data.number("ask_qty")?);
        let time = data.text_or_none("timestamp")?;
        let ts_event = time.map_or(Ok(ts_init), |text| stamp::rfc3339(&text, "timestamp"))?;
        let slot = core.symbols.resolve(&data.text("symbol")?)?;
        core.symbols.cover(
            slot,
            [bid, ask].into_iter(),
            [bid_size, ask_size].into_iter(),
            out,
        );
        out.push(Decoded::Market(MarketEvent::Quote(Quote {
            instrument: core.symbols.at(slot).instrument,
            bid: core.symbols.price(slot, bid, "bid")?,
            ask: core.symbols.price(slot, ask, "ask")?,
            bid_size: core.symbols.size(slot, bid_size, "bid_qty")?,
            ask_size: core.symbols.size(slot, ask_size, "ask_qty")?,
            ts_event,
            ts_init,
        })));
    }
    Ok(())
}

pub(super) fn candles(
    core: &mut Core,
    message: &Object<'_>,
    ts_init: UnixNanos,
    out: &mut Vec<Decoded>,
) -> Result<(), DecodeError> {
    let time = message.text_or_none("timestamp")?;
    let known_at = time.map_or(Ok(ts_init), |text| stamp::rfc3339(&text, "timestamp"))?;
    for data in message.array("data")? {
        let data = Object::read(data, "data")?;
        let minutes = data.integer("interval")?;
        let secs = minutes.checked_mul(60).and_then(|secs| u32::try_from(secs).ok());
        let Some(interval) = secs.and_then(BarInterval::from_secs) else {
            out.push(ignored(format!("candles of {minutes} minutes are not kept")));
            continue;
        };
        let candle = venue_bar::Candle {
            interval,
            ts: stamp::rfc3339(&data.text("interval_begin")?, "interval_begin")?,
            prices: [
                data.number("open")?,
                data.number("high")?,
                data.number("low")?,
                data.number("close")?,
            ],
            volume: data.number("volume")?,
            vwap: Some(data.number("vwap")?),
            trades: data.integer("trades")?,
            known_at,
        };
        let slot = core.symbols.resolve(&data.text("symbol")?)?;
        let bar = venue_bar::bar(core, slot, &candle, ts_init, out)?;
        out.push(Decoded::Market(MarketEvent::Bar(bar)));
    }
    Ok(())
}

/// Definitions of pairs; their precisions are those of the book's checksum.
pub(super) fn instruments(
    core: &mut Core,
    books: &mut KrakenBooks,
    message: &Object<'_>,
    out: &mut Vec<Decoded>,
) -> Result<(), DecodeError> {
    let data = Object::read(message.get("data")?, "data")?;
    let mut told = Vec::new();
    for pair in data.array("pairs")? {
        let pair = Object::read(pair, "pairs")?;
        let venue_symbol = pair.text("symbol")?.into_owned();
        let precision = |field| {
            let value = pair.integer(field)?;
            u8::try_from(value)
                .ok()
                .filter(|p| *p <= 38)
                .ok_or_else(|| DecodeError::BadValue {
                    field,
                    expected: "0 to 38 decimals",
                    text: value.to_string(),
                })
        };
        let wire = WireScale {
            price: precision("price_precision")?,
            size: precision("qty_precision")?,
        };
        let status = match pair.text("status")?.as_ref() {
            "online" => InstrumentStatus::Trading,
            "delisted" => InstrumentStatus::Delisted,
            _ => InstrumentStatus::Halted,
        };
        let cost_min = pair
            .optional("cost_min")
            .map(|raw| json::bare_number(raw, "cost_min"))
            .transpose()?;
        let slot = core.symbols.slot(venue_symbol.as_bytes());
        told.extend(slot.map(|slot| (slot, wire)));
        out.push(Decoded::Definition(Box::new(Definition {
            instrument: slot.map(|slot| core.symbols.at(slot).instrument),
            base: canonical_asset(&pair.text("base")?),
            quote: canonical_asset(&pair.text("quote")?),
            tick: decimal(pair.number("price_increment")?, "price_increment")?,
            lot: decimal(pair.number("qty_increment")?, "qty_increment")?,
            quantity_min: decimal(pair.number("qty_min")?, "qty_min")?,
            notional_min: cost_min.map_or(Ok(Decimal::ZERO), |num| decimal(num, "cost_min"))?,
            status,
            venue_symbol,
        })));
    }
    for (slot, wire) in told {
        books.tell_wire(slot, wire);
    }
    Ok(())
}

pub(super) fn status(message: &Object<'_>, out: &mut Vec<Decoded>) -> Result<(), DecodeError> {
    for data in message.array("data")? {
        let status = Object::read(data, "data")?.text("system")?.into_owned();
        out.push(Decoded::VenueStatus {
            online: status == "online",
            status,
        });
    }
    Ok(())
}

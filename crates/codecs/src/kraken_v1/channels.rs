//! Channels of Kraken's first protocol other than the book.

use tradewind_types::market::{BarInterval, MarketEvent, Quote, Trade};
use tradewind_types::{Side, UnixNanos};

use crate::decoded::{Core, Decoded, ignored};
use crate::error::{DecodeError, cut};
use crate::json::{self, Object, Raw};
use crate::number::Num;
use crate::stamp;
use crate::venue_bar;

fn the_one<'a>(payload: &[Raw<'a>]) -> Result<Raw<'a>, DecodeError> {
    match payload {
        [one] => Ok(one),
        _ => Err(DecodeError::Shape {
            detail: "more than one payload on this channel".to_owned(),
        }),
    }
}

fn time(raw: Raw<'_>) -> Result<UnixNanos, DecodeError> {
    stamp::unix_seconds_text(&json::text(raw, "time")?, "time")
}

/// `[[price, volume, time, side, order type, misc], …]`
pub(super) fn trades(
    core: &mut Core,
    payload: &[Raw<'_>],
    pair: &str,
    ts_init: UnixNanos,
    out: &mut Vec<Decoded>,
) -> Result<(), DecodeError> {
    for trade in json::array(the_one(payload)?, "trade")? {
        let parts = json::array(trade, "trade")?;
        let [price, size, ts, side, ..] = parts[..] else {
            let expected = "price, volume, time, side, order type and misc";
            return Err(DecodeError::BadValue {
                field: "trade",
                expected,
                text: cut(trade.get()),
            });
        };
        let (price, size) = (
            json::quoted_number(price, "price")?,
            json::quoted_number(size, "volume")?,
        );
        let aggressor = match json::text(side, "side")?.as_ref() {
            "b" => Side::Buy,
            "s" => Side::Sell,
            other => {
                return Err(DecodeError::BadValue {
                    field: "side",
                    expected: "`b` or `s`",
                    text: cut(other),
                });
            }
        };
        let ts_event = time(ts)?;
        let slot = core.symbols.resolve(pair)?;
        core.symbols
            .cover(slot, [price].into_iter(), [size].into_iter(), out);
        out.push(Decoded::Market(MarketEvent::Trade(Trade {
            instrument: core.symbols.at(slot).instrument,
            price: core.symbols.price(slot, price, "price")?,
            size: core.symbols.traded(slot, size, "volume")?,
            aggressor: Some(aggressor),
            trade_id: 0,
            ts_event,
            ts_init,
        })));
    }
    Ok(())
}

/// Bid and offer of a quote before scaling: prices, then sizes.
struct WireQuote {
    prices: [Num; 2],
    sizes: [Num; 2],
}

fn quote(
    core: &mut Core,
    wire: &WireQuote,
    pair: &str,
    (ts_event, ts_init): (UnixNanos, UnixNanos),
    out: &mut Vec<Decoded>,
) -> Result<(), DecodeError> {
    let slot = core.symbols.resolve(pair)?;
    core.symbols
        .cover(slot, wire.prices.into_iter(), wire.sizes.into_iter(), out);
    out.push(Decoded::Market(MarketEvent::Quote(Quote {
        instrument: core.symbols.at(slot).instrument,
        bid: core.symbols.price(slot, wire.prices[0], "bid")?,
        ask: core.symbols.price(slot, wire.prices[1], "ask")?,
        bid_size: core.symbols.size(slot, wire.sizes[0], "bidVolume")?,
        ask_size: core.symbols.size(slot, wire.sizes[1], "askVolume")?,
        ts_event,
        ts_init,
    })));
    Ok(())
}

/// `{"a":[price, whole lots, volume], "b":[…], …}`, without a time of its own.
pub(super) fn ticker(
    core: &mut Core,
    payload: &[Raw<'_>],
    pair: &str,
    ts_init: UnixNanos,
    out: &mut Vec<Decoded>,
) -> Result<(), DecodeError> {
    let message = Object::read(the_one(payload)?, "ticker")?;
    let side = |field: &'static str| {
        let parts = message.array(field)?;
        let [price, _, size] = parts[..] else {
            let text = "an array of another length".to_owned();
            return Err(DecodeError::BadValue {
                field,
                expected: "price, whole lots and volume",
                text,
            });
        };
        Ok((
            json::quoted_number(price, "price")?,
            json::quoted_number(size, "volume")?,
        ))
    };
    let ((bid, bid_size), (ask, ask_size)) = (side("b")?, side("a")?);
    let wire = WireQuote {
        prices: [bid, ask],
        sizes: [bid_size, ask_size],
    };
    quote(core, &wire, pair, (ts_init, ts_init), out)
}

/// `[bid, ask, time, bid volume, ask volume]`
pub(super) fn spread(
    core: &mut Core,
    payload: &[Raw<'_>],
    pair: &str,
    ts_init: UnixNanos,
    out: &mut Vec<Decoded>,
) -> Result<(), DecodeError> {
    let raw = the_one(payload)?;
    let parts = json::array(raw, "spread")?;
    let [bid, ask, ts, bid_size, ask_size] = parts[..] else {
        let expected = "bid, ask, time and two volumes";
        return Err(DecodeError::BadValue {
            field: "spread",
            expected,
            text: cut(raw.get()),
        });
    };
    let number = json::quoted_number;
    let wire = WireQuote {
        prices: [number(bid, "bid")?, number(ask, "ask")?],
        sizes: [number(bid_size, "bidVolume")?, number(ask_size, "askVolume")?],
    };
    quote(core, &wire, pair, (time(ts)?, ts_init), out)
}

/// `[time, end time, open, high, low, close, vwap, volume, count]`; `parameter` is the interval in minutes.
pub(super) fn ohlc(
    core: &mut Core,
    payload: &[Raw<'_>],
    parameter: &str,
    pair: &str,
    ts_init: UnixNanos,
    out: &mut Vec<Decoded>,
) -> Result<(), DecodeError> {
    let raw = the_one(payload)?;
    let parts = json::array(raw, "ohlc")?;
    let [last, end, open, high, low, close, vwap, volume, count] = parts[..] else {
        let expected = "the nine elements of a candle";
        return Err(DecodeError::BadValue {
            field: "ohlc",
            expected,
            text: cut(raw.get()),
        });
    };
    let minutes: u32 = parameter.parse().unwrap_or(0);
    let Some(interval) = minutes.checked_mul(60).and_then(BarInterval::from_secs) else {
        out.push(ignored(format!(
            "candles of `{}` minutes are not kept",
            cut(parameter)
        )));
        return Ok(());
    };
    let number = json::quoted_number;
    // The end is the close of the interval, the first element the time of the last trade in it.
    let (last, end) = (time(last)?, time(end)?);
    let candle = venue_bar::Candle {
        interval,
        ts: UnixNanos(end.0.saturating_sub(interval.nanos())).floor_to(interval.nanos()),
        prices: [
            number(open, "open")?,
            number(high, "high")?,
            number(low, "low")?,
            number(close, "close")?,
        ],
        volume: number(volume, "volume")?,
        vwap: Some(number(vwap, "vwap")?),
        trades: json::integer(count, "count")?,
        known_at: last.max(ts_init),
    };
    let slot = core.symbols.resolve(pair)?;
    let bar = venue_bar::bar(core, slot, &candle, ts_init, out)?;
    out.push(Decoded::Market(MarketEvent::Bar(bar)));
    Ok(())
}

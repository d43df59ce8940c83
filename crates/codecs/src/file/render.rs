//! Events as lines of JSON: canonical names, RFC 3339 times, decimals as strings without trailing zeros.

use serde_json::{Map, Value, json};
use tradewind_types::market::{Bar, BookAction, BookUpdate, MarketEvent, Quote, Trade};
use tradewind_types::num::canonical;
use tradewind_types::{InstrumentIdx, PriceMantissa, Side, SizeMantissa, UnixNanos};

use crate::decoded::{Decoded, Definition};
use crate::number::push_decimal;
use crate::symbols::{SymbolEntry, SymbolTable};

/// An event as JSON; `None` for what is no event. `ts_init` is 0 where the file has no times.
#[must_use]
pub fn render(item: &Decoded, ts_init: UnixNanos, symbols: &SymbolTable) -> Option<String> {
    let value = match item {
        Decoded::Market(event) => market(event, symbols)?,
        Decoded::LastPrice {
            instrument,
            price,
            ts_event,
        } => {
            let face = Face::of(*instrument, symbols)?;
            face.event(
                "last_price",
                *ts_event,
                ts_init,
                json!({ "price": face.price(*price) }),
            )
        }
        Decoded::Definition(definition) => instrument(definition, symbols, ts_init),
        Decoded::VenueStatus { online, status } => {
            json!({ "type": "status", "instrument": null, "ts_event": time(ts_init), "online": online, "status": status })
        }
        _ => return None,
    };
    Some(value.to_string())
}

/// An instrument's name and scales.
struct Face<'a>(&'a SymbolEntry);

impl<'a> Face<'a> {
    fn of(instrument: InstrumentIdx, symbols: &'a SymbolTable) -> Option<Self> {
        symbols.entry(instrument).map(Face)
    }

    fn price(&self, price: PriceMantissa) -> String {
        decimal(i128::from(price.0), self.0.price_scale)
    }

    fn size(&self, size: SizeMantissa) -> String {
        decimal(size.0, self.0.size_scale)
    }

    /// A size that the venue may not tell: 0 beside a price.
    fn told_size(&self, size: SizeMantissa) -> Value {
        if size.0 == 0 {
            Value::Null
        } else {
            Value::String(self.size(size))
        }
    }

    fn event(&self, kind: &str, ts_event: UnixNanos, ts_init: UnixNanos, fields: Value) -> Value {
        let mut event = Map::new();
        event.insert("type".to_owned(), json!(kind));
        event.insert("instrument".to_owned(), json!(self.0.id.to_string()));
        event.insert("ts_event".to_owned(), time(ts_event));
        event.insert("ts_init".to_owned(), time(ts_init));
        if let Value::Object(fields) = fields {
            event.extend(fields);
        }
        Value::Object(event)
    }
}

fn time(ts: UnixNanos) -> Value {
    if ts.0 == 0 {
        Value::Null
    } else {
        Value::String(ts.to_rfc3339())
    }
}

/// Without trailing zeros; also for what exceeds a `Decimal`.
fn decimal(mut mantissa: i128, mut scale: u8) -> String {
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    let mut out = String::new();
    push_decimal(&mut out, mantissa, scale);
    out
}

fn market(event: &MarketEvent, symbols: &SymbolTable) -> Option<Value> {
    let face = Face::of(event.instrument(), symbols)?;
    Some(match event {
        MarketEvent::Quote(quote) => quoted(&face, quote),
        MarketEvent::Trade(trade) => traded(&face, trade),
        MarketEvent::Book(update) => book(&face, update),
        MarketEvent::Bar(bar) => candle(&face, bar),
        MarketEvent::Reset { ts_init, .. } => face.event("reset", *ts_init, *ts_init, Value::Null),
    })
}

fn quoted(face: &Face<'_>, quote: &Quote) -> Value {
    let fields = json!({
        "bid": face.price(quote.bid),
        "bid_size": face.told_size(quote.bid_size),
        "ask": face.price(quote.ask),
        "ask_size": face.told_size(quote.ask_size),
    });
    face.event("quote", quote.ts_event, quote.ts_init, fields)
}

fn traded(face: &Face<'_>, trade: &Trade) -> Value {
    let id = if trade.trade_id == 0 {
        Value::Null
    } else {
        Value::String(trade.trade_id.to_string())
    };
    let fields = json!({
        "price": face.price(trade.price),
        "size": face.size(trade.size),
        "side": trade.aggressor.map(Side::as_str),
        "trade_id": id,
    });
    face.event("trade", trade.ts_event, trade.ts_init, fields)
}

fn book(face: &Face<'_>, update: &BookUpdate) -> Value {
    let kind = match update.action {
        BookAction::Snapshot => "book_snapshot",
        BookAction::Delta => "book_delta",
    };
    let side = |side| -> Vec<[String; 2]> {
        let levels = update.levels.iter().filter(|level| level.side == side);
        levels
            .map(|level| [face.price(level.price), face.size(level.size)])
            .collect()
    };
    let fields = json!({ "bids": side(Side::Buy), "asks": side(Side::Sell) });
    face.event(kind, update.ts_event, update.ts_init, fields)
}

fn candle(face: &Face<'_>, bar: &Bar) -> Value {
    // Coinbase tells neither value nor count.
    let told = bar.value != 0 || bar.volume.0 == 0;
    let scale = face.0.price_scale.saturating_add(face.0.size_scale);
    let fields = json!({
        "interval": bar.interval.name(),
        "open": face.price(bar.open),
        "high": face.price(bar.high),
        "low": face.price(bar.low),
        "close": face.price(bar.close),
        "volume": face.size(bar.volume),
        "value": told.then(|| decimal(bar.value, scale)),
        "trades": told.then_some(bar.trades),
        "complete": bar.complete,
    });
    face.event("bar", bar.ts, bar.ts_init, fields)
}

fn instrument(definition: &Definition, symbols: &SymbolTable, ts_init: UnixNanos) -> Value {
    let known = definition
        .instrument
        .and_then(|idx| symbols.entry(idx))
        .map(|entry| entry.id.to_string());
    json!({
        "type": "instrument",
        "instrument": known,
        "ts_event": time(ts_init),
        "venue_symbol": definition.venue_symbol,
        "base": definition.base,
        "quote": definition.quote,
        "tick": canonical(definition.tick),
        "lot": canonical(definition.lot),
        "quantity_min": canonical(definition.quantity_min),
        "notional_min": canonical(definition.notional_min),
        "status": definition.status,
    })
}

//! Coinbase Exchange (formerly Pro): `ticker`, `matches`, `level2`, `heartbeat`, `status`.
//!
//! The protocol is that of `wss://ws-feed.exchange.coinbase.com`: an object with a `type`, decimals as strings,
//! times in RFC 3339. A match's `side` is the *maker's*, so the aggressor is the other one. Trade numbers
//! of a product follow each other, which shows missing matches; the book has no numbers of its own.

use serde_json::value::RawValue;
use tradewind_types::market::{BookAction, BookLevel, BookUpdate, MarketEvent, Quote, Trade};
use tradewind_types::{Side, SizeMantissa, UnixNanos};

use crate::coinbase_products as products;
use crate::decoded::{Core, Decoded, ignored, impl_decoder};
use crate::error::{DecodeError, cut};
use crate::json::{self, Object, Raw};
use crate::number::Num;
use crate::scan::Cursor;
use crate::stamp;
use crate::symbols::{Slot, SymbolTable};

pub mod encode;

/// Decoder of one connection to Coinbase Exchange.
#[derive(Clone, Debug)]
pub struct CoinbaseExchange {
    core: Core,
    /// Number of the last match per product; 0 before the first.
    last_trade: Vec<u64>,
    /// Which of these numbers belong to this session, so that the next one must follow.
    chained: Vec<bool>,
}

impl_decoder!(CoinbaseExchange);

impl CoinbaseExchange {
    /// A decoder for these products.
    #[must_use]
    pub fn new(symbols: SymbolTable) -> Self {
        Self {
            core: Core::new(symbols),
            last_trade: Vec::new(),
            chained: Vec::new(),
        }
    }

    /// Whether a document is a message of this protocol.
    #[must_use]
    pub fn recognises(document: &RawValue) -> bool {
        Object::read(document, "message").is_ok_and(|o| o.has("type") && !o.has("channel") && !o.has("event"))
    }

    fn new_session(&mut self) {
        self.chained.fill(false);
    }

    /// `l2update` and `snapshot`, in the venue's own spelling.
    #[inline]
    fn short_way(&mut self, raw: &[u8], ts_init: UnixNanos, out: &mut Vec<Decoded>) -> Option<()> {
        match raw.get(9)? {
            b'l' => self.short_changes(raw, ts_init, out),
            b's' => self.short_snapshot(raw, ts_init, out),
            _ => None,
        }
    }

    /// A snapshot without a time of its own, or with one at the end.
    fn short_snapshot(&mut self, raw: &[u8], ts_init: UnixNanos, out: &mut Vec<Decoded>) -> Option<()> {
        let mut at = Cursor::new(raw);
        at.lit(b"{\"type\":\"snapshot\",\"product_id\":\"")?;
        let symbol = std::str::from_utf8(at.text()?).ok()?;
        let mut levels: Vec<(Side, Num, Num)> = Vec::with_capacity(raw.len() / 20);
        at.lit(b",\"asks\":[")?;
        scan_side(&mut at, Side::Sell, &mut levels)?;
        let asks = levels.len();
        at.lit(b",\"bids\":[")?;
        scan_side(&mut at, Side::Buy, &mut levels)?;
        // The long way lists bids first.
        levels.rotate_left(asks);
        let mut ts_event = ts_init;
        if at.skip(b",\"time\":\"") {
            ts_event = stamp::rfc3339_utc(at.text()?)?;
        }
        at.lit(b"}")?;
        at.end()?;
        self.core.symbols.begin();
        let start = out.len();
        let taken = self.book(symbol, BookAction::Snapshot, &levels, (ts_event, ts_init), out);
        if taken.is_err() {
            out.truncate(start);
            self.core.symbols.rollback();
        }
        taken.ok()
    }

    #[inline]
    fn short_changes(&mut self, raw: &[u8], ts_init: UnixNanos, out: &mut Vec<Decoded>) -> Option<()> {
        let mut at = Cursor::new(raw);
        at.lit(b"{\"type\":\"l2update\",\"product_id\":\"")?;
        let entry = self.core.symbols.at(self.core.symbols.scaled_slot(at.text()?)?);
        let mut update = BookUpdate {
            instrument: entry.instrument,
            action: BookAction::Delta,
            levels: Default::default(),
            ts_event: ts_init,
            ts_init,
        };
        at.lit(b",\"changes\":[")?;
        loop {
            at.lit(b"[\"")?;
            let side = if at.skip(b"buy\",\"") {
                Side::Buy
            } else {
                at.lit(b"sell\",\"")?;
                Side::Sell
            };
            let price = at.digits()?.at_scale(entry.price_scale).filter(|p| *p > 0)?;
            at.lit(b"\",\"")?;
            let size = at.digits()?.at_scale(entry.size_scale)?;
            at.lit(b"\"]")?;
            let (price, size) = (
                tradewind_types::PriceMantissa(price),
                SizeMantissa(i128::from(size)),
            );
            update.levels.push(BookLevel { side, price, size });
            if !at.skip(b",") {
                break;
            }
        }
        at.lit(b"],\"time\":\"")?;
        update.ts_event = stamp::rfc3339_utc(at.text()?)?;
        at.lit(b"}")?;
        at.end()?;
        out.push(Decoded::Market(MarketEvent::Book(update)));
        Some(())
    }

    fn long_way(
        &mut self,
        document: Raw<'_>,
        ts_init: UnixNanos,
        out: &mut Vec<Decoded>,
    ) -> Result<(), DecodeError> {
        let message = Object::read(document, "message")?;
        match message.text("type")?.as_ref() {
            "l2update" => self.changes(&message, ts_init, out),
            "snapshot" => self.snapshot(&message, ts_init, out),
            kind @ ("match" | "last_match") => self.trade(kind, &message, ts_init, out),
            "ticker" => self.quote(&message, ts_init, out),
            "heartbeat" => self.heartbeat(&message, out),
            "status" => products::definitions(&self.core.symbols, &message.array("products")?, out),
            "subscriptions" => {
                let detail = message.get("channels")?.get().to_owned();
                out.push(Decoded::Ack {
                    method: "subscriptions".to_owned(),
                    detail,
                    request_id: None,
                });
                Ok(())
            }
            "error" => {
                let mut text = message.text("message")?.into_owned();
                if let Some(reason) = message.text_or_none("reason")? {
                    text = format!("{text}: {reason}");
                }
                out.push(Decoded::VenueError {
                    message: text,
                    request_id: None,
                });
                Ok(())
            }
            "received" | "open" | "done" | "change" | "activate" => {
                out.push(ignored("single orders (channel full) are not kept"));
                Ok(())
            }
            "subscribe" | "unsubscribe" => {
                out.push(ignored("a request to the venue"));
                Ok(())
            }
            other => {
                out.push(ignored(format!("message type `{}` is not read", cut(other))));
                Ok(())
            }
        }
    }

    fn product(&mut self, message: &Object<'_>) -> Result<Slot, DecodeError> {
        self.core.symbols.resolve(&message.text("product_id")?)
    }

    fn changes(
        &mut self,
        message: &Object<'_>,
        ts_init: UnixNanos,
        out: &mut Vec<Decoded>,
    ) -> Result<(), DecodeError> {
        let mut levels = Vec::new();
        for change in message.array("changes")? {
            let parts = json::array(change, "changes")?;
            let [side, price, size] = parts[..] else {
                return Err(wrong_length("changes", "side, price and size"));
            };
            levels.push((
                read_side(&json::text(side, "side")?)?,
                quoted(price, "price")?,
                quoted(size, "size")?,
            ));
        }
        let ts_event = stamp::rfc3339(&message.text("time")?, "time")?;
        self.book(
            &message.text("product_id")?,
            BookAction::Delta,
            &levels,
            (ts_event, ts_init),
            out,
        )
    }

    fn snapshot(
        &mut self,
        message: &Object<'_>,
        ts_init: UnixNanos,
        out: &mut Vec<Decoded>,
    ) -> Result<(), DecodeError> {
        let mut levels = Vec::new();
        for (side, field) in [(Side::Buy, "bids"), (Side::Sell, "asks")] {
            for level in message.array(field)? {
                let parts = json::array(level, field)?;
                let [price, size] = parts[..] else {
                    return Err(wrong_length(field, "price and size"));
                };
                levels.push((side, quoted(price, "price")?, quoted(size, "size")?));
            }
        }
        // Snapshots had no time of their own until 2023.
        let time = message.text_or_none("time")?;
        let ts_event = time.map_or(Ok(ts_init), |text| stamp::rfc3339(&text, "time"))?;
        self.book(
            &message.text("product_id")?,
            BookAction::Snapshot,
            &levels,
            (ts_event, ts_init),
            out,
        )
    }

    fn book(
        &mut self,
        symbol: &str,
        action: BookAction,
        levels: &[(Side, Num, Num)],
        (ts_event, ts_init): (UnixNanos, UnixNanos),
        out: &mut Vec<Decoded>,
    ) -> Result<(), DecodeError> {
        let slot = self.core.symbols.resolve(symbol)?;
        let symbols = &mut self.core.symbols;
        symbols.cover(slot, levels.iter().map(|l| l.1), levels.iter().map(|l| l.2), out);
        out.push(Decoded::Market(MarketEvent::Book(BookUpdate {
            instrument: symbols.at(slot).instrument,
            action,
            levels: symbols.levels(slot, levels)?,
            ts_event,
            ts_init,
        })));
        Ok(())
    }

    fn trade(
        &mut self,
        kind: &str,
        message: &Object<'_>,
        ts_init: UnixNanos,
        out: &mut Vec<Decoded>,
    ) -> Result<(), DecodeError> {
        let (price, size) = (message.quoted_number("price")?, message.quoted_number("size")?);
        let maker = read_side(&message.text("side")?)?;
        let trade_id = message.integer("trade_id")?;
        let ts_event = stamp::rfc3339(&message.text("time")?, "time")?;
        let slot = self.product(message)?;
        let symbols = &mut self.core.symbols;
        symbols.cover(slot, [price].into_iter(), [size].into_iter(), out);
        let instrument = symbols.at(slot).instrument;
        let trade = Trade {
            instrument,
            price: symbols.price(slot, price, "price")?,
            size: symbols.traded(slot, size, "size")?,
            aggressor: Some(maker.opposite()),
            trade_id,
            ts_event,
            ts_init,
        };
        if self.last_trade.len() <= slot {
            self.last_trade.resize(slot + 1, 0);
            self.chained.resize(slot + 1, false);
        }
        let last = self.last_trade[slot];
        if kind == "last_match" && trade_id <= last {
            out.push(ignored("the last match was seen before the reconnect"));
            return Ok(());
        }
        if self.chained[slot] && trade_id != last.saturating_add(1) {
            let expected = last.saturating_add(1);
            out.push(Decoded::Gap {
                instrument: Some(instrument),
                expected,
                got: trade_id,
            });
        }
        (self.last_trade[slot], self.chained[slot]) = (trade_id, true);
        out.push(Decoded::Market(MarketEvent::Trade(trade)));
        Ok(())
    }

    fn quote(
        &mut self,
        message: &Object<'_>,
        ts_init: UnixNanos,
        out: &mut Vec<Decoded>,
    ) -> Result<(), DecodeError> {
        let (bid, ask) = (
            message.quoted_number("best_bid")?,
            message.quoted_number("best_ask")?,
        );
        let size = |field| {
            message
                .has(field)
                .then(|| message.quoted_number(field))
                .transpose()
        };
        let (bid_size, ask_size) = (size("best_bid_size")?, size("best_ask_size")?);
        let time = message.text_or_none("time")?;
        let ts_event = time.map_or(Ok(ts_init), |text| stamp::rfc3339(&text, "time"))?;
        let slot = self.product(message)?;
        let symbols = &mut self.core.symbols;
        symbols.cover(
            slot,
            [bid, ask].into_iter(),
            [bid_size, ask_size].into_iter().flatten(),
            out,
        );
        // Without sizes (before 2023) they are 0 beside a price: not told.
        let sized =
            |num: Option<Num>, field| num.map_or(Ok(SizeMantissa(0)), |n| symbols.size(slot, n, field));
        let quote = Quote {
            instrument: symbols.at(slot).instrument,
            bid: symbols.price(slot, bid, "best_bid")?,
            ask: symbols.price(slot, ask, "best_ask")?,
            bid_size: sized(bid_size, "best_bid_size")?,
            ask_size: sized(ask_size, "best_ask_size")?,
            ts_event,
            ts_init,
        };
        out.push(Decoded::Market(MarketEvent::Quote(quote)));
        Ok(())
    }

    /// A heartbeat tells the last trade's number, which shows a match that never came.
    fn heartbeat(&mut self, message: &Object<'_>, out: &mut Vec<Decoded>) -> Result<(), DecodeError> {
        let last_trade = message.integer("last_trade_id")?;
        let slot = self.product(message)?;
        out.push(Decoded::Heartbeat { counter: None });
        let chained = self.chained.get(slot).copied().unwrap_or(false);
        if chained && self.last_trade[slot] < last_trade {
            out.push(Decoded::Gap {
                instrument: Some(self.core.symbols.at(slot).instrument),
                expected: self.last_trade[slot].saturating_add(1),
                got: last_trade.saturating_add(1),
            });
            self.last_trade[slot] = last_trade;
        }
        Ok(())
    }
}

/// Levels of one side of a snapshot, up to and with the closing bracket.
fn scan_side(at: &mut Cursor<'_>, side: Side, levels: &mut Vec<(Side, Num, Num)>) -> Option<()> {
    if at.skip(b"]") {
        return Some(());
    }
    loop {
        at.lit(b"[\"")?;
        let price = at.digits()?;
        at.lit(b"\",\"")?;
        let size = at.digits()?;
        at.lit(b"\"]")?;
        levels.push((side, price.into(), size.into()));
        if !at.skip(b",") {
            return at.lit(b"]");
        }
    }
}

fn read_side(text: &str) -> Result<Side, DecodeError> {
    match text {
        "buy" => Ok(Side::Buy),
        "sell" => Ok(Side::Sell),
        other => Err(DecodeError::BadValue {
            field: "side",
            expected: "`buy` or `sell`",
            text: cut(other),
        }),
    }
}

fn quoted(raw: Raw<'_>, field: &'static str) -> Result<Num, DecodeError> {
    json::quoted_number(raw, field)
}

fn wrong_length(field: &'static str, expected: &'static str) -> DecodeError {
    DecodeError::BadValue {
        field,
        expected,
        text: "an array of another length".to_owned(),
    }
}

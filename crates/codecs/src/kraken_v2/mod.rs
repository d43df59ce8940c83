//! Kraken's second WebSocket protocol: `book`, `ticker`, `trade`, `ohlc`, `instrument`, `status`.
//!
//! Messages are objects with a `channel` (data) or a `method` (answers). Numbers are bare JSON numbers, whose
//! text is read as it stands, so that none passes through a float. A book's snapshot and each change carry a
//! checksum over the ten best levels.
//! Source: <https://docs.kraken.com/exchange/guides/websockets/book-checksum-v2.md> and the channels' pages.

mod channels;
pub mod encode;
mod methods;

use serde_json::value::RawValue;
use tradewind_types::market::{BookAction, BookLevel, BookUpdate};
use tradewind_types::{PriceMantissa, Side, SizeMantissa, UnixNanos};

use crate::decoded::{Core, Decoded, ignored, impl_decoder};
use crate::error::{DecodeError, cut};
use crate::json::{Object, Raw};
use crate::kraken_book::{KrakenBooks, WireScale, depth_of, empty_update};
use crate::number::Num;
use crate::scan::Cursor;
use crate::stamp;
use crate::symbols::{Slot, SymbolTable};

/// Decoder of one connection to Kraken's second protocol.
#[derive(Clone, Debug)]
pub struct KrakenV2 {
    core: Core,
    books: KrakenBooks,
}

impl_decoder!(KrakenV2);

/// A book message of one pair, read whole before anything of it is applied.
struct WireBook {
    slot: Slot,
    levels: Vec<(Side, Num, Num)>,
    checksum: Option<u32>,
    ts_event: UnixNanos,
}

impl KrakenV2 {
    /// A decoder for these products.
    #[must_use]
    pub fn new(symbols: SymbolTable) -> Self {
        Self {
            core: Core::new(symbols),
            books: KrakenBooks::default(),
        }
    }

    /// Whether a document is a message of this protocol (or of Kraken's futures, which are told and ignored).
    #[must_use]
    pub fn recognises(document: &RawValue) -> bool {
        let known = ["channel", "method", "feed", "success"];
        Object::read(document, "message").is_ok_and(|o| known.iter().any(|field| o.has(field)))
    }

    fn new_session(&mut self) {
        self.books.clear();
    }

    /// A book's change, in the venue's own spelling.
    #[inline]
    fn short_way(&mut self, raw: &[u8], ts_init: UnixNanos, out: &mut Vec<Decoded>) -> Option<()> {
        let mut at = Cursor::new(raw);
        at.lit(b"{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"")?;
        let slot = self.core.symbols.scaled_slot(at.text()?)?;
        let entry = self.core.symbols.at(slot);
        let scales = (entry.price_scale, entry.size_scale);
        let mut update = empty_update(entry.instrument, BookAction::Delta, ts_init, ts_init);
        let mut wire = WireScale::default();
        at.lit(b",\"bids\":[")?;
        scan_levels(&mut at, Side::Buy, scales, &mut wire, &mut update)?;
        at.lit(b",\"asks\":[")?;
        scan_levels(&mut at, Side::Sell, scales, &mut wire, &mut update)?;
        at.lit(b",\"checksum\":")?;
        let checksum = at.digits()?;
        let checksum = u32::try_from(checksum.mantissa)
            .ok()
            .filter(|_| checksum.decimals == 0)?;
        at.lit(b",\"timestamp\":\"")?;
        update.ts_event = stamp::rfc3339_utc(at.text()?)?;
        at.lit(b"}]}")?;
        at.end()?;
        self.books
            .take(&mut self.core, slot, update, wire, (0, Some(checksum)), out);
        Some(())
    }

    fn long_way(
        &mut self,
        document: Raw<'_>,
        ts_init: UnixNanos,
        out: &mut Vec<Decoded>,
    ) -> Result<(), DecodeError> {
        let message = Object::read(document, "message")?;
        if message.has("feed") {
            out.push(ignored("a message of Kraken's futures, which is another venue"));
            return Ok(());
        }
        if !message.has("channel") {
            return methods::answer(&mut self.core, &mut self.books, &message, out);
        }
        match message.text("channel")?.as_ref() {
            "book" => self.book(&message, ts_init, out),
            "trade" => channels::trades(&mut self.core, &message, ts_init, out),
            "ticker" => channels::tickers(&mut self.core, &message, ts_init, out),
            "ohlc" => channels::candles(&mut self.core, &message, ts_init, out),
            "instrument" => channels::instruments(&mut self.core, &mut self.books, &message, out),
            "status" => channels::status(&message, out),
            "heartbeat" => {
                out.push(Decoded::Heartbeat { counter: None });
                Ok(())
            }
            "level3" => {
                out.push(ignored("single orders (channel level3) are not kept"));
                Ok(())
            }
            "executions" | "balances" => {
                out.push(ignored("an account's private channel is not market data"));
                Ok(())
            }
            other => {
                out.push(ignored(format!("channel `{}` is not read", cut(other))));
                Ok(())
            }
        }
    }

    fn book(
        &mut self,
        message: &Object<'_>,
        ts_init: UnixNanos,
        out: &mut Vec<Decoded>,
    ) -> Result<(), DecodeError> {
        let action = match message.text("type")?.as_ref() {
            "snapshot" => BookAction::Snapshot,
            "update" => BookAction::Delta,
            other => {
                let (field, expected) = ("type", "`snapshot` or `update`");
                return Err(DecodeError::BadValue {
                    field,
                    expected,
                    text: cut(other),
                });
            }
        };
        let mut updates = Vec::new();
        for data in message.array("data")? {
            let wire = self.read_book(&Object::read(data, "data")?, ts_init)?;
            let levels = &wire.levels;
            let symbols = &mut self.core.symbols;
            symbols.cover(
                wire.slot,
                levels.iter().map(|l| l.1),
                levels.iter().map(|l| l.2),
                out,
            );
            let mut update = empty_update(symbols.at(wire.slot).instrument, action, wire.ts_event, ts_init);
            update.levels = symbols.levels(wire.slot, levels)?;
            updates.push((wire, update));
        }
        for (wire, update) in updates {
            let seen = WireScale {
                price: wire.levels.iter().map(|l| l.1.decimals).max().unwrap_or(0),
                size: wire.levels.iter().map(|l| l.2.decimals).max().unwrap_or(0),
            };
            let of_side = |side| wire.levels.iter().filter(|l| l.0 == side).count();
            let shown = of_side(Side::Buy).max(of_side(Side::Sell));
            let depth = self.books.depth(wire.slot).unwrap_or_else(|| depth_of(shown));
            self.books.take(
                &mut self.core,
                wire.slot,
                update,
                seen,
                (depth, wire.checksum),
                out,
            );
        }
        Ok(())
    }

    fn read_book(&mut self, data: &Object<'_>, ts_init: UnixNanos) -> Result<WireBook, DecodeError> {
        let mut levels = Vec::new();
        for (side, field) in [(Side::Buy, "bids"), (Side::Sell, "asks")] {
            for level in data.array(field)? {
                let level = Object::read(level, field)?;
                levels.push((side, level.number("price")?, level.number("qty")?));
            }
        }
        let checksum = data.integer("checksum")?;
        let checksum = u32::try_from(checksum).map_err(|_| DecodeError::BadValue {
            field: "checksum",
            expected: "a checksum of 32 bits",
            text: checksum.to_string(),
        })?;
        let time = data.text_or_none("timestamp")?;
        let ts_event = time.map_or(Ok(ts_init), |text| stamp::rfc3339(&text, "timestamp"))?;
        let slot = self.core.symbols.resolve(&data.text("symbol")?)?;
        Ok(WireBook {
            slot,
            levels,
            checksum: Some(checksum),
            ts_event,
        })
    }
}

/// Levels up to and with the closing bracket.
#[inline(always)]
fn scan_levels(
    at: &mut Cursor<'_>,
    side: Side,
    (price_scale, size_scale): (u8, u8),
    wire: &mut WireScale,
    update: &mut BookUpdate,
) -> Option<()> {
    if at.skip(b"]") {
        return Some(());
    }
    loop {
        at.lit(b"{\"price\":")?;
        let price = at.digits()?;
        at.lit(b",\"qty\":")?;
        let size = at.digits()?;
        at.lit(b"}")?;
        wire.price = wire.price.max(price.decimals);
        wire.size = wire.size.max(size.decimals);
        let price = price.at_scale(price_scale).filter(|p| *p > 0)?;
        let size = i128::from(size.at_scale(size_scale)?);
        update.levels.push(BookLevel {
            side,
            price: PriceMantissa(price),
            size: SizeMantissa(size),
        });
        if !at.skip(b",") {
            return at.lit(b"]");
        }
    }
}

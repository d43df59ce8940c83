//! Kraken's first WebSocket protocol: `book`, `trade`, `ticker`, `spread`, `ohlc`.
//!
//! Data messages are arrays: a channel number, one or two objects or an array, the channel's name, the pair.
//! Control messages are objects with an `event`. Numbers are strings with all decimals, times are Unix seconds
//! with decimals. A book's change carries a checksum; a level marked `"r"` is published again because it came
//! back into the subscribed depth.

mod channels;
pub mod encode;

use serde_json::value::RawValue;
use tradewind_types::market::{BookAction, BookLevel, BookUpdate};
use tradewind_types::{PriceMantissa, Side, SizeMantissa, UnixNanos};

use crate::decoded::{Core, Decoded, ignored, impl_decoder};
use crate::error::{DecodeError, cut};
use crate::json::{self, Object, Raw};
use crate::kraken_book::{KrakenBooks, WireScale, empty_update};
use crate::number::Num;
use crate::scan::Cursor;
use crate::stamp;
use crate::symbols::SymbolTable;

/// Decoder of one connection to Kraken's first protocol.
#[derive(Clone, Debug)]
pub struct KrakenV1 {
    core: Core,
    books: KrakenBooks,
}

impl_decoder!(KrakenV1);

/// A level of a book message.
struct WireLevel {
    side: Side,
    price: Num,
    size: Num,
    ts: UnixNanos,
}

/// A book message before scaling.
struct WireBook {
    action: BookAction,
    levels: Vec<WireLevel>,
    checksum: Option<u32>,
    depth: usize,
}

impl KrakenV1 {
    /// A decoder for these products.
    #[must_use]
    pub fn new(symbols: SymbolTable) -> Self {
        Self {
            core: Core::new(symbols),
            books: KrakenBooks::default(),
        }
    }

    /// Whether a document is a message of this protocol.
    #[must_use]
    pub fn recognises(document: &RawValue) -> bool {
        match document.get().as_bytes().first() {
            Some(b'[') => json::array(document, "message").is_ok_and(|parts| {
                let numbered = parts
                    .first()
                    .is_some_and(|raw| json::type_name(raw) == "a number");
                parts.len() >= 4 && numbered
            }),
            _ => Object::read(document, "message").is_ok_and(|o| o.has("event")),
        }
    }

    fn new_session(&mut self) {
        self.books.clear();
    }

    /// Book messages, in the venue's own spelling.
    #[inline]
    fn short_way(&mut self, raw: &[u8], ts_init: UnixNanos, out: &mut Vec<Decoded>) -> Option<()> {
        let mut at = Cursor::new(raw);
        at.lit(b"[")?;
        at.digits()?;
        at.lit(b",{\"")?;
        if at.skip(b"as\":[") {
            return self.short_snapshot(at, ts_init, out);
        }
        self.short_changes(raw, at, ts_init, out)
    }

    /// A snapshot from its first offer on.
    fn short_snapshot(
        &mut self,
        mut at: Cursor<'_>,
        ts_init: UnixNanos,
        out: &mut Vec<Decoded>,
    ) -> Option<()> {
        let mut levels = Vec::with_capacity(2048);
        scan_side(&mut at, Side::Sell, &mut levels)?;
        at.lit(b",\"bs\":[")?;
        scan_side(&mut at, Side::Buy, &mut levels)?;
        at.lit(b"},\"book-")?;
        let depth = at.digits().filter(|depth| depth.decimals == 0)?;
        at.lit(b"\",\"")?;
        let pair = std::str::from_utf8(at.text()?).ok()?;
        at.lit(b"]")?;
        at.end()?;
        let message = WireBook {
            action: BookAction::Snapshot,
            levels,
            checksum: None,
            depth: usize::try_from(depth.mantissa).ok()?,
        };
        self.core.symbols.begin();
        let start = out.len();
        let taken = self.take(pair, message, ts_init, out);
        if taken.is_err() {
            out.truncate(start);
            self.core.symbols.rollback();
        }
        taken.ok()
    }

    #[inline]
    fn short_changes(
        &mut self,
        raw: &[u8],
        mut at: Cursor<'_>,
        ts_init: UnixNanos,
        out: &mut Vec<Decoded>,
    ) -> Option<()> {
        // The pair stands last but says how to read what comes before.
        let body = raw.strip_suffix(b"\"]")?;
        let pair = &body[memchr::memrchr(b'"', body)? + 1..];
        let slot = self.core.symbols.scaled_slot(pair)?;
        let entry = self.core.symbols.at(slot);
        let (price_scale, size_scale) = (entry.price_scale, entry.size_scale);
        let mut update = empty_update(entry.instrument, BookAction::Delta, UnixNanos(0), ts_init);
        let mut wire = WireScale::default();
        let mut checksum = None;
        loop {
            let side = if at.skip(b"a\":[") {
                Side::Sell
            } else {
                at.lit(b"b\":[")?;
                Side::Buy
            };
            scan_levels(&mut at, side, (price_scale, size_scale), &mut wire, &mut update)?;
            if at.skip(b",\"c\":\"") {
                let digits = at.digits()?;
                checksum = Some(
                    u32::try_from(digits.mantissa)
                        .ok()
                        .filter(|_| digits.decimals == 0)?,
                );
                at.lit(b"\"")?;
            }
            at.lit(b"}")?;
            if !at.skip(b",{\"") {
                break;
            }
        }
        at.lit(b",\"book-")?;
        let depth = at.digits()?;
        at.lit(b"\",\"")?;
        (at.text()? == pair && depth.decimals == 0).then_some(())?;
        at.lit(b"]")?;
        at.end()?;
        let depth = usize::try_from(depth.mantissa).ok()?;
        self.books
            .take(&mut self.core, slot, update, wire, (depth, checksum), out);
        Some(())
    }

    fn long_way(
        &mut self,
        document: Raw<'_>,
        ts_init: UnixNanos,
        out: &mut Vec<Decoded>,
    ) -> Result<(), DecodeError> {
        if document.get().starts_with('{') {
            return control(&Object::read(document, "message")?, out);
        }
        let parts = json::array(document, "message")?;
        let [_, payload @ .., channel, pair] = &parts[..] else {
            return Err(DecodeError::Shape {
                detail: "an array of fewer than four elements".to_owned(),
            });
        };
        if payload.is_empty() {
            return Err(DecodeError::Shape {
                detail: "an array of fewer than four elements".to_owned(),
            });
        }
        let channel = json::text(channel, "channelName")?;
        let pair = json::text(pair, "pair")?;
        let (name, parameter) = channel.split_once('-').unwrap_or((&channel, ""));
        match name {
            "book" => self.book(payload, parameter, &pair, ts_init, out),
            "trade" => channels::trades(&mut self.core, payload, &pair, ts_init, out),
            "ticker" => channels::ticker(&mut self.core, payload, &pair, ts_init, out),
            "spread" => channels::spread(&mut self.core, payload, &pair, ts_init, out),
            "ohlc" => channels::ohlc(&mut self.core, payload, parameter, &pair, ts_init, out),
            other => {
                out.push(ignored(format!("channel `{}` is not read", cut(other))));
                Ok(())
            }
        }
    }

    fn book(
        &mut self,
        payload: &[Raw<'_>],
        depth: &str,
        pair: &str,
        ts_init: UnixNanos,
        out: &mut Vec<Decoded>,
    ) -> Result<(), DecodeError> {
        let bad_depth = || DecodeError::BadValue {
            field: "channelName",
            expected: "book-<depth>",
            text: cut(depth),
        };
        let depth = if depth.is_empty() {
            10
        } else {
            depth.parse::<usize>().map_err(|_| bad_depth())?
        };
        let mut levels: Vec<WireLevel> = Vec::new();
        let (mut action, mut checksum) = (BookAction::Delta, None);
        for object in payload {
            for (name, raw) in Object::read(object, "book")?.iter() {
                match name {
                    "as" | "bs" => {
                        action = BookAction::Snapshot;
                        read_levels(
                            raw,
                            if name == "as" { Side::Sell } else { Side::Buy },
                            &mut levels,
                        )?;
                    }
                    "a" => read_levels(raw, Side::Sell, &mut levels)?,
                    "b" => read_levels(raw, Side::Buy, &mut levels)?,
                    "c" => checksum = Some(read_checksum(&json::text(raw, "c")?)?),
                    _ => {}
                }
            }
        }
        let message = WireBook {
            action,
            levels,
            checksum,
            depth,
        };
        self.take(pair, message, ts_init, out)
    }

    /// Scales and applies a message that was read whole.
    fn take(
        &mut self,
        pair: &str,
        message: WireBook,
        ts_init: UnixNanos,
        out: &mut Vec<Decoded>,
    ) -> Result<(), DecodeError> {
        let WireBook {
            action,
            levels,
            checksum,
            depth,
        } = message;
        let slot = self.core.symbols.resolve(pair)?;
        let symbols = &mut self.core.symbols;
        symbols.cover(
            slot,
            levels.iter().map(|l| l.price),
            levels.iter().map(|l| l.size),
            out,
        );
        let ts_event = levels.iter().map(|l| l.ts).max().unwrap_or(ts_init);
        let mut update = empty_update(symbols.at(slot).instrument, action, ts_event, ts_init);
        let mut wire = WireScale::default();
        for level in &levels {
            wire.price = wire.price.max(level.price.decimals);
            wire.size = wire.size.max(level.size.decimals);
            update.levels.push(BookLevel {
                side: level.side,
                price: symbols.price(slot, level.price, "price")?,
                size: symbols.size(slot, level.size, "volume")?,
            });
        }
        self.books
            .take(&mut self.core, slot, update, wire, (depth, checksum), out);
        Ok(())
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
    loop {
        at.lit(b"[\"")?;
        let price = at.digits()?;
        at.lit(b"\",\"")?;
        let size = at.digits()?;
        at.lit(b"\",\"")?;
        update.ts_event = update.ts_event.max(stamp::unix_seconds(at.text()?)?);
        at.skip(b",\"r\"");
        at.lit(b"]")?;
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

/// Levels of one side of a snapshot, up to and with the closing bracket.
fn scan_side(at: &mut Cursor<'_>, side: Side, levels: &mut Vec<WireLevel>) -> Option<()> {
    if at.skip(b"]") {
        return Some(());
    }
    loop {
        at.lit(b"[\"")?;
        let price = at.digits()?;
        at.lit(b"\",\"")?;
        let size = at.digits()?;
        at.lit(b"\",\"")?;
        let ts = stamp::unix_seconds(at.text()?)?;
        at.lit(b"]")?;
        levels.push(WireLevel {
            side,
            price: price.into(),
            size: size.into(),
            ts,
        });
        if !at.skip(b",") {
            return at.lit(b"]");
        }
    }
}

fn read_levels(raw: Raw<'_>, side: Side, levels: &mut Vec<WireLevel>) -> Result<(), DecodeError> {
    for level in json::array(raw, "levels")? {
        let parts = json::array(level, "levels")?;
        let (price, size, time) = match parts[..] {
            [price, size, time] => (price, size, time),
            [price, size, time, mark] if json::text(mark, "levels")? == "r" => (price, size, time),
            _ => {
                let expected = "price, volume, time and perhaps `r`";
                return Err(DecodeError::BadValue {
                    field: "levels",
                    expected,
                    text: cut(level.get()),
                });
            }
        };
        levels.push(WireLevel {
            side,
            price: json::quoted_number(price, "price")?,
            size: json::quoted_number(size, "volume")?,
            ts: stamp::unix_seconds_text(&json::text(time, "timestamp")?, "timestamp")?,
        });
    }
    Ok(())
}

fn read_checksum(text: &str) -> Result<u32, DecodeError> {
    let whole = Num::parse(text, "c")?
        .at_scale(0)
        .and_then(|value| u32::try_from(value).ok());
    let bad = || DecodeError::BadValue {
        field: "c",
        expected: "a checksum of 32 bits",
        text: cut(text),
    };
    whole.ok_or_else(bad)
}

/// Messages with an `event`.
fn control(message: &Object<'_>, out: &mut Vec<Decoded>) -> Result<(), DecodeError> {
    let event = message.text("event")?;
    let request_id = message
        .optional("reqid")
        .map(|_| message.integer("reqid"))
        .transpose()?;
    let failed = |status: &str| status == "error";
    out.push(match event.as_ref() {
        "heartbeat" => Decoded::Heartbeat { counter: None },
        "pong" => Decoded::Ack {
            method: "pong".to_owned(),
            detail: String::new(),
            request_id,
        },
        "systemStatus" => {
            let status = message.text("status")?.into_owned();
            Decoded::VenueStatus {
                online: status == "online",
                status,
            }
        }
        "error" => Decoded::VenueError {
            message: message.text("errorMessage")?.into_owned(),
            request_id,
        },
        "subscriptionStatus" if failed(&message.text("status")?) => Decoded::VenueError {
            message: message.text("errorMessage")?.into_owned(),
            request_id,
        },
        "subscriptionStatus" => {
            let method = match message.text("status")?.as_ref() {
                "unsubscribed" => "unsubscribe",
                _ => "subscribe",
            };
            let channel = message.text_or_none("channelName")?.unwrap_or_default();
            let pair = message.text_or_none("pair")?.unwrap_or_default();
            Decoded::Ack {
                method: method.to_owned(),
                detail: format!("{channel} {pair}"),
                request_id,
            }
        }
        "subscribe" | "unsubscribe" | "ping" => ignored("a request to the venue"),
        other => ignored(format!("event `{}` is not read", cut(other))),
    });
    Ok(())
}

//! How fast messages are decoded and applied to books: what `tradewind bench` measures for this crate.
//!
//! The caller brings the clock and the messages, from a recording or from [`Kind::synthetic`]; this module only
//! runs them, the same way a feed does: message → events → book.

use tradewind_types::market::{BookAction, BookLevel, BookUpdate, MarketEvent, OrderBook};
use tradewind_types::{InstrumentIdx, Market, PriceMantissa, Side, SizeMantissa, UnixNanos};

use crate::coinbase_exchange::{self, CoinbaseExchange};
use crate::decoded::{Counters, Decoded, Decoder};
use crate::error::DecodeError;
use crate::face::Face;
use crate::kraken_book::book_checksum;
use crate::kraken_v1::{self, KrakenV1};
use crate::kraken_v2::{self, KrakenV2};
use crate::symbols::SymbolTable;

/// A stream that is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Coinbase Exchange `level2`: `decode.coinbase_level2`.
    CoinbaseLevel2,
    /// Kraken v1 `book` with verified checksums: `decode.kraken_v1_book`.
    KrakenV1Book,
    /// Kraken v2 `book` with verified checksums: `decode.kraken_v2_book`.
    KrakenV2Book,
}

/// What a run did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Messages decoded.
    pub messages: u64,
    /// Book events applied.
    pub applied: u64,
    /// Levels in all books at the end, so that the work cannot be left out.
    pub levels: u64,
    /// The decoder's own counters.
    pub counters: Counters,
}

impl Kind {
    /// Its name in `tradewind bench`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::CoinbaseLevel2 => "decode.coinbase_level2",
            Kind::KrakenV1Book => "decode.kraken_v1_book",
            Kind::KrakenV2Book => "decode.kraken_v2_book",
        }
    }

    /// Whether a message of a recording belongs to this stream, so that others are left out of the figure.
    #[must_use]
    pub fn wants(self, raw: &[u8]) -> bool {
        match self {
            Kind::CoinbaseLevel2 => {
                raw.starts_with(b"{\"type\":\"l2update\"") || raw.starts_with(b"{\"type\":\"snapshot\"")
            }
            Kind::KrakenV1Book => raw.starts_with(b"["),
            Kind::KrakenV2Book => raw.starts_with(b"{\"channel\":\"book\""),
        }
    }

    /// Messages made by the encoders: a snapshot of 200 levels a side, then `changes` changes near the top, the
    /// same on every machine. For where no recording is at hand.
    #[must_use]
    pub fn synthetic(self, changes: usize) -> Vec<Vec<u8>> {
        let symbol = if self == Kind::CoinbaseLevel2 {
            "BTC-USD"
        } else {
            "BTC/USD"
        };
        let face = Face {
            symbol,
            price_scale: 2,
            size_scale: 8,
        };
        let mut book = OrderBook::with_depth(InstrumentIdx(0), 1000);
        let mut messages = Vec::with_capacity(changes + 1);
        let mut state = 1u64;
        let mut take = |update: &BookUpdate| {
            // A book takes a snapshot always and a change after it.
            let _ = book.apply(update);
            messages.push(self.encode(&face, update, book_checksum(&book)).into_bytes());
        };
        take(&opening());
        for at in 0..changes {
            // A counter stirred by a multiplication (Knuth's MMIX constants): no chance, only variety.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            take(&change(at as u64, state >> 33));
        }
        messages
    }

    fn encode(self, face: &Face<'_>, update: &BookUpdate, checksum: u32) -> String {
        match self {
            Kind::CoinbaseLevel2 => coinbase_exchange::encode::book(face, update),
            Kind::KrakenV1Book => {
                let checksum = Some(checksum).filter(|_| update.action == BookAction::Delta);
                kraken_v1::encode::book(face, 1, 1000, update, checksum)
            }
            Kind::KrakenV2Book => kraken_v2::encode::book(face, update, checksum),
        }
    }
}

fn opening() -> BookUpdate {
    let level = |side, price, size| BookLevel {
        side,
        price: PriceMantissa(price),
        size: SizeMantissa(size),
    };
    let bids = (0..200).map(|at| level(Side::Buy, 6_200_000 - at * 7, 150_000_000 + i128::from(at)));
    let asks = (0..200).map(|at| level(Side::Sell, 6_200_100 + at * 7, 250_000_000 + i128::from(at)));
    BookUpdate {
        instrument: InstrumentIdx(0),
        action: BookAction::Snapshot,
        levels: bids.chain(asks).collect(),
        ts_event: UnixNanos::from_secs(1_760_000_000),
        ts_init: UnixNanos::from_secs(1_760_000_000),
    }
}

/// A change of one level up to 32 places from the top, a third of them removals.
fn change(at: u64, random: u64) -> BookUpdate {
    let side = if random & 1 == 0 { Side::Buy } else { Side::Sell };
    let away = ((random >> 1) % 32 * 7) as i64;
    let price = if side == Side::Buy {
        6_200_000 - away
    } else {
        6_200_100 + away
    };
    let size = if (random >> 8).is_multiple_of(3) {
        0
    } else {
        i128::from(random % 900_000_000) + 1
    };
    let ts = UnixNanos::from_secs(1_760_000_000).plus(at * 1_000_000);
    BookUpdate {
        instrument: InstrumentIdx(0),
        action: BookAction::Delta,
        levels: [BookLevel {
            side,
            price: PriceMantissa(price),
            size: SizeMantissa(size),
        }]
        .into_iter()
        .collect(),
        ts_event: ts,
        ts_init: ts,
    }
}

/// Decodes every message and applies it to its book.
///
/// # Errors
/// The first [`DecodeError`]: a stream that is measured has none.
pub fn run(kind: Kind, messages: &[Vec<u8>]) -> Result<Stats, DecodeError> {
    let table = |market: &str| {
        let market = Market::new(market).map_err(|e| DecodeError::Shape {
            detail: e.to_string(),
        })?;
        Ok::<_, DecodeError>(SymbolTable::growing(market))
    };
    match kind {
        Kind::CoinbaseLevel2 => drive(CoinbaseExchange::new(table("COINBASE")?), messages),
        Kind::KrakenV1Book => drive(KrakenV1::new(table("KRAKEN")?), messages),
        Kind::KrakenV2Book => drive(KrakenV2::new(table("KRAKEN")?), messages),
    }
}

fn drive<D: Decoder>(mut decoder: D, messages: &[Vec<u8>]) -> Result<Stats, DecodeError> {
    let mut books: Vec<OrderBook> = Vec::new();
    let mut stats = Stats::default();
    let mut out = Vec::new();
    for (at, raw) in messages.iter().enumerate() {
        out.clear();
        decoder.decode(raw, UnixNanos(at as u64), &mut out)?;
        for item in &out {
            match item {
                Decoded::Market(MarketEvent::Book(update)) => {
                    let slot = update.instrument.slot();
                    while books.len() <= slot {
                        books.push(OrderBook::new(InstrumentIdx(books.len() as u32)));
                    }
                    stats.applied += u64::from(books[slot].apply(update).is_ok());
                }
                Decoded::Rescaled {
                    instrument,
                    price_scale,
                    size_scale,
                } => {
                    refine(&mut books, *instrument, *price_scale, *size_scale);
                }
                _ => {}
            }
        }
    }
    stats.messages = messages.len() as u64;
    stats.levels = books
        .iter()
        .map(|b| (b.len(Side::Buy) + b.len(Side::Sell)) as u64)
        .sum();
    stats.counters = *decoder.counters();
    Ok(stats)
}

/// Follows a table that became finer. A book whose numbers would not fit waits for its next snapshot.
fn refine(books: &mut [OrderBook], instrument: InstrumentIdx, price: (u8, u8), size: (u8, u8)) {
    if let Some(book) = books.get_mut(instrument.slot())
        && book.refine(price.1 - price.0, size.1 - size.0).is_err()
    {
        book.reset();
    }
}

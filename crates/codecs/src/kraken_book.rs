//! Kraken's books, which both of its protocols limit to a depth and prove with a checksum.
//!
//! The checksum is the CRC-32 (ISO 3309) over the ten best offers, lowest first, then the ten best bids,
//! highest first; of each level the digits of price and size without point and leading zeros. Kraken counts
//! the decimals that an instrument has, not those of one number's text, so that the digits are simply the
//! integers at the *wire scale*: the most decimals that the venue has written for the instrument.
//! Source: <https://docs.kraken.com/exchange/guides/websockets/book-checksum-v2.md>.
//!
//! Levels that fall out of the subscribed depth are never removed by message. The decoder adds their removal
//! to the change that pushed them out, so that readers need not know the depth.

use std::cmp::Ordering;

use tradewind_types::market::{BookAction, BookLevel, BookUpdate, MarketEvent, OrderBook};
use tradewind_types::{InstrumentIdx, Side, SizeMantissa};

use crate::decoded::{Core, Decoded};
use crate::number::POW10_WIDE;
use crate::symbols::{Slot, SymbolEntry};

/// How many levels of each side the checksum covers.
pub(crate) const CHECKSUM_LEVELS: usize = 10;

/// Decimals of prices and sizes as the venue writes them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct WireScale {
    pub(crate) price: u8,
    pub(crate) size: u8,
}

#[derive(Clone, Debug)]
struct KrakenBook {
    book: OrderBook,
    /// Scales of the book's integers.
    price_scale: u8,
    size_scale: u8,
    wire: WireScale,
    /// The checksum's text of each side (offers, bids) as the book is; `None` once a level in it changed.
    digits: [Option<Vec<u8>>; 2],
}

/// The books of one connection, by row of the symbol table.
#[derive(Clone, Debug, Default)]
pub(crate) struct KrakenBooks {
    books: Vec<Option<Box<KrakenBook>>>,
    /// Decimals told by the instrument channel, which outrank what the messages show.
    told: Vec<Option<WireScale>>,
    /// Depths told by the answers to subscriptions.
    depths: Vec<Option<usize>>,
}

impl KrakenBooks {
    pub(crate) fn clear(&mut self) {
        self.books.clear();
        self.depths.clear();
    }

    /// Remembers the decimals that the venue uses for a product.
    pub(crate) fn tell_wire(&mut self, slot: Slot, wire: WireScale) {
        put(&mut self.told, slot, wire);
        if let Some(Some(book)) = self.books.get_mut(slot) {
            (book.wire, book.digits) = (wire, [None, None]);
        }
    }

    /// Remembers the depth that was subscribed for a product.
    pub(crate) fn tell_depth(&mut self, slot: Slot, depth: usize) {
        put(&mut self.depths, slot, depth);
    }

    /// The depth of a product's book, if the venue told it.
    pub(crate) fn depth(&self, slot: Slot) -> Option<usize> {
        self.depths.get(slot).copied().flatten()
    }

    /// Applies an update, emits it with what fell out of the depth, and verifies the checksum.
    pub(crate) fn take(
        &mut self,
        core: &mut Core,
        slot: Slot,
        mut update: BookUpdate,
        seen: WireScale,
        (depth, checksum): (usize, Option<u32>),
        out: &mut Vec<Decoded>,
    ) {
        let entry = core.symbols.at(slot);
        let told = self.told.get(slot).copied().flatten();
        if update.action == BookAction::Snapshot {
            let book = Box::new(KrakenBook::new(entry, depth, told.unwrap_or_default()));
            put(&mut self.books, slot, book);
        }
        let Some(Some(known)) = self.books.get_mut(slot) else {
            // Without snapshot there is nothing to verify; books refuse the change by themselves.
            core.counters.checksums_unverified += u64::from(checksum.is_some());
            out.push(Decoded::Market(MarketEvent::Book(update)));
            return;
        };
        if told.is_none() {
            known.widen(seen);
        }
        if !known.refine_to(entry) {
            self.books[slot] = None;
            out.push(Decoded::Market(MarketEvent::Reset {
                instrument: update.instrument,
                ts_init: update.ts_init,
            }));
            return;
        }
        known.apply(&mut update);
        let instrument = update.instrument;
        out.push(Decoded::Market(MarketEvent::Book(update)));
        let Some(expected) = checksum else { return };
        let got = known.checksum();
        if got == expected {
            core.counters.checksums_ok += 1;
        } else if known.covers_checksum() {
            core.counters.checksums_bad += 1;
            out.push(Decoded::ChecksumMismatch {
                instrument,
                expected,
                got,
            });
        } else {
            core.counters.checksums_unverified += 1;
        }
    }
}

fn put<T>(rows: &mut Vec<Option<T>>, slot: Slot, value: T) {
    if rows.len() <= slot {
        rows.resize_with(slot + 1, || None);
    }
    rows[slot] = Some(value);
}

impl KrakenBook {
    fn new(entry: &SymbolEntry, depth: usize, wire: WireScale) -> Self {
        Self {
            book: OrderBook::with_depth(entry.instrument, depth),
            price_scale: entry.price_scale,
            size_scale: entry.size_scale,
            wire,
            digits: [None, None],
        }
    }

    #[inline]
    fn widen(&mut self, seen: WireScale) {
        let wire = WireScale {
            price: self.wire.price.max(seen.price),
            size: self.wire.size.max(seen.size),
        };
        if wire != self.wire {
            (self.wire, self.digits) = (wire, [None, None]);
        }
    }

    /// Follows a symbol table that became finer; false when the numbers do not fit.
    #[inline]
    fn refine_to(&mut self, entry: &SymbolEntry) -> bool {
        if (self.price_scale, self.size_scale) == (entry.price_scale, entry.size_scale) {
            return true;
        }
        let (price, size) = (
            entry.price_scale - self.price_scale,
            entry.size_scale - self.size_scale,
        );
        (self.price_scale, self.size_scale) = (entry.price_scale, entry.size_scale);
        self.book.refine(price, size).is_ok()
    }

    #[inline]
    fn apply(&mut self, update: &mut BookUpdate) {
        let mut dropped: Vec<BookLevel> = Vec::new();
        let tell = |side, price| {
            dropped.push(BookLevel {
                side,
                price,
                size: SizeMantissa(0),
            })
        };
        // A book without snapshot is never kept, so the change is always taken.
        let rank = self.book.apply_telling(update, tell).unwrap_or(0);
        update.levels.extend(dropped);
        if rank < CHECKSUM_LEVELS {
            for level in &update.levels {
                self.digits[text_of(level.side)] = None;
            }
        }
    }

    fn covers_checksum(&self) -> bool {
        self.book.len(Side::Buy) >= CHECKSUM_LEVELS && self.book.len(Side::Sell) >= CHECKSUM_LEVELS
    }

    #[inline]
    fn checksum(&mut self) -> u32 {
        let (book, scales, wire) = (&self.book, (self.price_scale, self.size_scale), self.wire);
        let mut hasher = crc32fast::Hasher::new();
        for side in [Side::Sell, Side::Buy] {
            let text = &mut self.digits[text_of(side)];
            hasher.update(text.get_or_insert_with(|| side_text(book, side, scales, wire)));
        }
        hasher.finalize()
    }
}

/// Where a side's text is kept; offers come first.
fn text_of(side: Side) -> usize {
    usize::from(side == Side::Buy)
}

/// The checksum's text of one side of a book whose integers are at `scales`.
fn side_text(book: &OrderBook, side: Side, scales: (u8, u8), wire: WireScale) -> Vec<u8> {
    // Ten levels of a price of up to 19 digits and a size of usually not more.
    let mut text = Vec::with_capacity(CHECKSUM_LEVELS * 40);
    for (price, size) in book.levels(side).take(CHECKSUM_LEVELS) {
        push_digits(&mut text, i128::from(price.0), scales.0, wire.price);
        push_digits(&mut text, size.0, scales.1, wire.size);
    }
    text
}

/// The checksum of a book as Kraken computes it, when its integers are at the venue's own decimals.
#[must_use]
pub fn book_checksum(book: &OrderBook) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for side in [Side::Sell, Side::Buy] {
        hasher.update(&side_text(book, side, (0, 0), WireScale::default()));
    }
    hasher.finalize()
}

/// Writes the digits of a number at the wire scale.
#[inline]
fn push_digits(out: &mut Vec<u8>, mantissa: i128, scale: u8, wire: u8) {
    let value = match wire.cmp(&scale) {
        Ordering::Equal => mantissa,
        Ordering::Greater => mantissa.saturating_mul(POW10_WIDE[usize::from((wire - scale).min(38))]),
        Ordering::Less => mantissa / POW10_WIDE[usize::from((scale - wire).min(38))],
    };
    match u64::try_from(value) {
        Ok(small) => push_small(out, small),
        Err(_) => out.extend_from_slice(value.to_string().as_bytes()),
    }
}

/// Writes the digits of a number; none for zero, of which nothing is left without leading zeros.
#[inline]
fn push_small(out: &mut Vec<u8>, value: u64) {
    const EIGHT: u64 = 100_000_000;
    let mut digits = [0u8; 24];
    let parts = [value / EIGHT / EIGHT, value / EIGHT % EIGHT, value % EIGHT];
    for (chunk, part) in digits.chunks_exact_mut(8).zip(parts) {
        chunk.copy_from_slice(&eight_digits(part));
    }
    let leading = digits.iter().take_while(|digit| **digit == b'0').count();
    out.extend_from_slice(&digits[leading..]);
}

/// The eight digits of a number below 10^8, by splitting it into halves side by side in one word: two of four
/// digits, four of two, eight of one. A division by 100 or 10 is a multiplication by its reciprocal, exact for
/// the few digits that each part has.
#[inline]
fn eight_digits(value: u64) -> [u8; 8] {
    let fours = (value / 10_000) | ((value % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = hundreds | ((fours - hundreds * 100) << 16);
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    let ones = tens | ((twos - tens * 10) << 8);
    (ones | 0x3030_3030_3030_3030).to_le_bytes()
}

/// The change of one instrument, before it is applied.
pub(crate) fn empty_update(
    instrument: InstrumentIdx,
    action: BookAction,
    ts_event: tradewind_types::UnixNanos,
    ts_init: tradewind_types::UnixNanos,
) -> BookUpdate {
    BookUpdate {
        instrument,
        action,
        levels: Default::default(),
        ts_event,
        ts_init,
    }
}

/// The depth that a snapshot of so many levels was subscribed with: the least that the venue offers.
pub(crate) fn depth_of(levels: usize) -> usize {
    let offered = [10, 25, 100, 500, 1000];
    offered
        .into_iter()
        .find(|depth| *depth >= levels)
        .unwrap_or(levels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn digits_are_those_that_the_standard_library_writes(value in any::<u64>(), bits in 0u32..64) {
            let value = value >> bits;
            let mut out = Vec::new();
            push_small(&mut out, value);
            let want = value.to_string();
            prop_assert_eq!(String::from_utf8(out).expect("digits"), want.trim_start_matches('0'));
        }
    }

    #[test]
    fn every_part_of_eight_digits_is_exact() {
        for value in (0..10_000u64).flat_map(|n| [n, n * 10_000, n * 10_001]) {
            assert_eq!(eight_digits(value).as_slice(), format!("{value:08}").as_bytes());
        }
    }
}

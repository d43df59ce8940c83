//! Which instrument a venue's symbol means, and at which scale its numbers are kept.
//!
//! A table is made from instruments and is then fixed: an unknown product or a number with more decimals than
//! its instrument allows is an error. Or it grows by itself, for tools that have nothing but a file: products
//! are added as they come and scales become finer when a number needs it, never coarser, never by rounding.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use tradewind_types::market::BookLevel;
use tradewind_types::{
    Instrument, InstrumentId, InstrumentIdx, Market, PriceMantissa, Side, SizeMantissa, Symbol,
};

use crate::decoded::Decoded;
use crate::error::{DecodeError, cut};
use crate::number::Num;

/// Most products of a table that grows by itself.
const GROWING_MAX: usize = 20_000;

/// A product of the table.
#[derive(Clone, Debug)]
pub struct SymbolEntry {
    /// Index in the events.
    pub instrument: InstrumentIdx,
    /// Canonical id.
    pub id: InstrumentId,
    /// The venue's spelling.
    pub venue_symbol: Arc<str>,
    /// Decimals of prices.
    pub price_scale: u8,
    /// Decimals of sizes.
    pub size_scale: u8,
    /// Whether a message has fixed the scales of a growing table's entry yet.
    scaled: bool,
}

/// A row of the table, stable for its life; the codecs index their per-product state by it.
pub(crate) type Slot = usize;

/// How to undo a step of a growing table.
#[derive(Clone, Debug)]
enum Undo {
    Added,
    Scaled(Slot, u8, u8, bool),
}

/// Products by the venue's symbol.
#[derive(Clone, Debug)]
pub struct SymbolTable {
    entries: Vec<SymbolEntry>,
    by_symbol: FxHashMap<Box<[u8]>, Slot>,
    growing: Option<Market>,
    undo: Vec<Undo>,
}

/// `XBT/USD` → `BTC-USD`: the canonical symbol of a venue's pair.
#[must_use]
pub fn canonical_symbol(venue_symbol: &str) -> String {
    let parts = venue_symbol.split(['/', '-']);
    let canonical: Vec<String> = parts.map(canonical_asset).collect();
    canonical.join("-")
}

/// `XBT` → `BTC`, `XDG` → `DOGE`; others as they are, in capitals.
#[must_use]
pub fn canonical_asset(asset: &str) -> String {
    match asset {
        "XBT" => "BTC".to_owned(),
        "XDG" => "DOGE".to_owned(),
        other => other.to_ascii_uppercase(),
    }
}

impl SymbolTable {
    /// A fixed table of these instruments.
    pub fn from_instruments<'a>(
        instruments: impl IntoIterator<Item = (InstrumentIdx, &'a Instrument)>,
    ) -> Self {
        let mut table = Self::empty(None);
        for (instrument, definition) in instruments {
            table.add(SymbolEntry {
                instrument,
                id: definition.id.clone(),
                venue_symbol: Arc::clone(&definition.venue_symbol),
                price_scale: definition.price_scale,
                size_scale: definition.size_scale,
                scaled: true,
            });
        }
        table
    }

    /// A table that grows by itself; its instruments are listed on `market` and numbered as they come.
    #[must_use]
    pub fn growing(market: Market) -> Self {
        Self::empty(Some(market))
    }

    fn empty(growing: Option<Market>) -> Self {
        Self {
            entries: Vec::new(),
            by_symbol: FxHashMap::default(),
            growing,
            undo: Vec::new(),
        }
    }

    fn add(&mut self, entry: SymbolEntry) -> Slot {
        let slot = self.entries.len();
        self.by_symbol.insert(entry.venue_symbol.as_bytes().into(), slot);
        self.entries.push(entry);
        slot
    }

    /// All products.
    #[must_use]
    pub fn entries(&self) -> &[SymbolEntry] {
        &self.entries
    }

    /// The product with this index in the events.
    #[must_use]
    pub fn entry(&self, instrument: InstrumentIdx) -> Option<&SymbolEntry> {
        let here = self
            .entries
            .get(instrument.slot())
            .filter(|e| e.instrument == instrument);
        here.or_else(|| self.entries.iter().find(|e| e.instrument == instrument))
    }

    /// The product that the venue calls so, or another of its spellings (`XBT/USD` for `BTC/USD`).
    #[must_use]
    pub fn find(&self, venue_symbol: &str) -> Option<&SymbolEntry> {
        self.slot(venue_symbol.as_bytes()).map(|slot| &self.entries[slot])
    }

    /// The row of a known symbol.
    #[inline]
    pub(crate) fn slot(&self, venue_symbol: &[u8]) -> Option<Slot> {
        self.by_symbol.get(venue_symbol).copied()
    }

    /// The row of a known symbol whose scales a message has fixed: what the scanners may rely on.
    #[inline]
    pub(crate) fn scaled_slot(&self, venue_symbol: &[u8]) -> Option<Slot> {
        self.slot(venue_symbol).filter(|slot| self.entries[*slot].scaled)
    }

    #[inline]
    pub(crate) fn at(&self, slot: Slot) -> &SymbolEntry {
        &self.entries[slot]
    }

    /// The row of a symbol, made when the table grows by itself.
    pub(crate) fn resolve(&mut self, venue_symbol: &str) -> Result<Slot, DecodeError> {
        if let Some(slot) = self.slot(venue_symbol.as_bytes()) {
            return Ok(slot);
        }
        let unknown = || DecodeError::UnknownProduct {
            symbol: cut(venue_symbol),
        };
        let canonical = canonical_symbol(venue_symbol);
        let symbol = Symbol::new(&canonical).map_err(|_| unknown())?;
        let Some(market) = &self.growing else {
            // Another spelling of a known product: Kraken's two protocols write XBT and BTC.
            let alias = self
                .entries
                .iter()
                .position(|e| e.id.symbol == symbol)
                .ok_or_else(unknown)?;
            self.by_symbol.insert(venue_symbol.as_bytes().into(), alias);
            return Ok(alias);
        };
        if self.entries.len() >= GROWING_MAX {
            return Err(DecodeError::TooManyProducts { limit: GROWING_MAX });
        }
        let instrument = InstrumentIdx(u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
        let id = InstrumentId::new(symbol, market.clone());
        self.undo.push(Undo::Added);
        Ok(self.add(SymbolEntry {
            instrument,
            id,
            venue_symbol: Arc::from(venue_symbol),
            price_scale: 0,
            size_scale: 0,
            scaled: false,
        }))
    }

    /// Starts a message: what follows can be undone.
    pub(crate) fn begin(&mut self) {
        self.undo.clear();
    }

    /// Undoes everything since [`SymbolTable::begin`].
    pub(crate) fn rollback(&mut self) {
        while let Some(step) = self.undo.pop() {
            match step {
                Undo::Added => {
                    if let Some(entry) = self.entries.pop() {
                        self.by_symbol.remove(entry.venue_symbol.as_bytes());
                    }
                }
                Undo::Scaled(slot, price, size, scaled) => {
                    let entry = &mut self.entries[slot];
                    (entry.price_scale, entry.size_scale, entry.scaled) = (price, size, scaled);
                }
            }
        }
    }

    /// Makes the scales of a product fine enough for these numbers, where the table grows by itself.
    pub(crate) fn cover(
        &mut self,
        slot: Slot,
        prices: impl Iterator<Item = Num>,
        sizes: impl Iterator<Item = Num>,
        out: &mut Vec<Decoded>,
    ) {
        if self.growing.is_none() {
            return;
        }
        let entry = &mut self.entries[slot];
        let (old_price, old_size, scaled) = (entry.price_scale, entry.size_scale, entry.scaled);
        // The first message shows how the venue writes; later ones count only where digits would be lost.
        let wanted = |num: Num| {
            if scaled {
                num.decimals_needed()
            } else {
                num.decimals
            }
        };
        let price = prices.map(wanted).fold(old_price, u8::max);
        let size = sizes.map(wanted).fold(old_size, u8::max);
        if scaled && (price, size) == (old_price, old_size) {
            return;
        }
        self.undo.push(Undo::Scaled(slot, old_price, old_size, scaled));
        (entry.price_scale, entry.size_scale, entry.scaled) = (price, size, true);
        if scaled {
            out.push(Decoded::Rescaled {
                instrument: entry.instrument,
                price_scale: (old_price, price),
                size_scale: (old_size, size),
            });
        }
    }

    /// A price above zero at the product's scale.
    pub(crate) fn price(
        &self,
        slot: Slot,
        num: Num,
        field: &'static str,
    ) -> Result<PriceMantissa, DecodeError> {
        if num.mantissa <= 0 {
            return Err(DecodeError::NotPositive {
                field,
                text: num.text(),
            });
        }
        let scaled = scale(num, self.entries[slot].price_scale, field)?;
        let fits = i64::try_from(scaled).map(PriceMantissa);
        fits.map_err(|_| DecodeError::DoesNotFit {
            field,
            text: num.text(),
        })
    }

    /// A size of zero or above at the product's scale.
    pub(crate) fn size(
        &self,
        slot: Slot,
        num: Num,
        field: &'static str,
    ) -> Result<SizeMantissa, DecodeError> {
        if num.mantissa < 0 {
            return Err(DecodeError::Negative {
                field,
                text: num.text(),
            });
        }
        scale(num, self.entries[slot].size_scale, field).map(SizeMantissa)
    }

    /// A size above zero at the product's scale.
    pub(crate) fn traded(
        &self,
        slot: Slot,
        num: Num,
        field: &'static str,
    ) -> Result<SizeMantissa, DecodeError> {
        if num.mantissa == 0 {
            return Err(DecodeError::NotPositive {
                field,
                text: num.text(),
            });
        }
        self.size(slot, num, field)
    }

    /// Book levels at the product's scales.
    pub(crate) fn levels<C: FromIterator<BookLevel>>(
        &self,
        slot: Slot,
        levels: &[(Side, Num, Num)],
    ) -> Result<C, DecodeError> {
        let convert = |(side, price, size): &(Side, Num, Num)| {
            Ok(BookLevel {
                side: *side,
                price: self.price(slot, *price, "price")?,
                size: self.size(slot, *size, "size")?,
            })
        };
        levels.iter().map(convert).collect()
    }
}

fn scale(num: Num, scale: u8, field: &'static str) -> Result<i128, DecodeError> {
    num.at_scale(scale)
        .ok_or_else(|| match num.decimals_needed() > scale {
            true => DecodeError::TooManyDecimals {
                field,
                text: num.text(),
                scale,
            },
            false => DecodeError::DoesNotFit {
                field,
                text: num.text(),
            },
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_of_all_venues_have_one_canonical_spelling() {
        for (venue, canonical) in [
            ("XBT/USD", "BTC-USD"),
            ("BTC/USD", "BTC-USD"),
            ("BTC-USD", "BTC-USD"),
            ("XDG/EUR", "DOGE-EUR"),
            ("ADA/XBT", "ADA-BTC"),
        ] {
            assert_eq!(canonical_symbol(venue), canonical);
        }
    }

    #[test]
    fn a_growing_table_becomes_finer_and_forgets_a_refused_message() {
        let mut table = SymbolTable::growing(Market::new("KRAKEN").expect("valid"));
        let num = |text| Num::parse(text, "x").expect("a number");
        let mut out = Vec::new();
        table.begin();
        let slot = table.resolve("XBT/USD").expect("grows");
        table.cover(slot, [num("10.50")].into_iter(), [num("1")].into_iter(), &mut out);
        assert_eq!((table.at(slot).price_scale, out.len()), (2, 0));
        table.begin();
        table.cover(
            slot,
            [num("10.5001")].into_iter(),
            [num("1.0")].into_iter(),
            &mut out,
        );
        assert_eq!(
            (table.at(slot).price_scale, table.at(slot).size_scale, out.len()),
            (4, 0, 1)
        );
        table.resolve("ETH/USD").expect("grows");
        table.rollback();
        assert_eq!((table.at(slot).price_scale, table.entries().len()), (2, 1));
        assert!(table.find("ETH/USD").is_none());
        assert!(table.resolve("A B").is_err());
    }
}

//! How encoders write an instrument: its name at the venue and its decimals there.

use tradewind_types::market::{BookLevel, BookUpdate};
use tradewind_types::{Instrument, PriceMantissa, Side, SizeMantissa};

use crate::number::push_decimal;

/// An instrument as a venue writes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Face<'a> {
    /// The venue's spelling.
    pub symbol: &'a str,
    /// Decimals of prices, which are those of the mantissas.
    pub price_scale: u8,
    /// Decimals of sizes.
    pub size_scale: u8,
}

impl<'a> From<&'a Instrument> for Face<'a> {
    fn from(instrument: &'a Instrument) -> Self {
        Self {
            symbol: &instrument.venue_symbol,
            price_scale: instrument.price_scale,
            size_scale: instrument.size_scale,
        }
    }
}

impl Face<'_> {
    /// Appends a price with all of its decimals.
    pub(crate) fn price(&self, out: &mut String, price: PriceMantissa) {
        push_decimal(out, i128::from(price.0), self.price_scale);
    }

    /// Appends a size with all of its decimals.
    pub(crate) fn size(&self, out: &mut String, size: SizeMantissa) {
        push_decimal(out, size.0, self.size_scale);
    }

    /// Appends `"price"` and so on: a number as a string.
    pub(crate) fn quoted_price(&self, out: &mut String, price: PriceMantissa) {
        out.push('"');
        self.price(out, price);
        out.push('"');
    }

    /// Appends a size as a string.
    pub(crate) fn quoted_size(&self, out: &mut String, size: SizeMantissa) {
        out.push('"');
        self.size(out, size);
        out.push('"');
    }
}

/// Appends a JSON string.
pub(crate) fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Appends items with commas between.
pub(crate) fn list<T>(
    out: &mut String,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut String, T),
) {
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(out, item);
    }
}

/// Appends an array of JSON strings.
pub(crate) fn quoted_list(out: &mut String, items: &[&str]) {
    out.push('[');
    list(out, items, |out, item| quoted(out, item));
    out.push(']');
}

/// The levels of one side.
pub(crate) fn side_of(update: &BookUpdate, side: Side) -> impl Iterator<Item = &BookLevel> {
    update.levels.iter().filter(move |level| level.side == side)
}

/// `buy` or `sell`.
pub(crate) fn lower(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

//! What the lane is fed: compact events of one instrument, in ticks and lots.
//!
//! | kind | feed | side | order | price | size |
//! | --- | --- | --- | --- | --- | --- |
//! | `Level` | by price | bid or offer | – | level | new total, 0 = gone |
//! | `Trade` | by price | the aggressor's | – | trade | traded |
//! | `Clear` | both | which side | – | – | – |
//! | `Add` | by order | the order's | id | limit | whole |
//! | `Reduce` | by order | – | id | – | taken off |
//! | `Delete` | by order | – | id | – | – |
//! | `Replace` | by order | – | id | new limit | new whole |
//! | `Execute` | by order | – | id | – | executed |
//!
//! A trade comes *before* the level change that it causes, as venues send them; otherwise the change would be taken for
//! a cancel. A snapshot is a `Clear` of each side and then its levels or orders. Where the venue says that something
//! traded without saying whose order it was (hidden orders), a by-order feed may carry `Trade` too: it is handed to the
//! strategy and moves no queue.

use tradewind_types::Side;

use super::DepthError;

/// Largest size in lots: whole numbers up to here are exact in an `f64`, which holds queue positions.
pub const SIZE_MAX: i64 = 1 << 53;
/// Largest price in ticks, either sign.
pub const PRICE_MAX: i64 = 1 << 62;

/// What an event says, see the [module's table](self).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum EventKind {
    /// A level's new total.
    Level,
    /// A public trade.
    Trade,
    /// A side is empty now.
    Clear,
    /// A new order rests.
    Add,
    /// An order became smaller and keeps its place.
    Reduce,
    /// An order is gone.
    Delete,
    /// An order has a new price or size; it keeps its place only at the same price and no larger size.
    Replace,
    /// An order, or a part of it, traded.
    Execute,
}

/// One event, 40 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DepthEvent {
    /// When it happened at the venue, nanoseconds since the epoch.
    pub ts_ns: i64,
    /// The venue's order number, for by-order kinds.
    pub order: u64,
    /// Price in ticks.
    pub price: i64,
    /// Size in lots.
    pub size: i64,
    /// How much later it reached us. Events never overtake one another on their way.
    pub delay_ns: u32,
    /// What it says.
    pub kind: EventKind,
    /// Side, see the table.
    pub side: Side,
}

impl DepthEvent {
    /// A level's new total.
    #[must_use]
    pub fn level(ts_ns: i64, side: Side, price: i64, size: i64) -> Self {
        Self {
            ts_ns,
            order: 0,
            price,
            size,
            delay_ns: 0,
            kind: EventKind::Level,
            side,
        }
    }

    /// A public trade of this aggressor.
    #[must_use]
    pub fn trade(ts_ns: i64, aggressor: Side, price: i64, size: i64) -> Self {
        Self {
            kind: EventKind::Trade,
            ..Self::level(ts_ns, aggressor, price, size)
        }
    }

    /// A side is empty now.
    #[must_use]
    pub fn clear(ts_ns: i64, side: Side) -> Self {
        Self {
            kind: EventKind::Clear,
            ..Self::level(ts_ns, side, 0, 0)
        }
    }

    /// A by-order event.
    #[must_use]
    pub fn order(ts_ns: i64, kind: EventKind, order: u64, side: Side, price: i64, size: i64) -> Self {
        Self {
            order,
            kind,
            ..Self::level(ts_ns, side, price, size)
        }
    }

    /// The same event, learned of so much later.
    #[must_use]
    pub fn delayed(self, delay_ns: u32) -> Self {
        Self { delay_ns, ..self }
    }

    /// When it reaches us, if nothing before it is late.
    #[inline]
    #[must_use]
    pub fn local_ns(&self) -> i64 {
        self.ts_ns.saturating_add(i64::from(self.delay_ns))
    }

    /// Refuses numbers that the lane does not reckon with.
    #[inline]
    pub(super) fn check(&self) -> Result<(), DepthError> {
        let price_fits = self.price.wrapping_add(PRICE_MAX) as u64 <= 2 * PRICE_MAX as u64;
        if price_fits && self.size as u64 <= SIZE_MAX as u64 {
            Ok(())
        } else {
            Err(DepthError::Number { ts_ns: self.ts_ns })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_stays_compact_and_its_numbers_are_checked() {
        assert_eq!(size_of::<DepthEvent>(), 40);
        let ok = |price, size| DepthEvent::level(0, Side::Buy, price, size).check().is_ok();
        assert!(ok(PRICE_MAX, SIZE_MAX) && ok(-PRICE_MAX, 0));
        for (price, size) in [
            (PRICE_MAX + 1, 1),
            (-PRICE_MAX - 1, 1),
            (i64::MIN, 1),
            (1, SIZE_MAX + 1),
            (1, -1),
        ] {
            assert!(!ok(price, size), "{price} {size}");
        }
    }
}

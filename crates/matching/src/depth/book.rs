//! A flat order book in ticks and lots: every change near the best price is one array access.
//!
//! It shows the same levels as [`tradewind_types::market::book::OrderBook`] for the same changes (a property test holds
//! them together), crossed levels included; it differs in what it costs and in its limits: prices within ±2⁶² ticks,
//! sizes up to 2⁵³ lots, and [`FAR_LEVELS_MAX`](super::FAR_LEVELS_MAX) levels outside the window of each side.

use tradewind_types::Side;

use super::ladder::Ladder;

/// The key of a price on a side and the price of a key: keys ascend towards the better price. Its own inverse, and
/// the two sides' keys of one price are complements of each other.
#[inline]
pub(super) fn flip(side: Side, price: i64) -> i64 {
    price ^ -(side as i64)
}

/// The price levels of one instrument.
#[derive(Clone, Debug)]
pub struct FlatBook {
    sides: [Ladder; 2],
}

impl Default for FlatBook {
    fn default() -> Self {
        Self::new()
    }
}

impl FlatBook {
    /// An empty book.
    #[must_use]
    pub fn new() -> Self {
        Self {
            sides: [Ladder::new(), Ladder::new()],
        }
    }

    /// Sets the size at a price, 0 removes the level; what it was before. O(1) near the best price, O(log levels) far
    /// away. The caller keeps prices within ±2⁶² and sizes from 0 to 2⁵³, as the lane's check of each event does.
    #[inline]
    pub fn set(&mut self, side: Side, price: i64, size: i64) -> i64 {
        self.sides[side as usize].set(flip(side, price), size)
    }

    /// Removes all levels of a side.
    pub fn clear(&mut self, side: Side) {
        self.sides[side as usize].clear();
    }

    /// Best price of a side.
    #[inline]
    #[must_use]
    pub fn best_price(&self, side: Side) -> Option<i64> {
        let key = self.sides[side as usize].best_key();
        (key != i64::MIN).then(|| flip(side, key))
    }

    /// Best price and its size.
    #[inline]
    #[must_use]
    pub fn best(&self, side: Side) -> Option<(i64, i64)> {
        let price = self.best_price(side)?;
        Some((price, self.size_at(side, price)))
    }

    /// Size at a price, 0 where there is no level.
    #[inline]
    #[must_use]
    pub fn size_at(&self, side: Side, price: i64) -> i64 {
        self.sides[side as usize].size_at(flip(side, price))
    }

    /// Prices and sizes of a side, best first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = (i64, i64)> + '_ {
        let levels = self.sides[side as usize].levels();
        levels.map(move |(key, size)| (flip(side, key), size))
    }

    /// Levels that were dropped because too many lay far from the best price; 0 in any sane feed.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.sides.iter().map(Ladder::dropped).sum()
    }

    #[inline]
    pub(super) fn ladder(&self, side: Side) -> &Ladder {
        &self.sides[side as usize]
    }

    #[inline]
    pub(super) fn ladder_mut(&mut self, side: Side) -> &mut Ladder {
        &mut self.sides[side as usize]
    }
}

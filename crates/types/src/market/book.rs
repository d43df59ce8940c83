//! Order books of aggregated price levels.
//!
//! Each side is a pair of parallel vectors, prices and sizes, sorted so that the *best* level is last: nearly
//! every change of a live market happens at or near the best price, so that it is found by looking at a few
//! numbers and moves a few numbers. Levels far away are found by binary search.
//!
//! A book accepts changes only after a snapshot. It can be limited to a depth, as Kraken's books are: what
//! falls out of scope is dropped and, on request, told.

use crate::{InstrumentIdx, PriceMantissa, Side, SizeMantissa, UnixNanos};

use super::event::{BookAction, BookLevel, BookUpdate, Quote};

/// How many levels from the best one are searched one by one before the search is binary.
const LINEAR_LEVELS: usize = 8;
/// How many dropped levels may lie at the worst end of a side before the vectors are moved.
const DEAD_LEVELS_MAX: usize = 256;

/// Why a book did not take an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// A change came before the first snapshot, or after a reset.
    #[error("the book has no snapshot yet, the change cannot be applied")]
    Unsynchronised,
    /// A finer scale would make a price or size too large for its integer.
    #[error("the book's numbers do not fit at the finer scale")]
    Overflow,
}

/// One side; the keys are ascending and the best level is the last.
#[derive(Clone, Debug, Default)]
struct BookSide {
    /// Prices of bids; bitwise complements of prices of offers, which reverses their order without overflow.
    keys: Vec<i64>,
    sizes: Vec<i128>,
    /// Index of the worst live level; what lies before it has been dropped.
    head: usize,
}

impl BookSide {
    fn len(&self) -> usize {
        self.keys.len() - self.head
    }

    fn clear(&mut self) {
        self.keys.clear();
        self.sizes.clear();
        self.head = 0;
    }

    /// Where `key` is (`Ok`) or belongs (`Err`), as an index into the vectors.
    #[inline]
    fn find(&self, key: i64) -> Result<usize, usize> {
        let live = &self.keys[self.head..];
        let near = live.len().saturating_sub(LINEAR_LEVELS);
        for at in (near..live.len()).rev() {
            if live[at] <= key {
                let at_key = live[at] == key;
                let index = self.head + at;
                return if at_key { Ok(index) } else { Err(index + 1) };
            }
        }
        match live[..near].binary_search(&key) {
            Ok(at) => Ok(self.head + at),
            Err(at) => Err(self.head + at),
        }
    }

    /// Sets or removes a level; returns how many levels are better than it.
    #[inline]
    fn set(&mut self, key: i64, size: i128) -> usize {
        match self.find(key) {
            Ok(at) => {
                let rank = self.keys.len() - 1 - at;
                if size > 0 {
                    self.sizes[at] = size;
                } else {
                    self.keys.remove(at);
                    self.sizes.remove(at);
                }
                rank
            }
            Err(at) => {
                let rank = self.keys.len() - at;
                if size > 0 {
                    self.keys.insert(at, key);
                    self.sizes.insert(at, size);
                }
                rank
            }
        }
    }

    /// Drops the worst level and returns its key.
    fn drop_worst(&mut self) -> i64 {
        let key = self.keys[self.head];
        self.head += 1;
        if self.head >= DEAD_LEVELS_MAX {
            self.keys.drain(..self.head);
            self.sizes.drain(..self.head);
            self.head = 0;
        }
        key
    }

    /// Replaces everything; of two levels at one price the later one counts.
    fn load(&mut self, levels: impl Iterator<Item = (i64, i128)>) {
        let mut sorted: Vec<(i64, i128)> = levels.collect();
        sorted.sort_by_key(|level| level.0);
        self.clear();
        for (key, size) in sorted {
            if self.keys.last() == Some(&key) {
                self.keys.pop();
                self.sizes.pop();
            }
            if size > 0 {
                self.keys.push(key);
                self.sizes.push(size);
            }
        }
    }

    fn live(&self) -> impl DoubleEndedIterator<Item = (i64, i128)> + '_ {
        let keys = self.keys[self.head..].iter().copied();
        keys.zip(self.sizes[self.head..].iter().copied())
    }
}

/// The price levels of one instrument.
#[derive(Clone, Debug)]
pub struct OrderBook {
    instrument: InstrumentIdx,
    bids: BookSide,
    asks: BookSide,
    depth: Option<usize>,
    synchronised: bool,
    ts_event: UnixNanos,
    ts_init: UnixNanos,
}

/// Two books are equal when they show the same levels; how they came about does not matter.
impl PartialEq for OrderBook {
    fn eq(&self, other: &Self) -> bool {
        self.instrument == other.instrument
            && self.synchronised == other.synchronised
            && self.bids.live().eq(other.bids.live())
            && self.asks.live().eq(other.asks.live())
    }
}

impl Eq for OrderBook {}

/// The sort key of a price on a side, and the price of a key: the mapping is its own inverse.
#[inline]
fn flip(side: Side, price: i64) -> i64 {
    match side {
        Side::Buy => price,
        Side::Sell => !price,
    }
}

impl OrderBook {
    /// An empty book that waits for its snapshot.
    #[must_use]
    pub fn new(instrument: InstrumentIdx) -> Self {
        Self {
            instrument,
            bids: BookSide::default(),
            asks: BookSide::default(),
            depth: None,
            synchronised: false,
            ts_event: UnixNanos(0),
            ts_init: UnixNanos(0),
        }
    }

    /// An empty book that keeps at most `depth` levels on each side.
    #[must_use]
    pub fn with_depth(instrument: InstrumentIdx, depth: usize) -> Self {
        Self {
            depth: Some(depth),
            ..Self::new(instrument)
        }
    }

    /// The instrument.
    #[must_use]
    pub fn instrument(&self) -> InstrumentIdx {
        self.instrument
    }

    /// Whether a snapshot has come since the book was made or reset.
    #[must_use]
    pub fn is_synchronised(&self) -> bool {
        self.synchronised
    }

    /// Venue time of the last update.
    #[must_use]
    pub fn ts_event(&self) -> UnixNanos {
        self.ts_event
    }

    /// Our time of the last update.
    #[must_use]
    pub fn ts_init(&self) -> UnixNanos {
        self.ts_init
    }

    /// Forgets everything and waits for a snapshot: the feed was interrupted.
    pub fn reset(&mut self) {
        self.bids.clear();
        self.asks.clear();
        self.synchronised = false;
    }

    /// Applies a snapshot or a change, then drops what lies beyond the depth. Returns the best rank that
    /// changed (0 = a best level), so that a caller who looks at the top only knows when to look again.
    ///
    /// # Errors
    /// [`BookError::Unsynchronised`]; the book is then as before.
    #[inline]
    pub fn apply(&mut self, update: &BookUpdate) -> Result<usize, BookError> {
        self.apply_telling(update, |_, _| {})
    }

    /// As [`OrderBook::apply`], and tells side and price of each level that was dropped for the depth.
    ///
    /// # Errors
    /// [`BookError::Unsynchronised`]; the book is then as before.
    #[inline]
    pub fn apply_telling(
        &mut self,
        update: &BookUpdate,
        mut dropped: impl FnMut(Side, PriceMantissa),
    ) -> Result<usize, BookError> {
        let mut rank = usize::MAX;
        match update.action {
            BookAction::Snapshot => {
                self.load(&update.levels);
                rank = 0;
            }
            BookAction::Delta if self.synchronised => {
                for level in &update.levels {
                    let key = flip(level.side, level.price.0);
                    let changed = self.side_mut(level.side).set(key, level.size.0);
                    rank = rank.min(changed);
                }
            }
            BookAction::Delta => return Err(BookError::Unsynchronised),
        }
        self.ts_event = update.ts_event;
        self.ts_init = update.ts_init;
        if let Some(depth) = self.depth {
            for side in [Side::Buy, Side::Sell] {
                while self.side(side).len() > depth {
                    let key = self.side_mut(side).drop_worst();
                    dropped(side, PriceMantissa(flip(side, key)));
                }
            }
        }
        Ok(rank)
    }

    fn load(&mut self, levels: &[BookLevel]) {
        for side in [Side::Buy, Side::Sell] {
            let of_side = levels.iter().filter(move |level| level.side == side);
            let pairs = of_side.map(|level| (flip(side, level.price.0), level.size.0));
            self.side_mut(side).load(pairs);
        }
        self.synchronised = true;
    }

    #[inline]
    fn side(&self, side: Side) -> &BookSide {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    #[inline]
    fn side_mut(&mut self, side: Side) -> &mut BookSide {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    /// The levels of a side, best first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = (PriceMantissa, SizeMantissa)> + '_ {
        let live = self.side(side).live().rev();
        live.map(move |(key, size)| (PriceMantissa(flip(side, key)), SizeMantissa(size)))
    }

    /// Bids, highest first.
    pub fn bids(&self) -> impl Iterator<Item = (PriceMantissa, SizeMantissa)> + '_ {
        self.levels(Side::Buy)
    }

    /// Offers, lowest first.
    pub fn asks(&self) -> impl Iterator<Item = (PriceMantissa, SizeMantissa)> + '_ {
        self.levels(Side::Sell)
    }

    /// How many levels a side has.
    #[must_use]
    pub fn len(&self, side: Side) -> usize {
        self.side(side).len()
    }

    /// Whether both sides are empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bids.len() + self.asks.len() == 0
    }

    /// The size shown at a price; 0 where there is no level.
    #[must_use]
    pub fn size_at(&self, side: Side, price: PriceMantissa) -> SizeMantissa {
        let levels = self.side(side);
        match levels.find(flip(side, price.0)) {
            Ok(at) => SizeMantissa(levels.sizes[at]),
            Err(_) => SizeMantissa(0),
        }
    }

    /// The best level of a side.
    #[must_use]
    pub fn best(&self, side: Side) -> Option<(PriceMantissa, SizeMantissa)> {
        self.levels(side).next()
    }

    /// The highest bid.
    #[must_use]
    pub fn best_bid(&self) -> Option<(PriceMantissa, SizeMantissa)> {
        self.best(Side::Buy)
    }

    /// The lowest offer.
    #[must_use]
    pub fn best_ask(&self) -> Option<(PriceMantissa, SizeMantissa)> {
        self.best(Side::Sell)
    }

    /// Whether the best bid is at or above the best offer, which a matched book never shows for long.
    #[must_use]
    pub fn is_crossed(&self) -> bool {
        match (self.best_bid(), self.best_ask()) {
            (Some((bid, _)), Some((ask, _))) => bid >= ask,
            _ => false,
        }
    }

    /// Best bid and offer; a side without levels has price and size 0. `None` without snapshot or levels.
    #[must_use]
    pub fn quote(&self) -> Option<Quote> {
        if !self.synchronised || self.is_empty() {
            return None;
        }
        let (bid, bid_size) = self.best_bid().unwrap_or_default();
        let (ask, ask_size) = self.best_ask().unwrap_or_default();
        Some(Quote {
            instrument: self.instrument,
            bid,
            ask,
            bid_size,
            ask_size,
            ts_event: self.ts_event,
            ts_init: self.ts_init,
        })
    }

    /// The whole book as a snapshot, bids first, best first.
    #[must_use]
    pub fn snapshot(&self) -> BookUpdate {
        let mut levels = smallvec::SmallVec::with_capacity(self.bids.len() + self.asks.len());
        for side in [Side::Buy, Side::Sell] {
            levels.extend(
                self.levels(side)
                    .map(|(price, size)| BookLevel { side, price, size }),
            );
        }
        BookUpdate {
            instrument: self.instrument,
            action: BookAction::Snapshot,
            levels,
            ts_event: self.ts_event,
            ts_init: self.ts_init,
        }
    }

    /// Multiplies prices by 10^`price_decimals` and sizes by 10^`size_decimals`: the scale became finer.
    ///
    /// # Errors
    /// [`BookError::Overflow`]; the book is then as before.
    pub fn refine(&mut self, price_decimals: u8, size_decimals: u8) -> Result<(), BookError> {
        let price_factor = 10i64.checked_pow(u32::from(price_decimals));
        let size_factor = 10i128.checked_pow(u32::from(size_decimals));
        let (Some(price_factor), Some(size_factor)) = (price_factor, size_factor) else {
            return Err(BookError::Overflow);
        };
        let mut refined = self.clone();
        for side in [Side::Buy, Side::Sell] {
            let levels = refined.side_mut(side);
            let head = levels.head;
            for key in &mut levels.keys[head..] {
                let price = flip(side, *key).checked_mul(price_factor);
                *key = flip(side, price.ok_or(BookError::Overflow)?);
            }
            for size in &mut levels.sizes[head..] {
                *size = size.checked_mul(size_factor).ok_or(BookError::Overflow)?;
            }
        }
        *self = refined;
        Ok(())
    }
}

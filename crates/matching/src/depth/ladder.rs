//! One side of a flat book: a window of consecutive ticks in a ring, and a sparse remainder beyond it.
//!
//! Prices come in as *keys* that ascend towards the better price (see [`super::book`]), so that one implementation
//! serves bids and offers. Inside the window a level is one array element, found by masking the key; two layers of
//! bits (64 words of 64) tell which are occupied, so that the next best level is found with two shifts however
//! sparse the side is. Levels far from the best live in an ordered map with a limit.
//!
//! *Invariant:* the best level is always inside the window, and everything outside is worse than the window. When the
//! best walks out, or sinks into the lowest quarter, the window moves: keys that stay keep their slots, because the
//! slot is the key modulo the window's length. A window moves only after the best moved by at least a quarter of it, or
//! when a far price becomes best, so that a hostile feed can cost at most one pass over the window per message.

use std::collections::BTreeMap;

/// Ticks that are held flat, per side.
pub const WINDOW_TICKS: usize = 4_096;
/// Levels held beyond the window, per side; the worst are dropped and counted above that.
pub const FAR_LEVELS_MAX: usize = 16_384;

const MASK: usize = WINDOW_TICKS - 1;
const WORDS: usize = WINDOW_TICKS / 64;
/// How far below the best the window begins after a move.
const ROOM_BELOW: i64 = 3 * WINDOW_TICKS as i64 / 4;
/// The window moves when the best has fewer ticks than this below it.
const ROOM_LEAST: i64 = WINDOW_TICKS as i64 / 4;
/// The best key of an empty side; below every legal key.
const NONE: i64 = i64::MIN;

/// One side, best key highest.
#[derive(Clone, Debug)]
pub(super) struct Ladder {
    sizes: Box<[i64; WINDOW_TICKS]>,
    /// Bit `slot % 64` of word `slot / 64`: the slot has a level.
    words: [u64; WORDS],
    /// Bit `w`: word `w` is not zero.
    summary: u64,
    /// Lowest key of the window, a multiple of 64.
    base: i64,
    best: i64,
    far: BTreeMap<i64, i64>,
    dropped: u64,
}

impl Ladder {
    pub(super) fn new() -> Self {
        Self {
            sizes: Box::new([0; WINDOW_TICKS]),
            words: [0; WORDS],
            summary: 0,
            base: 0,
            best: NONE,
            far: BTreeMap::new(),
            dropped: 0,
        }
    }

    /// The best key, `i64::MIN` when there is no level.
    #[inline]
    pub(super) fn best_key(&self) -> i64 {
        self.best
    }

    /// Levels that were dropped because there were too many far away.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    #[inline]
    pub(super) fn size_at(&self, key: i64) -> i64 {
        if self.in_window(key) {
            self.sizes[key as usize & MASK]
        } else {
            self.far.get(&key).copied().unwrap_or(0)
        }
    }

    /// Sets the size of a level, 0 removes it; what it was before. `key` is within ±2⁶², `size` is not negative.
    #[inline]
    pub(super) fn set(&mut self, key: i64, size: i64) -> i64 {
        if !self.in_window(key) {
            return self.set_outside(key, size);
        }
        let slot = key as usize & MASK;
        let old = std::mem::replace(&mut self.sizes[slot], size);
        if size > 0 {
            if old == 0 {
                self.mark(slot);
                self.best = self.best.max(key);
            }
        } else if old > 0 {
            self.unmark(slot);
            if key == self.best {
                self.sink();
            }
        }
        old
    }

    /// Removes every level.
    pub(super) fn clear(&mut self) {
        let mut next = self.best;
        while next != NONE {
            self.sizes[next as usize & MASK] = 0;
            next = self.below_in_window(next);
        }
        self.words = [0; WORDS];
        self.summary = 0;
        self.best = NONE;
        self.far.clear();
    }

    /// The next worse key after `key`, `i64::MIN` when there is none. `key` is the best or came from here.
    pub(super) fn worse(&self, key: i64) -> i64 {
        if self.in_window(key) {
            let next = self.below_in_window(key);
            if next != NONE {
                return next;
            }
        }
        self.far.range(..key).next_back().map_or(NONE, |(key, _)| *key)
    }

    /// Keys and sizes, best first.
    pub(super) fn levels(&self) -> impl Iterator<Item = (i64, i64)> + '_ {
        let mut next = self.best;
        std::iter::from_fn(move || {
            let key = next;
            (key != NONE).then(|| {
                next = self.worse(key);
                (key, self.size_at(key))
            })
        })
    }

    #[inline]
    fn in_window(&self, key: i64) -> bool {
        (key.wrapping_sub(self.base) as u64) < WINDOW_TICKS as u64
    }

    #[inline]
    fn mark(&mut self, slot: usize) {
        self.words[slot >> 6] |= 1 << (slot & 63);
        self.summary |= 1 << (slot >> 6);
    }

    #[inline]
    fn unmark(&mut self, slot: usize) {
        let word = &mut self.words[slot >> 6];
        *word &= !(1 << (slot & 63));
        self.summary &= !(u64::from(*word == 0) << (slot >> 6));
    }

    /// The next occupied key below `key` in the window, which `key` lies in; `NONE` when there is none.
    #[inline]
    fn below_in_window(&self, key: i64) -> i64 {
        let slot = key as usize & MASK;
        let word = slot >> 6;
        let near = self.words[word] & ((1 << (slot & 63)) - 1);
        if near != 0 {
            return (key & !63) | i64::from(63 - near.leading_zeros());
        }
        // Words in the order of their keys: the window's first word becomes bit 0.
        let first = self.base as usize & MASK & !63;
        let turned = self.summary.rotate_right((first >> 6) as u32);
        let place = (slot.wrapping_sub(first) & MASK) >> 6;
        let lower = turned & ((1 << place) - 1);
        if lower == 0 {
            return NONE;
        }
        let place = 63 - lower.leading_zeros();
        let start = self.base + (i64::from(place) << 6);
        let bits = self.words[(start as usize & MASK) >> 6];
        start + i64::from(63 - bits.leading_zeros())
    }

    /// The best level was removed: finds the next, and moves the window when it comes near its end.
    #[inline]
    fn sink(&mut self) {
        let next = self.below_in_window(self.best);
        if next == NONE || next - self.base < ROOM_LEAST {
            self.sink_far(next);
        } else {
            self.best = next;
        }
    }

    #[cold]
    fn sink_far(&mut self, next: i64) {
        let next = if next == NONE {
            self.far.last_key_value().map_or(NONE, |(key, _)| *key)
        } else {
            next
        };
        self.best = next;
        if next != NONE && !self.far.is_empty() {
            self.move_window(next);
        }
    }

    #[cold]
    fn set_outside(&mut self, key: i64, size: i64) -> i64 {
        if size == 0 {
            return self.far.remove(&key).unwrap_or(0);
        }
        if key <= self.best {
            if self.best - self.base >= ROOM_LEAST {
                return self.put_far(key, size);
            }
            // The window hangs too high; a second look, because the key may lie in it now.
            self.move_window(self.best);
            if !self.in_window(key) {
                return self.put_far(key, size);
            }
            return self.set(key, size);
        }
        self.move_window(key);
        let slot = key as usize & MASK;
        self.sizes[slot] = size;
        self.mark(slot);
        self.best = key;
        0
    }

    fn put_far(&mut self, key: i64, size: i64) -> i64 {
        let old = self.far.insert(key, size).unwrap_or(0);
        if self.far.len() > FAR_LEVELS_MAX {
            self.far.pop_first();
            self.dropped += 1;
        }
        old
    }

    /// Puts the window where `best` has three quarters of it below, and exchanges levels with the far map.
    fn move_window(&mut self, best: i64) {
        let base = (best - ROOM_BELOW) & !63;
        let top = base + WINDOW_TICKS as i64;
        // The highest occupied key of the window as it was; `best` may already name a far one.
        let mut next = self.highest_in_window();
        while next != NONE {
            let (key, slot) = (next, next as usize & MASK);
            next = self.below_in_window(key);
            if !(base..top).contains(&key) {
                let size = std::mem::take(&mut self.sizes[slot]);
                self.unmark(slot);
                self.put_far(key, size);
            }
        }
        self.base = base;
        while let Some((&key, &size)) = self.far.range(base..top).next_back() {
            self.far.remove(&key);
            let slot = key as usize & MASK;
            self.sizes[slot] = size;
            self.mark(slot);
        }
    }

    fn highest_in_window(&self) -> i64 {
        let last = self.base + MASK as i64;
        if self.sizes[last as usize & MASK] > 0 {
            last
        } else {
            self.below_in_window(last)
        }
    }
}

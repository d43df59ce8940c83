//! Chance in the test world: whole numbers only, so that a draw means the same on every machine.

use tradewind_types::SplitMix64;

/// A seeded source of choices.
#[derive(Debug, Clone)]
pub(crate) struct Dice(SplitMix64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(SplitMix64::new(seed))
    }

    pub(crate) fn split(&mut self) -> Self {
        Self(self.0.split())
    }

    pub(crate) fn seed(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in `0..bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0.below(bound)
    }

    /// Uniform in `low..=high`.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.0.below(high - low + 1)
    }

    /// True in so many of a thousand.
    pub(crate) fn per_mille(&mut self, chance: u64) -> bool {
        chance > 0 && self.0.below(1_000) < chance
    }

    /// One of them; `None` of nothing.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(usize::try_from(self.0.below(items.len() as u64)).unwrap_or(0))
    }
}

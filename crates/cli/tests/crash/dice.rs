//! Seeded choices: the same seed and cycle, the same orders and the same moment of the kill.

/// SplitMix64.
pub(crate) struct Dice(u64);

impl Dice {
    /// The dice of a cycle (or a client in it) of a run.
    pub(crate) fn of(seed: u64, stream: u64) -> Self {
        let mut dice = Self(seed ^ stream.wrapping_mul(0xd134_2543_de82_ef95));
        dice.below(1);
        dice
    }

    /// From 0 to `n` − 1.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

//! Numbers for rows that have none of their own, so that several of one symbol and time are told apart.

use rustc_hash::FxHashMap;

/// Times of a generation. Two are remembered: rows of one time may be this many other times apart in a file.
const TIMES_MAX: usize = 1 << 19;

/// Counts the rows of each symbol and time, in the order of their source, whatever comes in between.
#[derive(Debug, Default)]
pub(super) struct Ordinals {
    /// The last row's symbol and time, and its ordinal: most rows of a time follow each other.
    last: Option<((i128, i64), i128)>,
    young: FxHashMap<(i128, i64), i128>,
    old: FxHashMap<(i128, i64), i128>,
}

impl Ordinals {
    /// The ordinal of the next row of a symbol (by its code) and time.
    #[inline]
    pub(super) fn next(&mut self, symbol: i128, ts: i64) -> i128 {
        let key = (symbol, ts);
        if let Some((last, ordinal)) = &mut self.last {
            if *last == key {
                *ordinal += 1;
                return *ordinal;
            }
            let (last, ordinal) = (*last, *ordinal);
            self.remember(last, ordinal);
        }
        let known = self.young.get(&key).or_else(|| self.old.get(&key));
        let ordinal = known.map_or(0, |before| before + 1);
        self.last = Some((key, ordinal));
        ordinal
    }

    fn remember(&mut self, key: (i128, i64), ordinal: i128) {
        if self.young.len() >= TIMES_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, ordinal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_symbol_and_time_are_counted_whatever_lies_between() {
        let mut ordinals = Ordinals::default();
        let rows = [
            (1, 10),
            (2, 10),
            (1, 10),
            (1, 10),
            (1, 11),
            (1, 10),
            (2, 10),
            (1, 11),
        ];
        let told: Vec<i128> = rows.map(|(symbol, ts)| ordinals.next(symbol, ts)).to_vec();
        assert_eq!(told, [0, 0, 1, 2, 0, 3, 1, 1]);
    }

    #[test]
    fn memory_is_bounded_and_the_latest_times_are_remembered() {
        let mut ordinals = Ordinals::default();
        for ts in 0..3 * TIMES_MAX as i64 {
            assert_eq!(ordinals.next(1, ts), 0);
        }
        assert!(ordinals.young.len() + ordinals.old.len() <= 2 * TIMES_MAX);
        assert_eq!(ordinals.next(1, 2 * TIMES_MAX as i64), 1);
    }
}

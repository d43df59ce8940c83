//! Swings: highs and lows that stand out from the bars around them, known once those bars are.

use std::cmp::Ordering;
use std::collections::VecDeque;

use tradewind_types::UnixNanos;

use crate::input::BarInput;
use crate::params::Param;

/// Bars on each side of a swing.
pub(crate) const STRENGTH: Param = Param::period("strength", 3, 1);

/// The bar, counted from 1, that can at the earliest confirm the last of `swings` swings in turn: two of a kind lie
/// more than `strength` bars apart, a high and a low can be of one bar.
pub(crate) const fn earliest(strength: i32, swings: usize) -> usize {
    let strength = strength.unsigned_abs() as usize;
    2 * strength + 1 + (swings.div_ceil(2) - 1) * (strength + 1)
}

/// A swing high or low.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Swing {
    /// Its bar, counted from 0.
    pub(crate) at: u64,
    /// Opening time of its bar.
    pub(crate) ts: UnixNanos,
    /// The high or low.
    pub(crate) price: f64,
    /// Whether it is a high.
    pub(crate) is_high: bool,
}

/// Finds swings: a bar whose high is above the `strength` highs before it and not below the `strength` after it
/// (so the first of equal highs counts), lows likewise. A swing is known `strength` bars after its bar. Amortised O(1).
/// Source: the fractal of Bill Williams, *Trading Chaos*, of any width; where no two highs are equal it is TA-Lib's
/// `FRACTAL(strength, strength)`.
#[derive(Debug, Clone)]
pub(crate) struct SwingFinder {
    strength: u64,
    seen: u64,
    /// Candidates for the greatest high of the window, oldest and greatest first.
    highs: VecDeque<(u64, f64)>,
    /// Candidates for the least low of the window, oldest and least first.
    lows: VecDeque<(u64, f64)>,
    /// Opening times of the last `strength + 1` bars.
    times: VecDeque<UnixNanos>,
}

impl SwingFinder {
    pub(crate) fn new(strength: i32) -> Self {
        Self {
            strength: u64::from(strength.unsigned_abs().max(1)),
            seen: 0,
            highs: VecDeque::new(),
            lows: VecDeque::new(),
            times: VecDeque::new(),
        }
    }

    /// Index of the last bar taken, counted from 0.
    pub(crate) fn last(&self) -> u64 {
        self.seen.saturating_sub(1)
    }

    /// Takes the next bar; gives the swing high and the swing low that it confirms.
    pub(crate) fn step(&mut self, bar: &BarInput) -> [Option<Swing>; 2] {
        let now = self.seen;
        self.seen += 1;
        self.times.push_back(bar.ts);
        if self.times.len() as u64 > self.strength + 1 {
            self.times.pop_front();
        }
        let width = 2 * self.strength;
        offer(&mut self.highs, now, bar.high, width, Ordering::Less);
        offer(&mut self.lows, now, bar.low, width, Ordering::Greater);
        let Some(middle) = now.checked_sub(self.strength).filter(|_| now >= width) else {
            return [None, None];
        };
        let ts = self.times.front().copied().unwrap_or(bar.ts);
        let swing = |queue: &VecDeque<(u64, f64)>, is_high| match queue.front() {
            Some(&(at, price)) if at == middle => Some(Swing {
                at,
                ts,
                price,
                is_high,
            }),
            _ => None,
        };
        [swing(&self.highs, true), swing(&self.lows, false)]
    }
}

/// Adds a value to a queue of candidates: those that it beats leave at the back, the one that is too old at the front.
fn offer(queue: &mut VecDeque<(u64, f64)>, now: u64, value: f64, width: u64, beaten: Ordering) {
    while queue
        .back()
        .is_some_and(|(_, old)| old.partial_cmp(&value) == Some(beaten))
    {
        queue.pop_back();
    }
    queue.push_back((now, value));
    while queue.front().is_some_and(|(at, _)| at + width < now) {
        queue.pop_front();
    }
}

/// Swings in turn, a high after a low and a low after a high. Of two highs in a row the higher stays, of two lows the
/// lower. A low that is not under the last high (the market gapped away) is no turn, nor is a high not over the last low.
/// So every high is above its neighbours. Remembers the last `memory`.
#[derive(Debug, Clone)]
pub(crate) struct SwingPath {
    finder: SwingFinder,
    swings: VecDeque<Swing>,
    memory: usize,
}

impl SwingPath {
    pub(crate) fn new(strength: i32, memory: usize) -> Self {
        Self {
            finder: SwingFinder::new(strength),
            swings: VecDeque::new(),
            memory,
        }
    }

    /// Takes the next bar; tells whether the path changed.
    pub(crate) fn step(&mut self, bar: &BarInput) -> bool {
        let [high, low] = self.finder.step(bar);
        // A bar can be both: the turn away from the last swing comes first.
        let high_first = self.swings.back().is_none_or(|last| !last.is_high);
        let order = if high_first { [high, low] } else { [low, high] };
        let mut changed = false;
        for swing in order.into_iter().flatten() {
            changed |= self.add(swing);
        }
        changed
    }

    fn add(&mut self, swing: Swing) -> bool {
        let Some(last) = self.swings.back_mut() else {
            self.swings.push_back(swing);
            return true;
        };
        let above = swing.price > last.price;
        let below = swing.price < last.price;
        let beyond = if swing.is_high { above } else { below };
        if beyond && last.is_high == swing.is_high {
            *last = swing;
        } else if beyond {
            self.swings.push_back(swing);
            if self.swings.len() > self.memory {
                self.swings.pop_front();
            }
        }
        beyond
    }

    /// The swing `back` swings before the last one.
    pub(crate) fn back(&self, back: usize) -> Option<&Swing> {
        self.swings
            .len()
            .checked_sub(back + 1)
            .and_then(|at| self.swings.get(at))
    }

    /// The last `N` swings, oldest first.
    pub(crate) fn last<const N: usize>(&self) -> Option<[Swing; N]> {
        let first = self.swings.len().checked_sub(N)?;
        let mut out = [*self.swings.back()?; N];
        for (to, from) in out.iter_mut().zip(self.swings.iter().skip(first)) {
            *to = *from;
        }
        Some(out)
    }

    /// Index of the last bar taken.
    pub(crate) fn now(&self) -> u64 {
        self.finder.last()
    }

    /// How many swings are remembered.
    pub(crate) fn len(&self) -> usize {
        self.swings.len()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use ta_lib::Core;
    use tradewind_types::SplitMix64;

    use super::*;

    /// A bar from its high and low that closes in the middle.
    pub(crate) fn bar(at: u64, high: f64, low: f64) -> BarInput {
        BarInput {
            ts: UnixNanos::from_secs(1_700_000_000 + at * 60),
            open: (high + low) / 2.0,
            high,
            low,
            close: (high + low) / 2.0,
            volume: 1.0,
            value: (high + low) / 2.0,
        }
    }

    #[test]
    fn swings_equal_ta_libs_fractals_where_no_two_prices_are_equal() {
        let mut random = SplitMix64::new(4);
        let mut level = 1_000.0;
        let (mut highs, mut lows) = (Vec::new(), Vec::new());
        for _ in 0..3_000 {
            level += random.next_f64() - 0.5;
            highs.push(level + random.next_f64());
            lows.push(level - random.next_f64());
        }
        for strength in [1, 2, 3, 7] {
            let (mut up, mut down) = (vec![0; 3_000], vec![0; 3_000]);
            let range = Core::new()
                .fractal(0, 2_999, &highs, &lows, strength, strength, &mut up, &mut down)
                .unwrap();
            let mut finder = SwingFinder::new(strength);
            let mut found = 0;
            for at in 0..3_000usize {
                let [high, low] = finder.step(&bar(at as u64, highs[at], lows[at]));
                let truth = |flags: &[i32]| at >= range.beg_idx && flags[at - range.beg_idx] != 0;
                assert_eq!(high.is_some(), truth(&up), "high {strength} {at}");
                assert_eq!(low.is_some(), truth(&down), "low {strength} {at}");
                if let Some(high) = high {
                    assert_eq!(high.at + strength as u64, at as u64);
                    assert_eq!(high.price.to_bits(), highs[high.at as usize].to_bits());
                    assert_eq!(high.ts, bar(high.at, 1.0, 1.0).ts);
                    found += 1;
                }
            }
            assert!(found > 100);
        }
    }

    #[test]
    fn the_first_of_equal_highs_is_the_swing_and_a_flat_market_has_none() {
        let found = |highs: &[f64]| {
            let mut finder = SwingFinder::new(1);
            let at: Vec<u64> = highs
                .iter()
                .enumerate()
                .filter_map(|(at, high)| finder.step(&bar(at as u64, *high, 0.0))[0].map(|s| s.at))
                .collect();
            at
        };
        assert_eq!(found(&[1.0, 3.0, 3.0, 1.0]), [1]);
        assert_eq!(found(&[2.0; 9]), [0u64; 0]);
        assert_eq!(found(&[1.0, 2.0, 3.0]), [0u64; 0]);
    }

    #[test]
    fn a_path_goes_up_and_down_in_turn() {
        let mut random = SplitMix64::new(11);
        let mut path = SwingPath::new(2, 50);
        let mut level = 100.0;
        for at in 0..5_000 {
            level += (random.next_f64() - 0.5) * 4.0;
            path.step(&bar(at, level + random.next_f64(), level - random.next_f64()));
            for back in 1..path.len() {
                let (old, new) = (path.back(back).unwrap(), path.back(back - 1).unwrap());
                assert_ne!(old.is_high, new.is_high);
                assert!(old.at <= new.at);
                assert_eq!(new.is_high, new.price > old.price);
            }
        }
        assert_eq!(path.len(), 50);
    }
}

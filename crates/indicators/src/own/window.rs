//! Figures over the last `period` items, without subtracting.
//!
//! A queue made of two stacks: the newer items with their merged figure, the older ones each with the figure of
//! itself and all that are newer in its stack. The oldest leaves by popping; when the older stack is empty the newer one
//! is turned over. Every item is merged twice in its life: amortised O(1).

/// A figure of a stretch of bars that can be had from the figures of two neighbouring stretches.
pub(crate) trait Merge: Copy {
    /// The figure of both stretches together.
    fn merge(older: Self, newer: Self) -> Self;
}

/// The merged figure of the last `period` items.
#[derive(Debug, Clone)]
pub(crate) struct Sliding<A> {
    period: usize,
    /// Oldest last; each with all that follow it in time within this stack.
    older: Vec<A>,
    newer: Vec<A>,
    newer_total: Option<A>,
}

impl<A: Merge> Sliding<A> {
    /// An empty window of `period` (at least 1) items.
    pub(crate) fn new(period: usize) -> Self {
        Self {
            period: period.max(1),
            older: Vec::new(),
            newer: Vec::new(),
            newer_total: None,
        }
    }

    /// Adds an item, drops the one that leaves, gives the figure once the window is full.
    pub(crate) fn push(&mut self, item: A) -> Option<A> {
        if self.older.len() + self.newer.len() == self.period {
            self.drop_oldest();
        }
        self.newer.push(item);
        self.newer_total = Some(match self.newer_total {
            Some(total) => A::merge(total, item),
            None => item,
        });
        if self.older.len() + self.newer.len() < self.period {
            return None;
        }
        match (self.older.last(), self.newer_total) {
            (Some(older), Some(newer)) => Some(A::merge(*older, newer)),
            (None, newer) => newer,
            (Some(older), None) => Some(*older),
        }
    }

    fn drop_oldest(&mut self) {
        if self.older.is_empty() {
            let mut total: Option<A> = None;
            while let Some(item) = self.newer.pop() {
                let merged = match total {
                    Some(newer) => A::merge(item, newer),
                    None => item,
                };
                self.older.push(merged);
                total = Some(merged);
            }
            self.newer_total = None;
        }
        self.older.pop();
    }
}

/// The sum.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sum(pub(crate) f64);

impl Merge for Sum {
    fn merge(older: Self, newer: Self) -> Self {
        Self(older.0 + newer.0)
    }
}

/// The greatest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Highest(pub(crate) f64);

impl Merge for Highest {
    fn merge(older: Self, newer: Self) -> Self {
        Self(older.0.max(newer.0))
    }
}

/// Count, mean and sum of squared deviations. Merged after Chan, Golub, LeVeque (1979), *Updating formulae and a
/// pairwise algorithm for computing sample variances*: sums of what is not negative, so nothing cancels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    pub(crate) fn of(value: f64) -> Self {
        Self {
            count: 1.0,
            mean: value,
            squares: 0.0,
        }
    }

    /// The standard deviation of a sample (divided by n − 1); 0 for fewer than two.
    pub(crate) fn sample_deviation(&self) -> f64 {
        if self.count < 2.0 {
            0.0
        } else {
            (self.squares / (self.count - 1.0)).sqrt()
        }
    }
}

impl Merge for Moments {
    fn merge(older: Self, newer: Self) -> Self {
        let count = older.count + newer.count;
        let apart = newer.mean - older.mean;
        Self {
            count,
            mean: older.mean + apart * (newer.count / count),
            squares: older.squares + newer.squares + apart * apart * (older.count * newer.count / count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_gives_the_figure_of_the_last_items_only_once_it_is_full() {
        let mut sum = Sliding::new(3);
        let got: Vec<Option<f64>> = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]
            .into_iter()
            .map(|v| sum.push(Sum(v)).map(|s| s.0))
            .collect();
        assert_eq!(got, [None, None, Some(7.0), Some(14.0), Some(28.0), Some(56.0)]);
    }

    #[test]
    fn nothing_of_a_great_value_stays_when_it_has_left() {
        let mut moments = Sliding::new(4);
        let mut last = f64::NAN;
        for value in [1e9, -1e9, 0.25, 0.25, 0.25, 0.25] {
            if let Some(m) = moments.push(Moments::of(value)) {
                last = m.sample_deviation();
            }
        }
        assert_eq!(last.to_bits(), 0.0f64.to_bits());
    }

    #[test]
    fn a_window_of_one_gives_the_item() {
        let mut highest = Sliding::new(1);
        assert_eq!(highest.push(Highest(3.0)).map(|h| h.0), Some(3.0));
        assert_eq!(highest.push(Highest(2.0)).map(|h| h.0), Some(2.0));
    }
}

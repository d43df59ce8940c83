//! Integers as a column: 64 bits as long as all of them fit, 128 from then on.

/// Stands for none among 64-bit figures.
pub const NONE: i64 = i64::MIN;
/// Stands for none among 128-bit figures, and wherever a single figure is handed over.
pub const NONE_WIDE: i128 = i128::MIN;

/// A column of integers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Figures {
    /// All fit 64 bits; [`NONE`] stands for none.
    Narrow(Vec<i64>),
    /// [`NONE_WIDE`] stands for none.
    Wide(Vec<i128>),
}

impl Default for Figures {
    fn default() -> Self {
        Figures::Narrow(Vec::new())
    }
}

fn wide(value: i64) -> i128 {
    if value == NONE { NONE_WIDE } else { value.into() }
}

/// 64 bits, unless the value needs more or looks like none.
fn narrow(value: i128) -> Option<i64> {
    if value == NONE_WIDE {
        return Some(NONE);
    }
    i64::try_from(value).ok().filter(|v| *v != NONE)
}

impl Figures {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Figures::Narrow(v) => v.len(),
            Figures::Wide(v) => v.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The figure at a place; [`NONE_WIDE`] where there is none.
    #[inline]
    #[must_use]
    pub fn get(&self, at: usize) -> i128 {
        match self {
            Figures::Narrow(v) => wide(v[at]),
            Figures::Wide(v) => v[at],
        }
    }

    /// Appends a figure.
    #[inline]
    pub fn push(&mut self, value: i128) {
        match self {
            Figures::Narrow(v) => match narrow(value) {
                Some(value) => v.push(value),
                None => self.widen().push(value),
            },
            Figures::Wide(v) => v.push(value),
        }
    }

    fn widen(&mut self) -> &mut Vec<i128> {
        if let Figures::Narrow(v) = self {
            *self = Figures::Wide(v.iter().map(|value| wide(*value)).collect());
        }
        match self {
            Figures::Wide(v) => v,
            Figures::Narrow(_) => unreachable!("it was widened above"),
        }
    }

    /// Appends a range of another column.
    pub fn extend(&mut self, from: &Figures, range: std::ops::Range<usize>) {
        match (&mut *self, from) {
            (Figures::Narrow(to), Figures::Narrow(from)) => to.extend_from_slice(&from[range]),
            (Figures::Wide(to), Figures::Wide(from)) => to.extend_from_slice(&from[range]),
            (Figures::Wide(to), Figures::Narrow(from)) => to.extend(from[range].iter().map(|v| wide(*v))),
            (Figures::Narrow(_), Figures::Wide(from)) => self.widen().extend_from_slice(&from[range]),
        }
    }

    /// Appends one figure several times.
    pub fn fill(&mut self, value: i128, count: usize) {
        match self {
            Figures::Narrow(v) => match narrow(value) {
                Some(value) => v.resize(v.len() + count, value),
                None => {
                    let v = self.widen();
                    v.resize(v.len() + count, value);
                }
            },
            Figures::Wide(v) => v.resize(v.len() + count, value),
        }
    }

    /// Keeps a range.
    pub fn keep(&mut self, range: std::ops::Range<usize>) {
        match self {
            Figures::Narrow(v) => {
                v.truncate(range.end);
                v.drain(..range.start);
            }
            Figures::Wide(v) => {
                v.truncate(range.end);
                v.drain(..range.start);
            }
        }
    }

    /// The column in another order.
    #[must_use]
    pub fn permuted(&self, order: &[u32]) -> Self {
        match self {
            Figures::Narrow(v) => Figures::Narrow(order.iter().map(|at| v[*at as usize]).collect()),
            Figures::Wide(v) => Figures::Wide(order.iter().map(|at| v[*at as usize]).collect()),
        }
    }

    /// Multiplies every figure by a power of ten; the first that no longer fits 128 bits is the error.
    pub(crate) fn raise(&mut self, decimals: u8) -> Result<(), i128> {
        if decimals == 0 {
            return Ok(());
        }
        let factor = 10i128.pow(u32::from(decimals));
        let raised = |value: i128| {
            if value == NONE_WIDE {
                return Ok(NONE_WIDE);
            }
            value.checked_mul(factor).ok_or(value)
        };
        let mut to = Figures::default();
        for at in 0..self.len() {
            to.push(raised(self.get(at))?);
        }
        *self = to;
        Ok(())
    }

    /// The largest distance from 0; 0 when there is none.
    #[must_use]
    pub fn magnitude(&self) -> u128 {
        let of = |value: i128| {
            if value == NONE_WIDE {
                0
            } else {
                value.unsigned_abs()
            }
        };
        match self {
            Figures::Narrow(v) => {
                // Two plain folds, which the compiler turns into vector code.
                let top = v.iter().copied().max().unwrap_or(0);
                let low = v
                    .iter()
                    .map(|v| if *v == NONE { 0 } else { *v })
                    .min()
                    .unwrap_or(0);
                of(wide(top)).max(of(low.into()))
            }
            Figures::Wide(v) => v.iter().map(|v| of(*v)).max().unwrap_or(0),
        }
    }

    /// How many are none.
    #[must_use]
    pub fn nones(&self) -> usize {
        match self {
            Figures::Narrow(v) => v.iter().filter(|v| **v == NONE).count(),
            Figures::Wide(v) => v.iter().filter(|v| **v == NONE_WIDE).count(),
        }
    }

    /// As 64 bits, where all fit; the first that does not is the error. None stays [`NONE`].
    ///
    /// # Errors
    /// The figure that does not fit.
    pub fn into_narrow(self) -> Result<Vec<i64>, i128> {
        match self {
            Figures::Narrow(v) => Ok(v),
            Figures::Wide(v) => v.into_iter().map(|v| narrow(v).ok_or(v)).collect(),
        }
    }

    /// As 128 bits with 0 for none.
    #[must_use]
    pub fn to_wide_or_zero(&self) -> Vec<i128> {
        (0..self.len())
            .map(|at| match self.get(at) {
                NONE_WIDE => 0,
                value => value,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_widens_when_a_figure_needs_it_and_keeps_what_it_has() {
        let mut figures = Figures::default();
        for value in [1, NONE_WIDE, -5] {
            figures.push(value);
        }
        assert_eq!(figures, Figures::Narrow(vec![1, NONE, -5]));
        assert_eq!((figures.magnitude(), figures.nones()), (5, 1));
        figures.push(1 << 70);
        assert_eq!(figures, Figures::Wide(vec![1, NONE_WIDE, -5, 1 << 70]));
        assert_eq!((figures.magnitude(), figures.nones()), (1 << 70, 1));
        assert_eq!(figures.clone().into_narrow(), Err(1 << 70));
        figures.keep(0..3);
        assert_eq!(figures.to_wide_or_zero(), [1, 0, -5]);
        assert_eq!(figures.into_narrow(), Ok(vec![1, NONE, -5]));
        // What looks like none, and is not, is kept as what it is.
        let mut odd = Figures::default();
        odd.push(i128::from(i64::MIN));
        assert_eq!(odd.get(0), i128::from(i64::MIN));
    }

    #[test]
    fn raising_multiplies_all_but_none() {
        let mut figures = Figures::Narrow(vec![12, NONE, -3]);
        figures.raise(2).expect("small");
        assert_eq!(figures, Figures::Narrow(vec![1200, NONE, -300]));
        figures.raise(18).expect("wide");
        assert_eq!(figures.get(0), 1200 * 10i128.pow(18));
        assert_eq!(Figures::Wide(vec![i128::MAX]).raise(1), Err(i128::MAX));
    }
}

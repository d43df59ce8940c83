//! The checked series and the conventions under which its figures are computed.

use jiff::tz::TimeZone;
use tradewind_types::UnixNanos;

use crate::civil::Stamp;

/// Why a series or a convention was refused.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum ReturnsError {
    /// A value is NaN or infinite.
    #[error("value {index} is {value}: only finite numbers have statistics")]
    NotFinite {
        /// Its place, from 0.
        index: usize,
        /// What it is.
        value: f64,
    },
    /// A return below −1.
    #[error("return {index} is {value}: nothing can lose more than all of itself (-1)")]
    BelowTotalLoss {
        /// Its place, from 0.
        index: usize,
        /// What it is.
        value: f64,
    },
    /// Time stamps repeat or go back.
    #[error("time stamp {index} ({ts}) is not after the one before it")]
    NotAscending {
        /// Its place, from 0.
        index: usize,
        /// The time stamp.
        ts: UnixNanos,
    },
    /// Columns of different length.
    #[error("{what} has {got} values where {expected} are needed, one per time stamp")]
    LengthMismatch {
        /// Which column.
        what: &'static str,
        /// How many it should have.
        expected: usize,
        /// How many it has.
        got: usize,
    },
    /// The first equity is not above 0.
    #[error("equity begins at {value}: returns need a beginning above 0")]
    NoEquity {
        /// What it is.
        value: f64,
    },
    /// A convention out of its range.
    #[error("{what} is {value}: {rule}")]
    Convention {
        /// Which one.
        what: &'static str,
        /// What was given.
        value: f64,
        /// What would be right.
        rule: &'static str,
    },
}

/// What figures are computed by. Rates are per year, as fractions (0.05 = 5 %).
#[derive(Clone, Debug)]
pub struct Conventions {
    /// Values of the series in a year: 252 trading days, 365 days of a market that never closes, 12 months.
    pub periods_per_year: f64,
    /// Risk-free rate per year; each period's share is `(1 + r)^(1/periods) − 1`, as in quantstats.
    pub risk_free: f64,
    /// What Omega asks for per year beyond the risk-free rate.
    pub required_return: f64,
    /// Where days, months and years begin.
    pub zone: TimeZone,
    /// What a time stamp means for days, months and years.
    pub stamp: Stamp,
    /// Values in a rolling window; 126 (half a year of trading days).
    pub rolling_window: usize,
    /// Drawdowns in the table, the deepest first; 10.
    pub drawdowns_max: usize,
}

impl Default for Conventions {
    fn default() -> Self {
        Self {
            periods_per_year: 252.0,
            risk_free: 0.0,
            required_return: 0.0,
            zone: TimeZone::UTC,
            stamp: Stamp::Within,
            rolling_window: 126,
            drawdowns_max: 10,
        }
    }
}

impl Conventions {
    /// The defaults with another number of periods in a year.
    #[must_use]
    pub fn of_periods(periods_per_year: f64) -> Self {
        Self {
            periods_per_year,
            ..Self::default()
        }
    }

    /// Refuses what would make every figure meaningless.
    ///
    /// # Errors
    /// [`ReturnsError::Convention`].
    pub fn check(&self) -> Result<(), ReturnsError> {
        let refuse = |what, value, rule| Err(ReturnsError::Convention { what, value, rule });
        if !(self.periods_per_year.is_finite() && self.periods_per_year > 0.0) {
            return refuse(
                "periods per year",
                self.periods_per_year,
                "a finite number above 0 is needed",
            );
        }
        for (what, rate) in [
            ("risk-free rate", self.risk_free),
            ("required return", self.required_return),
        ] {
            if !(rate.is_finite() && rate > -1.0) {
                return refuse(what, rate, "a finite fraction above -1 is needed (0.05 = 5 %)");
            }
        }
        if self.rolling_window < 2 {
            return refuse(
                "rolling window",
                self.rolling_window as f64,
                "2 values or more are needed",
            );
        }
        Ok(())
    }

    /// A yearly rate as the rate of one period, `(1 + r)^(1/periods) − 1`.
    #[must_use]
    pub fn per_period(&self, yearly: f64) -> f64 {
        (1.0 + yearly).powf(1.0 / self.periods_per_year) - 1.0
    }
}

/// Simple returns with ascending time stamps; finite, −1 or above.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ReturnSeries {
    ts: Vec<UnixNanos>,
    values: Vec<f64>,
}

impl ReturnSeries {
    /// Checks and wraps two columns of one length.
    ///
    /// # Errors
    /// [`ReturnsError`] with the first place that is wrong.
    ///
    /// ```
    /// # use tradewind_analytics::returns::{ReturnSeries, ReturnsError};
    /// # use tradewind_types::UnixNanos;
    /// let days = vec![UnixNanos::from_secs(0), UnixNanos::from_secs(86_400)];
    /// assert!(ReturnSeries::new(days.clone(), vec![0.01, -0.02]).is_ok());
    /// let refused = ReturnSeries::new(days, vec![0.01, f64::NAN]);
    /// assert!(matches!(refused, Err(ReturnsError::NotFinite { index: 1, .. })));
    /// ```
    pub fn new(ts: Vec<UnixNanos>, values: Vec<f64>) -> Result<Self, ReturnsError> {
        if ts.len() != values.len() {
            return Err(ReturnsError::LengthMismatch {
                what: "the returns' column",
                expected: ts.len(),
                got: values.len(),
            });
        }
        check_ascending(&ts)?;
        for (index, &value) in values.iter().enumerate() {
            if !value.is_finite() {
                return Err(ReturnsError::NotFinite { index, value });
            }
            if value < -1.0 {
                return Err(ReturnsError::BelowTotalLoss { index, value });
            }
        }
        Ok(Self { ts, values })
    }

    /// Returns of an equity curve: `equity[i] / equity[i−1] − 1`, stamped at `i`; one value fewer than equities.
    ///
    /// Where equity reaches 0 or less, the return is −1 and the series ends: nothing is left that could earn.
    ///
    /// # Errors
    /// As [`ReturnSeries::new`]; [`ReturnsError::NoEquity`] when the first equity is not above 0.
    pub fn from_equity(ts: &[UnixNanos], equity: &[f64]) -> Result<Self, ReturnsError> {
        if ts.len() != equity.len() {
            return Err(ReturnsError::LengthMismatch {
                what: "the equity column",
                expected: ts.len(),
                got: equity.len(),
            });
        }
        check_ascending(ts)?;
        if let Some((index, &value)) = equity.iter().enumerate().find(|(_, v)| !v.is_finite()) {
            return Err(ReturnsError::NotFinite { index, value });
        }
        if let Some(&value) = equity.first().filter(|v| **v <= 0.0) {
            return Err(ReturnsError::NoEquity { value });
        }
        let alive = equity.iter().position(|v| *v <= 0.0).unwrap_or(equity.len());
        let mut values: Vec<f64> = equity[..alive].windows(2).map(|w| w[1] / w[0] - 1.0).collect();
        if alive < equity.len() {
            values.push(-1.0);
        }
        let stamps = ts.iter().skip(1).take(values.len()).copied().collect();
        Self::new(stamps, values)
    }

    /// The time stamps.
    #[must_use]
    pub fn ts(&self) -> &[UnixNanos] {
        &self.ts
    }

    /// The returns.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Both series at the time stamps that they share. O(n + m).
    #[must_use]
    pub fn aligned(&self, other: &ReturnSeries) -> (ReturnSeries, ReturnSeries) {
        let (mut mine, mut theirs) = (ReturnSeries::default(), ReturnSeries::default());
        let (mut i, mut j) = (0, 0);
        while i < self.len() && j < other.len() {
            match self.ts[i].cmp(&other.ts[j]) {
                std::cmp::Ordering::Less => i += 1,
                std::cmp::Ordering::Greater => j += 1,
                std::cmp::Ordering::Equal => {
                    mine.push(self.ts[i], self.values[i]);
                    theirs.push(other.ts[j], other.values[j]);
                    i += 1;
                    j += 1;
                }
            }
        }
        (mine, theirs)
    }

    /// Adds a value that is known to be finite, −1 or above, and later than the last.
    pub(crate) fn push(&mut self, ts: UnixNanos, value: f64) {
        debug_assert!(value.is_finite() && value >= -1.0);
        self.ts.push(ts);
        self.values.push(value);
    }
}

pub(crate) fn check_ascending(ts: &[UnixNanos]) -> Result<(), ReturnsError> {
    match ts.windows(2).position(|pair| pair[0] >= pair[1]) {
        None => Ok(()),
        Some(before) => Err(ReturnsError::NotAscending {
            index: before + 1,
            ts: ts[before + 1],
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(n: u64) -> Vec<UnixNanos> {
        (0..n).map(|d| UnixNanos::from_secs(d * 86_400)).collect()
    }

    #[test]
    fn what_has_no_statistics_is_refused_with_its_place() {
        let new = |values: Vec<f64>| ReturnSeries::new(days(values.len() as u64), values);
        assert!(matches!(
            new(vec![0.0, f64::NAN]),
            Err(ReturnsError::NotFinite { index: 1, .. })
        ));
        assert!(matches!(
            new(vec![f64::INFINITY]),
            Err(ReturnsError::NotFinite { index: 0, .. })
        ));
        assert!(matches!(
            new(vec![0.0, 0.1, -1.01]),
            Err(ReturnsError::BelowTotalLoss { index: 2, .. })
        ));
        assert!(new(vec![-1.0]).is_ok());
        assert!(new(vec![]).is_ok());
        let twice = vec![UnixNanos(5), UnixNanos(5)];
        assert!(matches!(
            ReturnSeries::new(twice, vec![0.0; 2]),
            Err(ReturnsError::NotAscending { index: 1, .. })
        ));
        assert!(matches!(
            ReturnSeries::new(days(2), vec![0.0]),
            Err(ReturnsError::LengthMismatch { .. })
        ));
    }

    #[test]
    fn equity_that_runs_out_ends_the_series_with_a_total_loss() {
        let series = ReturnSeries::from_equity(&days(4), &[100.0, 50.0, -3.0, 20.0]).expect("taken");
        assert_eq!(series.values(), [-0.5, -1.0]);
        assert_eq!(series.ts(), &days(3)[1..]);
        assert!(matches!(
            ReturnSeries::from_equity(&days(1), &[0.0]),
            Err(ReturnsError::NoEquity { .. })
        ));
    }

    #[test]
    fn alignment_keeps_the_shared_time_stamps_only() {
        let a = ReturnSeries::new(days(4), vec![0.1, 0.2, 0.3, 0.4]).expect("taken");
        let b = ReturnSeries::new(days(6)[2..].to_vec(), vec![1.0, 2.0, 3.0, 4.0]).expect("taken");
        let (x, y) = a.aligned(&b);
        assert_eq!((x.values(), y.values()), (&[0.3, 0.4][..], &[1.0, 2.0][..]));
    }

    #[test]
    fn conventions_out_of_range_are_refused() {
        assert!(Conventions::default().check().is_ok());
        assert!(Conventions::of_periods(0.0).check().is_err());
        assert!(Conventions::of_periods(f64::NAN).check().is_err());
        let odd = Conventions {
            risk_free: -1.0,
            ..Conventions::default()
        };
        assert!(odd.check().is_err());
    }
}

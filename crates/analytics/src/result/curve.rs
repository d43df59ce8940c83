//! Equity over time, with the exposure that made it.

use jiff::tz::TimeZone;
use serde::Serialize;
use tradewind_types::UnixNanos;

use crate::civil::{CivilReader, Stamp};
use crate::numeric::ratio;
use crate::returns::{ReturnSeries, ReturnsError};

/// Why a curve was refused.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum CurveError {
    /// Its equity column.
    #[error(transparent)]
    Returns(#[from] ReturnsError),
    /// An exposure that is NaN, infinite or below 0.
    #[error("exposure {index} is {value}: a finite value of 0 or above is needed")]
    Exposure {
        /// Its place, from 0.
        index: usize,
        /// What it is.
        value: f64,
    },
}

/// Columns of one length: the state after each point in time, the first being the beginning.
///
/// Statistics, not accounts: money became `f64` when the columns were filled.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct EquityCurve {
    ts: Vec<UnixNanos>,
    equity: Vec<f64>,
    exposure: Vec<f64>,
}

impl EquityCurve {
    /// Checks and wraps the columns.
    ///
    /// `exposure` is gross: Σ |position value| in money, 0 where nothing is held. Equity may fall to 0 and below
    /// (then the account is ruined and later points do not count), but has to begin above 0.
    ///
    /// # Errors
    /// [`CurveError`].
    pub fn new(ts: Vec<UnixNanos>, equity: Vec<f64>, exposure: Vec<f64>) -> Result<Self, CurveError> {
        // Checks time stamps, lengths and numbers.
        ReturnSeries::from_equity(&ts, &equity)?;
        if exposure.len() != ts.len() {
            return Err(CurveError::Returns(ReturnsError::LengthMismatch {
                what: "the exposure column",
                expected: ts.len(),
                got: exposure.len(),
            }));
        }
        let bad = |(_, v): &(usize, &f64)| !(v.is_finite() && **v >= 0.0);
        if let Some((index, &value)) = exposure.iter().enumerate().find(bad) {
            return Err(CurveError::Exposure { index, value });
        }
        Ok(Self { ts, equity, exposure })
    }

    /// The time stamps.
    #[must_use]
    pub fn ts(&self) -> &[UnixNanos] {
        &self.ts
    }

    /// Equity at each.
    #[must_use]
    pub fn equity(&self) -> &[f64] {
        &self.equity
    }

    /// Gross exposure at each.
    #[must_use]
    pub fn exposure(&self) -> &[f64] {
        &self.exposure
    }

    /// When equity was first at 0 or below.
    #[must_use]
    pub fn ruined_at(&self) -> Option<UnixNanos> {
        let at = self.equity.iter().position(|e| *e <= 0.0)?;
        self.ts.get(at).copied()
    }

    /// A return per point after the first.
    ///
    /// # Errors
    /// [`ReturnsError`]; the columns were checked, so none is expected.
    pub fn returns(&self) -> Result<ReturnSeries, ReturnsError> {
        ReturnSeries::from_equity(&self.ts, &self.equity)
    }

    /// A return per civil day that has a point, from the first point or the last one of the day before, to the day's
    /// last; stamped there. A point at midnight belongs to the day that ends with it.
    ///
    /// # Errors
    /// As [`EquityCurve::returns`].
    pub fn daily_returns(&self, zone: &TimeZone) -> Result<ReturnSeries, ReturnsError> {
        let mut reader = CivilReader::new(zone, Stamp::End);
        let (mut ts, mut equity) = (Vec::new(), Vec::new());
        if let (Some(first), Some(value)) = (self.ts.first(), self.equity.first()) {
            ts.push(*first);
            equity.push(*value);
        }
        let mut open = None;
        for (&at, &value) in self.ts.iter().zip(&self.equity).skip(1) {
            let day = reader.date(at);
            if open == Some(day) {
                // The day goes on: its last point moves. There is one, since the day was opened by a push.
                if let (Some(t), Some(e)) = (ts.last_mut(), equity.last_mut()) {
                    (*t, *e) = (at, value);
                }
            } else {
                ts.push(at);
                equity.push(value);
                open = Some(day);
            }
            if value <= 0.0 {
                break;
            }
        }
        ReturnSeries::from_equity(&ts, &equity)
    }

    /// How much was at stake.
    #[must_use]
    pub fn exposure_statistics(&self) -> ExposureStatistics {
        let alive = self
            .equity
            .iter()
            .position(|e| *e <= 0.0)
            .unwrap_or(self.equity.len());
        let (mut held, mut sum, mut most) = (0_usize, 0.0, None::<f64>);
        for (gross, equity) in self.exposure[..alive].iter().zip(&self.equity) {
            let leverage = gross / equity;
            held += usize::from(*gross > 0.0);
            sum += leverage;
            most = Some(most.map_or(leverage, |most| most.max(leverage)));
        }
        ExposureStatistics {
            share_of_points: ratio(held as f64, alive as f64),
            average_leverage: ratio(sum, alive as f64),
            max_leverage: most,
        }
    }
}

/// How much was at stake, over the points of the curve.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct ExposureStatistics {
    /// Share of points at which something was held.
    pub share_of_points: Option<f64>,
    /// Mean gross exposure ÷ equity.
    pub average_leverage: Option<f64>,
    /// Largest gross exposure ÷ equity.
    pub max_leverage: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ts(text: &str) -> UnixNanos {
        text.parse().expect("a time stamp")
    }

    #[test]
    fn days_end_at_their_last_point_and_midnight_ends_the_day_before() {
        let stamps = [
            "2024-01-01T09:00:00Z",
            "2024-01-01T12:00:00Z",
            "2024-01-02T00:00:00Z",
            "2024-01-02T12:00:00Z",
            "2024-01-04T12:00:00Z",
        ];
        let curve = EquityCurve::new(
            stamps.iter().map(|t| ts(t)).collect(),
            vec![100.0, 90.0, 110.0, 121.0, 60.5],
            vec![0.0, 50.0, 0.0, 121.0, 0.0],
        )
        .expect("taken");
        let daily = curve.daily_returns(&TimeZone::UTC).expect("checked");
        let expected = [0.1, 0.1, -0.5];
        assert!(
            daily
                .values()
                .iter()
                .zip(expected)
                .all(|(a, b)| (a - b).abs() < 1e-12),
            "{daily:?}"
        );
        assert_eq!(daily.ts()[0], ts(stamps[2]));
        assert_eq!(curve.returns().expect("checked").len(), 4);
        assert_eq!(curve.exposure_statistics().share_of_points, Some(0.4));
        assert_eq!(curve.exposure_statistics().max_leverage, Some(1.0));
    }

    #[test]
    fn a_ruined_account_ends_there() {
        let curve = EquityCurve::new(
            [
                "2024-01-01T09:00:00Z",
                "2024-01-02T09:00:00Z",
                "2024-01-03T09:00:00Z",
            ]
            .map(ts)
            .to_vec(),
            vec![100.0, -5.0, 10.0],
            vec![0.0, 10.0, 0.0],
        )
        .expect("taken");
        assert_eq!(curve.ruined_at(), Some(ts("2024-01-02T09:00:00Z")));
        assert_eq!(
            curve.daily_returns(&TimeZone::UTC).expect("checked").values(),
            [-1.0]
        );
    }

    #[test]
    fn bad_columns_are_refused() {
        let one = || vec![UnixNanos(1)];
        assert!(EquityCurve::new(one(), vec![1.0], vec![-1.0]).is_err());
        assert!(EquityCurve::new(one(), vec![1.0], vec![]).is_err());
        assert!(EquityCurve::new(one(), vec![f64::NAN], vec![0.0]).is_err());
        assert!(EquityCurve::new(one(), vec![0.0], vec![0.0]).is_err());
        assert!(EquityCurve::new(vec![], vec![], vec![]).is_ok());
    }
}

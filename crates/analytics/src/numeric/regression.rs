//! Covariance, correlation and the straight line of least squares.

use super::moments::{mean, variance};
use super::{finite, ratio};

/// Sample covariance with `n − 1`; `None` below two pairs or when the lengths differ.
pub(crate) fn covariance(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.len() != y.len() || x.len() < 2 {
        return None;
    }
    let (mean_x, mean_y) = (mean(x)?, mean(y)?);
    let products: f64 = x.iter().zip(y).map(|(a, b)| (a - mean_x) * (b - mean_y)).sum();
    ratio(products, x.len() as f64 - 1.0)
}

/// Pearson's correlation; `None` where one side has no spread.
pub(crate) fn correlation(x: &[f64], y: &[f64]) -> Option<f64> {
    let covariance = covariance(x, y)?;
    let spread = variance(x)?.sqrt() * variance(y)?.sqrt();
    ratio(covariance, spread).map(|r| r.clamp(-1.0, 1.0))
}

/// `y = intercept + slope·x`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Line {
    /// Change of y per unit of x.
    pub(crate) slope: f64,
    /// y at x = 0.
    pub(crate) intercept: f64,
    /// Share of y's variance that the line explains, 0..=1; `None` where y has no spread.
    pub(crate) r_squared: Option<f64>,
}

/// The line of least squares; `None` where x has no spread.
pub(crate) fn line(x: &[f64], y: &[f64]) -> Option<Line> {
    let slope = ratio(covariance(x, y)?, variance(x)?)?;
    Some(Line {
        slope,
        intercept: finite(mean(y)? - slope * mean(x)?)?,
        r_squared: correlation(x, y).map(|r| r * r),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_on_a_line_give_the_line_back() {
        let line = line(&[0.0, 1.0, 2.0], &[1.0, 3.0, 5.0]).expect("defined");
        assert!((line.slope - 2.0).abs() < 1e-15 && (line.intercept - 1.0).abs() < 1e-15);
        assert!((line.r_squared.expect("spread") - 1.0).abs() < 1e-15);
        assert_eq!(correlation(&[1.0, 2.0], &[3.0, 3.0]), None);
    }
}

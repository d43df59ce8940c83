//! The few numerical functions under all statistics: moments, quantiles, the normal distribution, a straight line.
//!
//! All take plain `f64` slices of finite values; whoever makes a slice checks that once
//! ([`ReturnSeries`](crate::returns::ReturnSeries) refuses NaN). What is undefined is `None`, never NaN.

pub(crate) mod moments;
pub mod normal;
pub(crate) mod quantile;
pub(crate) mod regression;

/// `numerator / denominator`, or `None` where that is no finite number.
pub(crate) fn ratio(numerator: f64, denominator: f64) -> Option<f64> {
    finite(numerator / denominator)
}

/// The value, unless it is NaN or infinite.
pub(crate) fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

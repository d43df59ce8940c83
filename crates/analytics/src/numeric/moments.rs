//! Mean, spread and shape of a sample, in two passes: first the mean, then the deviations from it.

use super::{finite, ratio};

/// Arithmetic mean; `None` of nothing.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    ratio(values.iter().sum(), values.len() as f64)
}

/// Σ (x − mean)^power.
fn central_sum(values: &[f64], mean: f64, power: i32) -> f64 {
    values.iter().map(|x| (x - mean).powi(power)).sum()
}

/// Whether all values are the same, so that a spread other than 0 would be rounding noise of the mean.
fn is_constant(values: &[f64]) -> bool {
    // Bits, not `==`: the lint against float comparison is right elsewhere, and −0 against 0 is no spread either.
    let first = values.first().map(|x| (x + 0.0).to_bits());
    values.iter().all(|x| Some((x + 0.0).to_bits()) == first)
}

/// Sample variance with `n − 1`; `None` below two values; exactly 0 for equal values.
pub(crate) fn variance(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    if is_constant(values) {
        return Some(0.0);
    }
    let mean = mean(values)?;
    ratio(central_sum(values, mean, 2), values.len() as f64 - 1.0)
}

/// Sample standard deviation with `n − 1`.
pub(crate) fn deviation(values: &[f64]) -> Option<f64> {
    variance(values).map(f64::sqrt)
}

/// Skewness with the bias correction of pandas and spreadsheets: `G₁ = √(n(n−1))/(n−2) · m₃/m₂^1.5`.
///
/// quantstats `skew`. `None` below three values or without spread. Source: Joanes and Gill, "Comparing measures of sample skewness and
/// kurtosis", The Statistician 47 (1998).
pub fn skewness(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    let g = population_skewness(values)?;
    if values.len() < 3 {
        return None;
    }
    finite((n * (n - 1.0)).sqrt() / (n - 2.0) * g)
}

/// Excess kurtosis with the bias correction of pandas and spreadsheets:
/// `G₂ = (n−1)/((n−2)(n−3)) · ((n+1)·(m₄/m₂² − 3) + 6)`; 0 for the normal distribution.
///
/// quantstats `kurtosis`. `None` below four values or without spread. Source: as of [`skewness`].
pub fn excess_kurtosis(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    let b = population_kurtosis(values)? - 3.0;
    if values.len() < 4 {
        return None;
    }
    finite((n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * b + 6.0))
}

/// `m₃/m₂^1.5` with moments over `n`; as the papers on the Sharpe ratio's distribution use it.
pub(crate) fn population_skewness(values: &[f64]) -> Option<f64> {
    let (m2, m3) = (population_moment(values, 2)?, population_moment(values, 3)?);
    ratio(m3, m2.powf(1.5))
}

/// `m₄/m₂²` with moments over `n`; 3 for the normal distribution.
pub(crate) fn population_kurtosis(values: &[f64]) -> Option<f64> {
    let (m2, m4) = (population_moment(values, 2)?, population_moment(values, 4)?);
    ratio(m4, m2 * m2)
}

fn population_moment(values: &[f64], power: i32) -> Option<f64> {
    if is_constant(values) {
        return (!values.is_empty()).then_some(0.0);
    }
    let mean = mean(values)?;
    ratio(central_sum(values, mean, power), values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_no_spread_and_no_shape() {
        let flat = [0.1; 7];
        assert_eq!(variance(&flat), Some(0.0));
        assert_eq!(skewness(&flat), None);
        assert_eq!(excess_kurtosis(&flat), None);
    }

    #[test]
    fn too_few_values_give_nothing() {
        assert_eq!(mean(&[]), None);
        assert_eq!(variance(&[1.0]), None);
        assert_eq!(skewness(&[1.0, 2.0]), None);
        assert_eq!(excess_kurtosis(&[1.0, 2.0, 4.0]), None);
    }

    #[test]
    fn the_moments_of_one_to_five_are_as_on_paper() {
        let x = [1.0, 2.0, 3.0, 4.0, 5.0];
        assert_eq!(mean(&x), Some(3.0));
        assert_eq!(variance(&x), Some(2.5));
        assert_eq!(skewness(&x), Some(0.0));
        // m₄/m₂² = 6.8/4 = 1.7; (4/6)·(6·(−1.3) + 6) = −1.2
        assert!((excess_kurtosis(&x).expect("defined") + 1.2).abs() < 1e-12);
    }
}

//! Quantiles by linear interpolation between order statistics, as numpy's and pandas' default (Hyndman and Fan's
//! type 7).

/// The quantile of sorted values at `p` in 0..=1; `None` of nothing or outside the range.
pub(crate) fn of_sorted(sorted: &[f64], p: f64) -> Option<f64> {
    if sorted.is_empty() || !(0.0..=1.0).contains(&p) {
        return None;
    }
    let position = p * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let fraction = position - below as f64;
    let (low, high) = (sorted[below], sorted[above]);
    // From the nearer end, so that fraction 1 gives `high` exactly.
    Some(if fraction < 0.5 {
        low + (high - low) * fraction
    } else {
        high - (high - low) * (1.0 - fraction)
    })
}

/// A sorted copy. O(n log n).
pub(crate) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate_between_neighbours() {
        let x = sorted(&[4.0, 1.0, 3.0, 2.0]);
        assert_eq!(of_sorted(&x, 0.0), Some(1.0));
        assert_eq!(of_sorted(&x, 0.5), Some(2.5));
        assert_eq!(of_sorted(&x, 1.0), Some(4.0));
        assert_eq!(of_sorted(&x, 1.1), None);
        assert_eq!(of_sorted(&[], 0.5), None);
        assert_eq!(of_sorted(&[7.0], 0.3), Some(7.0));
    }
}

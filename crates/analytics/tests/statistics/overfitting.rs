//! Laws of the probability of overfitting.

use proptest::prelude::*;
use tradewind_analytics::overfitting::sharpe::deflate;
use tradewind_analytics::overfitting::{
    Shape, deflated_sharpe, probabilistic_sharpe, probability_of_overfitting,
};
use tradewind_analytics::returns::{Conventions, performance};
use tradewind_types::SplitMix64;

use crate::build::{returns, series};

#[test]
fn among_tries_without_skill_the_best_is_as_likely_below_the_median_as_above() {
    // 40 sets of 10 tries of noise, 70 combinations each: the mean probability is near ½.
    let mut random = SplitMix64::new(99);
    let mut sum = 0.0;
    for _ in 0..40 {
        let tries: Vec<Vec<f64>> = (0..10)
            .map(|_| (0..160).map(|_| random.next_normal_pair().0 * 0.01).collect())
            .collect();
        let slices: Vec<&[f64]> = tries.iter().map(Vec::as_slice).collect();
        sum += probability_of_overfitting(&slices, 8).expect("computed").pbo;
    }
    assert!((sum / 40.0 - 0.5).abs() < 0.15, "{}", sum / 40.0);
}

proptest! {
    #[test]
    fn the_order_of_the_tries_changes_nothing(flat in returns(120..121), turn in 1_usize..4) {
        let mut tries: Vec<&[f64]> = flat.chunks(30).collect();
        let before = probability_of_overfitting(&tries, 6).unwrap();
        tries.rotate_left(turn);
        let after = probability_of_overfitting(&tries, 6).unwrap();
        prop_assert!((before.pbo - after.pbo).abs() < 1e-12);
        prop_assert!((0.0..=1.0).contains(&before.pbo));
        prop_assert_eq!(before.combinations, 20);
    }

    #[test]
    fn deflating_never_adds(sharpe in -0.3_f64..0.3, periods in 2_usize..2000, variance in 0.0_f64..0.1, trials in 1_usize..500) {
        let plain = probabilistic_sharpe(sharpe, 0.0, periods, Shape::NORMAL).unwrap();
        let deflated = deflated_sharpe(sharpe, periods, Shape::NORMAL, variance, trials).unwrap();
        prop_assert!(deflated.probability <= plain + 1e-15);
        prop_assert!(deflated.threshold >= 0.0);
    }

    #[test]
    fn a_single_try_is_the_probabilistic_ratio_of_its_own_series(values in returns(5..60)) {
        let c = Conventions::default();
        let Some(sharpe) = performance::sharpe_per_period(&values, &c) else { return Ok(()); };
        let got = deflate(&series(&values), &[sharpe], &c).unwrap();
        prop_assert_eq!(Some(got.probability), probabilistic_sharpe(sharpe, 0.0, values.len(), Shape::of(&values).unwrap()));
    }
}

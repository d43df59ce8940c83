//! Nothing is learned from what is tested on, or from what lies after it.

use proptest::prelude::*;
use tradewind_analytics::walk_forward::{WalkForward, WalkForwardError, purged_folds};

const PLAN: WalkForward = WalkForward {
    train: 100,
    test: 20,
    step: 20,
    purge: 3,
    embargo: 2,
    anchored: false,
};

#[test]
fn what_does_not_fit_is_refused() {
    assert_eq!(
        PLAN.plan(124),
        Err(WalkForwardError::TooShort {
            observations: 124,
            needed: 125
        })
    );
    assert_eq!(PLAN.plan(125).map(|w| w.len()), Ok(1));
    let overlapping = WalkForward { step: 19, ..PLAN };
    assert!(matches!(
        overlapping.plan(1000),
        Err(WalkForwardError::OverlappingTests { .. })
    ));
    for zero in [
        WalkForward { train: 0, ..PLAN },
        WalkForward { test: 0, ..PLAN },
        WalkForward { step: 0, ..PLAN },
    ] {
        assert!(matches!(zero.plan(1000), Err(WalkForwardError::Zero { .. })));
    }
    let endless = WalkForward {
        train: usize::MAX,
        ..PLAN
    };
    assert!(matches!(
        endless.plan(1000),
        Err(WalkForwardError::TooShort { .. })
    ));
    assert!(matches!(
        purged_folds(10, 1, 0, 0),
        Err(WalkForwardError::Folds { .. })
    ));
    assert!(matches!(
        purged_folds(3, 4, 0, 0),
        Err(WalkForwardError::Folds { .. })
    ));
}

#[test]
fn anchored_training_grows_from_the_beginning() {
    let windows = WalkForward {
        anchored: true,
        ..PLAN
    }
    .plan(170)
    .expect("planned");
    let trains: Vec<_> = windows.iter().map(|w| (w.train.start, w.train.end)).collect();
    assert_eq!(trains, [(0, 100), (0, 120), (0, 140)]);
    assert_eq!(windows[2].test, 145..165);
}

#[test]
fn a_fold_in_the_middle_learns_from_both_sides_with_gaps() {
    let folds = purged_folds(20, 4, 1, 2).expect("planned");
    assert_eq!(folds[1].test, 5..10);
    assert_eq!(folds[1].train, [0..4, 13..20]);
    assert_eq!(folds[0].train, vec![8..20]);
    assert_eq!(folds[3].train, vec![0..14]);
}

proptest! {
    #[test]
    fn every_training_range_ends_a_gap_before_its_test(
        observations in 1_usize..400, train in 1_usize..80, test in 1_usize..40, more in 0_usize..20,
        purge in 0_usize..10, embargo in 0_usize..10, anchored in any::<bool>(),
    ) {
        let plan = WalkForward { train, test, step: test + more, purge, embargo, anchored };
        let Ok(windows) = plan.plan(observations) else {
            prop_assert!(train + purge + embargo + test > observations);
            return Ok(());
        };
        for window in &windows {
            prop_assert_eq!(window.test.start - window.train.end, purge + embargo);
            prop_assert_eq!(window.test.len(), test);
            prop_assert!(window.test.end <= observations);
            let begins = if anchored { window.train.start == 0 } else { window.train.len() == train };
            prop_assert!(begins, "{:?}", window);
        }
        for pair in windows.windows(2) {
            prop_assert!(pair[0].test.end <= pair[1].test.start);
            prop_assert_eq!(pair[1].test.start - pair[0].test.start, test + more);
        }
        // No further whole window would fit.
        let last = windows.last().unwrap();
        prop_assert!(last.test.end + test + more > observations);
    }

    #[test]
    fn folds_test_everything_once_and_keep_their_distance(
        observations in 2_usize..300, folds in 2_usize..12, purge in 0_usize..8, embargo in 0_usize..8,
    ) {
        prop_assume!(folds <= observations);
        let plan = purged_folds(observations, folds, purge, embargo).unwrap();
        let tested: Vec<usize> = plan.iter().flat_map(|f| f.test.clone()).collect();
        prop_assert_eq!(tested, (0..observations).collect::<Vec<_>>());
        for fold in &plan {
            for i in fold.train.iter().flat_map(Clone::clone) {
                let far_before = i + purge < fold.test.start;
                let far_after = i >= fold.test.end + purge + embargo;
                prop_assert!(far_before || far_after, "{} trains {:?}", i, fold.test);
            }
        }
    }
}

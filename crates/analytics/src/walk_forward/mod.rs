//! Which stretch is learned from and which is tested on, so that nothing is learned from the future.
//!
//! Ranges are indices of observations (bars, days) in order of time, half open. [`WalkForward::plan`] gives windows in
//! which every training range ends before its test range begins; [`purged_folds`] gives folds whose training parts
//! lie on both sides of the test, for cross-validation.
//!
//! ```text
//! rolling    ████████··▒▒▒            anchored   ████████··▒▒▒
//!               ████████··▒▒▒                    ███████████··▒▒▒
//!                  ████████··▒▒▒                 ██████████████··▒▒▒
//!            █ train   · purge + embargo   ▒ test
//! ```

use std::ops::Range;

use serde::Serialize;

/// How windows are laid out. Lengths are numbers of observations.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct WalkForward {
    /// Observations to learn from (the first window's, when anchored); 1 or more.
    pub train: usize,
    /// Observations to test on; 1 or more.
    pub test: usize,
    /// How far each window is after the one before; `test` makes the tests follow each other without a gap.
    pub step: usize,
    /// Left out between train and test: as many as an outcome reaches ahead (the holding period, the horizon of a
    /// label), so that no outcome of a training observation is known only from within the test.
    pub purge: usize,
    /// Left out in addition, against serial correlation.
    pub embargo: usize,
    /// Training begins at the first observation always (grows) instead of moving along.
    pub anchored: bool,
}

/// One window.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Window {
    /// What is learned from.
    pub train: Range<usize>,
    /// What is tested on; begins after `train` ends.
    pub test: Range<usize>,
}

/// Why there is no plan.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WalkForwardError {
    /// A length that has to be 1 or more is 0.
    #[error("{what} is 0: 1 or more is needed")]
    Zero {
        /// Which.
        what: &'static str,
    },
    /// Steps shorter than the test: the same observation would be counted in several tests.
    #[error(
        "a step of {step} is shorter than the test of {test}: observations would be tested more than once"
    )]
    OverlappingTests {
        /// The step.
        step: usize,
        /// The test's length.
        test: usize,
    },
    /// Not even one window fits.
    #[error("{observations} observations: one window needs {needed}")]
    TooShort {
        /// How many there are.
        observations: usize,
        /// How many one window takes.
        needed: usize,
    },
    /// Folds out of range.
    #[error("{folds} folds of {observations} observations: from 2 to as many as there are observations")]
    Folds {
        /// How many were asked for.
        folds: usize,
        /// How many observations there are.
        observations: usize,
    },
}

impl WalkForward {
    /// All whole windows of `observations`, in order of time; what is left at the end is not tested.
    ///
    /// # Errors
    /// [`WalkForwardError`].
    ///
    /// ```
    /// # use tradewind_analytics::walk_forward::WalkForward;
    /// let plan = WalkForward { train: 6, test: 2, step: 2, purge: 1, embargo: 0, anchored: false };
    /// let windows = plan.plan(12).unwrap();
    /// assert_eq!(windows.len(), 2);
    /// assert_eq!((windows[1].train.clone(), windows[1].test.clone()), (2..8, 9..11));
    /// ```
    pub fn plan(&self, observations: usize) -> Result<Vec<Window>, WalkForwardError> {
        for (what, value) in [("train", self.train), ("test", self.test), ("step", self.step)] {
            if value == 0 {
                return Err(WalkForwardError::Zero { what });
            }
        }
        if self.step < self.test {
            return Err(WalkForwardError::OverlappingTests {
                step: self.step,
                test: self.test,
            });
        }
        let gap = self.purge.saturating_add(self.embargo);
        let needed = self.train.saturating_add(gap).saturating_add(self.test);
        if needed > observations {
            return Err(WalkForwardError::TooShort { observations, needed });
        }
        let shifts = (0..=observations - needed).step_by(self.step);
        let window = |shift: usize| {
            let end = shift + self.train;
            Window {
                train: if self.anchored { 0 } else { shift }..end,
                test: end + gap..end + gap + self.test,
            }
        };
        Ok(shifts.map(window).collect())
    }
}

/// One fold of a cross-validation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Fold {
    /// What is learned from: up to two ranges, before and after the test.
    pub train: Vec<Range<usize>>,
    /// What is tested on.
    pub test: Range<usize>,
}

/// `folds` tests that together cover every observation once, each with what may be learned from: without `purge`
/// observations before the test, whose outcomes reach into it, and without `purge + embargo` after it, into which its
/// own outcomes and serial correlation reach.
///
/// Unlike [`WalkForward`], training data may be later than the test: right for estimating a model's error, wrong as an
/// imitation of trading. Source: López de Prado, "Advances in Financial Machine Learning" (2018), chapter 7.
///
/// # Errors
/// [`WalkForwardError::Folds`].
pub fn purged_folds(
    observations: usize,
    folds: usize,
    purge: usize,
    embargo: usize,
) -> Result<Vec<Fold>, WalkForwardError> {
    if folds < 2 || folds > observations {
        return Err(WalkForwardError::Folds { folds, observations });
    }
    // The first `observations % folds` tests are longer by one.
    let (len, longer) = (observations / folds, observations % folds);
    let bound = |fold: usize| fold * len + fold.min(longer);
    let fold = |i: usize| {
        let test = bound(i)..bound(i + 1);
        let before = 0..test.start.saturating_sub(purge);
        let after = test
            .end
            .saturating_add(purge)
            .saturating_add(embargo)
            .min(observations)..observations;
        Fold {
            train: [before, after].into_iter().filter(|r| !r.is_empty()).collect(),
            test,
        }
    };
    Ok((0..folds).map(fold).collect())
}

//! Two series: hedge ratio, spread, half-life, and the Engle–Granger statistic.
//!
//! Everything is computed anew from the slices given, O(length): no running sums that drift, and the same slices
//! give the same bits wherever a run begins.

/// A least-squares line `y = intercept + slope · x`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Line {
    /// Change of y per x; the hedge ratio where both are log prices.
    pub slope: f64,
    /// y at x = 0.
    pub intercept: f64,
    /// Standard deviation of the residuals, population (they sum to 0).
    pub deviation: f64,
}

impl Line {
    /// Fits by ordinary least squares. `None` for slices of different lengths, fewer than 3 points, an x without
    /// variance, or figures that are not finite. Source: by definition; truth: statsmodels `OLS`.
    #[must_use]
    pub fn fit(x: &[f64], y: &[f64]) -> Option<Self> {
        if x.len() != y.len() || x.len() < 3 {
            return None;
        }
        let count = x.len() as f64;
        let (mean_x, mean_y) = (x.iter().sum::<f64>() / count, y.iter().sum::<f64>() / count);
        let (mut squares, mut products) = (0.0, 0.0);
        for (x, y) in x.iter().zip(y) {
            squares += (x - mean_x) * (x - mean_x);
            products += (x - mean_x) * (y - mean_y);
        }
        let slope = products / squares;
        let line = Self {
            slope,
            intercept: mean_y - slope * mean_x,
            deviation: 0.0,
        };
        let residuals: f64 = x.iter().zip(y).map(|(x, y)| line.residual(*x, *y).powi(2)).sum();
        let deviation = (residuals / count).sqrt();
        let finite = slope.is_finite() && line.intercept.is_finite() && deviation.is_finite();
        finite.then_some(Self { deviation, ..line })
    }

    /// `y − (intercept + slope · x)`: the spread.
    #[must_use]
    #[inline]
    pub fn residual(&self, x: f64, y: f64) -> f64 {
        y - (self.intercept + self.slope * x)
    }

    /// The spread in standard deviations; 0 where these are 0.
    #[must_use]
    pub fn score(&self, x: f64, y: f64) -> f64 {
        if self.deviation > 0.0 {
            self.residual(x, y) / self.deviation
        } else {
            0.0
        }
    }
}

/// How a spread of mean 0 is drawn back: `Δe = rate · e₋₁ + noise`, by least squares without a constant.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Reversion {
    /// Below 0 when it reverts; −1 when nothing of a deviation is left after one step.
    pub rate: f64,
    /// `rate` in its standard errors: the Dickey–Fuller statistic without lags, and of residuals of a fit the
    /// Engle–Granger statistic. Compare with [`ENGLE_GRANGER_5`].
    pub t: f64,
}

/// MacKinnon's asymptotic critical value at 5 % of the Engle–Granger statistic with two series and a constant;
/// below it the series are taken to be cointegrated. (1 %: −3.90; 10 %: −3.04.) Source: MacKinnon 2010, table 2.
pub const ENGLE_GRANGER_5: f64 = -3.34;

impl Reversion {
    /// Of a spread, oldest first. `None` for fewer than 4 values or a spread that does not move. Source: Engle
    /// and Granger 1987; truth: statsmodels `coint(maxlag=0, autolag=None)`.
    #[must_use]
    pub fn of(spread: &[f64]) -> Option<Self> {
        if spread.len() < 4 {
            return None;
        }
        let steps = || spread.windows(2).map(|pair| (pair[0], pair[1] - pair[0]));
        let (squares, products) = steps().fold((0.0, 0.0), |(squares, products), (before, step)| {
            (squares + before * before, products + before * step)
        });
        let rate = products / squares;
        let errors: f64 = steps().map(|(before, step)| (step - rate * before).powi(2)).sum();
        let freedom = (spread.len() - 2) as f64;
        let t = rate / (errors / freedom / squares).sqrt();
        (rate.is_finite() && t.is_finite()).then_some(Self { rate, t })
    }

    /// Steps after which half of a deviation is left, `−ln 2 / ln(1 + rate)`; `None` when it does not revert.
    /// 0 when nothing is left after one step.
    #[must_use]
    pub fn half_life(&self) -> Option<f64> {
        if self.rate >= 0.0 {
            return None;
        }
        if self.rate <= -1.0 {
            return Some(0.0);
        }
        Some(-std::f64::consts::LN_2 / self.rate.ln_1p())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_on_a_line_give_the_line_back() {
        let x = [1.0, 2.0, 3.0, 4.0, 5.0];
        let y = x.map(|x| 3.0 + 2.0 * x);
        let line = Line::fit(&x, &y).expect("a line");
        assert!((line.slope - 2.0).abs() < 1e-12 && (line.intercept - 3.0).abs() < 1e-12);
        assert!(line.deviation < 1e-12);
    }

    #[test]
    fn what_has_no_line_gives_none() {
        assert_eq!(Line::fit(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]), None);
        assert_eq!(Line::fit(&[1.0, 2.0], &[1.0, 2.0]), None);
        assert_eq!(Line::fit(&[1.0, 2.0, 3.0], &[1.0, 2.0]), None);
        assert_eq!(Line::fit(&[1.0, 2.0, f64::NAN], &[1.0, 2.0, 3.0]), None);
        assert_eq!(Reversion::of(&[0.0; 9]), None);
    }

    #[test]
    fn a_spread_that_halves_each_step_has_a_half_life_of_one() {
        let spread: Vec<f64> = (0..20)
            .map(|n| 0.5f64.powi(n) + 1e-9 * f64::from(n % 2))
            .collect();
        let reversion = Reversion::of(&spread).expect("it moves");
        assert!((reversion.half_life().expect("reverts") - 1.0).abs() < 1e-6);
        assert!(reversion.t < ENGLE_GRANGER_5);
        let growing: Vec<f64> = (0..20).map(|n| 1.1f64.powi(n)).collect();
        assert_eq!(Reversion::of(&growing).and_then(|r| r.half_life()), None);
    }
}

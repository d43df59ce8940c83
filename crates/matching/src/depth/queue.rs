//! Where our resting order stands in the queue of its price.
//!
//! A by-price feed does not say where in a queue a cancel happened, so a model has to. All follow the same account: an
//! order that arrives stands behind the whole level (`ahead`); a trade at its price takes from `ahead` first and fills
//! the order with what is left of it; when the level shrinks by more than was traded, the rest was canceled, and the
//! model says which share of it stood ahead. What exceeds what stood behind must have stood ahead. New size joins
//! behind.
//!
//! | model | share of cancels that stood ahead | |
//! | --- | --- | --- |
//! | [`RiskAverse`] | 0 | only trades, and a level smaller than our place, bring us forward: a lower bound |
//! | [`PowerShare`] | aⁿ / (aⁿ + bⁿ) | a = ahead, b = behind; n = 1: cancels hit every lot alike; larger n: the longer part loses more |
//! | [`LogShare`] | ln(1+a) / (ln(1+a) + ln(1+b)) | nearly even; milder than n = 1 |
//! | [`ExactFifo`] | – | a by-order feed says it |
//!
//! Sources: E. Rigtorp, "Estimating order queue position" (2013), for the account and the power and log forms;
//! R. Cont, S. Stoikov, R. Talreja, "A stochastic model for order book dynamics", Operations Research 58(3), 2010, where
//! cancels are proportional to size (n = 1); C. Moallemi, K. Yuan, "A model for queue position valuation in a limit
//! order book" (2016), on what a place is worth.

/// A queue position model; a type, so that the lane is compiled for it.
pub trait QueueRule {
    /// Whether the feed is by order and places are known.
    const BY_ORDER: bool = false;

    /// Which share (0..=1) of a cancelled amount stood ahead of us, with so many lots ahead and behind.
    fn share_ahead(&self, ahead: f64, behind: f64) -> f64;
}

/// Cancels always stood behind us, as far as there was anybody.
#[derive(Clone, Copy, Debug, Default)]
pub struct RiskAverse;

/// Cancels are shared in proportion to the `n`th power of the sizes ahead and behind.
#[derive(Clone, Copy, Debug)]
pub struct PowerShare {
    n: f64,
}

/// Cancels are shared in proportion to the logarithms of 1 + the sizes ahead and behind.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogShare;

/// The feed is by order: first in, first out, exactly.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExactFifo;

impl PowerShare {
    /// With the exponent `n`; what is not a number above 0 counts as 1.
    #[must_use]
    pub fn new(n: f64) -> Self {
        Self {
            n: if n.is_finite() && n > 0.0 { n } else { 1.0 },
        }
    }
}

impl QueueRule for RiskAverse {
    #[inline]
    fn share_ahead(&self, _ahead: f64, _behind: f64) -> f64 {
        0.0
    }
}

impl QueueRule for PowerShare {
    #[inline]
    fn share_ahead(&self, ahead: f64, behind: f64) -> f64 {
        let whole = ahead + behind;
        if whole <= 0.0 {
            return 0.0;
        }
        // Of the whole, so that no power overflows.
        let (a, b) = ((ahead / whole).powf(self.n), (behind / whole).powf(self.n));
        a / (a + b)
    }
}

impl QueueRule for LogShare {
    #[inline]
    fn share_ahead(&self, ahead: f64, behind: f64) -> f64 {
        let (a, b) = (ahead.ln_1p(), behind.ln_1p());
        if a + b > 0.0 { a / (a + b) } else { 0.0 }
    }
}

impl QueueRule for ExactFifo {
    const BY_ORDER: bool = true;

    #[inline]
    fn share_ahead(&self, _ahead: f64, _behind: f64) -> f64 {
        0.0
    }
}

/// The size ahead of us after a level went from `old` to `new` lots, `traded` of which was already told by trades and
/// taken off `ahead`.
pub(super) fn ahead_after<Q: QueueRule>(rule: &Q, ahead: f64, old: i64, new: i64, traded: i64) -> f64 {
    let cancelled = (old - new).saturating_sub(traded);
    if cancelled <= 0 {
        return ahead.min(new as f64);
    }
    let cancelled = cancelled as f64;
    let behind = ((old - traded) as f64 - ahead).max(0.0);
    let share = rule.share_ahead(ahead, behind);
    let from_behind = ((1.0 - share) * cancelled).min(behind);
    (ahead - (cancelled - from_behind)).max(0.0).min(new as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_risk_averse_model_counts_cancels_behind_first() {
        // 60 ahead, 40 behind: 30 canceled behind, then 20 more of which 10 must have stood ahead.
        assert!((ahead_after(&RiskAverse, 60.0, 100, 70, 0) - 60.0).abs() < 1e-12);
        assert!((ahead_after(&RiskAverse, 60.0, 70, 50, 0) - 50.0).abs() < 1e-12);
        assert!((ahead_after(&RiskAverse, 60.0, 100, 150, 0) - 60.0).abs() < 1e-12);
    }

    #[test]
    fn with_power_one_cancels_are_shared_in_proportion() {
        let rule = PowerShare::new(1.0);
        assert!((ahead_after(&rule, 60.0, 100, 90, 0) - 54.0).abs() < 1e-12);
        // 20 traded were taken off `ahead` before; only 10 of the 30 were canceled, of 40 ahead and 40 behind.
        assert!((ahead_after(&rule, 40.0, 100, 70, 20) - 35.0).abs() < 1e-12);
    }

    #[test]
    fn larger_powers_give_the_longer_part_more_and_logarithms_give_it_less() {
        let (one, three) = (PowerShare::new(1.0), PowerShare::new(3.0));
        assert!(three.share_ahead(80.0, 20.0) > one.share_ahead(80.0, 20.0));
        assert!(three.share_ahead(20.0, 80.0) < one.share_ahead(20.0, 80.0));
        assert!(LogShare.share_ahead(80.0, 20.0) < one.share_ahead(80.0, 20.0));
        assert!((LogShare.share_ahead(5.0, 5.0) - 0.5).abs() < 1e-12);
        assert!(PowerShare::new(900.0).share_ahead(1e15, 1.0).is_finite());
        assert!((PowerShare::new(f64::NAN).share_ahead(60.0, 40.0) - 0.6).abs() < 1e-12);
    }

    #[test]
    fn a_place_is_never_behind_the_level_nor_before_its_front() {
        for rule in [PowerShare::new(0.5), PowerShare::new(2.0)] {
            for ahead in 0..=20 {
                for new in 0..=20 {
                    for traded in 0..=5 {
                        let place = ahead_after(&rule, f64::from(ahead), 20, new, traded);
                        assert!(
                            (0.0..=new as f64).contains(&place),
                            "{ahead} {new} {traded} {place}"
                        );
                    }
                }
            }
        }
    }
}

//! How often periods gain, and how much: of *periods*, not of trades (those are in [`crate::trades`]).

use super::tail::tail_ratio;
use crate::numeric::moments::mean;
use crate::numeric::ratio;

fn gains(values: &[f64]) -> Vec<f64> {
    values.iter().copied().filter(|r| *r > 0.0).collect()
}

fn losses(values: &[f64]) -> Vec<f64> {
    values.iter().copied().filter(|r| *r < 0.0).collect()
}

/// Share of gains among the returns that are not 0; `None` where all are 0 (quantstats `win_rate`: 0 there).
#[must_use]
pub fn win_rate(values: &[f64]) -> Option<f64> {
    let (won, lost) = (gains(values).len() as f64, losses(values).len() as f64);
    ratio(won, won + lost)
}

/// Mean gain. quantstats `avg_win`.
#[must_use]
pub fn average_win(values: &[f64]) -> Option<f64> {
    mean(&gains(values))
}

/// Mean loss, below 0. quantstats `avg_loss`.
#[must_use]
pub fn average_loss(values: &[f64]) -> Option<f64> {
    mean(&losses(values))
}

/// Mean of the returns that are not 0. quantstats `avg_return`.
#[must_use]
pub fn average_return(values: &[f64]) -> Option<f64> {
    let moved: Vec<f64> = values.iter().copied().filter(|r| r.abs() > 0.0).collect();
    mean(&moved)
}

/// Mean gain ÷ |mean loss|. quantstats `payoff_ratio`.
#[must_use]
pub fn payoff_ratio(values: &[f64]) -> Option<f64> {
    ratio(average_win(values)?, average_loss(values)?.abs())
}

/// Σ gains ÷ |Σ losses|; `None` without a loss, where quantstats `profit_factor` says infinity (or 0 without a gain).
#[must_use]
pub fn profit_factor(values: &[f64]) -> Option<f64> {
    let lost: f64 = losses(values).iter().sum();
    ratio(gains(values).iter().sum(), lost.abs())
}

/// Kelly's share of capital by win rate `p` and payoff `b`: `p − (1−p)/b`. quantstats `kelly_criterion`.
#[must_use]
pub fn kelly(values: &[f64]) -> Option<f64> {
    let (p, payoff) = (win_rate(values)?, payoff_ratio(values)?);
    ratio(payoff * p - (1.0 - p), payoff)
}

/// Profit factor × tail ratio. quantstats `common_sense_ratio`.
#[must_use]
pub fn common_sense_ratio(values: &[f64]) -> Option<f64> {
    Some(profit_factor(values)? * tail_ratio(values)?)
}

/// Profit factor × win rate × payoff ratio. quantstats `cpc_index`.
#[must_use]
pub fn cpc_index(values: &[f64]) -> Option<f64> {
    Some(profit_factor(values)? * win_rate(values)? * payoff_ratio(values)?)
}

/// `((1 − w)/(1 + w))^n` with the win rate `w`. quantstats `risk_of_ruin`.
///
/// A rule of thumb that knows nothing of sizes; [`crate::monte_carlo`] gives the probability of ruin by simulation.
#[must_use]
pub fn risk_of_ruin(values: &[f64]) -> Option<f64> {
    let won = win_rate(values)?;
    Some(((1.0 - won) / (1.0 + won)).powf(values.len() as f64))
}

/// Share of periods whose return is not 0. quantstats `exposure`, which rounds up to a whole per cent; we do not.
#[must_use]
pub fn time_in_market(values: &[f64]) -> Option<f64> {
    let moved = values.iter().filter(|r| r.abs() > 0.0).count();
    ratio(moved as f64, values.len() as f64)
}

/// Longest run of gains. quantstats `consecutive_wins`.
#[must_use]
pub fn longest_run_of_gains(values: &[f64]) -> usize {
    longest_run(values, |r| r > 0.0)
}

/// Longest run of losses. quantstats `consecutive_losses`.
#[must_use]
pub fn longest_run_of_losses(values: &[f64]) -> usize {
    longest_run(values, |r| r < 0.0)
}

pub(crate) fn longest_run<T: Copy>(values: &[T], counts: impl Fn(T) -> bool) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for value in values {
        run = if counts(*value) { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_end_at_zero_and_at_the_other_side() {
        let values = [0.1, 0.2, 0.0, 0.1, -0.1, -0.1, -0.1];
        assert_eq!(longest_run_of_gains(&values), 2);
        assert_eq!(longest_run_of_losses(&values), 3);
        assert_eq!(longest_run_of_gains(&[]), 0);
    }

    #[test]
    fn a_fair_coin_has_no_kelly_share_and_nothing_has_no_figure() {
        assert_eq!(kelly(&[0.1, -0.1]), Some(0.0));
        assert_eq!(win_rate(&[0.0, 0.0]), None);
        assert_eq!(profit_factor(&[0.1]), None);
        assert_eq!(kelly(&[]), None);
    }
}

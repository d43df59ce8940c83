//! All figures of one series in one struct, whose field names are the names in JSON. They stay.

use serde::Serialize;
use tradewind_types::UnixNanos;

use super::benchmark::{BenchmarkStatistics, compare};
use super::calendar::{Extremes, PeriodReturn, Span, YearOfMonths, by_span, extremes, monthly_table};
use super::drawdown::{self, Drawdown, DrawdownSummary};
use super::rolling::{RollingStatistics, rolling};
use super::{Conventions, ReturnSeries, ReturnsError};
use super::{performance as p, tail as t, wins as w};
use crate::civil::optional_rfc3339;
use crate::numeric::moments;
use crate::overfitting::{minimum_track_record_length, probabilistic_sharpe};

/// Figures of the tail at one confidence, as returns of one period (a loss is below 0).
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct TailStatistics {
    /// 0.95 or 0.99.
    pub confidence: f64,
    /// [`tail::var_historical`](super::tail::var_historical).
    pub var_historical: Option<f64>,
    /// [`tail::var_gaussian`](super::tail::var_gaussian).
    pub var_gaussian: Option<f64>,
    /// [`tail::var_cornish_fisher`](super::tail::var_cornish_fisher).
    pub var_cornish_fisher: Option<f64>,
    /// [`tail::cvar_historical`](super::tail::cvar_historical).
    pub cvar_historical: Option<f64>,
    /// [`tail::cvar_gaussian`](super::tail::cvar_gaussian).
    pub cvar_gaussian: Option<f64>,
}

impl TailStatistics {
    fn of(values: &[f64], confidence: f64) -> Self {
        Self {
            confidence,
            var_historical: t::var_historical(values, confidence),
            var_gaussian: t::var_gaussian(values, confidence),
            var_cornish_fisher: t::var_cornish_fisher(values, confidence),
            cvar_historical: t::cvar_historical(values, confidence),
            cvar_gaussian: t::cvar_gaussian(values, confidence),
        }
    }
}

/// Every figure of a series of returns. `None` (JSON `null`) where a figure is undefined.
///
/// Each field is the function of its name in [`performance`](super::performance), [`drawdown`](super::drawdown),
/// [`tail`](super::tail), [`wins`](super::wins) or [`calendar`](super::calendar), where the formula is.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[allow(
    missing_docs,
    reason = "a field without a comment is the function of its name"
)]
pub struct ReturnStatistics {
    /// First time stamp.
    #[serde(serialize_with = "optional_rfc3339")]
    pub from: Option<UnixNanos>,
    /// Last time stamp.
    #[serde(serialize_with = "optional_rfc3339")]
    pub to: Option<UnixNanos>,
    /// Number of returns.
    pub periods: usize,
    /// The annualisation that was asked for.
    pub periods_per_year: f64,
    /// The yearly risk-free rate that was asked for.
    pub risk_free: f64,
    /// The yearly return beyond that rate that Omega asked for.
    pub required_return: f64,
    pub total_return: Option<f64>,
    pub cagr: Option<f64>,
    pub mean_annual: Option<f64>,
    pub geometric_mean: Option<f64>,
    pub volatility: Option<f64>,
    pub downside_deviation: Option<f64>,
    pub sharpe: Option<f64>,
    pub smart_sharpe: Option<f64>,
    /// Probability that the true Sharpe ratio is above 0:
    /// [`probabilistic_sharpe`](crate::overfitting::probabilistic_sharpe).
    pub probabilistic_sharpe: Option<f64>,
    /// Periods needed to believe at 95 % that the Sharpe ratio is above 0:
    /// [`minimum_track_record_length`](crate::overfitting::minimum_track_record_length).
    pub minimum_track_record: Option<f64>,
    pub sortino: Option<f64>,
    pub smart_sortino: Option<f64>,
    pub adjusted_sortino: Option<f64>,
    pub calmar: Option<f64>,
    pub calmar_36m: Option<f64>,
    /// CAGR ÷ deepest drawdown since the beginning; by definition equal to `calmar` as both libraries compute it.
    pub mar: Option<f64>,
    pub omega: Option<f64>,
    pub gain_to_pain: Option<f64>,
    pub recovery_factor: Option<f64>,
    pub stability: Option<f64>,
    pub autocorrelation_penalty: f64,
    pub max_drawdown: Option<f64>,
    pub ulcer_index: Option<f64>,
    pub ulcer_performance_index: Option<f64>,
    pub serenity_index: Option<f64>,
    pub skewness: Option<f64>,
    /// Excess kurtosis: 0 for the normal distribution.
    pub kurtosis: Option<f64>,
    pub tail_ratio: Option<f64>,
    pub outlier_win_ratio: Option<f64>,
    pub outlier_loss_ratio: Option<f64>,
    /// At 95 % and at 99 %.
    pub tail: Vec<TailStatistics>,
    pub win_rate: Option<f64>,
    pub average_return: Option<f64>,
    pub average_win: Option<f64>,
    pub average_loss: Option<f64>,
    pub payoff_ratio: Option<f64>,
    pub profit_factor: Option<f64>,
    pub kelly: Option<f64>,
    pub common_sense_ratio: Option<f64>,
    pub cpc_index: Option<f64>,
    pub risk_of_ruin: Option<f64>,
    pub time_in_market: Option<f64>,
    pub longest_run_of_gains: usize,
    pub longest_run_of_losses: usize,
    /// Best, worst and average civil day.
    pub days: Extremes,
    /// Best, worst and average civil month.
    pub months: Extremes,
    /// Best, worst and average civil year.
    pub years: Extremes,
    /// Drawdowns on the whole.
    pub drawdown: DrawdownSummary,
    /// The deepest drawdowns.
    pub drawdowns: Vec<Drawdown>,
    /// Months by years.
    pub monthly: Vec<YearOfMonths>,
    /// Years.
    pub annual: Vec<PeriodReturn>,
    /// Rolling figures.
    pub rolling: RollingStatistics,
    /// Against the benchmark, where there is one.
    pub benchmark: Option<BenchmarkStatistics>,
}

impl ReturnStatistics {
    /// Computes everything. O(n log n), and O(n·window) for the rolling figures.
    ///
    /// # Errors
    /// [`ReturnsError::Convention`]; the series themselves were checked when they were made.
    pub fn compute(
        series: &ReturnSeries,
        benchmark: Option<&ReturnSeries>,
        conventions: &Conventions,
    ) -> Result<Self, ReturnsError> {
        conventions.check()?;
        let (r, c) = (series.values(), conventions);
        let [days, months, years] = [Span::Day, Span::Month, Span::Year].map(|span| by_span(series, span, c));
        let drawdowns = drawdown::drawdowns(series);
        let (probability, track_record) = sharpe_significance(r, c);
        Ok(Self {
            from: series.ts().first().copied(),
            to: series.ts().last().copied(),
            periods: r.len(),
            periods_per_year: c.periods_per_year,
            risk_free: c.risk_free,
            required_return: c.required_return,
            total_return: p::total_return(r),
            cagr: p::cagr(r, c),
            mean_annual: p::mean_annual(r, c),
            geometric_mean: p::geometric_mean(r),
            volatility: p::volatility(r, c),
            downside_deviation: p::downside_deviation(r, c),
            sharpe: p::sharpe(r, c),
            smart_sharpe: p::smart_sharpe(r, c),
            probabilistic_sharpe: probability,
            minimum_track_record: track_record,
            sortino: p::sortino(r, c),
            smart_sortino: p::smart_sortino(r, c),
            adjusted_sortino: p::adjusted_sortino(r, c),
            calmar: p::calmar(r, c),
            calmar_36m: p::calmar_36m(r, c),
            mar: p::calmar(r, c),
            omega: p::omega(r, c),
            gain_to_pain: p::gain_to_pain(r),
            recovery_factor: p::recovery_factor(r),
            stability: p::stability(r),
            autocorrelation_penalty: p::autocorrelation_penalty(&p::excess(r, c)),
            max_drawdown: drawdown::max_drawdown(r),
            ulcer_index: drawdown::ulcer_index(r),
            ulcer_performance_index: drawdown::ulcer_performance_index(r),
            serenity_index: drawdown::serenity_index(r),
            skewness: t::skewness(r),
            kurtosis: t::excess_kurtosis(r),
            tail_ratio: t::tail_ratio(r),
            outlier_win_ratio: t::outlier_win_ratio(r),
            outlier_loss_ratio: t::outlier_loss_ratio(r),
            tail: vec![TailStatistics::of(r, 0.95), TailStatistics::of(r, 0.99)],
            win_rate: w::win_rate(r),
            average_return: w::average_return(r),
            average_win: w::average_win(r),
            average_loss: w::average_loss(r),
            payoff_ratio: w::payoff_ratio(r),
            profit_factor: w::profit_factor(r),
            kelly: w::kelly(r),
            common_sense_ratio: w::common_sense_ratio(r),
            cpc_index: w::cpc_index(r),
            risk_of_ruin: w::risk_of_ruin(r),
            time_in_market: w::time_in_market(r),
            longest_run_of_gains: w::longest_run_of_gains(r),
            longest_run_of_losses: w::longest_run_of_losses(r),
            days: extremes(&days),
            months: extremes(&months),
            years: extremes(&years),
            drawdown: drawdown::summarise(&drawdowns, r),
            drawdowns: drawdown::deepest(drawdowns, c.drawdowns_max),
            monthly: monthly_table(&months),
            annual: years,
            rolling: rolling(series, benchmark, c),
            benchmark: benchmark.map(|b| compare(series, b, c)),
        })
    }
}

/// Probabilistic Sharpe ratio against 0, and the track record that 95 % need.
fn sharpe_significance(values: &[f64], conventions: &Conventions) -> (Option<f64>, Option<f64>) {
    let Some(sharpe) = p::sharpe_per_period(values, conventions) else {
        return (None, None);
    };
    let (Some(skewness), Some(kurtosis)) = (
        moments::population_skewness(values),
        moments::population_kurtosis(values),
    ) else {
        return (None, None);
    };
    let shape = crate::overfitting::Shape { skewness, kurtosis };
    (
        probabilistic_sharpe(sharpe, 0.0, values.len(), shape),
        minimum_track_record_length(sharpe, 0.0, shape, 0.95),
    )
}

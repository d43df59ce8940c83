//! The statistics of one backtest.

use serde::Serialize;
use tradewind_types::UnixNanos;

use super::{CurveError, EquityCurve, ExposureStatistics};
use crate::civil::{Stamp, optional_rfc3339};
use crate::monte_carlo::{MonteCarlo, MonteCarloError, MonteCarloSettings, simulate_trades};
use crate::numeric::{moments, ratio};
use crate::overfitting::sharpe::{Deflated, deflate};
use crate::returns::{Conventions, ReturnSeries, ReturnStatistics, ReturnsError};
use crate::trades::{Attribution, Trade, TradeStatistics, TradesError, to_f64};

/// Which returns the figures are of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Frequency {
    /// One per civil day of the conventions' zone, as the libraries expect; `periods_per_year` counts days.
    #[default]
    Daily,
    /// One per point of the curve; `periods_per_year` counts points.
    Points,
}

/// How the statistics are made.
#[derive(Clone, Debug, Default)]
pub struct StatisticsSettings {
    /// Annualisation, rates, zone, windows. `stamp` is not used: a point of the curve ends its period.
    pub conventions: Conventions,
    /// Which returns.
    pub frequency: Frequency,
    /// Monte Carlo on the trades: runs, seed and so on; nothing = none. The initial equity is the curve's.
    pub monte_carlo: Option<MonteCarloSettings>,
    /// Sharpe ratios (per period) of all tries that this one was chosen from, itself included; empty = not chosen.
    pub trial_sharpes: Vec<f64>,
}

/// What the statistics are of.
#[derive(Clone, Copy, Debug)]
pub struct StatisticsInput<'a> {
    /// Equity over time.
    pub curve: &'a EquityCurve,
    /// Closed trades, in any order.
    pub trades: &'a [Trade],
    /// Returns of the benchmark; they count where their time stamps equal those of the curve's returns.
    pub benchmark: Option<&'a ReturnSeries>,
}

/// Why there are no statistics.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum StatisticsError {
    /// The returns or the conventions.
    #[error(transparent)]
    Returns(#[from] ReturnsError),
    /// The curve.
    #[error(transparent)]
    Curve(#[from] CurveError),
    /// The trades.
    #[error(transparent)]
    Trades(#[from] TradesError),
    /// The Monte Carlo settings.
    #[error(transparent)]
    MonteCarlo(#[from] MonteCarloError),
}

/// All statistics of one backtest. Field names are stable; undefined figures are `null`, money is text.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct BacktestStatistics {
    /// Equity at the beginning.
    pub initial_equity: Option<f64>,
    /// Equity at the end.
    pub final_equity: Option<f64>,
    /// When equity was first at 0 or below.
    #[serde(serialize_with = "optional_rfc3339")]
    pub ruined_at: Option<UnixNanos>,
    /// Which returns `returns` is of.
    pub frequency: Frequency,
    /// Figures of the returns, with the benchmark's inside.
    pub returns: ReturnStatistics,
    /// How much was at stake.
    pub exposure: ExposureStatistics,
    /// Traded value (entries and exits) ÷ mean equity, a year by the conventions' periods.
    pub turnover_annual: Option<f64>,
    /// Figures of the trades.
    pub trades: TradeStatistics,
    /// Where the result came from.
    pub attribution: Attribution,
    /// What else the trades could have done; nothing without trades or when not asked for.
    pub monte_carlo: Option<MonteCarlo>,
    /// Deflated Sharpe ratio, where the backtest was chosen out of several.
    pub deflated_sharpe: Option<Deflated>,
}

impl BacktestStatistics {
    /// Computes everything.
    ///
    /// # Errors
    /// [`StatisticsError`].
    pub fn compute(
        input: &StatisticsInput<'_>,
        settings: &StatisticsSettings,
    ) -> Result<Self, StatisticsError> {
        let conventions = Conventions {
            stamp: Stamp::End,
            ..settings.conventions.clone()
        };
        let series = match settings.frequency {
            Frequency::Daily => input.curve.daily_returns(&conventions.zone)?,
            Frequency::Points => input.curve.returns()?,
        };
        let trades = TradeStatistics::compute(input.trades)?;
        let initial_equity = input.curve.equity().first().copied();
        let monte_carlo = match (&settings.monte_carlo, initial_equity) {
            (Some(wanted), Some(initial_equity)) if !input.trades.is_empty() => {
                let wanted = MonteCarloSettings {
                    initial_equity,
                    ..*wanted
                };
                Some(simulate_trades(input.trades, &wanted)?)
            }
            _ => None,
        };
        let years = series.len() as f64 / conventions.periods_per_year;
        let mean_equity = moments::mean(input.curve.equity());
        Ok(Self {
            initial_equity,
            final_equity: input.curve.equity().last().copied(),
            ruined_at: input.curve.ruined_at(),
            frequency: settings.frequency,
            exposure: input.curve.exposure_statistics(),
            turnover_annual: mean_equity
                .filter(|mean| *mean > 0.0)
                .and_then(|mean| ratio(to_f64(trades.traded_value) / mean, years)),
            attribution: Attribution::compute(input.trades, &conventions.zone)?,
            monte_carlo,
            deflated_sharpe: deflate(&series, &settings.trial_sharpes, &conventions),
            returns: ReturnStatistics::compute(&series, input.benchmark, &conventions)?,
            trades,
        })
    }
}

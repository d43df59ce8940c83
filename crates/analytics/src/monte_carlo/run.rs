//! The simulation itself.

use serde::Serialize;
use tradewind_types::SplitMix64;

use super::{Distribution, FanPoint};
use crate::numeric::moments::mean;
use crate::numeric::quantile::{of_sorted, sorted};
use crate::numeric::ratio;
use crate::trades::{Trade, to_f64};

/// Most runs that one call does.
pub const RUNS_MAX: u32 = 1_000_000;

/// How trades are drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", tag = "kind")]
pub enum Method {
    /// With replacement, as many as there are, in blocks of neighbours (1 = each by itself); the last block may be
    /// cut, and a block that reaches the end goes on at the beginning (circular block bootstrap).
    Bootstrap {
        /// Trades in a block, 1 or more.
        block: usize,
    },
    /// Each once, in another order (Fisher–Yates).
    Shuffle,
}

/// How a result changes equity.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Growth {
    /// Results are money and are added: sizes do not grow with equity.
    Additive,
    /// Results are fractions of the equity of their time and compound.
    Compound,
}

/// What is simulated.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct MonteCarloSettings {
    /// Number of runs; 1,000.
    pub runs: u32,
    /// Seed of all chance; 1.
    pub seed: u64,
    /// How trades are drawn; bootstrap of single trades.
    pub method: Method,
    /// Equity before the first trade.
    pub initial_equity: f64,
    /// Ruin: equity at or below this share of the initial equity at any time; 0.5.
    pub ruin_level: f64,
    /// Confidence of VaR and CVaR; 0.95.
    pub confidence: f64,
    /// Points of the fan, beginning and end included; 100.
    pub fan_points: usize,
}

impl MonteCarloSettings {
    /// The defaults with this initial equity.
    #[must_use]
    pub fn of_equity(initial_equity: f64) -> Self {
        Self {
            runs: 1_000,
            seed: 1,
            method: Method::Bootstrap { block: 1 },
            initial_equity,
            ruin_level: 0.5,
            confidence: 0.95,
            fan_points: 100,
        }
    }
}

/// Why nothing can be simulated.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum MonteCarloError {
    /// No trades.
    #[error("there are no trades to draw from")]
    NoTrades,
    /// A result is NaN or infinite.
    #[error("result {index} is {value}: only finite numbers can be drawn")]
    NotFinite {
        /// Its place, from 0.
        index: usize,
        /// What it is.
        value: f64,
    },
    /// A setting out of its range.
    #[error("{what} is {value}: {rule}")]
    Setting {
        /// Which.
        what: &'static str,
        /// What was given.
        value: f64,
        /// What would be right.
        rule: &'static str,
    },
}

/// What the runs say.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct MonteCarlo {
    /// What was simulated.
    pub settings: MonteCarloSettings,
    /// How results changed equity.
    pub growth: Growth,
    /// Trades in each run.
    pub trades: usize,
    /// Equity after the last trade.
    pub final_equity: Distribution,
    /// Final ÷ initial equity − 1.
    pub total_return: Distribution,
    /// Deepest drawdown, as a share of the highest equity before it; 0 or below, −1 where equity is used up.
    pub max_drawdown: Distribution,
    /// Loss of equity (above 0; below 0 is a gain) that is exceeded with probability `1 − confidence`.
    pub value_at_risk: f64,
    /// Mean loss of the runs that lose at least that.
    pub conditional_value_at_risk: f64,
    /// Share of runs that end below the initial equity.
    pub probability_of_loss: f64,
    /// Share of runs in which equity was at or below the ruin level at any time.
    pub probability_of_ruin: f64,
    /// Percentiles of equity on the way.
    pub fan: Vec<FanPoint>,
}

/// Simulates closed trades: their results after fees, in order of exit, added up.
///
/// # Errors
/// [`MonteCarloError`].
pub fn simulate_trades(
    trades: &[Trade],
    settings: &MonteCarloSettings,
) -> Result<MonteCarlo, MonteCarloError> {
    let mut by_exit: Vec<&Trade> = trades.iter().collect();
    by_exit.sort_by_key(|t| t.exit_ts);
    let results: Vec<f64> = by_exit.iter().map(|t| to_f64(t.pnl)).collect();
    simulate(&results, Growth::Additive, settings)
}

/// Simulates results, of money or of fractions as `growth` says. O(runs · trades).
///
/// # Errors
/// [`MonteCarloError`].
pub fn simulate(
    results: &[f64],
    growth: Growth,
    settings: &MonteCarloSettings,
) -> Result<MonteCarlo, MonteCarloError> {
    check(results, settings)?;
    let steps = fan_steps(results.len(), settings.fan_points);
    let mut fans: Vec<Vec<f64>> = vec![Vec::with_capacity(settings.runs as usize); steps.len()];
    let mut random = SplitMix64::new(settings.seed);
    let mut drawn: Vec<usize> = (0..results.len()).collect();
    let mut finals = Vec::with_capacity(settings.runs as usize);
    let mut drawdowns = Vec::with_capacity(settings.runs as usize);
    let mut ruined = 0_u32;
    for _ in 0..settings.runs {
        draw(&mut drawn, settings.method, &mut random);
        let path = drawn.iter().map(|&i| results[i]);
        let mut next = 0;
        let end = walk(path, growth, settings, |trade, equity| {
            if steps.get(next) == Some(&trade) {
                fans[next].push(equity);
                next += 1;
            }
        });
        finals.push(end.equity);
        drawdowns.push(end.max_drawdown);
        ruined += u32::from(end.ruined);
    }
    let points = steps.iter().zip(&fans);
    let fan = points
        .filter_map(|(&trade, equities)| FanPoint::of(trade, equities))
        .collect();
    summarise(results.len(), growth, settings, &finals, &drawdowns, ruined, fan)
        .ok_or(MonteCarloError::NoTrades)
}

fn check(results: &[f64], settings: &MonteCarloSettings) -> Result<(), MonteCarloError> {
    if results.is_empty() {
        return Err(MonteCarloError::NoTrades);
    }
    if let Some((index, &value)) = results.iter().enumerate().find(|(_, r)| !r.is_finite()) {
        return Err(MonteCarloError::NotFinite { index, value });
    }
    let block = match settings.method {
        Method::Bootstrap { block } => block,
        Method::Shuffle => 1,
    };
    let s = settings;
    let rules: [(&'static str, f64, bool, &'static str); 6] = [
        (
            "runs",
            f64::from(s.runs),
            (1..=RUNS_MAX).contains(&s.runs),
            "1 to 1,000,000 are possible",
        ),
        (
            "block",
            block as f64,
            (1..=results.len()).contains(&block),
            "1 to the number of trades is possible",
        ),
        (
            "initial equity",
            s.initial_equity,
            s.initial_equity.is_finite() && s.initial_equity > 0.0,
            "a finite number above 0 is needed",
        ),
        (
            "ruin level",
            s.ruin_level,
            (0.0..1.0).contains(&s.ruin_level),
            "a share from 0 to below 1 is needed",
        ),
        (
            "confidence",
            s.confidence,
            s.confidence > 0.0 && s.confidence < 1.0,
            "a share between 0 and 1 is needed",
        ),
        (
            "fan points",
            s.fan_points as f64,
            (2..=10_000).contains(&s.fan_points),
            "2 to 10,000 are possible",
        ),
    ];
    match rules.into_iter().find(|(_, _, holds, _)| !holds) {
        None => Ok(()),
        Some((what, value, _, rule)) => Err(MonteCarloError::Setting { what, value, rule }),
    }
}

/// Numbers of trades at which the fan has a point: evenly from 0 to all, each once.
fn fan_steps(trades: usize, points: usize) -> Vec<usize> {
    let last = points.max(2) - 1;
    let mut steps: Vec<usize> = (0..=last).map(|i| (i * trades + last / 2) / last).collect();
    steps.dedup();
    steps
}

fn draw(drawn: &mut [usize], method: Method, random: &mut SplitMix64) {
    let n = drawn.len();
    match method {
        Method::Bootstrap { block } => {
            for chunk in drawn.chunks_mut(block.max(1)) {
                let start = random.below(n as u64) as usize;
                for (offset, slot) in chunk.iter_mut().enumerate() {
                    // Blocks are no longer than the list, so that one turn is enough.
                    let at = start + offset;
                    *slot = if at < n { at } else { at - n };
                }
            }
        }
        Method::Shuffle => {
            for i in (1..n).rev() {
                drawn.swap(i, random.below(i as u64 + 1) as usize);
            }
        }
    }
}

struct End {
    equity: f64,
    max_drawdown: f64,
    ruined: bool,
}

/// One path; `seen` is told the equity before the first trade and after each.
fn walk(
    path: impl Iterator<Item = f64>,
    growth: Growth,
    settings: &MonteCarloSettings,
    mut seen: impl FnMut(usize, f64),
) -> End {
    let ruin = settings.ruin_level * settings.initial_equity;
    let mut equity = settings.initial_equity;
    let (mut high, mut deepest, mut ruined) = (equity, 0.0_f64, false);
    seen(0, equity);
    for (i, result) in path.enumerate() {
        equity = match growth {
            Growth::Additive => equity + result,
            Growth::Compound => equity * (1.0 + result).max(0.0),
        };
        high = high.max(equity);
        // A division only where it is deeper than before.
        if equity < high * (1.0 + deepest) {
            deepest = deepest.min((equity / high - 1.0).max(-1.0));
        }
        ruined |= equity <= ruin;
        seen(i + 1, equity);
    }
    End {
        equity,
        max_drawdown: deepest,
        ruined,
    }
}

fn summarise(
    trades: usize,
    growth: Growth,
    settings: &MonteCarloSettings,
    finals: &[f64],
    drawdowns: &[f64],
    ruined: u32,
    fan: Vec<FanPoint>,
) -> Option<MonteCarlo> {
    let initial = settings.initial_equity;
    let returns: Vec<f64> = finals.iter().map(|e| e / initial - 1.0).collect();
    let losses = sorted(&finals.iter().map(|e| initial - e).collect::<Vec<_>>());
    let value_at_risk = of_sorted(&losses, settings.confidence)?;
    let beyond = losses.partition_point(|loss| *loss < value_at_risk);
    let runs = finals.len() as f64;
    Some(MonteCarlo {
        settings: *settings,
        growth,
        trades,
        final_equity: Distribution::of(finals)?,
        total_return: Distribution::of(&returns)?,
        max_drawdown: Distribution::of(drawdowns)?,
        value_at_risk,
        conditional_value_at_risk: mean(&losses[beyond..])?,
        probability_of_loss: ratio(losses.iter().filter(|l| **l > 0.0).count() as f64, runs)?,
        probability_of_ruin: ratio(f64::from(ruined), runs)?,
        fan,
    })
}

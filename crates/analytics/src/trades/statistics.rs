//! The figures of a list of closed trades.

use rust_decimal::Decimal;
use serde::Serialize;
use tradewind_types::Side;

use super::trade::check;
use super::{ExactSum, Trade, TradesError, to_f64};
use crate::numeric::{finite, moments, ratio};
use crate::returns::wins::longest_run;

/// Count and money of the trades of one side.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct SideStatistics {
    /// How many.
    pub count: usize,
    /// Of these, with a result above 0.
    pub wins: usize,
    /// Share of wins.
    pub win_rate: Option<f64>,
    /// Sum of results after fees.
    pub pnl: Decimal,
}

/// Every figure of a list of trades; money as decimals (text in JSON), ratios as numbers, undefined ones `None`.
///
/// A win is a result above 0 after fees, a loss one below 0; a result of exactly 0 is neither.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TradeStatistics {
    /// How many trades.
    pub count: usize,
    /// Results above 0.
    pub wins: usize,
    /// Results below 0.
    pub losses: usize,
    /// Wins ÷ all trades.
    pub win_rate: Option<f64>,
    /// Sum of results after fees.
    pub net_pnl: Decimal,
    /// Sum of results before fees.
    pub gross_pnl: Decimal,
    /// Sum of fees.
    pub fees: Decimal,
    /// Sum of the wins.
    pub gross_profit: Decimal,
    /// Sum of the losses, 0 or below.
    pub gross_loss: Decimal,
    /// Mean result, to 8 decimals, half to even.
    pub expectancy: Option<Decimal>,
    /// Mean R of the trades that have one.
    pub expectancy_r: Option<f64>,
    /// Mean win, rounded as `expectancy`.
    pub average_win: Option<Decimal>,
    /// Mean loss, below 0, rounded as `expectancy`.
    pub average_loss: Option<Decimal>,
    /// Largest result above 0.
    pub largest_win: Option<Decimal>,
    /// Largest loss, below 0.
    pub largest_loss: Option<Decimal>,
    /// |mean win ÷ mean loss|.
    pub payoff_ratio: Option<f64>,
    /// |sum of wins ÷ sum of losses|.
    pub profit_factor: Option<f64>,
    /// Kelly's share, `p − (1−p)/payoff`, with p = wins ÷ (wins + losses).
    pub kelly: Option<f64>,
    /// System quality number of the results, `√n·mean/σ`. Source: Van Tharp, "Trade Your Way to Financial Freedom".
    pub sqn: Option<f64>,
    /// The same of R, of the trades that have one; n is capped at 100, as Van Tharp does to compare systems.
    pub sqn_r: Option<f64>,
    /// Most wins in a row, by time of exit.
    pub longest_winning_streak: usize,
    /// Most losses in a row, by time of exit.
    pub longest_losing_streak: usize,
    /// Mean time between entry and exit, in seconds.
    pub average_holding_s: Option<f64>,
    /// Mean bars between entry and exit.
    pub average_bars_held: Option<f64>,
    /// Mean bars of wins.
    pub average_bars_of_wins: Option<f64>,
    /// Mean bars of losses.
    pub average_bars_of_losses: Option<f64>,
    /// Mean largest open loss of the trades that have one.
    pub average_mae: Option<f64>,
    /// Mean largest open gain of the trades that have one.
    pub average_mfe: Option<f64>,
    /// Mean share of the largest open gain that the wins kept, result ÷ MFE.
    pub edge_kept: Option<f64>,
    /// Sum of entry and exit values.
    pub traded_value: Decimal,
    /// Share of the time from the first entry to the last exit in which a trade was open, 0..=1.
    pub time_in_market: Option<f64>,
    /// Long trades.
    pub long: SideStatistics,
    /// Short trades.
    pub short: SideStatistics,
}

/// Digits that a mean of money is rounded to (a sum is never rounded).
const MEAN_DECIMALS: u32 = 8;

impl TradeStatistics {
    /// Sums up. O(n log n) for the order of exits.
    ///
    /// # Errors
    /// [`TradesError`].
    pub fn compute(trades: &[Trade]) -> Result<Self, TradesError> {
        check(trades)?;
        let money = Sums::of(trades)?;
        let (wins, losses) = (money.wins, money.losses);
        let mut by_exit: Vec<&Trade> = trades.iter().collect();
        by_exit.sort_by_key(|t| t.exit_ts);
        let signs: Vec<i8> = by_exit.iter().map(|t| sign(t.pnl)).collect();
        let (average_win, average_loss) = (mean_of(money.won, wins), mean_of(money.lost, losses));
        // From the sums, not from the rounded means.
        let payoff = ratio(
            to_f64(money.won) / wins as f64,
            (to_f64(money.lost) / losses as f64).abs(),
        );
        let decided = ratio(wins as f64, (wins + losses) as f64);
        let pnls: Vec<f64> = trades.iter().map(|t| to_f64(t.pnl)).collect();
        let rs: Vec<f64> = trades.iter().filter_map(|t| t.r).collect();
        let won = |t: &&Trade| t.pnl > Decimal::ZERO;
        let lost = |t: &&Trade| t.pnl < Decimal::ZERO;
        Ok(Self {
            count: trades.len(),
            wins,
            losses,
            win_rate: ratio(wins as f64, trades.len() as f64),
            net_pnl: money.net,
            gross_pnl: money.gross,
            fees: money.fees,
            gross_profit: money.won,
            gross_loss: money.lost,
            expectancy: mean_of(money.net, trades.len()),
            expectancy_r: moments::mean(&rs),
            average_win,
            average_loss,
            largest_win: trades.iter().filter(won).map(|t| t.pnl).max(),
            largest_loss: trades.iter().filter(lost).map(|t| t.pnl).min(),
            payoff_ratio: payoff,
            profit_factor: ratio(to_f64(money.won), to_f64(money.lost).abs()),
            kelly: payoff.zip(decided).and_then(|(b, p)| finite(p - (1.0 - p) / b)),
            sqn: system_quality(&pnls, pnls.len()),
            sqn_r: system_quality(&rs, rs.len().min(100)),
            longest_winning_streak: longest_run(&signs, |s| s > 0),
            longest_losing_streak: longest_run(&signs, |s| s < 0),
            average_holding_s: mean_by(trades, |t| Some(t.exit_ts.since(t.entry_ts) as f64 / 1e9)),
            average_bars_held: mean_by(trades, |t| Some(f64::from(t.bars_held))),
            average_bars_of_wins: mean_by(trades, |t| won(&t).then_some(f64::from(t.bars_held))),
            average_bars_of_losses: mean_by(trades, |t| lost(&t).then_some(f64::from(t.bars_held))),
            average_mae: mean_by(trades, |t| t.mae.map(to_f64)),
            average_mfe: mean_by(trades, |t| t.mfe.map(to_f64)),
            edge_kept: mean_by(trades, |t| {
                let open = t.mfe.filter(|_| won(&t))?;
                ratio(to_f64(t.pnl), to_f64(open))
            }),
            traded_value: money.traded,
            time_in_market: time_in_market(trades),
            long: side(trades, Side::Buy)?,
            short: side(trades, Side::Sell)?,
        })
    }
}

fn sign(value: Decimal) -> i8 {
    if value.is_zero() {
        0
    } else if value.is_sign_positive() {
        1
    } else {
        -1
    }
}

/// The exact sums of a list of trades.
struct Sums {
    net: Decimal,
    gross: Decimal,
    fees: Decimal,
    won: Decimal,
    lost: Decimal,
    traded: Decimal,
    wins: usize,
    losses: usize,
}

impl Sums {
    fn of(trades: &[Trade]) -> Result<Self, TradesError> {
        let mut net = ExactSum::of("results");
        let mut gross = ExactSum::of("results before fees");
        let mut fees = ExactSum::of("fees");
        let (mut won, mut lost) = (ExactSum::of("wins"), ExactSum::of("losses"));
        let mut traded = ExactSum::of("traded values");
        let (mut wins, mut losses) = (0, 0);
        for trade in trades {
            net.add(trade.pnl)?;
            gross.add(trade.pnl)?;
            gross.add(trade.fees)?;
            fees.add(trade.fees)?;
            match sign(trade.pnl) {
                1 => {
                    won.add(trade.pnl)?;
                    wins += 1;
                }
                -1 => {
                    lost.add(trade.pnl)?;
                    losses += 1;
                }
                _ => {}
            }
            traded.add(trade.entry_value.abs())?;
            traded.add(trade.exit_value.abs())?;
        }
        Ok(Self {
            net: net.total(),
            gross: gross.total(),
            fees: fees.total(),
            won: won.total(),
            lost: lost.total(),
            traded: traded.total(),
            wins,
            losses,
        })
    }
}

fn side(trades: &[Trade], side: Side) -> Result<SideStatistics, TradesError> {
    let mut pnl = ExactSum::of("results of a side");
    let (mut count, mut wins) = (0, 0);
    for trade in trades.iter().filter(|t| t.side == side) {
        pnl.add(trade.pnl)?;
        count += 1;
        wins += usize::from(trade.pnl > Decimal::ZERO);
    }
    Ok(SideStatistics {
        count,
        wins,
        win_rate: ratio(wins as f64, count as f64),
        pnl: pnl.total(),
    })
}

fn mean_of(sum: Decimal, count: usize) -> Option<Decimal> {
    let mean = sum.checked_div(Decimal::from(count))?;
    Some(
        tradewind_types::Rounding::HalfEven
            .to_decimals(mean, MEAN_DECIMALS)
            .normalize(),
    )
}

fn mean_by(trades: &[Trade], figure: impl Fn(&Trade) -> Option<f64>) -> Option<f64> {
    let values: Vec<f64> = trades.iter().filter_map(figure).collect();
    moments::mean(&values)
}

fn system_quality(values: &[f64], counted: usize) -> Option<f64> {
    ratio(moments::mean(values)?, moments::deviation(values)?).map(|q| q * (counted as f64).sqrt())
}

/// The union of the times in which a trade was open, over the whole span.
fn time_in_market(trades: &[Trade]) -> Option<f64> {
    let mut spans: Vec<(u64, u64)> = trades.iter().map(|t| (t.entry_ts.0, t.exit_ts.0)).collect();
    spans.sort_unstable();
    let first = spans.first()?.0;
    let (mut covered, mut until) = (0_u64, first);
    for (from, to) in spans {
        covered += to.saturating_sub(from.max(until));
        until = until.max(to);
    }
    ratio(covered as f64, (until - first) as f64)
}

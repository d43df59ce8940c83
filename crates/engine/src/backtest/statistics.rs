//! From a run to its figures: the curve, the closed trades, the benchmark.

use rust_decimal::prelude::ToPrimitive as _;
use tradewind_analytics::monte_carlo::MonteCarloSettings;
use tradewind_analytics::returns::{Conventions, ReturnSeries};
use tradewind_analytics::trades::Trade;
use tradewind_analytics::{BacktestStatistics, EquityCurve, StatisticsInput, StatisticsSettings};
use tradewind_types::{Instrument, InstrumentKind, PriceMantissa, UnixNanos};

use super::BacktestError;
use super::capture::TradeRow;
use super::config::BacktestConfig;
use super::data::Row;
use super::run::RunOutput;
use super::sources::{Inputs, period};

fn failed(error: impl std::fmt::Display) -> BacktestError {
    BacktestError::Statistics(error.to_string())
}

/// Days with returns in a year, as configured or by the kinds of instrument.
pub(crate) fn days_per_year(config: &BacktestConfig) -> f64 {
    let never_closes =
        |kind: InstrumentKind| matches!(kind, InstrumentKind::SpotPair | InstrumentKind::Perpetual);
    config.days_per_year.unwrap_or_else(|| {
        let all = config.instruments.iter().all(|i| never_closes(i.instrument.kind));
        if all { 365.0 } else { 252.0 }
    })
}

pub(crate) fn conventions(config: &BacktestConfig) -> Conventions {
    Conventions {
        risk_free: config.risk_free_rate,
        ..Conventions::of_periods(days_per_year(config))
    }
}

/// The equity as a curve; times that repeat keep their last value.
pub(crate) fn curve(output: &RunOutput) -> Result<EquityCurve, BacktestError> {
    let (mut ts, mut equity, mut exposure) = (Vec::new(), Vec::new(), Vec::new());
    for point in &output.equity {
        if ts.last() == Some(&point.ts) {
            ts.pop();
            equity.pop();
            exposure.pop();
        }
        ts.push(point.ts);
        equity.push(point.equity.to_f64().unwrap_or(f64::NAN));
        exposure.push(point.exposure.to_f64().unwrap_or(f64::NAN));
    }
    EquityCurve::new(ts, equity, exposure).map_err(failed)
}

/// A closed trade as the statistics want it.
pub(crate) fn trade(row: &TradeRow, instrument: &Instrument) -> Trade {
    let sign = match row.side {
        tradewind_types::Side::Buy => rust_decimal::Decimal::ONE,
        tradewind_types::Side::Sell => rust_decimal::Decimal::NEGATIVE_ONE,
    };
    let excursion = |price: i64| {
        let moved = PriceMantissa(price).to_decimal(instrument.price_scale) - row.entry_price.decimal();
        let money = moved
            .checked_mul(row.quantity)?
            .checked_mul(instrument.multiplier)?
            .checked_mul(sign)?;
        Some(money.normalize())
    };
    Trade {
        strategy: row.strategy.clone(),
        instrument: instrument.id.clone(),
        side: row.side,
        entry_ts: row.entry_ts,
        exit_ts: row.exit_ts.max(row.entry_ts),
        quantity: row.quantity.normalize(),
        entry_value: row.entry_value.normalize(),
        exit_value: (row.entry_value + row.gross * sign).normalize(),
        pnl: (row.gross - row.fees).normalize(),
        fees: row.fees.normalize(),
        r: None,
        mae: excursion(row.worst).map(|m| m.min(rust_decimal::Decimal::ZERO)),
        mfe: excursion(row.best).map(|m| m.max(rust_decimal::Decimal::ZERO)),
        bars_held: row.bars_held,
    }
}

/// A trade in the account's currency, by the rate when it was closed.
fn worth(trade: Trade, rate: rust_decimal::Decimal) -> Option<Trade> {
    if rate == rust_decimal::Decimal::ONE {
        return Some(trade);
    }
    let of = |amount: rust_decimal::Decimal| Some(amount.checked_mul(rate)?.round_dp(8).normalize());
    let may = |amount: Option<rust_decimal::Decimal>| amount.map_or(Some(None), |a| of(a).map(Some));
    Some(Trade {
        entry_value: of(trade.entry_value)?,
        exit_value: of(trade.exit_value)?,
        pnl: of(trade.pnl)?,
        fees: of(trade.fees)?,
        mae: may(trade.mae)?,
        mfe: may(trade.mfe)?,
        ..trade
    })
}

pub(crate) fn trades(output: &RunOutput) -> Vec<Trade> {
    let rows = output.capture.trades.iter();
    rows.filter_map(|row| {
        let trade = trade(row, output.instruments.get(row.instrument.slot())?);
        worth(trade, output.rate_of(row.instrument, row.exit_ts)?)
    })
    .collect()
}

/// Closes of the benchmark at the curve's times: the last one known at each.
pub(crate) fn benchmark(
    config: &BacktestConfig,
    inputs: &Inputs,
    ts: &[UnixNanos],
) -> Result<Option<Vec<f64>>, BacktestError> {
    let Some(id) = &config.benchmark else {
        return Ok(None);
    };
    let Some(at) = config.instruments.iter().position(|i| i.instrument.id == *id) else {
        return Ok(None);
    };
    let scale = config.instruments[at].instrument.price_scale;
    let mut data = inputs.merge(config, period(config, UnixNanos(u64::MAX)))?;
    let (mut closes, mut last, mut next): (Vec<f64>, Option<f64>, usize) =
        (Vec::with_capacity(ts.len()), None, 0);
    while let Some((known, row)) = data.next_row()? {
        let (idx, open, price) = match row {
            Row::Bar(bar) => (bar.instrument, Some(bar.open.0), bar.close.0),
            Row::Quote(quote) => (quote.instrument, None, quote.bid.0.midpoint(quote.ask.0)),
            Row::Trade(_) | Row::Depth(_) => continue,
        };
        while next < ts.len() && ts[next] < known {
            if let Some(price) = last {
                closes.push(price);
            }
            next += 1;
        }
        if idx.slot() == at {
            // What lies before the first bar's end is worth its open.
            if last.is_none() {
                let first = PriceMantissa(open.unwrap_or(price)).to_f64(scale);
                closes.resize(next, first);
            }
            last = Some(PriceMantissa(price).to_f64(scale));
        }
    }
    closes.resize(ts.len(), last.unwrap_or(f64::NAN));
    Ok(last.map(|_| closes))
}

/// All figures.
pub(crate) fn statistics(
    config: &BacktestConfig,
    curve: &EquityCurve,
    trades: &[Trade],
    benchmark: Option<&[f64]>,
) -> Result<BacktestStatistics, BacktestError> {
    let conventions = conventions(config);
    let series = match benchmark {
        Some(closes) => {
            let exposure = vec![0.0; closes.len()];
            let of = EquityCurve::new(curve.ts().to_vec(), closes.to_vec(), exposure).map_err(failed)?;
            Some(of.daily_returns(&conventions.zone).map_err(failed)?)
        }
        None => None::<ReturnSeries>,
    };
    let settings = StatisticsSettings {
        conventions,
        monte_carlo: (config.monte_carlo_runs > 0).then(|| MonteCarloSettings {
            runs: config.monte_carlo_runs,
            seed: config.seed,
            ..MonteCarloSettings::of_equity(1.0)
        }),
        ..StatisticsSettings::default()
    };
    let input = StatisticsInput {
        curve,
        trades,
        benchmark: series.as_ref(),
    };
    BacktestStatistics::compute(&input, &settings).map_err(failed)
}

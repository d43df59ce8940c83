//! The result of a backtest as one document: what `--json` prints, what reports embed, what files keep.
//!
//! Field names are stable. Money, prices and quantities are decimal text; statistics and the columns for charts are
//! numbers; times are RFC 3339. A field that comes later has a default, so that older files read.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::{Deserialize, Serialize};
use tradewind_strategy::ParamMap;
use tradewind_types::num::canonical;
use tradewind_types::{OrderKind, PriceMantissa, TimeInForce, UnixNanos};

use super::capture::{FillRow, OrderRow, TradeRow};
use super::config::{BacktestConfig, StrategyWhat};
use super::lookahead::LookaheadCheck;
use super::run::RunOutput;
use super::sources::Inputs;
use super::{BacktestError, fingerprint, statistics};

pub use super::assumptions::assumptions;

/// What the documents of this program call themselves.
pub const FORMAT: &str = "tradewind.backtest";
/// Version of the document's form.
pub const VERSION: u32 = 1;

/// A backtest's result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BacktestDocument {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// Version of the program that made it.
    pub program: String,
    /// Name for people.
    pub name: String,
    /// What was run.
    pub setup: SetupPart,
    /// What the figures rest on, in sentences.
    pub assumptions: Vec<Assumption>,
    /// Checks of the result itself.
    pub checks: ChecksPart,
    /// What happened, counted.
    pub summary: SummaryPart,
    /// All statistics, as `BacktestStatistics` writes them.
    pub statistics: serde_json::Value,
    /// Equity over time, as columns.
    pub equity: EquityPart,
    /// Closed trades.
    pub trades: Vec<TradeDoc>,
    /// Orders.
    pub orders: Vec<OrderDoc>,
    /// Fills.
    pub fills: Vec<FillDoc>,
}

impl BacktestDocument {
    /// A figure of the statistics by its path, e.g. `returns.sharpe`.
    #[must_use]
    pub fn figure(&self, path: &str) -> Option<f64> {
        let mut at = &self.statistics;
        for key in path.split('.') {
            at = at.get(key)?;
        }
        at.as_f64()
    }
}

/// What was run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetupPart {
    /// SHA-256 of the configuration's text.
    pub config_sha256: String,
    /// Name of the strategy, or of the script's file.
    pub strategy: String,
    /// SHA-256 of the script.
    pub script_sha256: Option<String>,
    /// Parameters that were given.
    pub parameters: ParamMap,
    /// Bars of the strategy.
    pub interval: String,
    /// Instruments in the order of the strategy's slots.
    pub instruments: Vec<String>,
    /// Benchmark.
    pub benchmark: Option<String>,
    /// Money at the start.
    pub cash: String,
    /// Its currency.
    pub currency: String,
    /// Whether on margin.
    pub margin: bool,
    /// Seed of all chance.
    pub seed: u64,
    /// When the first row was known.
    #[serde(with = "tradewind_types::time::rfc3339")]
    pub first: UnixNanos,
    /// When the last row was known.
    #[serde(with = "tradewind_types::time::rfc3339")]
    pub last: UnixNanos,
}

/// One thing that the figures rest on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assumption {
    /// What it is about, one word.
    pub about: String,
    /// The assumption.
    pub text: String,
}

/// Checks of the result itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChecksPart {
    /// Repetition on truncated data.
    pub lookahead: LookaheadCheck,
    /// Whether the ledger's laws hold at the end; the first that does not.
    pub ledger: Option<String>,
    /// Outcomes that did not fit the state; 0 unless the program is broken.
    pub illegal_outcomes: u64,
    /// Hash over all orders, fills, trades and equity; equal for equal runs.
    pub hash: String,
}

/// What happened, counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SummaryPart {
    /// Bars handled.
    pub bars: u64,
    /// Quotes handled.
    pub quotes: u64,
    /// Public trades handled.
    pub trade_prints: u64,
    /// Changes of books handled.
    #[serde(default)]
    pub book_changes: u64,
    /// Orders made.
    pub orders: u64,
    /// Fills.
    pub fills: u64,
    /// Closed trades.
    pub trades: u64,
    /// Orders by what became of them.
    pub orders_by_state: BTreeMap<String, u64>,
    /// Denied orders by the rule that denied.
    pub denials: BTreeMap<String, u64>,
    /// What strategies asked for that made no order.
    pub dropped_intents: u64,
    /// Warnings of the gate.
    pub warnings: u64,
    /// The last of them, in words.
    #[serde(default)]
    pub warned: Vec<String>,
    /// What was received (above 0) and paid (below 0) beside the prices of fills, by kind and currency.
    #[serde(default)]
    pub booked: Vec<BookedDoc>,
    /// Strategies halted by the gate or by themselves: when (where known), which, why.
    pub halts: Vec<HaltDoc>,
    /// Steps in time that left bars out, by source.
    pub gaps: Vec<GapDoc>,
    /// Equity at the start.
    pub initial_equity: String,
    /// Equity at the end.
    pub final_equity: String,
    /// Fees paid, net of rebates, in the account's currency.
    pub fees: String,
    /// Result of the closed trades after fees, in the account's currency.
    pub closed_pnl: String,
    /// Positions that are open at the end: instrument and quantity.
    pub open_positions: Vec<PositionDoc>,
}

/// Income or cost of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BookedDoc {
    /// Funding, interest, commission, taxes …
    pub kind: String,
    /// Received above 0, paid below.
    pub amount: String,
    /// In which currency.
    pub currency: String,
}

/// A halted strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HaltDoc {
    /// When, where the gate halted it.
    pub ts: Option<String>,
    /// Which.
    pub strategy: String,
    /// Why.
    pub reason: String,
}

/// Gaps of one source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GapDoc {
    /// Its instrument.
    pub instrument: String,
    /// How many.
    pub count: u64,
    /// The longest, in intervals left out.
    pub longest: u64,
    /// The first row after the longest.
    pub longest_at_row: u64,
}

/// An open position.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PositionDoc {
    /// Which instrument.
    pub instrument: String,
    /// How much; negative = short.
    pub quantity: String,
}

/// Equity over time, columns of one length.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct EquityPart {
    /// How often: `day`, `hour`, `row`.
    pub sampling: String,
    /// Times.
    pub ts: Vec<String>,
    /// Cash and the value of positions.
    pub equity: Vec<f64>,
    /// Cash.
    pub cash: Vec<f64>,
    /// Σ |value| of positions.
    pub exposure: Vec<f64>,
    /// Fall from the highest so far, 0 or below.
    pub drawdown: Vec<f64>,
    /// The benchmark's price; empty without one.
    pub benchmark: Vec<f64>,
}

/// One closed trade.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TradeDoc {
    /// Instrument.
    pub instrument: String,
    /// Strategy's instance.
    pub strategy: Option<String>,
    /// `BUY` = long, `SELL` = short.
    pub side: String,
    /// How much.
    pub quantity: String,
    /// Opened.
    pub entry_ts: String,
    /// At.
    pub entry_price: String,
    /// Closed.
    pub exit_ts: String,
    /// At.
    pub exit_price: String,
    /// Result after fees.
    pub pnl: String,
    /// Fees of both sides.
    pub fees: String,
    /// Result ÷ cost at entry.
    pub return_fraction: Option<f64>,
    /// Largest open loss on the way, 0 or below; by lows and highs of the bars held.
    pub mae: Option<String>,
    /// Largest open gain on the way, 0 or above.
    pub mfe: Option<String>,
    /// Bars between entry and exit.
    pub bars_held: u32,
}

/// One order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderDoc {
    /// Client order id.
    pub id: String,
    /// Instrument.
    pub instrument: String,
    /// Strategy's instance.
    pub strategy: Option<String>,
    /// `BUY`, `SELL`.
    pub side: String,
    /// `MARKET`, `LIMIT` …
    #[serde(rename = "type")]
    pub kind: String,
    /// Limit price.
    pub price: Option<String>,
    /// Trigger of a stop.
    pub trigger: Option<String>,
    /// `GTC`, `IOC` …
    pub time_in_force: String,
    /// How much.
    pub quantity: String,
    /// May only shrink a position.
    pub reduce_only: bool,
    /// Hangs on another order.
    pub child: bool,
    /// Made.
    pub created: String,
    /// Last changed.
    pub updated: String,
    /// State.
    pub state: String,
    /// Σ filled.
    pub filled: String,
    /// Average price of the fills.
    pub average_price: Option<String>,
    /// Why it was made.
    pub reason: Option<String>,
    /// Why it was denied, rejected or canceled.
    pub note: Option<String>,
}

/// One fill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FillDoc {
    /// Client order id.
    pub order: String,
    /// Instrument.
    pub instrument: String,
    /// `BUY`, `SELL`.
    pub side: String,
    /// When.
    pub ts: String,
    /// How much.
    pub quantity: String,
    /// At.
    pub price: String,
    /// Fee; negative = rebate.
    pub fee: String,
    /// Took liquidity.
    pub taker: bool,
}

/// Makes the document of a run.
///
/// # Errors
/// [`BacktestError`] of the statistics, or of the benchmark's data.
pub fn build(
    config: &BacktestConfig,
    inputs: &Inputs,
    output: &RunOutput,
    lookahead: LookaheadCheck,
) -> Result<BacktestDocument, BacktestError> {
    let curve = statistics::curve(output)?;
    let trades = statistics::trades(output);
    let benchmark = statistics::benchmark(config, inputs, curve.ts())?;
    let figures = statistics::statistics(config, &curve, &trades, benchmark.as_deref())?;
    let figures = serde_json::to_value(&figures).map_err(|e| BacktestError::Statistics(e.to_string()))?;
    Ok(BacktestDocument {
        format: FORMAT.to_owned(),
        version: VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        name: config.name.clone(),
        setup: setup(config, output),
        assumptions: assumptions(config),
        checks: ChecksPart {
            lookahead,
            ledger: output.broken.clone(),
            illegal_outcomes: output.illegal,
            hash: fingerprint::fingerprint(output),
        },
        summary: summary(config, output),
        statistics: figures,
        equity: equity(config, output, benchmark),
        trades: output
            .capture
            .trades
            .iter()
            .map(|t| trade_doc(t, output))
            .collect(),
        orders: output
            .capture
            .orders
            .iter()
            .map(|o| order_doc(o, output))
            .collect(),
        fills: output.capture.fills.iter().map(|f| fill_doc(f, output)).collect(),
    })
}

fn setup(config: &BacktestConfig, output: &RunOutput) -> SetupPart {
    let wanted = &config.strategy;
    let (strategy, script_sha256) = match &wanted.what {
        StrategyWhat::BuiltIn(name) => (name.clone(), None),
        StrategyWhat::Script { file, sha256, .. } => {
            let name = file
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            (name, Some(sha256.clone()))
        }
    };
    SetupPart {
        config_sha256: config.sha256.clone(),
        strategy,
        script_sha256,
        parameters: wanted.parameters.clone(),
        interval: wanted.interval.to_string(),
        instruments: wanted.instruments.iter().map(ToString::to_string).collect(),
        benchmark: config.benchmark.as_ref().map(ToString::to_string),
        cash: canonical(config.account.cash),
        currency: config.account.currency.to_string(),
        margin: config.account.margin || config.risk.margin.enabled,
        seed: config.seed,
        first: output.first,
        last: output.last,
    }
}

fn summary(config: &BacktestConfig, output: &RunOutput) -> SummaryPart {
    let capture = &output.capture;
    let mut orders_by_state = BTreeMap::new();
    for order in &capture.orders {
        *orders_by_state.entry(order.state.to_owned()).or_default() += 1;
    }
    let rule = |rule| {
        let name = serde_json::to_value(rule).ok();
        name.and_then(|n| n.as_str().map(str::to_owned))
            .unwrap_or_default()
    };
    let halts = capture.halts.iter().map(|(ts, strategy, reason)| HaltDoc {
        ts: Some(ts.to_rfc3339()),
        strategy: strategy.to_string(),
        reason: reason.clone(),
    });
    let stopped = output.stopped.iter().map(|(strategy, reason)| HaltDoc {
        ts: None,
        strategy: strategy.to_string(),
        reason: reason.clone(),
    });
    let gaps = config.data.iter().zip(&output.gaps).map(|(data, gap)| GapDoc {
        instrument: data.instrument.to_string(),
        count: gap.count,
        longest: gap.longest,
        longest_at_row: gap.longest_at,
    });
    let equity_at =
        |point: Option<&super::EquityPoint>| point.map_or_else(String::new, |p| canonical(p.equity));
    let worth = |idx, ts, amount: Decimal| output.rate_of(idx, ts).and_then(|rate| amount.checked_mul(rate));
    let fees = capture.fills.iter().filter_map(|f| {
        let order = capture.orders.get(f.order as usize)?;
        worth(order.instrument, f.ts, f.fee)
    });
    let fees: Decimal = fees.sum();
    let closed = capture.trades.iter();
    let closed: Decimal = closed
        .filter_map(|t| worth(t.instrument, t.exit_ts, t.gross - t.fees))
        .sum();
    SummaryPart {
        bars: output.rows.bars,
        quotes: output.rows.quotes,
        trade_prints: output.rows.trades,
        book_changes: output.rows.depth,
        orders: capture.orders.len() as u64,
        fills: capture.fills.len() as u64,
        trades: capture.trades.len() as u64,
        orders_by_state,
        denials: capture.denials.iter().map(|(r, n)| (rule(*r), *n)).collect(),
        dropped_intents: output.dropped,
        warnings: capture.warnings,
        warned: capture
            .warned
            .iter()
            .map(|(ts, text)| format!("{ts}: {text}"))
            .collect(),
        booked: capture
            .booked
            .iter()
            .filter(|(_, amount)| !amount.is_zero())
            .map(|((kind, currency), amount)| BookedDoc {
                kind: (*kind).to_owned(),
                amount: canonical(*amount),
                currency: currency.to_string(),
            })
            .collect(),
        halts: halts.chain(stopped).collect(),
        gaps: gaps.collect(),
        initial_equity: equity_at(output.equity.first()),
        final_equity: equity_at(output.equity.last()),
        fees: canonical(fees),
        closed_pnl: canonical(closed),
        open_positions: output
            .open_positions
            .iter()
            .map(|(idx, quantity)| PositionDoc {
                instrument: name_of(output, *idx),
                quantity: canonical(*quantity),
            })
            .collect(),
    }
}

fn equity(config: &BacktestConfig, output: &RunOutput, benchmark: Option<Vec<f64>>) -> EquityPart {
    let number = |d: Decimal| d.to_f64().unwrap_or(f64::NAN);
    let mut peak = f64::NEG_INFINITY;
    let mut part = EquityPart {
        sampling: config.equity.name().to_owned(),
        benchmark: benchmark.unwrap_or_default(),
        ..EquityPart::default()
    };
    for point in &output.equity {
        let equity = number(point.equity);
        peak = peak.max(equity);
        part.ts.push(point.ts.to_rfc3339());
        part.equity.push(equity);
        part.cash.push(number(point.cash));
        part.exposure.push(number(point.exposure));
        part.drawdown
            .push(if peak > 0.0 { equity / peak - 1.0 } else { 0.0 });
    }
    part
}

fn name_of(output: &RunOutput, idx: tradewind_types::InstrumentIdx) -> String {
    output
        .instruments
        .get(idx.slot())
        .map_or_else(String::new, |i| i.id.to_string())
}

fn trade_doc(row: &TradeRow, output: &RunOutput) -> TradeDoc {
    let pnl = row.gross - row.fees;
    let excursion = |price: i64| {
        let instrument = output.instruments.get(row.instrument.slot())?;
        let moved = PriceMantissa(price).to_decimal(instrument.price_scale) - row.entry_price.decimal();
        let money = moved
            .checked_mul(row.quantity)?
            .checked_mul(instrument.multiplier)?;
        let long = row.side == tradewind_types::Side::Buy;
        Some(if long { money } else { -money })
    };
    let fraction = pnl.checked_div(row.entry_value).and_then(|f| f.to_f64());
    TradeDoc {
        instrument: name_of(output, row.instrument),
        strategy: row.strategy.as_ref().map(ToString::to_string),
        side: row.side.to_string(),
        quantity: canonical(row.quantity),
        entry_ts: row.entry_ts.to_rfc3339(),
        entry_price: row.entry_price.to_string(),
        exit_ts: row.exit_ts.to_rfc3339(),
        exit_price: row.exit_price.to_string(),
        pnl: canonical(pnl),
        fees: canonical(row.fees),
        return_fraction: fraction,
        mae: excursion(row.worst).map(|m| canonical(m.min(Decimal::ZERO))),
        mfe: excursion(row.best).map(|m| canonical(m.max(Decimal::ZERO))),
        bars_held: row.bars_held,
    }
}

fn order_doc(row: &OrderRow, output: &RunOutput) -> OrderDoc {
    let (kind, price, trigger) = match row.kind {
        OrderKind::Market => ("MARKET", None, None),
        OrderKind::Limit { price, .. } => ("LIMIT", Some(price), None),
        OrderKind::StopMarket { trigger } => ("STOP_MARKET", None, Some(trigger)),
        OrderKind::StopLimit { trigger, price, .. } => ("STOP_LIMIT", Some(price), Some(trigger)),
        OrderKind::TrailingStop { .. } => ("TRAILING_STOP", None, None),
    };
    let average = row.filled_value.checked_div(row.filled);
    OrderDoc {
        id: row.id.to_string(),
        instrument: name_of(output, row.instrument),
        strategy: row.strategy.as_ref().map(ToString::to_string),
        side: row.side.to_string(),
        kind: kind.to_owned(),
        price: price.map(|p| p.to_string()),
        trigger: trigger.map(|p| p.to_string()),
        time_in_force: match row.time_in_force {
            TimeInForce::Day => "DAY",
            TimeInForce::Gtc => "GTC",
            TimeInForce::Ioc => "IOC",
            TimeInForce::Fok => "FOK",
            TimeInForce::Gtd { .. } => "GTD",
        }
        .to_owned(),
        quantity: row.quantity.to_string(),
        reduce_only: row.reduce_only,
        child: row.child,
        created: row.created.to_rfc3339(),
        updated: row.updated.to_rfc3339(),
        state: row.state.to_owned(),
        filled: canonical(row.filled),
        average_price: average.map(|p| canonical(p.round_dp(12))),
        reason: row.reason.as_ref().map(ToString::to_string),
        note: row.note.as_ref().map(ToString::to_string),
    }
}

fn fill_doc(row: &FillRow, output: &RunOutput) -> FillDoc {
    let order = output.capture.orders.get(row.order as usize);
    FillDoc {
        order: order.map_or_else(String::new, |o| o.id.to_string()),
        instrument: order.map_or_else(String::new, |o| name_of(output, o.instrument)),
        side: order.map_or_else(String::new, |o| o.side.to_string()),
        ts: row.ts.to_rfc3339(),
        quantity: row.quantity.to_string(),
        price: row.price.to_string(),
        fee: canonical(row.fee),
        taker: row.taker,
    }
}

//! Backtests on one core: rows per second of CPU time through strategy, risk gate, order state machine, matching,
//! ledger and statistics. The data is that of the peers ([`data`]), in memory; reading files is measured apart.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tradewind_engine::backtest::data::{
    BarColumns, BarRow, Chunk, DataError, DataKind, Feed, GapCount, MemorySource, Merge, Period,
    QuoteColumns, Source,
};
use tradewind_engine::backtest::sweep::{Grid, Objective, SweepPlan, sweep};
use tradewind_engine::backtest::{
    BacktestConfig, Control, Inputs, RunOutput, backtest, figures, player, players, run, stage,
};
use tradewind_strategy::{EmaCross, EmaCrossParams, EntryParams};
use tradewind_types::market::{BarGrid, BarInterval};
use tradewind_types::{InstrumentIdx, StrategyId};

use super::Figure;
use super::cpu::cpu_seconds;
use super::data::{self, BARS, QUOTES};
use crate::args::BenchArgs;
use crate::failure::Failure;

/// Of the lane with few orders: this many rows, again and again.
const MANY_BARS: u64 = 10_000_000;
const START_NS: u64 = 1_600_000_020 * 1_000_000_000;
const MINUTE_NS: u64 = 60 * 1_000_000_000;

pub(super) fn bars_ema_10_20(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    let rows = Arc::new(walk(BARS));
    let (mut runs, mut note) = (Vec::new(), String::new());
    for _ in 0..args.runs.max(1) {
        let (seconds, output) = timed(&rows, 10, 20)?;
        runs.push(BARS as f64 / seconds);
        note = format!(
            "{} orders in {BARS} bars, statistics included",
            output.capture.orders.len()
        );
    }
    Ok(vec![Figure::of("backtest.bars_ema_10_20", "bars/s", runs, &note)])
}

pub(super) fn bars_few_orders(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    let Chunk::Bars(base) = walk(BARS) else {
        return Ok(Vec::new());
    };
    let base = Arc::new(base);
    let (mut runs, mut note) = (Vec::new(), String::new());
    for _ in 0..args.runs.max(1) {
        let source = Repeated {
            base: Arc::clone(&base),
            row: 0,
            rows: MANY_BARS,
        };
        let (seconds, output) = timed_over(Box::new(source), (1_000, 5_000), &config()?)?;
        runs.push(MANY_BARS as f64 / seconds);
        note = format!(
            "EMA 1000/5000, {} orders in {MANY_BARS} bars",
            output.capture.orders.len()
        );
    }
    Ok(vec![Figure::of(
        "backtest.bars_few_orders",
        "bars/s",
        runs,
        &note,
    )])
}

pub(super) fn quotes_ema_10_20(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    let rows = Arc::new(quotes(QUOTES));
    let (mut runs, mut note) = (Vec::new(), String::new());
    for _ in 0..args.runs.max(1) {
        let (seconds, output) = timed(&rows, 10, 20)?;
        runs.push(QUOTES as f64 / seconds);
        note = format!(
            "{QUOTES} quotes a second apart, 1-minute bars built from their mids, {} orders",
            output.capture.orders.len()
        );
    }
    Ok(vec![Figure::of(
        "backtest.quotes_ema_10_20",
        "quotes/s",
        runs,
        &note,
    )])
}

pub(super) fn scaling(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    let (once, twice) = (Arc::new(walk(BARS)), Arc::new(walk(2 * BARS)));
    let mut runs = Vec::new();
    for _ in 0..args.runs.max(1) {
        let (small, _) = timed(&once, 10, 20)?;
        let (large, _) = timed(&twice, 10, 20)?;
        runs.push(large / small);
    }
    let note = format!("CPU time of {} bars ÷ that of {BARS}", 2 * BARS);
    Ok(vec![Figure::of("backtest.scaling", "ratio", runs, &note)])
}

/// CPU time of twice the data ÷ that of the data, at each doubling up to ten million bars, and up to a million orders.
pub(super) fn scaling_up(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    let Chunk::Bars(base) = walk(BARS) else {
        return Ok(Vec::new());
    };
    let base = Arc::new(base);
    let config = config()?;
    let over = |rows: u64, averages: (usize, usize)| {
        let source = Repeated {
            base: Arc::clone(&base),
            row: 0,
            rows,
        };
        timed_over(Box::new(source), averages, &config)
    };
    let lanes = [
        ("backtest.scaling_bars", (1_000, 5_000), MANY_BARS),
        // Some nine orders in a hundred bars.
        ("backtest.scaling_orders", (10, 20), 11_500_000),
    ];
    let mut figures = Vec::with_capacity(lanes.len());
    for (name, averages, most) in lanes {
        let (mut runs, mut note) = (Vec::new(), String::new());
        for _ in 0..args.runs.max(1) {
            let (mut before, mut worst) = (None::<f64>, 0.0_f64);
            for rows in [most / 4, most / 2, most] {
                let (seconds, output) = over(rows, averages)?;
                worst = worst.max(before.map_or(0.0, |before| seconds / before));
                before = Some(seconds);
                note = format!(
                    "the worst doubling up to {rows} bars and {} orders",
                    output.capture.orders.len()
                );
            }
            runs.push(worst);
        }
        figures.push(Figure::of(name, "ratio", runs, &note));
    }
    Ok(figures)
}

/// Peak memory of `tradewind backtest run` over a file of ten million bars, in a process of its own.
pub(super) fn memory(_: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    let folder = std::env::temp_dir().join(format!("tradewind-bench-memory-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let measured = peak_of_run(&folder);
    std::fs::remove_dir_all(&folder)?;
    let note = format!("peak resident memory of `backtest run` over a CSV file of {MANY_BARS} bars");
    Ok(vec![Figure::of("backtest.memory", "MB", vec![measured?], &note)])
}

fn peak_of_run(folder: &Path) -> Result<f64, Failure> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(folder.join("bars.csv"))?);
    writeln!(out, "ts,open,high,low,close,volume")?;
    for (row, b) in data::bars().take(MANY_BARS as usize).enumerate() {
        let seconds = (START_NS + row as u64 * MINUTE_NS) / 1_000_000_000;
        let [open, high, low, close] = [b.open, b.high, b.low, b.close].map(data::Cents);
        writeln!(out, "{seconds},{open},{high},{low},{close},{}", b.volume)?;
    }
    out.flush()?;
    drop(out);
    let text = CONFIG.replace("file = \"none\"", "file = \"bars.csv\"").replace(
        "id = \"ema_cross\"",
        "id = \"ema_cross\"\nparameters = { fast = 1000, slow = 5000, size = 0.1 }",
    );
    let config = folder.join("bt.toml");
    std::fs::write(&config, text)?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(["backtest", "run", "--quiet", "--json", "--config"])
        .arg(&config)
        .stdout(Stdio::null())
        .spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0u64;
    let ended = loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse().ok());
        peak_kib = peak_kib.max(kib.unwrap_or(0));
        if let Some(ended) = child.try_wait()? {
            break ended;
        }
        #[allow(
            clippy::disallowed_methods,
            reason = "how often a child's memory is looked at"
        )]
        std::thread::sleep(Duration::from_millis(20));
    };
    if !ended.success() {
        return Err(Failure::failed(format!("the run ended with {ended}")));
    }
    Ok(peak_kib as f64 * 1_024.0 / 1e6)
}

/// 1 when two runs have one hash, and a sweep on one thread and on all has one; anything else is a failure.
pub(super) fn determinism(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    let config = config()?;
    let inputs = Inputs::Memory(vec![(Arc::new(walk(BARS)), GapCount::default())]);
    let mut grid = Grid::default();
    grid.add("fast=5..20:5").map_err(failed)?;
    grid.add("slow=30,60").map_err(failed)?;
    let swept = |threads: usize| {
        sweep(SweepPlan {
            config: &config,
            inputs: &inputs,
            grid: &grid,
            objective: Objective::Sharpe,
            threads,
            done: Vec::new(),
            on_row: &|_| {},
            cancel: &AtomicBool::new(false),
        })
    };
    let once = || backtest(&config, &inputs, &Control::default()).map(|d| d.checks.hash);
    let cores = std::thread::available_parallelism().map_or(2, usize::from).max(2);
    let (mut runs, mut note) = (Vec::new(), String::new());
    for _ in 0..args.runs.max(1) {
        let (first, second) = (once().map_err(failed)?, once().map_err(failed)?);
        let (one, many) = (swept(1).map_err(failed)?.hash, swept(cores).map_err(failed)?.hash);
        if first != second || one != many {
            return Err(Failure::failed(format!(
                "runs {first} and {second}, sweeps {one} on one thread and {many} on {cores}"
            )));
        }
        runs.push(1.0);
        note = format!("two runs {first:.12}, 8 variants on 1 and on {cores} threads {one:.12}");
    }
    Ok(vec![Figure::of("backtest.determinism", "equal", runs, &note)])
}

pub(super) fn script_ema_10_20(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    let folder = std::env::temp_dir().join(format!("tradewind-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("ema.rhai"), SCRIPT)?;
    let text = CONFIG.replace("id = \"ema_cross\"", "script = \"ema.rhai\"");
    let config =
        BacktestConfig::parse(&text, &folder.join("bt.toml")).map_err(|e| Failure::failed(e.to_string()));
    std::fs::remove_dir_all(&folder)?;
    let config = config?;
    let rows = Arc::new(walk(BARS));
    let (mut runs, mut note) = (Vec::new(), String::new());
    for _ in 0..args.runs.max(1) {
        let mut stage = stage(&config).map_err(failed)?;
        let players = players(&config, &mut stage).map_err(failed)?;
        let merge = merge(Box::new(MemorySource::new(Arc::clone(&rows))))?;
        let started = cpu_seconds();
        let output = run(stage, players, merge, &Control::default()).map_err(failed)?;
        runs.push(BARS as f64 / (cpu_seconds() - started));
        note = format!(
            "EMA cross as a Rhai script, {} orders in {BARS} bars",
            output.capture.orders.len()
        );
    }
    Ok(vec![Figure::of(
        "backtest.script_ema_10_20",
        "bars/s",
        runs,
        &note,
    )])
}

const SCRIPT: &str = r#"
fn init() { #{ indicators: ["EMA_10", "EMA_20"], window: 2, warm_up: 21 } }
fn on_bar(ctx) {
    let above = ctx.value("EMA_10") > ctx.value("EMA_20");
    let was_above = ctx.value("EMA_10", 1) > ctx.value("EMA_20", 1);
    if above == was_above { return; }
    if above { buy(#{ fraction: 0.1, reason: "crossed above" }); } else { close("crossed below"); }
}
"#;

const CONFIG: &str = r#"
[account]
cash = "1000000"
margin = true
[[instruments]]
id = "WALK.BENCH"
kind = "future"
tick = "0.01"
lot = "0.001"
[[data]]
file = "none"
interval = "1m"
[strategy]
id = "ema_cross"
[[fees]]
taker = "0.0001"
[risk]
profile = "wide"
[output]
monte_carlo_runs = 0
lookahead_cuts = 0
"#;

fn config() -> Result<BacktestConfig, Failure> {
    BacktestConfig::parse(CONFIG, Path::new("bench.toml")).map_err(|e| Failure::failed(e.to_string()))
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::failed(error.to_string())
}

fn timed(rows: &Arc<Chunk>, fast: usize, slow: usize) -> Result<(f64, RunOutput), Failure> {
    timed_over(
        Box::new(MemorySource::new(Arc::clone(rows))),
        (fast, slow),
        &config()?,
    )
}

fn timed_over(
    source: Box<dyn Source>,
    (fast, slow): (usize, usize),
    config: &BacktestConfig,
) -> Result<(f64, RunOutput), Failure> {
    let mut stage = stage(config).map_err(failed)?;
    let id = StrategyId::new("ema_cross").map_err(failed)?;
    let params = EmaCrossParams {
        fast,
        slow,
        entry: EntryParams {
            short: true,
            size: 0.1,
            ..EntryParams::default()
        },
    };
    let strategy = EmaCross::new(id.clone(), BarInterval::M1, params);
    let player = player(&mut stage, id, vec![InstrumentIdx(0)], strategy).map_err(failed)?;
    let merge = merge(source)?;
    let started = cpu_seconds();
    let output = run(stage, vec![player], merge, &Control::default()).map_err(failed)?;
    let _ = figures(config, &output).map_err(failed)?;
    Ok((cpu_seconds() - started, output))
}

fn merge(source: Box<dyn Source>) -> Result<Merge, Failure> {
    let feed = Feed {
        instrument: InstrumentIdx(0),
        interval: BarInterval::M1,
        grid: BarGrid::Utc,
        source,
    };
    Merge::new(vec![feed], Period::default()).map_err(failed)
}

/// The bars that the peers get as `bars.csv`.
fn walk(bars: usize) -> Chunk {
    let mut columns = BarColumns::default();
    for bar in data::bars().take(bars) {
        columns.push(BarRow {
            ts: bar.close_ns.unsigned_abs() - MINUTE_NS,
            ohlc: [bar.open, bar.high, bar.low, bar.close],
            volume: i128::from(bar.volume),
        });
    }
    Chunk::Bars(columns)
}

/// The quotes that the peers get as `quotes.csv`.
fn quotes(count: usize) -> Chunk {
    let mut columns = QuoteColumns::default();
    for quote in data::quotes().take(count) {
        columns.ts.push(quote.ts_ns.unsigned_abs());
        columns.bid.push(quote.bid);
        columns.ask.push(quote.ask);
        columns.bid_size.push(i128::from(quote.bid_size));
        columns.ask_size.push(i128::from(quote.ask_size));
    }
    Chunk::Quotes(columns)
}

/// The same rows again and again, later each time: as many rows as wanted in little memory.
struct Repeated {
    base: Arc<BarColumns>,
    row: u64,
    rows: u64,
}

impl Source for Repeated {
    fn kind(&self) -> DataKind {
        DataKind::Bars
    }

    fn fill(&mut self, chunk: &mut Chunk) -> Result<(), DataError> {
        chunk.clear();
        let Chunk::Bars(to) = chunk else { return Ok(()) };
        let length = self.base.ts.len();
        let from = (self.row % length as u64) as usize;
        let left = usize::try_from(self.rows - self.row).unwrap_or(usize::MAX);
        let count = (length - from).min(8_192).min(left);
        let range = from..from + count;
        to.ts
            .extend((self.row..self.row + count as u64).map(|n| START_NS + n * MINUTE_NS));
        to.open.extend_from_slice(&self.base.open[range.clone()]);
        to.high.extend_from_slice(&self.base.high[range.clone()]);
        to.low.extend_from_slice(&self.base.low[range.clone()]);
        to.close.extend_from_slice(&self.base.close[range.clone()]);
        to.volume.extend_from_slice(&self.base.volume[range]);
        self.row += count as u64;
        Ok(())
    }
}

//! `tradewind indicators`: what there is, and its figures over bars of a file, without a server.

mod bars_csv;
mod compute;
mod digits;
mod list;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::output::seen_enough;

#[derive(Debug, Args)]
pub(crate) struct IndicatorsArgs {
    #[command(subcommand)]
    command: IndicatorsCommand,
}

#[derive(Debug, Subcommand)]
enum IndicatorsCommand {
    /// Every indicator: name, parameters with defaults, inputs, outputs, TA-Lib's name where there is one.
    #[command(
        after_help = "Example:\n  tradewind indicators list --group momentum\n  tradewind indicators list --json"
    )]
    List(ListArgs),
    /// Figures over the bars of a file, as CSV: `ts` and one column per output.
    #[command(
        after_help = "Example:\n  tradewind indicators compute --input bars.csv --spec RSI_14 --spec MACD_12_26_9\n  zcat bars.csv.gz | tradewind indicators compute --input - --spec BBANDS_20_2\n\nColumns are called by the spec as it is given: `RSI_14`; with several outputs `BBANDS_20_2.upper`.\nAn empty cell = no value. Exit code 3: a line was refused."
    )]
    Compute(ComputeArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Only one group: trend, momentum, volatility, volume, cycle, statistics, price, candlestick_pattern,
    /// chart_pattern, levels.
    #[arg(long)]
    group: Option<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct ComputeArgs {
    /// CSV with the columns `ts,open,high,low,close[,volume]` in any case and order, oldest bar first; plain or gzip;
    /// `-` = standard input.
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// An indicator's id, e.g. `RSI_14`; parameters left out have their defaults. May be given several times.
    #[arg(long = "spec", value_name = "ID", required = true)]
    specs: Vec<String>,
}

pub(crate) fn run(args: &IndicatorsArgs) -> Result<(), Failure> {
    let written = match &args.command {
        IndicatorsCommand::List(args) => list::run(args)?,
        IndicatorsCommand::Compute(args) => compute::run(args)?,
    };
    seen_enough(written)
}

//! `tradewind portfolio metrics`: every figure of a series of returns, from CSV to JSON, without a server.

mod returns_csv;

use std::io::{self, BufWriter, Write};

use jiff::tz::TimeZone;
use tradewind_analytics::returns::{Conventions, ReturnStatistics};

use crate::args::{PortfolioArgs, PortfolioCommand, PortfolioMetricsArgs};
use crate::failure::Failure;
use crate::output::seen_enough;

pub(crate) fn run(args: &PortfolioArgs) -> Result<(), Failure> {
    match &args.command {
        PortfolioCommand::Metrics(args) => metrics(args),
    }
}

fn metrics(args: &PortfolioMetricsArgs) -> Result<(), Failure> {
    let benchmark_path = args.benchmark.as_ref();
    if args.returns.as_os_str() == "-" && benchmark_path.is_some_and(|path| path.as_os_str() == "-") {
        return Err(Failure::Usage(
            "only one of --returns and --benchmark can be `-`".to_owned(),
        ));
    }
    let conventions = Conventions {
        periods_per_year: args.periods_per_year,
        risk_free: args.risk_free,
        required_return: args.required_return,
        zone: TimeZone::UTC,
        rolling_window: args.window,
        drawdowns_max: args.drawdowns,
        ..Conventions::default()
    };
    // Before any file is read: it is the command line that is wrong.
    conventions
        .check()
        .map_err(|error| Failure::Usage(error.to_string()))?;
    let returns = returns_csv::read(&args.returns)?;
    let benchmark = benchmark_path.map(|path| returns_csv::read(path)).transpose()?;
    let statistics = ReturnStatistics::compute(&returns, benchmark.as_ref(), &conventions)
        .map_err(|error| Failure::Input(error.to_string()))?;
    if statistics.benchmark.is_some_and(|versus| versus.periods == 0) {
        return Err(Failure::Input(
            "the returns and the benchmark share no time stamp; both need the same ones".to_owned(),
        ));
    }
    let mut output = BufWriter::new(io::stdout().lock());
    let written = serde_json::to_writer_pretty(&mut output, &statistics)
        .map_err(io::Error::from)
        .and_then(|()| writeln!(output))
        .and_then(|()| output.flush());
    seen_enough(written)
}

//! `tradewind catalog export`.

use tradewind_store::catalog::export::{ExportOptions, Format};
use tradewind_store::catalog::{CatalogError, Query};

use super::args::ExportArgs;
use super::calendars::grid;
use super::{failure, nanos, open, pairs, series, stamp, time, zone};
use crate::commands::backtest::tell;
use crate::failure::Failure;
use crate::output::seen_enough;

pub(super) async fn run(args: ExportArgs) -> Result<(), Failure> {
    let format = Format::of_name(&args.output).ok_or_else(|| {
        Failure::Usage(format!(
            "{}: right are .csv, .csv.gz, .zip, .parquet or -",
            args.output
        ))
    })?;
    let options = ExportOptions {
        zone: zone(&args.tz)?,
        stamp: stamp(args.stamp),
        grid: args.calendar.as_deref().map(grid).transpose()?,
        columns: pairs(&args.columns),
        ..ExportOptions::new(format)
    };
    let bound = |text: &Option<String>, otherwise: i64| match text {
        None => Ok(otherwise),
        Some(text) => time(text).map(nanos),
    };
    let times = bound(&args.from, 0)?..bound(&args.to, i64::MAX)?;
    if times.is_empty() {
        return Err(Failure::Usage("--from must come before --to".to_owned()));
    }
    let catalog = open(&args.place).await?;
    let query = Query::all(series(&args.series)?).between(times);
    let quiet = args.quiet;
    let progress = |rows: u64| {
        tell(quiet, &format!("{rows} rows"));
        true
    };
    let exported = catalog.export(&query, &options, &args.output, progress).await;
    tell(quiet, "");
    let rows = match exported {
        // As for everything that is written to a reader who may have seen enough.
        Err(CatalogError::Io { source, .. }) if args.output == "-" => return seen_enough(Err(source)),
        other => other.map_err(failure)?,
    };
    if rows == 0 {
        return Err(Failure::failed(format!(
            "there is nothing of {} in that time",
            query.series
        )));
    }
    if args.output != "-" {
        println!("{rows} rows written to {}", args.output);
    }
    Ok(())
}

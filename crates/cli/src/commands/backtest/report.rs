//! `tradewind backtest report`: one self-contained HTML file.

use std::path::Path;

use tradewind_engine::backtest::BacktestDocument;
use tradewind_server::web::report;

use super::args::ReportArgs;
use super::document;
use crate::failure::Failure;

pub(super) fn run(args: &ReportArgs) -> Result<(), Failure> {
    write(&document(&args.result)?, &args.output)
}

pub(super) fn write(document: &BacktestDocument, file: &Path) -> Result<(), Failure> {
    let page = report::page(document).map_err(|e| Failure::failed(e.to_string()))?;
    std::fs::write(file, page).map_err(|e| Failure::failed(format!("{}: {e}", file.display())))
}

//! `tradewind backtest report`: one self-contained HTML file with the result embedded at a marker.

use std::path::Path;

use tradewind_engine::backtest::BacktestDocument;

use super::args::ReportArgs;
use super::document;
use crate::failure::Failure;

/// The page that the web app's build makes, embedded in the program.
const PAGE: &str = "report.html";
/// A plain page that shows the same figures, for a program that was built without the web app.
const PLAIN: &str = include_str!("report.html");
/// Where the result goes in.
const MARKER: &str = "/*TRADEWIND_REPORT_DATA*/";

pub(super) fn run(args: &ReportArgs) -> Result<(), Failure> {
    write(&document(&args.result)?, &args.output)
}

pub(super) fn write(document: &BacktestDocument, file: &Path) -> Result<(), Failure> {
    let page = page(document).map_err(Failure::failed)?;
    std::fs::write(file, page).map_err(|e| Failure::failed(format!("{}: {e}", file.display())))
}

fn page(document: &BacktestDocument) -> Result<String, String> {
    let json = serde_json::to_string(document).map_err(|e| e.to_string())?;
    // Inside a script element nothing may end it or open a comment.
    let json = json
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029");
    let template = tradewind_server::web::text(PAGE);
    let template = template.as_deref().unwrap_or(PLAIN);
    let (before, after) = template
        .split_once(MARKER)
        .ok_or_else(|| format!("the report's template has no {MARKER}"))?;
    Ok(format!("{before}{json}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_template_has_its_marker_once() {
        assert_eq!(PLAIN.matches(MARKER).count(), 1);
    }
}

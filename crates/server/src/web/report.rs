//! The report of a backtest: one self-contained HTML page with the result embedded at a marker.

use tradewind_engine::backtest::BacktestDocument;

use super::lighten::lighten;

/// The page that the web app's build makes, embedded in the program.
const PAGE: &str = "report.html";
/// A plain page that shows the same figures, for a program that was built without the web app.
const PLAIN: &str = include_str!("report_plain.html");
/// Where the result goes in.
const MARKER: &str = "/*TRADEWIND_REPORT_DATA*/";

/// A report that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The result is no JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The page has no place for it.
    #[error("the report's page has no {MARKER}")]
    Marker,
}

/// The page with a result in it.
///
/// # Errors
/// [`ReportError`].
pub fn page(document: &BacktestDocument) -> Result<String, ReportError> {
    let json = serde_json::to_string(&lighten(serde_json::to_value(document)?))?;
    // Inside a script element nothing may end it or open a comment.
    let json = json
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029");
    let template = super::text(PAGE);
    let template = template.as_deref().unwrap_or(PLAIN);
    let (before, after) = template.split_once(MARKER).ok_or(ReportError::Marker)?;
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

//! Intervals as the protocol names them: minutes as a number, `S` seconds, `D`, `W`, `M`.

use tradewind_types::market::{BarInterval, IntervalKind};

use crate::problem::{ApiError, ApiResult};

/// The name of a time interval; `None` for tick, volume and value bars.
pub(super) fn name(interval: BarInterval) -> Option<String> {
    Some(match interval.kind() {
        IntervalKind::Fixed { secs } if secs % 60 == 0 => (secs / 60).to_string(),
        IntervalKind::Fixed { secs } => format!("{secs}S"),
        IntervalKind::Day => "1D".to_owned(),
        IntervalKind::Week => "1W".to_owned(),
        IntervalKind::Month => "1M".to_owned(),
        IntervalKind::Ticks(_) | IntervalKind::Volume(_) | IntervalKind::Value(_) => return None,
    })
}

/// All names, the shortest first.
pub(super) fn all() -> Vec<String> {
    BarInterval::every().filter_map(name).collect()
}

/// Numbers of minutes or of seconds of intervals below a day.
pub(super) fn multipliers(seconds: bool) -> Vec<String> {
    let below_a_day = BarInterval::every().filter(|i| *i < BarInterval::DAY);
    let fits = below_a_day.filter(|i| (i.secs() < 60) == seconds);
    fits.filter_map(name)
        .map(|name| name.trim_end_matches('S').to_owned())
        .collect()
}

/// The interval of a name. `D`, `W` and `M` may be with or without the 1.
///
/// # Errors
/// A field error that lists the names.
pub(super) fn parse(text: &str) -> ApiResult<BarInterval> {
    let long = match text {
        "D" => "1D",
        "W" => "1W",
        "M" => "1M",
        "S" => "1S",
        other => other,
    };
    let found = BarInterval::every().find(|interval| name(*interval).as_deref() == Some(long));
    found.ok_or_else(|| {
        let shown: String = text.chars().take(16).collect();
        let detail = format!("`{shown}` is no resolution; there are {}", all().join(" "));
        ApiError::field("resolution", "MALFORMED", detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_interval_has_a_name_that_is_read_back() {
        for interval in BarInterval::every() {
            let name = name(interval).expect("a time interval");
            assert_eq!(parse(&name).expect("its own name"), interval);
        }
        assert_eq!(parse("60").expect("an hour"), BarInterval::H1);
        assert_eq!(parse("1").expect("a minute"), BarInterval::M1);
        assert_eq!(parse("M").expect("a month"), BarInterval::MONTH);
        assert!(parse("1m").is_err() && parse("7").is_err() && parse("").is_err());
        assert_eq!(name(BarInterval::ticks(100).expect("an interval")), None);
        assert_eq!(multipliers(true), ["1", "5", "10", "15", "30"]);
        assert_eq!(multipliers(false).first().map(String::as_str), Some("1"));
    }
}

//! Trading hours as the protocol writes them.

use jiff::tz::TimeZone;
use tradewind_types::UnixNanos;
use tradewind_types::market::{BarGrid, SessionSpan};

/// Time zone and hours of instruments that trade without end.
const ALWAYS: (&str, &str) = ("Etc/UTC", "24x7");

/// Time zones of the calendars that bars may follow. Source: the exchanges' own hours, as in `docs/calendars.md`.
fn zone(calendar: &str) -> &'static str {
    match calendar {
        "XNSE" | "XBOM" | "MCX" | "XMCX" | "CDS" | "XNSE-FO" | "XNSE-CDS" => "Asia/Kolkata",
        "XNYS" | "XNAS" | "XASE" | "FX" | "24/5" => "America/New_York",
        "CMES" | "CME" => "America/Chicago",
        "XLON" => "Europe/London",
        "XETR" => "Europe/Berlin",
        "XTKS" => "Asia/Tokyo",
        "XHKG" => "Asia/Hong_Kong",
        _ => "Etc/UTC",
    }
}

/// Time zone and hours of an instrument: those of the session that is on, or else of the one before, or of the first.
pub(super) fn hours(calendar: &str, grid: &BarGrid, now: UnixNanos) -> (String, String) {
    let always = || (ALWAYS.0.to_owned(), ALWAYS.1.to_owned());
    let BarGrid::Sessions(sessions) = grid else {
        return always();
    };
    let spans = sessions.spans();
    let at = spans.partition_point(|span| span.open <= now).saturating_sub(1);
    let Some(span) = spans.get(at) else {
        return always();
    };
    let zone = zone(calendar);
    // The zones above are all in the bundled database.
    let tz = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    (zone.to_owned(), text(span, &tz))
}

fn text(span: &SessionSpan, tz: &TimeZone) -> String {
    let of = |ts: UnixNanos| {
        let seconds = i64::try_from(ts.0 / 1_000_000_000).unwrap_or(i64::MAX);
        let stamp = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX);
        let time = tz.to_datetime(stamp).time();
        format!("{:02}{:02}", time.hour(), time.minute())
    };
    format!("{}-{}", of(span.open), of(span.close))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tradewind_types::market::SessionGrid;

    #[test]
    fn hours_are_those_of_the_market_on_its_own_clock() {
        let at = |text: &str| text.parse::<UnixNanos>().expect("a time");
        let span = |day: &str, open: &str, close: &str| SessionSpan {
            date: day.parse().expect("a day"),
            open: at(&format!("{day}T{open}Z")),
            close: at(&format!("{day}T{close}Z")),
        };
        let spans = vec![
            span("2026-07-30", "03:45:00", "10:00:00"),
            span("2026-08-03", "03:45:00", "10:10:00"),
        ];
        let grid = BarGrid::from(SessionGrid::new(spans).expect("a grid"));
        let on = |now: &str| hours("XNSE", &grid, at(now));
        assert_eq!(
            on("2026-08-01T00:00:00Z"),
            ("Asia/Kolkata".into(), "0915-1530".into())
        );
        assert_eq!(on("2026-08-03T05:00:00Z").1, "0915-1540");
        assert_eq!(on("2020-01-01T00:00:00Z").1, "0915-1530");
        assert_eq!(hours("24/7", &BarGrid::Utc, at("2026-08-01T00:00:00Z")).1, "24x7");
    }
}

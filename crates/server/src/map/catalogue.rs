//! The catalogue as the API shows it.

use tradewind_store::catalog::gaps::Gap;
use tradewind_store::catalog::quality::{Finding, Quality};
use tradewind_store::catalog::retention::{Due, Policy};
use tradewind_store::catalog::{Listed, Series};
use tradewind_types::UnixNanos;
use tradewind_wire as wire;
use wire::Time;

/// A time of the catalogue; one before 1970 is 1970.
fn time(ns: i64) -> Time {
    Time(UnixNanos(u64::try_from(ns).unwrap_or(0)))
}

/// A series.
#[must_use]
pub fn series(of: &Listed) -> wire::CatalogueSeries {
    wire::CatalogueSeries {
        kind: of.kind.to_owned(),
        instrument: of.instrument.to_string(),
        interval: of.interval.map(|interval| interval.to_string()),
        rows: of.rows,
        tail_rows: of.tail_rows,
        files: of.files,
        bytes: of.bytes,
        from: time(of.first),
        to: time(of.last),
    }
}

/// A gap.
#[must_use]
pub fn gap(of: &Gap) -> wire::CatalogueGap {
    wire::CatalogueGap {
        from: time(of.from),
        to: time(of.to),
        bars: of.bars,
    }
}

/// What a check finds, for people.
fn title(check: &str) -> &'static str {
    match check {
        "ohlc_order" => "High or low does not enclose open and close, or a price is not above 0",
        "gaps" => "Missing in session",
        "price_gaps" => "Opens more than 30 % off the close before",
        "moves" => "Closes more than 50 % off the close before",
        "outliers" => "Return far outside of what is usual",
        "stale" => "Ten or more bars in a row are the same",
        "zero_volume" => "No volume",
        "splits" => "Jump close to a split's ratio that stays",
        _ => "Suspicious",
    }
}

fn check(of: &Finding) -> wire::QualityCheck {
    wire::QualityCheck {
        name: of.check.to_owned(),
        title: title(of.check).to_owned(),
        count: of.count,
        share: of.share,
        penalty: of.penalty,
        examples: of.examples.iter().copied().map(time).collect(),
    }
}

/// A series' quality.
#[must_use]
pub fn quality(series: &Series, of: &Quality) -> wire::SeriesQuality {
    wire::SeriesQuality {
        instrument: series.instrument.to_string(),
        interval: series.interval_name(),
        bars: of.bars,
        score: of.score,
        checks: of.findings.iter().map(check).collect(),
    }
}

fn policy(of: &Policy) -> wire::RetentionPolicy {
    let intervals = of.interval_secs.map(|(least, most)| match least {
        0 => format!("up to {most}s"),
        least if least == most => format!("{most}s"),
        least => format!("{least}s to {most}s"),
    });
    wire::RetentionPolicy {
        kind: of.kind.name().to_owned(),
        intervals,
        keep_days: of.keep_days,
        into: of.into.map(|into| into.to_string()),
    }
}

fn due(of: &Due) -> wire::RetentionDue {
    let shelf = &of.place.shelf;
    let whose = match &shelf.symbol {
        Some(symbol) => format!("{} {symbol}.{}", shelf.kind, shelf.market),
        None => format!("{} {}", shelf.kind, shelf.market),
    };
    let times = of.place.part.times();
    wire::RetentionDue {
        series: match shelf.interval {
            Some(interval) => format!("{whose} {interval}"),
            None => whose,
        },
        file: of.place.to_string(),
        from: time(times.start),
        to: time(times.end),
        rows: of.rows,
        bytes: of.bytes,
        into: of.into.map(|into| into.to_string()),
    }
}

/// Policies, and the files whose time is over.
#[must_use]
pub fn retention(policies: &[Policy], files: &[Due]) -> wire::Retention {
    wire::Retention {
        policies: policies.iter().map(policy).collect(),
        due: files.iter().map(due).collect(),
    }
}

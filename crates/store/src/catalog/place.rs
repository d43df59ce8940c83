//! Where in the catalogue rows live.
//!
//! | rows | file |
//! | --- | --- |
//! | bars of a day or longer | `bars/{market}/{interval}/{year}.parquet`, all symbols |
//! | shorter bars | `bars/{market}/{interval}/{symbol}/{year}-{month}.parquet` |
//! | trades, quotes | `{kind}/{market}/{symbol}/{year}-{month}.parquet` |
//! | option snapshots | `options/{market}/{underlying}/{expiry}.parquet` |
//!
//! Symbols are percent-encoded. Months and years are those of UTC. Rows that a revision replaced are under
//! `revisions/` with the same path.

use std::fmt;

use jiff::civil::Date;
use object_store::path::Path;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use tradewind_types::market::{BarInterval, IntervalKind};
use tradewind_types::time::DAY_NS;
use tradewind_types::{InstrumentId, Market, Symbol};

use super::CatalogError;
use super::schema::Kind;

/// What stays as it is in a path.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');
/// Folder of the rows that revisions replaced.
const REVISIONS: &str = "revisions";

/// One series: what, of which instrument, at which interval.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Series {
    /// What it holds.
    pub kind: Kind,
    /// The instrument; of option snapshots, the underlying.
    pub instrument: InstrumentId,
    /// The interval of bars; `None` for everything else.
    pub interval: Option<BarInterval>,
}

impl Series {
    /// Bars of an interval.
    #[must_use]
    pub fn bars(instrument: InstrumentId, interval: BarInterval) -> Self {
        Self {
            kind: Kind::Bars,
            instrument,
            interval: Some(interval),
        }
    }

    /// Trades, quotes or option snapshots.
    ///
    /// # Panics
    /// Never; bars without an interval have no files and are refused by what reads or writes them.
    #[must_use]
    pub fn of(kind: Kind, instrument: InstrumentId) -> Self {
        Self {
            kind,
            instrument,
            interval: None,
        }
    }

    /// The interval's name; empty where there is none.
    #[must_use]
    pub fn interval_name(&self) -> String {
        self.interval
            .map_or_else(String::new, |interval| interval.to_string())
    }

    /// The folder that holds its files.
    #[must_use]
    pub fn shelf(&self) -> Shelf {
        let shared = self.interval.is_some_and(is_long);
        Shelf {
            kind: self.kind,
            market: self.instrument.market.clone(),
            interval: self.interval,
            symbol: (!shared).then(|| self.instrument.symbol.clone()),
        }
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.instrument)?;
        self.interval.map_or(Ok(()), |interval| write!(f, " {interval}"))
    }
}

/// Whether bars of all symbols share a file per year.
#[must_use]
pub fn is_long(interval: BarInterval) -> bool {
    matches!(
        interval.kind(),
        IntervalKind::Day | IntervalKind::Week | IntervalKind::Month
    )
}

/// A folder of files that hold the same kind of rows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shelf {
    /// What they hold.
    pub kind: Kind,
    /// The market.
    pub market: Market,
    /// The interval of bars.
    pub interval: Option<BarInterval>,
    /// The symbol (of options: the underlying); `None` where the files hold all symbols.
    pub symbol: Option<Symbol>,
}

/// What part of a shelf a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// A year.
    Year(i16),
    /// A month of a year.
    Month(i16, i8),
    /// What expires on a day.
    Expiry(Date),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Year(year) => write!(f, "{year:04}"),
            Part::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            Part::Expiry(day) => write!(f, "{day}"),
        }
    }
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Its folder.
    pub shelf: Shelf,
    /// Its part of it.
    pub part: Part,
}

fn encoded(symbol: &str) -> String {
    utf8_percent_encode(symbol, ENCODED).to_string()
}

impl Shelf {
    /// The folder's path.
    #[must_use]
    pub fn path(&self) -> Path {
        let mut text = format!("{}/{}", self.kind, encoded(self.market.as_str()));
        if let Some(interval) = self.interval {
            text.push('/');
            text.push_str(&encoded(&interval.to_string()));
        }
        if let Some(symbol) = &self.symbol {
            text.push('/');
            text.push_str(&encoded(symbol.as_str()));
        }
        parse(&text)
    }

    /// The part that a row of a time (nanoseconds) belongs to, and the times that belong to it.
    ///
    /// # Errors
    /// When the time is none that can be stored.
    pub fn part_at(&self, ts: i64) -> Result<(Part, std::ops::Range<i64>), CatalogError> {
        let refuse = || CatalogError::Refused(format!("{ts} ns is no time that the catalogue stores"));
        let day = day_of(ts).ok_or_else(refuse)?;
        let (part, first, next) = if self.symbol.is_none() {
            let first = Date::new(day.year(), 1, 1).ok();
            (
                Part::Year(day.year()),
                first,
                Date::new(day.year() + 1, 1, 1).ok(),
            )
        } else {
            let first = day.first_of_month();
            let next = day.last_of_month().tomorrow().ok();
            (Part::Month(day.year(), day.month()), Some(first), next)
        };
        let bound = |date: Option<Date>| date.and_then(midnight).ok_or_else(refuse);
        Ok((part, bound(first)?..bound(next).unwrap_or(i64::MAX)))
    }
}

impl Part {
    /// The times that its rows may have; an expiry's end with the day after it, whatever the zone.
    #[must_use]
    pub fn times(self) -> std::ops::Range<i64> {
        let bound = |date: Option<Date>, otherwise| date.and_then(midnight).unwrap_or(otherwise);
        match self {
            Part::Year(year) => {
                bound(Date::new(year, 1, 1).ok(), 0)
                    ..bound(Date::new(year.saturating_add(1), 1, 1).ok(), i64::MAX)
            }
            Part::Month(year, month) => {
                let first = Date::new(year, month, 1).ok();
                bound(first, 0)..bound(first.and_then(|d| d.last_of_month().tomorrow().ok()), i64::MAX)
            }
            Part::Expiry(day) => {
                let end = day.tomorrow().and_then(Date::tomorrow).ok();
                0..bound(end, i64::MAX)
            }
        }
    }
}

impl Place {
    /// The file's path.
    #[must_use]
    pub fn path(&self) -> Path {
        parse(&format!("{}/{}.parquet", self.shelf.path(), self.part))
    }

    /// The path of the rows that revisions replaced.
    #[must_use]
    pub fn revisions_path(&self) -> Path {
        parse(&format!("{REVISIONS}/{}", self.path()))
    }

    /// The place that a path names; `None` when it is no file of the catalogue's layout.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<Self> {
        let parts: Vec<&str> = path.as_ref().split('/').collect();
        let kind: Kind = parts.first()?.parse().ok()?;
        let decoded = |text: &str| {
            percent_decode_str(text)
                .decode_utf8()
                .ok()
                .map(|t| t.into_owned())
        };
        let market = Market::new(&decoded(parts.get(1)?)?).ok()?;
        let symbol = |text: &str| Symbol::new(&decoded(text)?).ok();
        let (interval, symbol, file) = match (kind, &parts[2..]) {
            (Kind::Bars, [interval, file]) => (Some(decoded(interval)?.parse().ok()?), None, file),
            (Kind::Bars, [interval, name, file]) => {
                (Some(decoded(interval)?.parse().ok()?), Some(symbol(name)?), file)
            }
            (Kind::Trades | Kind::Quotes | Kind::Options, [name, file]) => (None, Some(symbol(name)?), file),
            _ => return None,
        };
        let stem = file.strip_suffix(".parquet")?;
        let part = match stem.len() {
            4 => Part::Year(stem.parse().ok()?),
            7 => Part::Month(stem.get(..4)?.parse().ok()?, stem.get(5..)?.parse().ok()?),
            10 => Part::Expiry(stem.parse().ok()?),
            _ => return None,
        };
        let place = Self {
            shelf: Shelf {
                kind,
                market,
                interval,
                symbol,
            },
            part,
        };
        // Only the one spelling of a path is a place.
        (place.path() == *path).then_some(place)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path().as_ref())
    }
}

fn parse(text: &str) -> Path {
    // Every part is percent-encoded, so that the text is a path as it stands; `from` would encode it again.
    Path::parse(text).unwrap_or_else(|_| Path::from(text))
}

/// The UTC day of a time.
#[must_use]
pub fn day_of(ts: i64) -> Option<Date> {
    let days = i32::try_from(ts.div_euclid(DAY_NS as i64)).ok()?;
    let span = jiff::Span::new().try_days(days).ok()?;
    jiff::civil::date(1970, 1, 1).checked_add(span).ok()
}

/// A day as days since 1970.
#[must_use]
pub fn days_of(day: Date) -> i64 {
    let span = day.since(jiff::civil::date(1970, 1, 1));
    span.map_or(0, |span| i64::from(span.get_days()))
}

/// The UTC midnight that begins a day, in nanoseconds.
#[must_use]
pub fn midnight(day: Date) -> Option<i64> {
    days_of(day).checked_mul(DAY_NS as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> InstrumentId {
        text.parse().expect("an id")
    }

    #[test]
    fn every_kind_of_file_has_its_place_and_a_path_leads_back_to_it() {
        let ts = 1_364_788_800_000_000_000;
        let of = |series: Series, wanted: &str| {
            let shelf = series.shelf();
            let (part, range) = shelf.part_at(ts).expect("a time");
            assert!(range.contains(&ts) && part.times() == range);
            let place = Place { shelf, part };
            assert_eq!(place.path().as_ref(), wanted);
            assert_eq!(Place::of_path(&place.path()), Some(place));
        };
        let (m1, d1) = (BarInterval::M1, "1d".parse().expect("an interval"));
        of(
            Series::bars(id("NIFTY.NSE"), m1),
            "bars/NSE/1m/NIFTY/2013-04.parquet",
        );
        of(
            Series::bars(id("BRK:A&B.XNYS"), m1),
            "bars/XNYS/1m/BRK%3AA%26B/2013-04.parquet",
        );
        of(Series::bars(id("SPY.US"), d1), "bars/US/D/2013.parquet");
        of(
            Series::of(Kind::Trades, id("BTC-USD.COINBASE")),
            "trades/COINBASE/BTC-USD/2013-04.parquet",
        );
        let expiry = Place {
            shelf: Series::of(Kind::Options, id("NIFTY.NFO")).shelf(),
            part: Part::Expiry(jiff::civil::date(2025, 9, 2)),
        };
        assert_eq!(expiry.path().as_ref(), "options/NFO/NIFTY/2025-09-02.parquet");
        assert_eq!(Place::of_path(&expiry.path()), Some(expiry));
    }

    #[test]
    fn what_is_no_file_of_the_layout_has_no_place() {
        for other in [
            "bars/NSE/1m/NIFTY/2013-04.csv",
            "bars/NSE/7m/NIFTY/2013-04.parquet",
            "revisions/bars/NSE/1m/NIFTY/2013-04.parquet",
            "bars/NSE/2013.parquet",
            "staging/x",
        ] {
            assert_eq!(
                Place::of_path(&Path::parse(other).expect("a path")),
                None,
                "{other}"
            );
        }
    }
}

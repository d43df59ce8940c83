//! Rows as delimited text.

use std::io::Write;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use tradewind_codecs::table::{BarStamp, Zone};
use tradewind_types::UnixNanos;
use tradewind_types::market::{BarGrid, BarInterval};

use super::super::CatalogError;
use super::super::figures::NONE_WIDE;
use super::super::place::{day_of, is_long};
use super::super::read::Query;
use super::super::rows::{Cells, Rows};
use super::super::schema::{Cell, Kind, SYMBOL, TS};
use super::ExportOptions;

/// The usual columns of a kind.
fn usual(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Bars => &["ts", "open", "high", "low", "close", "volume"],
        Kind::Trades => &["ts", "price", "size", "side", "trade_id"],
        Kind::Quotes => &["ts", "bid", "ask", "bid_size", "ask_size"],
        Kind::Options => &[
            "symbol",
            "ts",
            "expiry",
            "strike",
            "right",
            "bid",
            "ask",
            "last",
            "volume",
            "open_interest",
            "iv",
        ],
    }
}

/// How rows become text.
pub(super) struct Table {
    kind: Kind,
    columns: Vec<(usize, String)>,
    zone: TimeZone,
    utc: bool,
    closes: Closes,
    symbol: String,
}

/// What a bar's stamp becomes.
enum Closes {
    /// It stays at the open.
    Open,
    /// So many nanoseconds later.
    After(i64),
    /// Where its slot ends.
    On(BarGrid, BarInterval),
}

impl Closes {
    fn of(query: &Query, options: &ExportOptions) -> Result<Self, CatalogError> {
        let Some(interval) = query.series.interval.filter(|_| options.stamp == BarStamp::Close) else {
            return Ok(Closes::Open);
        };
        match &options.grid {
            Some(grid) => Ok(Closes::On(grid.clone(), interval)),
            None if is_long(interval) => Err(CatalogError::Refused(format!(
                "{}: stamps at the close of bars of a day, week or month need the calendar of their sessions. Give the \
                 calendar, or take stamps at the open",
                query.series
            ))),
            None => Ok(Closes::After(interval.nanos() as i64)),
        }
    }

    /// `None` where the bar's slot is not known.
    fn stamp(&self, ts: i128) -> Option<i128> {
        match self {
            Closes::Open => Some(ts),
            Closes::After(by) => Some(ts + i128::from(*by)),
            // A bar of a day may be stamped with the midnight before its session.
            Closes::On(grid, interval) => {
                let slot = grid.slot_from(*interval, UnixNanos(u64::try_from(ts).ok()?))?;
                Some(i128::from(slot.end.0))
            }
        }
    }
}

impl Table {
    pub(super) fn new(query: &Query, options: &ExportOptions) -> Result<Self, CatalogError> {
        let kind = query.series.kind;
        let given = options
            .columns
            .iter()
            .map(|(ours, theirs)| (ours.as_str(), theirs.as_str()));
        let wanted: Vec<(&str, &str)> = if options.columns.is_empty() {
            usual(kind).iter().map(|name| (*name, *name)).collect()
        } else {
            given.collect()
        };
        let column = |(ours, theirs): (&str, &str)| {
            let place = kind.place(ours).ok_or_else(|| {
                let names: Vec<&str> = kind.columns().iter().map(|c| c.name).collect();
                CatalogError::Refused(format!(
                    "{kind} have no column {ours}; there are {}",
                    names.join(", ")
                ))
            })?;
            Ok((place, theirs.to_owned()))
        };
        let (zone, utc) = match &options.zone {
            Zone::Fixed(0) => (TimeZone::UTC, true),
            Zone::Fixed(offset_s) => {
                let offset = i32::try_from(*offset_s)
                    .ok()
                    .and_then(|s| Offset::from_seconds(s).ok());
                let offset =
                    offset.ok_or_else(|| CatalogError::Refused("the zone is out of range".to_owned()))?;
                (TimeZone::fixed(offset), false)
            }
            Zone::Named(zone) => (zone.clone(), false),
        };
        Ok(Self {
            kind,
            columns: wanted
                .into_iter()
                .map(column)
                .collect::<Result<_, CatalogError>>()?,
            zone,
            utc,
            closes: Closes::of(query, options)?,
            symbol: query.series.instrument.symbol.to_string(),
        })
    }

    pub(super) fn header(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(_, name)| name.as_str()).collect();
        names.join(",") + "\n"
    }

    pub(super) fn rows(&self, rows: &Rows, text: &mut Vec<u8>) -> Result<(), CatalogError> {
        let io = |e: std::io::Error| CatalogError::io("the export", e);
        for row in 0..rows.len() {
            for (at, (place, _)) in self.columns.iter().enumerate() {
                if at > 0 {
                    text.push(b',');
                }
                self.cell(rows, row, *place, text).map_err(io)?;
            }
            text.push(b'\n');
        }
        Ok(())
    }

    fn cell(&self, rows: &Rows, row: usize, place: usize, text: &mut Vec<u8>) -> std::io::Result<()> {
        let cell = self.kind.columns()[place].cell;
        // A column that was not asked for is empty, but for the symbol, which the query itself says.
        let there = match rows.column(place) {
            Cells::Figures(figures) => row < figures.len(),
            Cells::Fractions(values) => row < values.len(),
        };
        if !there {
            let symbol = if place == SYMBOL { self.symbol.as_str() } else { "" };
            return text.write_all(symbol.as_bytes());
        }
        let value = rows.get(place, row);
        if value == NONE_WIDE {
            return Ok(());
        }
        match cell {
            Cell::Text => text.write_all(rows.text(place, row).as_bytes()),
            Cell::Time => {
                let value = if place == TS {
                    let outside = || std::io::Error::other("a bar lies beyond the sessions of the calendar");
                    self.closes.stamp(value).ok_or_else(outside)?
                } else {
                    value
                };
                self.stamp(value, text)
            }
            Cell::Day => {
                let ns = i64::try_from(value)
                    .ok()
                    .and_then(|d| d.checked_mul(tradewind_types::time::DAY_NS as i64));
                ns.and_then(day_of).map_or(Ok(()), |day| write!(text, "{day}"))
            }
            Cell::Price | Cell::Size | Cell::Value => decimal(value, rows.scales.of(cell), text),
            Cell::Flag => text.write_all(if value == 0 { b"false" } else { b"true" }),
            Cell::Whole => write!(text, "{value}"),
            Cell::Fraction => write!(text, "{}", super::super::rows::fraction(value)),
        }
    }

    fn stamp(&self, ns: i128, text: &mut Vec<u8>) -> std::io::Result<()> {
        let Ok(ts) = Timestamp::from_nanosecond(ns) else {
            return write!(text, "{ns}");
        };
        if self.utc {
            return write!(text, "{ts}");
        }
        let offset = self.zone.to_offset(ts);
        write!(text, "{}", ts.display_with_offset(offset))
    }
}

/// A mantissa as the shortest exact decimal.
fn decimal(value: i128, scale: u8, text: &mut Vec<u8>) -> std::io::Result<()> {
    let (mut digits, mut scale) = (value.unsigned_abs(), usize::from(scale));
    while scale > 0 && digits.is_multiple_of(10) {
        digits /= 10;
        scale -= 1;
    }
    if value < 0 {
        text.push(b'-');
    }
    if scale == 0 {
        return write!(text, "{digits}");
    }
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    write!(text, "{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mantissas_become_the_shortest_exact_decimals() {
        let of = |value, scale| {
            let mut text = Vec::new();
            decimal(value, scale, &mut text).expect("memory");
            String::from_utf8(text).expect("ASCII")
        };
        assert_eq!(of(570_115, 2), "5701.15");
        assert_eq!(of(569_700, 2), "5697");
        assert_eq!(of(-5, 3), "-0.005");
        assert_eq!(of(0, 18), "0");
        assert_eq!(of(1_000_000_000_000_000_001, 18), "1.000000000000000001");
    }
}

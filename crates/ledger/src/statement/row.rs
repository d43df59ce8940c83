//! Cells to values, with errors that name line and column; and where the rows of a file are gathered.

use std::collections::HashMap;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use tradewind_types::num::parse_decimal;
use tradewind_types::record::{ImportItem, ImportRow};
use tradewind_types::{Currency, InstrumentId, Market, Money, Price, Quantity, Symbol, UnixNanos};

use super::hex;
use super::sheet::{Line, Sheet};

/// Longest text for people.
const REASON_CHARS_MAX: usize = 160;

/// A row that is not booked, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RowError {
    /// Line in the file, counted from 1.
    pub line: u32,
    /// The column, where it is one.
    pub column: Option<String>,
    /// What was wrong and what would be right.
    pub message: String,
}

/// A value that was not there or not readable.
#[derive(Debug)]
pub(super) struct Refusal {
    column: Option<String>,
    message: String,
}

/// A refusal of a row as a whole.
pub(super) fn refuse(message: impl Into<String>) -> Refusal {
    Refusal {
        column: None,
        message: message.into(),
    }
}

/// What became of a row.
pub(super) enum Parsed {
    /// It can be booked.
    Item {
        ts: UnixNanos,
        reason: String,
        item: ImportItem,
        /// The venue's own id of it; empty = none.
        id: String,
    },
    /// It moves nothing.
    PassedOver(String),
}

/// Rows of one file.
pub(super) struct Output {
    preset: &'static str,
    rows: Vec<ImportRow>,
    refused: Vec<RowError>,
    passed_over: Vec<RowError>,
    seen: HashMap<String, u32>,
}

impl Output {
    pub(super) fn new(preset: &'static str) -> Self {
        Self {
            preset,
            rows: Vec::new(),
            refused: Vec::new(),
            passed_over: Vec::new(),
            seen: HashMap::new(),
        }
    }

    /// Takes what a preset made of a line.
    pub(super) fn put(&mut self, line: &Line, parsed: Result<Parsed, Refusal>) {
        match parsed {
            Ok(Parsed::Item { ts, reason, item, id }) => {
                let hash = self.hash(line, &id);
                let reason = reason.chars().take(REASON_CHARS_MAX).collect();
                self.rows.push(ImportRow {
                    hash,
                    line: line.number,
                    ts,
                    reason,
                    item,
                });
            }
            Ok(Parsed::PassedOver(why)) => self.passed_over.push(RowError {
                line: line.number,
                column: None,
                message: why,
            }),
            Err(Refusal { column, message }) => self.refused.push(RowError {
                line: line.number,
                column,
                message,
            }),
        }
    }

    /// By the venue's id, else by all cells and how many equal lines came before.
    fn hash(&mut self, line: &Line, id: &str) -> String {
        let text = if id.is_empty() {
            format!("{}\u{1f}{}", self.preset, line.cells.join("\u{1f}"))
        } else {
            format!("{}\u{1e}{id}", self.preset)
        };
        let times = self.seen.entry(text.clone()).or_insert(0);
        *times += 1;
        let text = if *times > 1 {
            format!("{text}\u{1f}#{times}")
        } else {
            text
        };
        hex(&Sha256::digest(text.as_bytes()))
    }

    pub(super) fn finish(self) -> (Vec<ImportRow>, Vec<RowError>, Vec<RowError>) {
        (self.rows, self.refused, self.passed_over)
    }
}

/// Reading cells of one line.
#[derive(Clone, Copy)]
pub(super) struct Cells<'a> {
    pub(super) sheet: &'a Sheet<'a>,
    pub(super) line: &'a Line,
}

impl<'a> Cells<'a> {
    pub(super) fn text(&self, column: &str) -> &'a str {
        self.sheet.get(self.line, column)
    }

    pub(super) fn bad(&self, column: &str, message: impl Into<String>) -> Refusal {
        let name = column.split('|').next().unwrap_or(column);
        Refusal {
            column: Some(name.to_owned()),
            message: message.into(),
        }
    }

    pub(super) fn needed(&self, column: &str) -> Result<&'a str, Refusal> {
        match self.text(column) {
            "" => Err(self.bad(column, "is empty")),
            text => Ok(text),
        }
    }

    /// A decimal; empty = zero.
    pub(super) fn decimal_or_zero(&self, column: &str) -> Result<Decimal, Refusal> {
        match self.text(column) {
            "" | "-" | "--" => Ok(Decimal::ZERO),
            text => amount(text).ok_or_else(|| self.bad(column, format!("`{}` is no number", short(text)))),
        }
    }

    pub(super) fn decimal(&self, column: &str) -> Result<Decimal, Refusal> {
        self.needed(column)?;
        self.decimal_or_zero(column)
    }

    pub(super) fn quantity(&self, column: &str) -> Result<Quantity, Refusal> {
        let value = self.decimal(column)?.abs();
        Quantity::new(value).map_err(|e| self.bad(column, e.to_string()))
    }

    pub(super) fn price(&self, column: &str) -> Result<Price, Refusal> {
        Price::new(self.decimal(column)?).map_err(|e| self.bad(column, e.to_string()))
    }

    pub(super) fn currency(&self, column: &str) -> Result<Currency, Refusal> {
        let text = self.needed(column)?;
        text.to_uppercase()
            .parse()
            .map_err(|_| self.bad(column, format!("`{}` is no currency code", short(text))))
    }

    /// A time stamp; what names no zone is read in `zone`.
    pub(super) fn time(&self, column: &str, zone: &TimeZone) -> Result<UnixNanos, Refusal> {
        let text = self.needed(column)?;
        time(text, zone).ok_or_else(|| {
            self.bad(
                column,
                format!(
                    "`{}` is no date and time such as 2026-11-22 09:15:00",
                    short(text)
                ),
            )
        })
    }
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The zone of India.
pub(super) fn india() -> TimeZone {
    TimeZone::fixed(Offset::constant(5).saturating_add(jiff::Span::new().minutes(30)))
}

/// The zone of New York by the rule in force since 2007.
pub(super) fn new_york() -> TimeZone {
    TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap_or(TimeZone::UTC)
}

/// A decimal as people and programs write it: `1,234.50`, `$12`, `(3.20)`, `₹ 5`, `-0.5`, `1e-8`.
pub(super) fn amount(text: &str) -> Option<Decimal> {
    let negative = text.starts_with('(') && text.ends_with(')');
    let bare: String = text
        .chars()
        .filter(|c| !matches!(c, ',' | '$' | '€' | '£' | '₹' | '(' | ')' | '\u{a0}') && !c.is_whitespace())
        .collect();
    let value = parse_decimal(bare.strip_prefix('+').unwrap_or(&bare)).ok()?;
    Some(if negative { -value } else { value })
}

/// A time stamp in one of the forms that the presets' files have.
pub(super) fn time(text: &str, zone: &TimeZone) -> Option<UnixNanos> {
    let text = text.trim();
    if let Ok(ts) = text.parse::<UnixNanos>() {
        return Some(ts);
    }
    let (bare, zone) = match text.strip_suffix(" UTC").or_else(|| text.strip_suffix('Z')) {
        Some(bare) => (bare, &TimeZone::UTC),
        None => (text, zone),
    };
    let civil = civil(bare)?;
    let nanos = civil.to_zoned(zone.clone()).ok()?.timestamp().as_nanosecond();
    u64::try_from(nanos).ok().map(UnixNanos)
}

fn civil(text: &str) -> Option<DateTime> {
    let (date, time) = match text.split_once([' ', 'T', ';', ',']) {
        Some((date, time)) => (date, time.trim_start_matches([' ', ';', ','])),
        None => (text, ""),
    };
    let date = civil_date(date)?;
    let time = match time {
        "" => Time::midnight(),
        time if time.len() == 6 && time.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{}:{}:{}", &time[..2], &time[2..4], &time[4..])
                .parse()
                .ok()?
        }
        time => time.parse().ok()?,
    };
    Some(date.to_datetime(time))
}

/// `2026-11-22`, `20261122`, `22-11-2026`, `22/11/2026`; a date with slashes and the year first is read so too.
fn civil_date(text: &str) -> Option<Date> {
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..])
            .parse()
            .ok();
    }
    let mut parts = text.split(['-', '/']);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let number = |t: &str| t.parse::<i16>().ok();
    let (year, month, day) = if a.len() == 4 { (a, b, c) } else { (c, b, a) };
    if year.len() != 4 {
        return None;
    }
    let small = |t: &str| number(t).and_then(|n| i8::try_from(n).ok());
    Date::new(number(year)?, small(month)?, small(day)?).ok()
}

/// `SYMBOL.MARKET` from its parts.
pub(super) fn instrument(symbol: &str, market: &str) -> Result<InstrumentId, Refusal> {
    let wrong = |e: tradewind_types::IdError| refuse(e.to_string());
    let symbol: Symbol = symbol.to_uppercase().replace(' ', "-").parse().map_err(wrong)?;
    let market: Market = market.parse().map_err(wrong)?;
    Ok(InstrumentId::new(symbol, market))
}

/// The price at which a quantity comes to exactly this much: the stated one where it does, else value ÷ quantity to 28
/// digits, so that the cash booked is the cash that moved.
pub(super) fn exact_price(
    stated: Option<Decimal>,
    value: Decimal,
    quantity: Decimal,
) -> Result<Price, Refusal> {
    let comes_to = |price: Decimal| price.checked_mul(quantity) == Some(value);
    let price = match stated.filter(|p| comes_to(*p)) {
        Some(price) => Some(price),
        None => value.checked_div(quantity),
    };
    let price = price.ok_or_else(|| refuse("price × quantity does not fit"))?;
    Price::new(price).map_err(|e| refuse(e.to_string()))
}

/// Money.
pub(super) fn money(amount: Decimal, currency: Currency) -> Money {
    Money::new(amount, currency)
}

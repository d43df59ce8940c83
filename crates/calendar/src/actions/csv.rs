//! Corporate actions and earnings from CSV, for administrators.
//!
//! The header names columns in any order and case (others are ignored). Every row wants `instrument`, `ex_date`, `kind`:
//!
//! | kind | wants | may have |
//! | --- | --- | --- |
//! | `split`, `bonus`, `stock_dividend` | `new`, `held` (2 and 1 for a split of 2 for 1; 1 and 1 for a bonus of 1 per 1) | |
//! | `dividend` | `amount` per unit, `currency` | |
//! | `rights` | `new`, `held`, `price` | |
//! | `merger` | `into` with `new` and `held`, or `amount` with `currency`, or both with `cost_fraction` | |
//! | `spin_off` | `into`, `new`, `held`, `cost_fraction` (0 to 1, the part of the value that goes with it) | |
//! | `symbol_change` | `into` | |
//! | `delisting` | `price`, 0 for worthless | |
//! | `earnings` | `period` | `time` (`before_open`, `during_session`, `after_close`), `confirmed` (`true`/`false`) |
//!
//! `source` says where it comes from.

use std::fmt;

use jiff::civil::Date;
use rust_decimal::Decimal;
use tradewind_types::record::{ActionKind, CorporateAction, Fractions, Ratio};
use tradewind_types::{Currency, InstrumentId, Money, Price};

use super::event::{EarningsTime, Event, EventKind, ex_instant};
use crate::calendar::Calendar;
use crate::csv::{CsvError, Table};

/// Most rows that a file may have.
const LINES_MAX: usize = 100_000;

/// The fields of an event as text; empty = not given.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ActionText<'a> {
    /// `SYMBOL.MARKET`.
    pub instrument: &'a str,
    /// `YYYY-MM-DD`.
    pub ex_date: &'a str,
    /// See the table of the module.
    pub kind: &'a str,
    /// Units afterwards, or received.
    pub new: &'a str,
    /// Units before, or held.
    pub held: &'a str,
    /// Per unit.
    pub amount: &'a str,
    /// Of the amount.
    pub currency: &'a str,
    /// Of rights and delistings.
    pub price: &'a str,
    /// The other instrument, of mergers, spin-offs and changes of symbol.
    pub into: &'a str,
    /// Of spin-offs, and of mergers for both units and cash.
    pub cost_fraction: &'a str,
    /// Of earnings.
    pub period: &'a str,
    /// Of earnings.
    pub time: &'a str,
    /// Of earnings.
    pub confirmed: &'a str,
    /// Where it comes from.
    pub source: &'a str,
}

/// Why a row was refused, for people: the field, what it had, what it should have.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Refusal(String);

fn refuse<T>(message: impl fmt::Display) -> Result<T, Refusal> {
    Err(Refusal(message.to_string()))
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

/// A row that was refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RejectedAction {
    /// Which line, the header = 1.
    pub line: usize,
    /// Why.
    pub reason: String,
}

/// What a file held.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ImportedActions {
    /// In the order of the file.
    pub events: Vec<Event>,
    /// On which line each of them stands, the header = 1.
    pub lines: Vec<usize>,
    /// In the order of the file.
    pub rejects: Vec<RejectedAction>,
}

/// Reads events from CSV; `calendar` is that of the market where the instruments are listed, and says when an ex-date begins.
///
/// # Errors
/// [`CsvError`] when the file as a whole cannot be read.
pub fn read_csv(text: &str, calendar: &Calendar) -> Result<ImportedActions, CsvError> {
    read_csv_by(text, |_| Ok(calendar.clone()))
}

/// The same for instruments of several markets: `calendar_of` says by which calendar an instrument goes, or why it is not
/// known.
///
/// # Errors
/// As [`read_csv`].
pub fn read_csv_by(
    text: &str,
    calendar_of: impl Fn(&InstrumentId) -> Result<Calendar, String>,
) -> Result<ImportedActions, CsvError> {
    let table = Table::new(text, &["instrument", "ex_date", "kind"], LINES_MAX)?;
    let mut imported = ImportedActions::default();
    for row in table.rows() {
        let fields = ActionText {
            instrument: row.get("instrument"),
            ex_date: row.get("ex_date"),
            kind: row.get("kind"),
            new: row.get("new"),
            held: row.get("held"),
            amount: row.get("amount"),
            currency: row.get("currency"),
            price: row.get("price"),
            into: row.get("into"),
            cost_fraction: row.get("cost_fraction"),
            period: row.get("period"),
            time: row.get("time"),
            confirmed: row.get("confirmed"),
            source: row.get("source"),
        };
        match fields.read_by(&calendar_of) {
            Ok(event) => {
                imported.events.push(event);
                imported.lines.push(row.line);
            }
            Err(reason) => {
                let line = row.line;
                imported.rejects.push(RejectedAction { line, reason });
            }
        }
    }
    Ok(imported)
}

impl ActionText<'_> {
    /// Reads the fields.
    ///
    /// # Errors
    /// The first thing wrong, for people.
    pub fn read(&self, calendar: &Calendar) -> Result<Event, String> {
        self.read_by(|_| Ok(calendar.clone()))
    }

    /// Reads the fields by the calendar that `calendar_of` names for the instrument.
    ///
    /// # Errors
    /// As [`ActionText::read`].
    pub fn read_by(
        &self,
        calendar_of: impl Fn(&InstrumentId) -> Result<Calendar, String>,
    ) -> Result<Event, String> {
        self.event(calendar_of).map_err(|refusal| refusal.0)
    }

    fn event(
        &self,
        calendar_of: impl Fn(&InstrumentId) -> Result<Calendar, String>,
    ) -> Result<Event, Refusal> {
        let instrument: InstrumentId = match self.instrument.trim().parse() {
            Ok(instrument) => instrument,
            Err(error) => return refuse(format_args!("instrument: {error}")),
        };
        let date: Date = match self.ex_date.trim().parse() {
            Ok(date) => date,
            Err(_) => {
                return refuse(format_args!(
                    "ex_date `{}` is not a date such as 2026-11-29",
                    short(self.ex_date)
                ));
            }
        };
        let terms = match self.kind.trim().to_ascii_lowercase().as_str() {
            "split" => ActionKind::Split { ratio: self.ratio()? },
            "bonus" => ActionKind::Bonus { ratio: self.ratio()? },
            "stock_dividend" => ActionKind::StockDividend { ratio: self.ratio()? },
            "dividend" => self.dividend()?,
            "rights" => self.rights()?,
            "merger" => self.merger()?,
            "spin_off" => ActionKind::SpinOff {
                into: self.into()?,
                ratio: self.ratio()?,
                cost_fraction: fraction("cost_fraction", self.cost_fraction)?,
            },
            "symbol_change" => ActionKind::SymbolChange { into: self.into()? },
            "delisting" => ActionKind::Delisting {
                price: price(at_least_zero("price", self.price)?)?,
            },
            "earnings" => {
                let kind = self.earnings()?;
                return Ok(Event {
                    instrument,
                    date,
                    kind,
                });
            }
            _ => {
                return refuse(format_args!(
                    "kind `{}` is not one of split, bonus, stock_dividend, dividend, rights, merger, spin_off, symbol_change, \
                     delisting, earnings",
                    short(self.kind)
                ));
            }
        };
        let calendar = calendar_of(&instrument).map_err(Refusal)?;
        let effective = match ex_instant(&calendar, date) {
            Ok(ts) => ts,
            Err(error) => return refuse(format_args!("ex_date: {error}")),
        };
        let action = CorporateAction {
            instrument: instrument.clone(),
            kind: terms,
            effective,
            fractions: Fractions::Keep,
            source: self.source.trim().chars().take(200).collect(),
        };
        let kind = EventKind::Action { action };
        Ok(Event {
            instrument,
            date,
            kind,
        })
    }

    fn ratio(&self) -> Result<Ratio, Refusal> {
        let number = |field: &str, text: &str| match text.trim().parse::<u32>() {
            Ok(n) if n > 0 => Ok(n),
            _ => refuse(format_args!(
                "{field} `{}` is not a whole number above 0",
                short(text)
            )),
        };
        Ok(Ratio {
            new: number("new", self.new)?,
            held: number("held", self.held)?,
        })
    }

    fn dividend(&self) -> Result<ActionKind, Refusal> {
        Ok(ActionKind::CashDividend {
            per_unit: self.cash()?,
            withholding: Decimal::ZERO,
        })
    }

    fn rights(&self) -> Result<ActionKind, Refusal> {
        Ok(ActionKind::Rights {
            ratio: self.ratio()?,
            price: price(above_zero("price", self.price)?)?,
            // What is offered to an owner of one; how many are taken up is each account's matter.
            taken: Decimal::ONE,
        })
    }

    fn merger(&self) -> Result<ActionKind, Refusal> {
        let stock = match self.into.trim() {
            "" => None,
            _ => Some((self.into()?, self.ratio()?)),
        };
        let cash = match self.amount.trim() {
            "" => None,
            _ => Some(self.cash()?),
        };
        let cash_cost_fraction = match (&stock, &cash) {
            (Some(_), Some(_)) => fraction("cost_fraction", self.cost_fraction)?,
            (None, Some(_)) => Decimal::ONE,
            (Some(_), None) => Decimal::ZERO,
            (None, None) => return refuse("a merger needs into with new and held, or amount with currency"),
        };
        Ok(ActionKind::Merger {
            stock,
            cash,
            cash_cost_fraction,
        })
    }

    fn into(&self) -> Result<InstrumentId, Refusal> {
        match self.into.trim().parse() {
            Ok(into) => Ok(into),
            Err(error) => refuse(format_args!("into: {error}")),
        }
    }

    fn cash(&self) -> Result<Money, Refusal> {
        let amount = above_zero("amount", self.amount)?;
        match self.currency.trim().parse::<Currency>() {
            Ok(currency) => Ok(Money::new(amount, currency)),
            Err(error) => refuse(format_args!("currency: {error}")),
        }
    }

    fn earnings(&self) -> Result<EventKind, Refusal> {
        let period = self.period.trim();
        if period.is_empty() {
            return refuse("period is missing");
        }
        let time = match self.time.trim().to_ascii_lowercase().as_str() {
            "" => EarningsTime::Unknown,
            "before_open" => EarningsTime::BeforeOpen,
            "during_session" => EarningsTime::DuringSession,
            "after_close" => EarningsTime::AfterClose,
            _ => {
                return refuse(format_args!(
                    "time `{}` is not one of before_open, during_session, after_close",
                    short(self.time)
                ));
            }
        };
        let confirmed = match self.confirmed.trim().to_ascii_lowercase().as_str() {
            "" | "false" => false,
            "true" => true,
            _ => {
                return refuse(format_args!(
                    "confirmed `{}` is not true or false",
                    short(self.confirmed)
                ));
            }
        };
        Ok(EventKind::Earnings {
            period: period.chars().take(40).collect(),
            time,
            confirmed,
            source: self.source.trim().chars().take(200).collect(),
        })
    }
}

fn above_zero(field: &str, text: &str) -> Result<Decimal, Refusal> {
    match Decimal::from_str_exact(text.trim()) {
        Ok(number) if number > Decimal::ZERO => Ok(number),
        _ => refuse(format_args!("{field} `{}` is not a number above 0", short(text))),
    }
}

fn at_least_zero(field: &str, text: &str) -> Result<Decimal, Refusal> {
    match Decimal::from_str_exact(text.trim()) {
        Ok(number) if number >= Decimal::ZERO => Ok(number),
        _ => refuse(format_args!(
            "{field} `{}` is not a number of at least 0",
            short(text)
        )),
    }
}

fn fraction(field: &str, text: &str) -> Result<Decimal, Refusal> {
    match Decimal::from_str_exact(text.trim()) {
        Ok(number) if (Decimal::ZERO..=Decimal::ONE).contains(&number) => Ok(number),
        _ => refuse(format_args!(
            "{field} `{}` is not a number from 0 to 1",
            short(text)
        )),
    }
}

fn price(number: Decimal) -> Result<Price, Refusal> {
    match Price::new(number) {
        Ok(price) => Ok(price),
        Err(error) => refuse(format_args!("price: {error}")),
    }
}

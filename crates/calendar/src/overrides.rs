//! What administrators lay over the rules: a holiday, a special session, an early close; by hand or from CSV.
//!
//! The file has a header with the columns `calendar,date,kind,open,close,break_start,break_end,name` in any order and case
//! (others are ignored); times are those of the exchange's clocks, `HH:MM`:
//!
//! | kind | wants | may have |
//! | --- | --- | --- |
//! | `holiday` | `name` | |
//! | `special` | `open`, `close`, `name` | `break_start` with `break_end` |
//! | `early_close` | `close`, `name` | |

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::calendar::Calendar;
use crate::csv::{CsvError, Table};
use crate::exchanges;
use crate::zone::WallMinute;

/// What becomes of a date.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// There is no session.
    Holiday {
        /// What it is called.
        name: String,
    },
    /// There is a session with these hours, whatever the rules say.
    Special {
        /// What it is called.
        name: String,
        /// First minute.
        open: WallMinute,
        /// First minute after it.
        close: WallMinute,
        /// The break.
        pause: Option<(WallMinute, WallMinute)>,
    },
    /// The session of the rules ends earlier. Nothing where the rules have no session.
    EarlyClose {
        /// What it is called.
        name: String,
        /// First minute after it.
        close: WallMinute,
    },
}

/// One change of one calendar's date.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Override {
    /// Id of the calendar.
    pub calendar: &'static str,
    /// The date.
    pub date: Date,
    /// What becomes of it.
    pub change: Change,
}

/// An override that makes no sense.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OverrideError {
    /// No such calendar.
    #[error("there is no calendar `{0}`")]
    UnknownCalendar(String),
    /// No such kind.
    #[error("kind `{0}` is not one of holiday, special, early_close")]
    UnknownKind(String),
    /// Not a date.
    #[error("`{0}` is not a date such as 2026-11-29")]
    BadDate(String),
    /// Not a time.
    #[error("{field} `{text}` is not a time such as 09:15")]
    BadTime {
        /// Which.
        field: &'static str,
        /// What was given.
        text: String,
    },
    /// A field that the kind wants is empty.
    #[error("{field} is missing")]
    Missing {
        /// Which.
        field: &'static str,
    },
    /// Times that are not in order.
    #[error("the times are not in order: open, break_start, break_end and close must follow one another")]
    NotInOrder,
    /// The name is too long.
    #[error("the name has more than {max} characters")]
    NameTooLong {
        /// The most.
        max: usize,
    },
    /// A line about another calendar than the file is for.
    #[error("this is about the calendar {found}, not {wanted}")]
    OtherCalendar {
        /// The calendar of the line.
        found: &'static str,
        /// That of the file.
        wanted: &'static str,
    },
    /// The same date was changed on an earlier line.
    #[error("line {line} changes the same date of the same calendar")]
    Twice {
        /// Which line did.
        line: usize,
    },
}

/// Longest name of an override, in characters.
pub const NAME_CHARACTERS_MAX: usize = 120;
/// Most lines that a file may have.
pub const LINES_MAX: usize = 20_000;

/// The fields of an override as text, from a file or a form; empty = not given.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OverrideText<'a> {
    /// Id or alias of the calendar.
    pub calendar: &'a str,
    /// `YYYY-MM-DD`.
    pub date: &'a str,
    /// `holiday`, `special` or `early_close`.
    pub kind: &'a str,
    /// `HH:MM` of the exchange's clocks.
    pub open: &'a str,
    /// `HH:MM`.
    pub close: &'a str,
    /// `HH:MM`.
    pub break_start: &'a str,
    /// `HH:MM`.
    pub break_end: &'a str,
    /// What it is called.
    pub name: &'a str,
}

impl OverrideText<'_> {
    /// Reads the fields.
    ///
    /// # Errors
    /// [`OverrideError`], the first thing wrong.
    pub fn read(&self) -> Result<Override, OverrideError> {
        let calendar = exchanges::canonical(self.calendar)
            .ok_or_else(|| OverrideError::UnknownCalendar(short(self.calendar)))?;
        let date = self
            .date
            .trim()
            .parse()
            .map_err(|_| OverrideError::BadDate(short(self.date)))?;
        let name = self.name.trim();
        if name.is_empty() {
            return Err(OverrideError::Missing { field: "name" });
        }
        if name.chars().count() > NAME_CHARACTERS_MAX {
            return Err(OverrideError::NameTooLong {
                max: NAME_CHARACTERS_MAX,
            });
        }
        let name = name.to_owned();
        let change = match self.kind.trim().to_ascii_lowercase().as_str() {
            "holiday" => Change::Holiday { name },
            "early_close" => Change::EarlyClose {
                name,
                close: needed("close", self.close)?,
            },
            "special" => {
                let (open, close) = (needed("open", self.open)?, needed("close", self.close)?);
                let pause = match (
                    time("break_start", self.break_start)?,
                    time("break_end", self.break_end)?,
                ) {
                    (None, None) => None,
                    (Some(start), Some(end)) => Some((start, end)),
                    (Some(_), None) => return Err(OverrideError::Missing { field: "break_end" }),
                    (None, Some(_)) => return Err(OverrideError::Missing { field: "break_start" }),
                };
                let ordered = match pause {
                    None => open < close,
                    Some((start, end)) => open < start && start < end && end < close,
                };
                if !ordered {
                    return Err(OverrideError::NotInOrder);
                }
                Change::Special {
                    name,
                    open,
                    close,
                    pause,
                }
            }
            _ => return Err(OverrideError::UnknownKind(short(self.kind))),
        };
        Ok(Override {
            calendar,
            date,
            change,
        })
    }
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

fn time(field: &'static str, text: &str) -> Result<Option<WallMinute>, OverrideError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    WallMinute::parse(text)
        .map(Some)
        .ok_or_else(|| OverrideError::BadTime {
            field,
            text: short(text),
        })
}

fn needed(field: &'static str, text: &str) -> Result<WallMinute, OverrideError> {
    time(field, text)?.ok_or(OverrideError::Missing { field })
}

/// A line of a file that was refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reject {
    /// Which line, the header = 1.
    pub line: usize,
    /// Why.
    pub reason: OverrideError,
}

/// What a file held: what can be used, and what was refused and why.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Imported {
    /// In the order of the file.
    pub overrides: Vec<Override>,
    /// On which line each of them stands, the header = 1.
    pub lines: Vec<usize>,
    /// In the order of the file.
    pub rejects: Vec<Reject>,
}

/// Reads overrides from CSV. Bad lines are told, each with its number; whether the good ones are then used is the
/// caller's decision.
///
/// # Errors
/// [`CsvError`] when the file as a whole cannot be read: no header, a column missing, too many lines.
pub fn read_csv(text: &str) -> Result<Imported, CsvError> {
    read(text, &["calendar", "date", "kind"], None)
}

/// The same for a file about one calendar: the column `calendar` may be left out or empty, and a line about another calendar is
/// refused.
///
/// # Errors
/// As [`read_csv`].
pub fn read_csv_of(text: &str, calendar: &Calendar) -> Result<Imported, CsvError> {
    read(text, &["date", "kind"], Some(calendar.id()))
}

fn read(text: &str, wanted: &[&'static str], of: Option<&'static str>) -> Result<Imported, CsvError> {
    let table = Table::new(text, wanted, LINES_MAX)?;
    let mut imported = Imported::default();
    let mut seen: BTreeMap<(&'static str, Date), usize> = BTreeMap::new();
    for row in table.rows() {
        let fields = OverrideText {
            calendar: match (row.get("calendar"), of) {
                ("", Some(id)) => id,
                (given, _) => given,
            },
            date: row.get("date"),
            kind: row.get("kind"),
            open: row.get("open"),
            close: row.get("close"),
            break_start: row.get("break_start"),
            break_end: row.get("break_end"),
            name: row.get("name"),
        };
        let line = row.line;
        let read = fields
            .read()
            .and_then(|o| match of.filter(|of| *of != o.calendar) {
                Some(wanted) => Err(OverrideError::OtherCalendar {
                    found: o.calendar,
                    wanted,
                }),
                None => Ok(o),
            })
            .and_then(|o| match seen.insert((o.calendar, o.date), line) {
                Some(line) => Err(OverrideError::Twice { line }),
                None => Ok(o),
            });
        match read {
            Ok(o) => {
                imported.overrides.push(o);
                imported.lines.push(line);
            }
            Err(reason) => imported.rejects.push(Reject { line, reason }),
        }
    }
    Ok(imported)
}

/// Overrides by calendar and date; of two for the same date the later given wins.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Overrides {
    changes: BTreeMap<(&'static str, Date), Change>,
}

impl Overrides {
    /// What becomes of that date, if anything.
    #[must_use]
    pub fn on(&self, calendar: &str, date: Date) -> Option<&Change> {
        let calendar = exchanges::canonical(calendar)?;
        self.changes.get(&(calendar, date))
    }

    /// All of them, by calendar and date.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Date, &Change)> {
        self.changes
            .iter()
            .map(|((calendar, date), change)| (*calendar, *date, change))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

impl IntoIterator for Overrides {
    type Item = Override;
    type IntoIter = std::vec::IntoIter<Override>;

    fn into_iter(self) -> Self::IntoIter {
        let all = self.changes.into_iter();
        let all = all.map(|((calendar, date), change)| Override {
            calendar,
            date,
            change,
        });
        all.collect::<Vec<_>>().into_iter()
    }
}

impl FromIterator<Override> for Overrides {
    fn from_iter<I: IntoIterator<Item = Override>>(overrides: I) -> Self {
        let changes = overrides.into_iter().map(|o| ((o.calendar, o.date), o.change));
        Self {
            changes: changes.collect(),
        }
    }
}

//! Trading calendars, expiries and corporate actions, as dated rules.
//!
//! An exchange's rules are a table of hours, holidays, early closes and special sessions, each row with its dates
//! (`exchanges/`). They are worked out into dates once ([`Calendar::find`]), and a [`Calendar`] answers questions about them:
//! sessions between dates, next and previous, what is open at an instant, minutes of trading. Administrators' changes are a
//! value ([`Overrides`]) laid over it. [`expiry`] knows on which dates contracts end, by underlying; [`actions`] what
//! corporate actions do to price histories.
//!
//! Nothing here reads a clock, a file or the machine's time zones: the zones are compiled in, and "today" is an argument.

pub mod actions;
mod calendar;
mod compiled;
mod csv;
mod day_rule;
mod error;
mod exchanges;
pub mod expiry;
mod fitting;
mod grid;
pub mod overrides;
mod rules;
mod session;
mod zone;

pub use calendar::Calendar;
pub use csv::CsvError;
pub use error::CalendarError;
pub use fitting::Misfit;
pub use grid::CalendarGridError;
pub use overrides::{Change, Override, OverrideError, OverrideText, Overrides};
pub use rules::{HoursTable, PhaseKind};
pub use session::{Day, HolidayOn, Phase, Session};
pub use zone::{WallMinute, zone};

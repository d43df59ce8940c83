//! What administrators add to the calendars: overrides of sessions, and the corporate actions and earnings dates of
//! instruments. Rows hold what was entered, as text; what it means the crate `tradewind-calendar` says, which reads it before
//! it is stored and after.

pub mod events;
pub mod overrides;

use jiff::civil::Date;

use crate::StoreError;

/// A day as it is stored: ISO 8601, which sorts as time does.
fn day(date: Date) -> String {
    date.to_string()
}

/// A stored day.
fn date(what: &'static str, day: &str) -> Result<Date, StoreError> {
    day.parse().map_err(|_| StoreError::corrupt(what, day))
}

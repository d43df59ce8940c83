//! What can be wrong with a question to a calendar.

use jiff::civil::Date;

/// Why a calendar does not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// No calendar has this id.
    #[error("there is no calendar `{id}`; known are {known}")]
    UnknownCalendar {
        /// What was asked for.
        id: String,
        /// The ids, for people.
        known: String,
    },
    /// No expiry rules are known for this underlying.
    #[error("there are no expiry rules for `{underlying}`; known are {known}")]
    UnknownUnderlying {
        /// What was asked for.
        underlying: String,
        /// The names, for people.
        known: String,
    },
    /// The rules of the exchange are not known for this date.
    #[error("{calendar} is known from {from} to {to}, not on {date}")]
    OutsideCoverage {
        /// The calendar.
        calendar: &'static str,
        /// The date asked for.
        date: Date,
        /// First date known.
        from: Date,
        /// Last date known.
        to: Date,
    },
    /// The end lies before the beginning.
    #[error("the period ends on {to}, before it begins on {from}")]
    EmptyPeriod {
        /// Beginning.
        from: Date,
        /// End.
        to: Date,
    },
    /// The instant is outside of what a time stamp can hold.
    #[error("{date} has no time stamp in UTC nanoseconds")]
    NoTimeStamp {
        /// The date concerned.
        date: Date,
    },
}

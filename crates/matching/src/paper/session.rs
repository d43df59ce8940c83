//! When an instrument may be traded, as the caller's calendar tells the venue.
//!
//! | phase | MARKET, IOC, FOK | LIMIT and stops that may rest | what already rests |
//! | --- | --- | --- | --- |
//! | [`Phase::Open`] | matched | matched, then rest | fills and triggers |
//! | [`Phase::PreOpen`] | refused | accepted, wait for the opening | waits |
//! | [`Phase::Halted`] | refused | accepted, wait for the resumption | waits |
//! | [`Phase::Closed`] | refused | accepted, wait for the next session | waits |
//! | [`Phase::Delisted`] | refused | refused | waits for its cancel or end |
//!
//! What waits is matched with the first change of its market (or the first bar) in continuous trading; there is no
//! opening auction. A stop with IOC or FOK may rest until it is triggered. Cancels, changes and ends happen in every phase. A DAY
//! order ends with the session in which it was accepted, or with the next one when it was accepted outside of one;
//! where the caller names no end, at the next UTC midnight.

use tradewind_types::{InstrumentIdx, InstrumentStatus, UnixNanos};

/// Whether and how an instrument is traded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Phase {
    /// Continuous trading.
    #[default]
    Open,
    /// Orders are collected, nothing trades.
    PreOpen,
    /// Interrupted.
    Halted,
    /// Between sessions.
    Closed,
    /// For good.
    Delisted,
}

/// What an instrument's own status means, for callers without a calendar.
impl From<InstrumentStatus> for Phase {
    fn from(status: InstrumentStatus) -> Self {
        match status {
            InstrumentStatus::Trading => Phase::Open,
            InstrumentStatus::Halted => Phase::Halted,
            InstrumentStatus::Delisted => Phase::Delisted,
        }
    }
}

/// The caller's calendar.
pub trait SessionView {
    /// The phase of an instrument at a time.
    fn phase(&self, instrument: InstrumentIdx, at: UnixNanos) -> Phase;

    /// When the session that holds `at`, or else the next one, ends; `None` for markets that never close, whose DAY
    /// orders end at UTC midnight.
    fn ends(&self, instrument: InstrumentIdx, at: UnixNanos) -> Option<UnixNanos>;
}

/// A market that never closes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AlwaysOpen;

impl SessionView for AlwaysOpen {
    fn phase(&self, _: InstrumentIdx, _: UnixNanos) -> Phase {
        Phase::Open
    }

    fn ends(&self, _: InstrumentIdx, _: UnixNanos) -> Option<UnixNanos> {
        None
    }
}

//! What stands on a tape.

use serde::{Deserialize, Serialize};
use tradewind_types::UnixNanos;
use tradewind_types::market::MarketEvent;
use tradewind_types::record::{CommandEnvelope, VenueReport};

use crate::kernel::{Event, KernelConfig};

/// Where a session begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Version of the program that recorded it.
    pub program: String,
    /// Sequence of the last journal record before the session.
    pub journal_seq: u64,
    /// Hash of the journal at that record.
    pub journal_hash: [u8; 32],
    /// Settings of the kernel.
    pub config: KernelConfig,
    /// When it began.
    pub ts: UnixNanos,
}

/// One entry of a tape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Entry {
    /// The market moved.
    Market(MarketEvent),
    /// Time passed.
    Timer(UnixNanos),
    /// Something was asked; also what was then refused.
    Command(Box<CommandEnvelope>),
    /// A venue reported.
    Venue(Box<VenueReport>),
    /// The first one.
    Header(Box<Header>),
    /// The event before this made records; the last of them has this sequence.
    Records(u64),
    /// Events are missing here.
    Gap {
        /// How many, as far as known.
        events: u64,
        /// Why.
        reason: String,
    },
    /// The session ended in order.
    End,
}

impl Entry {
    /// The kernel's event, when it is one.
    #[must_use]
    pub fn into_event(self) -> Option<Event> {
        match self {
            Entry::Market(event) => Some(Event::Market(event)),
            Entry::Timer(ts) => Some(Event::Timer(ts)),
            Entry::Command(envelope) => Some(Event::Command(envelope)),
            Entry::Venue(report) => Some(Event::Venue(report)),
            Entry::Header(_) | Entry::Records(_) | Entry::Gap { .. } | Entry::End => None,
        }
    }
}

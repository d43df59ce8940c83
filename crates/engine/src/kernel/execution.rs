//! Where an account's orders go: three types behind one trait.
//!
//! | type | carries orders out by | can reach a venue |
//! | --- | --- | --- |
//! | [`Backtest`] | matching against historical data | no |
//! | [`Paper`] | matching against live data | no |
//! | [`Live`] | requests that leave after the journal is durable ([`super::Actions::venue_requests`]) | yes |
//!
//! A kernel has either [`Backtest`] alone, or [`Paper`] and [`Live`]; which of the two an order goes to is its
//! account's kind. The simulated ones have nowhere to put a request to a venue, so that no mistake in a backtest or
//! in paper trading can send one.

use tradewind_matching::paper::{OrderChange, PaperOrder, PaperVenue};
use tradewind_types::{AccountId, ClientOrderId, UnixNanos};

pub use super::live::{Live, VenueRequest, VenueRequestKind};

/// What can be asked for an order. Answers come later, as reports.
pub trait Execution {
    /// Hands over a new order.
    fn submit(&mut self, order: PaperOrder, now: UnixNanos);

    /// Asks for a cancel.
    fn cancel(&mut self, account: &AccountId, id: &ClientOrderId, now: UnixNanos);

    /// Asks for a change.
    fn modify(&mut self, account: &AccountId, id: &ClientOrderId, change: &OrderChange, now: UnixNanos);
}

/// Matching against historical data.
#[derive(Debug, Clone)]
pub struct Backtest(pub(super) PaperVenue);

/// Matching against live data.
#[derive(Debug, Clone)]
pub struct Paper(pub(super) PaperVenue);

macro_rules! simulated {
    ($($name:ident),*) => {$(
        impl Execution for $name {
            fn submit(&mut self, order: PaperOrder, now: UnixNanos) {
                // An id that is there already was submitted already; its first order stands.
                let _ = self.0.submit(order, now);
            }

            fn cancel(&mut self, account: &AccountId, id: &ClientOrderId, now: UnixNanos) {
                self.0.cancel(account, id, now);
            }

            fn modify(&mut self, account: &AccountId, id: &ClientOrderId, change: &OrderChange, now: UnixNanos) {
                self.0.modify(account, id, *change, now);
            }
        }
    )*};
}

simulated!(Backtest, Paper);

/// The simulated side of a kernel.
#[derive(Debug)]
pub(super) enum Simulated {
    Backtest(Backtest),
    Paper(Paper),
}

impl Simulated {
    pub(super) fn venue(&self) -> &PaperVenue {
        match self {
            Simulated::Backtest(Backtest(venue)) | Simulated::Paper(Paper(venue)) => venue,
        }
    }

    pub(super) fn venue_mut(&mut self) -> &mut PaperVenue {
        match self {
            Simulated::Backtest(Backtest(venue)) | Simulated::Paper(Paper(venue)) => venue,
        }
    }

    pub(super) fn execution(&mut self) -> &mut dyn Execution {
        match self {
            Simulated::Backtest(backtest) => backtest,
            Simulated::Paper(paper) => paper,
        }
    }
}

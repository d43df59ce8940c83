//! Live execution: requests to venues, what venues report, and what is done when an answer is lost.
//!
//! A request leaves only after the record of what caused it is durable. An order whose answer was lost is `Unknown`:
//! it is asked for by its client order id after 1, 2 and 4 s and then every 4 s, and never sent again. An answer that
//! the venue does not know it counts only when [`SETTLE_NS`] have passed since the answer was lost: the request may
//! still be on its way. Then the order is `Rejected`. That is our verdict, and a clock that jumped makes it come too
//! early: an order that the venue has after all is canceled there, and what it filled is booked.
//!
//! | what the venue reports | what is done |
//! | --- | --- |
//! | a trade id that is known | ignored, counted ([`Live::duplicates`]) |
//! | a fill before the acceptance, or after a cancel, an expiry or our verdict that the order never arrived | booked |
//! | that an order is open which we hold for never arrived | canceled there |
//! | an acceptance after a fill or trigger | its venue id is kept |
//! | anything else that the order's state does not know | ignored, counted ([`Live::late`]) |
//! | a fill taken back or corrected | reversed by new entries |
//!
//! After a start every live account is compared with its venue (orders, fills, positions, balances) before the gate
//! lets an order through.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use tradewind_matching::paper::{OrderChange, PaperOrder};
use tradewind_types::time::SECOND_NS;
use tradewind_types::{AccountId, ClientOrderId, OrderRequest, UnixNanos, VenueOrderId};

use super::execution::Execution;

/// Waits before the queries for an order whose answer was lost; the last one repeats.
pub const QUERY_AFTER_NS: [u64; 3] = [SECOND_NS, 2 * SECOND_NS, 4 * SECOND_NS];
/// From then on after its submission an order that the venue does not know never reached it.
pub const SETTLE_NS: u64 = 60 * SECOND_NS;

/// What is asked of a venue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VenueRequestKind {
    /// Place an order, under its client order id.
    Submit(Box<OrderRequest>),
    /// Cancel it.
    Cancel {
        /// The venue's id, where it is known.
        venue_order_id: Option<VenueOrderId>,
    },
    /// Change it.
    Modify {
        /// The venue's id, where it is known.
        venue_order_id: Option<VenueOrderId>,
        /// What.
        change: OrderChange,
    },
    /// Say what became of it: by its client order id; the acceptance that told the venue's own id may be what was lost.
    Query,
    /// Say everything about the account: open orders, fills since a time, positions, balances.
    Account {
        /// Fills from then on.
        since: UnixNanos,
    },
}

/// One request; goes out after the journal is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueRequest {
    /// The account.
    pub account: AccountId,
    /// The order; `None` for a request about the account.
    pub client_order_id: Option<ClientOrderId>,
    /// What.
    pub kind: VenueRequestKind,
}

type Key = (AccountId, ClientOrderId);

/// Live execution: the only one with an outbox.
#[derive(Debug, Default)]
pub struct Live {
    outbox: Vec<VenueRequest>,
    venue_ids: FxHashMap<Key, VenueOrderId>,
    /// Queries that are due, with how many went before.
    queries: BTreeMap<(UnixNanos, u64), (Key, usize)>,
    asked: u64,
    /// Reports of fills that were known.
    pub duplicates: u64,
    /// Reports that came too late to mean anything.
    pub late: u64,
}

impl Live {
    pub(super) fn take_requests(&mut self, into: &mut Vec<VenueRequest>) {
        into.append(&mut self.outbox);
    }

    pub(super) fn knows_as(&mut self, account: &AccountId, id: &ClientOrderId, venue: &VenueOrderId) {
        self.venue_ids
            .insert((account.clone(), id.clone()), venue.clone());
    }

    pub(super) fn forget(&mut self, account: &AccountId, id: &ClientOrderId) {
        self.venue_ids.remove(&(account.clone(), id.clone()));
    }

    pub(super) fn ask_account(&mut self, account: &AccountId, since: UnixNanos) {
        self.outbox.push(VenueRequest {
            account: account.clone(),
            client_order_id: None,
            kind: VenueRequestKind::Account { since },
        });
    }

    /// Plans the next query for an order whose answer was lost.
    pub(super) fn ask_later(
        &mut self,
        account: &AccountId,
        id: &ClientOrderId,
        now: UnixNanos,
        before: usize,
    ) {
        let wait = QUERY_AFTER_NS[before.min(QUERY_AFTER_NS.len() - 1)];
        self.asked += 1;
        let key = (account.clone(), id.clone());
        // An order has one chain of queries, however often its answers are lost.
        self.queries.retain(|_, (asked, _)| *asked != key);
        self.queries
            .insert((now.plus(wait), self.asked), (key, before + 1));
    }

    /// Queries that are due; each plans the one after it, which is dropped when the order is known by then.
    pub(super) fn due_queries(&mut self, now: UnixNanos) -> Vec<(AccountId, ClientOrderId, usize)> {
        let mut due = Vec::new();
        while let Some(entry) = self.queries.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let ((account, id), before) = entry.remove();
            due.push((account, id, before));
        }
        due
    }

    pub(super) fn query(&mut self, account: &AccountId, id: &ClientOrderId) {
        self.push(account, id, VenueRequestKind::Query);
    }

    fn push(&mut self, account: &AccountId, id: &ClientOrderId, kind: VenueRequestKind) {
        self.outbox.push(VenueRequest {
            account: account.clone(),
            client_order_id: Some(id.clone()),
            kind,
        });
    }

    fn venue_id(&self, account: &AccountId, id: &ClientOrderId) -> Option<VenueOrderId> {
        self.venue_ids.get(&(account.clone(), id.clone())).cloned()
    }
}

impl Execution for Live {
    fn submit(&mut self, order: PaperOrder, _: UnixNanos) {
        let request = Box::new(order.request);
        let (account, id) = (request.account.clone(), request.client_order_id.clone());
        self.push(&account, &id, VenueRequestKind::Submit(request));
    }

    fn cancel(&mut self, account: &AccountId, id: &ClientOrderId, _: UnixNanos) {
        let venue_order_id = self.venue_id(account, id);
        self.push(account, id, VenueRequestKind::Cancel { venue_order_id });
    }

    fn modify(&mut self, account: &AccountId, id: &ClientOrderId, change: &OrderChange, _: UnixNanos) {
        let kind = VenueRequestKind::Modify {
            venue_order_id: self.venue_id(account, id),
            change: *change,
        };
        self.push(account, id, kind);
    }
}

//! Our side of the lane: what a strategy knows at its time, and what it asks for.
//!
//! The book is the one that reached us, later than it was at the venue; orders and position are as the venue's reports
//! told us so far. Nothing here looks at the venue's side.

use std::collections::VecDeque;

use tradewind_types::Side;

use super::book::FlatBook;
use super::digest::Digest;
use super::event::{DepthEvent, EventKind, PRICE_MAX};
use super::latency::Latency;
use super::order::{DepthOrder, DepthOrderKind, OWN_SIZE_MAX, OwnId, Report, ReportKind, Request};

/// Requests that may be on their way at once.
const REQUESTS_MAX: usize = 1 << 14;

/// What we know of one of our orders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpenState {
    /// Sent; nothing heard yet.
    Sent,
    /// The venue says that it rests, or that a part of it traded.
    Working,
    /// We asked to cancel it.
    Canceling,
}

/// One of our orders that is not done, as far as we know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenOrder {
    /// Its number.
    pub id: OwnId,
    /// Side.
    pub side: Side,
    /// Limit in ticks; `None` for a market order.
    pub price: Option<i64>,
    /// Lots left.
    pub left: i64,
    /// State.
    pub state: OpenState,
}

/// Why a request did not leave.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DeskError {
    /// A size or price out of range.
    #[error("size has to be from 1 to 2^48 lots, price within ±2^62 ticks")]
    Number,
    /// No such open order.
    #[error("order {0:?} is not open")]
    NotOpen(OwnId),
    /// Too many requests on their way.
    #[error("{REQUESTS_MAX} requests are on their way; no more fit")]
    Busy,
    /// The data is over: nothing would happen any more.
    #[error("the data ended; no further requests are taken")]
    Ended,
}

/// A strategy's desk.
#[derive(Clone, Debug)]
pub struct Desk {
    book: FlatBook,
    now_ns: i64,
    position: i64,
    /// Ascending ids.
    open: Vec<OpenOrder>,
    /// With their times of arrival at the venue, in that order.
    requests: VecDeque<(i64, Request)>,
    entry: Latency,
    last_id: u64,
    pub(super) ended: bool,
    pub(super) digest: Digest,
}

impl Desk {
    pub(super) fn new(entry: Latency) -> Self {
        Self {
            book: FlatBook::new(),
            now_ns: i64::MIN,
            position: 0,
            open: Vec::with_capacity(64),
            requests: VecDeque::with_capacity(256),
            entry,
            last_id: 0,
            ended: false,
            digest: Digest::default(),
        }
    }

    /// Our time, nanoseconds since the epoch.
    #[must_use]
    pub fn now_ns(&self) -> i64 {
        self.now_ns
    }

    /// The book as it reached us.
    #[must_use]
    pub fn book(&self) -> &FlatBook {
        &self.book
    }

    /// Lots held, by the fills that were reported to us.
    #[must_use]
    pub fn position(&self) -> i64 {
        self.position
    }

    /// Our orders that are not done, oldest first.
    #[must_use]
    pub fn orders(&self) -> &[OpenOrder] {
        &self.open
    }

    /// Sends a new order.
    ///
    /// # Errors
    /// [`DeskError`]; nothing was sent.
    pub fn submit(&mut self, order: DepthOrder) -> Result<OwnId, DeskError> {
        let price = match order.kind {
            DepthOrderKind::Market => None,
            DepthOrderKind::Limit { price, .. } => Some(price),
        };
        check(order.size, price)?;
        let id = OwnId(self.last_id + 1);
        self.send(Request::New { id, order })?;
        self.last_id = id.0;
        self.open.push(OpenOrder {
            id,
            side: order.side,
            price,
            left: order.size,
            state: OpenState::Sent,
        });
        Ok(id)
    }

    /// Asks to cancel an order.
    ///
    /// # Errors
    /// [`DeskError`]; nothing was sent.
    pub fn cancel(&mut self, id: OwnId) -> Result<(), DeskError> {
        let at = self.open_index(id)?;
        self.send(Request::Cancel { id })?;
        self.open[at].state = OpenState::Canceling;
        Ok(())
    }

    /// Asks for a new price and a new amount left. The same price with no more than is left keeps the order's place in
    /// its queue; anything else goes to the end.
    ///
    /// # Errors
    /// [`DeskError`]; nothing was sent.
    pub fn modify(&mut self, id: OwnId, price: i64, left: i64) -> Result<(), DeskError> {
        check(left, Some(price))?;
        self.open_index(id)?;
        self.send(Request::Modify { id, price, left })
    }

    fn open_index(&self, id: OwnId) -> Result<usize, DeskError> {
        let found = self.open.binary_search_by_key(&id, |order| order.id);
        found.map_err(|_| DeskError::NotOpen(id))
    }

    fn send(&mut self, request: Request) -> Result<(), DeskError> {
        if self.ended {
            return Err(DeskError::Ended);
        }
        if self.requests.len() >= REQUESTS_MAX {
            return Err(DeskError::Busy);
        }
        let at = self.entry.arrival(self.now_ns);
        self.digest.request(self.now_ns, &request);
        self.requests.push_back((at, request));
        Ok(())
    }

    /// When the next request reaches the venue; `i64::MAX` without one.
    #[inline]
    pub(super) fn next_request_ns(&self) -> i64 {
        self.requests.front().map_or(i64::MAX, |(at, _)| *at)
    }

    pub(super) fn pop_request(&mut self) -> Option<Request> {
        self.requests.pop_front().map(|(_, request)| request)
    }

    #[inline]
    pub(super) fn set_time(&mut self, now_ns: i64) {
        self.now_ns = now_ns;
    }

    /// A market event reached us.
    #[inline]
    pub(super) fn see(&mut self, event: &DepthEvent) {
        match event.kind {
            EventKind::Level => {
                self.book.set(event.side, event.price, event.size);
            }
            EventKind::Clear => self.book.clear(event.side),
            _ => {}
        }
    }

    /// A report reached us.
    pub(super) fn hear(&mut self, report: &Report) {
        self.digest.report(self.now_ns, report);
        let Ok(at) = self.open_index(report.id) else {
            return;
        };
        let order = &mut self.open[at];
        let canceling = order.state == OpenState::Canceling;
        let mut working = |left| {
            order.left = left;
            if !canceling {
                order.state = OpenState::Working;
            }
        };
        match report.kind {
            ReportKind::Accepted { left } => working(left),
            ReportKind::Modified { price, left } => {
                working(left);
                order.price = Some(price);
            }
            ReportKind::Filled { size, left, .. } => {
                working(left);
                self.position += if order.side == Side::Buy { size } else { -size };
                if left == 0 {
                    self.open.remove(at);
                }
            }
            ReportKind::Ended { .. } | ReportKind::Refused { .. } => {
                self.open.remove(at);
            }
            ReportKind::CancelRefused => order.state = OpenState::Working,
            ReportKind::ModifyRefused { .. } => {}
        }
    }
}

fn check(size: i64, price: Option<i64>) -> Result<(), DeskError> {
    let price_fits = price.is_none_or(|p| (-PRICE_MAX..=PRICE_MAX).contains(&p));
    if price_fits && (1..=OWN_SIZE_MAX).contains(&size) {
        Ok(())
    } else {
        Err(DeskError::Number)
    }
}

//! Single-use tickets with which a browser opens the hub: 30 seconds, in memory only.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tradewind_types::{Clock, UnixNanos};

use super::caller::Caller;
use super::token::{Secret, hash_token};
use crate::problem::{ApiError, ApiResult, Code};

/// How long a ticket holds.
const TICKET_NS: u64 = 30_000_000_000;
const TICKETS_MAX: usize = 20_000;

/// The tickets that are out.
pub struct Tickets {
    clock: Arc<dyn Clock>,
    out: Mutex<HashMap<String, (UnixNanos, Arc<Caller>)>>,
}

impl Tickets {
    /// None yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            out: Mutex::default(),
        }
    }

    /// Makes a ticket for a caller; returns it with its end.
    ///
    /// # Errors
    /// `UNAVAILABLE` when too many are out.
    pub fn issue(&self, caller: Arc<Caller>) -> ApiResult<(Secret, UnixNanos)> {
        let secret = Secret::generate()?;
        let now = self.clock.now();
        let end = now.plus(TICKET_NS);
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        if out.len() >= TICKETS_MAX {
            out.retain(|_, (until, _)| *until > now);
        }
        if out.len() >= TICKETS_MAX {
            return Err(ApiError::of(Code::Unavailable).retry_after(30));
        }
        out.insert(hash_token(secret.text()), (end, caller));
        Ok((secret, end))
    }

    /// Uses a ticket up; `None` when it is unknown, used or over.
    #[must_use]
    pub fn redeem(&self, ticket: &str) -> Option<Arc<Caller>> {
        let now = self.clock.now();
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let (end, caller) = out.remove(&hash_token(ticket))?;
        (end > now).then_some(caller)
    }
}

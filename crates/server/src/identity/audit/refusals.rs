//! Requests that were refused, noted at a bounded rate: ten a minute of one address and sixty of all; what is not noted is
//! counted, and the next entry says how many there were.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use tradewind_types::UnixNanos;

use super::PlainRow;
use crate::AppState;
use crate::extract::RequestInfo;
use crate::problem::Code;

const WINDOW_NS: u64 = 60 * 1_000_000_000;
const OF_ADDRESS_MAX: u32 = 10;
const OF_ALL_MAX: u32 = 60;
/// How long an answer waits for its entry.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Default)]
struct Counts {
    begun: UnixNanos,
    all: u32,
    of_address: HashMap<String, u32>,
    not_noted: u64,
}

/// Counts refusals.
#[derive(Default)]
pub(super) struct Refusals(Mutex<Counts>);

impl Refusals {
    /// Whether to note one more, and how many were not noted since the last that was.
    fn admit(&self, address: &str, now: UnixNanos) -> Option<u64> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.since(counts.begun) >= WINDOW_NS {
            counts.begun = now;
            counts.all = 0;
            counts.of_address.clear();
        }
        // As many addresses as entries: the map is bounded by the rate.
        let of_address = counts.of_address.get(address).copied().unwrap_or(0);
        if counts.all >= OF_ALL_MAX || of_address >= OF_ADDRESS_MAX {
            counts.not_noted += 1;
            return None;
        }
        counts.all += 1;
        counts.of_address.insert(address.to_owned(), of_address + 1);
        Some(std::mem::take(&mut counts.not_noted))
    }
}

/// Notes a request that was refused, unless its handler did, or too many were.
pub(crate) async fn refused(state: &AppState, request: &RequestInfo, what: &str, code: Code) {
    if request.trail.is_noted() {
        return;
    }
    let now = state.clock.now();
    let Some(not_noted) = state.audit.refusals.admit(&request.network(), now) else {
        return;
    };
    let row = PlainRow {
        org: request.trail.org().unwrap_or(&state.config.org).clone(),
        ts: now,
        actor: request.trail.actor().unwrap_or("anonymous").to_owned(),
        action: "request.refused".to_owned(),
        subject: what.chars().take(128).collect(),
        outcome: code.name().to_owned(),
        address: request.ip.clone(),
        correlation_id: request.correlation_id.clone(),
        detail: json!({ "not_noted_before": not_noted }).to_string(),
        person: String::new(),
        personal: String::new(),
    };
    if !matches!(
        tokio::time::timeout(PATIENCE, state.audit.append(row)).await,
        Ok(Ok(()))
    ) {
        tracing::error!(
            correlation_id = request.correlation_id,
            "a refusal is not noted, or not yet"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_a_minute_of_an_address_and_sixty_of_all_are_noted_and_the_rest_counted() {
        let refusals = Refusals::default();
        let at = |s: u64| UnixNanos::from_secs(1_000 + s);
        for _ in 0..OF_ADDRESS_MAX {
            assert_eq!(refusals.admit("a", at(0)), Some(0));
        }
        for _ in 0..5 {
            assert_eq!(refusals.admit("a", at(1)), None);
        }
        assert_eq!(refusals.admit("b", at(2)), Some(5), "how many were not noted");
        assert_eq!(refusals.admit("b", at(3)), Some(0));
        let noted = (0..200)
            .filter(|n| refusals.admit(&format!("c{n}"), at(4)).is_some())
            .count();
        assert_eq!(noted, (OF_ALL_MAX - OF_ADDRESS_MAX - 2) as usize);
        assert_eq!(
            refusals.admit("a", at(61)),
            Some(200 - noted as u64),
            "the next minute"
        );
    }
}

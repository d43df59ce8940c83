//! One token bucket with its queue. Synchronous; the limiter holds the lock and the time.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::quota::{Priority, Quota};

/// The level of one quota, and who waits for it.
pub(super) struct Bucket {
    pub(super) quota: Quota,
    pub(super) level: u128,
    updated: Instant,
    pub(super) closed_until: Instant,
    /// Who waits, most urgent first, then in order of arrival; the value is the weight.
    pub(super) waiters: BTreeMap<(Priority, u64), u32>,
}

impl Bucket {
    pub(super) fn full(quota: Quota, now: Instant) -> Self {
        let level = quota.capacity_units();
        Self {
            quota,
            level,
            updated: now,
            closed_until: now,
            waiters: BTreeMap::new(),
        }
    }

    pub(super) fn refill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.updated).as_nanos();
        self.updated = self.updated.max(now);
        let gained = elapsed.saturating_mul(u128::from(self.quota.burst));
        self.level = self.level.saturating_add(gained).min(self.quota.capacity_units());
    }

    /// Time until `tokens` plus the part reserved for others are there.
    fn wait_for(&self, tokens: u64, priority: Priority, now: Instant) -> Duration {
        let reserved = match priority {
            Priority::Cancel => 0,
            Priority::Normal => u128::from(self.quota.reserved_for_cancels),
        };
        let unit = self.quota.token_units();
        let wanted = (u128::from(tokens) + reserved).saturating_mul(unit);
        let missing = wanted.saturating_sub(self.level);
        let nanos = missing.div_ceil(u128::from(self.quota.burst.max(1)));
        let refill = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        refill.max(self.closed_until.saturating_duration_since(now))
    }

    /// Takes the tokens when nobody more urgent or earlier waits; otherwise says how long to wait.
    pub(super) fn take(
        &mut self,
        weight: u32,
        priority: Priority,
        ticket: u64,
        now: Instant,
    ) -> Result<(), Duration> {
        self.refill(now);
        let ahead: u64 = self
            .waiters
            .range(..(priority, ticket))
            .map(|(_, w)| u64::from(*w))
            .sum();
        let wait = self.wait_for(ahead + u64::from(weight), priority, now);
        if wait.is_zero() && ahead == 0 {
            self.level -= u128::from(weight) * self.quota.token_units();
            return Ok(());
        }
        // Those ahead may pass within this very tick; look again no sooner than a millisecond from now.
        Err(wait.max(Duration::from_millis(u64::from(ahead > 0))))
    }

    pub(super) fn is_idle(&self, now: Instant) -> bool {
        self.waiters.is_empty() && self.level >= self.quota.capacity_units() && self.closed_until <= now
    }
}

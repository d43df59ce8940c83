//! Token buckets in front of a venue: one per endpoint class, and per account where the venue counts so.
//!
//! Cancels come first in two ways: a part of every bucket can be reserved for them, and among those who wait
//! they are served before everything else. A venue's own word wins over our arithmetic: `Retry-After` closes
//! a bucket until then, and weight headers lower its level to what the venue says is left.
//! Arithmetic is in whole units (one token = the quota's period in nanoseconds), so nothing drifts.

mod bucket;
mod error;
mod quota;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tradewind_types::VenueId;

use self::bucket::Bucket;
pub use self::error::RateLimitError;
pub use self::quota::{Call, EndpointClass, Priority, Quota, Scope};

/// The most callers that may wait for one bucket.
pub const WAITERS_MAX: usize = 1_000;
/// The most buckets (classes × accounts) that one limiter keeps.
pub const BUCKETS_MAX: usize = 4_096;
/// The longest time that a venue's `Retry-After` can close a bucket.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(3_600);

/// A bucket's level, for pages and metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketSnapshot {
    /// The class's label.
    pub class: &'static str,
    /// The account, where counted per account.
    pub account: Option<String>,
    /// Whole tokens left.
    pub tokens: u32,
    /// Bucket size.
    pub burst: u32,
    /// Callers that wait.
    pub waiting: usize,
    /// For how long the venue's `Retry-After` still closes it.
    pub closed_for: Duration,
}

type Key = (EndpointClass, Option<String>);

#[derive(Default)]
struct Buckets {
    by_key: HashMap<Key, Bucket>,
    next_ticket: u64,
}

/// All buckets of one venue, shared by its connections and REST clients.
pub struct RateLimiter {
    venue: VenueId,
    quotas: HashMap<EndpointClass, Quota>,
    buckets: Mutex<Buckets>,
    delayed: metrics::Counter,
}

impl std::fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RateLimiter")
            .field("venue", &self.venue)
            .field("quotas", &self.quotas)
            .finish_non_exhaustive()
    }
}

impl RateLimiter {
    /// A limiter with full buckets. A class without a quota is not limited.
    #[must_use]
    pub fn new(venue: VenueId, quotas: impl IntoIterator<Item = (EndpointClass, Quota)>) -> Self {
        let delayed = metrics::counter!("tradewind_rate_limit_delayed_total", "venue" => venue.to_string());
        Self {
            venue,
            quotas: quotas.into_iter().collect(),
            buckets: Mutex::default(),
            delayed,
        }
    }

    /// Takes the tokens now, or says after which time it is worth asking again. Does not queue.
    ///
    /// # Errors
    /// [`RateLimitError::TooLong`] with the wait, or that the call can never pass.
    pub fn try_acquire(&self, call: &Call<'_>) -> Result<(), RateLimitError> {
        let Some(quota) = self.quota_for(call)? else {
            return Ok(());
        };
        let mut buckets = self.lock();
        // A newcomer stands behind all who wait with the same or higher urgency.
        let bucket = self.bucket(&mut buckets, call, quota)?;
        bucket
            .take(call.weight, call.priority, u64::MAX, Instant::now())
            .map_err(|retry_in| {
                let class = call.class.label();
                RateLimitError::TooLong {
                    venue: self.venue.clone(),
                    class,
                    retry_in,
                    allowed: Duration::ZERO,
                }
            })
    }

    /// Waits for its turn and takes the tokens, at most `allowed` long.
    ///
    /// # Errors
    /// When the call can never pass, too many wait, or the wait would exceed `allowed`.
    pub async fn acquire(&self, call: &Call<'_>, allowed: Duration) -> Result<(), RateLimitError> {
        let Some(quota) = self.quota_for(call)? else {
            return Ok(());
        };
        // No deadline when the caller is ready to wait longer than time can be counted.
        let deadline = Instant::now().checked_add(allowed);
        let place = self.join_queue(call, quota)?;
        let mut waited = false;
        loop {
            let wait = {
                let mut buckets = self.lock();
                let bucket = self.bucket(&mut buckets, call, quota)?;
                match bucket.take(call.weight, call.priority, place.ticket, Instant::now()) {
                    Ok(()) => return Ok(()),
                    Err(wait) => wait,
                }
            };
            if deadline.is_some_and(|deadline| Instant::now() + wait > deadline) {
                let class = call.class.label();
                return Err(RateLimitError::TooLong {
                    venue: self.venue.clone(),
                    class,
                    retry_in: wait,
                    allowed,
                });
            }
            if !std::mem::replace(&mut waited, true) {
                self.delayed.increment(1);
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Closes a bucket for `after`, as the venue asked with `Retry-After`.
    pub fn retry_after(&self, class: EndpointClass, account: Option<&str>, after: Duration) {
        self.adjust(class, account, |bucket, now| {
            bucket.closed_until = bucket.closed_until.max(now + after.min(RETRY_AFTER_MAX));
        });
    }

    /// Lowers a bucket to what the venue says is left. Never raises it: answers may arrive out of order.
    pub fn observe_remaining(&self, class: EndpointClass, account: Option<&str>, remaining: u32) {
        self.adjust(class, account, |bucket, _| {
            bucket.level = bucket
                .level
                .min(u128::from(remaining) * bucket.quota.token_units());
        });
    }

    /// Lowers a bucket by what the venue says was used of it in the running period.
    pub fn observe_used(&self, class: EndpointClass, account: Option<&str>, used: u32) {
        if let Some(quota) = self.quotas.get(&class) {
            self.observe_remaining(class, account, quota.burst.saturating_sub(used));
        }
    }

    /// Every bucket in use, ordered by class and account.
    #[must_use]
    pub fn snapshot(&self) -> Vec<BucketSnapshot> {
        let now = Instant::now();
        let mut buckets = self.lock();
        let mut rows: Vec<BucketSnapshot> = buckets
            .by_key
            .iter_mut()
            .map(|((class, account), bucket)| {
                bucket.refill(now);
                BucketSnapshot {
                    class: class.label(),
                    account: account.clone(),
                    tokens: u32::try_from(bucket.level / bucket.quota.token_units()).unwrap_or(u32::MAX),
                    burst: bucket.quota.burst,
                    waiting: bucket.waiters.len(),
                    closed_for: bucket.closed_until.saturating_duration_since(now),
                }
            })
            .collect();
        rows.sort_by(|a, b| (a.class, &a.account).cmp(&(b.class, &b.account)));
        rows
    }

    fn lock(&self) -> MutexGuard<'_, Buckets> {
        // Levels are written in one assignment each, so they are whole even after a panic elsewhere.
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn quota_for(&self, call: &Call<'_>) -> Result<Option<Quota>, RateLimitError> {
        let Some(quota) = self.quotas.get(&call.class).copied() else {
            return Ok(None);
        };
        let reserved = if call.priority == Priority::Cancel {
            0
        } else {
            quota.reserved_for_cancels
        };
        let limit = quota.burst.saturating_sub(reserved);
        if call.weight > limit {
            let class = call.class.label();
            return Err(RateLimitError::TooHeavy {
                venue: self.venue.clone(),
                class,
                weight: call.weight,
                limit,
            });
        }
        Ok(Some(quota))
    }

    fn key(class: EndpointClass, account: Option<&str>, quota: Quota) -> Key {
        let account = if quota.scope == Scope::Account {
            account.map(str::to_owned)
        } else {
            None
        };
        (class, account)
    }

    fn bucket<'b>(
        &self,
        buckets: &'b mut Buckets,
        call: &Call<'_>,
        quota: Quota,
    ) -> Result<&'b mut Bucket, RateLimitError> {
        let now = Instant::now();
        let key = Self::key(call.class, call.account, quota);
        if buckets.by_key.len() >= BUCKETS_MAX && !buckets.by_key.contains_key(&key) {
            buckets.by_key.retain(|_, bucket| {
                bucket.refill(now);
                !bucket.is_idle(now)
            });
            if buckets.by_key.len() >= BUCKETS_MAX {
                return Err(RateLimitError::TooManyBuckets {
                    venue: self.venue.clone(),
                });
            }
        }
        Ok(buckets
            .by_key
            .entry(key)
            .or_insert_with(|| Bucket::full(quota, now)))
    }

    fn adjust(&self, class: EndpointClass, account: Option<&str>, change: impl FnOnce(&mut Bucket, Instant)) {
        let Some(quota) = self.quotas.get(&class).copied() else {
            return;
        };
        let now = Instant::now();
        let call = Call {
            account,
            ..Call::of(class)
        };
        if let Ok(bucket) = self.bucket(&mut self.lock(), &call, quota) {
            bucket.refill(now);
            change(bucket, now);
        }
    }

    fn join_queue(&self, call: &Call<'_>, quota: Quota) -> Result<Place<'_>, RateLimitError> {
        let mut buckets = self.lock();
        let ticket = buckets.next_ticket;
        buckets.next_ticket += 1;
        let bucket = self.bucket(&mut buckets, call, quota)?;
        let waiting = bucket.waiters.len();
        // Cancels are never turned away for the length of the queue.
        if waiting >= WAITERS_MAX && call.priority == Priority::Normal {
            let class = call.class.label();
            return Err(RateLimitError::TooManyWaiting {
                venue: self.venue.clone(),
                class,
                waiting,
            });
        }
        bucket.waiters.insert((call.priority, ticket), call.weight);
        let key = Self::key(call.class, call.account, quota);
        Ok(Place {
            limiter: self,
            key,
            priority: call.priority,
            ticket,
        })
    }
}

/// A place in a bucket's queue, given up on drop (served, timed out or cancelled alike).
struct Place<'a> {
    limiter: &'a RateLimiter,
    key: Key,
    priority: Priority,
    ticket: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(bucket) = self.limiter.lock().by_key.get_mut(&self.key) {
            bucket.waiters.remove(&(self.priority, self.ticket));
        }
    }
}

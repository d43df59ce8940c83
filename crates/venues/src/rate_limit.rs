//! Token buckets in front of a venue: one per endpoint class, and per account where the venue counts so.
//!
//! Cancels come first in two ways: a part of every bucket can be reserved for them, and among those who wait
//! they are served before everything else. A venue's own word wins over our arithmetic: `Retry-After` closes
//! a bucket until then, and weight headers lower its level to what the venue says is left.
//! Arithmetic is in whole units (one token = the quota's period in nanoseconds), so nothing drifts.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tradewind_types::VenueId;

/// The most callers that may wait for one bucket.
pub const WAITERS_MAX: usize = 1_000;
/// The most buckets (classes × accounts) that one limiter keeps.
pub const BUCKETS_MAX: usize = 4_096;
/// The longest time that a venue's `Retry-After` can close a bucket.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(3_600);

/// How urgent a call is. Orders by urgency: cancels first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Priority {
    /// Cancels and kill-switch traffic: takes risk off, never refused by a breaker, first in line here.
    Cancel,
    /// Everything else.
    #[default]
    Normal,
}

/// What a venue counts separately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndpointClass {
    /// Attempts to open a WebSocket, over all connections of the venue.
    Connect,
    /// Messages that we send on WebSockets: subscriptions and the like.
    Subscribe,
    /// Public REST: instruments, candles, snapshots.
    MarketData,
    /// Private REST that reads.
    Account,
    /// Order entry, change and cancel.
    Orders,
    /// A class that only one venue has.
    Other(&'static str),
}

impl EndpointClass {
    /// The class in metrics and errors.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Subscribe => "subscribe",
            Self::MarketData => "market_data",
            Self::Account => "account",
            Self::Orders => "orders",
            Self::Other(name) => name,
        }
    }
}

/// Whom a quota is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// All of the program's traffic to the venue (by address).
    #[default]
    Venue,
    /// Each account on its own (by key).
    Account,
}

/// `burst` tokens, refilled evenly over `per`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Bucket size in tokens (> 0).
    pub burst: u32,
    /// The time in which an empty bucket fills (> 0).
    pub per: Duration,
    /// Tokens that only cancels may take.
    pub reserved_for_cancels: u32,
    /// Whom it is counted for.
    pub scope: Scope,
}

impl Quota {
    /// `burst` tokens per `per`, venue-wide, nothing reserved.
    #[must_use]
    pub const fn new(burst: u32, per: Duration) -> Self {
        Self {
            burst,
            per,
            reserved_for_cancels: 0,
            scope: Scope::Venue,
        }
    }

    /// Counts each account on its own.
    #[must_use]
    pub const fn per_account(mut self) -> Self {
        self.scope = Scope::Account;
        self
    }

    /// Reserves tokens for cancels.
    #[must_use]
    pub const fn reserving_for_cancels(mut self, tokens: u32) -> Self {
        self.reserved_for_cancels = tokens;
        self
    }

    fn token_units(&self) -> u128 {
        self.per.as_nanos().max(1)
    }

    fn capacity_units(&self) -> u128 {
        u128::from(self.burst) * self.token_units()
    }
}

/// One call that wants to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call<'a> {
    /// The endpoint's class.
    pub class: EndpointClass,
    /// The account, for quotas that are counted per account.
    pub account: Option<&'a str>,
    /// Tokens that the call costs.
    pub weight: u32,
    /// How urgent it is.
    pub priority: Priority,
}

impl Call<'_> {
    /// A call of weight 1, normal priority, no account.
    #[must_use]
    pub const fn of(class: EndpointClass) -> Self {
        Self {
            class,
            account: None,
            weight: 1,
            priority: Priority::Normal,
        }
    }
}

/// The limiter did not let a call pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RateLimitError {
    /// The call weighs more than the bucket can ever give it.
    #[error("a call of weight {weight} can never pass the {class} limit of {limit} of {venue}")]
    TooHeavy {
        /// The venue.
        venue: VenueId,
        /// The class's label.
        class: &'static str,
        /// The call's weight.
        weight: u32,
        /// What the bucket can give to such a call.
        limit: u32,
    },
    /// Too many callers wait already.
    #[error("{waiting} calls already wait for the {class} limit of {venue}")]
    TooManyWaiting {
        /// The venue.
        venue: VenueId,
        /// The class's label.
        class: &'static str,
        /// How many wait.
        waiting: usize,
    },
    /// The wait would be longer than the caller is ready to wait.
    #[error("the {class} limit of {venue} frees up in {} ms, more than the {} ms allowed", retry_in.as_millis(), allowed.as_millis())]
    TooLong {
        /// The venue.
        venue: VenueId,
        /// The class's label.
        class: &'static str,
        /// Estimated wait.
        retry_in: Duration,
        /// What the caller allows.
        allowed: Duration,
    },
    /// More accounts than the limiter keeps buckets for, all of them in use.
    #[error("more than {BUCKETS_MAX} rate-limit buckets of {venue} are in use")]
    TooManyBuckets {
        /// The venue.
        venue: VenueId,
    },
}

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

struct Bucket {
    quota: Quota,
    level: u128,
    updated: Instant,
    closed_until: Instant,
    /// Who waits, most urgent first, then in order of arrival; the value is the weight.
    waiters: BTreeMap<(Priority, u64), u32>,
}

impl Bucket {
    fn full(quota: Quota, now: Instant) -> Self {
        let level = quota.capacity_units();
        Self {
            quota,
            level,
            updated: now,
            closed_until: now,
            waiters: BTreeMap::new(),
        }
    }

    fn refill(&mut self, now: Instant) {
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
    fn take(&mut self, weight: u32, priority: Priority, ticket: u64, now: Instant) -> Result<(), Duration> {
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

    fn is_idle(&self, now: Instant) -> bool {
        self.waiters.is_empty() && self.level >= self.quota.capacity_units() && self.closed_until <= now
    }
}

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

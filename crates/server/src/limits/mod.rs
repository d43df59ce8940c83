//! Rate limits by class, per person, key and address: the generic cell rate algorithm, one number per bucket. The
//! addresses of an IPv6 network (/64) count as one.
//!
//! | class | limit | whose |
//! | --- | --- | --- |
//! | sign in, set-up | 5 failures / 5 min | address |
//! | asking for a new password | 3 / h | address, and name |
//! | reads | 1,000 / min | person or key; the address when nobody is signed in |
//! | changes | 120 / min | person or key |
//! | orders | 10 / s | person or key (the risk gate counts per account) |
//! | cancels, stops | 20 / s | person or key |
//! | administration | 100 / h | person or key |
//! | anything | 6,000 / min | address |

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue};
use tradewind_types::Clock;

use crate::access::RateClass;
use crate::config::RateConfig;
use crate::problem::{ApiError, Code};

const SECOND_NS: u64 = 1_000_000_000;
const SHARDS: usize = 16;
const BUCKETS_PER_SHARD_MAX: usize = 8_192;

/// So many per so many seconds; the whole number may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Policy {
    name: &'static str,
    limit: u64,
    window_s: u64,
}

fn policy(class: RateClass) -> Policy {
    let (name, limit, window_s) = match class {
        RateClass::Auth => ("auth", 5, 300),
        RateClass::Reset => ("reset", 3, 3_600),
        RateClass::Read => ("read", 1_000, 60),
        RateClass::Write => ("write", 120, 60),
        RateClass::Order => ("order", 10, 1),
        RateClass::Cancel => ("cancel", 20, 1),
        RateClass::Admin => ("admin", 100, 3_600),
    };
    Policy {
        name,
        limit,
        window_s,
    }
}

const ADDRESS: Policy = Policy {
    name: "address",
    limit: 6_000,
    window_s: 60,
};

/// What a limit said.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Whether the request may go on.
    pub allowed: bool,
    policy: Policy,
    remaining: u64,
    reset_s: u64,
    retry_after_s: u64,
    bucket: String,
    emission_ns: u64,
}

impl Verdict {
    /// The answer to a request over the limit.
    #[must_use]
    pub fn refusal(&self) -> ApiError {
        let Policy {
            name,
            limit,
            window_s,
        } = self.policy;
        let text = format!("the limit of {limit} {name} requests in {window_s} s is used up");
        ApiError::new(Code::RateLimited, text).retry_after(self.retry_after_s)
    }

    /// Tells the caller where they stand, in the headers of the IETF draft and in the common ones.
    pub fn write(&self, headers: &mut HeaderMap) {
        let Policy {
            name,
            limit,
            window_s,
        } = self.policy;
        let texts = [
            (
                "ratelimit",
                format!("\"{name}\";r={};t={}", self.remaining, self.reset_s),
            ),
            ("ratelimit-policy", format!("\"{name}\";q={limit};w={window_s}")),
            ("x-ratelimit-limit", limit.to_string()),
            ("x-ratelimit-remaining", self.remaining.to_string()),
            ("x-ratelimit-reset", self.reset_s.to_string()),
        ];
        for (name, text) in texts {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

/// All buckets.
pub struct Limiter {
    clock: Arc<dyn Clock>,
    multiplier: u64,
    hasher: RandomState,
    /// Per bucket the time at which it would be full again.
    shards: Vec<Mutex<HashMap<String, u64>>>,
}

impl Limiter {
    /// Empty buckets.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, config: RateConfig) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        // The hasher's random keys keep callers from choosing names that fall into one shard.
        Self {
            clock,
            multiplier: u64::from(config.multiplier.max(1)),
            hasher: RandomState::new(),
            shards,
        }
    }

    /// Spends one request of a class.
    #[must_use]
    pub fn spend(&self, class: RateClass, whose: &str) -> Verdict {
        self.spend_on(policy(class), whose)
    }

    /// Spends one request of an address.
    #[must_use]
    pub fn spend_address(&self, ip: &str) -> Verdict {
        self.spend_on(ADDRESS, ip)
    }

    fn spend_on(&self, policy: Policy, whose: &str) -> Verdict {
        let policy = Policy {
            limit: policy.limit * self.multiplier,
            ..policy
        };
        let now = self.clock.now().0;
        let window_ns = policy.window_s * SECOND_NS;
        let emission_ns = window_ns / policy.limit;
        let bucket = format!("{}:{whose}", policy.name);
        let mut shard = self.shard(&bucket);
        if shard.len() >= BUCKETS_PER_SHARD_MAX && !shard.contains_key(&bucket) {
            shard.retain(|_, full_at| *full_at > now);
        }
        let full_at = shard.get(&bucket).copied().unwrap_or(0).max(now);
        let next = full_at + emission_ns;
        let allowed = next - now <= window_ns;
        // Past the bound a new caller is let through unrecorded rather than memory being let grow.
        if allowed && (shard.len() < BUCKETS_PER_SHARD_MAX || shard.contains_key(&bucket)) {
            shard.insert(bucket.clone(), next);
        }
        drop(shard);
        let used = if allowed { next - now } else { full_at - now };
        Verdict {
            allowed,
            policy,
            remaining: (window_ns.saturating_sub(used)) / emission_ns.max(1),
            reset_s: used.div_ceil(SECOND_NS),
            retry_after_s: (next - now).saturating_sub(window_ns).div_ceil(SECOND_NS).max(1),
            bucket,
            emission_ns,
        }
    }

    /// Gives a spent request back.
    pub fn refund(&self, verdict: &Verdict) {
        if let Some(full_at) = self.shard(&verdict.bucket).get_mut(&verdict.bucket) {
            *full_at = full_at.saturating_sub(verdict.emission_ns);
        }
    }

    fn shard(&self, bucket: &str) -> MutexGuard<'_, HashMap<String, u64>> {
        let at = self.hasher.hash_one(bucket) as usize % SHARDS;
        self.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};
    use tradewind_types::UnixNanos;

    struct Manual(AtomicU64);

    impl Clock for Manual {
        fn now(&self) -> UnixNanos {
            UnixNanos(self.0.load(Ordering::SeqCst))
        }
    }

    fn limiter() -> (Arc<Manual>, Limiter) {
        let clock = Arc::new(Manual(AtomicU64::new(1_000 * SECOND_NS)));
        (
            Arc::clone(&clock),
            Limiter::new(clock, RateConfig { multiplier: 1 }),
        )
    }

    #[test]
    fn ten_orders_pass_at_once_and_one_more_after_a_tenth_of_a_second() {
        let (clock, limiter) = limiter();
        let spend = || limiter.spend(RateClass::Order, "u1");
        let remaining: Vec<u64> = (0..10).map(|_| spend()).map(|v| v.remaining).collect();
        assert_eq!(remaining, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
        let refused = spend();
        assert!(!refused.allowed);
        assert_eq!((refused.remaining, refused.retry_after_s), (0, 1));
        assert!(
            limiter.spend(RateClass::Order, "u2").allowed,
            "one caller's bucket was another's"
        );
        assert!(
            limiter.spend(RateClass::Cancel, "u1").allowed,
            "orders starved cancels"
        );
        clock.0.fetch_add(SECOND_NS / 10, Ordering::SeqCst);
        assert!(spend().allowed);
        assert!(!spend().allowed);
    }

    #[test]
    fn a_refund_makes_room_again() {
        let (_, limiter) = limiter();
        for _ in 0..20 {
            let verdict = limiter.spend(RateClass::Auth, "1.2.3.4");
            assert!(verdict.allowed);
            limiter.refund(&verdict);
        }
    }

    #[test]
    fn the_buckets_are_bounded() {
        let (_, limiter) = limiter();
        for n in 0..200_000_u32 {
            let _ = limiter.spend(RateClass::Read, &n.to_string());
        }
        let held: usize = limiter
            .shards
            .iter()
            .map(|s| s.lock().expect("no panic").len())
            .sum();
        assert!(held <= SHARDS * BUCKETS_PER_SHARD_MAX, "{held}");
    }
}

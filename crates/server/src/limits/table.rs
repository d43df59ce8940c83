//! Buckets of the generic cell rate algorithm: per bucket the time at which it would be full again, and no more.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tradewind_types::time::SECOND_NS;

use super::rates::Rate;

const SHARDS: usize = 16;
/// Most buckets of a shard: 131,072 in all.
pub(super) const BUCKETS_PER_SHARD_MAX: usize = 8_192;

/// What a bucket said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Level {
    pub(super) allowed: bool,
    pub(super) remaining: u64,
    pub(super) reset_s: u64,
    pub(super) retry_after_s: u64,
}

/// A bucket, and the shard that it is in: the one that newcomers share is in every shard, whatever its name says.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    shard: usize,
    name: String,
}

#[derive(Debug, Default)]
struct Shard {
    /// Per bucket the time at which it would be full again.
    full_at: HashMap<String, u64>,
    /// When what is full again was last forgotten.
    swept_at: u64,
}

/// Buckets by name.
#[derive(Debug)]
pub(super) struct Table {
    hasher: RandomState,
    shards: Vec<Mutex<Shard>>,
    buckets_max: usize,
}

impl Table {
    /// An empty one of so many buckets a shard.
    pub(super) fn new(buckets_max: usize) -> Self {
        // The hasher's random keys keep callers from choosing names that fall into one shard.
        Self {
            hasher: RandomState::new(),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            buckets_max,
        }
    }

    /// Spends `cost` requests of a bucket. When there is no room for a new one, all newcomers of a shard share one bucket
    /// per class: a flood of strangers uses up what strangers have, and nobody goes free.
    ///
    /// A bucket knows a time and no rate. Where the rate was changed meanwhile to one of a shorter window, a bucket counts as
    /// empty, and nobody waits longer than the window that holds now.
    pub(super) fn spend(&self, class: &str, whose: &str, rate: Rate, cost: u64, now: u64) -> (Level, Bucket) {
        let mut bucket = format!("{class}:{whose}");
        let at = self.hasher.hash_one(&bucket) as usize % SHARDS;
        let mut shard = self.shard(at);
        if !shard.full_at.contains_key(&bucket) && shard.full_at.len() >= self.buckets_max {
            // At most once a second: sweeping costs as much as there are buckets.
            if shard.swept_at.saturating_add(SECOND_NS) <= now {
                shard.swept_at = now;
                shard.full_at.retain(|_, full_at| *full_at > now);
            }
            if shard.full_at.len() >= self.buckets_max {
                bucket = format!("{class}: newcomers");
            }
        }
        let window_ns = rate.window_s * SECOND_NS;
        let emission_ns = (window_ns / rate.limit.max(1)).max(1);
        let full_at = match shard.full_at.get_mut(&bucket) {
            Some(full_at) => {
                *full_at = (*full_at).min(now.saturating_add(window_ns));
                (*full_at).max(now)
            }
            None => now,
        };
        let next = full_at.saturating_add(emission_ns.saturating_mul(cost));
        let allowed = next - now <= window_ns;
        if allowed {
            shard.full_at.insert(bucket.clone(), next);
        }
        drop(shard);
        let used = if allowed { next - now } else { full_at - now };
        let level = Level {
            allowed,
            remaining: window_ns.saturating_sub(used) / emission_ns,
            reset_s: used.div_ceil(SECOND_NS),
            retry_after_s: (next - now).saturating_sub(window_ns).div_ceil(SECOND_NS).max(1),
        };
        let bucket = Bucket {
            shard: at,
            name: bucket,
        };
        (level, bucket)
    }

    /// Gives requests back.
    pub(super) fn refund(&self, bucket: &Bucket, rate: Rate, cost: u64) {
        let emission_ns = (rate.window_s * SECOND_NS / rate.limit.max(1)).max(1);
        if let Some(full_at) = self.shard(bucket.shard).full_at.get_mut(&bucket.name) {
            *full_at = full_at.saturating_sub(emission_ns.saturating_mul(cost));
        }
    }

    fn shard(&self, at: usize) -> MutexGuard<'_, Shard> {
        self.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        let lock = |shard: &Mutex<Shard>| shard.lock().expect("no panic").full_at.len();
        self.shards.iter().map(lock).sum()
    }
}

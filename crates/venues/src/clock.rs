//! Clocks for the edge of the program: the machine's wall clock, a hand-moved one, and one that follows the
//! async runtime's time (so that a test with paused time moves wall time and timers together).
//!
//! Durations and deadlines in this crate are measured on [`tokio::time::Instant`], which tests can pause;
//! wall-clock time, which only stamps events, comes from a [`Clock`].

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;
pub use tradewind_types::{Clock, UnixNanos};

/// The machine's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "the one place in this crate where wall time enters"
    )]
    fn now(&self) -> UnixNanos {
        // A machine set before 1970 reads as 1970; every comparison downstream saturates.
        let since_epoch = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        UnixNanos(u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX))
    }
}

/// Wall time that starts at a given moment and moves with the async runtime's time.
#[derive(Debug, Clone, Copy)]
pub struct RuntimeClock {
    base: UnixNanos,
    started: Instant,
}

impl RuntimeClock {
    /// A clock that reads `base` now.
    #[must_use]
    pub fn starting_at(base: UnixNanos) -> Self {
        Self {
            base,
            started: Instant::now(),
        }
    }
}

impl Clock for RuntimeClock {
    fn now(&self) -> UnixNanos {
        self.base
            .plus(u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// A clock that reads `at`.
    #[must_use]
    pub fn at(at: UnixNanos) -> Self {
        Self(AtomicU64::new(at.0))
    }

    /// Moves the clock to `at`, forwards or backwards.
    pub fn set(&self, at: UnixNanos) {
        self.0.store(at.0, Ordering::Relaxed);
    }

    /// Moves the clock forwards.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(
            u64::try_from(by.as_nanos()).unwrap_or(u64::MAX),
            Ordering::Relaxed,
        );
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixNanos {
        UnixNanos(self.0.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_runtime_clock_moves_with_paused_time() {
        let clock = RuntimeClock::starting_at(UnixNanos::from_secs(100));
        tokio::time::advance(Duration::from_millis(1_500)).await;
        assert_eq!(clock.now(), UnixNanos::from_millis(101_500));
    }

    #[test]
    fn the_manual_clock_moves_only_by_hand() {
        let clock = ManualClock::at(UnixNanos::from_secs(5));
        assert_eq!(clock.now(), UnixNanos::from_secs(5));
        clock.advance(Duration::from_secs(2));
        assert_eq!(clock.now(), UnixNanos::from_secs(7));
    }
}

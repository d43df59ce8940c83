//! Backups by the clock: when the last one is old enough, and a trial when that is.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tradewind_types::UnixNanos;
use tradewind_types::time::SECOND_NS;

use super::{Backups, Found, Wanted, lock};
use crate::problem::{ApiResult, Code};

/// How often it is looked whether something is due.
const LOOK: Duration = Duration::from_secs(20);
/// How long a backup that failed is not tried again.
const AGAIN_NS: u64 = 300 * SECOND_NS;
/// How long no trial is made again after one that failed.
const DRILL_AGAIN_NS: u64 = 3_600 * SECOND_NS;
/// By so much clocks are set right in the course of things.
const SLACK_NS: u64 = 300 * SECOND_NS;

/// Whether a time is later than now by more than a clock is set right: it was wrong then, or is now.
pub(super) fn is_ahead(at: UnixNanos, now: UnixNanos) -> bool {
    at.0 > now.0.saturating_add(SLACK_NS)
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// A backup.
    Backup,
    /// A trial of the newest.
    Drill,
}

impl Backups {
    /// Looks again and again, until the task is dropped; without a key there is nothing to look for.
    pub async fn run(self: Arc<Self>) {
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        if self.config.key.is_none() {
            return;
        }
        loop {
            ticks.tick().await;
            let this = Arc::clone(&self);
            let begun = tokio::task::spawn_blocking(move || this.begin_due()).await;
            match begun {
                // Somebody is at it, or the folder cannot be used, which is said once: again with the next look.
                Ok(Ok(())) => {}
                Ok(Err(refused))
                    if [Code::BackupRunning, Code::BackupsUnavailable].contains(&refused.code) => {}
                Ok(Err(refused)) => {
                    tracing::warn!(why = refused.detail, "what is due of backups was not begun");
                }
                Err(_) => return,
            }
        }
    }

    fn begin_due(self: &Arc<Self>) -> ApiResult<()> {
        let ready = self.ready();
        self.measure();
        ready?;
        let now = self.clock.now();
        match self.due(now) {
            None => Ok(()),
            Some(Due::Backup) => self.claim(Wanted::Backup).map(|claim| drop(claim.begin(None))),
            Some(Due::Drill) => match self.newest_to_drill()? {
                Some(newest) => self
                    .claim(Wanted::Drill(&newest))
                    .map(|claim| drop(claim.begin(None))),
                None => {
                    lock(&self.tried).drill_at = Some(now);
                    Ok(())
                }
            },
        }
    }

    /// What is due now, the backup before the trial. What was done at a time that is later than now is due: nobody knows
    /// when that was.
    #[must_use]
    pub fn due(&self, now: UnixNanos) -> Option<Due> {
        self.config.key.as_ref()?;
        let (latest, tried) = (self.latest(), *lock(&self.tried));
        let over = |at: Option<UnixNanos>, every: Option<Duration>| {
            let age_ns = |at: UnixNanos| u128::from(now.0.saturating_sub(at.0));
            every.is_some_and(|every| at.is_none_or(|at| is_ahead(at, now) || age_ns(at) >= every.as_nanos()))
        };
        let waits =
            |at: Option<UnixNanos>, again_ns: u64| at.is_some_and(|at| now.0.abs_diff(at.0) < again_ns);
        if over(latest.taken_at, self.config.every) && !waits(tried.backup_at, AGAIN_NS) {
            return Some(Due::Backup);
        }
        let there = latest.taken_at.is_some();
        let drill = there && over(latest.drilled_at, self.config.drill_every);
        (drill && !waits(tried.drill_at, DRILL_AGAIN_NS)).then_some(Due::Drill)
    }

    /// The newest that this program named, under its key, with nothing known to be wrong.
    fn newest_to_drill(&self) -> ApiResult<Option<String>> {
        let Some(key) = self.config.key.as_ref().map(|key| key.id()) else {
            return Ok(None);
        };
        let wanted = |of: &Found| of.is_ours() && of.is_whole() && !of.is_under_another(&key);
        Ok(self.list()?.into_iter().find(wanted).map(|found| found.id))
    }
}

//! Backups by the clock: when the last one is old enough, and a trial when that is.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tradewind_types::UnixNanos;

use super::Backups;
use crate::problem::Code;

/// How often it is looked whether something is due.
const LOOK: Duration = Duration::from_secs(20);
/// How long nothing is tried again by itself after something was begun.
const AGAIN_NS: u64 = 300 * tradewind_types::time::SECOND_NS;

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// A backup.
    Backup,
    /// A trial of the newest.
    Drill,
}

impl Backups {
    /// Looks again and again, until the task is dropped.
    pub async fn run(self: Arc<Self>) {
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut tried: Option<UnixNanos> = None;
        loop {
            ticks.tick().await;
            self.measure();
            let now = self.clock.now();
            if tried.is_some_and(|at| now.0.saturating_sub(at.0) < AGAIN_NS) {
                continue;
            }
            let Some(due) = self.due(now) else { continue };
            let this = Arc::clone(&self);
            let begun = tokio::task::spawn_blocking(move || match due {
                Due::Backup => this.take(None).map(|_| ()),
                Due::Drill => this.drill_newest(),
            });
            match begun.await {
                Ok(Ok(())) => tried = Some(now),
                // Somebody is at it: soon again.
                Ok(Err(refused)) if refused.code == Code::BackupRunning => {}
                Ok(Err(refused)) => {
                    tried = Some(now);
                    tracing::warn!(why = refused.detail, "what is due of backups was not begun");
                }
                Err(_) => return,
            }
        }
    }

    /// What is due now, the backup before the trial.
    #[must_use]
    pub fn due(&self, now: UnixNanos) -> Option<Due> {
        if self.config.key.is_none() {
            return None;
        }
        let latest = self.latest();
        let over = |at: Option<UnixNanos>, every: Option<Duration>| {
            every.is_some_and(|every| {
                let age_ns = at.map(|at| u128::from(now.0.saturating_sub(at.0)));
                age_ns.is_none_or(|age_ns| age_ns >= every.as_nanos())
            })
        };
        if over(latest.taken_at, self.config.every) {
            return Some(Due::Backup);
        }
        let there = latest.taken_at.is_some();
        (there && over(latest.drilled_at, self.config.drill_every)).then_some(Due::Drill)
    }

    fn drill_newest(self: &Arc<Self>) -> crate::problem::ApiResult<()> {
        match self.list()?.first() {
            Some(newest) => self.drill(&newest.id, None).map(|_| ()),
            None => Ok(()),
        }
    }
}

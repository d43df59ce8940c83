//! Feeds `jobs`: people's backtests, read twice a second while they listen.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval};
use tradewind_types::UserId;
use tradewind_wire as wire;

use super::feeds::Feed;
use super::topic::Topic;
use crate::AppState;

const PERIOD: Duration = Duration::from_millis(500);

/// The feed.
#[derive(Default)]
pub(super) struct JobsFeed {
    topics: Mutex<HashMap<UserId, Arc<Topic>>>,
    wanted: Notify,
}

type Jobs = HashMap<String, wire::Backtest>;

impl JobsFeed {
    /// Publishes until the task is dropped.
    pub(super) async fn run(self: Arc<Self>, state: AppState) {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told: HashMap<UserId, Jobs> = HashMap::new();
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.wanted.notified() => {}
            }
            let topics: Vec<(UserId, Arc<Topic>)> = {
                let topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
                // Not only while it is read: whoever resumes is told what differs from what was told last.
                told.retain(|user, _| topics.contains_key(user));
                let read = topics.iter().filter(|(_, topic)| topic.is_read());
                read.map(|(user, topic)| (user.clone(), Arc::clone(topic)))
                    .collect()
            };
            for (user, topic) in topics {
                let now = state
                    .backtests
                    .as_ref()
                    .map_or_else(Vec::new, |jobs| jobs.list(&user));
                let last = told.entry(user).or_default();
                tell(&topic, last, &now);
                topic.snapshot(&now);
                *last = now.into_iter().map(|job| (job.id.clone(), job)).collect();
            }
        }
    }
}

/// Publishes what is new, other or gone.
fn tell(topic: &Arc<Topic>, last: &mut Jobs, now: &[wire::Backtest]) {
    for job in now {
        if last.remove(&job.id).as_ref() != Some(job) {
            topic.publish(job);
        }
    }
    for (_, mut gone) in last.drain() {
        gone.state = wire::BacktestState::Deleted;
        topic.publish(&gone);
    }
}

impl Feed for JobsFeed {
    fn added(&self, topic: &Arc<Topic>) {
        if let Some(user) = topic.key().person() {
            let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
            topics.insert(user.clone(), Arc::clone(topic));
        }
    }

    fn removed(&self, topic: &Arc<Topic>) {
        let Some(user) = topic.key().person() else { return };
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        // Another topic of the name may have taken the place already.
        if topics.get(user).is_some_and(|other| Arc::ptr_eq(other, topic)) {
            topics.remove(user);
        }
    }

    fn wanted(&self, _topic: &Arc<Topic>) {
        self.wanted.notify_one();
    }
}

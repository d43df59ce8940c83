//! Feeds `connections` and `system`: read once a second while someone listens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval};
use tradewind_wire as wire;
use tradewind_wire::hub::Channel;

use super::feeds::Feed;
use super::topic::Topic;
use crate::AppState;
use crate::venues::connection_row;

const PERIOD: Duration = Duration::from_secs(1);

#[derive(Default)]
struct Asked {
    system: Option<Arc<Topic>>,
    connections: Option<Arc<Topic>>,
}

/// The feed.
#[derive(Default)]
pub(super) struct ProgramFeed {
    topics: Mutex<Asked>,
    wanted: Notify,
}

impl ProgramFeed {
    /// Calls `change` with the place of the topic's channel.
    fn at<T>(&self, topic: &Topic, change: impl FnOnce(&mut Option<Arc<Topic>>) -> T) -> T {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        match topic.key().channel {
            Channel::System => change(&mut topics.system),
            _ => change(&mut topics.connections),
        }
    }

    fn read(&self) -> (Option<Arc<Topic>>, Option<Arc<Topic>>) {
        let (system, connections) = {
            let topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
            (topics.system.clone(), topics.connections.clone())
        };
        let read = |topic: &Arc<Topic>| topic.is_read();
        (system.filter(read), connections.filter(read))
    }

    /// Publishes until the task is dropped.
    pub(super) async fn run(self: Arc<Self>, state: AppState) {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last: HashMap<String, wire::Connection> = HashMap::new();
        loop {
            let on_tick = tokio::select! {
                _ = ticks.tick() => true,
                () = self.wanted.notified() => false,
            };
            let (system, connections) = self.read();
            if let Some(topic) = system {
                match crate::routes::status::compute(&state).await {
                    Ok(status) => {
                        if on_tick {
                            topic.publish(&status);
                        }
                        topic.snapshot(&status);
                    }
                    Err(error) => tracing::debug!(?error, "the status could not be read"),
                }
            }
            if let Some(topic) = connections {
                let rows: Vec<wire::Connection> = state.venues.connections().map(connection_row).collect();
                for row in rows.iter().filter(|row| last.get(&row.id) != Some(*row)) {
                    topic.publish(row);
                }
                topic.snapshot(&rows);
                last = rows.into_iter().map(|row| (row.id.clone(), row)).collect();
            }
        }
    }
}

impl Feed for ProgramFeed {
    fn added(&self, topic: &Arc<Topic>) {
        self.at(topic, |place| *place = Some(Arc::clone(topic)));
    }

    fn removed(&self, topic: &Arc<Topic>) {
        // Another topic of the name may have taken the place already.
        self.at(topic, |place| {
            drop(place.take_if(|other| Arc::ptr_eq(other, topic)))
        });
    }

    fn wanted(&self, _topic: &Arc<Topic>) {
        self.wanted.notify_one();
    }
}

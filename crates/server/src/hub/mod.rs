//! The real-time hub, `GET /api/v1/stream`.
//!
//! A [`Topic`] numbers its changes, encodes each once per [`encoding`] and shares it among all sockets that read it. A
//! [`Source`] fills topics: [`market`] from the engine's publications, [`accounts`] from durable outcomes,
//! [`indicators`] from bars, [`program`] from the connections and the program's status, [`jobs`] from people's backtests. A socket has one task and one bounded queue
//! ([`outbox`]); its credentials and rights are asked of [`HubAccess`] when it signs on, with every private
//! subscription, and every few seconds for as long as it is open ([`keeper`]).
//!
//! What is absent: nothing here is encoded per socket, no lock is held across an await, no queue is without bound,
//! and no socket waits for another.

pub mod access;
mod accounts;
pub mod config;
mod counting;
mod encoding;
mod feeds;
mod figures;
pub(crate) mod frame;
mod indicators;
mod jobs;
mod keeper;
pub mod key;
mod levels;
mod market;
mod member;
mod members;
mod meters;
mod outbox;
mod pace;
mod program;
mod quota;
pub mod request;
mod shadow;
mod socket;
pub mod source;
pub mod topic;
mod ws;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::response::Response;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tradewind_types::{Clock, UnixNanos, UserId};
use tradewind_wire::HubStatus;
use tradewind_wire::hub::{Channel, HubLimits};

pub use access::{HubAccess, RightsUnavailable};
pub use config::HubConfig;
pub use feeds::Feeds;
pub use key::TopicKey;
pub use request::Refusal;
pub use source::Source;
pub use topic::Topic;
pub use ws::upgrade::{NotAnUpgrade, Upgrade};

use crate::identity::Caller;
use encoding::Encoding;
use member::Member;
use members::Members;
use meters::Meters;
use outbox::Close;
use pace::Pace;
use quota::{NoComputation, Quotas};

/// The hub. Shared by the route, the sources and the program.
pub struct Hub {
    config: HubConfig,
    clock: Arc<dyn Clock>,
    access: Arc<dyn HubAccess>,
    source: Arc<dyn Source>,
    meters: Meters,
    quotas: Arc<Quotas>,
    pace: Arc<Pace>,
    topics: Mutex<HashMap<TopicKey, Arc<Topic>>>,
    members: Members,
    numbers: AtomicU64,
    birth: UnixNanos,
    began: Instant,
    closing: CancellationToken,
    emptied: Notify,
    suspicion: Notify,
    tasks: TaskTracker,
}

impl Hub {
    /// A hub that runs: its keeper beats and checks until [`Hub::shutdown`]. Needs a Tokio runtime.
    #[must_use]
    pub fn start(
        config: HubConfig,
        clock: Arc<dyn Clock>,
        access: Arc<dyn HubAccess>,
        source: Arc<dyn Source>,
    ) -> Arc<Self> {
        let birth = clock.now();
        let hub = Arc::new(Self {
            quotas: Quotas::new(config.clone()),
            config,
            clock,
            access,
            source,
            meters: Meters::new(),
            pace: Arc::default(),
            topics: Mutex::default(),
            members: Members::default(),
            numbers: AtomicU64::new(1),
            birth,
            began: Instant::now(),
            closing: CancellationToken::new(),
            emptied: Notify::new(),
            suspicion: Notify::new(),
            tasks: TaskTracker::new(),
        });
        hub.tasks.spawn(keeper::beat(Arc::clone(&hub)));
        hub.tasks.spawn(keeper::watch(Arc::clone(&hub)));
        hub.tasks.spawn(pace::turns(Arc::clone(&hub)));
        hub
    }

    /// Takes a socket over from an address. `caller` is set when the upgrade carried an API key; others sign on with a
    /// ticket. The subprotocol decides upon the encoding; JSON when none, or none that is known, is offered.
    pub fn accept(self: &Arc<Self>, upgrade: Upgrade, peer: IpAddr, caller: Option<Arc<Caller>>) -> Response {
        let chosen = upgrade.choose(Encoding::of);
        let (response, opened) = upgrade.open(chosen.map(Encoding::subprotocol));
        let hub = Arc::clone(self);
        tokio::spawn(socket::serve(
            hub,
            opened,
            peer,
            chosen.unwrap_or_default(),
            caller,
        ));
        response
    }

    /// Its figures.
    #[must_use]
    pub fn status(&self) -> HubStatus {
        HubStatus {
            sockets: self.members.len() as u64,
            subscriptions: self.meters.subscriptions(),
            dropped: self.meters.dropped(),
        }
    }

    /// Runs a task that ends with the hub.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let closing = self.closing.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = task => {}
                () = closing.cancelled() => {}
            }
        });
    }

    /// Something about people, sessions, keys or memberships changed: open sockets are checked now rather than at
    /// the next round.
    pub fn recheck(&self) {
        self.suspicion.notify_one();
    }

    /// Closes every socket with 1001, waits for them a little, and ends the keeper.
    pub async fn shutdown(&self) {
        self.closing.cancel();
        for member in self.members.all() {
            member.outbox.close(Close::SHUTTING_DOWN);
        }
        let gone = async {
            loop {
                let emptied = self.emptied.notified();
                if self.members.len() == 0 {
                    return;
                }
                emptied.await;
            }
        };
        // Who does not hear the close code in time is cut off with the process.
        let _ = tokio::time::timeout(self.config.close_grace.min(Duration::from_secs(1)), gone).await;
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// The topic, made if need be for a user who is the first to read it.
    async fn topic(&self, key: &TopicKey, user: &UserId) -> Result<Arc<Topic>, Refusal> {
        if let Some(topic) = self.topics().get(key) {
            return Ok(Arc::clone(topic));
        }
        self.source.check(key).await?;
        let topic = {
            let mut topics = self.topics();
            // Another may have made it meanwhile.
            if let Some(topic) = topics.get(key) {
                return Ok(Arc::clone(topic));
            }
            let topic = Arc::new(self.make_topic(key, user)?);
            topics.insert(key.clone(), Arc::clone(&topic));
            topic
        };
        self.source.added(&topic);
        Ok(topic)
    }

    fn make_topic(&self, key: &TopicKey, user: &UserId) -> Result<Topic, Refusal> {
        let computation = match key.channel {
            Channel::Indicators => Some(self.quotas.compute(user).map_err(|why| self.not_computed(why))?),
            _ => None,
        };
        // Unique over processes by the time of the start, within one by the number.
        let birth = format!("{:x}-{:x}", self.birth.as_millis(), self.number());
        let meter = self.meters.channel(key.channel);
        let source = Arc::clone(&self.source);
        Ok(Topic::new(
            key.clone(),
            birth,
            &self.config,
            meter,
            source,
            computation,
        ))
    }

    fn not_computed(&self, why: NoComputation) -> Refusal {
        let detail = match why {
            NoComputation::All => "too many indicators are computed".to_owned(),
            NoComputation::OfUser => {
                let max = self.config.indicators_per_user;
                format!(
                    "a user may be the first to ask for {max} indicators; they are given up a minute after their last reader"
                )
            }
        };
        Refusal::new("LIMIT", detail)
    }

    fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<TopicKey, Arc<Topic>>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, member: &Arc<Member>) {
        self.members.insert(member);
        self.meters.sockets(member.outbox.encoding()).increment(1.0);
        if self.closing.is_cancelled() {
            member.outbox.close(Close::SHUTTING_DOWN);
        }
    }

    fn leave(&self, member: &Member) {
        member.unsubscribe_all(self);
        self.members.remove(member);
        self.meters.sockets(member.outbox.encoding()).decrement(1.0);
        if self.closing.is_cancelled() {
            self.emptied.notify_waiters();
        }
    }

    fn uptime_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn limits(&self) -> HubLimits {
        let bounded = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        HubLimits {
            messages_per_minute: self.config.messages_per_minute,
            subscriptions: bounded(self.config.subscriptions),
            message_bytes: bounded(self.config.message_bytes),
            queue_bytes: bounded(self.config.queue_bytes),
        }
    }
}

#[cfg(test)]
mod tests;

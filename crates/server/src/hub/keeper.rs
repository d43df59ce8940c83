//! What is done for all sockets together: heartbeats, giving up the silent, retiring unread topics, and checking
//! again and again that what open sockets rest on still holds.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::member::Member;
use super::outbox::{Close, Item};
use super::{Hub, frame};
use crate::identity::{Caller, Via};

/// Heartbeats are spread over their period in steps of this.
const STEP: Duration = Duration::from_secs(1);
/// Credentials that are asked about at once: a round over thousands of them has to end within the seconds that a
/// revocation may take, and must not take the database's connections from requests.
const ASKED_AT_ONCE: usize = 8;

/// Beats until the hub closes.
pub(crate) async fn beat(hub: Arc<Hub>) {
    let mut ticks = interval(STEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let phases = hub.config.heartbeat.as_secs().max(1);
    let silence_max_ms = u64::try_from(hub.config.silence_max.as_millis()).unwrap_or(u64::MAX);
    let mut tick: u64 = 0;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = hub.closing.cancelled() => return,
        }
        tick += 1;
        let (now_ms, now) = (hub.uptime_ms(), hub.clock.now());
        let beat = frame::heartbeat(now);
        for member in hub.members.all() {
            if now_ms.saturating_sub(member.outbox.heard_ms()) > silence_max_ms {
                member.outbox.close(Close::SILENT);
            } else if member.caller().is_over(now) {
                // Here, and not by asking: a credential ends by itself, also while the database is away.
                member.outbox.close(Close::REVOKED);
            } else if member.outbox.id() % phases == tick % phases {
                member.outbox.say(Item::Message(Arc::clone(&beat)));
                member.outbox.say(Item::Ping);
            }
        }
        retire(&hub);
    }
}

fn retire(hub: &Hub) {
    let now = Instant::now();
    let mut gone = Vec::new();
    hub.topics().retain(|_, topic| {
        let retired = topic.retire(&hub.config, now);
        if retired {
            gone.push(Arc::clone(topic));
        }
        !retired
    });
    gone.iter().for_each(|topic| hub.source.removed(topic));
}

/// Checks credentials and rights of open sockets until the hub closes: every [`super::HubConfig::recheck`], and at
/// once when told that something changed.
pub(crate) async fn watch(hub: Arc<Hub>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(hub.config.recheck) => {}
            () = hub.suspicion.notified() => {}
            () = hub.closing.cancelled() => return,
        }
        // Without the database a round takes its time.
        tokio::select! {
            () = check_all(&hub) => {}
            () = hub.closing.cancelled() => return,
        }
    }
}

/// Sockets of one credential are checked by one question.
fn credential(caller: &Caller) -> (String, u64) {
    match &caller.via {
        Via::Session { id, .. } => (id.clone(), 0),
        Via::Key { id, .. } => (id.clone(), 1),
        // A family's tokens end at different times.
        Via::Token { family, expires_at } => (family.clone(), expires_at.0),
    }
}

async fn check_all(hub: &Hub) {
    let mut groups: HashMap<(String, u64), Vec<Arc<Member>>> = HashMap::new();
    for member in hub.members.all() {
        groups
            .entry(credential(&member.caller()))
            .or_default()
            .push(member);
    }
    let checks = stream::iter(groups.into_values().map(|members| check(hub, members)));
    // One that cannot be checked is no reason to leave the others unchecked.
    let failed = checks
        .buffer_unordered(ASKED_AT_ONCE)
        .filter(|checked| std::future::ready(!checked))
        .count()
        .await;
    if failed > 0 {
        tracing::warn!(failed, "credentials of open sockets could not be checked");
    }
}

/// Checks the sockets of one credential; false when it could not be done, and they go on as they are.
async fn check(hub: &Hub, members: Vec<Arc<Member>>) -> bool {
    let Some(first) = members.first() else {
        return true;
    };
    let caller = first.caller();
    match hub.access.recheck(&caller).await {
        Err(error) => {
            tracing::debug!(%error, user = %caller.user, "a credential could not be checked");
            return false;
        }
        Ok(Some(fresh)) => {
            for member in &members {
                member.set_caller(Arc::clone(&fresh));
                member.drop_forbidden(hub, &fresh);
            }
        }
        Ok(None) => members
            .iter()
            .for_each(|member| member.outbox.close(Close::REVOKED)),
    }
    true
}

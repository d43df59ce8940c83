//! What is done for all sockets together: heartbeats, giving up the silent, retiring unread topics, and checking
//! again and again that what open sockets rest on still holds.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, TryStreamExt as _};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::member::Member;
use super::outbox::{Close, Item};
use super::{Hub, RightsUnavailable, frame};
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
        let now_ms = hub.uptime_ms();
        let beat = frame::heartbeat(hub.clock.now());
        for member in hub.members.all() {
            if now_ms.saturating_sub(member.outbox.heard_ms()) > silence_max_ms {
                member.outbox.close(Close::SILENT);
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
        check_all(&hub).await;
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
    let groups = stream::iter(groups.into_values().map(Ok));
    let checked = groups.try_for_each_concurrent(ASKED_AT_ONCE, |members| check(hub, members));
    if let Err(error) = checked.await {
        // Without the database nobody's rights can have changed; market data goes on.
        tracing::warn!(%error, "open sockets could not be checked");
    }
}

/// Checks the sockets of one credential.
async fn check(hub: &Hub, members: Vec<Arc<Member>>) -> Result<(), RightsUnavailable> {
    let Some(first) = members.first() else {
        return Ok(());
    };
    let caller = first.caller();
    match hub.access.recheck(&caller).await? {
        Some(fresh) => {
            for member in &members {
                member.set_caller(Arc::clone(&fresh));
                member.drop_forbidden(hub, &fresh);
            }
        }
        None => members
            .iter()
            .for_each(|member| member.outbox.close(Close::REVOKED)),
    }
    Ok(())
}

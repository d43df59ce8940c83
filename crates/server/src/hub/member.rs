//! A signed-on socket as the hub sees it: who it is, what it reads, its queue.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tradewind_wire::hub::Since;

use super::key::TopicKey;
use super::outbox::{Item, Outbox};
use super::quota::UserPlace;
use super::request::Refusal;
use super::topic::Topic;
use super::{Hub, frame};
use crate::identity::Caller;

/// Shared by the socket's task, which subscribes, and the keeper, which takes rights away.
pub(crate) struct Member {
    pub(crate) outbox: Arc<Outbox>,
    caller: Mutex<Arc<Caller>>,
    place: UserPlace,
    subscriptions: Mutex<HashMap<TopicKey, Arc<Topic>>>,
}

impl Member {
    pub(crate) fn new(outbox: Arc<Outbox>, caller: Arc<Caller>, place: UserPlace) -> Arc<Self> {
        Arc::new(Self {
            outbox,
            caller: Mutex::new(caller),
            place,
            subscriptions: Mutex::default(),
        })
    }

    /// Who it is, as last checked.
    pub(crate) fn caller(&self) -> Arc<Caller> {
        Arc::clone(&self.caller.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_caller(&self, caller: Arc<Caller>) {
        *self.caller.lock().unwrap_or_else(PoisonError::into_inner) = caller;
    }

    fn subscriptions(&self) -> MutexGuard<'_, HashMap<TopicKey, Arc<Topic>>> {
        self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Subscribes after checking rights and limits.
    pub(crate) async fn subscribe(
        &self,
        hub: &Hub,
        key: TopicKey,
        since: Option<Since>,
        id: Option<String>,
    ) -> Result<(), Refusal> {
        self.check_right(hub, &key).await?;
        let user = self.caller().user.clone();
        let topic = hub.topic(&key, &user).await?;
        self.take_place(hub, &key)?;
        let mut topic = topic;
        while !topic.attach(&self.outbox, since.as_ref(), id.clone()) {
            // Given up between finding and attaching; the next one is new.
            topic = match hub.topic(&key, &user).await {
                Ok(topic) => topic,
                Err(refusal) => {
                    self.place.unsubscribe(1);
                    return Err(refusal);
                }
            };
        }
        hub.meters.subscribed(key.channel);
        self.subscriptions().insert(key, topic);
        Ok(())
    }

    fn take_place(&self, hub: &Hub, key: &TopicKey) -> Result<(), Refusal> {
        // A second subscription of the same topic takes the place of the first.
        self.drop_subscription(hub, key);
        let limit = |detail: String| Refusal::new("SUBSCRIPTION_LIMIT", detail);
        if self.subscriptions().len() >= hub.config.subscriptions {
            return Err(limit(format!(
                "a socket may have {} subscriptions",
                hub.config.subscriptions
            )));
        }
        if !self.place.subscribe() {
            let max = hub.config.subscriptions_per_user;
            return Err(limit(format!(
                "a user may have {max} subscriptions over all sockets"
            )));
        }
        Ok(())
    }

    /// Private topics are checked against rights as they are now, not as they were at sign-on.
    async fn check_right(&self, hub: &Hub, key: &TopicKey) -> Result<(), Refusal> {
        let mut caller = self.caller();
        if key.is_private() {
            match hub.access.recheck(&caller).await {
                Ok(Some(fresh)) => {
                    caller = fresh;
                    self.set_caller(Arc::clone(&caller));
                }
                Ok(None) => return Err(Refusal::new("UNAUTHENTICATED", "the credentials no longer hold")),
                Err(error) => {
                    tracing::warn!(%error, "a private subscription could not be checked");
                    return Err(Refusal::new(
                        "UNAVAILABLE",
                        "rights cannot be checked at the moment",
                    ));
                }
            }
        }
        if hub.access.may_read(&caller, key) {
            return Ok(());
        }
        Err(match key.account() {
            // The same words for an account that is not there: ids cannot be guessed.
            Some(account) => Refusal::new("UNKNOWN_ACCOUNT", format!("there is no account {account}")),
            None => Refusal::new("FORBIDDEN", format!("{key} is not open to this credential")),
        })
    }

    /// Ends a subscription; false when there was none.
    pub(crate) fn drop_subscription(&self, hub: &Hub, key: &TopicKey) -> bool {
        let Some(topic) = self.subscriptions().remove(key) else {
            return false;
        };
        topic.detach(&self.outbox);
        self.place.unsubscribe(1);
        hub.meters.unsubscribed(key.channel);
        true
    }

    /// Ends every subscription that `caller` may not read any more, and says so.
    pub(crate) fn drop_forbidden(&self, hub: &Hub, caller: &Caller) {
        let held: Vec<TopicKey> = {
            let subscriptions = self.subscriptions();
            // Who may read one public topic may read them all.
            let public = subscriptions.keys().find(|key| !key.is_private());
            let public = public.is_none_or(|key| hub.access.may_read(caller, key));
            let asked = |key: &&TopicKey| key.is_private() || !public;
            subscriptions.keys().filter(asked).cloned().collect()
        };
        for key in held {
            if hub.access.may_read(caller, &key) || !self.drop_subscription(hub, &key) {
                continue;
            }
            let name = key.to_string();
            let detail = format!("the right to read {name} was taken away");
            let error = frame::error("SUBSCRIPTION_REVOKED", &detail, Some(name.clone()));
            self.outbox.say(Item::Message(error));
            self.outbox.say(Item::Message(frame::unsubscribed(None, &name)));
        }
    }

    pub(crate) fn unsubscribe_all(&self, hub: &Hub) {
        let held = std::mem::take(&mut *self.subscriptions());
        self.place.unsubscribe(held.len());
        for (key, topic) in held {
            topic.detach(&self.outbox);
            hub.meters.unsubscribed(key.channel);
        }
    }
}

//! Where topics get their data from; the hub itself knows nothing of engines.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::key::TopicKey;
use super::request::Refusal;
use super::topic::Topic;

/// Fills topics: publishes changes and, when asked, a snapshot in order with them.
pub trait Source: Send + Sync + 'static {
    /// Whether there is such a topic, rights aside.
    fn check<'a>(&'a self, key: &'a TopicKey) -> BoxFuture<'a, Result<(), Refusal>>;

    /// A topic came into being; its changes are to be published from now on.
    fn added(&self, topic: &Arc<Topic>);

    /// A topic was given up.
    fn removed(&self, topic: &Arc<Topic>);

    /// Someone waits for [`Topic::snapshot`]. Must not block and must not call the topic back.
    fn wanted(&self, topic: &Arc<Topic>);
}

//! What the hub asks of identity and authorisation.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::key::TopicKey;
use crate::identity::Caller;

/// Rights cannot be looked up at the moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("rights cannot be looked up: {0}")]
pub struct RightsUnavailable(pub String);

/// Tickets, credentials and rights; implemented on the server's single authorisation function.
pub trait HubAccess: Send + Sync + 'static {
    /// Uses a ticket up.
    fn redeem(&self, ticket: &str) -> Option<Arc<Caller>>;

    /// The caller as they are now; `None` when the credential no longer holds.
    fn recheck<'a>(
        &'a self,
        caller: &'a Caller,
    ) -> BoxFuture<'a, Result<Option<Arc<Caller>>, RightsUnavailable>>;

    /// Whether the caller may read the topic.
    fn may_read(&self, caller: &Caller, key: &TopicKey) -> bool;
}

//! What the hub asks of identity and authorisation, answered by the same functions that the API asks.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tradewind_store::Db;
use tradewind_types::Clock;

use super::action::Action;
use super::authorise::{Decision, Resource, authorise};
use super::orgs::AccountOrgs;
use crate::config::Config;
use crate::hub::key::Subject;
use crate::hub::{HubAccess, RightsUnavailable, TopicKey};
use crate::identity::{Caller, Identities, SigningKeys, Tickets};
use crate::secrets::Keyring;

/// Tickets, credentials and rights, shared by the API and the hub.
#[derive(Clone)]
pub struct Rights {
    /// From credentials to callers.
    pub identities: Arc<Identities>,
    /// Hub tickets.
    pub tickets: Arc<Tickets>,
    /// What signs access tokens.
    pub signing: Arc<SigningKeys>,
    /// Whose accounts are.
    pub orgs: Arc<AccountOrgs>,
}

impl Rights {
    /// On a database.
    #[must_use]
    pub fn new(store: &Db, clock: &Arc<dyn Clock>, config: &Config, keyring: &Arc<Keyring>) -> Self {
        let signing = SigningKeys::new(store.clone(), Arc::clone(clock), Arc::clone(keyring), config);
        let signing = Arc::new(signing);
        let identities = Identities::new(store.clone(), Arc::clone(clock), config, Arc::clone(&signing));
        Self {
            identities: Arc::new(identities),
            signing,
            tickets: Arc::new(Tickets::new(Arc::clone(clock))),
            orgs: Arc::default(),
        }
    }
}

impl HubAccess for Rights {
    fn redeem(&self, ticket: &str) -> Option<Arc<Caller>> {
        self.tickets.redeem(ticket)
    }

    fn recheck<'a>(
        &'a self,
        caller: &'a Caller,
    ) -> BoxFuture<'a, Result<Option<Arc<Caller>>, RightsUnavailable>> {
        Box::pin(async move {
            self.identities
                .recheck(caller)
                .await
                .map_err(|error| RightsUnavailable(error.to_string()))
        })
    }

    fn may_read(&self, caller: &Caller, key: &TopicKey) -> bool {
        let org = key.account().and_then(|account| self.orgs.of(account));
        let (action, resource) = match (&key.subject, key.account()) {
            (Subject::Own, _) => return false,
            (Subject::Person(user), _) if *user != caller.user => return false,
            (Subject::Person(_), _) => (Action::BacktestsRead, Resource::None),
            (_, Some(account)) => (Action::AccountRead, Resource::Account(account, org.as_ref())),
            (_, None) => (Action::MarketRead, Resource::None),
        };
        authorise(Some(caller), action, resource) == Decision::Allow
    }
}

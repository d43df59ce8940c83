//! Whose accounts are: the organisation of each, as the engine has it.
//!
//! An account never changes its organisation, so that what was once asked of the engine holds. Only accounts that there
//! are get remembered.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use tradewind_engine::{EngineError, EngineHandle};
use tradewind_types::{AccountId, OrgId};

/// The organisations of accounts.
#[derive(Debug, Default)]
pub struct AccountOrgs(RwLock<HashMap<AccountId, OrgId>>);

impl AccountOrgs {
    /// That of an account, as far as it is remembered.
    #[must_use]
    pub fn of(&self, account: &AccountId) -> Option<OrgId> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(account).cloned()
    }

    /// Remembers that of an account.
    pub fn learn(&self, account: AccountId, org: OrgId) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(account, org);
    }

    /// That of an account, by the engine where it is not remembered; `None` when there is no such account.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn find(
        &self,
        engine: &EngineHandle,
        account: &AccountId,
    ) -> Result<Option<OrgId>, EngineError> {
        if let Some(org) = self.of(account) {
            return Ok(Some(org));
        }
        let id = account.clone();
        let asked = engine.query(move |kernel| kernel.account(&id).map(|account| account.info.org.clone()));
        let found = asked.await?;
        if let Some(org) = &found {
            self.learn(account.clone(), org.clone());
        }
        Ok(found)
    }

    /// Remembers those of all accounts, once at start: the hub asks where nothing can wait for the engine.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn learn_all(&self, engine: &EngineHandle) -> Result<(), EngineError> {
        let all = engine.query(|kernel| {
            let of = kernel
                .accounts()
                .map(|account| (account.info.id.clone(), account.info.org.clone()));
            of.collect::<HashMap<_, _>>()
        });
        let all = all.await?;
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.extend(all);
        Ok(())
    }
}

//! Deploying, replacing, switching and removing strategies.

use tradewind_types::record::{
    Outcome, StrategyChanged, StrategyDeployed, StrategyRemoved, StrategySpec, StrategyStatus,
};
use tradewind_types::{AccountId, AccountKind, ClientOrderId, StrategyId};

use super::super::account::strategy_of;
use super::super::{Actions, CommandError, CommandReply, Kernel};
use super::{COUNTED_MAX, DEPLOYED_MAX, build_strategy, is_of_combination, runner};

impl Kernel {
    /// Deploys a strategy, or replaces the one of that name: its resting entries are canceled, what it holds stays.
    pub(in crate::kernel) fn deploy(
        &mut self,
        account: &AccountId,
        strategy: &StrategyId,
        spec: &StrategySpec,
        actor: &str,
        actions: &mut Actions,
    ) -> Result<CommandReply, CommandError> {
        let version = self.check_deployment(account, strategy, spec)?;
        let before = self.account(account).and_then(|a| a.deployed.get(strategy));
        if before.is_some_and(|d| d.spec == *spec)
            && self.status_of(account, strategy) == Some(&StrategyStatus::Running)
        {
            return Ok(CommandReply::Done);
        }
        if before.is_some() {
            self.cancel_own(account, strategy, actions);
        }
        let stopped = self.status_of(account, strategy) == Some(&StrategyStatus::Stopped);
        let change = StrategyDeployed {
            account: account.clone(),
            strategy: strategy.clone(),
            spec: spec.clone(),
            version,
            actor: actor.to_owned(),
            ts: self.now,
        };
        if self
            .emit(Outcome::StrategyDeployed(Box::new(change)), actions)
            .is_err()
        {
            return Err(CommandError::UnknownStrategy(strategy.to_string()));
        }
        if !stopped {
            self.set_status(account, strategy, StrategyStatus::Running, actor, actions);
        }
        self.renew(account, strategy);
        if let Some(at) = self.deployed.at(account, strategy) {
            self.settle(at, None, actions);
        }
        Ok(CommandReply::Done)
    }

    /// The version that it would be.
    pub(super) fn check_deployment(
        &self,
        account: &AccountId,
        strategy: &StrategyId,
        spec: &StrategySpec,
    ) -> Result<u32, CommandError> {
        let state = self
            .account(account)
            .ok_or_else(|| CommandError::UnknownAccount(account.clone()))?;
        let refuse = |field, message: String| Err(CommandError::BadSetting { field, message });
        if state.info.kind != AccountKind::Paper {
            return refuse("account", "strategies are deployed on paper accounts".to_owned());
        }
        let before = state.deployed.get(strategy);
        if before.is_none() && (state.strategies.contains_key(strategy) || is_of_combination(strategy)) {
            return refuse(
                "strategy",
                format!("{strategy} names a part of the combination; take another name"),
            );
        }
        if before.is_none() && state.deployed.len() >= DEPLOYED_MAX {
            return refuse(
                "strategy",
                format!("an account has at most {DEPLOYED_MAX} deployed strategies"),
            );
        }
        for (at, id) in spec.instruments.iter().enumerate() {
            let instrument = self.state.instruments.by_id(id);
            let instrument = instrument.ok_or_else(|| CommandError::UnknownInstrument(id.clone()))?;
            if instrument.venue != state.info.venue {
                return Err(CommandError::WrongVenue {
                    instrument: id.clone(),
                    venue: state.info.venue.to_string(),
                });
            }
            if spec.instruments[..at].contains(id) {
                return refuse("instruments", format!("{id} is named twice"));
            }
        }
        let built = build_strategy(strategy, spec)?;
        let interval = built.inputs().interval;
        if let Some(full) = spec.instruments.iter().find(|id| !self.may_count(id, interval)) {
            let message = format!(
                "strategies run on {COUNTED_MAX} kinds of tick, volume and value bars of {full} already"
            );
            return refuse("interval", message);
        }
        Ok(before.map_or(1, |d| d.version.saturating_add(1)))
    }

    /// Takes a strategy away. Its resting entries are canceled; what it holds stays, with what protects it.
    pub(in crate::kernel) fn remove_deployed(
        &mut self,
        account: &AccountId,
        strategy: &StrategyId,
        actor: &str,
        actions: &mut Actions,
    ) -> Result<CommandReply, CommandError> {
        let state = self
            .account(account)
            .ok_or_else(|| CommandError::UnknownAccount(account.clone()))?;
        if !state.deployed.contains_key(strategy) {
            return Err(CommandError::UnknownStrategy(strategy.to_string()));
        }
        self.cancel_own(account, strategy, actions);
        let change = StrategyRemoved {
            account: account.clone(),
            strategy: strategy.clone(),
            actor: actor.to_owned(),
            ts: self.now,
        };
        let _ = self.emit(Outcome::StrategyRemoved(change), actions);
        self.deployed
            .list
            .retain(|r| r.account != *account || r.strategy != *strategy);
        Ok(CommandReply::Done)
    }

    /// A deployed strategy was switched on: one that had halted itself begins anew.
    pub(in crate::kernel) fn deployed_switched_on(
        &mut self,
        account: &AccountId,
        strategy: &StrategyId,
        actions: &mut Actions,
    ) {
        let Some(at) = self.deployed.at(account, strategy) else {
            return;
        };
        let failed = self.deployed.list[at]
            .instance
            .as_ref()
            .is_none_or(|i| i.halted().is_some());
        if failed {
            self.renew(account, strategy);
            if let Some(at) = self.deployed.at(account, strategy) {
                self.settle(at, None, actions);
            }
        }
    }

    /// Puts an empty runner in the place of the one that was there.
    pub(super) fn renew(&mut self, account: &AccountId, strategy: &StrategyId) {
        let Some(deployed) = self.account(account).and_then(|a| a.deployed.get(strategy)) else {
            return;
        };
        let fresh = runner(&self.state, account, strategy, deployed);
        match self.deployed.at(account, strategy) {
            Some(at) => self.deployed.list[at] = fresh,
            None => self.deployed.list.push(fresh),
        }
    }

    pub(super) fn status_of(&self, account: &AccountId, strategy: &StrategyId) -> Option<&StrategyStatus> {
        self.account(account)?.strategies.get(strategy)
    }

    pub(super) fn set_status(
        &mut self,
        account: &AccountId,
        strategy: &StrategyId,
        status: StrategyStatus,
        actor: &str,
        actions: &mut Actions,
    ) {
        let change = StrategyChanged {
            account: account.clone(),
            strategy: strategy.clone(),
            status,
            actor: actor.to_owned(),
            ts: self.now,
        };
        let _ = self.emit(Outcome::Strategy(change), actions);
    }

    /// Cancels the strategy's resting orders that could open something.
    pub(super) fn cancel_own(&mut self, account: &AccountId, strategy: &StrategyId, actions: &mut Actions) {
        let Some(state) = self.account(account) else {
            return;
        };
        let own = state
            .orders
            .open()
            .filter(|o| !o.request.reduce_only && strategy_of(&o.request) == Some(strategy));
        let ids: Vec<ClientOrderId> = own.map(|o| o.request.client_order_id.clone()).collect();
        for id in &ids {
            self.request_cancel(account, id, actions);
        }
    }
}

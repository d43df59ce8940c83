//! Strategies that users deploy on an account: built-in ones and scripts, run by the same [`Instance`] as in a backtest.
//!
//! The [`State`] knows what is deployed; the instances are made of it, here as in recovery. An instance is primed with
//! the bars at hand that closed before it was deployed: they move its indicators, it is not asked. Bars that closed
//! since, but before this kernel's start, and late ones it is asked about, so that its own state follows, and what it
//! wants is dropped. On every other bar what it wants goes through [`super::intents`] and the gate.
//!
//! An instance that lacks bars is made anew from what the market knows on each bar, so that history may come in any
//! order; from its first warm bar on it only goes forward. A script that fails halts its own strategy.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use tradewind_strategy::registry::{self, Setup};
use tradewind_strategy::script::{Script, limits};
use tradewind_strategy::{
    Alignment, Instance, Intent, Intents, OwnFill, OwnPosition, ParamMap, ParamValue, Ran, SlotMarket,
    Strategy, Weights,
};
use tradewind_types::market::{Bar, BarInterval, Quote};
use tradewind_types::order::{OrderEventKind, OrderOrigin, UnitFraction};
use tradewind_types::record::{
    Outcome, Record, StrategyChanged, StrategyDeployed, StrategyRemoved, StrategySource, StrategySpec,
    StrategyStatus,
};
use tradewind_types::signal::{Opinion, Signal, SignalOutcome};
use tradewind_types::{
    AccountId, AccountKind, ClientOrderId, InstrumentIdx, OrderState, Side, SignalId, StrategyId, UnixNanos,
};

use super::account::strategy_of;
use super::intents::{Actor, EntryStyle};
use super::timers::SYSTEM;
use super::{Actions, CommandError, CommandReply, FoldError, Kernel, State};

/// Strategies of one account.
pub const DEPLOYED_MAX: usize = 16;
/// Instruments of one strategy here.
pub const SLOTS_MAX: usize = 64;
/// Most kinds of tick, volume and value bars of one instrument that strategies run on.
const COUNTED_MAX: usize = 16;
/// Parameters of one strategy, and the longest of their texts.
const PARAMETERS_MAX: (usize, usize) = (64, 4_096);
/// How often fills may lead to intents that fill at once again, per event.
const REACTIONS_MAX: usize = 8;

/// A deployed strategy as the durable state knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployed {
    /// What it is made of.
    pub spec: StrategySpec,
    /// Of this name.
    pub version: u32,
    /// Who deployed this version.
    pub actor: String,
    /// When.
    pub ts: UnixNanos,
}

/// Why a strategy cannot be deployed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DeployError {
    /// Which part of the specification.
    pub field: &'static str,
    /// What is wrong; for a script with line and column.
    pub message: String,
}

impl DeployError {
    fn new(field: &'static str, message: impl ToString) -> Self {
        Self {
            field,
            message: message.to_string(),
        }
    }
}

impl From<DeployError> for CommandError {
    fn from(error: DeployError) -> Self {
        CommandError::BadSetting {
            field: error.field,
            message: error.message,
        }
    }
}

/// Makes the strategy of a specification; the same in the check of a request, at deployment and in recovery.
///
/// # Errors
/// [`DeployError`].
pub fn build_strategy(id: &StrategyId, spec: &StrategySpec) -> Result<Box<dyn Strategy>, DeployError> {
    let (count, length) = PARAMETERS_MAX;
    if spec.parameters.len() > count || spec.parameters.values().any(|text| text.len() > length) {
        let message = format!("at most {count} parameters of {length} characters");
        return Err(DeployError::new("parameters", message));
    }
    if spec.instruments.is_empty() || spec.instruments.len() > SLOTS_MAX {
        return Err(DeployError::new(
            "instruments",
            format!("1 to {SLOTS_MAX} instruments"),
        ));
    }
    let setup = Setup {
        id: id.clone(),
        interval: spec.interval,
        slots: spec.instruments.len(),
    };
    let values = spec.parameters.iter();
    let params: ParamMap = values
        .map(|(k, text)| (k.clone(), ParamValue::read(text)))
        .collect();
    let strategy: Box<dyn Strategy> = match &spec.source {
        StrategySource::BuiltIn { name } => registry::build(name, setup, &params).map_err(|error| {
            let field = match &error {
                registry::BuildError::Unknown { .. } => "name",
                registry::BuildError::Slots { .. } => "instruments",
                registry::BuildError::Params(_) => "parameters",
            };
            DeployError::new(field, error)
        })?,
        StrategySource::Script { text, sha256 } => {
            let refused = |e| DeployError::new("script", e);
            let script = Script::compile(text).map_err(refused)?;
            if script.sha256() != sha256 {
                let message = format!("the text's SHA-256 is {}, not {sha256}", script.sha256());
                return Err(DeployError::new("script", message));
            }
            Box::new(script.strategy(setup, &params).map_err(refused)?)
        }
    };
    let inputs = strategy.inputs();
    if inputs.slots != spec.instruments.len() {
        let message = format!(
            "it works on {} instruments, got {}",
            inputs.slots,
            spec.instruments.len()
        );
        return Err(DeployError::new("instruments", message));
    }
    Ok(strategy)
}

/// How far a deployed strategy's warm-up is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Of which bars.
    pub interval: BarInterval,
    /// Whether it is asked on the next bar.
    pub warm: bool,
    /// Bars seen, the fewest over its instruments.
    pub bars_seen: u64,
    /// Bars that it needs.
    pub bars_needed: u64,
}

/// A running instance.
#[derive(Debug)]
struct Runner {
    account: AccountId,
    strategy: StrategyId,
    slots: Vec<InstrumentIdx>,
    /// Of which bars.
    interval: BarInterval,
    instance: Option<Instance<Box<dyn Strategy>>>,
    /// When this version was deployed: about bars that closed until then it is never asked.
    since: UnixNanos,
    /// It had all its bars once and goes forward only.
    settled: bool,
    /// Opening time of bars that wait for those of other instruments, where it is asked with what there is.
    gathering: Option<UnixNanos>,
}

/// A fill of a deployed strategy's order that it was not told of yet.
#[derive(Debug)]
struct News {
    account: AccountId,
    strategy: StrategyId,
    instrument: InstrumentIdx,
    fill: OwnFill,
}

/// All instances of a kernel.
#[derive(Debug, Default)]
pub(super) struct Runners {
    list: Vec<Runner>,
    news: Vec<News>,
    intents: Intents,
    /// When this kernel began: bars that closed until then are history.
    started: Option<UnixNanos>,
}

impl Runners {
    /// When time began for this kernel; `None` before its first event.
    pub(super) fn started(&self) -> Option<UnixNanos> {
        self.started
    }

    /// The instances of what is deployed.
    pub(super) fn restored(state: &State) -> Self {
        let mut runners = Self::default();
        for account in state.accounts.values() {
            for (strategy, deployed) in &account.deployed {
                runners
                    .list
                    .push(runner(state, &account.info.id, strategy, deployed));
            }
        }
        runners
    }

    /// The tick, volume and value bars of an instrument that strategies run on.
    #[inline]
    pub(super) fn counted_on(&self, idx: InstrumentIdx) -> impl Iterator<Item = BarInterval> + '_ {
        let counted = self.list.iter().filter(|runner| !runner.interval.is_time());
        counted
            .filter(move |runner| runner.slots.contains(&idx))
            .map(|runner| runner.interval)
    }

    fn at(&self, account: &AccountId, strategy: &StrategyId) -> Option<usize> {
        self.list
            .iter()
            .position(|r| r.account == *account && r.strategy == *strategy)
    }

    /// Notes a fill of a deployed strategy's order, to be told once its booking is done.
    #[inline]
    pub(super) fn note(&mut self, outcome: &Outcome, state: &State) {
        if !self.list.is_empty() {
            self.note_fill(outcome, state);
        }
    }

    fn note_fill(&mut self, outcome: &Outcome, state: &State) {
        let Outcome::Order(event) = outcome else { return };
        let OrderEventKind::Filled { quantity, price, .. } = &event.kind else {
            return;
        };
        let account = state.accounts.get(&event.account);
        let Some(order) = account.and_then(|a| a.orders.get(&event.client_order_id)) else {
            return;
        };
        let Some(strategy) = strategy_of(&order.request) else {
            return;
        };
        let Some(at) = self.at(&event.account, strategy) else {
            return;
        };
        let Some(instrument) = state.instruments.idx(&order.request.instrument) else {
            return;
        };
        let Some(slot) = self.list[at].slots.iter().position(|i| *i == instrument) else {
            return;
        };
        self.news.push(News {
            account: event.account.clone(),
            strategy: strategy.clone(),
            instrument,
            fill: OwnFill {
                slot,
                side: order.request.side,
                quantity: *quantity,
                price: *price,
                ts: event.ts_event,
            },
        });
    }
}

fn runner(state: &State, account: &AccountId, strategy: &StrategyId, deployed: &Deployed) -> Runner {
    let ids = deployed.spec.instruments.iter();
    // A script may name its own; one that a newer program refuses is halted when its first bar comes.
    let built = build_strategy(strategy, &deployed.spec);
    Runner {
        account: account.clone(),
        strategy: strategy.clone(),
        slots: ids.filter_map(|id| state.instruments.idx(id)).collect(),
        interval: built.map_or(deployed.spec.interval, |s| s.inputs().interval),
        instance: None,
        since: deployed.ts,
        settled: false,
        gathering: None,
    }
}

/// Folds a deployment.
pub(super) fn fold_deployed(account: &mut super::AccountState, change: &StrategyDeployed) {
    let deployed = Deployed {
        spec: change.spec.clone(),
        version: change.version,
        actor: change.actor.clone(),
        ts: change.ts,
    };
    account.deployed.insert(change.strategy.clone(), deployed);
}

/// Folds a removal.
pub(super) fn fold_removed(
    account: &mut super::AccountState,
    change: &StrategyRemoved,
) -> Result<(), FoldError> {
    if account.deployed.shift_remove(&change.strategy).is_none() {
        return Err(FoldError::UnknownStrategy(change.strategy.clone()));
    }
    account.strategies.shift_remove(&change.strategy);
    Ok(())
}

impl Kernel {
    /// Deploys a strategy, or replaces the one of that name: its resting entries are canceled, what it holds stays.
    pub(super) fn deploy(
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
    fn check_deployment(
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
    pub(super) fn remove_deployed(
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
    pub(super) fn deployed_switched_on(
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
    fn renew(&mut self, account: &AccountId, strategy: &StrategyId) {
        let Some(deployed) = self.account(account).and_then(|a| a.deployed.get(strategy)) else {
            return;
        };
        let fresh = runner(&self.state, account, strategy, deployed);
        match self.deployed.at(account, strategy) {
            Some(at) => self.deployed.list[at] = fresh,
            None => self.deployed.list.push(fresh),
        }
    }

    fn status_of(&self, account: &AccountId, strategy: &StrategyId) -> Option<&StrategyStatus> {
        self.account(account)?.strategies.get(strategy)
    }

    fn set_status(
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
    fn cancel_own(&mut self, account: &AccountId, strategy: &StrategyId, actions: &mut Actions) {
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

    /// Time begins for this kernel: what closed until now is history.
    #[inline]
    pub(super) fn deployed_begin(&mut self) {
        if self.deployed.started.is_none() {
            self.deployed.started = Some(self.now);
        }
    }

    /// Lets the deployed strategies see a closed bar.
    pub(super) fn deployed_on_bar(&mut self, idx: InstrumentIdx, bar: &Bar, actions: &mut Actions) {
        if self.deployed.list.is_empty() || self.frozen {
            return;
        }
        // Fills that came before the bar are known before it.
        self.deployed_tell_fills(actions);
        let closed_at = self.end_of(bar);
        let catching_up = self
            .markets
            .get(idx.slot())
            .is_none_or(|m| m.is_catching_up(self.now));
        let late = self.is_late(bar, closed_at);
        let before_start = self.deployed.started.is_none_or(|started| closed_at <= started);
        let history = late || catching_up || before_start;
        for at in 0..self.deployed.list.len() {
            let Some(slot) = self.deployed.list[at].slots.iter().position(|i| *i == idx) else {
                continue;
            };
            self.runner_on_bar(at, slot, bar, history, actions);
        }
    }

    /// Whether a strategy may run on bars of an instrument: of time always, of others where not too many are counted.
    fn may_count(&self, instrument: &tradewind_types::InstrumentId, interval: BarInterval) -> bool {
        let Some(idx) = self
            .state
            .instruments
            .idx(instrument)
            .filter(|_| !interval.is_time())
        else {
            return true;
        };
        let others = self.deployed.counted_on(idx).filter(|i| *i != interval);
        others.collect::<BTreeSet<BarInterval>>().len() < COUNTED_MAX
    }

    fn runner_on_bar(&mut self, at: usize, slot: usize, bar: &Bar, history: bool, actions: &mut Actions) {
        let runner = &self.deployed.list[at];
        if runner.interval != bar.interval {
            return;
        }
        let closed_at = self.end_of(bar);
        if !runner.settled {
            // History only fills the series: the first bar that counts takes it from there.
            if history || closed_at <= runner.since {
                return;
            }
            self.settle(at, Some((slot, bar)), actions);
        }
        let Some(instance) = self.deployed.list[at].instance.as_ref() else {
            return;
        };
        if instance.halted().is_some() {
            return;
        }
        let equity = instance.inputs().equity;
        let partial =
            instance.inputs().alignment == Alignment::Partial && self.deployed.list[at].slots.len() > 1;
        self.show_holdings(at, equity);
        let mut intents = std::mem::take(&mut self.deployed.intents);
        let runner = &mut self.deployed.list[at];
        let Some(instance) = runner.instance.as_mut() else {
            return;
        };
        let ran = if closed_at <= runner.since {
            intents.clear();
            instance.prime(slot, bar)
        } else {
            instance.on_bar(slot, bar, &mut intents)
        };
        runner.settled |= instance.is_warm();
        if partial {
            match ran {
                // What is history is not acted on, not even later.
                Ran::Waiting => runner.gathering = Some(bar.ts).filter(|_| !history),
                Ran::Called | Ran::Halted | Ran::Warming => runner.gathering = None,
                _ => {}
            }
        }
        if history && ran != Ran::Halted {
            intents.clear();
        }
        self.carry_out(at, ran, &intents, bar.ts, actions);
        intents.clear();
        self.deployed.intents = intents;
    }

    /// Makes an instance of the bars at hand: those that closed before it was deployed prime it, about those since it
    /// is asked and not heard. `upto` is the bar that comes next, of which the others may be there already.
    fn settle(&mut self, at: usize, upto: Option<(usize, &Bar)>, actions: &mut Actions) {
        let runner = &self.deployed.list[at];
        let (account, strategy) = (runner.account.clone(), runner.strategy.clone());
        let spec = self
            .account(&account)
            .and_then(|a| a.deployed.get(&strategy))
            .map(|d| &d.spec);
        let Some(spec) = spec else { return };
        let markets: Vec<SlotMarket> = runner
            .slots
            .iter()
            .filter_map(|idx| self.state.instruments.get(*idx))
            .map(|i| SlotMarket::from(&**i))
            .collect();
        let made = build_strategy(&strategy, spec)
            .map_err(|e| e.message)
            .and_then(|s| Instance::new(s, &markets).map_err(|e| e.to_string()));
        let mut instance = match made {
            Ok(instance) => instance,
            Err(reason) => {
                // It was accepted once; only a newer program can refuse it.
                self.halt_deployed(at, &reason, actions);
                return;
            }
        };
        for slot in 0..runner.slots.len() {
            instance.set_position(slot, self.own_position(at, slot));
        }
        let bars = self.history_of(at, instance.inputs().interval, upto);
        let ends: Vec<UnixNanos> = bars.iter().map(|(_, bar)| self.end_of(bar)).collect();
        let runner = &mut self.deployed.list[at];
        let mut scratch = Intents::new();
        let mut last: Option<UnixNanos> = None;
        for ((slot, bar), end) in bars.iter().zip(ends) {
            if last.is_some_and(|ts| ts < bar.ts) {
                instance.flush(&mut scratch);
            }
            if end <= runner.since {
                instance.prime(*slot, bar);
            } else {
                instance.warm_up(*slot, bar, &mut scratch);
                last = Some(bar.ts);
            }
        }
        let complete = upto.is_none_or(|(_, bar)| last.is_some_and(|ts| ts < bar.ts));
        if complete {
            instance.flush(&mut scratch);
        }
        runner.settled = instance.is_warm();
        let failed = instance.halted().map(str::to_owned);
        runner.instance = Some(instance);
        if let Some(reason) = failed {
            self.halt_deployed(at, &reason, actions);
        }
    }

    /// Bars of all its instruments in order of time and slot, before `upto`.
    fn history_of(&self, at: usize, interval: BarInterval, upto: Option<(usize, &Bar)>) -> Vec<(usize, Bar)> {
        let mut bars: Vec<(usize, Bar)> = Vec::new();
        for (slot, idx) in self.deployed.list[at].slots.iter().enumerate() {
            let series = self.markets.get(idx.slot()).and_then(|m| m.series(interval));
            let before = |bar: &&Bar| match upto {
                None => true,
                Some((own, next)) if own == slot => bar.ts < next.ts,
                Some((_, next)) => bar.ts <= next.ts,
            };
            let closed = series.into_iter().flat_map(|s| s.closed());
            bars.extend(closed.filter(before).map(|bar| (slot, *bar)));
        }
        bars.sort_by_key(|(slot, bar)| (bar.ts, *slot));
        bars
    }

    /// Tells an instance what it holds now: a person may have closed what it opened.
    fn show_holdings(&mut self, at: usize, equity: bool) {
        let value = if equity {
            self.valuation(&self.deployed.list[at].account)
        } else {
            None
        };
        for slot in 0..self.deployed.list[at].slots.len() {
            let position = self.own_position(at, slot);
            let runner = &self.deployed.list[at];
            let rate = equity.then(|| self.rate_of(&runner.account, runner.slots[slot]));
            if let Some(instance) = self.deployed.list[at].instance.as_mut() {
                instance.set_position(slot, position);
                if let Some(rate) = rate {
                    instance.set_rate(slot, rate);
                }
            }
        }
        let instance = self.deployed.list[at].instance.as_mut();
        if let (Some(instance), Some(equity)) = (instance, value.and_then(|v| v.equity)) {
            instance.set_equity(equity);
        }
    }

    fn own_position(&self, at: usize, slot: usize) -> OwnPosition {
        let runner = &self.deployed.list[at];
        runner.slots.get(slot).map_or_else(OwnPosition::default, |idx| {
            self.position_of_strategy(&runner.account, &runner.strategy, *idx)
        })
    }

    /// What a strategy holds of an instrument (long less short), with its average cost.
    #[must_use]
    pub fn position_of_strategy(
        &self,
        account: &AccountId,
        strategy: &StrategyId,
        idx: InstrumentIdx,
    ) -> OwnPosition {
        let pair = self.account(account).zip(self.state.instruments.get(idx));
        let Some((account, instrument)) = pair else {
            return OwnPosition::default();
        };
        let net = account
            .ledger
            .owned(&instrument.id, Some(strategy))
            .unwrap_or_default();
        if net.is_zero() {
            return OwnPosition::default();
        }
        // Of long and short side by side the larger one says what it cost; a strategy sees what is left of both.
        let larger = account
            .ledger
            .owners(&instrument.id)
            .into_iter()
            .filter(|p| p.strategy.as_ref() == Some(strategy))
            .max_by_key(|p| p.quantity.abs());
        let Some(owned) = larger else {
            return OwnPosition::default();
        };
        let unit = owned.quantity.checked_mul(instrument.multiplier);
        OwnPosition {
            quantity: net,
            average_price: unit
                .and_then(|unit| owned.cost.checked_div(unit))
                .unwrap_or_default(),
        }
    }

    /// How far a deployed strategy's warm-up is.
    #[must_use]
    pub fn deployed_progress(&self, account: &AccountId, strategy: &StrategyId) -> Option<Progress> {
        let runner = &self.deployed.list[self.deployed.at(account, strategy)?];
        let instance = runner.instance.as_ref();
        let seen = |i: &Instance<_>| (0..runner.slots.len()).map(|slot| i.bars_seen(slot)).min();
        Some(Progress {
            interval: runner.interval,
            warm: instance.is_some_and(Instance::is_warm),
            bars_seen: instance.and_then(seen).unwrap_or(0),
            bars_needed: instance.map_or(0, |i| i.inputs().warm_up_bars as u64),
        })
    }

    /// Lets the deployed strategies that want quotes see one.
    pub(super) fn deployed_on_quote(&mut self, idx: InstrumentIdx, quote: &Quote, actions: &mut Actions) {
        if self.deployed.list.is_empty() || self.frozen {
            return;
        }
        self.deployed_tell_fills(actions);
        for at in 0..self.deployed.list.len() {
            let runner = &mut self.deployed.list[at];
            let Some(slot) = runner.slots.iter().position(|i| *i == idx) else {
                continue;
            };
            let Some(instance) = runner.instance.as_mut() else {
                continue;
            };
            let mut intents = std::mem::take(&mut self.deployed.intents);
            let ran = instance.on_quote(slot, quote, &mut intents);
            self.carry_out(at, ran, &intents, quote.ts_event, actions);
            intents.clear();
            self.deployed.intents = intents;
        }
    }

    /// Asks those that take what has come, once no more bars of a time can come.
    pub(super) fn deployed_flush(&mut self, closed_until: UnixNanos, actions: &mut Actions) {
        if self.frozen {
            return;
        }
        for at in 0..self.deployed.list.len() {
            let runner = &mut self.deployed.list[at];
            let (Some(ts), Some(instance)) = (runner.gathering, runner.instance.as_mut()) else {
                continue;
            };
            if ts.plus(instance.inputs().interval.nanos()) > closed_until {
                continue;
            }
            runner.gathering = None;
            let mut intents = std::mem::take(&mut self.deployed.intents);
            let ran = instance.flush(&mut intents);
            self.carry_out(at, ran, &intents, ts, actions);
            intents.clear();
            self.deployed.intents = intents;
        }
    }

    /// Tells the strategies of their fills; what they then ask for is done at once.
    pub(super) fn deployed_tell_fills(&mut self, actions: &mut Actions) {
        for _ in 0..REACTIONS_MAX {
            if self.deployed.news.is_empty() {
                return;
            }
            for news in std::mem::take(&mut self.deployed.news) {
                let Some(at) = self.deployed.at(&news.account, &news.strategy) else {
                    continue;
                };
                let position = self.position_of_strategy(&news.account, &news.strategy, news.instrument);
                let Some(instance) = self.deployed.list[at].instance.as_mut() else {
                    continue;
                };
                instance.set_position(news.fill.slot, position);
                let mut reaction = Intents::default();
                let ran = instance.on_fill(&news.fill, &mut reaction);
                self.carry_out(at, ran, &reaction, news.fill.ts, actions);
            }
        }
    }

    /// Does what a strategy asked for, when it may.
    fn carry_out(
        &mut self,
        at: usize,
        ran: Ran,
        intents: &Intents,
        bar_ts: UnixNanos,
        actions: &mut Actions,
    ) {
        if ran == Ran::Halted {
            let reason = self.deployed.list[at].instance.as_ref().and_then(|i| i.halted());
            let reason = reason.unwrap_or("the strategy halted itself").to_owned();
            self.halt_deployed(at, &reason, actions);
            return;
        }
        if intents.is_empty() || self.frozen {
            return;
        }
        let runner = &self.deployed.list[at];
        if self.status_of(&runner.account, &runner.strategy) != Some(&StrategyStatus::Running) {
            return;
        }
        let (account, strategy, slots) = (
            runner.account.clone(),
            runner.strategy.clone(),
            runner.slots.clone(),
        );
        let actor = Actor {
            account: &account,
            strategy: &strategy,
            slots: &slots,
            style: EntryStyle::Limit,
        };
        for intent in intents {
            let from = actions.records.len();
            self.act_on(&actor, intent, actions);
            self.note_deployed(at, &actor, intent, (from, bar_ts), actions);
        }
    }

    /// A strategy that cannot go on is halted, its resting entries are canceled; nothing else is touched.
    fn halt_deployed(&mut self, at: usize, reason: &str, actions: &mut Actions) {
        let runner = &self.deployed.list[at];
        let (account, strategy) = (runner.account.clone(), runner.strategy.clone());
        if matches!(
            self.status_of(&account, &strategy),
            Some(StrategyStatus::Halted { .. })
        ) {
            return;
        }
        let status = StrategyStatus::Halted {
            reason: reason.chars().take(400).collect(),
        };
        self.set_status(&account, &strategy, status, SYSTEM, actions);
        self.cancel_own(&account, &strategy, actions);
    }

    /// Records the signals of what was done: one for each order that has none yet, one for an opinion without order.
    fn note_deployed(
        &mut self,
        at: usize,
        actor: &Actor<'_>,
        intent: &Intent,
        (from, bar_ts): (usize, UnixNanos),
        actions: &mut Actions,
    ) {
        let (mut made, mut noted) = (Vec::new(), Vec::new());
        for record in actions.records.get(from..).unwrap_or_default() {
            match record {
                Record::Outcome(Outcome::OrderInitialized { request, .. })
                    if request.terms.parent.is_none() =>
                {
                    made.push((**request).clone());
                }
                Record::Outcome(Outcome::Signal(signal)) => noted.push(signal.id.clone()),
                _ => {}
            }
        }
        let interval = self.deployed.list[at].interval;
        let signal =
            |kernel: &Self, id: SignalId, side: Opinion, confidence: UnitFraction, slot: InstrumentIdx| {
                let instrument = kernel.state.instruments.get(slot)?;
                Some(Signal {
                    id,
                    account: actor.account.clone(),
                    strategy: actor.strategy.clone(),
                    instrument: instrument.id.clone(),
                    interval,
                    bar_ts,
                    ts: kernel.now,
                    opinion: side,
                    strength: confidence,
                    confidence,
                    reason: intent.reason().to_string(),
                    outcome: SignalOutcome::Recorded,
                })
            };
        let Some(idx) = actor.slots.get(intent.slot()).copied() else {
            return;
        };
        for request in &made {
            let OrderOrigin::Strategy {
                signal: id,
                confidence,
                ..
            } = &request.origin
            else {
                continue;
            };
            if noted.contains(id) {
                continue;
            }
            let side = match request.side {
                Side::Buy => Opinion::Buy,
                Side::Sell => Opinion::Sell,
            };
            let Some(mut said) = signal(self, id.clone(), side, *confidence, idx) else {
                continue;
            };
            said.outcome = match self
                .order(actor.account, &request.client_order_id)
                .map(|o| &o.state)
            {
                Some(OrderState::Denied { denials }) => SignalOutcome::Denied {
                    denials: denials.clone(),
                },
                _ => SignalOutcome::Accepted {
                    client_order_id: request.client_order_id.clone(),
                },
            };
            let _ = self.emit(Outcome::Signal(Box::new(said)), actions);
        }
        if let Intent::Opinion(verdict) = intent
            && made.is_empty()
            && verdict.opinion != Opinion::Hold
            && let Ok(id) = SignalId::new(&format!("I{}", self.next_number()))
            && let Some(said) = signal(self, id, verdict.opinion, verdict.confidence, idx)
        {
            let _ = self.emit(Outcome::Signal(Box::new(said)), actions);
        }
    }
}

/// Names that the combination has for itself.
fn is_of_combination(strategy: &StrategyId) -> bool {
    let mut own = Weights::scalping()
        .iter()
        .map(|(id, _)| id.clone())
        .collect::<Vec<_>>()
        .into_iter();
    strategy.as_str() == super::state::COMBINED || own.any(|id| id == *strategy)
}

/// The longest script, in bytes.
pub const SCRIPT_MAX: usize = limits::TEXT_BYTES_MAX;

/// What is deployed on an account, by name.
pub type DeployedMap = IndexMap<StrategyId, Deployed>;

/// A script's text with its digest, checked.
///
/// # Errors
/// [`DeployError`] with line and column.
pub fn script_source(text: &str) -> Result<StrategySource, DeployError> {
    let script = Script::compile(text).map_err(|e| DeployError::new("script", e))?;
    Ok(StrategySource::Script {
        text: Arc::from(script.text()),
        sha256: script.sha256().to_owned(),
    })
}

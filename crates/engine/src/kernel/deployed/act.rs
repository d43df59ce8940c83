//! What a deployed strategy holds, its quotes and fills, and what becomes of what it asks for.

use tradewind_strategy::{Instance, Intent, Intents, OwnPosition, Ran};
use tradewind_types::market::Quote;
use tradewind_types::order::{OrderOrigin, UnitFraction};
use tradewind_types::record::{Outcome, Record, StrategyStatus};
use tradewind_types::signal::{Opinion, Signal, SignalOutcome};
use tradewind_types::{AccountId, InstrumentIdx, OrderState, Side, SignalId, StrategyId, UnixNanos};

use super::super::intents::{Actor, EntryStyle};
use super::super::timers::SYSTEM;
use super::super::{Actions, Kernel};
use super::{Progress, REACTIONS_MAX};

impl Kernel {
    pub(super) fn own_position(&self, at: usize, slot: usize) -> OwnPosition {
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
    pub(in crate::kernel) fn deployed_on_quote(
        &mut self,
        idx: InstrumentIdx,
        quote: &Quote,
        actions: &mut Actions,
    ) {
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
    pub(in crate::kernel) fn deployed_flush(&mut self, closed_until: UnixNanos, actions: &mut Actions) {
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
    pub(in crate::kernel) fn deployed_tell_fills(&mut self, actions: &mut Actions) {
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
    pub(super) fn carry_out(
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
    pub(super) fn halt_deployed(&mut self, at: usize, reason: &str, actions: &mut Actions) {
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
    pub(super) fn note_deployed(
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

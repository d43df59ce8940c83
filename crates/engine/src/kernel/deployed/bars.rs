//! Closed bars reach the deployed strategies: history primes them, what closes now they are asked about.

use std::collections::BTreeSet;

use tradewind_strategy::{Alignment, Instance, Intents, Ran, SlotMarket};
use tradewind_types::market::{Bar, BarInterval};
use tradewind_types::{InstrumentIdx, UnixNanos};

use super::super::{Actions, Kernel};
use super::{COUNTED_MAX, build_strategy};

impl Kernel {
    /// Time begins for this kernel: what closed until now is history.
    #[inline]
    pub(in crate::kernel) fn deployed_begin(&mut self) {
        if self.deployed.started.is_none() {
            self.deployed.started = Some(self.now);
        }
    }

    /// Lets the deployed strategies see a closed bar.
    pub(in crate::kernel) fn deployed_on_bar(
        &mut self,
        idx: InstrumentIdx,
        bar: &Bar,
        actions: &mut Actions,
    ) {
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
    pub(super) fn may_count(
        &self,
        instrument: &tradewind_types::InstrumentId,
        interval: BarInterval,
    ) -> bool {
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

    pub(super) fn runner_on_bar(
        &mut self,
        at: usize,
        slot: usize,
        bar: &Bar,
        history: bool,
        actions: &mut Actions,
    ) {
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
    pub(super) fn settle(&mut self, at: usize, upto: Option<(usize, &Bar)>, actions: &mut Actions) {
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
    pub(super) fn history_of(
        &self,
        at: usize,
        interval: BarInterval,
        upto: Option<(usize, &Bar)>,
    ) -> Vec<(usize, Bar)> {
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
    pub(super) fn show_holdings(&mut self, at: usize, equity: bool) {
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
}

//! What happens because time passes: bars close, orders expire, accounts are valued, weights adapt, losses halt.
//!
//! Every timer's phase follows from durable state or from the time itself, so that a restart neither repeats nor
//! skips one.

use rust_decimal::Decimal;
use tradewind_strategy::adapt;
use tradewind_types::record::{
    EquityMarked, Outcome, StrategyChanged, StrategyStatus, StrategyWeight, WeightsChanged,
};
use tradewind_types::time::SECOND_NS;
use tradewind_types::{AccountId, InstrumentIdx, UnixNanos};

use super::signals::weights_of;
use super::state::day_of;
use super::{Actions, Kernel};

/// Actor of what the program does by itself.
const SYSTEM: &str = "system";

#[derive(Debug, Default)]
pub(super) struct Timers {
    next_second: UnixNanos,
}

impl Kernel {
    pub(super) fn run_timers(&mut self, actions: &mut Actions) {
        if self.now < self.timers.next_second {
            return;
        }
        self.timers.next_second = self.now.floor_to(SECOND_NS).plus(SECOND_NS);
        for slot in 0..self.markets.len() {
            self.close_bars(InstrumentIdx(u32::try_from(slot).unwrap_or(u32::MAX)), actions);
        }
        if self.frozen {
            return;
        }
        let accounts: Vec<AccountId> = self.state.accounts.keys().cloned().collect();
        for account in &accounts {
            self.mark_equity(account, actions);
            self.check_losses(account, actions);
            self.adapt_weights(account, actions);
            self.reconcile_when_due(account, actions);
        }
    }

    fn mark_equity(&mut self, id: &AccountId, actions: &mut Actions) {
        let Some(account) = self.account(id) else { return };
        let today = day_of(self.now);
        let due = account.equity.as_ref().is_none_or(|mark| {
            mark.day != today || self.now.since(mark.ts) >= self.config.equity_interval_ns
        });
        if !due {
            return;
        }
        let value = self.value(account);
        let (Some(equity), Some(peak), Some(day_open)) = (value.equity, value.peak, value.day_open) else {
            return;
        };
        let mark = EquityMarked {
            account: id.clone(),
            equity,
            peak,
            day_open,
            day: today,
            ts: self.now,
        };
        let _ = self.emit(Outcome::Equity(mark), actions);
    }

    /// Halts the running strategies at the limit; engages the account's kill switch at twice the limit.
    fn check_losses(&mut self, id: &AccountId, actions: &mut Actions) {
        let Some(account) = self.account(id) else { return };
        let value = self.value(account);
        let figures = [
            ("the day's loss", value.day_loss, account.risk.daily_loss_max),
            ("the drawdown", value.drawdown, account.risk.drawdown_max),
        ];
        let broken = figures.into_iter().find_map(|(what, actual, limit)| {
            actual.filter(|a| *a >= limit).map(|actual| (what, actual, limit))
        });
        let Some((what, actual, limit)) = broken else {
            return;
        };
        let percent = |f: Decimal| format!("{} %", (f * Decimal::ONE_HUNDRED).round_dp(2).normalize());
        let reason = format!("{what} is {}; the limit is {}", percent(actual), percent(limit));
        let running: Vec<_> = account
            .strategies
            .iter()
            .filter(|(_, status)| **status == StrategyStatus::Running)
            .map(|(strategy, _)| strategy.clone())
            .collect();
        let kill = account.kill_switch.is_none() && actual >= limit * Decimal::TWO;
        for strategy in running {
            let status = StrategyStatus::Halted {
                reason: reason.clone(),
            };
            let change = StrategyChanged {
                account: id.clone(),
                strategy,
                status,
                actor: SYSTEM.to_owned(),
                ts: self.now,
            };
            let _ = self.emit(Outcome::Strategy(change), actions);
        }
        if kill {
            self.engage_kill_switch(Some(id), (SYSTEM, &reason), actions);
            self.cancel_all(id, None, actions);
        }
    }

    fn adapt_weights(&mut self, id: &AccountId, actions: &mut Actions) {
        let Some(account) = self.account(id) else { return };
        if self.now.since(account.weights_ts) < self.config.weights_interval_ns {
            return;
        }
        let before = weights_of(account);
        let results: Vec<_> = before
            .iter()
            .map(|(strategy, _)| (strategy.clone(), account.trades.results(strategy)))
            .collect();
        let found = |strategy: &tradewind_types::StrategyId| {
            results
                .iter()
                .find(|(id, _)| id == strategy)
                .map_or(&[][..], |(_, r)| r.as_slice())
        };
        let weights = adapt(&before, found).detail.into_iter().map(|d| StrategyWeight {
            strategy: d.strategy,
            weight: d.weight,
            mean_r: d.mean_r,
            trades: d.trades,
        });
        let change = WeightsChanged {
            account: id.clone(),
            weights: weights.collect(),
            ts: self.now,
        };
        let _ = self.emit(Outcome::Weights(change), actions);
    }

    fn reconcile_when_due(&mut self, id: &AccountId, actions: &mut Actions) {
        let Some(account) = self.account(id) else { return };
        let last = account.reconciliation.as_ref().map_or(UnixNanos(0), |r| r.ts);
        if self.now.since(last) >= self.config.reconcile_interval_ns {
            self.reconcile(id, actions);
        }
    }
}

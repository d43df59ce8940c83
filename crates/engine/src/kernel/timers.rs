//! What happens because time passes: bars close, orders expire, accounts are valued, weights adapt, losses halt.
//!
//! Every timer's phase follows from durable state or from the time itself, so that a restart neither repeats nor
//! skips one.

use rust_decimal::Decimal;
use tradewind_strategy::adapt;
use tradewind_types::record::{
    EquityMarked, Outcome, StrategyChanged, StrategyStatus, StrategyWeight, WeightsChanged,
};
use tradewind_types::risk::RiskSettings;
use tradewind_types::time::SECOND_NS;
use tradewind_types::{AccountId, AccountKind, InstrumentIdx, StrategyId, UnixNanos};

use super::gate::percent;
use super::market::CLOSE_GRACE_NS;
use super::signals::weights_of;
use super::state::day_of;
use super::{Actions, Kernel};

/// Actor of what the program does by itself.
pub(super) const SYSTEM: &str = "system";

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
        let closed_until = UnixNanos(self.now.0.saturating_sub(CLOSE_GRACE_NS));
        self.deployed_flush(closed_until, actions);
        self.expire_held(actions);
        self.end_at_venue(actions);
        self.follow_icebergs(actions);
        self.run_live(actions);
        let accounts: Vec<AccountId> = self.state.accounts.keys().cloned().collect();
        for account in &accounts {
            self.watch_margin(account, actions);
            self.watch_session(account, actions);
            self.mark_equity(account, actions);
            self.check_losses(account, actions);
            self.adapt_weights(account, actions);
            self.reconcile_when_due(account, actions);
        }
    }

    pub(super) fn mark_equity(&mut self, id: &AccountId, actions: &mut Actions) {
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

    /// Halts the strategies that are at their limit; engages the account's kill switch at twice the account's.
    pub(super) fn check_losses(&mut self, id: &AccountId, actions: &mut Actions) {
        let Some(account) = self.account(id) else { return };
        let value = self.value(account);
        if value.day_loss.is_none_or(|l| l <= Decimal::ZERO)
            && value.drawdown.is_none_or(|d| d <= Decimal::ZERO)
        {
            return;
        }
        let figures = |day: Decimal, drawdown: Decimal| {
            [
                ("the day's loss", value.day_loss, day),
                ("the drawdown", value.drawdown, drawdown),
            ]
        };
        let broken = |times: Decimal, settings: &RiskSettings| {
            let figures = figures(settings.daily_loss_max, settings.drawdown_max);
            figures.into_iter().find_map(|(what, actual, limit)| {
                let actual = actual.filter(|a| *a >= limit * times)?;
                let (actual, limit) = (percent(actual), percent(limit));
                Some(format!("{what} is {actual}; the limit is {limit}"))
            })
        };
        let halted: Vec<(StrategyId, String)> = account
            .strategies
            .iter()
            .filter(|(_, status)| **status == StrategyStatus::Running)
            .filter_map(|(s, _)| Some((s.clone(), broken(Decimal::ONE, &account.risk_of(Some(s)))?)))
            .collect();
        let kill = broken(Decimal::TWO, &account.risk).filter(|_| account.kill_switch.is_none());
        for (strategy, reason) in halted {
            let change = StrategyChanged {
                account: id.clone(),
                strategy,
                status: StrategyStatus::Halted { reason },
                actor: SYSTEM.to_owned(),
                ts: self.now,
            };
            let _ = self.emit(Outcome::Strategy(change), actions);
        }
        if let Some(reason) = kill {
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
        // Live accounts are compared with their venue.
        let Some(account) = self.account(id).filter(|a| a.info.kind == AccountKind::Paper) else {
            return;
        };
        let last = account.reconciliation.as_ref().map_or(UnixNanos(0), |r| r.ts);
        if self.now.since(last) >= self.config.reconcile_interval_ns {
            self.reconcile(id, actions);
        }
    }
}

//! What holding costs or brings in simulated accounts as time passes: funding, interest, borrowing, expiry. The
//! amounts are [`tradewind_matching::paper::carry`]'s; here is when, on what, and how it is booked.
//!
//! | what | when | on what |
//! | --- | --- | --- |
//! | funding | at each time of its schedule | each owner's position × mark |
//! | interest | at UTC midnight, for the day that ends | the balance then; what futures and perpetuals "cost" was never paid and does not count |
//! | borrowing | at UTC midnight, for the day that ends | each owner's short shares, funds and coins × mark |
//! | expiry ([`settle`]) | at the instrument's expiry | the whole position |
//!
//! A time that has come is worked off before anything else of a later time happens; at one time funding, then
//! interest and borrowing, then expiry. Positions and marks are those of that moment. Real accounts are left alone:
//! their venue tells what it booked.
//!
//! After a restart the times since the last entry or valuation are made up for, as soon as what is held has prices, or
//! after a minute without; an entry's key names its time, so that none is booked twice.

mod rules;
mod settle;

use rust_decimal::Decimal;
use tradewind_matching::paper::carry::{self, CarryEvent, CarryKind};
use tradewind_types::num::NumberError;
use tradewind_types::record::{Attribution, CashKind, FeeKind, Outcome};
use tradewind_types::risk::RiskRule;
use tradewind_types::time::{DAY_NS, SECOND_NS};
use tradewind_types::{
    AccountId, AccountKind, Instrument, InstrumentId, InstrumentKind, Money, Price, StrategyId, UnixNanos,
};

use super::gate::denial;
use super::timers::SYSTEM;
use super::{AccountState, Actions, Kernel};

pub use rules::{BorrowRule, CarryRules, FundingRule, FundingSchedule, InterestRule};

/// How long after the start what fell due before it waits for prices.
const MARKS_WITHIN_NS: u64 = 60 * SECOND_NS;

/// How far carry has been worked off.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CarryClock {
    /// Everything until then, this time included, is done; 0 = not begun.
    done: UnixNanos,
    /// The next time at which something is due; 0 = to be found.
    next: UnixNanos,
    /// Whether what is held had its prices once, or the wait for them is over.
    priced: bool,
}

/// One owner's position.
struct Held {
    instrument: InstrumentId,
    strategy: Option<StrategyId>,
    book: tradewind_types::record::PositionBook,
    quantity: Decimal,
}

impl Kernel {
    /// Works off what is due until `ts`.
    #[inline]
    pub(super) fn carry_until(&mut self, ts: UnixNanos, actions: &mut Actions) {
        if ts >= self.carry.next {
            self.carry_due(ts, actions);
        }
    }

    /// The next time at which something is due, when it has come by `ts`.
    pub(super) fn next_due_carry(&mut self, ts: UnixNanos) -> Option<UnixNanos> {
        if self.carry.next > ts || !self.config.carry.is_timed() || self.frozen {
            return None;
        }
        if self.carry.done == UnixNanos(0) {
            self.carry.done = self.last_booked().unwrap_or(ts);
        }
        if !self.carry.priced && self.waits_for_marks(ts) {
            return None;
        }
        self.carry.priced = true;
        self.carry.next = self.next_carry(self.carry.done);
        (self.carry.next <= ts).then_some(self.carry.next)
    }

    /// After a restart, what fell due meanwhile waits a while for prices: the first events come before any quote.
    fn waits_for_marks(&self, ts: UnixNanos) -> bool {
        let begun = self.deployed.started().unwrap_or(ts);
        let simulated = self
            .state
            .accounts
            .values()
            .filter(|a| a.info.kind == AccountKind::Paper);
        let unpriced = simulated
            .flat_map(|account| account.ledger.open_sides())
            .any(|side| self.mark(side.instrument).0.is_none());
        unpriced && ts.since(begun) < MARKS_WITHIN_NS
    }

    /// Begins: what lies before does not count.
    pub(super) fn carry_from(&mut self, ts: UnixNanos) {
        self.carry = CarryClock {
            done: ts,
            next: UnixNanos(0),
            priced: true,
        };
    }

    /// The instruments changed: the next time is to be found again.
    pub(super) fn carry_changed(&mut self) {
        self.carry.next = UnixNanos(0);
    }

    #[cold]
    fn carry_due(&mut self, ts: UnixNanos, actions: &mut Actions) {
        if !self.config.carry.is_timed() || self.frozen {
            self.carry.next = UnixNanos(u64::MAX);
            return;
        }
        if self.carry.done == UnixNanos(0) {
            self.carry.done = self.last_booked().unwrap_or(ts);
        }
        loop {
            let next = self.next_carry(self.carry.done);
            self.carry.next = next;
            if next > ts {
                return;
            }
            // Marked first: what is booked may bring instruments that have to be looked at again.
            self.carry.done = next;
            self.now = self.now.max(next);
            self.carry_at(next, actions);
        }
    }

    /// The latest time of which the durable state knows.
    fn last_booked(&self) -> Option<UnixNanos> {
        let of = |a: &AccountState| {
            let entry = a.recent_entries.back().map(|e| e.ts);
            let mark = a.equity.as_ref().map(|m| m.ts);
            entry.max(mark)
        };
        self.state.accounts.values().filter_map(of).max()
    }

    fn next_carry(&self, after: UnixNanos) -> UnixNanos {
        let rules = &self.config.carry;
        let funding = rules.funding.iter().filter_map(|f| f.schedule.next(after));
        let midnight = rules.is_daily().then(|| after.floor_to(DAY_NS).plus(DAY_NS));
        let instruments = self.state.instruments.iter().filter(|_| rules.settle);
        let expiry = instruments.filter_map(|(_, i)| i.terms.expiry.filter(|e| *e > after));
        let all = funding.map(|(ts, _)| ts).chain(midnight).chain(expiry);
        all.min().unwrap_or(UnixNanos(u64::MAX))
    }

    fn carry_at(&mut self, at: UnixNanos, actions: &mut Actions) {
        let simulated = |a: &&AccountState| a.info.kind == AccountKind::Paper;
        let accounts: Vec<AccountId> = self
            .state
            .accounts
            .values()
            .filter(simulated)
            .map(|a| a.info.id.clone())
            .collect();
        for account in &accounts {
            self.fund(account, at, actions);
            if at.0.is_multiple_of(DAY_NS) {
                self.end_of_day(account, at, actions);
            }
        }
        self.settle_expired(&accounts, at, actions);
    }

    fn fund(&mut self, account: &AccountId, at: UnixNanos, actions: &mut Actions) {
        let due: Vec<(InstrumentId, Decimal)> = self
            .config
            .carry
            .funding
            .iter()
            .filter_map(|f| Some((f.instrument.clone(), f.schedule.at(at)?)))
            .collect();
        for (id, rate) in due {
            for held in self.held_of(account, |h| h.instrument == id) {
                let Some((instrument, mark)) = self.marked(&held.instrument) else {
                    self.warn_unpriced(account, &held.instrument, "funding", actions);
                    continue;
                };
                let event = carry::funding(&instrument, held.quantity, mark, rate, at);
                self.book_carry(account, &held, event, actions);
            }
        }
    }

    /// Interest on cash and the cost of short positions for the day that ends at `at`.
    fn end_of_day(&mut self, account: &AccountId, at: UnixNanos, actions: &mut Actions) {
        let from = UnixNanos(at.0.saturating_sub(DAY_NS));
        for rule in self.config.carry.interest.clone() {
            let Some(balance) = self.paid_cash(account, rule.currency) else {
                continue;
            };
            let event = carry::interest(Money::new(balance, rule.currency), rule.rates(), from, at);
            self.book_interest(account, event, actions);
        }
        if self.config.carry.borrow.is_empty() {
            return;
        }
        for held in self.held_of(account, |h| h.quantity < Decimal::ZERO) {
            let Some(instrument) = self.state.instruments.by_id(&held.instrument) else {
                continue;
            };
            // A future, a perpetual and an option are written, not borrowed.
            let lent = matches!(
                instrument.kind,
                InstrumentKind::Equity | InstrumentKind::Etf | InstrumentKind::SpotPair
            );
            let Some(rate) = self.config.carry.borrow_rate(&held.instrument).filter(|_| lent) else {
                continue;
            };
            let Some((instrument, mark)) = self.marked(&held.instrument) else {
                self.warn_unpriced(account, &held.instrument, "borrowing", actions);
                continue;
            };
            let event = carry::borrow(&instrument, held.quantity, mark, rate, (from, at));
            self.book_carry(account, &held, event, actions);
        }
    }

    /// Cash of a currency as if futures and perpetuals had cost nothing: the ledger books them at their full value.
    fn paid_cash(&self, account: &AccountId, currency: tradewind_types::Currency) -> Option<Decimal> {
        let ledger = &self.account(account)?.ledger;
        let cash = ledger.cash_total(currency);
        let margined = |id: &InstrumentId| {
            self.state
                .instruments
                .by_id(id)
                .is_some_and(|i| matches!(i.kind, InstrumentKind::Future | InstrumentKind::Perpetual))
        };
        let costs = ledger
            .open_sides()
            .filter(|side| side.currency == currency && margined(side.instrument))
            .map(|side| side.cost);
        costs
            .into_iter()
            .try_fold(cash, |sum, cost| sum.checked_add(cost))
    }

    fn held_of(&self, account: &AccountId, wanted: impl Fn(&Held) -> bool) -> Vec<Held> {
        let ledger = self.account(account).map(|a| &a.ledger);
        let all = ledger.into_iter().flat_map(|ledger| ledger.owner_positions());
        let open = all.filter(|(_, p)| !p.quantity.is_zero());
        let held = open.map(|(id, p)| Held {
            instrument: id.clone(),
            strategy: p.strategy.clone(),
            book: p.book,
            quantity: p.quantity,
        });
        held.filter(wanted).collect()
    }

    /// An instrument and the price that it is valued at.
    fn marked(&self, id: &InstrumentId) -> Option<(Instrument, Price)> {
        let instrument = self.state.instruments.by_id(id)?;
        let mark = Price::new(self.mark(id).0?).ok()?;
        Some(((**instrument).clone(), mark))
    }

    fn book_carry(
        &mut self,
        account: &AccountId,
        held: &Held,
        event: Result<Option<CarryEvent>, carry::CarryError>,
        actions: &mut Actions,
    ) {
        let event = match event {
            Ok(Some(event)) => event,
            Ok(None) => return,
            Err(error) => return self.warn_carry(account, error.to_string(), actions),
        };
        let (kind, amount, what) = match &event.kind {
            CarryKind::Funding {
                amount, rate, mark, ..
            } => {
                let what = format!("funding of {} at {} on {mark}", held.instrument, rate.normalize());
                (CashKind::Funding, *amount, what)
            }
            CarryKind::Borrow { amount, rate, .. } => {
                let what = format!("borrowing {} at {} a year", held.instrument, rate.normalize());
                (CashKind::Fee { fee: FeeKind::Borrow }, *amount, what)
            }
            CarryKind::Interest { .. } | CarryKind::Settlement { .. } => return,
        };
        let owner = held.strategy.as_ref().map_or("", |s| s.as_str());
        let key = format!("carry:{}:{owner}:{:?}:{}", held.instrument, held.book, event.ts.0);
        let about = Attribution {
            instrument: Some(held.instrument.clone()),
            strategy: held.strategy.clone(),
        };
        self.book_cash(account, (kind, amount, about), (key, what), actions);
    }

    fn book_interest(
        &mut self,
        account: &AccountId,
        event: Result<Option<CarryEvent>, carry::CarryError>,
        actions: &mut Actions,
    ) {
        let event = match event {
            Ok(Some(event)) => event,
            Ok(None) => return,
            Err(error) => return self.warn_carry(account, error.to_string(), actions),
        };
        let CarryKind::Interest { amount, rate } = event.kind else {
            return;
        };
        let key = format!("carry:interest:{}:{}", amount.currency, event.ts.0);
        let what = format!("interest at {} a year", rate.normalize());
        let facts = (CashKind::Interest, amount, Attribution::default());
        self.book_cash(account, facts, (key, what), actions);
    }

    /// Books one amount. Of what a cash account cannot pay, what is there is paid and the rest told as a warning.
    fn book_cash(
        &mut self,
        account: &AccountId,
        (kind, amount, about): (CashKind, Money, Attribution),
        (key, reason): (String, String),
        actions: &mut Actions,
    ) {
        let facts = self.entry_facts(key.clone(), SYSTEM, reason.clone());
        let Some(ledger) = self.account(account).map(|a| &a.ledger) else {
            return;
        };
        if amount.amount.is_zero() || ledger.is_booked(&key) {
            return;
        }
        let mut paid = amount;
        if !ledger.settings().overdraft && amount.amount < Decimal::ZERO {
            let free = ledger.cash_available(amount.currency).max(Decimal::ZERO);
            paid.amount = amount.amount.max(-free);
        }
        let entry = (!paid.amount.is_zero()).then(|| ledger.cash_entry(facts, kind, paid, about));
        match entry {
            Some(Ok(entry)) => {
                let _ = self.emit(Outcome::Ledger(Box::new(entry)), actions);
            }
            Some(Err(error)) => return self.warn_carry(account, error.to_string(), actions),
            None => {}
        }
        if paid != amount {
            let (due, paid) = (amount.amount.abs(), paid.amount.abs());
            let message = format!(
                "{reason}: {} {} is due, {} is there",
                due.normalize(),
                amount.currency,
                paid.normalize()
            );
            let warning = denial(
                RiskRule::InsufficientFunds,
                due.normalize(),
                paid.normalize(),
                message,
            );
            self.warn(account, warning, 0, actions);
        }
    }

    fn warn_unpriced(&mut self, account: &AccountId, id: &InstrumentId, what: &str, actions: &mut Actions) {
        self.warn_carry(
            account,
            format!("{what} of {id} cannot be reckoned: it has no price"),
            actions,
        );
    }

    fn warn_carry(&mut self, account: &AccountId, message: String, actions: &mut Actions) {
        let warning = denial(RiskRule::StaleData, "no price", "a price", message);
        self.warn(account, warning, 0, actions);
    }
}

fn too_large(operation: &'static str) -> carry::CarryError {
    carry::CarryError::Number(NumberError::Overflow { operation })
}

//! The end of a seed: the faults stop, time passes, everything is canceled, and our books have to equal the venue's.

use tradewind_types::record::{Command, VenueOrderStatus};
use tradewind_types::{AccountId, Currency};

use super::listing::{accounts, is_live};
use super::swarm::Fault;
use super::world::{MS, OPERATOR, S, World};

impl World {
    pub(super) fn wind_down(&mut self) -> Result<(), String> {
        self.calm = true;
        self.flip_next = false;
        self.crash_in_recovery = false;
        self.clear_fuse();
        self.disk
            .set_faults(tradewind_journal::disk::FaultPlan::default());
        self.swarm.calm();
        for fault in [
            Fault::Partition,
            Fault::FeedGap,
            Fault::ClockAhead,
            Fault::NoSpace,
        ] {
            self.heal(fault)?;
        }
        self.trace(|| "the faults stop".to_owned());
        // Long enough for a lost order to be given up, and for every account to be compared again.
        self.pass(150 * S)?;
        for round in 0..6 {
            for account in accounts() {
                self.tell(Command::CancelAll {
                    account,
                    instrument: None,
                })?;
            }
            self.pass(30 * S)?;
            if round > 1 && self.open_orders().is_empty() {
                break;
            }
        }
        if let Some(open) = self.open_orders().first() {
            return Err(format!("an order is still open at the end: {open}"));
        }
        self.pass(45 * S)?;
        for account in accounts() {
            self.compare(&account)?;
        }
        // What was done last is on its way to the journal.
        for _ in 0..100 {
            let waits = self
                .process
                .as_ref()
                .is_some_and(|p| !p.waiting.is_empty() || p.core.waiting_bytes() > 0);
            if !waits {
                break;
            }
            self.pass(10 * MS)?;
        }
        let Some(process) = &self.process else {
            return Err("the process is not there at the end".to_owned());
        };
        self.oracle.same_state(
            process.core.kernel().state(),
            "at the end the running state is not what was told",
        )?;
        self.oracle.refold(&self.disk)
    }

    /// Gives a command and waits for its answer.
    fn tell(&mut self, command: Command) -> Result<(), String> {
        let number = self.next_number(OPERATOR);
        self.ask(OPERATOR, number, command.clone());
        for _ in 0..60 {
            self.pass(S)?;
            if !self.waits(OPERATOR) {
                return Ok(());
            }
        }
        Err(format!(
            "nobody answers {command:?} though nothing fails any more"
        ))
    }

    fn open_orders(&self) -> Vec<String> {
        let Some(process) = &self.process else {
            return vec!["the process is down".to_owned()];
        };
        let all = process.core.kernel().accounts().flat_map(|a| a.orders.open());
        all.map(|o| format!("{} {}", o.request.client_order_id, o.state.name()))
            .collect()
    }

    /// Ours against the venue's truth.
    fn compare(&self, account: &AccountId) -> Result<(), String> {
        let Some(process) = &self.process else {
            return Ok(());
        };
        let Some(state) = process.core.kernel().account(account) else {
            return Err(format!("account {account} is gone"));
        };
        let value = process.core.kernel().valuation(account).and_then(|v| v.equity);
        let mut equity = Some(state.ledger.cash_total(Currency::USD));
        for (instrument, position) in state.ledger.positions().filter(|(_, p)| !p.quantity.is_zero()) {
            let mark = process.core.kernel().mark(instrument).0;
            equity = equity.zip(mark).map(|(sum, mark)| sum + position.quantity * mark);
        }
        if value != equity {
            return Err(format!(
                "{account}: equity is {value:?}, cash and positions are worth {equity:?}"
            ));
        }
        if !is_live(account) {
            let last = state.reconciliation.as_ref();
            return match last.and_then(|r| r.differences.first()) {
                None => Ok(()),
                Some(found) => Err(format!("{account} differs from the paper venue: {found:?}")),
            };
        }
        for (_, order) in self.venue.orders().filter(|(a, _)| *a == account) {
            let Some(id) = &order.client_order_id else {
                continue;
            };
            let slice = || state.slices.get(id).map(|s| &s.order);
            let Some(our) = state.orders.get(id).or_else(slice) else {
                return Err(format!("the venue has order {id}, which we do not know"));
            };
            if order.status == VenueOrderStatus::Open || our.filled != order.filled {
                return Err(format!(
                    "order {id}: the venue says {:?} filled {}, we {} filled {}",
                    order.status,
                    order.filled,
                    our.state.name(),
                    our.filled
                ));
            }
        }
        let (cash, positions) = self.venue.books(account);
        let (our_cash, our_positions) = self.oracle.books(account);
        if cash != our_cash {
            return Err(format!("{account}: the venue has {cash} USD, we {our_cash}"));
        }
        let theirs: Vec<_> = positions
            .into_iter()
            .map(|(slot, q)| (self.venue.instrument(slot).id.clone(), q))
            .collect();
        let ours: Vec<_> = our_positions.into_iter().collect();
        if theirs != ours {
            return Err(format!("{account}: the venue has {theirs:?}, we {ours:?}"));
        }
        if let Some(found) = state.reconciliation.as_ref().and_then(|r| r.differences.first()) {
            return Err(format!("{account} differs from its venue: {found:?}"));
        }
        Ok(())
    }
}

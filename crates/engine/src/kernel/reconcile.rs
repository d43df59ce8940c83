//! Paper reconciliation: the ledger and the orders against the paper venue's own record.
//!
//! Compared are every open order (and what is left of it), every position, and the cash that fills and fees moved.
//! The venue's record adds fills up apart from the ledger. A difference is reported with its severity by value
//! (above 1 % of the position or the instrument's minimum it is critical) and corrected by nobody but a person.

use rust_decimal::Decimal;
use tradewind_types::record::{Outcome, ReconciliationDifference, ReconciliationRecorded};
use tradewind_types::{AccountId, OrderState};

use super::held::is_held;
use super::{AccountState, Actions, Kernel};

impl Kernel {
    pub(super) fn reconcile(
        &mut self,
        id: &AccountId,
        actions: &mut Actions,
    ) -> Option<ReconciliationRecorded> {
        let account = self.account(id)?;
        let mut found = Findings::default();
        self.compare_orders(account, &mut found);
        self.compare_positions(account, &mut found);
        self.compare_cash(account, &mut found);
        if let Err(broken) = account.ledger.check_invariants() {
            found.differ("ledger", broken.to_string(), "whole".to_owned(), "CRITICAL");
        }
        found.compared += 1;
        let done = ReconciliationRecorded {
            account: id.clone(),
            compared: found.compared,
            differences: found.differences,
            ts: self.now,
        };
        self.emit(Outcome::Reconciliation(done.clone()), actions).ok()?;
        Some(done)
    }

    fn compare_orders(&self, account: &AccountState, found: &mut Findings) {
        let theirs = self.simulated.venue().open_orders(&account.info.id);
        for order in account
            .orders
            .open()
            .filter(|o| o.state != OrderState::Initialized && (!is_held(o) || o.triggered))
            .filter(|o| account.slices.iceberg(&o.request.client_order_id).is_none())
            .chain(account.slices.open().map(|s| &s.order))
        {
            found.compared += 1;
            let id = &order.request.client_order_id;
            let subject = format!("order {id}");
            match theirs.iter().find(|(other, _)| other == id) {
                None => found.differ(
                    &subject,
                    order.state.name().to_owned(),
                    "unknown".to_owned(),
                    "CRITICAL",
                ),
                Some((_, Some(left))) if *left != order.leaves() => {
                    found.differ(&subject, text(order.leaves()), text(*left), "CRITICAL");
                }
                Some(_) => {}
            }
        }
        for (id, left) in theirs {
            let ours = account.orders.get(&id).is_some_and(|o| o.state.is_open())
                || account.slices.get(&id).is_some_and(|s| s.order.state.is_open());
            if !ours {
                let theirs = left.map_or_else(|| "on its way".to_owned(), text);
                found.differ(&format!("order {id}"), "not open".to_owned(), theirs, "CRITICAL");
            }
        }
    }

    fn compare_positions(&self, account: &AccountState, found: &mut Findings) {
        let record = self.simulated.venue().records().account(&account.info.id);
        for (instrument, position) in account.ledger.positions() {
            found.compared += 1;
            let theirs = record
                .and_then(|r| r.positions.get(instrument))
                .copied()
                .unwrap_or_default();
            // What came by statements, corrections and corporate actions was never at the paper venue.
            let ours = position.quantity - account.ledger.apart_position(instrument);
            let difference = (ours - theirs).abs();
            if difference.is_zero() {
                continue;
            }
            let minimum = self
                .state
                .instruments
                .by_id(instrument)
                .map_or(Decimal::ZERO, |i| i.quantity_min);
            let tolerance = (position.quantity.abs() / Decimal::ONE_HUNDRED).max(minimum);
            let severity = if difference > tolerance {
                "CRITICAL"
            } else {
                "WARNING"
            };
            found.differ(
                &format!("position {instrument}"),
                text(ours),
                text(theirs),
                severity,
            );
        }
        for (instrument, theirs) in record.iter().flat_map(|r| &r.positions) {
            if account.ledger.position(instrument).is_none() {
                found.differ(
                    &format!("position {instrument}"),
                    "0".to_owned(),
                    text(*theirs),
                    "CRITICAL",
                );
            }
        }
    }

    fn compare_cash(&self, account: &AccountState, found: &mut Findings) {
        let record = self.simulated.venue().records().account(&account.info.id);
        for currency in account.ledger.currencies() {
            found.compared += 1;
            // Deposits, income, statements and the like are no matter of the paper venue: it knows fills and fees.
            let ours = account.ledger.cash_total(currency) - account.ledger.apart_cash(currency);
            let theirs = record
                .and_then(|r| r.cash_moved.get(&currency))
                .copied()
                .unwrap_or_default();
            if ours != theirs {
                found.differ(&format!("cash {currency}"), text(ours), text(theirs), "CRITICAL");
            }
        }
    }
}

#[derive(Default)]
struct Findings {
    compared: u32,
    differences: Vec<ReconciliationDifference>,
}

impl Findings {
    fn differ(&mut self, subject: &str, ours: String, theirs: String, severity: &str) {
        let (subject, severity) = (subject.to_owned(), severity.to_owned());
        self.differences.push(ReconciliationDifference {
            subject,
            ours,
            theirs,
            severity,
        });
    }
}

fn text(value: Decimal) -> String {
    value.normalize().to_string()
}

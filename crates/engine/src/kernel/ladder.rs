//! What the program does by itself about an account's risk as time passes: margin ladder and end of the session.
//!
//! | margin used / equity | |
//! | --- | --- |
//! | 70 %, 80 % | a warning |
//! | 90 % | the gate lets no new risk through |
//! | 95 % | a warning that offers squaring off |
//! | 100 % | every order is canceled and every position closed |
//!
//! Positions of the day (MIS) are warned about and closed before the session of their instrument's calendar ends.
//! A warning is repeated when its step changes or after an hour; closing is repeated every [`AGAIN_NS`] while
//! something is left, because an order to close can be refused while there is no quote.

use rust_decimal::Decimal;
use tradewind_types::record::{Outcome, RiskWarned};
use tradewind_types::risk::{Denial, RiskRule};
use tradewind_types::time::SECOND_NS;
use tradewind_types::{AccountId, InstrumentId};

use super::gate::{denial, percent};
use super::timers::SYSTEM;
use super::{AccountState, Actions, Kernel};

/// After how long closing is tried again.
pub const AGAIN_NS: u64 = 10 * SECOND_NS;
const WARN_AGAIN_NS: u64 = 3_600 * SECOND_NS;

impl Kernel {
    pub(super) fn watch_margin(&mut self, id: &AccountId, actions: &mut Actions) {
        let Some(account) = self.account(id).filter(|a| a.risk.margin.enabled) else {
            return;
        };
        let rules = account.risk.margin;
        if self.config.carry.liquidate {
            self.liquidate(id, actions);
        }
        let Some(account) = self.account(id) else {
            return;
        };
        let value = self.value(account);
        let (Some(used), Some(equity)) = (value.margin_used, value.equity) else {
            return;
        };
        if used.is_zero() {
            return;
        }
        // Without equity every use of margin is too much.
        let share = if equity > Decimal::ZERO {
            used.checked_div(equity).unwrap_or(Decimal::MAX)
        } else {
            Decimal::MAX
        };
        let steps = [
            (rules.use_force, "positions are closed"),
            (rules.use_offer, "squaring off is offered"),
            (rules.use_block, "no new risk is taken"),
            (rules.use_warn_again, "mind the margin"),
            (rules.use_warn, "mind the margin"),
        ];
        let Some((limit, what)) = steps.into_iter().find(|(limit, _)| share >= *limit) else {
            return;
        };
        let shown = if equity > Decimal::ZERO {
            percent(share)
        } else {
            "no equity".to_owned()
        };
        let message = format!("margin used is {shown} of equity: {what}");
        let warning = denial(RiskRule::MarginUse, shown, percent(limit), message);
        // Where positions are liquidated by maintenance margin, the ladder only warns.
        let force = share >= rules.use_force && !self.config.carry.liquidate;
        let again = if force { AGAIN_NS } else { WARN_AGAIN_NS };
        if !self.warn(id, warning, again, actions) || !force {
            return;
        }
        self.cancel_all(id, None, actions);
        self.flatten(id, None, SYSTEM, actions);
    }

    pub(super) fn watch_session(&mut self, id: &AccountId, actions: &mut Actions) {
        let Some(account) = self.account(id).filter(|a| a.risk.intraday.enabled) else {
            return;
        };
        let mut ending: Vec<(InstrumentId, Denial, bool)> = Vec::new();
        for instrument in touched(account) {
            ending.extend(self.ending(account, &instrument));
        }
        for (instrument, warning, act) in ending {
            let again = if act { AGAIN_NS } else { WARN_AGAIN_NS };
            if self.warn(id, warning, again, actions) && act {
                self.cancel_all(id, Some(&instrument), actions);
                self.flatten(id, Some(&instrument), SYSTEM, actions);
            }
        }
    }

    /// Whether the session of an instrument is about to end: the warning, and whether it is time to act.
    fn ending(
        &self,
        account: &AccountState,
        instrument: &InstrumentId,
    ) -> Option<(InstrumentId, Denial, bool)> {
        const MINUTE_NS: u64 = 60 * SECOND_NS;
        let rules = account.risk.intraday;
        let session = self.session_of(self.state.instruments.by_id(instrument)?)?;
        let left = session.close.since(self.now);
        let act = left <= u64::from(rules.act_minutes) * MINUTE_NS;
        if !act && left > u64::from(rules.warn_minutes) * MINUTE_NS {
            return None;
        }
        let what = if act { "is closed now" } else { "will be closed" };
        let minutes = if act {
            rules.act_minutes
        } else {
            rules.warn_minutes
        };
        let message = format!(
            "the session of {instrument} ends in {} min: what is open {what}",
            left / MINUTE_NS
        );
        let actual = format!("{instrument} {} min", left / MINUTE_NS);
        let limit = format!("{instrument} {minutes} min before {}", session.close.0);
        Some((
            instrument.clone(),
            denial(RiskRule::Intraday, actual, limit, message),
            act,
        ))
    }

    /// Records a warning unless it was given a short while ago with the same limit. True when it was recorded.
    pub(super) fn warn(
        &mut self,
        id: &AccountId,
        warning: Denial,
        again_ns: u64,
        actions: &mut Actions,
    ) -> bool {
        let Some(account) = self.account(id) else {
            return false;
        };
        let same = |w: &&RiskWarned| w.warning.rule == warning.rule && w.warning.limit == warning.limit;
        let newest = account
            .warnings
            .iter()
            .rev()
            .filter(|w| w.warning.rule == warning.rule && w.client_order_id.is_none());
        let given = match warning.rule {
            // Of the margin only the newest step counts, so that coming back to a step warns again.
            RiskRule::MarginUse => newest.take(1).find(same),
            _ => newest.clone().find(same),
        };
        if given.is_some_and(|w| self.now.since(w.ts) < again_ns) {
            return false;
        }
        let warned = RiskWarned {
            account: id.clone(),
            client_order_id: None,
            warning,
            ts: self.now,
        };
        self.emit(Outcome::RiskWarning(Box::new(warned)), actions).is_ok()
    }
}

/// Instruments in which an account has a position or an open order.
fn touched(account: &AccountState) -> Vec<InstrumentId> {
    let mut all: Vec<InstrumentId> = Vec::new();
    let held = account.ledger.open_sides().map(|side| side.instrument);
    for id in held.chain(account.orders.open().map(|o| &o.request.instrument)) {
        if !all.contains(id) {
            all.push(id.clone());
        }
    }
    all
}

//! Everything that matching one moment needs in one hand: the desk, the orders, the caller's view, the reports.

use tradewind_types::time::DAY_NS;
use tradewind_types::{TimeInForce, UnixNanos};

use super::agenda::{Action, Agenda, Due};
use super::desk::Desk;
use super::report::{CancelReason, Report, ReportKind};
use super::session::Phase;
use super::shop::Shop;
use super::slots::{OrderSlot, Slots};
use super::view::MarketView;

/// One moment at the venue.
pub(crate) struct Floor<'a, V> {
    pub(crate) desk: &'a mut Desk,
    pub(crate) slots: &'a mut Slots,
    pub(crate) agenda: &'a mut Agenda,
    pub(crate) view: &'a V,
    pub(crate) ts: UnixNanos,
    pub(crate) out: &'a mut Vec<Report>,
}

impl<V: MarketView> Floor<'_, V> {
    /// Whether the instrument is in continuous trading. A bar's close is the last moment of its bar, not the first of
    /// what begins at its end.
    pub(crate) fn is_open(&self, shop: &Shop) -> bool {
        let closes = shop
            .mark
            .as_ref()
            .is_some_and(|m| m.walking.is_some() && m.end == self.ts);
        let at = UnixNanos(self.ts.0.saturating_sub(u64::from(closes)));
        self.view.sessions().phase(shop.instrument, at) == Phase::Open
    }

    pub(crate) fn tell(&mut self, slot: OrderSlot, kind: ReportKind) {
        if let Some(order) = self.slots.get(slot) {
            self.out.push(order.order.report(slot, self.ts, kind));
        }
    }

    /// Tells the end of an order and forgets it. It is no longer in a queue.
    pub(crate) fn end(&mut self, slot: OrderSlot, kind: ReportKind) {
        self.tell(slot, kind);
        self.slots.remove(slot);
    }

    pub(crate) fn cancel(&mut self, slot: OrderSlot, reason: CancelReason) {
        self.end(slot, ReportKind::Canceled { reason });
    }

    /// Takes an order out of its queue and tells its end.
    pub(crate) fn take_down(&mut self, shop: &mut Shop, slot: OrderSlot, kind: ReportKind) {
        if let Some(order) = self.slots.get(slot) {
            shop.remove(order.side(), slot);
            self.end(slot, kind);
        }
    }

    /// Puts the end of an order accepted at `accepted` on the agenda, once.
    pub(crate) fn plan_end(&mut self, shop: &mut Shop, slot: OrderSlot, accepted: UnixNanos) {
        let Some(order) = self.slots.get_mut(slot) else {
            return;
        };
        if order.ends {
            return;
        }
        let at = match order.order.request.time_in_force {
            TimeInForce::Gtd { until } => until,
            TimeInForce::Day => {
                let session = self.view.sessions().ends(shop.instrument, accepted);
                session.unwrap_or_else(|| accepted.floor_to(DAY_NS).plus(DAY_NS))
            }
            TimeInForce::Gtc | TimeInForce::Ioc | TimeInForce::Fok => return,
        };
        order.ends = true;
        let due = Due {
            at,
            asked: false,
            seq: self.desk.next_seq(),
            action: Action::Expire,
            slot,
            generation: self.slots.generation(slot),
        };
        if shop.mark.is_some() {
            shop.agenda.push(due, self.slots);
        } else {
            self.agenda.push(due, self.slots);
        }
    }
}

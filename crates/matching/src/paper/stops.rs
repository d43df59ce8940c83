//! Stops that wait: they follow the market, and fire.
//!
//! At one moment resting orders fill first, then stops fire: buys, then sells, each in the order in which the price
//! passes their levels, then by arrival. A fired stop is an arriving order of its kind; nothing delays it.

use tradewind_types::{PriceMantissa, Side};

use super::arrive::would_take;
use super::desk::Desk;
use super::floor::Floor;
use super::report::{CancelReason, ReportKind};
use super::shop::Shop;
use super::slots::OrderSlot;
use super::trigger::References;
use super::view::{Liquidity, MarketView};

impl<V: MarketView> Floor<'_, V> {
    /// Lets the stops (or `only` one) follow the market and fires those that are reached.
    pub(crate) fn follow(
        &mut self,
        shop: &mut Shop,
        only: Option<OrderSlot>,
        liquidity: &Liquidity<'_>,
        last: Option<PriceMantissa>,
    ) {
        let references = References::new(liquidity, last);
        let mut reached = std::mem::take(&mut self.desk.reached);
        let just;
        let stops = match only {
            Some(slot) => {
                just = [slot];
                &just[..]
            }
            None => &shop.stops[..],
        };
        for &slot in stops {
            let found = self.follow_one(slot, &references);
            reached.extend(found);
        }
        if reached.len() > 1 {
            reached.sort_unstable();
        }
        for (.., slot) in &reached {
            self.fire(shop, *slot, liquidity);
        }
        reached.clear();
        self.desk.reached = reached;
    }

    /// Lets one stop follow; where it stands among those to be fired, if it is reached.
    fn follow_one(
        &mut self,
        slot: OrderSlot,
        references: &References,
    ) -> Option<(Side, i128, u64, OrderSlot)> {
        let order = self.slots.get_mut(slot)?;
        let side = order.side();
        let scale = order.order.instrument.price_scale;
        let trigger = order.trigger.as_mut()?;
        let reference = references.of(side, trigger.by)?;
        if trigger.is_trailing()
            && let Some(level) = trigger.follow(side, reference)
        {
            let moved = ReportKind::TriggerMoved {
                trigger: level.to_price(scale),
            };
            self.out.push(order.order.report(slot, self.ts, moved));
        }
        let trigger = order.trigger.as_ref()?;
        let level = trigger.level.filter(|_| trigger.is_reached(side, reference))?;
        Some((side, Desk::path_key(side, level), order.seq, slot))
    }

    /// A stop becomes the order that it was waiting to be.
    fn fire(&mut self, shop: &mut Shop, slot: OrderSlot, liquidity: &Liquidity<'_>) {
        shop.stops.retain(|s| *s != slot);
        self.tell(slot, ReportKind::Triggered);
        let seq = self.desk.next_seq();
        let Some(order) = self.slots.get_mut(slot) else {
            return;
        };
        order.seq = seq;
        if let Some(trigger) = &mut order.trigger {
            trigger.fired = true;
        }
        if Desk::allowed(order, self.view, self.out) == 0 {
            let reason = order.nothing_left();
            return self.cancel(slot, reason);
        }
        if would_take(order, order.limit, liquidity).is_some() {
            return self.cancel(slot, CancelReason::PostOnly);
        }
        self.work(shop, slot, liquidity, true);
    }
}

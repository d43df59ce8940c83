//! An order reaches the venue: it is rejected, or accepted and matched against what is displayed (a stop once it is
//! triggered); what may rest rests, the rest of the rest is canceled.

use tradewind_types::{OrderKind, OrderRequest, PriceMantissa, TimeInForce, VenueOrderId};

use super::consumed::Consumed;
use super::desk::{Desk, order_id};
use super::floor::Floor;
use super::order::{Place, Working};
use super::queue::QueuePlace;
use super::report::{CancelReason, RejectReason, ReportKind};
use super::session::Phase;
use super::shop::{Rest, Shop};
use super::slots::OrderSlot;
use super::view::{Liquidity, MarketView};
use crate::reaches;

impl<V: MarketView> Floor<'_, V> {
    /// An order arrives.
    pub(crate) fn arrive(&mut self, shop: &mut Shop, slot: OrderSlot) {
        shop.pending = shop.pending.saturating_sub(1);
        let view = self.view;
        let liquidity = shop.market(view);
        shop.consumed.refresh(&liquidity);
        let phase = view.sessions().phase(shop.instrument, self.ts);
        let venue_order_id = match self.admit(shop, slot, &liquidity, phase) {
            Ok(id) => id,
            Err(reason) => return self.end(slot, ReportKind::Rejected { reason }),
        };
        self.tell(slot, ReportKind::Accepted { venue_order_id });
        let seq = self.desk.next_seq();
        let Some(order) = self.slots.get_mut(slot) else {
            return;
        };
        order.seq = seq;
        if !order.waits() {
            return self.work(shop, slot, &liquidity, phase == Phase::Open);
        }
        order.place = Place::Waiting;
        shop.stops.push(slot);
        self.plan_end(shop, slot, self.ts);
        if phase == Phase::Open && liquidity.is_valid() {
            // Of last trades only those after its arrival count.
            let last = shop.mark.as_ref().map(|mark| mark.price);
            self.follow(shop, Some(slot), &liquidity, last);
        }
    }

    fn admit(
        &mut self,
        shop: &mut Shop,
        slot: OrderSlot,
        liquidity: &Liquidity<'_>,
        phase: Phase,
    ) -> Result<VenueOrderId, RejectReason> {
        let Some(order) = self.slots.get_mut(slot) else {
            return Err(RejectReason::BadNumber("the order is gone".to_owned()));
        };
        if let Some(refusal) = order.refusal.take() {
            return Err(refusal);
        }
        let order = &*order;
        if self
            .desk
            .fees_of(&mut shop.fees, &order.order.instrument)
            .is_none()
        {
            return Err(RejectReason::NoFees(order.order.instrument.id.market.clone()));
        }
        let id = order_id(&order.order.request).map_err(|e| RejectReason::BadNumber(e.to_string()))?;
        if let Some(why) = contradiction(&order.order.request) {
            return Err(RejectReason::Contradiction(why));
        }
        if let Some(until) = order.until().filter(|until| *until <= self.ts) {
            return Err(RejectReason::AlreadyOver(until));
        }
        if let Some(why) = refused_in(phase, order.may_rest()) {
            return Err(RejectReason::NotTrading(why));
        }
        if !order.may_rest() && !liquidity.is_valid() {
            return Err(RejectReason::NoMarketData);
        }
        if phase == Phase::Open
            && !order.waits()
            && let Some(best) = would_take(order, order.limit, liquidity)
        {
            return Err(RejectReason::PostOnlyWouldCross {
                best: best.to_price(order.order.instrument.price_scale),
            });
        }
        if Desk::allowed(order, self.view, self.out) == 0 {
            return Err(match order.nothing_left() {
                CancelReason::Uncovered => RejectReason::Uncovered,
                _ => RejectReason::ReduceOnly,
            });
        }
        Ok(id)
    }

    /// Matches an order that trades now (`open`), then lets it rest or ends it.
    pub(crate) fn work(&mut self, shop: &mut Shop, slot: OrderSlot, liquidity: &Liquidity<'_>, open: bool) {
        let end = if open {
            self.take(shop, slot, liquidity)
        } else {
            None
        };
        let Some(order) = self.slots.get_mut(slot) else {
            return;
        };
        if order.remaining == 0 {
            return self.slots.remove(slot);
        }
        if let Some(reason) = end.or_else(|| why_not_rest(order)) {
            return self.cancel(slot, reason);
        }
        order.refill();
        order.queue = joining(order, liquidity, self.view.feed_number(shop.instrument));
        order.place = Place::Resting;
        let rest = Rest {
            limit: order.limit,
            seq: order.seq,
            slot,
        };
        shop.insert(order.side(), rest);
        self.plan_end(shop, slot, self.ts);
    }

    /// Takes displayed liquidity up to the limit. Says why the order has to go although something is left.
    fn take(&mut self, shop: &mut Shop, slot: OrderSlot, liquidity: &Liquidity<'_>) -> Option<CancelReason> {
        let order = self.slots.get_mut(slot)?;
        let allowed = Desk::allowed(order, self.view, self.out);
        let wanted = shop.capped(order, allowed);
        let mut takes = std::mem::take(&mut self.desk.takes);
        let total = reachable(&shop.consumed, order, liquidity, wanted, &mut takes);
        let mut end = None;
        if order.order.request.time_in_force == TimeInForce::Fok && total != order.remaining {
            takes.clear();
            end = Some(CancelReason::FillOrKill);
        }
        let spread = if self.desk.friction.is_off() {
            None
        } else {
            spread(liquidity)
        };
        for &(price, size) in &takes {
            let at = if self.desk.friction.is_off() {
                price
            } else {
                self.desk.taker_price(shop, order, price, (spread, total))
            };
            let of = (slot, &mut *order);
            if let Err(reason) = self
                .desk
                .fill(&mut shop.fees, of, (at, size), true, self.ts, self.out)
            {
                end = Some(reason);
                break;
            }
            if !liquidity.is_unlimited() {
                shop.consumed.add(order.side().opposite(), price, size);
            }
            shop.used(size);
        }
        takes.clear();
        self.desk.takes = takes;
        end.or_else(|| (total == allowed && order.remaining > 0).then(|| order.nothing_left()))
    }
}

/// Offer less bid, where both are displayed.
fn spread(liquidity: &Liquidity<'_>) -> Option<i64> {
    use tradewind_types::Side;
    let (bid, ask) = (liquidity.best(Side::Buy)?, liquidity.best(Side::Sell)?);
    ask.0.checked_sub(bid.0)
}

/// The place of an order that joins behind what is displayed at its price; unknown while nobody can say, because the
/// market is not valid or the price lies beyond what is displayed.
pub(crate) fn joining(order: &Working, liquidity: &Liquidity<'_>, feed_number: u64) -> QueuePlace {
    let side = order.side();
    let displayed = match liquidity.size_at(side, order.limit) {
        Some(size) => Some(size.0),
        None if liquidity.is_valid() && liquidity.best(side).is_none() => Some(0),
        None => None,
    };
    QueuePlace::joining(displayed, feed_number)
}

/// The price that a post-only order with this limit would take at.
pub(crate) fn would_take(
    order: &Working,
    limit: PriceMantissa,
    liquidity: &Liquidity<'_>,
) -> Option<PriceMantissa> {
    if !order.order.request.post_only() {
        return None;
    }
    let side = order.side();
    liquidity
        .best(side.opposite())
        .filter(|best| reaches(side, limit, *best))
}

/// What of each level an order may take: within its limit, not used before, in whole lots, at most `wanted`. The sum.
pub(crate) fn reachable(
    consumed: &Consumed,
    order: &Working,
    liquidity: &Liquidity<'_>,
    wanted: i128,
    takes: &mut Vec<(PriceMantissa, i128)>,
) -> i128 {
    let (side, limit) = (order.side(), order.limit);
    let opposite = side.opposite();
    let mut left = wanted;
    liquidity.walk(opposite, |price, size| {
        if left <= 0 || !reaches(side, limit, price) {
            return false;
        }
        let free = order.whole_lots((size.0 - consumed.at(opposite, price)).max(0));
        let size = free.min(left);
        if size > 0 {
            takes.push((price, size));
            left -= size;
        }
        true
    });
    wanted - left
}

fn why_not_rest(order: &Working) -> Option<CancelReason> {
    if !order.has_limit() {
        return Some(CancelReason::NoLiquidity);
    }
    match order.order.request.time_in_force {
        TimeInForce::Ioc => Some(CancelReason::ImmediateOrCancel),
        TimeInForce::Fok => Some(CancelReason::FillOrKill),
        TimeInForce::Day | TimeInForce::Gtc | TimeInForce::Gtd { .. } => None,
    }
}

/// Flags that contradict one another, whatever the market.
fn contradiction(request: &OrderRequest) -> Option<&'static str> {
    let immediate = request.time_in_force.is_immediate();
    if request.post_only() && immediate {
        return Some("post-only cannot be combined with IOC or FOK");
    }
    if matches!(request.kind, OrderKind::Market) && matches!(request.time_in_force, TimeInForce::Gtd { .. }) {
        return Some("a MARKET order never rests and cannot be GTD");
    }
    if let Some(display) = request.terms.display {
        if request.limit_price().is_none() {
            return Some("a display quantity needs a limit price");
        }
        if immediate {
            return Some("a display quantity cannot be combined with IOC or FOK: nothing would rest");
        }
        if display > request.quantity {
            return Some("the display quantity is larger than the order");
        }
    }
    None
}

fn refused_in(phase: Phase, may_rest: bool) -> Option<&'static str> {
    match phase {
        Phase::Delisted => Some("the instrument is no longer traded"),
        Phase::Open => None,
        _ if may_rest => None,
        Phase::PreOpen => Some("before the opening only orders that may rest are taken"),
        Phase::Halted => Some("while trading is halted only orders that may rest are taken"),
        Phase::Closed => Some("outside of trading hours only orders that may rest are taken"),
    }
}

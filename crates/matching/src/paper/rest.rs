//! Orders that rest: crossed by the other side's quotes, passed or reached by trades.

use tradewind_types::market::Trade;
use tradewind_types::{PriceMantissa, Side};

use super::arrive::{joining, reachable};
use super::desk::Desk;
use super::floor::Floor;
use super::queue::QueueModel;
use super::shop::{Rest, Shop};
use super::slots::{OrderSlot, Slots};
use super::venue::OrderGone;
use super::view::{Liquidity, MarketView, better};
use crate::reaches;

impl<V: MarketView> Floor<'_, V> {
    /// After a change of the market: fills what the other side now crosses, then lets the stops follow.
    pub(crate) fn market(&mut self, shop: &mut Shop) {
        let liquidity = shop.market(self.view);
        if !liquidity.is_valid() || !self.is_open(shop) {
            return;
        }
        shop.consumed.refresh(&liquidity);
        for side in [Side::Buy, Side::Sell] {
            self.cross_side(shop, side, &liquidity);
        }
        if !shop.stops.is_empty() {
            let last = shop.mark.as_ref().map(|mark| mark.price);
            self.follow(shop, None, &liquidity, last);
        }
    }

    fn cross_side(&mut self, shop: &mut Shop, side: Side, liquidity: &Liquidity<'_>) {
        if shop.queue(side).is_empty() {
            return;
        }
        let model = self.desk.settings.queue;
        if model != QueueModel::Off && !liquidity.is_unlimited() {
            let number = self.view.feed_number(shop.instrument);
            advance_queue(self.slots, shop.queue(side), liquidity, (model, number));
        }
        let Some(best) = liquidity.best(side.opposite()) else {
            return;
        };
        // A bar may have to go through a limit by some ticks to fill it.
        let needed = shop
            .mark
            .as_ref()
            .map_or(best, |mark| mark.needed_limit(side, best));
        let newest = self.desk.next_seq();
        let mut at = 0;
        while let Some(&rest) = shop.queue(side).get(at) {
            if !reaches(side, rest.limit, needed) {
                break;
            }
            if rest.seq > newest || self.cross(shop, rest, liquidity) {
                at += 1;
            }
        }
    }

    /// Fills a resting order, at its price, against opposite levels at its price or better. True when it stays where
    /// it is in the queue.
    fn cross(&mut self, shop: &mut Shop, rest: Rest, liquidity: &Liquidity<'_>) -> bool {
        let Some(order) = self.slots.get(rest.slot) else {
            return true;
        };
        let side = order.side();
        let allowed = Desk::allowed(order, self.view, self.out);
        let wanted = shop.capped(order, allowed);
        let mut takes = std::mem::take(&mut self.desk.takes);
        let size = reachable(&shop.consumed, order, liquidity, wanted, &mut takes);
        // What the price jumped over fills where it landed.
        let jumped = shop.mark.as_ref().is_some_and(|mark| mark.jumped);
        let price = takes
            .first()
            .filter(|_| jumped)
            .map_or(rest.limit, |(price, _)| *price);
        let stays = self.fill_resting(shop, rest.slot, (price, size), allowed);
        if !liquidity.is_unlimited() && stays != Stays::Failed {
            for (price, size) in &takes {
                shop.consumed.add(side.opposite(), *price, *size);
            }
        }
        takes.clear();
        self.desk.takes = takes;
        self.keep(shop, (side, rest), stays, size, liquidity)
    }

    /// Fills `size` of an order as maker; reports why it has to go, if it has to.
    fn fill_resting(
        &mut self,
        shop: &mut Shop,
        slot: OrderSlot,
        (price, size): (PriceMantissa, i128),
        allowed: i128,
    ) -> Stays {
        let Some(order) = self.slots.get_mut(slot) else {
            return Stays::Done;
        };
        if size > 0 {
            let of = (slot, &mut *order);
            let filled = self
                .desk
                .fill(&mut shop.fees, of, (price, size), false, self.ts, self.out);
            if let Err(reason) = filled {
                self.cancel(slot, reason);
                return Stays::Failed;
            }
            shop.used(size);
        }
        if order.remaining == 0 {
            self.slots.remove(slot);
            return Stays::Done;
        }
        if size == allowed {
            let reason = order.nothing_left();
            self.cancel(slot, reason);
            return Stays::Done;
        }
        Stays::Here
    }

    /// Brings the queue in order after a fill. True when the order stays where it is.
    fn keep(
        &mut self,
        shop: &mut Shop,
        (side, rest): (Side, Rest),
        stays: Stays,
        size: i128,
        liquidity: &Liquidity<'_>,
    ) -> bool {
        if stays == Stays::Here {
            let Some(order) = self.slots.get_mut(rest.slot) else {
                return true;
            };
            order.slice -= size;
            if order.display == 0 || order.slice > 0 {
                return true;
            }
            // A fresh slice of an iceberg goes to the end of its queue.
            order.refill();
            order.seq = self.desk.next_seq();
            order.queue = joining(order, liquidity, self.view.feed_number(shop.instrument));
            let seq = order.seq;
            shop.remove(side, rest.slot);
            shop.insert(side, Rest { seq, ..rest });
            return false;
        }
        shop.queue_mut(side).retain(|r| r.slot != rest.slot);
        false
    }

    /// A public trade: fills what rests and the print passes or reaches, then lets the stops follow.
    pub(crate) fn print(&mut self, shop: &mut Shop, trade: &Trade) {
        let liquidity = shop.market(self.view);
        if !liquidity.is_valid() || !self.is_open(shop) {
            return;
        }
        for side in [Side::Buy, Side::Sell] {
            // A print by an aggressor of our side took opposite levels, and those are matched as they are displayed.
            if trade.aggressor == Some(side) || shop.queue(side).is_empty() {
                continue;
            }
            // Of a print whose aggressor is unknown, what we took from that level before may be the same size.
            let seen = if trade.aggressor.is_none() {
                shop.consumed.at(side.opposite(), trade.price)
            } else {
                0
            };
            let printed = (trade.size.0 - seen).max(0);
            self.serve(shop, side, trade, printed, &liquidity);
        }
        if !shop.stops.is_empty() {
            self.follow(shop, None, &liquidity, Some(trade.price));
        }
    }

    /// An order of the book was executed, canceled or cut: moves the places of ours at its price, and fills those whose
    /// turn an execution shows to have come.
    pub(crate) fn order_gone(&mut self, shop: &mut Shop, gone: &OrderGone) {
        let liquidity = shop.market(self.view);
        let open = liquidity.is_valid() && self.is_open(shop);
        let (side, newest) = (gone.side, self.desk.next_seq());
        let (mut left, mut at) = (gone.size.0, 0);
        while let Some(&rest) = shop.queue(side).get(at) {
            let order = self.slots.get_mut(rest.slot).filter(|_| rest.seq <= newest);
            let Some(order) = order.filter(|_| rest.limit == gone.price) else {
                at += 1;
                continue;
            };
            let was_ahead = order.queue.gone(gone.number, gone.size.0);
            if was_ahead || !gone.executed || !open || order.queue.is_unknown() {
                at += 1;
                continue;
            }
            // What was executed stood behind ours: ours would have been served instead.
            let allowed = Desk::allowed(order, self.view, self.out);
            let mut size = order.whole_lots(left).min(allowed);
            if order.display > 0 {
                size = size.min(order.displayed());
            }
            if size == 0 && allowed > 0 {
                at += 1;
                continue;
            }
            let stays = self.fill_resting(shop, rest.slot, (rest.limit, size), allowed);
            left -= size;
            if self.keep(shop, (side, rest), stays, size, &liquidity) {
                at += 1;
            } else if let Some(order) = self.slots.get_mut(rest.slot).filter(|o| o.seq > newest) {
                // A fresh slice joined behind a book that still shows what is going.
                order.queue.gone(gone.number, gone.size.0);
            }
        }
    }

    /// Hands a print to the resting orders of one side in price-time order.
    fn serve(
        &mut self,
        shop: &mut Shop,
        side: Side,
        trade: &Trade,
        printed: i128,
        liquidity: &Liquidity<'_>,
    ) {
        let newest = self.desk.next_seq();
        let (mut left, mut at) = (printed, 0);
        while let Some(&rest) = shop.queue(side).get(at) {
            let through = better(side, rest.limit, trade.price);
            let at_price = rest.limit == trade.price && self.desk.settings.queue.follows_prints();
            if !through && !at_price {
                break;
            }
            let Some(order) = self.slots.get_mut(rest.slot).filter(|_| rest.seq <= newest) else {
                at += 1;
                continue;
            };
            let mut passed = printed;
            if at_price {
                // Until the market has been seen nobody knows the queue, and nothing reaches the order.
                let Some(beyond) = order.queue.print(printed) else {
                    at += 1;
                    continue;
                };
                passed = beyond;
            }
            let allowed = Desk::allowed(order, self.view, self.out);
            // What orders before it were given is gone from what passed it.
            let free = (passed - (printed - left)).max(0);
            let mut size = order.whole_lots(free).min(allowed);
            if at_price && order.display > 0 {
                // Behind the slice that shows, the queue comes first.
                size = size.min(order.displayed());
            }
            if size == 0 && allowed > 0 {
                at += 1;
                continue;
            }
            let stays = self.fill_resting(shop, rest.slot, (rest.limit, size), allowed);
            left -= size;
            if self.keep(shop, (side, rest), stays, size, liquidity) {
                at += 1;
            }
        }
    }
}

/// What becomes of a resting order after a fill.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stays {
    /// It rests on.
    Here,
    /// It has ended.
    Done,
    /// It has ended because the fill could not be made.
    Failed,
}

/// Lets the orders of a side see what is displayed at their prices.
fn advance_queue(
    slots: &mut Slots,
    queue: &[Rest],
    liquidity: &Liquidity<'_>,
    (model, feed_number): (QueueModel, u64),
) {
    for rest in queue {
        let Some(order) = slots.get_mut(rest.slot) else {
            continue;
        };
        if order.queue.is_unknown() {
            order.queue = joining(order, liquidity, feed_number);
        } else if model != QueueModel::ByOrder {
            let displayed = liquidity.size_at(order.side(), order.limit);
            order.queue.shows(model, displayed.map(|size| size.0));
        }
    }
}

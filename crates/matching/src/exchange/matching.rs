//! A new order meets the book.

use tradewind_types::{PriceMantissa, Side, SizeMantissa, TimeInForce};

use super::book::Node;
use super::event::{EndReason, ExchangeEvent, NewKind, NewOrder, Party, RefuseReason};
use super::{Exchange, ExchangeOrderId, SIZE_MAX};
use crate::reaches;

impl Exchange {
    /// Takes a new order: trades what it can, rests or ends the rest. Its number, or `None` when it was refused.
    pub fn submit(&mut self, order: &NewOrder, out: &mut Vec<ExchangeEvent>) -> Option<ExchangeOrderId> {
        if let Some(reason) = self.refusal(order) {
            out.push(ExchangeEvent::Refused {
                participant: order.participant,
                tag: order.tag,
                reason,
            });
            return None;
        }
        self.last_order += 1;
        let id = ExchangeOrderId(self.last_order);
        let mut taker = Party {
            id,
            participant: order.participant,
            tag: order.tag,
            left: order.size,
        };
        out.push(ExchangeEvent::Accepted { order: taker });
        let limit = match order.kind {
            NewKind::Limit { price, .. } => price,
            NewKind::Market if order.side == Side::Buy => PriceMantissa(i64::MAX),
            NewKind::Market => PriceMantissa(i64::MIN),
        };
        if order.time_in_force == TimeInForce::Fok && !self.can_fill(&taker, order.side, limit) {
            out.push(ExchangeEvent::Ended {
                order: taker,
                reason: EndReason::FillOrKill,
            });
            return Some(id);
        }
        let met_itself = self.take(&mut taker, order.side, limit, out);
        if taker.left.0 == 0 {
            return Some(id);
        }
        let rests = matches!(order.time_in_force, TimeInForce::Gtc | TimeInForce::Day)
            && matches!(order.kind, NewKind::Limit { .. });
        if met_itself || !rests {
            let reason = if met_itself {
                EndReason::SelfTrade
            } else {
                EndReason::NoLiquidity
            };
            out.push(ExchangeEvent::Ended { order: taker, reason });
            return Some(id);
        }
        self.rest(taker, order.side, limit);
        self.publish_level(order.side, limit, out);
        Some(id)
    }

    fn refusal(&self, order: &NewOrder) -> Option<RefuseReason> {
        if order.size.0 <= 0 || order.size > SIZE_MAX {
            return Some(RefuseReason::BadSize);
        }
        let immediate = matches!(order.time_in_force, TimeInForce::Ioc | TimeInForce::Fok);
        if let NewKind::Limit {
            price,
            post_only: true,
        } = order.kind
        {
            if immediate {
                return Some(RefuseReason::Contradiction);
            }
            let best = self.best(order.side.opposite()).map(|(best, _)| best);
            if best.is_some_and(|best| reaches(order.side, price, best)) {
                return Some(RefuseReason::WouldTrade);
            }
        }
        let may_rest = !immediate && order.kind != NewKind::Market;
        (may_rest && self.slots.len() >= self.orders_max).then_some(RefuseReason::Full)
    }

    /// Whether the whole can be filled within the limit before an own order is met.
    fn can_fill(&self, taker: &Party, side: Side, limit: PriceMantissa) -> bool {
        let mut found = 0;
        for head in self.ladder(side.opposite()).heads() {
            if !reaches(side, limit, self.arena.get(head).price) {
                return false;
            }
            let mut next = Some(head);
            while let Some(slot) = next {
                let node = self.arena.get(slot);
                if node.participant == taker.participant {
                    return false;
                }
                found += node.left;
                if found >= taker.left.0 {
                    return true;
                }
                next = node.next;
            }
        }
        false
    }

    /// Trades with what is in reach, level by level. True when it met an order of its own.
    fn take(
        &mut self,
        taker: &mut Party,
        side: Side,
        limit: PriceMantissa,
        out: &mut Vec<ExchangeEvent>,
    ) -> bool {
        let opposite = side.opposite();
        let mut touched: Option<PriceMantissa> = None;
        let mut met_itself = false;
        while taker.left.0 > 0 {
            let Some(slot) = self.ladder(opposite).first() else {
                break;
            };
            let maker = *self.arena.get(slot);
            if !reaches(side, limit, maker.price) {
                break;
            }
            if maker.participant == taker.participant {
                met_itself = true;
                break;
            }
            if let Some(finished) = touched.filter(|price| *price != maker.price) {
                self.publish_level(opposite, finished, out);
            }
            touched = Some(maker.price);
            self.trade(taker, slot, side, out);
        }
        if let Some(price) = touched {
            self.publish_level(opposite, price, out);
        }
        met_itself
    }

    fn trade(&mut self, taker: &mut Party, slot: u32, aggressor: Side, out: &mut Vec<ExchangeEvent>) {
        let maker = *self.arena.get(slot);
        let size = maker.left.min(taker.left.0);
        taker.left.0 -= size;
        self.last_trade += 1;
        let left = SizeMantissa(maker.left - size);
        out.push(ExchangeEvent::Trade {
            trade_id: self.last_trade,
            price: maker.price,
            size: SizeMantissa(size),
            aggressor,
            maker: Party {
                left,
                ..maker.party()
            },
            taker: *taker,
        });
        if left.0 == 0 {
            self.remove(slot);
        } else {
            self.arena.get_mut(slot).left = left.0;
            self.ladder_mut(maker.side).shrink(maker.price, size);
        }
    }

    fn rest(&mut self, order: Party, side: Side, price: PriceMantissa) {
        let slot = self.arena.insert(Node {
            id: order.id,
            participant: order.participant,
            tag: order.tag,
            side,
            price,
            left: order.left.0,
            previous: None,
            next: None,
        });
        match side {
            Side::Buy => self.bids.append(&mut self.arena, slot),
            Side::Sell => self.offers.append(&mut self.arena, slot),
        }
        self.slots.insert(order.id, slot);
    }
}

//! Our requests arrive at the venue.

use tradewind_types::Side;

use super::Venue;
use crate::depth::DepthError;
use crate::depth::book::flip;
use crate::depth::order::{
    DepthOrder, DepthOrderKind, EndReason, Life, OwnId, RefuseReason, ReportKind, Request,
};
use crate::depth::queue::QueueRule;
use crate::depth::resting::Resting;

/// A new order, or a modified one that lost its place, before it meets the book.
#[derive(Clone, Copy)]
struct Incoming {
    id: OwnId,
    side: Side,
    size: i64,
    /// Price key on its own side.
    key: i64,
    /// `None` is a market order.
    life: Option<Life>,
}

impl Incoming {
    fn of(id: OwnId, order: &DepthOrder) -> Self {
        let (key, life) = match order.kind {
            DepthOrderKind::Market => (i64::MAX, None),
            DepthOrderKind::Limit { price, life } => (flip(order.side, price), Some(life)),
        };
        Self {
            id,
            side: order.side,
            size: order.size,
            key,
            life,
        }
    }

    /// The worst key of the other side that it trades with.
    fn reach(&self) -> i64 {
        !self.key
    }

    fn rests(&self) -> bool {
        matches!(self.life, Some(Life::Gtc | Life::PostOnly))
    }
}

impl<Q: QueueRule> Venue<Q> {
    pub(in crate::depth) fn arrive(&mut self, ts_ns: i64, request: &Request) -> Result<(), DepthError> {
        self.out.totals.requests += 1;
        match request {
            Request::New { id, order } => {
                let incoming = Incoming::of(*id, order);
                match self.refusal(&incoming, 0) {
                    Some(reason) => self.out.refused(ts_ns, *id, reason),
                    None => self.enter(ts_ns, incoming, false),
                }
            }
            Request::Cancel { id } => {
                let removed = self.own.iter_mut().find_map(|side| side.remove(*id));
                match removed {
                    Some(order) => self.out.ended(ts_ns, *id, order.left, EndReason::Canceled),
                    None => {
                        self.out.totals.refused += 1;
                        self.out.report(ts_ns, *id, ReportKind::CancelRefused)
                    }
                }
            }
            Request::Modify { id, price, left } => self.modify(ts_ns, *id, *price, *left),
        }
    }

    /// Why an order cannot be taken; `ours` of the resting orders make way for it.
    fn refusal(&self, order: &Incoming, ours: usize) -> Option<RefuseReason> {
        let other = order.side.opposite();
        if self.own[other as usize].best >= order.reach() && self.own[other as usize].len() > 0 {
            return Some(RefuseReason::SelfTrade);
        }
        let best = self.book.ladder(other).best_key();
        if order.life == Some(Life::PostOnly) && best != i64::MIN && best >= order.reach() {
            return Some(RefuseReason::WouldTrade);
        }
        let resting = self.own[0].len() + self.own[1].len() - ours;
        (order.rests() && resting >= self.orders_max).then_some(RefuseReason::Full)
    }

    /// The order meets the book; its rest rests or ends.
    fn enter(&mut self, ts_ns: i64, order: Incoming, modified: bool) -> Result<(), DepthError> {
        if order.life == Some(Life::Fok) && self.within_reach(&order) < order.size {
            return self.out.ended(ts_ns, order.id, order.size, EndReason::FillOrKill);
        }
        let mut resting = Resting {
            id: order.id,
            key: order.key,
            seq: 0,
            left: order.size,
            ahead: 0.0,
            traded: 0,
            post_only: order.life == Some(Life::PostOnly),
        };
        self.take(ts_ns, &order, &mut resting)?;
        let left = resting.left;
        if left == 0 {
            return Ok(());
        }
        if !order.rests() {
            return self.out.ended(ts_ns, order.id, left, EndReason::NoLiquidity);
        }
        self.seq += 1;
        resting.seq = self.seq;
        resting.ahead = self.book.ladder(order.side).size_at(order.key) as f64;
        self.own[order.side as usize].insert(resting);
        let kind = if modified {
            let price = flip(order.side, order.key);
            ReportKind::Modified { price, left }
        } else {
            self.out.totals.accepted += 1;
            ReportKind::Accepted { left }
        };
        self.out.report(ts_ns, order.id, kind)
    }

    /// Lots that the order could take, counted up to its size.
    fn within_reach(&self, order: &Incoming) -> i64 {
        let other = order.side.opposite();
        let ladder = self.book.ladder(other);
        let (mut key, mut found) = (ladder.best_key(), 0);
        while key != i64::MIN && key >= order.reach() && found < order.size {
            found += (ladder.size_at(key) - self.taken_of(other, key)).max(0);
            key = ladder.worse(key);
        }
        found
    }

    /// Trades with what is shown within reach, level by level, less what we took before.
    fn take(&mut self, ts_ns: i64, order: &Incoming, resting: &mut Resting) -> Result<(), DepthError> {
        let other = order.side.opposite();
        let mut key = self.book.ladder(other).best_key();
        while key != i64::MIN && key >= order.reach() && resting.left > 0 {
            let ladder = self.book.ladder(other);
            let shown = (ladder.size_at(key) - self.taken_of(other, key)).max(0);
            let next = ladder.worse(key);
            let size = shown.min(resting.left);
            self.out
                .fill(ts_ns, order.side, resting, (flip(other, key), size), false)?;
            self.note_taken(other, key, size);
            key = next;
        }
        Ok(())
    }

    fn taken_of(&self, side: Side, key: i64) -> i64 {
        let taken = self.taken[side as usize].iter().find(|(of, _)| *of == key);
        taken.map_or(0, |(_, size)| *size)
    }

    fn note_taken(&mut self, side: Side, key: i64, size: i64) {
        let taken = &mut self.taken[side as usize];
        match taken.iter_mut().find(|(of, _)| *of == key) {
            Some((_, so_far)) => *so_far += size,
            None if size > 0 => taken.push((key, size)),
            None => {}
        }
    }

    /// The same price and no more than is left keeps the place; anything else is a new arrival under the same number.
    fn modify(&mut self, ts_ns: i64, id: OwnId, price: i64, left: i64) -> Result<(), DepthError> {
        let found = [Side::Buy, Side::Sell].into_iter().find_map(|side| {
            let order = self.own[side as usize].find(id)?;
            let key = flip(side, price);
            let keeps = order.key == key && left <= order.left;
            if keeps {
                order.left = left;
            }
            Some((side, key, order.post_only, keeps))
        });
        let refuse = |venue: &mut Self, reason| {
            venue.out.totals.refused += 1;
            venue.out.report(ts_ns, id, ReportKind::ModifyRefused { reason })
        };
        let Some((side, key, post_only, keeps)) = found else {
            return refuse(self, RefuseReason::NotResting);
        };
        if keeps {
            return self.out.report(ts_ns, id, ReportKind::Modified { price, left });
        }
        let life = Some(if post_only { Life::PostOnly } else { Life::Gtc });
        let incoming = Incoming {
            id,
            side,
            size: left,
            key,
            life,
        };
        if let Some(reason) = self.refusal(&incoming, 1) {
            return refuse(self, reason);
        }
        self.own[side as usize].remove(id);
        self.enter(ts_ns, incoming, true)
    }
}

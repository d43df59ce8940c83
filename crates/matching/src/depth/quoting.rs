//! A quoting strategy for benchmarks and examples: it joins the best prices of both sides.

use tradewind_types::Side;

use super::desk::{Desk, OpenState};
use super::lane::DepthStrategy;
use super::order::{DepthOrder, DepthOrderKind, Life};

/// Keeps one post-only order at the best price of each side while its position allows it. Where the best price has
/// moved, the order is cancelled at one timer and a new one sent at the next after the cancel was confirmed.
#[derive(Clone, Copy, Debug)]
pub struct JoinBest {
    /// Time between looks.
    pub interval_ns: i64,
    /// Lots of each order.
    pub size: i64,
    /// No buying from this position on, no selling from its negative on.
    pub position_max: i64,
}

impl DepthStrategy for JoinBest {
    fn interval_ns(&self) -> Option<i64> {
        Some(self.interval_ns)
    }

    fn on_timer(&mut self, desk: &mut Desk) {
        let (Some(bid), Some(ask)) = (
            desk.book().best_price(Side::Buy),
            desk.book().best_price(Side::Sell),
        ) else {
            return;
        };
        let position = desk.position();
        self.quote(desk, Side::Buy, bid, position < self.position_max);
        self.quote(desk, Side::Sell, ask, position > -self.position_max);
    }
}

impl JoinBest {
    /// Whatever the desk refuses, the next timer asks for again.
    fn quote(&self, desk: &mut Desk, side: Side, price: i64, wanted: bool) {
        let present = desk.orders().iter().find(|order| order.side == side).copied();
        match present {
            Some(order) if order.state == OpenState::Working && (!wanted || order.price != Some(price)) => {
                let _ = desk.cancel(order.id);
            }
            None if wanted => {
                let kind = DepthOrderKind::Limit {
                    price,
                    life: Life::PostOnly,
                };
                let size = self.size;
                let _ = desk.submit(DepthOrder { side, size, kind });
            }
            _ => {}
        }
    }
}

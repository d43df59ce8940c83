//! Orders that rest: crossed by the other side's quotes, passed or reached by trades.

use tradewind_types::market::Trade;
use tradewind_types::{InstrumentIdx, Side, UnixNanos};

use super::QueueModel;
use super::arrive::{joining, reachable};
use super::consumed::Consumed;
use super::desk::{Desk, Shop};
use super::order::Working;
use super::report::{CancelReason, Report, ReportKind};
use super::view::{Liquidity, MarketView, better};
use crate::reaches;

/// After a change of the market. Returns the orders that are done.
pub(crate) fn on_market(
    desk: &mut Desk,
    shop: &mut Shop,
    instrument: InstrumentIdx,
    ts: UnixNanos,
    view: &impl MarketView,
    out: &mut Vec<Report>,
) -> Vec<Working> {
    let liquidity = view.liquidity(instrument);
    if !liquidity.is_valid() {
        return Vec::new();
    }
    shop.consumed.refresh(&liquidity);
    let mut done = Vec::new();
    for side in [Side::Buy, Side::Sell] {
        let Shop {
            consumed,
            buys,
            sells,
        } = shop;
        let orders = if side == Side::Buy { buys } else { sells };
        if orders.is_empty() {
            continue;
        }
        if desk.settings.queue == QueueModel::BehindDisplayed {
            advance_queue(orders, &liquidity);
        }
        let best = liquidity.best(side.opposite());
        let Some(best) = best.filter(|b| reaches(side, orders[0].limit, *b)) else {
            continue;
        };
        let mut ended = vec![false; orders.len()];
        for (order, ended) in orders.iter_mut().zip(&mut ended) {
            if !reaches(side, order.limit, best) {
                break;
            }
            *ended = cross(desk, consumed, order, ts, (&liquidity, view), out);
        }
        sweep(orders, &ended, &mut done);
    }
    done
}

/// Those ahead of an order can't be more than what is displayed.
fn advance_queue(orders: &mut [Working], liquidity: &Liquidity<'_>) {
    for order in orders.iter_mut() {
        match order.ahead {
            None => order.ahead = joining(order, liquidity),
            Some(ahead) if ahead > 0 => {
                let displayed = liquidity.size_at(order.order.request.side, order.limit);
                let now = displayed.map_or(ahead, |size| ahead.min(size.0));
                order.shrunk = order.shrunk.saturating_add(ahead - now);
                order.ahead = Some(now);
            }
            Some(_) => {}
        }
    }
}

/// Fills a resting order, at its price, against opposite levels at its price or better. True when it is done.
fn cross(
    desk: &mut Desk,
    consumed: &mut Consumed,
    order: &mut Working,
    ts: UnixNanos,
    (liquidity, view): (&Liquidity<'_>, &impl MarketView),
    out: &mut Vec<Report>,
) -> bool {
    let allowed = desk.allowed(order, view, out);
    let takes = reachable(consumed, order, liquidity, allowed);
    let size: i128 = takes.iter().map(|(_, size)| size).sum();
    let ended = fill_resting(desk, order, (size, allowed), ts, out);
    if ended != Some(CancelReason::NumberTooLarge) && ended != Some(CancelReason::NoFees) {
        let opposite = order.order.request.side.opposite();
        takes
            .iter()
            .for_each(|(price, size)| consumed.add(opposite, *price, *size));
    }
    ended.is_some() || order.remaining == 0
}

/// Fills `size` of an order at its limit as maker; reports and returns why it has to go, if it has to.
fn fill_resting(
    desk: &mut Desk,
    order: &mut Working,
    (size, allowed): (i128, i128),
    ts: UnixNanos,
    out: &mut Vec<Report>,
) -> Option<CancelReason> {
    let mut end = None;
    if size > 0 {
        end = desk.fill(order, (order.limit, size), false, ts, out).err();
    }
    if end.is_none() && size == allowed && order.remaining > 0 {
        end = Some(CancelReason::ReduceOnly);
    }
    if let Some(reason) = end {
        out.push(order.order.report(ts, ReportKind::Canceled { reason }));
    }
    end
}

/// A public trade. Returns the orders that are done.
pub(crate) fn on_trade(
    desk: &mut Desk,
    shop: &mut Shop,
    trade: &Trade,
    ts: UnixNanos,
    view: &impl MarketView,
    out: &mut Vec<Report>,
) -> Vec<Working> {
    if !view.liquidity(trade.instrument).is_valid() {
        return Vec::new();
    }
    let mut done = Vec::new();
    for side in [Side::Buy, Side::Sell] {
        // A print by an aggressor of our side took opposite levels, and those are matched as they are displayed.
        if trade.aggressor == Some(side) {
            continue;
        }
        let Shop {
            consumed,
            buys,
            sells,
        } = shop;
        let orders = if side == Side::Buy { buys } else { sells };
        // Of a print whose aggressor is unknown, what we took from that level before may be the same size.
        let seen = if trade.aggressor.is_none() {
            consumed.at(side.opposite(), trade.price)
        } else {
            0
        };
        let printed = (trade.size.0 - seen).max(0);
        let ended = serve(desk, orders, trade, printed, ts, view, out);
        sweep(orders, &ended, &mut done);
    }
    done
}

/// Hands a print to the resting orders of one side in price-time order; for each whether it is done.
fn serve(
    desk: &mut Desk,
    orders: &mut [Working],
    trade: &Trade,
    printed: i128,
    ts: UnixNanos,
    view: &impl MarketView,
    out: &mut Vec<Report>,
) -> Vec<bool> {
    let mut left = printed;
    let mut ended = vec![false; orders.len()];
    for (order, ended) in orders.iter_mut().zip(&mut ended) {
        let side = order.order.request.side;
        let through = better(side, order.limit, trade.price);
        let at = order.limit == trade.price && desk.settings.queue == QueueModel::BehindDisplayed;
        if !through && !at {
            break;
        }
        let mut passed = printed;
        if at {
            // Until the market has been seen nobody knows the queue, and nothing reaches the order.
            let Some(ahead) = order.ahead else { continue };
            let news = (printed - order.shrunk).max(0);
            order.shrunk = (order.shrunk - printed).max(0);
            order.ahead = Some((ahead - news).max(0));
            passed = (news - ahead).max(0);
        }
        let allowed = desk.allowed(order, view, out);
        // What orders before it were given is gone from what passed it.
        let free = (passed - (printed - left)).max(0);
        let size = order.whole_lots(free).min(allowed);
        if size == 0 && allowed > 0 {
            continue;
        }
        *ended = fill_resting(desk, order, (size, allowed), ts, out).is_some() || order.remaining == 0;
        left -= size;
    }
    ended
}

fn sweep(orders: &mut Vec<Working>, ended: &[bool], done: &mut Vec<Working>) {
    if !ended.contains(&true) {
        return;
    }
    let mut at = 0;
    orders.retain(|order| {
        let ends = ended[at];
        at += 1;
        if ends {
            done.push(order.clone());
        }
        !ends
    });
}

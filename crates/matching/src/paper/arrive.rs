//! An order reaches the venue: it is rejected, or accepted and matched against what is displayed; what may rest
//! rests, the rest of the rest is canceled.

use tradewind_types::{OrderKind, PriceMantissa, TimeInForce, UnixNanos, VenueOrderId};

use super::consumed::Consumed;
use super::desk::{Desk, Shop};
use super::order::{PaperOrder, Working};
use super::report::{CancelReason, RejectReason, Report, ReportKind};
use super::view::{Liquidity, MarketView};
use crate::reaches;

/// Matches an arriving order. Returns what is to rest.
pub(crate) fn arrive(
    desk: &mut Desk,
    shop: &mut Shop,
    order: &PaperOrder,
    seq: u64,
    ts: UnixNanos,
    view: &impl MarketView,
    out: &mut Vec<Report>,
) -> Option<Working> {
    let liquidity = view.liquidity(order.instrument_idx);
    shop.consumed.refresh(&liquidity);
    let (mut working, venue_order_id) = match admit(desk, order, seq, &liquidity, view, out) {
        Ok(admitted) => admitted,
        Err(reason) => {
            out.push(order.report(ts, ReportKind::Rejected { reason }));
            return None;
        }
    };
    out.push(order.report(ts, ReportKind::Accepted { venue_order_id }));
    let end = take(
        desk,
        &mut shop.consumed,
        &mut working,
        ts,
        (&liquidity, view),
        out,
    );
    if working.remaining == 0 {
        return None;
    }
    if let Some(reason) = end.or_else(|| why_not_rest(&working)) {
        out.push(order.report(ts, ReportKind::Canceled { reason }));
        return None;
    }
    working.ahead = joining(&working, &liquidity);
    Some(working)
}

/// What is displayed at its price when an order joins; `None` while nobody can say, because the market is not valid
/// or the price lies beyond what is displayed.
pub(crate) fn joining(working: &Working, liquidity: &Liquidity<'_>) -> Option<i128> {
    let side = working.order.request.side;
    match liquidity.size_at(side, working.limit) {
        Some(size) => Some(size.0),
        None if liquidity.is_valid() && liquidity.best(side).is_none() => Some(0),
        None => None,
    }
}

fn admit(
    desk: &Desk,
    order: &PaperOrder,
    seq: u64,
    liquidity: &Liquidity<'_>,
    view: &impl MarketView,
    out: &[Report],
) -> Result<(Working, VenueOrderId), RejectReason> {
    let market = &order.instrument.id.market;
    if !desk.fees.contains_key(market) {
        return Err(RejectReason::NoFees(market.clone()));
    }
    let working = Working::new(order, seq).map_err(|e| RejectReason::BadNumber(e.to_string()))?;
    let id = format!("P-{}", order.request.client_order_id);
    let id = VenueOrderId::new(&id).map_err(|e| RejectReason::BadNumber(e.to_string()))?;
    if !working.may_rest() && !liquidity.is_valid() {
        return Err(RejectReason::NoMarketData);
    }
    if order.request.post_only()
        && let Some(best) = liquidity.best(order.request.side.opposite())
        && reaches(order.request.side, working.limit, best)
    {
        let best = best.to_price(order.instrument.price_scale);
        return Err(RejectReason::PostOnlyWouldCross { best });
    }
    if desk.allowed(&working, view, out) == 0 {
        return Err(RejectReason::ReduceOnly);
    }
    Ok((working, id))
}

/// Takes displayed liquidity up to the limit. Says why the order has to go although something is left.
fn take(
    desk: &mut Desk,
    consumed: &mut Consumed,
    working: &mut Working,
    ts: UnixNanos,
    (liquidity, view): (&Liquidity<'_>, &impl MarketView),
    out: &mut Vec<Report>,
) -> Option<CancelReason> {
    let allowed = desk.allowed(working, view, out);
    let takes = reachable(consumed, working, liquidity, allowed);
    let fills_whole = takes.iter().map(|(_, size)| size).sum::<i128>() == working.remaining;
    if working.order.request.time_in_force == TimeInForce::Fok && !fills_whole {
        return Some(CancelReason::FillOrKill);
    }
    let opposite = working.order.request.side.opposite();
    let mut taken = 0;
    for (price, size) in takes {
        if let Err(reason) = desk.fill(working, (price, size), true, ts, out) {
            return Some(reason);
        }
        consumed.add(opposite, price, size);
        taken += size;
    }
    (taken == allowed && working.remaining > 0).then_some(CancelReason::ReduceOnly)
}

/// What of each level an order may take: within its limit, not used before, in whole lots, at most `wanted`.
pub(crate) fn reachable(
    consumed: &Consumed,
    working: &Working,
    liquidity: &Liquidity<'_>,
    wanted: i128,
) -> Vec<(PriceMantissa, i128)> {
    let (side, limit) = (working.order.request.side, working.limit);
    let opposite = side.opposite();
    let mut left = wanted;
    let mut takes = Vec::new();
    liquidity.walk(opposite, |price, size| {
        if left <= 0 || !reaches(side, limit, price) {
            return false;
        }
        let free = working.whole_lots((size.0 - consumed.at(opposite, price)).max(0));
        let size = free.min(left);
        if size > 0 {
            takes.push((price, size));
            left -= size;
        }
        true
    });
    takes
}

fn why_not_rest(working: &Working) -> Option<CancelReason> {
    let request = &working.order.request;
    match (request.kind, request.time_in_force) {
        (OrderKind::Market, _) => Some(CancelReason::NoLiquidity),
        (_, TimeInForce::Ioc) => Some(CancelReason::ImmediateOrCancel),
        (_, TimeInForce::Fok) => Some(CancelReason::FillOrKill),
        (_, TimeInForce::Day | TimeInForce::Gtc) => None,
    }
}

//! An order is changed where it rests or waits.
//!
//! A change takes effect one cancel latency after it was asked for, on the order as it is then, whole or not at all.
//! Shrinking the quantity keeps the place in the queue; everything else puts the order at the end of its queue, and a
//! new price is matched as if the order arrived. The quantity is the total: what was filled counts, a total below it
//! is refused, a total equal to it ends the order as filled. A trailing stop has only its quantity to change. A new
//! display quantity of an iceberg holds from the next slice on; what shows now only shrinks to it.

use tradewind_types::{Instrument, OrderKind, Price, PriceMantissa, Quantity, SizeMantissa};

use super::arrive::would_take;
use super::floor::Floor;
use super::order::{OrderChange, Place, Working};
use super::report::{ModifyRefusal, ReportKind};
use super::shop::Shop;
use super::slots::OrderSlot;
use super::view::{Liquidity, MarketView};

/// What the order is to be, in mantissas.
struct Planned {
    total: i128,
    quantity: Quantity,
    limit: Option<PriceMantissa>,
    level: Option<PriceMantissa>,
    display: Option<(i128, Quantity)>,
}

impl<V: MarketView> Floor<'_, V> {
    /// Carries a change out, or refuses it.
    pub(crate) fn modify(&mut self, shop: &mut Shop, slot: OrderSlot, change: OrderChange) {
        let liquidity = shop.market(self.view);
        let open = self.is_open(shop);
        let Some(order) = self.slots.get_mut(slot) else {
            return;
        };
        let planned = match plan(order, change, &liquidity, open) {
            Ok(planned) => planned,
            Err(reason) => return self.tell(slot, ReportKind::ModifyRejected { reason }),
        };
        if let Some((display, asked)) = planned.display {
            order.display = display;
            // What shows shrinks at once; it grows with the next slice.
            order.slice = order.slice.min(display);
            order.order.request.terms.display = Some(asked);
        }
        let shrinks_only = planned.total <= order.filled + order.remaining
            && planned.limit.is_none_or(|limit| limit == order.limit)
            && planned.level.is_none();
        let (side, waits) = (order.side(), order.place == Place::Waiting);
        order.remaining = planned.total - order.filled;
        order.limit = planned.limit.unwrap_or(order.limit);
        order.order.request.quantity = planned.quantity;
        set_prices(&mut order.order.request.kind, change);
        if let (Some(level), Some(trigger)) = (planned.level, &mut order.trigger) {
            trigger.level = Some(level);
        }
        let done = order.remaining == 0;
        self.tell(
            slot,
            ReportKind::Modified {
                quantity: planned.quantity,
                price: change.price,
                trigger: change.trigger,
                display: change.display,
            },
        );
        if done {
            shop.remove(side, slot);
            return self.slots.remove(slot);
        }
        if shrinks_only {
            return;
        }
        let seq = self.desk.next_seq();
        if let Some(order) = self.slots.get_mut(slot) {
            order.seq = seq;
        }
        if !waits {
            shop.remove(side, slot);
            shop.consumed.refresh(&liquidity);
            self.work(shop, slot, &liquidity, open && liquidity.is_valid());
        } else if open && liquidity.is_valid() {
            let last = shop.mark.as_ref().map(|mark| mark.price);
            self.follow(shop, Some(slot), &liquidity, last);
        }
    }
}

fn set_prices(kind: &mut OrderKind, change: OrderChange) {
    match kind {
        OrderKind::Limit { price, .. } => *price = change.price.unwrap_or(*price),
        OrderKind::StopMarket { trigger } => *trigger = change.trigger.unwrap_or(*trigger),
        OrderKind::StopLimit { trigger, price, .. } => {
            *price = change.price.unwrap_or(*price);
            *trigger = change.trigger.unwrap_or(*trigger);
        }
        OrderKind::Market | OrderKind::TrailingStop { .. } => {}
    }
}

fn plan(
    order: &Working,
    change: OrderChange,
    liquidity: &Liquidity<'_>,
    open: bool,
) -> Result<Planned, ModifyRefusal> {
    if change == OrderChange::default() {
        return Err(ModifyRefusal::Nothing);
    }
    let instrument = &order.order.instrument;
    let (total, quantity) = new_total(order, change.quantity)?;
    let limit = match change.price {
        Some(_) if !order.has_limit() => {
            return Err(ModifyRefusal::NotOfThisOrder("the order has no limit price"));
        }
        price => price.map(|p| new_price(instrument, p, order.tick)).transpose()?,
    };
    let level = match (change.trigger, &order.trigger) {
        (None, _) => None,
        (Some(_), None) => return Err(ModifyRefusal::NotOfThisOrder("the order has no trigger")),
        (Some(_), Some(trigger)) if trigger.fired => {
            return Err(ModifyRefusal::NotOfThisOrder("the stop has been triggered"));
        }
        (Some(_), Some(trigger)) if trigger.is_trailing() => {
            return Err(ModifyRefusal::NotOfThisOrder(
                "the trigger of a trailing stop follows the market",
            ));
        }
        (Some(trigger), Some(_)) => Some(new_price(instrument, trigger, order.tick)?),
    };
    if open
        && order.place == Place::Resting
        && let Some(limit) = limit
        && let Some(best) = would_take(order, limit, liquidity)
    {
        let best = best.to_price(instrument.price_scale);
        return Err(ModifyRefusal::PostOnlyWouldCross { best });
    }
    let display = change
        .display
        .map(|d| new_display(order, d, quantity))
        .transpose()?;
    Ok(Planned {
        total,
        quantity,
        limit,
        level,
        display,
    })
}

fn new_total(order: &Working, quantity: Option<Quantity>) -> Result<(i128, Quantity), ModifyRefusal> {
    let instrument = &order.order.instrument;
    let Some(quantity) = quantity else {
        return Ok((order.filled + order.remaining, order.order.request.quantity));
    };
    let bad = |why: String| ModifyRefusal::BadNumber(why);
    let total = SizeMantissa::from_decimal(quantity.decimal(), instrument.size_scale);
    let total = total.map_err(|e| bad(e.to_string()))?.0;
    if order.whole_lots(total) != total {
        let lot = instrument.lot.normalize();
        return Err(bad(format!(
            "quantity {quantity} is not a multiple of the lot {lot}"
        )));
    }
    if total < order.filled {
        let filled = SizeMantissa(order.filled).to_decimal(instrument.size_scale);
        let filled = filled.and_then(|d| Quantity::new(d).ok()).unwrap_or(quantity);
        return Err(ModifyRefusal::BelowFilled { quantity, filled });
    }
    if quantity.decimal() < instrument.quantity_min {
        let least = instrument.quantity_min.normalize();
        return Err(bad(format!(
            "quantity {quantity} is below the minimum of {least}"
        )));
    }
    Ok((total, quantity))
}

fn new_display(
    order: &Working,
    display: Quantity,
    total: Quantity,
) -> Result<(i128, Quantity), ModifyRefusal> {
    if order.display == 0 {
        return Err(ModifyRefusal::NotOfThisOrder("the order shows all of itself"));
    }
    let instrument = &order.order.instrument;
    let bad = |why: String| ModifyRefusal::BadNumber(why);
    if display > total {
        return Err(bad(format!(
            "display quantity {display} is larger than the order of {total}"
        )));
    }
    let size = SizeMantissa::from_decimal(display.decimal(), instrument.size_scale);
    let size = size.map_err(|e| bad(e.to_string()))?.0;
    if order.whole_lots(size) != size {
        let lot = instrument.lot.normalize();
        return Err(bad(format!(
            "display quantity {display} is not a multiple of the lot {lot}"
        )));
    }
    Ok((size, display))
}

fn new_price(instrument: &Instrument, price: Price, tick: i64) -> Result<PriceMantissa, ModifyRefusal> {
    let bad = |why: String| ModifyRefusal::BadNumber(why);
    let mantissa = PriceMantissa::from_decimal(price.decimal(), instrument.price_scale);
    let mantissa = mantissa.map_err(|e| bad(e.to_string()))?;
    if mantissa.0.rem_euclid(tick) != 0 {
        let tick = instrument.tick.normalize();
        return Err(bad(format!("price {price} is not a multiple of the tick {tick}")));
    }
    if mantissa.0 <= 0 && !instrument.price_may_be_negative {
        return Err(bad(format!("price {price} must be greater than 0")));
    }
    Ok(mantissa)
}

//! Matching against bars, where nothing finer is known.
//!
//! A bar is walked along a path through its four prices: the open, the extreme that is nearer to the open, the other
//! extreme, the close. When both are as far, a bar that closes at its open or above went low first, another high
//! first. The open has the bar's opening time, the close its end, the extremes a third and two thirds of the way.
//!
//! Along the path the price passes every tick, so that what rests fills at exactly its level: a limit at its price,
//! a stop at its trigger. Only from the close of one bar to the open of the next it jumps: limits and stops that it
//! jumps over fill at the open, which is better than the limit and worse than the trigger.
//!
//! [`super::PaperVenue::step_bar`] stops wherever something happened, so that the caller can react there: an order sent
//! (without latency) from between two points meets the price where the walk stopped. For orders, changes and cancels of
//! the instrument that is walked the venue goes by the walk's time, whatever time the caller names: bars of several
//! instruments are walked one after the other, and the caller's clock does not go back for the second. What was sent
//! since the last bar meets the open, before what rests there.
//!
//! Assumptions that can be set ([`BarSettings`]): half a spread around the path (a buy fills when the path is half a
//! spread below its limit, a market order pays half a spread); a cap on what all our orders may fill in one bar; how
//! far the path must go through a limit. Within the cap any size is there at the path's price; triggers by
//! [`tradewind_types::TriggerBy::Last`] and `Mid` are compared with the path itself. The queue is not simulated.

use rust_decimal::Decimal;
use tradewind_types::market::Bar;
use tradewind_types::{InstrumentIdx, PriceMantissa, Rounding, Side, TriggerBy, UnixNanos};

use super::order::Working;
use super::shop::Shop;
use super::slots::Slots;
use super::view::Liquidity;

/// Half of the spread assumed around a bar's path.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum HalfSpread {
    /// Bid = offer = path.
    #[default]
    None,
    /// In millionths of a tick (500,000 = half a tick), rounded up to the price's scale.
    TickMillionths(u32),
    /// In millionths of the price (100 = 1 bp), rounded up to the price's scale.
    PriceMillionths(u32),
}

/// Assumptions on matching against bars.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BarSettings {
    /// Half a spread around the path.
    pub half_spread: HalfSpread,
    /// At most this fraction of a bar's volume is filled for all our orders together; `None` = any size.
    pub volume_cap: Option<Decimal>,
    /// Ticks by which the path has to go through a resting limit to fill it; 0 = touching it is enough.
    pub limit_through_ticks: u32,
}

/// A price on a bar's path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BarPoint {
    /// When.
    pub ts: UnixNanos,
    /// Where.
    pub price: PriceMantissa,
}

/// The path through a bar's four prices; see the module. `end` is when the bar ended: the last of a session may be shorter
/// than its interval.
#[must_use]
pub fn bar_path(bar: &Bar, end: UnixNanos) -> [BarPoint; 4] {
    let up = i128::from(bar.high.0) - i128::from(bar.open.0);
    let down = i128::from(bar.open.0) - i128::from(bar.low.0);
    let low_first = down < up || (down == up && bar.close >= bar.open);
    let (near, far) = if low_first {
        (bar.low, bar.high)
    } else {
        (bar.high, bar.low)
    };
    let length = end.since(bar.ts);
    let third = length / 3;
    let point = |after: u64, price| BarPoint {
        ts: bar.ts.plus(after),
        price,
    };
    [
        point(0, bar.open),
        point(third, near),
        point(2 * third, far),
        point(length, bar.close),
    ]
}

/// Where the price of an instrument stands in its bar.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) price: PriceMantissa,
    /// Tick of the instrument; 1 until an order told it.
    pub(crate) tick: i64,
    pub(crate) settings: BarSettings,
    /// What may still be filled in this bar.
    pub(crate) left: Option<i128>,
    /// Whether the price has just jumped here instead of passing everything on its way.
    pub(crate) jumped: bool,
    /// While a walk is under way, the time where it stands.
    pub(crate) walking: Option<UnixNanos>,
    /// When the bar ends.
    pub(crate) end: UnixNanos,
}

impl Mark {
    fn half(&self, price: i64) -> i64 {
        let part = |of: i64, millionths: u32| {
            let product = i128::from(of).abs() * i128::from(millionths);
            i64::try_from((product + 999_999) / 1_000_000).unwrap_or(i64::MAX / 4)
        };
        match self.settings.half_spread {
            HalfSpread::None => 0,
            HalfSpread::TickMillionths(parts) => part(self.tick, parts),
            HalfSpread::PriceMillionths(parts) => part(price, parts),
        }
    }

    fn ask(&self, price: i64) -> i64 {
        price.saturating_add(self.half(price))
    }

    fn bid(&self, price: i64) -> i64 {
        price.saturating_sub(self.half(price))
    }

    pub(crate) fn liquidity(&self) -> Liquidity<'static> {
        Liquidity::Prices {
            bid: PriceMantissa(self.bid(self.price.0)),
            ask: PriceMantissa(self.ask(self.price.0)),
        }
    }

    fn through(&self) -> i64 {
        i64::from(self.settings.limit_through_ticks).saturating_mul(self.tick)
    }

    /// The worst limit that is filled while the opposite side is at `best`.
    pub(crate) fn needed_limit(&self, side: Side, best: PriceMantissa) -> PriceMantissa {
        PriceMantissa(match side {
            Side::Buy => best.0.saturating_add(self.through()),
            Side::Sell => best.0.saturating_sub(self.through()),
        })
    }

    /// Where on the path a resting limit fills: the highest price at which the offer is within a buy's limit.
    fn limit_level(&self, side: Side, limit: PriceMantissa) -> i64 {
        match side {
            Side::Buy => self.highest(limit.0.saturating_sub(self.through()), Self::ask),
            Side::Sell => self.lowest(limit.0.saturating_add(self.through()), Self::bid),
        }
    }

    /// Where on the path a stop is reached.
    fn stop_level(&self, order: &Working) -> Option<i64> {
        let trigger = order.trigger.as_ref().filter(|t| !t.fired)?;
        let level = trigger.level?.0;
        Some(match (trigger.by, order.side()) {
            (TriggerBy::Last | TriggerBy::Mid, _) => level,
            (TriggerBy::Quote, Side::Buy) => self.lowest(level, Self::ask),
            (TriggerBy::Quote, Side::Sell) => self.highest(level, Self::bid),
        })
    }

    /// The highest path price whose quote is at most `level`. The quote rises with the path.
    fn highest(&self, level: i64, quote: fn(&Self, i64) -> i64) -> i64 {
        let mut price = self.inverse(level, quote);
        while quote(self, price) > level {
            price -= 1;
        }
        while quote(self, price.saturating_add(1)) <= level && price < i64::MAX {
            price += 1;
        }
        price
    }

    /// The lowest path price whose quote is at least `level`.
    fn lowest(&self, level: i64, quote: fn(&Self, i64) -> i64) -> i64 {
        let mut price = self.inverse(level, quote);
        while quote(self, price) < level {
            price += 1;
        }
        while quote(self, price.saturating_sub(1)) >= level && price > i64::MIN {
            price -= 1;
        }
        price
    }

    /// About the path price of a quote: two steps of the fixed point, which leaves a few units.
    fn inverse(&self, level: i64, quote: fn(&Self, i64) -> i64) -> i64 {
        let mut price = level;
        for _ in 0..4 {
            price = price.saturating_add(level.saturating_sub(quote(self, price)));
        }
        price
    }
}

/// What may be filled in a bar.
#[inline]
pub(crate) fn cap_of(settings: &BarSettings, bar: &Bar) -> Option<i128> {
    let cap = settings.volume_cap?;
    let product = Decimal::try_from_i128_with_scale(bar.volume.0, 0)
        .ok()
        .and_then(|volume| volume.checked_mul(cap));
    let whole = product.map(|p| Rounding::Down.to_decimals(p, 0));
    // A volume that no decimal holds is no limit for anybody.
    Some(whole.map_or(i128::MAX >> 24, |w| i128::try_from(w).unwrap_or(0)))
}

/// A walk along one bar's path; made by [`super::PaperVenue::begin_bar`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BarWalk {
    pub(crate) instrument: InstrumentIdx,
    pub(crate) points: [BarPoint; 4],
    pub(crate) stage: Stage,
    /// Where the walk stands.
    pub(crate) at: BarPoint,
    /// Where the caller wants it to stop.
    pub(crate) watch: Option<PriceMantissa>,
    /// Whether the last step ended there.
    pub(crate) reached: bool,
    /// Whether every step returns to the caller.
    pub(crate) whole: bool,
}

/// What comes next on a walk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    /// The price jumps to the open; what was due until then meets it.
    Open,
    /// What rests meets the open.
    Jumped,
    /// To the point of this number.
    Towards(usize),
    Over,
}

impl BarWalk {
    /// A walk that nobody waits for: it stands at the close.
    pub(crate) fn over(bar: &Bar) -> Self {
        let close = BarPoint {
            ts: bar.ts.plus(bar.interval.nanos()),
            price: bar.close,
        };
        Self {
            instrument: bar.instrument,
            points: [close; 4],
            stage: Stage::Over,
            at: close,
            watch: None,
            reached: false,
            whole: false,
        }
    }

    /// Where the walk stands: the time and the price at which what was reported last happened.
    #[must_use]
    pub fn position(&self) -> BarPoint {
        self.at
    }

    /// Whether the close has been reached.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// The next place on the way to the point of number `to` where an order may fill or fire, or the point itself.
    pub(crate) fn next_place(&self, to: usize, shop: &Shop, slots: &Slots) -> BarPoint {
        let (from, target) = (self.points[to - 1], self.points[to]);
        let (Some(mark), true) = (&shop.mark, target.price != self.at.price) else {
            return target;
        };
        let (here, there) = (self.at.price.0, target.price.0);
        let rises = there > here;
        let ahead = |level: &i64| {
            if rises {
                (here + 1..=there).contains(level)
            } else {
                (there..here).contains(level)
            }
        };
        let limits = if rises { Side::Sell } else { Side::Buy };
        let mut levels = shop.queue(limits).iter();
        // The queue has the best price first, which the path meets first.
        let limit = levels.find_map(|rest| Some(mark.limit_level(limits, rest.limit)).filter(ahead));
        let stops = shop.stops.iter().filter_map(|slot| slots.get(*slot));
        let stops = stops.filter(|order| order.side() == limits.opposite());
        let levels = stops
            .filter_map(|order| mark.stop_level(order).filter(ahead))
            .chain(limit);
        let next = if rises { levels.min() } else { levels.max() };
        next.map_or(target, |price| BarPoint {
            ts: self.time_of(from, target, price).max(self.at.ts),
            price: PriceMantissa(price),
        })
    }

    /// When the path between two points passes a price, at even speed.
    pub(super) fn time_of(&self, from: BarPoint, to: BarPoint, price: i64) -> UnixNanos {
        let way = u128::from(to.price.0.abs_diff(from.price.0)).max(1);
        let done = u128::from(price.abs_diff(from.price.0)).min(way);
        let span = u128::from(to.ts.since(from.ts));
        // A part of a span of nanoseconds fits as the span did.
        from.ts.plus(u64::try_from(span * done / way).unwrap_or(u64::MAX))
    }
}

//! Triggers of stops: which price they are compared with, when they are reached, and how a trailing one follows.
//!
//! * A buy stop is reached when its reference price is at its level or above, a sell stop when it is at it or below.
//! * The reference is, by [`TriggerBy`]: the best price of the side that the order would take from; the last public
//!   trade; or the middle of bid and offer. Where nothing but last trades is known, all three are the last trade.
//! * A trailing stop begins to follow when the reference reaches its activation price (a sell's from below, a buy's
//!   from above), or at once without one. Its level is the best reference since then, less (plus, for a buy) the
//!   offset, brought to the tick away from the market, and it never goes back.
//! * A moved level is told for the first time and then whenever it has moved by a tenth of its distance.

use rust_decimal::Decimal;
use tradewind_types::num::NumberError;
use tradewind_types::{OrderKind, OrderRequest, Price, PriceMantissa, Side, TrailingOffset, TriggerBy};

use super::view::Liquidity;

/// Parts of a distance by which a moved trigger is told again.
const TOLD_PARTS: i128 = 10;

/// A reference price, doubled so that a middle between two prices is exact.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Doubled(pub(crate) i128);

impl Doubled {
    pub(crate) fn of(price: PriceMantissa) -> Self {
        Self(2 * i128::from(price.0))
    }
}

/// The trigger of one stop.
#[derive(Clone, Debug)]
pub(crate) struct Trigger {
    /// Where it is; `None` while a trailing one does not follow yet.
    pub(crate) level: Option<PriceMantissa>,
    pub(crate) by: TriggerBy,
    pub(crate) fired: bool,
    trail: Option<Trail>,
}

/// How a trigger follows the market.
#[derive(Clone, Debug)]
struct Trail {
    offset: Offset,
    tick: i64,
    activation: Option<PriceMantissa>,
    following: bool,
    /// The level told last.
    told: Option<PriceMantissa>,
}

#[derive(Clone, Copy, Debug)]
enum Offset {
    Price(i64),
    /// In millionths of the reference.
    Millionths(i64),
}

/// The prices that triggers are compared with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct References {
    bid: Option<PriceMantissa>,
    ask: Option<PriceMantissa>,
    last: Option<PriceMantissa>,
}

impl References {
    /// From what is displayed and the last trade.
    pub(crate) fn new(liquidity: &Liquidity<'_>, last: Option<PriceMantissa>) -> Self {
        let last = match liquidity {
            Liquidity::Last(price) => Some(*price),
            _ => last,
        };
        Self {
            bid: liquidity.best(Side::Buy),
            ask: liquidity.best(Side::Sell),
            last,
        }
    }

    pub(crate) fn of(&self, side: Side, by: TriggerBy) -> Option<Doubled> {
        match (by, side) {
            (TriggerBy::Quote, Side::Buy) => self.ask.map(Doubled::of),
            (TriggerBy::Quote, Side::Sell) => self.bid.map(Doubled::of),
            (TriggerBy::Last, _) => self.last.map(Doubled::of),
            (TriggerBy::Mid, _) => {
                let (bid, ask) = (self.bid?, self.ask?);
                Some(Doubled(i128::from(bid.0) + i128::from(ask.0)))
            }
        }
    }
}

impl Trigger {
    /// The trigger of a request, if it has one.
    pub(crate) fn of(
        request: &OrderRequest,
        tick: i64,
        mantissa: impl Fn(Price) -> Result<PriceMantissa, NumberError>,
    ) -> Result<Option<Self>, NumberError> {
        let by = request.terms.trigger_by;
        let plain = |level| Self {
            level: Some(level),
            by,
            fired: false,
            trail: None,
        };
        Ok(match request.kind {
            OrderKind::Market | OrderKind::Limit { .. } => None,
            OrderKind::StopMarket { trigger } | OrderKind::StopLimit { trigger, .. } => {
                Some(plain(mantissa(trigger)?))
            }
            OrderKind::TrailingStop { offset, activation } => {
                let offset = match offset {
                    TrailingOffset::Price(distance) => Offset::Price(mantissa(distance)?.0.max(1)),
                    TrailingOffset::Percent(percent) => Offset::Millionths(millionths(percent)?),
                };
                Some(Self {
                    level: None,
                    by,
                    fired: false,
                    trail: Some(Trail {
                        offset,
                        tick,
                        activation: activation.map(mantissa).transpose()?,
                        following: false,
                        told: None,
                    }),
                })
            }
        })
    }

    /// Whether it follows the market.
    pub(crate) fn is_trailing(&self) -> bool {
        self.trail.is_some()
    }

    /// Puts it where it was before a restart.
    pub(crate) fn resume(&mut self, level: PriceMantissa) {
        self.level = Some(level);
        if let Some(trail) = &mut self.trail {
            trail.following = true;
            trail.told = Some(level);
        }
    }

    pub(crate) fn is_reached(&self, side: Side, reference: Doubled) -> bool {
        self.level.is_some_and(|level| match side {
            Side::Buy => reference >= Doubled::of(level),
            Side::Sell => reference <= Doubled::of(level),
        })
    }

    /// Follows the market; the level when it is to be told.
    pub(crate) fn follow(&mut self, side: Side, reference: Doubled) -> Option<PriceMantissa> {
        let trail = self.trail.as_mut()?;
        if !trail.following {
            trail.following = trail.activation.is_none_or(|activation| match side {
                Side::Buy => reference <= Doubled::of(activation),
                Side::Sell => reference >= Doubled::of(activation),
            });
            if !trail.following {
                return None;
            }
        }
        let level = trail.level(side, reference)?;
        let better = self.level.is_none_or(|old| match side {
            Side::Buy => level < old,
            Side::Sell => level > old,
        });
        if !better {
            return None;
        }
        self.level = Some(level);
        let far_enough = trail.told.is_none_or(|told| {
            let moved = (i128::from(level.0) - i128::from(told.0)).abs();
            moved * TOLD_PARTS * 2 >= trail.distance(reference)
        });
        far_enough.then(|| {
            trail.told = Some(level);
            level
        })
    }
}

impl Trail {
    /// The doubled distance from a reference.
    fn distance(&self, reference: Doubled) -> i128 {
        match self.offset {
            Offset::Price(offset) => 2 * i128::from(offset),
            Offset::Millionths(part) => reference.0.abs().saturating_mul(i128::from(part)) / 1_000_000,
        }
    }

    /// The level at a distance from a reference, on the tick away from the market.
    fn level(&self, side: Side, reference: Doubled) -> Option<PriceMantissa> {
        let step = 2 * i128::from(self.tick);
        let level = match side {
            Side::Sell => (reference.0 - self.distance(reference)).div_euclid(step),
            Side::Buy => -(-(reference.0 + self.distance(reference))).div_euclid(step),
        };
        let level = level.checked_mul(i128::from(self.tick))?;
        i64::try_from(level).ok().map(PriceMantissa)
    }
}

/// A percentage in millionths of the whole.
fn millionths(percent: Decimal) -> Result<i64, NumberError> {
    let operation = "trailing offset in percent";
    let scaled = percent
        .checked_mul(Decimal::from(10_000))
        .ok_or(NumberError::Overflow { operation })?;
    let whole = tradewind_types::Rounding::HalfEven.to_decimals(scaled, 0);
    i64::try_from(whole).map_err(|_| NumberError::Overflow { operation })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trailing(offset: Offset, activation: Option<i64>) -> Trigger {
        Trigger {
            level: None,
            by: TriggerBy::Quote,
            fired: false,
            trail: Some(Trail {
                offset,
                tick: 5,
                activation: activation.map(PriceMantissa),
                following: false,
                told: None,
            }),
        }
    }

    fn at(price: i64) -> Doubled {
        Doubled::of(PriceMantissa(price))
    }

    #[test]
    fn a_trailing_sell_follows_up_only_and_tells_each_tenth_of_its_offset() {
        let mut trigger = trailing(Offset::Price(100), None);
        assert_eq!(trigger.follow(Side::Sell, at(1_000)), Some(PriceMantissa(900)));
        assert_eq!(trigger.follow(Side::Sell, at(1_009)), None, "905, not told");
        assert_eq!(trigger.level, Some(PriceMantissa(905)));
        assert_eq!(trigger.follow(Side::Sell, at(1_012)), Some(PriceMantissa(910)));
        assert_eq!(trigger.follow(Side::Sell, at(950)), None);
        assert!(!trigger.is_reached(Side::Sell, at(911)));
        assert!(trigger.is_reached(Side::Sell, at(910)));
    }

    #[test]
    fn a_trailing_buy_in_percent_is_brought_to_the_tick_away_from_the_market() {
        let mut trigger = trailing(Offset::Millionths(10_000), Some(1_000));
        assert_eq!(trigger.follow(Side::Buy, at(1_001)), None, "not active yet");
        // 999 + 9.99 = 1008.99 → 1010.
        assert_eq!(trigger.follow(Side::Buy, at(999)), Some(PriceMantissa(1_010)));
        assert!(trigger.is_reached(Side::Buy, at(1_010)) && !trigger.is_reached(Side::Buy, at(1_009)));
    }

    #[test]
    fn a_middle_between_two_prices_is_compared_exactly() {
        let references = References {
            bid: Some(PriceMantissa(10)),
            ask: Some(PriceMantissa(11)),
            last: None,
        };
        let middle = references.of(Side::Buy, TriggerBy::Mid).expect("both sides");
        let stop = |level| Trigger {
            level: Some(PriceMantissa(level)),
            by: TriggerBy::Mid,
            fired: false,
            trail: None,
        };
        assert!(!stop(11).is_reached(Side::Buy, middle) && stop(11).is_reached(Side::Sell, middle));
        assert!(stop(10).is_reached(Side::Buy, middle) && !stop(10).is_reached(Side::Sell, middle));
        assert_eq!(references.of(Side::Buy, TriggerBy::Last), None);
    }
}

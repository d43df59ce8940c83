//! What our fills add up to, exactly, and what it is worth in decimals.
//!
//! Inside the lane prices are ticks and sizes are lots, so that a notional is a whole number of tick·lots and `i128`
//! holds the sums without rounding; an overflow is an error. Fees are proportional to notionals and sizes, so that their
//! total follows from the sums per role at the end, exactly and without a step per fill. (A venue that rounds each
//! fill's fee to its smallest unit charges up to half a unit per fill differently.) Decimals are made at this boundary
//! only, in [`Scale`].

use rust_decimal::Decimal;
use tradewind_types::market::{BookAction, BookUpdate, Trade};
use tradewind_types::{NumberError, PriceMantissa, Side, SizeMantissa, UnixNanos};

use super::DepthError;
use super::event::DepthEvent;

/// Counters and sums of one run, in ticks and lots.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// Market events processed at the venue.
    pub events: u64,
    /// Events that a by-order feed should not have sent: unknown or repeated orders. They changed nothing.
    pub strays: u64,
    /// Requests that arrived at the venue.
    pub requests: u64,
    /// Orders that came to rest.
    pub accepted: u64,
    /// Requests refused by the venue.
    pub refused: u64,
    /// Orders, or rests of orders, that ended without a trade.
    pub ended: u64,
    /// Fills as the resting side.
    pub maker_fills: u64,
    /// Fills as the taking side.
    pub taker_fills: u64,
    /// Lots filled resting.
    pub maker_lots: i128,
    /// Lots filled taking.
    pub taker_lots: i128,
    /// Σ |price| × size of fills resting, tick·lots.
    pub maker_notional: i128,
    /// Σ |price| × size of fills taking, tick·lots.
    pub taker_notional: i128,
    /// Lots bought less lots sold.
    pub position: i64,
    /// Tick·lots received less paid, before fees.
    pub cash: i128,
}

impl Totals {
    pub(super) fn fill(&mut self, side: Side, price: i64, size: i64, maker: bool) -> Result<(), DepthError> {
        let signed = if side == Side::Buy { size } else { -size };
        // |price| ≤ 2⁶² and size ≤ 2⁵³: the products fit.
        let paid = i128::from(price) * i128::from(signed);
        let (fills, lots, notional) = if maker {
            (
                &mut self.maker_fills,
                &mut self.maker_lots,
                &mut self.maker_notional,
            )
        } else {
            (
                &mut self.taker_fills,
                &mut self.taker_lots,
                &mut self.taker_notional,
            )
        };
        *fills += 1;
        *lots += i128::from(size);
        *notional = notional.checked_add(paid.abs()).ok_or(DepthError::Overflow)?;
        self.cash = self.cash.checked_sub(paid).ok_or(DepthError::Overflow)?;
        self.position = self.position.checked_add(signed).ok_or(DepthError::Overflow)?;
        Ok(())
    }

    /// All fills.
    #[must_use]
    pub fn fills(&self) -> u64 {
        self.maker_fills + self.taker_fills
    }
}

/// Fees of one role; negative is a rebate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FeeRate {
    /// Part of the notional, e.g. 0.001.
    pub of_notional: Decimal,
    /// Per unit of size (share, contract, coin).
    pub per_unit: Decimal,
}

/// Fees by role.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Fees {
    /// For fills as the resting side.
    pub maker: FeeRate,
    /// For fills as the taking side.
    pub taker: FeeRate,
}

/// What a run left, in decimals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Account {
    /// Units of the instrument.
    pub position: Decimal,
    /// Money received less paid, before fees.
    pub cash: Decimal,
    /// Fees.
    pub fees: Decimal,
}

/// What ticks and lots are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scale {
    tick: Decimal,
    lot: Decimal,
    multiplier: Decimal,
    tick_mantissa: i64,
    lot_mantissa: i128,
    price_scale: u8,
    size_scale: u8,
}

/// Why a number of a feed has no place in ticks and lots.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ScaleError {
    /// Tick, lot or multiplier is not above zero, or is finer than the feed's scale.
    #[error(
        "tick {tick}, lot {lot} and multiplier {multiplier} have to be above zero and whole at the feed's scale"
    )]
    Step {
        /// Tick.
        tick: Decimal,
        /// Lot.
        lot: Decimal,
        /// Multiplier.
        multiplier: Decimal,
    },
    /// A price that is no whole number of ticks.
    #[error("price {price} is not a whole number of ticks of {tick}")]
    OffTick {
        /// The price.
        price: Decimal,
        /// The tick.
        tick: Decimal,
    },
    /// A size that is no whole number of lots, or too large.
    #[error("size mantissa {size} is not a whole number of lots of {lot}, or too large")]
    OffLot {
        /// The size's mantissa.
        size: i128,
        /// The lot.
        lot: Decimal,
    },
    /// A trade without an aggressor moves no queue.
    #[error("trade {trade_id} does not say who took: a queue cannot be followed with it")]
    NoAggressor {
        /// The trade's number.
        trade_id: u64,
    },
}

impl Scale {
    /// `tick` and `lot` are the steps of price and size, `multiplier` the contract's; the scales are the decimals of
    /// the feed's mantissas.
    ///
    /// # Errors
    /// [`ScaleError::Step`].
    pub fn new(
        tick: Decimal,
        lot: Decimal,
        multiplier: Decimal,
        price_scale: u8,
        size_scale: u8,
    ) -> Result<Self, ScaleError> {
        let wrong = ScaleError::Step {
            tick,
            lot,
            multiplier,
        };
        let tick_mantissa = PriceMantissa::from_decimal(tick, price_scale).map_err(|_| wrong.clone())?;
        let lot_mantissa = SizeMantissa::from_decimal(lot, size_scale).map_err(|_| wrong.clone())?;
        if tick_mantissa.0 <= 0 || lot_mantissa.0 <= 0 || multiplier <= Decimal::ZERO {
            return Err(wrong);
        }
        Ok(Self {
            tick,
            lot,
            multiplier,
            tick_mantissa: tick_mantissa.0,
            lot_mantissa: lot_mantissa.0,
            price_scale,
            size_scale,
        })
    }

    /// Ticks of a price.
    ///
    /// # Errors
    /// [`ScaleError::OffTick`].
    pub fn ticks(&self, price: PriceMantissa) -> Result<i64, ScaleError> {
        if price.0 % self.tick_mantissa == 0 {
            return Ok(price.0 / self.tick_mantissa);
        }
        Err(ScaleError::OffTick {
            price: price.to_decimal(self.price_scale),
            tick: self.tick,
        })
    }

    /// Lots of a size.
    ///
    /// # Errors
    /// [`ScaleError::OffLot`].
    pub fn lots(&self, size: SizeMantissa) -> Result<i64, ScaleError> {
        let whole = size.0 % self.lot_mantissa == 0;
        let lots = i64::try_from(size.0 / self.lot_mantissa);
        lots.ok().filter(|_| whole).ok_or(ScaleError::OffLot {
            size: size.0,
            lot: self.lot,
        })
    }

    /// The events of a book message, appended: a snapshot clears both sides first. It happened at `ts_event` and
    /// reached us at `ts_init`; a delay above 4.29 s, or below 0, counts as that.
    ///
    /// # Errors
    /// [`ScaleError`]; nothing was appended then.
    pub fn book(&self, update: &BookUpdate, out: &mut Vec<DepthEvent>) -> Result<(), ScaleError> {
        let start = out.len();
        let (ts_ns, delay_ns) = times(update.ts_event, update.ts_init);
        if update.action == BookAction::Snapshot {
            out.extend([Side::Buy, Side::Sell].map(|side| DepthEvent::clear(ts_ns, side).delayed(delay_ns)));
        }
        for level in &update.levels {
            let numbers = self
                .ticks(level.price)
                .and_then(|price| Ok((price, self.lots(level.size)?)));
            match numbers {
                Ok((price, size)) => {
                    out.push(DepthEvent::level(ts_ns, level.side, price, size).delayed(delay_ns));
                }
                Err(error) => {
                    out.truncate(start);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// The event of a public trade, with times as in [`Scale::book`].
    ///
    /// # Errors
    /// [`ScaleError`].
    pub fn trade(&self, trade: &Trade) -> Result<DepthEvent, ScaleError> {
        let aggressor = trade.aggressor.ok_or(ScaleError::NoAggressor {
            trade_id: trade.trade_id,
        })?;
        let (price, size) = (self.ticks(trade.price)?, self.lots(trade.size)?);
        let (ts_ns, delay_ns) = times(trade.ts_event, trade.ts_init);
        Ok(DepthEvent::trade(ts_ns, aggressor, price, size).delayed(delay_ns))
    }

    /// The decimals of the feed's mantissas: price, size.
    #[must_use]
    pub fn decimals(&self) -> (u8, u8) {
        (self.price_scale, self.size_scale)
    }

    /// What the totals are worth, with these fees.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] where a figure does not fit a decimal.
    pub fn account(&self, totals: &Totals, fees: &Fees) -> Result<Account, NumberError> {
        let unit = product(&[self.tick, self.lot, self.multiplier])?;
        let fee = |rate: &FeeRate, notional: i128, lots: i128| -> Result<Decimal, NumberError> {
            let part = product(&[whole(notional)?, unit, rate.of_notional])?;
            let units = product(&[whole(lots)?, self.lot, rate.per_unit])?;
            part.checked_add(units).ok_or(OVERFLOW)
        };
        let maker = fee(&fees.maker, totals.maker_notional, totals.maker_lots)?;
        let taker = fee(&fees.taker, totals.taker_notional, totals.taker_lots)?;
        Ok(Account {
            position: product(&[whole(i128::from(totals.position))?, self.lot])?,
            cash: product(&[whole(totals.cash)?, unit])?,
            fees: maker.checked_add(taker).ok_or(OVERFLOW)?,
        })
    }
}

/// When it happened (after the year 2262: then), and how much later it reached us.
fn times(event: UnixNanos, init: UnixNanos) -> (i64, u32) {
    let late = init.0.saturating_sub(event.0);
    (
        i64::try_from(event.0).unwrap_or(i64::MAX),
        u32::try_from(late).unwrap_or(u32::MAX),
    )
}

const OVERFLOW: NumberError = NumberError::Overflow {
    operation: "totals of a depth lane",
};

fn whole(value: i128) -> Result<Decimal, NumberError> {
    Decimal::try_from_i128_with_scale(value, 0).map_err(|_| OVERFLOW)
}

fn product(factors: &[Decimal]) -> Result<Decimal, NumberError> {
    let start = Some(Decimal::ONE);
    let product = factors.iter().fold(start, |p, f| p?.checked_mul(*f));
    product.map(|p| p.normalize()).ok_or(OVERFLOW)
}

#[cfg(test)]
mod tests {
    use tradewind_types::InstrumentIdx;
    use tradewind_types::market::BookLevel;

    use super::*;

    fn dec(text: &str) -> Decimal {
        tradewind_types::num::parse_decimal(text).expect("a decimal")
    }

    #[test]
    fn sums_and_fees_are_exact() {
        let scale = Scale::new(dec("0.05"), dec("75"), dec("1"), 2, 0).expect("legal");
        let mut totals = Totals::default();
        // 2 lots of 75 bought at 100.05, sold at 105.10: 757.50 gained.
        totals.fill(Side::Buy, 2_001, 2, true).expect("fits");
        totals.fill(Side::Sell, 2_102, 2, false).expect("fits");
        let fees = Fees {
            maker: FeeRate {
                of_notional: dec("-0.0001"),
                per_unit: Decimal::ZERO,
            },
            taker: FeeRate {
                of_notional: dec("0.0003"),
                per_unit: dec("0.01"),
            },
        };
        let account = scale.account(&totals, &fees).expect("fits");
        assert_eq!(account.position, Decimal::ZERO);
        assert_eq!(account.cash, dec("757.5"));
        // -0.0001 × 15,007.50 + 0.0003 × 15,765 + 0.01 × 150
        assert_eq!(account.fees, dec("4.72875"));
    }

    #[test]
    fn prices_and_sizes_off_their_steps_are_refused() {
        let scale = Scale::new(dec("0.05"), dec("75"), dec("1"), 2, 0).expect("legal");
        assert_eq!(scale.ticks(PriceMantissa(10_005)), Ok(2_001));
        assert!(matches!(
            scale.ticks(PriceMantissa(10_006)),
            Err(ScaleError::OffTick { .. })
        ));
        assert_eq!(scale.lots(SizeMantissa(150)), Ok(2));
        assert!(scale.lots(SizeMantissa(151)).is_err());
        assert!(scale.lots(SizeMantissa(75 * (1 << 70))).is_err());
        assert!(Scale::new(dec("0.001"), dec("1"), dec("1"), 2, 0).is_err());
        assert!(Scale::new(dec("0"), dec("1"), dec("1"), 2, 0).is_err());
    }

    #[test]
    fn a_snapshot_clears_both_sides_and_carries_its_delay_and_a_bad_level_appends_nothing() {
        let scale = Scale::new(dec("0.05"), dec("75"), dec("1"), 2, 0).expect("legal");
        let level = |price, size| BookLevel {
            side: Side::Sell,
            price: PriceMantissa(price),
            size: SizeMantissa(size),
        };
        let update = |levels: &[BookLevel]| BookUpdate {
            instrument: InstrumentIdx(0),
            action: BookAction::Snapshot,
            levels: levels.iter().copied().collect(),
            ts_event: UnixNanos(1_000),
            ts_init: UnixNanos(1_250),
        };
        let mut out = Vec::new();
        scale
            .book(&update(&[level(10_005, 150)]), &mut out)
            .expect("on its steps");
        let told = [
            DepthEvent::clear(1_000, Side::Buy),
            DepthEvent::clear(1_000, Side::Sell),
            DepthEvent::level(1_000, Side::Sell, 2_001, 2),
        ];
        assert_eq!(out, told.map(|event| event.delayed(250)));
        assert!(
            scale
                .book(&update(&[level(10_005, 75), level(10_006, 75)]), &mut out)
                .is_err()
        );
        assert_eq!(out.len(), 3);
        assert_eq!(times(UnixNanos(5), UnixNanos(3)), (5, 0));
        assert_eq!(times(UnixNanos(0), UnixNanos(u64::MAX)), (0, u32::MAX));
    }

    #[test]
    fn an_overflow_of_the_sums_is_an_error() {
        let mut totals = Totals::default();
        let filled = (0..1 << 20).try_for_each(|_| totals.fill(Side::Buy, 1 << 62, 1 << 48, true));
        assert_eq!(filled, Err(DepthError::Overflow));
    }
}

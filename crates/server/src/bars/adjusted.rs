//! Bars as if today's units and payments had held all along.

use std::sync::Arc;

use tradewind_calendar::actions::{AdjustmentTable, Factors};
use tradewind_store::catalog::SCALE_MAX;
use tradewind_types::market::{Bar, OpenInterest};
use tradewind_types::{Decimal, Instrument, PriceMantissa, SizeMantissa};

use super::BarsRead;
use crate::problem::{ApiError, ApiResult};

/// Decimals that adjusted figures have beyond the instrument's own: a factor seldom leaves a price on its tick.
const MORE_DECIMALS: u8 = 4;

/// Brings bars to the units and prices of now: each by the factors of the time it opens at, prices by the price's, volume
/// and open interest by the size's, value by both. The figures have up to four decimals more than the instrument's, and its
/// scales in `read` are theirs; what lies between is rounded to the nearest, half away from 0. Nothing is changed where no
/// action has a factor.
///
/// Bars that hold days before and after an action must not be asked for: one factor cannot be right for both.
///
/// # Errors
/// A field error for `adjust` when a figure no longer fits.
pub fn adjust(read: &mut BarsRead, table: &AdjustmentTable) -> ApiResult<()> {
    if table.is_empty() {
        return Ok(());
    }
    let own: &Instrument = &read.instrument;
    let [price, size] =
        [own.price_scale, own.size_scale].map(|scale| MORE_DECIMALS.min(SCALE_MAX.saturating_sub(scale)));
    read.instrument = Arc::new(Instrument {
        price_scale: own.price_scale + price,
        size_scale: own.size_scale + size,
        ..own.clone()
    });
    for bar in &mut read.bars {
        *bar = adjusted(bar, table.at(bar.ts), (price, size)).ok_or_else(|| {
            let text = format!("a figure of the bar of {} no longer fits once adjusted", bar.ts);
            ApiError::field("adjust", "OUT_OF_RANGE", text)
        })?;
    }
    Ok(())
}

fn adjusted(bar: &Bar, by: Factors, (price, size): (u8, u8)) -> Option<Bar> {
    let of_price = |mantissa: PriceMantissa| {
        let scaled = scaled(mantissa.0.into(), by.price, price)?;
        i64::try_from(scaled).ok().map(PriceMantissa)
    };
    let of_size = |mantissa: SizeMantissa| scaled(mantissa.0, by.size, size).map(SizeMantissa);
    Some(Bar {
        open: of_price(bar.open)?,
        high: of_price(bar.high)?,
        low: of_price(bar.low)?,
        close: of_price(bar.close)?,
        volume: of_size(bar.volume)?,
        value: scaled(bar.value, by.price.checked_mul(by.size)?, price + size)?,
        open_interest: match bar.open_interest {
            Some(units) => OpenInterest::new(of_size(units.mantissa())?),
            None => None,
        },
        ..*bar
    })
}

/// A mantissa times a factor, at a scale of so many more decimals.
fn scaled(mantissa: i128, factor: Decimal, more: u8) -> Option<i128> {
    let power = 10i128.checked_pow(u32::from(more))?;
    if factor == Decimal::ONE {
        return mantissa.checked_mul(power);
    }
    let figure = Decimal::try_from_i128_with_scale(mantissa, 0).ok()?;
    let product = figure
        .checked_mul(factor)?
        .checked_mul(Decimal::from_i128_with_scale(power, 0))?;
    let rounded = product.round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    Some(rounded.normalize().mantissa())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_multiplied_exactly_and_rounded_to_the_nearest() {
        let times = |mantissa, factor: &str, more| scaled(mantissa, factor.parse().expect("a factor"), more);
        assert_eq!(times(1_205, "0.1", 4), Some(1_205_000));
        assert_eq!(times(1, "0.00005", 4), Some(1));
        assert_eq!(times(-1, "0.00005", 4), Some(-1));
        assert_eq!(times(1, "0.00004", 4), Some(0));
        assert_eq!(times(3_000, "10", 4), Some(300_000_000));
        assert_eq!(times(i128::MAX, "1", 1), None);
        assert_eq!(times(i128::MAX / 10, "0.5", 0), None);
    }
}

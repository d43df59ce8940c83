//! A venue's own candles as bars.

use tradewind_types::UnixNanos;
use tradewind_types::market::{Bar, BarInterval, BarSource};

use crate::decoded::{Core, Decoded};
use crate::error::DecodeError;
use crate::number::Num;
use crate::symbols::Slot;

/// A candle before scaling.
pub(crate) struct Candle {
    pub(crate) interval: BarInterval,
    /// Opening time.
    pub(crate) ts: UnixNanos,
    /// Open, high, low, close.
    pub(crate) prices: [Num; 4],
    pub(crate) volume: Num,
    /// Where the venue tells it; the bar's value is 0 otherwise, which means: not told.
    pub(crate) vwap: Option<Num>,
    /// 0 where the venue does not tell.
    pub(crate) trades: u64,
    /// The venue's time of the message. The candle is complete when its interval was over by then.
    pub(crate) known_at: UnixNanos,
}

/// Scales a candle.
pub(crate) fn bar(
    core: &mut Core,
    slot: Slot,
    candle: &Candle,
    ts_init: UnixNanos,
    out: &mut Vec<Decoded>,
) -> Result<Bar, DecodeError> {
    let symbols = &mut core.symbols;
    symbols.cover(slot, candle.prices.into_iter(), [candle.volume].into_iter(), out);
    let [open, high, low, close] = candle.prices;
    let volume = symbols.size(slot, candle.volume, "volume")?;
    let value = match candle.vwap {
        Some(vwap) => value_of(vwap, volume.0, symbols.at(slot).price_scale)?,
        None => 0,
    };
    let bar = Bar {
        instrument: symbols.at(slot).instrument,
        interval: candle.interval,
        ts: candle.ts,
        open: symbols.price(slot, open, "open")?,
        high: symbols.price(slot, high, "high")?,
        low: symbols.price(slot, low, "low")?,
        close: symbols.price(slot, close, "close")?,
        volume,
        value,
        trades: u32::try_from(candle.trades).unwrap_or(u32::MAX),
        open_interest: None,
        source: BarSource::Venue,
        revision: 0,
        complete: candle.ts.plus(candle.interval.nanos()) <= candle.known_at,
        ts_init,
    };
    let ordered = bar.low <= bar.open.min(bar.close) && bar.open.max(bar.close) <= bar.high;
    if ordered {
        return Ok(bar);
    }
    Err(DecodeError::BadValue {
        field: "high",
        expected: "a candle with low ≤ open, close ≤ high",
        text: candle.prices.map(Num::text).join(" "),
    })
}

/// `vwap × volume` at price scale + size scale, rounded towards zero: the venue's average is rounded itself.
fn value_of(vwap: Num, volume: i128, price_scale: u8) -> Result<i128, DecodeError> {
    let refuse = || DecodeError::DoesNotFit {
        field: "vwap",
        text: vwap.text(),
    };
    let product = vwap.mantissa.checked_mul(volume).ok_or_else(refuse)?;
    let power = |n: u8| 10i128.checked_pow(u32::from(n)).ok_or_else(refuse);
    if vwap.decimals >= price_scale {
        return Ok(product / power(vwap.decimals - price_scale)?);
    }
    product
        .checked_mul(power(price_scale - vwap.decimals)?)
        .ok_or_else(refuse)
}

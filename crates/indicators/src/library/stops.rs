//! Lines that trail the price and turn when it crosses them.

use super::library;
use crate::adapter::Adapter;
use crate::machine::Machine;

library! {
    STOPS in Trend;

    /// `SAR = SAR₋₁ + AF·(EP − SAR₋₁)`; AF grows by `acceleration` at each new extreme EP, up to `maximum`.
    /// Depends on where the series begins. Wilder 1978. Source: TA-Lib `SAR`.
    SAR "Parabolic stop and reverse" on Price
        = ("SAR") sar sar_open sar_lookback SarStream(high low)
        [real 0 ("acceleration", 0.02, 0.0, 1e9), real 1 ("maximum", 0.2, 0.0, 1e9)]
        -> sar: Real {
            aliases: &["PSAR"],
        };

    /// SAR with a start value (0 = found from the first bars; below 0 = short), an offset on each reversal and
    /// an acceleration per side. Negative while short. Depends on where the series begins. Source: TA-Lib
    /// `SAREXT`.
    SAREXT "Parabolic SAR, extended" on Price
        = ("SAREXT") sarext sarext_open sarext_lookback SarextStream(high low) [
            real 0 ("start", 0.0, -1e9, 1e9),
            real 1 ("offset", 0.0, 0.0, 1e9),
            real 2 ("init_long", 0.02, 0.0, 1e9),
            real 3 ("step_long", 0.02, 0.0, 1e9),
            real 4 ("max_long", 0.2, 0.0, 1e9),
            real 5 ("init_short", 0.02, 0.0, 1e9),
            real 6 ("step_short", 0.02, 0.0, 1e9),
            real 7 ("max_short", 0.2, 0.0, 1e9),
        ]
        -> sar: Real;

    /// `basic = (high + low)/2 ± multiplier · ATR(period)`; the upper band only falls and the lower only rises,
    /// each until the close before was beyond it. The trend turns down (−1) when a close falls below *today's*
    /// lower band and up (+1) when one rises above today's upper band; `line` is the lower band in an uptrend,
    /// else the upper. TradingView's; pandas-ta compares with *yesterday's* band and freezes only the band of
    /// the running trend: its turns differ. Seban. Source: TA-Lib `SUPERTREND`.
    SUPERTREND "Supertrend" on Price
        = ("SUPERTREND") supertrend supertrend_open supertrend_lookback SupertrendStream(high low close)
        [period 0 ("period", 10, 2), real 1 ("multiplier", 3.0, 0.01, 100.0)]
        -> line: Real trend: Whole {
            start: |params| Machine::Supertrend(Adapter::new(params)),
        };

    /// Highest of the last `stop` values of `highest high − multiplier·ATR` (the stop of a short) and lowest of
    /// those of `lowest low + multiplier·ATR` (of a long). Chande and Kroll 1994. Source: TA-Lib `CKSP`.
    CKSP "Chande Kroll stop" on Price
        = ("CKSP") cksp cksp_open cksp_lookback CkspStream(high low close) [
            period 0 ("period", 10, 2),
            real 1 ("multiplier", 1.0, 0.0, 1e9),
            period 2 ("stop", 9, 1),
        ]
        -> short: Real long: Real;

    /// The price of the swing extreme that is being tracked, +1 or −1 for the leg, and the bar (counted from 0)
    /// of that extreme. A leg turns when the price is `sensitivity` per cent away from it. What was reported
    /// never changes. Source: TA-Lib `ZIGZAG`.
    ZIGZAG "Zig zag" on Price
        = ("ZIGZAG") zigzag zigzag_open zigzag_lookback ZigzagStream(high low)
        [real 0 ("sensitivity", 5.0, 0.0, 100.0), period 1 ("min_bars", 1, 1)]
        -> extreme: Real trend: Whole pivot: Whole;

    /// Middles of the ranges of 9 and 26 bars, their mean, and the middle of 52 bars. Charts draw the two spans
    /// 26 bars ahead; the values are given on the bar that makes them. The lagging span is the close itself.
    /// Hosoda 1969. Source: TA-Lib `ICHIMOKU`.
    ICHIMOKU "Ichimoku kinko hyo" on Price
        = ("ICHIMOKU") ichimoku ichimoku_open ichimoku_lookback IchimokuStream(high low) [
            period 0 ("tenkan", 9, 2),
            period 1 ("kijun", 26, 2),
            period 2 ("senkou_b", 52, 2),
        ]
        -> tenkan: Real kijun: Real senkou_a: Real senkou_b: Real;
}

//! Bands and channels around the price.

use super::library;
use crate::adapter::Adapter;
use crate::batch;
use crate::machine::Machine;

library! {
    BANDS in Volatility;

    /// `middle` = the average of the closes, `upper`/`lower` = `middle ± deviations · σ`, σ the population
    /// standard deviation of the same closes. Bollinger. Source: TA-Lib `BBANDS`.
    BBANDS "Bollinger bands" on Price
        = ("BBANDS") bbands bbands_open bbands_lookback BbandsStream(close) [
            period 0 ("period", 20, 2),
            real 1 ("deviations", 2.0, 0.01, 100.0),
            real 2 ("deviations_down", 2.0, 0.01, 100.0) .quiet() .following(1),
            average 3 ("average", 0),
        ]
        -> upper: Real middle: Real lower: Real {
            start: |params| Machine::Bbands(Adapter::new(params)),
        };

    /// `(upper − lower) / middle` of Bollinger bands. Source: TA-Lib `BBW`.
    BBW "Bollinger band width" on Own
        = ("BBW") bbw bbw_open bbw_lookback BbwStream(close) [
            period 0 ("period", 20, 2),
            real 1 ("deviations", 2.0, 0.01, 100.0),
            real 2 ("deviations_down", 2.0, 0.01, 100.0) .quiet() .following(1),
            average 3 ("average", 0),
        ]
        -> width: Real;

    /// Where the close lies in Bollinger bands: 0 at the lower, 1 at the upper. Source: TA-Lib `PERCENTB`.
    PERCENTB "Bollinger %B" on Own
        = ("PERCENTB") percentb percentb_open percentb_lookback PercentbStream(close) [
            period 0 ("period", 20, 2),
            real 1 ("deviations", 2.0, 0.01, 100.0),
            real 2 ("deviations_down", 2.0, 0.01, 100.0) .quiet() .following(1),
            average 3 ("average", 0),
        ]
        -> percent_b: Real;

    /// `middle` = EMA of the typical price, `upper`/`lower` = `middle ± multiplier · ATR`. Keltner 1960, with
    /// ATR as Raschke has it. Source: TA-Lib `KC`.
    KELTNER "Keltner channel" on Price
        = ("KC") kc kc_open kc_lookback KcStream(high low close) [
            period 0 ("period", 20, 2),
            period 1 ("atr", 10, 1),
            real 2 ("deviations", 2.0, -1e9, 1e9),
        ]
        -> upper: Real middle: Real lower: Real {
            aliases: &["KC"],
        };

    /// Highest high and lowest low of the last `period` bars, this one included, and their mean. A breakout
    /// compares a close with the channel *one bar before*. Donchian. Source: TA-Lib `DONCHIAN`.
    DONCHIAN "Donchian channel" on Price
        = ("DONCHIAN") donchian donchian_open donchian_lookback DonchianStream(high low)
        [period 0 ("period", 20, 2)]
        -> upper: Real middle: Real lower: Real = batch::donchian {
            start: |params| Machine::Donchian(Adapter::new(params)),
        };

    /// SMA of the close, and SMAs of `high·(1 + 4·(high−low)/(high+low))` and `low·(1 −
    /// 4·(high−low)/(high+low))`. Headley 2002. Source: TA-Lib `ACCBANDS`.
    ACCBANDS "Acceleration bands" on Price
        = ("ACCBANDS") accbands accbands_open accbands_lookback AccbandsStream(high low close)
        [period 0 ("period", 20, 2)]
        -> upper: Real middle: Real lower: Real;
}

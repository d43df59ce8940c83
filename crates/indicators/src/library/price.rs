//! Prices made of the prices of a bar.

use super::library;
use crate::batch;

library! {
    PRICE in Price;

    /// `(open + high + low + close)/4`. Source: TA-Lib `AVGPRICE`.
    AVGPRICE "Average price" on Price
        = ("AVGPRICE") avgprice avgprice_open avgprice_lookback AvgpriceStream(open high low close) []
        -> avgprice: Real;

    /// `(high + low)/2`. Source: TA-Lib `MEDPRICE`.
    MEDPRICE "Median price" on Price
        = ("MEDPRICE") medprice medprice_open medprice_lookback MedpriceStream(high low) []
        -> medprice: Real;

    /// `(high + low + close)/3`. Source: TA-Lib `TYPPRICE`.
    TYPPRICE "Typical price" on Price
        = ("TYPPRICE") typprice typprice_open typprice_lookback TyppriceStream(high low close) []
        -> typprice: Real;

    /// `(high + low + 2·close)/4`. Source: TA-Lib `WCLPRICE`.
    WCLPRICE "Weighted close" on Price
        = ("WCLPRICE") wclprice wclprice_open wclprice_lookback WclpriceStream(high low close) []
        -> wclprice: Real;

    /// Close = mean of the four prices, open = middle of the body before, high and low stretched to hold both.
    /// Source: TA-Lib `HA`.
    HA "Heikin-Ashi candle" on Price
        = ("HA") ha ha_open ha_lookback HaStream(open high low close) []
        -> open: Real high: Real low: Real close: Real = batch::heikin_ashi;
}

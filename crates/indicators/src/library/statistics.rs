//! Rolling statistics of the closes, or of highs with lows.

use super::library;
use crate::batch;

library! {
    STATISTICS in Statistics;

    /// Population standard deviation of `period` closes, times `deviations`. Source: TA-Lib `STDDEV`.
    STDDEV "Standard deviation" on Own
        = ("STDDEV") stddev stddev_open stddev_lookback StddevStream(close)
        [period 0 ("period", 5, 2), real 1 ("deviations", 1.0, -1e9, 1e9) .quiet()]
        -> stddev: Real;

    /// Population variance of `period` closes. `deviations` is TA-Lib's and changes nothing. Source: TA-Lib
    /// `VAR`.
    VAR "Variance" on Own
        = ("VAR") var var_open var_lookback VarStream(close)
        [period 0 ("period", 5, 1), real 1 ("deviations", 1.0, -1e9, 1e9) .quiet()]
        -> var: Real;

    /// Mean of `|close − SMA|`. Source: TA-Lib `AVGDEV`.
    AVGDEV "Mean absolute deviation" on Own
        = ("AVGDEV") avgdev avgdev_open avgdev_lookback AvgdevStream(close)
        [period 0 ("period", 14, 2)]
        -> avgdev: Real = batch::average_deviation;

    /// The middle of the last `period` closes. Source: TA-Lib `MEDIAN`.
    MEDIAN "Median" on Price
        = ("MEDIAN") median median_open median_lookback MedianStream(close)
        [period 0 ("period", 30, 2)]
        -> median: Real;

    /// The close at the rank `percentile` per cent of the window. Source: TA-Lib `PERCENTILE`.
    PERCENTILE "Percentile, nearest rank" on Price
        = ("PERCENTILE") percentile percentile_open percentile_lookback PercentileStream(close)
        [period 0 ("period", 100, 2), real 1 ("percentile", 50.0, 0.0, 100.0)]
        -> percentile: Real = batch::percentile;

    /// Per cent of the `period` closes before that are below this one. Source: TA-Lib `PERCENTRANK`.
    PERCENTRANK "Percent rank" on Own
        = ("PERCENTRANK") percentrank percentrank_open percentrank_lookback PercentrankStream(close)
        [period 0 ("period", 100, 2)]
        -> percentrank: Real = batch::percent_rank;

    /// Sample excess kurtosis of `period` closes; no value where they are all equal. Source: TA-Lib `KURTOSIS`.
    KURTOSIS "Excess kurtosis" on Own
        = ("KURTOSIS") kurtosis kurtosis_open kurtosis_lookback KurtosisStream(close)
        [period 0 ("period", 30, 4)]
        -> kurtosis: Real;

    /// The end of the least-squares line through `period` closes. Source: TA-Lib `LINEARREG`.
    LINEARREG "Linear regression" on Price
        = ("LINEARREG") linearreg linearreg_open linearreg_lookback LinearregStream(close)
        [period 0 ("period", 14, 2)]
        -> linearreg: Real;

    /// Degrees: `atan(slope)`. Source: TA-Lib `LINEARREG_ANGLE`.
    LINEARREG_ANGLE "Linear regression angle" on Own
        = ("LINEARREG_ANGLE") linearreg_angle linearreg_angle_open linearreg_angle_lookback LinearregAngleStream(close)
        [period 0 ("period", 14, 2)]
        -> angle: Real;

    /// The line at the first bar of the window. Source: TA-Lib `LINEARREG_INTERCEPT`.
    LINEARREG_INTERCEPT "Linear regression intercept" on Price
        = ("LINEARREG_INTERCEPT") linearreg_intercept linearreg_intercept_open linearreg_intercept_lookback LinearregInterceptStream(close)
        [period 0 ("period", 14, 2)]
        -> intercept: Real;

    /// Price per bar. Source: TA-Lib `LINEARREG_SLOPE`.
    LINEARREG_SLOPE "Linear regression slope" on Own
        = ("LINEARREG_SLOPE") linearreg_slope linearreg_slope_open linearreg_slope_lookback LinearregSlopeStream(close)
        [period 0 ("period", 14, 2)]
        -> slope: Real;

    /// The line one bar ahead. Source: TA-Lib `TSF`.
    TSF "Time series forecast" on Price
        = ("TSF") tsf tsf_open tsf_lookback TsfStream(close)
        [period 0 ("period", 14, 2)]
        -> tsf: Real;

    /// Slope of the returns of lows on the returns of highs over `period`: TA-Lib's default series of a bar.
    /// For two instruments see [`crate::regression`]. Source: TA-Lib `BETA`.
    BETA "Beta of lows to highs" on Own
        = ("BETA") beta beta_open beta_lookback BetaStream(high low)
        [period 0 ("period", 5, 1)]
        -> beta: Real;

    /// Pearson's r of highs and lows over `period`: TA-Lib's default series of a bar. Source: TA-Lib `CORREL`.
    CORREL "Correlation of highs and lows" on Own
        = ("CORREL") correl correl_open correl_lookback CorrelStream(high low)
        [period 0 ("period", 30, 1)]
        -> correl: Real;

    /// Σ of `period` closes. Source: TA-Lib `SUM`.
    SUM "Sum" on Own
        = ("SUM") sum sum_open sum_lookback SumStream(close)
        [period 0 ("period", 30, 2)]
        -> sum: Real;

    /// Σ of all closes since the first bar. Source: TA-Lib `CUMSUM`.
    CUMSUM "Cumulative sum" on Own
        = ("CUMSUM") cumsum cumsum_open cumsum_lookback CumsumStream(close) []
        -> cumsum: Real;

    /// Of the last `period` closes. Source: TA-Lib `MAX`.
    MAX "Highest close" on Price
        = ("MAX") max max_open max_lookback MaxStream(close)
        [period 0 ("period", 30, 2)]
        -> max: Real;

    /// Of the last `period` closes. Source: TA-Lib `MIN`.
    MIN "Lowest close" on Price
        = ("MIN") min min_open min_lookback MinStream(close)
        [period 0 ("period", 30, 2)]
        -> min: Real;

    /// Of the last `period` closes. Source: TA-Lib `MINMAX`.
    MINMAX "Lowest and highest close" on Price
        = ("MINMAX") minmax minmax_open minmax_lookback MinmaxStream(close)
        [period 0 ("period", 30, 2)]
        -> min: Real max: Real;

    /// `(highest close + lowest close)/2` of `period` bars. Source: TA-Lib `MIDPOINT`.
    MIDPOINT "Middle of the closes" on Price
        = ("MIDPOINT") midpoint midpoint_open midpoint_lookback MidpointStream(close)
        [period 0 ("period", 14, 2)]
        -> midpoint: Real;

    /// `(highest high + lowest low)/2` of `period` bars. Source: TA-Lib `MIDPRICE`.
    MIDPRICE "Middle of the range" on Price
        = ("MIDPRICE") midprice midprice_open midprice_lookback MidpriceStream(high low)
        [period 0 ("period", 14, 2)]
        -> midprice: Real;
}

//! Moving averages whose weights are fixed.

use super::library;
use crate::adapter::Adapter;
use crate::machine::Machine;

library! {
    AVERAGES in Trend;

    /// The mean of the last `period` closes. Source: TA-Lib `SMA`.
    SMA "Simple moving average" on Price
        = ("SMA") sma sma_open sma_lookback SmaStream(close)
        [period 0 ("period", 30, 1)]
        -> sma: Real {
            start: |params| Machine::Sma(Adapter::new(params)),
        };

    /// `EMA = EMA₋₁ + 2/(period+1) · (close − EMA₋₁)`, begun at the SMA of the first `period` closes. Source:
    /// TA-Lib `EMA`.
    EMA "Exponential moving average" on Price
        = ("EMA") ema ema_open ema_lookback EmaStream(close)
        [period 0 ("period", 30, 1)]
        -> ema: Real {
            start: |params| Machine::Ema(Adapter::new(params)),
        };

    /// The mean of the last `period` closes, weighted 1 (oldest) to `period` (newest). Source: TA-Lib `WMA`.
    WMA "Weighted moving average" on Price
        = ("WMA") wma wma_open wma_lookback WmaStream(close)
        [period 0 ("period", 30, 1)]
        -> wma: Real;

    /// `2·EMA − EMA(EMA)`. Mulloy 1994. Source: TA-Lib `DEMA`.
    DEMA "Double exponential moving average" on Price
        = ("DEMA") dema dema_open dema_lookback DemaStream(close)
        [period 0 ("period", 30, 1)]
        -> dema: Real;

    /// `3·EMA − 3·EMA(EMA) + EMA(EMA(EMA))`. Mulloy 1994. Source: TA-Lib `TEMA`.
    TEMA "Triple exponential moving average" on Price
        = ("TEMA") tema tema_open tema_lookback TemaStream(close)
        [period 0 ("period", 30, 1)]
        -> tema: Real;

    /// An SMA of an SMA: weights rise to the middle of the window and fall again. Source: TA-Lib `TRIMA`.
    TRIMA "Triangular moving average" on Price
        = ("TRIMA") trima trima_open trima_lookback TrimaStream(close)
        [period 0 ("period", 30, 1)]
        -> trima: Real;

    /// `RMA = RMA₋₁ + (close − RMA₋₁)/period`, begun at the SMA of the first `period` closes. Wilder 1978.
    /// Source: TA-Lib `RMA`.
    RMA "Wilder's moving average" on Price
        = ("RMA") rma rma_open rma_lookback RmaStream(close)
        [period 0 ("period", 30, 1)]
        -> rma: Real;

    /// `WMA(2·WMA(period/2) − WMA(period), √period)`. Hull 2005. Source: TA-Lib `HMA`.
    HMA "Hull moving average" on Price
        = ("HMA") hma hma_open hma_lookback HmaStream(close)
        [period 0 ("period", 20, 1)]
        -> hma: Real;

    /// EMA of `2·close − close[lag]`, `lag = (period−1)/2`. Ehlers and Way. Source: TA-Lib `ZLEMA`.
    ZLEMA "Zero-lag exponential moving average" on Price
        = ("ZLEMA") zlema zlema_open zlema_lookback ZlemaStream(close)
        [period 0 ("period", 30, 1)]
        -> zlema: Real;

    /// Weights of a Gauss bell with its top at `offset` of the window (1 = newest) and a deviation of
    /// `period/sigma` bars. Legoux and Kouzis-Loukas 2009. Source: TA-Lib `ALMA`.
    ALMA "Arnaud Legoux moving average" on Price
        = ("ALMA") alma alma_open alma_lookback AlmaStream(close) [
            period 0 ("period", 9, 1),
            real 1 ("sigma", 6.0, 0.01, 1e9),
            real 2 ("offset", 0.85, 0.0, 1.0),
        ]
        -> alma: Real;

    /// Six chained EMAs, combined by the volume factor `v`; `v = 0` is EMA(EMA(EMA)). Tillson 1998. Source: TA-
    /// Lib `T3`.
    T3 "Tillson's T3" on Price
        = ("T3") t3 t3_open t3_lookback T3Stream(close)
        [period 0 ("period", 5, 1), real 1 ("v", 0.7, 0.0, 1.0)]
        -> t3: Real;

    /// `Σ close·volume / Σ volume` of the last `period` bars; no value where none of them had volume. Source:
    /// TA-Lib `VWMA`.
    VWMA "Volume-weighted moving average" on Price
        = ("VWMA") vwma vwma_open vwma_lookback VwmaStream(close volume)
        [period 0 ("period", 30, 1)]
        -> vwma: Real;

    /// The moving average that `average` names, of the closes; see [`crate::AVERAGES`]. Source: TA-Lib `MA`.
    MA "Moving average of a chosen kind" on Price
        = ("MA") ma ma_open ma_lookback MaStream(close)
        [period 0 ("period", 30, 1), average 1 ("average", 0)]
        -> ma: Real;
}

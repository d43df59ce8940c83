//! How fast the price moves, measured against itself.

use super::library;
use crate::adapter::Adapter;
use crate::machine::Machine;

library! {
    MOMENTUM in Momentum;

    /// `100·gains/(gains + losses)` of the closes, both smoothed by Wilder; 0 where nothing moved. Wilder 1978.
    /// Source: TA-Lib `RSI`.
    RSI "Relative strength index" on Own
        = ("RSI") rsi rsi_open rsi_lookback RsiStream(close)
        [period 0 ("period", 14, 2)]
        -> rsi: Real {
            start: |params| Machine::Rsi(Adapter::new(params)),
        };

    /// `100·(gains − losses)/(gains + losses)`, smoothed by Wilder. Source: TA-Lib `CMO`.
    CMO "Chande momentum oscillator" on Own
        = ("CMO") cmo cmo_open cmo_lookback CmoStream(close)
        [period 0 ("period", 14, 2)]
        -> cmo: Real;

    /// `100·(gains − losses)/(gains + losses)` over plain sums of `period` moves. Chande 1994. Source: TA-Lib
    /// `CMOU`.
    CMOU "Chande momentum oscillator, plain sums" on Own
        = ("CMOU") cmou cmou_open cmou_lookback CmouStream(close)
        [period 0 ("period", 14, 2)]
        -> cmou: Real;

    /// `close − close[period]`. Source: TA-Lib `MOM`.
    MOM "Momentum" on Own
        = ("MOM") mom mom_open mom_lookback MomStream(close)
        [period 0 ("period", 10, 1)]
        -> mom: Real;

    /// `100·(close/close[period] − 1)`. Source: TA-Lib `ROC`.
    ROC "Rate of change, per cent" on Own
        = ("ROC") roc roc_open roc_lookback RocStream(close)
        [period 0 ("period", 10, 1)]
        -> roc: Real;

    /// `close/close[period] − 1`. Source: TA-Lib `ROCP`.
    ROCP "Rate of change, fraction" on Own
        = ("ROCP") rocp rocp_open rocp_lookback RocpStream(close)
        [period 0 ("period", 10, 1)]
        -> rocp: Real;

    /// `close/close[period]`. Source: TA-Lib `ROCR`.
    ROCR "Rate of change, ratio" on Own
        = ("ROCR") rocr rocr_open rocr_lookback RocrStream(close)
        [period 0 ("period", 10, 1)]
        -> rocr: Real;

    /// `100·close/close[period]`. Source: TA-Lib `ROCR100`.
    ROCR100 "Rate of change, ratio times 100" on Own
        = ("ROCR100") rocr100 rocr100_open rocr100_lookback Rocr100Stream(close)
        [period 0 ("period", 10, 1)]
        -> rocr100: Real;

    /// `100 · EMA(EMA(Δclose)) / EMA(EMA(|Δclose|))`. Blau 1991. Source: TA-Lib `TSI`.
    TSI "True strength index" on Own
        = ("TSI") tsi tsi_open tsi_lookback TsiStream(close)
        [period 0 ("first", 25, 2), period 1 ("second", 13, 2)]
        -> tsi: Real;

    /// Mean of the RSI of closes, the RSI of the length of the run of rises or falls, and the rank of the last
    /// return among `rank`. Connors and Alvarez 2012. Source: TA-Lib `CRSI`.
    CRSI "Connors RSI" on Own
        = ("CRSI") crsi crsi_open crsi_lookback CrsiStream(close) [
            period 0 ("period", 3, 2),
            period 1 ("streak", 2, 2),
            period 2 ("rank", 100, 2),
        ]
        -> crsi: Real;

    /// `100·Σ rising bodies / Σ bodies` over `period` bars. Chande. Source: TA-Lib `IMI`.
    IMI "Intraday momentum index" on Own
        = ("IMI") imi imi_open imi_lookback ImiStream(open close)
        [period 0 ("period", 14, 2)]
        -> imi: Real;

    /// `(typical − SMA(typical)) / (0.015 · mean deviation)`. Lambert 1980. Source: TA-Lib `CCI`.
    CCI "Commodity channel index" on Own
        = ("CCI") cci cci_open cci_lookback CciStream(high low close)
        [period 0 ("period", 14, 2)]
        -> cci: Real;

    /// `−Σ (1+k)·close[k] / Σ close[k]` over `period` bars. Ehlers 2002. Source: TA-Lib `CG`.
    CG "Centre of gravity" on Own
        = ("CG") cg cg_open cg_lookback CgStream(close)
        [period 0 ("period", 10, 2)]
        -> cg: Real;

    /// Correlation of the last `period` closes with a rising line; −1 to 1. Ehlers 2020. Source: TA-Lib `CTI`.
    CTI "Correlation trend indicator" on Own
        = ("CTI") cti cti_open cti_lookback CtiStream(close)
        [period 0 ("period", 20, 2)]
        -> cti: Real;

    /// `|close − close[period]| / Σ|Δclose|`; 0 to 1. Kaufman 1995. Source: TA-Lib `ER`.
    ER "Efficiency ratio" on Own
        = ("ER") er er_open er_lookback ErStream(close)
        [period 0 ("period", 10, 2)]
        -> er: Real;

    /// `100·(close − forecast of the bar before)/close`, the forecast by linear regression. Source: TA-Lib
    /// `FOSC`.
    FOSC "Forecast oscillator" on Own
        = ("FOSC") fosc fosc_open fosc_lookback FoscStream(close)
        [period 0 ("period", 5, 2)]
        -> fosc: Real;

    /// `(close − open)/(high − low)`, 0 where there is no range. Livshin 2001. Source: TA-Lib `BOP`.
    BOP "Balance of power" on Own
        = ("BOP") bop bop_open bop_lookback BopStream(open high low close) []
        -> bop: Real;

    /// `(close − low)/(high − low)`. Source: TA-Lib `IBS`.
    IBS "Internal bar strength" on Own
        = ("IBS") ibs ibs_open ibs_lookback IbsStream(high low close) []
        -> ibs: Real;

    /// A bar against the bar before it, −100 to 100 while no move exceeds `limit_move` (price). Wilder 1978.
    /// Source: TA-Lib `SI`.
    SI "Swing index" on Own
        = ("SI") si si_open si_lookback SiStream(open high low close)
        [real 0 ("limit_move", 3.0, 1e-08, 1e9)]
        -> si: Real;

    /// Σ SI since the first bar. Wilder 1978. Source: TA-Lib `ASI`.
    ASI "Accumulative swing index" on Own
        = ("ASI") asi asi_open asi_lookback AsiStream(open high low close)
        [real 0 ("limit_move", 3.0, 1e-08, 1e9)]
        -> asi: Real;

    /// Σ of `close − min(low, close₋₁)` on rises and `close − max(high, close₋₁)` on falls, since the first
    /// bar. Williams; no volume, as Achelis has it. Source: TA-Lib `WAD`.
    WAD "Williams accumulation/distribution" on Own
        = ("WAD") wad wad_open wad_lookback WadStream(high low close) []
        -> wad: Real;

    /// `½·ln((1+x)/(1−x))`, smoothed, of the place x of the bar's middle in the range of `period` bars;
    /// `trigger` is its value one bar before. Ehlers 2002. Source: TA-Lib `FISHER`.
    FISHER "Fisher transform" on Own
        = ("FISHER") fisher fisher_open fisher_lookback FisherStream(high low)
        [period 0 ("period", 10, 2)]
        -> fisher: Real trigger: Real;

    /// 100 when the bar `right` bars ago was a strict swing high, −100 (on `low`) for a swing low, else 0; told
    /// on the bar that confirms it. Williams 1995. Source: TA-Lib `FRACTAL`.
    FRACTAL "Williams fractal" on Own
        = ("FRACTAL") fractal fractal_open fractal_lookback FractalStream(high low)
        [period 0 ("left", 2, 1), period 1 ("right", 2, 1)]
        -> high: Whole low: Whole;

    /// High − EMA(close) and low − EMA(close). Elder 1993. Source: TA-Lib `ERI`.
    ERI "Elder ray" on Own
        = ("ERI") eri eri_open eri_lookback EriStream(high low close)
        [period 0 ("period", 13, 1)]
        -> bull: Real bear: Real;

    /// SMA of `close − open`. Chande and Kroll 1994. Source: TA-Lib `QSTICK`.
    QSTICK "Qstick" on Own
        = ("QSTICK") qstick qstick_open qstick_lookback QstickStream(open close)
        [period 0 ("period", 10, 1)]
        -> qstick: Real;
}

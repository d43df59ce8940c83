//! Which way the range moves, and how strongly.

use super::library;

library! {
    DIRECTIONAL in Trend;

    /// DX smoothed by Wilder. 0 to 100: strength of a trend either way. Wilder 1978. Source: TA-Lib `ADX`.
    ADX "Average directional index" on Own
        = ("ADX") adx adx_open adx_lookback AdxStream(high low close)
        [period 0 ("period", 14, 2)]
        -> adx: Real;

    /// Mean of ADX now and `period − 1` bars ago. Wilder 1978. Source: TA-Lib `ADXR`.
    ADXR "Average directional index rating" on Own
        = ("ADXR") adxr adxr_open adxr_lookback AdxrStream(high low close)
        [period 0 ("period", 14, 2)]
        -> adxr: Real;

    /// `100·|+DI − −DI| / (+DI + −DI)`. Wilder 1978. Source: TA-Lib `DX`.
    DX "Directional index" on Own
        = ("DX") dx dx_open dx_lookback DxStream(high low close)
        [period 0 ("period", 14, 2)]
        -> dx: Real;

    /// `100 · +DM / true range`, both smoothed by Wilder. Wilder 1978. Source: TA-Lib `PLUS_DI`.
    PLUS_DI "Plus directional indicator" on Own
        = ("PLUS_DI") plus_di plus_di_open plus_di_lookback PlusDiStream(high low close)
        [period 0 ("period", 14, 1)]
        -> plus_di: Real;

    /// `100 · −DM / true range`, both smoothed by Wilder. Wilder 1978. Source: TA-Lib `MINUS_DI`.
    MINUS_DI "Minus directional indicator" on Own
        = ("MINUS_DI") minus_di minus_di_open minus_di_lookback MinusDiStream(high low close)
        [period 0 ("period", 14, 1)]
        -> minus_di: Real;

    /// What the high rose where that is more than the low fell, summed as Wilder smooths. Price. Wilder 1978.
    /// Source: TA-Lib `PLUS_DM`.
    PLUS_DM "Plus directional movement" on Own
        = ("PLUS_DM") plus_dm plus_dm_open plus_dm_lookback PlusDmStream(high low)
        [period 0 ("period", 14, 1)]
        -> plus_dm: Real;

    /// What the low fell where that is more than the high rose, summed as Wilder smooths. Price. Wilder 1978.
    /// Source: TA-Lib `MINUS_DM`.
    MINUS_DM "Minus directional movement" on Own
        = ("MINUS_DM") minus_dm minus_dm_open minus_dm_lookback MinusDmStream(high low)
        [period 0 ("period", 14, 1)]
        -> minus_dm: Real;

    /// `100·(period − bars since the lowest low / highest high)/period`. Chande 1995. Source: TA-Lib `AROON`.
    AROON "Aroon" on Own
        = ("AROON") aroon aroon_open aroon_lookback AroonStream(high low)
        [period 0 ("period", 14, 2)]
        -> down: Real up: Real;

    /// Aroon up − Aroon down. Source: TA-Lib `AROONOSC`.
    AROONOSC "Aroon oscillator" on Own
        = ("AROONOSC") aroonosc aroonosc_open aroonosc_lookback AroonoscStream(high low)
        [period 0 ("period", 14, 2)]
        -> oscillator: Real;

    /// `Σ|high − low₋₁| / Σ true range` and `Σ|low − high₋₁| / Σ true range` over `period`. Botes and Siepman
    /// 2010. Source: TA-Lib `VORTEX`.
    VORTEX "Vortex indicator" on Own
        = ("VORTEX") vortex vortex_open vortex_lookback VortexStream(high low close)
        [period 0 ("period", 14, 1)]
        -> plus: Real minus: Real;
}

//! Ehlers' cycles and filters.

use super::library;

library! {
    CYCLE in Cycle;

    /// Bars of the dominant cycle, 6 to 50. Ehlers 2001. Source: TA-Lib `HT_DCPERIOD`.
    HT_DCPERIOD "Hilbert transform: dominant cycle period" on Own
        = ("HT_DCPERIOD") ht_dcperiod ht_dcperiod_open ht_dcperiod_lookback HtDcperiodStream(close) []
        -> period: Real;

    /// Degrees. Ehlers 2001. Source: TA-Lib `HT_DCPHASE`.
    HT_DCPHASE "Hilbert transform: dominant cycle phase" on Own
        = ("HT_DCPHASE") ht_dcphase ht_dcphase_open ht_dcphase_lookback HtDcphaseStream(close) []
        -> phase: Real;

    /// The two components of the phasor. Ehlers 2001. Source: TA-Lib `HT_PHASOR`.
    HT_PHASOR "Hilbert transform: phasor" on Own
        = ("HT_PHASOR") ht_phasor ht_phasor_open ht_phasor_lookback HtPhasorStream(close) []
        -> inphase: Real quadrature: Real;

    /// Sine of the phase and of the phase + 45°. Ehlers 2001. Source: TA-Lib `HT_SINE`.
    HT_SINE "Hilbert transform: sine wave" on Own
        = ("HT_SINE") ht_sine ht_sine_open ht_sine_lookback HtSineStream(close) []
        -> sine: Real leadsine: Real;

    /// 1 in a trend, 0 in a cycle. Ehlers 2001. Source: TA-Lib `HT_TRENDMODE`.
    HT_TRENDMODE "Hilbert transform: trend or cycle" on Own
        = ("HT_TRENDMODE") ht_trendmode ht_trendmode_open ht_trendmode_lookback HtTrendmodeStream(close) []
        -> trend: Whole;

    /// Swiss Army Knife filter. Ehlers 2006. Source: TA-Lib `SWAK_2PHP`.
    SWAK_2PHP "Two-pole high-pass filter" on Own
        = ("SWAK_2PHP") swak_2php swak_2php_open swak_2php_lookback Swak2phpStream(close)
        [period 0 ("period", 20, 2)]
        -> filter: Real;

    /// Swiss Army Knife filter around `period`, half power at `period·(1 ± delta)`. Ehlers 2006. Source: TA-Lib
    /// `SWAK_BP`.
    SWAK_BP "Band-pass filter" on Own
        = ("SWAK_BP") swak_bp swak_bp_open swak_bp_lookback SwakBpStream(close)
        [period_to 0 ("period", 20, 5, 2000), real 1 ("delta", 0.1, 0.05, 0.5)]
        -> filter: Real;

    /// Swiss Army Knife filter. Ehlers 2006. Source: TA-Lib `SWAK_HP`.
    SWAK_HP "High-pass filter" on Own
        = ("SWAK_HP") swak_hp swak_hp_open swak_hp_lookback SwakHpStream(close)
        [period 0 ("period", 20, 5)]
        -> filter: Real;

    /// Swiss Army Knife filter, a smoothed price. Ehlers 2006. Source: TA-Lib `SWAK_BUTTER`.
    SWAK_BUTTER "Butterworth filter" on Price
        = ("SWAK_BUTTER") swak_butter swak_butter_open swak_butter_lookback SwakButterStream(close)
        [period 0 ("period", 20, 2)]
        -> filter: Real;

    /// Swiss Army Knife filter, a smoothed price. Ehlers 2006. Source: TA-Lib `SWAK_GAUSS`.
    SWAK_GAUSS "Gaussian filter" on Price
        = ("SWAK_GAUSS") swak_gauss swak_gauss_open swak_gauss_lookback SwakGaussStream(close)
        [period 0 ("period", 20, 2)]
        -> filter: Real;
}

//! Moving averages that follow faster or slower as the market asks.

use super::library;

library! {
    ADAPTIVE in Trend;

    /// An EMA whose factor moves between those of 2 and 30 bars with the square of the efficiency ratio.
    /// Kaufman 1995. Source: TA-Lib `KAMA`.
    KAMA "Kaufman adaptive moving average" on Price
        = ("KAMA") kama kama_open kama_lookback KamaStream(close)
        [period 0 ("period", 30, 1)]
        -> kama: Real;

    /// An EMA whose factor follows how fast the Hilbert phase turns, between the two limits, and FAMA, which
    /// follows at half that factor. Ehlers 2001. Source: TA-Lib `MAMA`.
    MAMA "MESA adaptive moving average" on Price
        = ("MAMA") mama mama_open mama_lookback MamaStream(close)
        [real 0 ("fast_limit", 0.5, 0.01, 0.99), real 1 ("slow_limit", 0.05, 0.01, 0.99)]
        -> mama: Real fama: Real;

    /// An EMA whose factor is `exp(−4.6·(D − 1))`, D the fractal dimension from the ranges of the window and
    /// its halves. Ehlers 2005. Source: TA-Lib `FRAMA`.
    FRAMA "Fractal adaptive moving average" on Price
        = ("FRAMA") frama frama_open frama_lookback FramaStream(high low)
        [period 0 ("period", 16, 2)]
        -> frama: Real;

    /// An EMA whose factor is scaled by `|CMO|/100`. Chande 1992. Source: TA-Lib `VIDYA`.
    VIDYA "Variable index dynamic average" on Price
        = ("VIDYA") vidya vidya_open vidya_lookback VidyaStream(close)
        [period 0 ("period", 12, 1), period 1 ("cmo", 9, 2)]
        -> vidya: Real;

    /// `MD = MD₋₁ + (close − MD₋₁) / (period · (close/MD₋₁)⁴)`. McGinley 1990. Source: TA-Lib `MCGD`.
    MCGD "McGinley dynamic" on Price
        = ("MCGD") mcgd mcgd_open mcgd_lookback McgdStream(close)
        [period 0 ("period", 14, 2)]
        -> mcgd: Real;
}

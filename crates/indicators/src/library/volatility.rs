//! How much the price moves, either way.

use super::library;
use crate::adapter::Adapter;
use crate::machine::Machine;

library! {
    VOLATILITY in Volatility;

    /// True range `max(high, close₋₁) − min(low, close₋₁)`, smoothed by Wilder and begun at its mean. Price.
    /// Wilder 1978. Source: TA-Lib `ATR`.
    ATR "Average true range" on Own
        = ("ATR") atr atr_open atr_lookback AtrStream(high low close)
        [period 0 ("period", 14, 1)]
        -> atr: Real {
            start: |params| Machine::Atr(Adapter::new(params)),
        };

    /// `100·ATR/close`. Source: TA-Lib `NATR`.
    NATR "Average true range, per cent" on Own
        = ("NATR") natr natr_open natr_lookback NatrStream(high low close)
        [period 0 ("period", 14, 1)]
        -> natr: Real;

    /// `max(high, close₋₁) − min(low, close₋₁)`. Price. Wilder 1978. Source: TA-Lib `TRANGE`.
    TRANGE "True range" on Own
        = ("TRANGE") trange trange_open trange_lookback TrangeStream(high low close) []
        -> trange: Real;

    /// SMA of `high − low`. Price. Source: TA-Lib `ADR`.
    ADR "Average range" on Own
        = ("ADR") adr adr_open adr_lookback AdrStream(high low)
        [period 0 ("period", 14, 1)]
        -> adr: Real;

    /// RSI of standard deviations: those of rising bars over all. 0 to 100. Dorsey 1993. Source: TA-Lib `RVI`.
    RVI "Relative volatility index" on Own
        = ("RVI") rvi rvi_open rvi_lookback RviStream(close)
        [period 0 ("period", 14, 1), period 1 ("stddev", 10, 2)]
        -> rvi: Real;

    /// Mean of the RVIs of highs and of lows. Dorsey 1995. Source: TA-Lib `RVIR`.
    RVIR "Relative volatility index, refined" on Own
        = ("RVIR") rvir rvir_open rvir_lookback RvirStream(high low)
        [period 0 ("period", 14, 1), period 1 ("stddev", 10, 2)]
        -> rvir: Real;

    /// Per cent change over `roc` bars of EMA(high − low). Chaikin. Source: TA-Lib `CVI`.
    CHAIKIN_VOL "Chaikin volatility" on Own
        = ("CVI") cvi cvi_open cvi_lookback CviStream(high low)
        [period 0 ("period", 10, 2), period 1 ("roc", 10, 1)]
        -> chaikin_vol: Real {
            aliases: &["CVI"],
        };

    /// Σ over `slow` of `EMA(range)/EMA(EMA(range))`. Dorsey 1992. Source: TA-Lib `MASSI`.
    MASSI "Mass index" on Own
        = ("MASSI") massi massi_open massi_lookback MassiStream(high low)
        [period 0 ("fast", 9, 2), period 1 ("slow", 25, 2)]
        -> massi: Real;

    /// `√(annualization · mean(ln(h/c)·ln(h/o) + ln(l/c)·ln(l/o)))`. Rogers and Satchell 1991. Source: TA-Lib
    /// `ROGERSSATCHELL`.
    ROGERSSATCHELL "Rogers–Satchell volatility" on Own
        = ("ROGERSSATCHELL") rogerssatchell rogerssatchell_open rogerssatchell_lookback RogerssatchellStream(open high low close)
        [period 0 ("period", 10, 1), real 1 ("annualization", 252.0, 0.0, 1e9)]
        -> volatility: Real;

    /// `100·log₁₀(Σ true range / (highest high − lowest low)) / log₁₀(period)`. Dreiss. Source: TA-Lib `CHOP`.
    CHOP "Choppiness index" on Own
        = ("CHOP") chop chop_open chop_lookback ChopStream(high low close)
        [period 0 ("period", 14, 2)]
        -> chop: Real;

    /// CHOP over the highest true high and lowest true low. Dreiss 1993. Source: TA-Lib `CHOPTR`.
    CHOPTR "Choppiness index, true range box" on Own
        = ("CHOPTR") choptr choptr_open choptr_lookback ChoptrStream(high low close)
        [period 0 ("period", 14, 2)]
        -> choptr: Real;

    /// `(highest close − lowest close) / Σ|Δclose|`. White 1991. Source: TA-Lib `VHF`.
    VHF "Vertical horizontal filter" on Own
        = ("VHF") vhf vhf_open vhf_lookback VhfStream(close)
        [period 0 ("period", 28, 2)]
        -> vhf: Real;
}

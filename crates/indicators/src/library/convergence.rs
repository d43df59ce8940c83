//! Differences of averages.

use super::library;
use crate::adapter::Adapter;
use crate::machine::Machine;
use crate::params::Params;

library! {
    CONVERGENCE in Momentum;

    /// `macd = EMA(fast) − EMA(slow)`, `signal = EMA(macd)`, `hist = macd − signal`; values from the bar on
    /// which all three exist. Both EMAs begin on the same bar. Appel. Source: TA-Lib `MACD`.
    MACD "Moving average convergence/divergence" on Own
        = ("MACD") macd macd_open macd_lookback MacdStream(close) [
            period 0 ("fast", 12, 2),
            period 1 ("slow", 26, 2),
            period 2 ("signal", 9, 1),
        ]
        -> macd: Real signal: Real hist: Real {
            start: |params| Machine::Macd(Adapter::new(params)),
            relation: fast_below_slow,
        };

    /// MACD whose three averages are of the kinds given. Source: TA-Lib `MACDEXT`.
    MACDEXT "MACD with chosen averages" on Own
        = ("MACDEXT") macdext macdext_open macdext_lookback MacdextStream(close) [
            period 0 ("fast", 12, 2),
            average 3 ("fast_average", 0),
            period 1 ("slow", 26, 2),
            average 4 ("slow_average", 0),
            period 2 ("signal", 9, 1),
            average 5 ("signal_average", 0),
        ]
        -> macd: Real signal: Real hist: Real;

    /// MACD whose factors are 0.15 and 0.075. Appel. Source: TA-Lib `MACDFIX`.
    MACDFIX "MACD 12/26 with fixed factors" on Own
        = ("MACDFIX") macdfix macdfix_open macdfix_lookback MacdfixStream(close)
        [period 0 ("signal", 9, 1)]
        -> macd: Real signal: Real hist: Real;

    /// `100·(fast average − slow average)/slow average`. Source: TA-Lib `PPO`.
    PPO "Percentage price oscillator" on Own
        = ("PPO") ppo ppo_open ppo_lookback PpoStream(close) [
            period 0 ("fast", 12, 2),
            period 1 ("slow", 26, 2),
            average 2 ("average", 1),
        ]
        -> ppo: Real;

    /// `fast average − slow average`. Source: TA-Lib `APO`.
    APO "Absolute price oscillator" on Own
        = ("APO") apo apo_open apo_lookback ApoStream(close) [
            period 0 ("fast", 12, 2),
            period 1 ("slow", 26, 2),
            average 2 ("average", 1),
        ]
        -> apo: Real;

    /// SMA(fast) − SMA(slow) of the bars' middles. Williams 1998. Source: TA-Lib `AO`.
    AO "Awesome oscillator" on Own
        = ("AO") ao ao_open ao_lookback AoStream(high low)
        [period 0 ("fast", 5, 2), period 1 ("slow", 34, 2)]
        -> ao: Real;

    /// AO − SMA(AO, signal). Williams 1998. Source: TA-Lib `AC`.
    AC "Accelerator/decelerator" on Own
        = ("AC") ac ac_open ac_lookback AcStream(high low) [
            period 0 ("fast", 5, 2),
            period 1 ("slow", 34, 2),
            period 2 ("signal", 5, 2),
        ]
        -> ac: Real;

    /// Per cent change of EMA(EMA(EMA)). Hutson 1983. Source: TA-Lib `TRIX`.
    TRIX "Triple exponential rate of change" on Own
        = ("TRIX") trix trix_open trix_lookback TrixStream(close)
        [period 0 ("period", 30, 1)]
        -> trix: Real;

    /// RSI smoothed by two EMAs, less the SMA of that. Brown 1999. Source: TA-Lib `DOSC`.
    DOSC "Derivative oscillator" on Own
        = ("DOSC") dosc dosc_open dosc_lookback DoscStream(close) [
            period 0 ("period", 14, 2),
            period 1 ("first", 5, 2),
            period 2 ("second", 3, 2),
            period 3 ("signal", 9, 2),
        ]
        -> dosc: Real;

    /// `close[period/2 + 1] − SMA(period)`: the price half a cycle ago against the average of now. Source: TA-
    /// Lib `DPO`.
    DPO "Detrended price oscillator" on Own
        = ("DPO") dpo dpo_open dpo_lookback DpoStream(close)
        [period 0 ("period", 20, 2)]
        -> dpo: Real;

    /// `Σ k·SMA(ROC)` of four spans, k = 1 to 4, and its SMA. Pring 1992. Source: TA-Lib `KST`.
    KST "Know sure thing" on Own
        = ("KST") kst kst_open kst_lookback KstStream(close) [
            period 0 ("roc1", 10, 1),
            period 1 ("roc2", 15, 1),
            period 2 ("roc3", 20, 1),
            period 3 ("roc4", 30, 1),
            period 4 ("sma1", 10, 1),
            period 5 ("sma2", 10, 1),
            period 6 ("sma3", 10, 1),
            period 7 ("sma4", 15, 1),
            period 8 ("signal", 9, 1),
        ]
        -> kst: Real signal: Real;

    /// KST whose averages are of the kinds given. Source: TA-Lib `KSTEXT`.
    KSTEXT "Know sure thing with chosen averages" on Own
        = ("KSTEXT") kstext kstext_open kstext_lookback KstextStream(close) [
            period 0 ("roc1", 10, 1),
            period 1 ("roc2", 15, 1),
            period 2 ("roc3", 20, 1),
            period 3 ("roc4", 30, 1),
            period 4 ("ma1", 10, 1),
            period 5 ("ma2", 10, 1),
            period 6 ("ma3", 10, 1),
            period 7 ("ma4", 15, 1),
            period 8 ("signal", 9, 1),
            average 9 ("roc_average", 0),
            average 10 ("signal_average", 0),
        ]
        -> kst: Real signal: Real;

    /// WMA of the sum of two rates of change. Coppock 1962. Source: TA-Lib `COPPOCK`.
    COPPOCK "Coppock curve" on Own
        = ("COPPOCK") coppock coppock_open coppock_lookback CoppockStream(close) [
            period 0 ("wma", 10, 1),
            period 1 ("roc1", 11, 1),
            period 2 ("roc2", 14, 1),
        ]
        -> coppock: Real;

    /// A MACD line passed twice through a stochastic, each pass smoothed by half; 0 to 100. Schaff 1999.
    /// Source: TA-Lib `STC`.
    STC "Schaff trend cycle" on Own
        = ("STC") stc stc_open stc_lookback StcStream(close) [
            period 0 ("fast", 23, 2),
            period 1 ("slow", 50, 2),
            period 2 ("cycle", 10, 2),
        ]
        -> stc: Real;

    /// How far the typical price is from its EMA in units of `0.015·EMA(distance)`, smoothed, and the SMA of
    /// that. LazyBear. Source: TA-Lib `WAVETREND`.
    WAVETREND "WaveTrend oscillator" on Own
        = ("WAVETREND") wavetrend wavetrend_open wavetrend_lookback WavetrendStream(high low close) [
            period 0 ("channel", 10, 2),
            period 1 ("average", 21, 1),
            period 2 ("signal", 4, 1),
        ]
        -> wt1: Real wt2: Real;

    /// Linear regression of the close against the middle of its channel and mean; `squeeze` 3 narrow, 2 normal,
    /// 1 wide, −1 released, 0 otherwise. Carter, LazyBear. Source: TA-Lib `SQZMOM`.
    SQZMOM "Squeeze momentum" on Own
        = ("SQZMOM") sqzmom sqzmom_open sqzmom_lookback SqzmomStream(high low close) [
            period 0 ("bands", 20, 2),
            real 1 ("deviations", 2.0, 0.0, 1e9),
            period 2 ("channel", 20, 2),
            real 3 ("wide", 2.0, 0.0, 1e9),
            real 4 ("normal", 1.5, 0.0, 1e9),
            real 5 ("narrow", 1.0, 0.0, 1e9),
        ]
        -> momentum: Real squeeze: Whole;
}

/// TA-Lib would swap them silently.
fn fast_below_slow(params: &Params) -> Result<(), &'static str> {
    match params.period(0) < params.period(1) {
        true => Ok(()),
        false => Err("fast must be less than slow"),
    }
}

//! Where the price lies in its recent range.

use super::library;
use crate::adapter::Adapter;
use crate::batch;
use crate::machine::Machine;

library! {
    STOCHASTICS in Momentum;

    /// Fast %K smoothed over `smooth`, and `d` the average of that. 0 to 100. Lane. Source: TA-Lib `STOCH`.
    STOCH "Slow stochastic" on Own
        = ("STOCH") stoch stoch_open stoch_lookback StochStream(high low close) [
            period 0 ("k", 5, 1),
            period 1 ("smooth", 3, 1),
            average 3 ("smooth_average", 0),
            period 2 ("d", 3, 1),
            average 4 ("d_average", 0),
        ]
        -> k: Real d: Real = batch::slow_stochastic {
            start: |params| Machine::Stoch(Adapter::new(params)),
        };

    /// `%K = 100·(close − lowest low)/(highest high − lowest low)` over `k` bars, 0 where the range is flat;
    /// `%D` = its average; values from the bar on which both exist. Lane. Source: TA-Lib `STOCHF`.
    STOCHF "Fast stochastic" on Own
        = ("STOCHF") stochf stochf_open stochf_lookback StochfStream(high low close) [
            period 0 ("k", 5, 1),
            period 1 ("d", 3, 1),
            average 2 ("d_average", 0),
        ]
        -> k: Real d: Real = batch::fast_stochastic {
            start: |params| Machine::Stochf(Adapter::new(params)),
        };

    /// The fast stochastic of RSI. Chande and Kroll 1994. Source: TA-Lib `STOCHRSI`.
    STOCHRSI "Stochastic RSI" on Own
        = ("STOCHRSI") stochrsi stochrsi_open stochrsi_lookback StochrsiStream(close) [
            period 0 ("period", 14, 2),
            period 1 ("k", 5, 1),
            period 2 ("d", 3, 1),
            average 3 ("d_average", 0),
        ]
        -> k: Real d: Real;

    /// Slow stochastic smoothed by Wilder, and `j = 3k − 2d`. Source: TA-Lib `KDJ`.
    KDJ "KDJ stochastic" on Own
        = ("KDJ") kdj kdj_open kdj_lookback KdjStream(high low close) [
            period 0 ("k", 9, 1),
            period 1 ("smooth", 3, 1),
            average 3 ("smooth_average", 13),
            period 2 ("d", 3, 1),
            average 4 ("d_average", 13),
        ]
        -> k: Real d: Real j: Real = batch::kdj;

    /// The close against the middle of its range, both smoothed twice by EMAs; −100 to 100. Blau 1993. Source:
    /// TA-Lib `SMI`.
    SMI "Stochastic momentum index" on Own
        = ("SMI") smi smi_open smi_lookback SmiStream(high low close) [
            period 0 ("period", 13, 2),
            period 1 ("fast", 2, 2),
            period 2 ("slow", 25, 2),
            period 3 ("signal", 9, 2),
        ]
        -> smi: Real signal: Real = batch::momentum_index;

    /// `tanh`-like squash of the twice smoothed stochastic; −1 to 1. Leibfarth 2008. Source: TA-Lib `PSO`.
    PSO "Premier stochastic oscillator" on Own
        = ("PSO") pso pso_open pso_lookback PsoStream(high low close)
        [period 0 ("k", 8, 1), period 1 ("ema", 5, 1)]
        -> pso: Real;

    /// `−100·(highest high − close)/(highest high − lowest low)`. Williams. Source: TA-Lib `WILLR`.
    WILLR "Williams %R" on Own
        = ("WILLR") willr willr_open willr_lookback WillrStream(high low close)
        [period 0 ("period", 14, 2)]
        -> willr: Real;

    /// `100·(4·A₁ + 2·A₂ + A₃)/7`, A = Σ buying pressure / Σ true range over each period. Williams 1985.
    /// Source: TA-Lib `ULTOSC`.
    ULTOSC "Ultimate oscillator" on Own
        = ("ULTOSC") ultosc ultosc_open ultosc_lookback UltoscStream(high low close) [
            period 0 ("first", 7, 1),
            period 1 ("second", 14, 1),
            period 2 ("third", 28, 1),
        ]
        -> ultosc: Real = batch::ultimate_oscillator;
}

//! Pivot points: levels that the last session's prices give for the running one.
//!
//! `session` is 1 (UTC day), 7 (week from Monday) or 30 (month); the levels are those of the last session *before* the
//! bar's that had any bar, so Friday's hold on Monday. On daily bars and session 1 they are the bar before's.
//! The first session given may be a part of one; its figures are those of the bars given. `H L C O` below are
//! its high, low, close and open.

use super::session::{SESSION, Session, session_is_known};
use crate::adapter::by_streaming;
use crate::input::{BarInput, Input};
use crate::machine::Machine;
use crate::params::{Param, Params};
use crate::registry::{Definition, Group, Pane};
use crate::stepper::Stepper;

const INPUTS: &[Input] = &[Input::High, Input::Low, Input::Close];
const INPUTS_WITH_OPEN: &[Input] = &[Input::Open, Input::High, Input::Low, Input::Close];
const FOUR: &[&str] = &["p", "r1", "r2", "r3", "r4", "s1", "s2", "s3", "s4"];
const THREE: &[&str] = &["p", "r1", "r2", "r3", "s1", "s2", "s3"];

/// Classic (floor) pivots: `P = (H+L+C)/3`; `R1 = 2P − L`, `R2 = P + (H−L)`, `R3 = H + 2(P−L)`, `R4 = H + 3(P−L)`;
/// `S1 = 2P − H`, `S2 = P − (H−L)`, `S3 = L − 2(H−P)`, `S4 = L − 3(H−P)`. Source: Person, *A Complete Guide to
/// Technical Trading Tactics*; pandas-ta-classic `cpr(method="classic")`.
pub(crate) static CLASSIC: Definition = Definition {
    name: "PIVOT_CLASSIC",
    aliases: &["PIVOT", "PIVOTS"],
    title: "Classic pivots",
    group: Group::Levels,
    ta_lib: None,
    inputs: INPUTS,
    params: &[SESSION],
    outputs: FOUR,
    pane: Pane::Price,
    warm_up: |_| 2,
    relation: session_is_known,
    start: |params| Machine::other(Pivots::new(params, classic)),
    batch: |params, bars| Ok(by_streaming(Pivots::new(params, classic), 9, bars)),
};

/// Fibonacci pivots: `P = (H+L+C)/3`, `R = P + f(H−L)`, `S = P − f(H−L)` with `f` 0.382, 0.618 and 1. Source:
/// pandas-ta-classic `cpr(method="fibonacci")`; the ratios are Fibonacci's.
pub(crate) static FIBONACCI: Definition = Definition {
    name: "PIVOT_FIBONACCI",
    aliases: &["PIVOT_FIB"],
    title: "Fibonacci pivots",
    group: Group::Levels,
    ta_lib: None,
    inputs: INPUTS,
    params: &[SESSION],
    outputs: THREE,
    pane: Pane::Price,
    warm_up: |_| 2,
    relation: session_is_known,
    start: |params| Machine::other(Pivots::new(params, fibonacci)),
    batch: |params, bars| Ok(by_streaming(Pivots::new(params, fibonacci), 7, bars)),
};

/// Camarilla pivots: `R = C + 1.1(H−L)/d`, `S = C − 1.1(H−L)/d` with `d` 12, 6, 4 and 2; `P = (H+L+C)/3`. Source:
/// Stott's Camarilla equation as published; pandas-ta-classic `cpr(method="camarilla")`.
pub(crate) static CAMARILLA: Definition = Definition {
    name: "PIVOT_CAMARILLA",
    aliases: &["CAMARILLA"],
    title: "Camarilla pivots",
    group: Group::Levels,
    ta_lib: None,
    inputs: INPUTS,
    params: &[SESSION],
    outputs: FOUR,
    pane: Pane::Price,
    warm_up: |_| 2,
    relation: session_is_known,
    start: |params| Machine::other(Pivots::new(params, camarilla)),
    batch: |params, bars| Ok(by_streaming(Pivots::new(params, camarilla), 9, bars)),
};

/// Woodie's pivots: `P = (H+L+2C)/4`; `R1 = 2P − L`, `R2 = P + (H−L)`, `R3 = H + 2(P−L)`; `S1 = 2P − H`,
/// `S2 = P − (H−L)`, `S3 = L − 2(H−P)`. With `open` 1 the running session's open stands in place of C, as in Wood's own
/// rule, TradingView and stock-indicators; with 0 it is the close, as in pandas-ta-classic
/// `cpr(method="woodie")` and most brokers' charts. Source: those.
pub(crate) static WOODIE: Definition = Definition {
    name: "PIVOT_WOODIE",
    aliases: &["WOODIE"],
    title: "Woodie's pivots",
    group: Group::Levels,
    ta_lib: None,
    inputs: INPUTS_WITH_OPEN,
    params: &[
        SESSION,
        Param {
            max: 1.0,
            ..Param::period("open", 0, 0)
        },
    ],
    outputs: THREE,
    pane: Pane::Price,
    warm_up: |_| 2,
    relation: session_is_known,
    start: |params| Machine::other(woodie_of(params)),
    batch: |params, bars| Ok(by_streaming(woodie_of(params), 7, bars)),
};

/// DeMark's projected range: `X = H + 2L + C` where `C < O`, `2H + L + C` where `C > O`, `H + L + 2C` where they are
/// equal; `P = X/4`, `R1 = X/2 − L`, `S1 = X/2 − H`. Source: DeMark, *The New Science of Technical Analysis*.
pub(crate) static DEMARK: Definition = Definition {
    name: "PIVOT_DEMARK",
    aliases: &[],
    title: "DeMark's pivots",
    group: Group::Levels,
    ta_lib: None,
    inputs: INPUTS_WITH_OPEN,
    params: &[SESSION],
    outputs: &["p", "r1", "s1"],
    pane: Pane::Price,
    warm_up: |_| 2,
    relation: session_is_known,
    start: |params| Machine::other(Pivots::new(params, demark)),
    batch: |params, bars| Ok(by_streaming(Pivots::new(params, demark), 3, bars)),
};

/// Central pivot range: `P = (H+L+C)/3`, `BC = (H+L)/2`, `TC = 2P − BC`, and `width = 100 (TC − BC)/P` in percent. TC is
/// under BC, and the width negative, where the session closed under its middle. No width where P is 0. Source: Ochoa,
/// *Secrets of a Pivot Boss*; pandas-ta-classic `cpr`.
pub(crate) static CPR: Definition = Definition {
    name: "CPR",
    aliases: &["PIVOT_CPR"],
    title: "Central pivot range",
    group: Group::Levels,
    ta_lib: None,
    inputs: INPUTS,
    params: &[SESSION],
    outputs: &["p", "bc", "tc", "width"],
    pane: Pane::Price,
    warm_up: |_| 2,
    relation: session_is_known,
    start: |params| Machine::other(Pivots::new(params, cpr)),
    batch: |params, bars| Ok(by_streaming(Pivots::new(params, cpr), 4, bars)),
};

/// The prices of a session.
#[derive(Clone, Copy, Debug)]
struct Candle {
    open: f64,
    high: f64,
    low: f64,
    close: f64,
}

/// Levels from the last session and the running one's open.
type Levels<const N: usize> = fn(&Candle, f64) -> [f64; N];

#[derive(Debug, Clone)]
struct Pivots<const N: usize> {
    session: Session,
    levels: Levels<N>,
    running: Option<(u64, Candle)>,
    row: Option<[f64; N]>,
}

impl<const N: usize> Pivots<N> {
    fn new(params: &Params, levels: Levels<N>) -> Self {
        Self {
            session: Session::of(params.period(0)),
            levels,
            running: None,
            row: None,
        }
    }
}

impl<const N: usize> Stepper for Pivots<N> {
    type Row = [f64; N];

    fn step(&mut self, bar: &BarInput) -> Option<[f64; N]> {
        let key = self.session.key(bar.ts);
        match &mut self.running {
            Some((running, candle)) if *running == key => {
                candle.high = candle.high.max(bar.high);
                candle.low = candle.low.min(bar.low);
                candle.close = bar.close;
            }
            running => {
                if let Some((_, before)) = running {
                    self.row = Some((self.levels)(before, bar.open));
                }
                let candle = Candle {
                    open: bar.open,
                    high: bar.high,
                    low: bar.low,
                    close: bar.close,
                };
                *running = Some((key, candle));
            }
        }
        self.row
    }
}

fn classic(c: &Candle, _: f64) -> [f64; 9] {
    let p = (c.high + c.low + c.close) / 3.0;
    let (up, down) = (p - c.low, c.high - p);
    let range = c.high - c.low;
    let above = [2.0 * p - c.low, p + range, c.high + 2.0 * up, c.high + 3.0 * up];
    let below = [
        2.0 * p - c.high,
        p - range,
        c.low - 2.0 * down,
        c.low - 3.0 * down,
    ];
    nine(p, above, below)
}

fn camarilla(c: &Candle, _: f64) -> [f64; 9] {
    let part = [12.0, 6.0, 4.0, 2.0].map(|d| (c.high - c.low) * 1.1 / d);
    let p = (c.high + c.low + c.close) / 3.0;
    nine(p, part.map(|x| c.close + x), part.map(|x| c.close - x))
}

fn nine(p: f64, [r1, r2, r3, r4]: [f64; 4], [s1, s2, s3, s4]: [f64; 4]) -> [f64; 9] {
    [p, r1, r2, r3, r4, s1, s2, s3, s4]
}

fn fibonacci(c: &Candle, _: f64) -> [f64; 7] {
    let p = (c.high + c.low + c.close) / 3.0;
    let [a, b, d] = [0.382, 0.618, 1.0].map(|f| (c.high - c.low) * f);
    [p, p + a, p + b, p + d, p - a, p - b, p - d]
}

fn woodie_of(params: &Params) -> Pivots<7> {
    let by_open: Levels<7> = |c, open| woodie(c, open);
    let by_close: Levels<7> = |c, _| woodie(c, c.close);
    Pivots::new(params, if params.period(1) == 1 { by_open } else { by_close })
}

fn woodie(c: &Candle, weight: f64) -> [f64; 7] {
    let p = (c.high + c.low + 2.0 * weight) / 4.0;
    let range = c.high - c.low;
    [
        p,
        2.0 * p - c.low,
        p + range,
        c.high + 2.0 * (p - c.low),
        2.0 * p - c.high,
        p - range,
        c.low - 2.0 * (c.high - p),
    ]
}

fn demark(c: &Candle, _: f64) -> [f64; 3] {
    let sum = c.high + c.low + c.close;
    let x = if c.close < c.open {
        sum + c.low
    } else if c.close > c.open {
        sum + c.high
    } else {
        sum + c.close
    };
    [x / 4.0, x / 2.0 - c.low, x / 2.0 - c.high]
}

fn cpr(c: &Candle, _: f64) -> [f64; 4] {
    let p = (c.high + c.low + c.close) / 3.0;
    let bc = (c.high + c.low) / 2.0;
    let tc = 2.0 * p - bc;
    let width = 100.0 * (tc - bc) / p;
    [p, bc, tc, if width.is_finite() { width } else { f64::NAN }]
}

#[cfg(test)]
mod tests {
    use tradewind_types::UnixNanos;

    use super::*;

    fn bar(day: u64, hour: u64, [open, high, low, close]: [f64; 4]) -> BarInput {
        BarInput {
            ts: UnixNanos::from_secs(day * 86_400 + hour * 3_600),
            open,
            high,
            low,
            close,
            volume: 0.0,
            value: 0.0,
        }
    }

    #[test]
    fn the_levels_of_a_day_are_those_of_the_last_day_that_had_bars() {
        let mut cpr_of = Pivots::new(&Params::from_slice(&[1.0]), cpr);
        let p = |row: Option<[f64; 4]>| row.map(|[p, bc, tc, _]| (p, bc, tc));
        assert_eq!(cpr_of.step(&bar(3, 4, [10.0, 12.0, 9.0, 11.0])), None);
        assert_eq!(cpr_of.step(&bar(3, 5, [11.0, 18.0, 11.0, 15.0])), None);
        // H 18, L 9, C 15: P 14, BC 13.5, TC 14.5.
        let monday = Some((14.0, 13.5, 14.5));
        assert_eq!(p(cpr_of.step(&bar(6, 4, [15.0, 99.0, 1.0, 2.0]))), monday);
        assert_eq!(p(cpr_of.step(&bar(6, 5, [15.0, 99.0, 1.0, 2.0]))), monday);
    }

    #[test]
    fn every_kind_gives_its_published_levels() {
        let c = Candle {
            open: 100.0,
            high: 110.0,
            low: 90.0,
            close: 106.0,
        };
        let near =
            |a: &[f64], b: &[f64]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9);
        let by_floor = [102.0, 114.0, 122.0, 134.0, 146.0, 94.0, 82.0, 74.0, 66.0];
        assert!(near(&classic(&c, 0.0), &by_floor));
        assert!(near(
            &woodie(&c, c.close),
            &[103.0, 116.0, 123.0, 136.0, 96.0, 83.0, 76.0]
        ));
        assert!(near(&demark(&c, 0.0), &[104.0, 118.0, 98.0]));
        let f = fibonacci(&c, 0.0);
        assert!(
            near(&f, &[102.0, 109.64, 114.36, 122.0, 94.36, 89.64, 82.0]),
            "{f:?}"
        );
        let cam = camarilla(&c, 0.0);
        assert!(
            near(&cam[3..5], &[111.5, 117.0]) && near(&cam[7..], &[100.5, 95.0]),
            "{cam:?}"
        );
    }

    #[test]
    fn woodies_pivot_by_the_open_takes_the_running_sessions() {
        let mut pivots = woodie_of(&Params::from_slice(&[1.0, 1.0]));
        pivots.step(&bar(1, 0, [0.0, 110.0, 90.0, 100.0]));
        let row = pivots.step(&bar(2, 0, [104.0, 200.0, 50.0, 60.0])).unwrap();
        assert_eq!(row[0].to_bits(), 102.0f64.to_bits());
    }
}

//! The bars of the highest and lowest close. Our own words for three functions of TA-Lib: the crate's 0.8.3 settles
//! ties in another way than the C library that people have (PyPI TA-Lib 0.8.2, C 0.8.1), and the figures here are the
//! C library's.
//!
//! Ties, as the C library has them: a close that equals the extreme takes its place, but when the extreme has left the
//! window the first of those that are equal is taken.

use std::cmp::Ordering::{self, Greater, Less};

use super::Fill;
use crate::IndicatorError;
use crate::batch::{Extremes, blocks};
use crate::input::{BarColumns, BarInput, Input};
use crate::machine::Machine;
use crate::params::{Param, Params};
use crate::registry::{Definition, Group, Pane, no_relation};
use crate::stepper::Stepper;
use crate::value::Series;

pub(crate) static PLACES: &[&Definition] = &[&MAXINDEX, &MININDEX, &MINMAXINDEX];

pub(crate) static FILLS: &[(&str, Fill)] = &[
    ("MAXINDEX", |params, bars, series| {
        fill(params, bars, series, [Greater])
    }),
    ("MININDEX", |params, bars, series| {
        fill(params, bars, series, [Less])
    }),
    ("MINMAXINDEX", |params, bars, series| {
        fill(params, bars, series, [Less, Greater])
    }),
];

/// Bar of the highest of the last `period` closes, counted from 0 at the first bar. Source: TA-Lib `MAXINDEX`.
static MAXINDEX: Definition = Definition {
    name: "MAXINDEX",
    title: "Bar of the highest close",
    ta_lib: Some("MAXINDEX"),
    outputs: &["maxindex"],
    start: |params| Machine::other(Places::new(params, [Greater])),
    batch: |params, bars| places(params, bars, [Greater]),
    ..USUAL
};

/// Bar of the lowest of the last `period` closes, counted from 0 at the first bar. Source: TA-Lib `MININDEX`.
static MININDEX: Definition = Definition {
    name: "MININDEX",
    title: "Bar of the lowest close",
    ta_lib: Some("MININDEX"),
    outputs: &["minindex"],
    start: |params| Machine::other(Places::new(params, [Less])),
    batch: |params, bars| places(params, bars, [Less]),
    ..USUAL
};

/// Bars of the lowest and of the highest of the last `period` closes, counted from 0 at the first bar. Source: TA-Lib
/// `MINMAXINDEX`.
static MINMAXINDEX: Definition = USUAL;

const USUAL: Definition = Definition {
    name: "MINMAXINDEX",
    aliases: &[],
    title: "Bars of the lowest and highest close",
    group: Group::Statistics,
    ta_lib: Some("MINMAXINDEX"),
    inputs: &[Input::Close],
    params: &[Param::period("period", 30, 2)],
    outputs: &["minindex", "maxindex"],
    pane: Pane::Own,
    warm_up: |params| params.period(0) as usize,
    relation: no_relation,
    start: |params| Machine::other(Places::new(params, [Less, Greater])),
    batch: |params, bars| places(params, bars, [Less, Greater]),
};

/// The extreme of a window that slides.
#[derive(Clone, Debug)]
struct Extreme {
    /// How a close compares with the extreme when it goes beyond it.
    beyond: Ordering,
    place: usize,
    value: f64,
}

impl Extreme {
    fn new(beyond: Ordering) -> Self {
        Self {
            beyond,
            place: 0,
            value: f64::NAN,
        }
    }

    /// The place when the window is the bars `first` to `last`; `close` gives the close of one of them. Columns go
    /// another way, [`write`], with the same ties.
    #[inline]
    fn slide(&mut self, first: usize, last: usize, close: impl Fn(usize) -> f64) -> usize {
        if self.place < first || self.value.is_nan() {
            (self.place, self.value) = (first, close(first));
            for at in first + 1..=last {
                if close(at).partial_cmp(&self.value) == Some(self.beyond) {
                    (self.place, self.value) = (at, close(at));
                }
            }
            return self.place;
        }
        let today = close(last);
        let compared = today.partial_cmp(&self.value);
        if compared == Some(self.beyond) || compared == Some(Ordering::Equal) {
            (self.place, self.value) = (last, today);
        }
        self.place
    }
}

fn places<const N: usize>(
    params: &Params,
    bars: &BarColumns<'_>,
    beyond: [Ordering; N],
) -> Result<Series, IndicatorError> {
    let mut series = Series::default();
    fill(params, bars, &mut series, beyond)?;
    Ok(series)
}

fn fill<const N: usize>(
    params: &Params,
    bars: &BarColumns<'_>,
    series: &mut Series,
    beyond: [Ordering; N],
) -> Result<(), IndicatorError> {
    let period = params.period(0) as usize;
    if bars.len() < period {
        *series = Series::empty(N, bars.len());
        return Ok(());
    }
    series.reshape(N, bars.len(), period - 1);
    for (column, beyond) in series.columns_mut().zip(beyond) {
        match beyond {
            Greater => write(bars.close, period, column, Extremes::highest, |a, b| a >= b),
            _ => write(bars.close, period, column, Extremes::lowest, |a, b| a <= b),
        }
    }
    Ok(())
}

/// The places of the extremes that `find` finds. What `reaches` an extreme of a window that it is in is the extreme.
#[inline(always)]
fn write(
    closes: &[f64],
    period: usize,
    column: &mut [f64],
    find: impl Fn(&mut Extremes, &[f64], &mut [f64]),
    reaches: impl Fn(f64, f64) -> bool,
) {
    let before = period - 1;
    let mut extremes = Extremes::new(period);
    let mut values = vec![0.0; extremes.block()];
    // The bar after the place; none at first.
    let mut next = 0;
    for rows in blocks(before..closes.len(), extremes.block()) {
        let values = &mut values[..rows.len()];
        find(&mut extremes, &closes[rows.start - before..rows.end], values);
        let windows = closes[rows.start - before..rows.end].windows(period);
        let given = column[rows.clone()].iter_mut().zip(values.iter()).zip(windows);
        for (first, ((place, value), window)) in (rows.start - before..).zip(given) {
            if next <= first {
                let found = window.iter().position(|close| reaches(*close, *value));
                next = first + 1 + found.unwrap_or(before);
            } else if reaches(window[before], *value) {
                next = first + period;
            }
            *place = (next - 1) as f64;
        }
    }
}

/// The extremes of a stream: the closes of the window, by the bar's number.
#[derive(Clone, Debug)]
struct Places<const N: usize> {
    period: usize,
    closes: Vec<f64>,
    bars: usize,
    extremes: [Extreme; N],
}

impl<const N: usize> Places<N> {
    fn new(params: &Params, beyond: [Ordering; N]) -> Self {
        let period = params.period(0) as usize;
        Self {
            period,
            closes: vec![0.0; period],
            bars: 0,
            extremes: beyond.map(Extreme::new),
        }
    }
}

impl<const N: usize> Stepper for Places<N> {
    type Row = [f64; N];

    fn step(&mut self, bar: &BarInput) -> Option<[f64; N]> {
        let (last, period) = (self.bars, self.period);
        self.closes[last % period] = bar.close;
        self.bars += 1;
        let first = self.bars.checked_sub(period)?;
        let closes = &self.closes;
        let mut row = [0.0; N];
        for (place, extreme) in row.iter_mut().zip(&mut self.extremes) {
            *place = extreme.slide(first, last, |at| closes[at % period]) as f64;
        }
        Some(row)
    }
}

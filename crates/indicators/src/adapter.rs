//! Streaming over the `ta-lib` crate: keeps the first bars until the formula has enough, then lets the
//! library's own stream take over, which gives bit for bit what its batch functions give.

use std::fmt;

use ta_lib::{Core, OutRange, RetCode};

use crate::IndicatorError;
use crate::input::{BarColumns, BarInput, Columns};
use crate::library::warm_up;
use crate::params::Params;
use crate::stepper::Stepper;
use crate::value::Series;

/// What a family tells the adapter about one library function.
pub(crate) trait LibraryStream: Clone + Send + Sync + fmt::Debug + 'static {
    /// The outputs of one bar, an array as wide as the indicator.
    type Row: AsRef<[f64]>;
    /// Bars before the one that has the first value.
    fn lookback(core: &Core, params: &Params) -> Result<usize, RetCode>;
    /// Opens the library's stream on the bars so far; gives the last bar's values.
    fn open(core: &Core, bars: &BarColumns<'_>, params: &Params) -> Result<(Self, Self::Row), RetCode>;
    /// Takes one more bar.
    fn step(&mut self, bar: &BarInput) -> Result<Self::Row, RetCode>;
    /// What one more bar would give, without taking it.
    fn peek(&self, bar: &BarInput) -> Result<Self::Row, RetCode>;
}

#[derive(Clone)]
enum State<S> {
    Filling(Columns),
    Running(S),
}

/// Fills and then runs a library stream.
#[derive(Clone)]
pub(crate) struct Adapter<S> {
    params: Params,
    /// The bar, counted from 1, that has the first value.
    needed: usize,
    state: State<S>,
}

impl<S: LibraryStream> Adapter<S> {
    /// Before the first bar.
    pub(crate) fn new(params: &Params) -> Self {
        Self {
            params: *params,
            needed: warm_up::<S>(params),
            state: State::Filling(Columns::default()),
        }
    }

    #[cold]
    fn fill(&mut self, bar: &BarInput) -> Option<S::Row> {
        let State::Filling(bars) = &mut self.state else {
            return None;
        };
        bars.push(bar);
        if bars.len() < self.needed {
            return None;
        }
        let (stream, row) = S::open(&Core::new(), &bars.view(), &self.params).ok()?;
        self.state = State::Running(stream);
        Some(row)
    }
}

impl<S: LibraryStream> Stepper for Adapter<S> {
    type Row = S::Row;

    #[inline]
    fn step(&mut self, bar: &BarInput) -> Option<S::Row> {
        match &mut self.state {
            State::Running(stream) => stream.step(bar).ok(),
            State::Filling(_) => self.fill(bar),
        }
    }

    fn peek(&self, bar: &BarInput) -> Option<S::Row> {
        match &self.state {
            State::Running(stream) => stream.peek(bar).ok(),
            State::Filling(bars) if bars.len() + 1 < self.needed => None,
            State::Filling(_) => self.clone().step(bar),
        }
    }
}

impl<S> fmt::Debug for Adapter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen = match &self.state {
            State::Filling(bars) => bars.len().to_string(),
            State::Running(_) => "all".to_owned(),
        };
        f.debug_struct("Adapter")
            .field("needed", &self.needed)
            .field("filled", &seen)
            .finish()
    }
}

/// A series of `outputs` columns by a library batch function; the first `warm_up − 1` rows are `NaN`.
pub(crate) fn fill(
    name: &'static str,
    (outputs, bars): (usize, usize),
    warm_up: usize,
    run: impl FnOnce(&Core, usize, &mut [&mut [f64]]) -> Result<OutRange, RetCode>,
) -> Result<Series, IndicatorError> {
    if bars < warm_up {
        return Ok(Series::empty(outputs, bars));
    }
    let mut series = Series::default();
    series.reshape(outputs, bars, warm_up - 1);
    let mut columns: Vec<&mut [f64]> = series
        .columns_mut()
        .map(|column| &mut column[warm_up - 1..])
        .collect();
    match run(&Core::new(), bars - 1, &mut columns) {
        Ok(range) if range.beg_idx + 1 == warm_up && range.beg_idx + range.count == bars => Ok(series),
        _ => Err(IndicatorError::Refused { name, bars }),
    }
}

/// A series by the streaming face, bar by bar: the batch face of an indicator that has no faster way.
pub(crate) fn by_streaming<S: Stepper>(mut stepper: S, outputs: usize, bars: &BarColumns<'_>) -> Series {
    let mut series = Series::empty(outputs, bars.len());
    for at in 0..bars.len() {
        if let Some(row) = stepper.step(&bars.bar(at)) {
            series.set_row(at, row.as_ref());
        }
    }
    series
}

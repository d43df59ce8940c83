//! The moving average whose length changes from bar to bar. TA-Lib takes the lengths as a second series; ours are the
//! dominant cycle's, the use that its author gives.

use ta_lib::{Core, HtDcperiodStream, MavpStream, RetCode};

use super::warm_up;
use crate::IndicatorError;
use crate::adapter::{Adapter, LibraryStream, fill};
use crate::input::{BarColumns, BarInput, Input};
use crate::machine::Machine;
use crate::params::{Param, Params};
use crate::registry::{Definition, Group, Pane};
use crate::value::Series;

pub(crate) static VARIABLE: &[&Definition] = &[&MAVP];

/// The moving average of the closes over as many bars as the dominant cycle has now (`HT_DCPERIOD`, cut to a whole
/// number between `min` and `max`). Source: TA-Lib `MAVP` over TA-Lib `HT_DCPERIOD`.
static MAVP: Definition = Definition {
    name: "MAVP",
    aliases: &[],
    title: "Moving average over the dominant cycle",
    group: Group::Trend,
    ta_lib: Some("MAVP"),
    inputs: &[Input::Close],
    params: &[
        Param::period_to("min", 2, 1, 5_000),
        Param::period_to("max", 30, 1, 5_000),
        Param::average("average", 0),
    ],
    outputs: &["mavp"],
    pane: Pane::Price,
    warm_up: warm_up::<CycleAverage>,
    relation: |params| match params.period(0) <= params.period(1) {
        true => Ok(()),
        false => Err("min must not be more than max"),
    },
    start: |params| Machine::other(Adapter::<CycleAverage>::new(params)),
    batch,
};

fn batch(params: &Params, bars: &BarColumns<'_>) -> Result<Series, IndicatorError> {
    let size = (1, bars.len());
    fill(
        "MAVP",
        size,
        warm_up::<CycleAverage>(params),
        |core, last, columns| {
            let [column] = columns else {
                return Err(RetCode::BadParam);
            };
            let cycle = Cycle::of(core, bars.close)?;
            let (min, max, kind) = (params.period(0), params.period(1), params.average(2));
            let closes = &bars.close[cycle.first..];
            let mut range = core.mavp(
                0,
                last - cycle.first,
                closes,
                &cycle.periods,
                min,
                max,
                kind,
                column,
            )?;
            range.beg_idx += cycle.first;
            Ok(range)
        },
    )
}

/// The dominant cycle's length from the bar `first` on.
struct Cycle {
    periods: Vec<f64>,
    first: usize,
}

impl Cycle {
    fn of(core: &Core, closes: &[f64]) -> Result<Self, RetCode> {
        let first = core.ht_dcperiod_lookback()?;
        let mut periods = vec![0.0; closes.len().saturating_sub(first)];
        core.ht_dcperiod(0, closes.len() - 1, closes, &mut periods)?;
        Ok(Self { periods, first })
    }
}

/// The cycle's stream and the average's behind it.
#[derive(Clone, Debug)]
struct CycleAverage {
    cycle: HtDcperiodStream,
    average: MavpStream,
}

impl LibraryStream for CycleAverage {
    type Row = [f64; 1];

    fn lookback(core: &Core, params: &Params) -> Result<usize, RetCode> {
        let average = core.mavp_lookback(params.period(0), params.period(1), params.average(2))?;
        Ok(core.ht_dcperiod_lookback()? + average)
    }

    fn open(core: &Core, bars: &BarColumns<'_>, params: &Params) -> Result<(Self, Self::Row), RetCode> {
        let periods = Cycle::of(core, bars.close)?;
        let (min, max, kind) = (params.period(0), params.period(1), params.average(2));
        let closes = &bars.close[periods.first..];
        let (average, value) = core.mavp_open(closes, &periods.periods, min, max, kind)?;
        let (cycle, _) = core.ht_dcperiod_open(bars.close)?;
        Ok((Self { cycle, average }, [value]))
    }

    fn step(&mut self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        let period = self.cycle.update(bar.close)?;
        self.average.update(bar.close, period).map(|value| [value])
    }

    fn peek(&self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        let period = self.cycle.peek(bar.close)?;
        self.average.peek(bar.close, period).map(|value| [value])
    }
}

//! Indicators over bars, as the API and the hub compute them: the same bars before the first value, so that both say the
//! same.
//!
//! An average with memory differs from that of a longer history by what the history still weighs, and a figure that
//! adds up begins with the first bar it is given. So each computation begins a fixed number of bars before the first
//! value that is wanted ([`lead`]), whatever else is asked for with it, and says where.

use std::ops::Range;

use tradewind_indicators::{Columns, IndicatorError, IndicatorSpec, Scales, Series};
use tradewind_types::market::BarInterval;
use tradewind_wire as wire;
use wire::Time;

use crate::bars::{BarsRead, LEAD_MAX};
use crate::map::enums;
use crate::problem::{ApiError, Code};

/// Least and most bars before the first value, for what has no longer memory.
const LEAD_BARS: Range<u64> = 2_000..10_000;
/// Time before the first value within these bounds: the sessions of a long weekend, for pivots and session VWAPs.
const LEAD_NS: u64 = 5 * tradewind_types::time::DAY_NS;
/// Warm-ups before the first value. Wilder's averages forget a bar by 1 − 1/n with each that follows; after 21 n bars
/// what was before weighs less than 1e-9: (1 − 1/n)^(21 n) < e^−21.
const LEAD_WARM_UPS: usize = 22;

/// How many bars before the first value a computation begins; fewer where there are not so many.
#[must_use]
pub fn lead(spec: &IndicatorSpec, interval: BarInterval) -> usize {
    let by_time = LEAD_NS.checked_div(interval.nanos()).unwrap_or(LEAD_BARS.start);
    let by_time = by_time.clamp(LEAD_BARS.start, LEAD_BARS.end);
    let by_memory = spec.warm_up_bars().saturating_mul(LEAD_WARM_UPS);
    usize::try_from(by_time)
        .unwrap_or(LEAD_MAX)
        .max(by_memory)
        .min(LEAD_MAX)
}

/// An id, with what is wrong with it as a problem.
///
/// # Errors
/// `INDICATOR_UNKNOWN`; a field error of `indicator` for parameters out of range.
pub fn parse(id: &str) -> Result<IndicatorSpec, ApiError> {
    IndicatorSpec::parse(id).map_err(refusal)
}

/// What the registry or a computation refuses, as a problem.
#[must_use]
pub fn refusal(error: IndicatorError) -> ApiError {
    let text = error.to_string();
    match error {
        IndicatorError::Unknown { .. } => ApiError::new(Code::IndicatorUnknown, text),
        _ => ApiError::field("indicator", "OUT_OF_RANGE", text),
    }
}

/// Computes over bars that were read: once the columns for all that begin alike.
pub struct Computation<'a> {
    read: &'a BarsRead,
    scales: Scales,
    columns: Vec<(usize, Columns)>,
    series: Series,
}

impl<'a> Computation<'a> {
    /// Over these bars, whose lead is that of the longest of what will be computed.
    #[must_use]
    pub fn over(read: &'a BarsRead) -> Self {
        Self {
            read,
            scales: Scales::from(&*read.instrument),
            columns: Vec::new(),
            series: Series::default(),
        }
    }

    /// One indicator's values at the bars that were wanted. O(bars).
    ///
    /// # Errors
    /// Those of [`IndicatorSpec::batch`].
    pub fn of(&mut self, spec: &IndicatorSpec) -> Result<wire::IndicatorSeries, IndicatorError> {
        let read = self.read;
        let first = read.begin.saturating_sub(lead(spec, read.interval));
        let at = match self.columns.iter().position(|(begun, _)| *begun == first) {
            Some(at) => at,
            None => {
                let columns = Columns::from_bars(&read.bars[first..], self.scales);
                self.columns.push((first, columns));
                self.columns.len() - 1
            }
        };
        spec.batch_into(&self.columns[at].1.view(), &mut self.series)?;
        let outputs = spec.definition().outputs;
        let shown = read.begin - first..read.bars.len() - first;
        let column = |output: usize| shown.clone().map(|at| self.series.get(output, at)).collect();
        Ok(wire::IndicatorSeries {
            instrument: read.instrument.id.to_string(),
            interval: read.interval.to_string(),
            indicator: spec.id().to_owned(),
            outputs: outputs.iter().map(|name| (*name).to_owned()).collect(),
            times: read.wanted().iter().map(|bar| Time(bar.ts)).collect(),
            values: (0..outputs.len()).map(column).collect(),
            forming: read.forms(),
            since: read.bars.get(first).map(|bar| Time(bar.ts)),
            state: enums::data_state(read.state),
            simulated: read.instrument.simulated,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lead_holds_a_long_weekend_and_the_memory_of_slow_averages() {
        let lead = |id: &str, interval: &str| {
            let spec = IndicatorSpec::parse(id).expect("an id");
            lead(&spec, interval.parse().expect("an interval"))
        };
        assert_eq!(lead("RSI_14", "1m"), 7_200);
        assert_eq!(lead("RSI_14", "D"), 2_000);
        assert_eq!(lead("RSI_14", "1s"), 10_000);
        assert_eq!(lead("RSI_14", "100tick"), 2_000);
        assert_eq!(lead("SMA_1000", "D"), 22_000);
        assert_eq!(lead("SMA_5000", "D"), LEAD_MAX);
    }
}

//! One computation: an indicator over the bars of one instrument and interval.

use std::collections::VecDeque;
use std::sync::Arc;

use tradewind_indicators::{BarInput, Indicator, IndicatorSpec, Scales, Values};
use tradewind_types::market::{Bar, BarInterval, DataState};
use tradewind_types::{Instrument, UnixNanos};
use tradewind_wire as wire;
use wire::Time;

use super::News;
use crate::bars::BarsRead;
use crate::hub::topic::Topic;
use crate::indicators;
use crate::map::enums;

/// Bars of a snapshot; older values are REST's.
pub(super) const SHOWN_BARS: usize = 10;
/// Closed bars that are kept open: late trades amend a bar for 5 s, which are five bars of a second.
const OPEN_BARS: usize = 8;

/// The values at one bar.
#[derive(Clone, Copy, PartialEq)]
struct Row {
    ts: UnixNanos,
    closed: bool,
    values: Option<Values>,
}

/// A computation and who reads it.
pub(super) struct Running {
    pub(super) topics: Vec<Arc<Topic>>,
    spec: IndicatorSpec,
    instrument: Arc<Instrument>,
    interval: BarInterval,
    scales: Scales,
    /// After the last bar that cannot change any more.
    settled: Indicator,
    /// Of the last bars that cannot change any more.
    settled_rows: VecDeque<Row>,
    settled_ts: Option<UnixNanos>,
    /// Of the bars after it.
    rows: Vec<Row>,
    since: Option<UnixNanos>,
    /// When the engine's first bar opened.
    oldest: Option<UnixNanos>,
    state: DataState,
}

impl Running {
    /// Begins with stored bars. Computes; not for an async thread.
    pub(super) fn begin(read: &BarsRead, spec: IndicatorSpec) -> Self {
        let first = read.begin.saturating_sub(indicators::lead(&spec, read.interval));
        let bars = &read.bars[first..];
        let closed = read.closed - first.min(read.closed);
        let mut running = Self {
            topics: Vec::new(),
            instrument: Arc::clone(&read.instrument),
            interval: read.interval,
            scales: Scales::from(&*read.instrument),
            settled: spec.start(),
            spec,
            settled_rows: VecDeque::new(),
            settled_ts: None,
            rows: Vec::new(),
            since: bars.first().map(|bar| bar.ts),
            oldest: None,
            state: read.state,
        };
        let settle = closed.saturating_sub(OPEN_BARS);
        for bar in &bars[..settle] {
            running.settle(bar);
        }
        running.show(&bars[settle..], closed - settle);
        running
    }

    /// From when on the bars are wanted: those after the last that is settled.
    pub(super) fn from(&self) -> UnixNanos {
        self.settled_ts.map_or(UnixNanos(0), |ts| ts.plus(1))
    }

    /// Lets a topic read: it gets the newest values, and every change from now on.
    pub(super) fn join(&mut self, topic: &Arc<Topic>) {
        if !self.topics.iter().any(|other| Arc::ptr_eq(other, topic)) {
            self.topics.push(Arc::clone(topic));
        }
        let all: Vec<Row> = self.settled_rows.iter().chain(&self.rows).copied().collect();
        let shown = all.len().saturating_sub(SHOWN_BARS);
        topic.snapshot(&self.series(&all[shown..]));
    }

    /// Takes what is new and tells what changed; false when it has to begin again, which the topics then ask for.
    pub(super) fn take(&mut self, news: Option<&News>) -> bool {
        let Some(news) = news else { return true };
        // Bars came in before the first: history that was fetched meanwhile.
        let older = |known: UnixNanos| news.oldest.is_some_and(|oldest| oldest < known);
        if self.oldest.is_some_and(older) {
            self.topics.iter().for_each(Topic::restart);
            return false;
        }
        self.oldest = news.oldest.or(self.oldest);
        let from = self.from();
        let first = news.bars.partition_point(|bar| bar.ts < from);
        let bars = &news.bars[first..];
        let closed = news.closed.saturating_sub(first);
        let state = std::mem::replace(&mut self.state, news.state);
        let mut changed = self.show(bars, closed);
        if changed.is_empty() && state != news.state {
            changed.extend(self.rows.last().or(self.settled_rows.back()));
        }
        if !changed.is_empty() {
            self.since = self.since.or_else(|| bars.first().map(|bar| bar.ts));
            let series = self.series(&changed);
            self.topics.iter().for_each(|topic| topic.publish(&series));
        }
        let settle = closed.saturating_sub(OPEN_BARS);
        for bar in &bars[..settle] {
            self.settle(bar);
        }
        self.rows.drain(..settle);
        true
    }

    /// Computes the values of the bars after the last that is settled. Gives those that changed and all after them.
    fn show(&mut self, bars: &[Bar], closed: usize) -> Vec<Row> {
        let mut indicator = self.settled.clone();
        let mut rows = Vec::with_capacity(bars.len());
        for (at, bar) in bars.iter().enumerate() {
            let input = BarInput::from_bar(bar, self.scales);
            rows.push(Row {
                ts: bar.ts,
                closed: at < closed,
                values: if at < closed {
                    indicator.update(&input)
                } else {
                    indicator.peek(&input)
                },
            });
        }
        let same = rows
            .iter()
            .zip(&self.rows)
            .take_while(|(new, old)| new == old)
            .count();
        let changed = rows[same..].to_vec();
        self.rows = rows;
        changed
    }

    fn settle(&mut self, bar: &Bar) {
        let values = self.settled.update(&BarInput::from_bar(bar, self.scales));
        self.settled_ts = Some(bar.ts);
        self.settled_rows.push_back(Row {
            ts: bar.ts,
            closed: true,
            values,
        });
        while self.settled_rows.len() > SHOWN_BARS {
            self.settled_rows.pop_front();
        }
    }

    fn series(&self, rows: &[Row]) -> wire::IndicatorSeries {
        let outputs = self.spec.definition().outputs;
        let column = |output: usize| {
            let value = |row: &Row| row.values.and_then(|values| values.get(output));
            rows.iter().map(value).collect()
        };
        wire::IndicatorSeries {
            instrument: self.instrument.id.to_string(),
            interval: self.interval.to_string(),
            indicator: self.spec.id().to_owned(),
            outputs: outputs.iter().map(|name| (*name).to_owned()).collect(),
            times: rows.iter().map(|row| Time(row.ts)).collect(),
            values: (0..outputs.len()).map(column).collect(),
            forming: rows.last().is_some_and(|row| !row.closed),
            since: self.since.map(Time),
            state: enums::data_state(self.state),
            simulated: self.instrument.simulated,
        }
    }
}

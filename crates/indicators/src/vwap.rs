//! Session VWAP: the volume-weighted price since UTC midnight. Our own; TA-Lib has none.

use tradewind_types::time::DAY_NS;

use crate::adapter::by_streaming;
use crate::input::{BarInput, Input};
use crate::machine::Machine;
use crate::registry::{Definition, Group, Pane, no_relation};
use crate::stepper::Stepper;

/// `VWAP = Σ value / Σ volume` over the bars of the UTC day so far, `value = Σ price × size` of each bar. No
/// value before the day's first volume. It covers the bars that it was given: when the first of them opens
/// after midnight, the figure is *since that bar*.
pub(crate) static VWAP: Definition = Definition {
    name: "VWAP",
    aliases: &[],
    title: "Session volume-weighted average price",
    group: Group::Volume,
    ta_lib: None,
    inputs: &[Input::Volume, Input::Value],
    params: &[],
    outputs: &["vwap"],
    pane: Pane::Price,
    warm_up: |_| 1,
    relation: no_relation,
    start: |_| Machine::Vwap(SessionVwap::default()),
    batch: |_, bars| Ok(by_streaming(SessionVwap::default(), 1, bars)),
};

#[derive(Debug, Clone, Default)]
pub(crate) struct SessionVwap {
    day: u64,
    value: f64,
    volume: f64,
}

impl SessionVwap {
    fn add(&mut self, day: u64, value: f64, volume: f64) -> Option<f64> {
        if day != self.day {
            *self = Self {
                day,
                ..Self::default()
            };
        }
        self.value += value;
        self.volume += volume;
        (self.volume > 0.0).then(|| self.value / self.volume)
    }
}

impl Stepper for SessionVwap {
    type Row = [f64; 1];

    fn step(&mut self, bar: &BarInput) -> Option<[f64; 1]> {
        self.add(bar.ts.0 / DAY_NS, bar.value, bar.volume)
            .map(|vwap| [vwap])
    }
}

#[cfg(test)]
mod tests {
    use tradewind_types::UnixNanos;

    use super::*;

    fn bar(secs: u64, price: f64, volume: f64) -> BarInput {
        BarInput {
            ts: UnixNanos::from_secs(secs),
            open: price,
            high: price,
            low: price,
            close: price,
            volume,
            value: price * volume,
        }
    }

    #[test]
    fn it_weighs_prices_by_volume_and_begins_anew_at_utc_midnight() {
        let mut vwap = SessionVwap::default();
        let day = 86_400;
        let mut next = |b: BarInput| vwap.step(&b).map(|[v]| v);
        assert_eq!(next(bar(day * 3 + 10, 50.0, 0.0)), None);
        assert_eq!(next(bar(day * 3 + 20, 100.0, 1.0)), Some(100.0));
        assert_eq!(next(bar(day * 3 + 30, 110.0, 3.0)), Some(107.5));
        assert_eq!(next(bar(day * 4 - 10, 1.0, 0.0)), Some(107.5));
        assert_eq!(next(bar(day * 4, 200.0, 0.0)), None);
        assert_eq!(next(bar(day * 4 + 10, 200.0, 2.0)), Some(200.0));
    }
}

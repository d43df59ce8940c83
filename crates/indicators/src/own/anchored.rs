//! Volume-weighted average prices from an anchor on, and bands around those of sessions.

use super::session::{SESSION, Session, session_is_known};
use crate::adapter::by_streaming;
use crate::input::{BarInput, Input};
use crate::machine::Machine;
use crate::params::{Param, Params};
use crate::registry::{Definition, Group, Pane, no_relation};
use crate::stepper::Stepper;

/// 3000-01-01T00:00:00Z, a bound for anchors that no bar reaches.
const LATEST: f64 = 32_503_680_000.0;

/// Anchored VWAP: `Σ value / Σ volume` over the bars that open at or after `anchor` (seconds since
/// 1970-01-01T00:00:00Z), `value = Σ price × size` of each bar. With 0 the anchor is the first bar given. No value
/// before the first volume. Source: Shannon, *Maximum Trading Gains with Anchored VWAP*; by definition.
pub(crate) static AVWAP: Definition = Definition {
    name: "AVWAP",
    aliases: &["VWAP_ANCHORED"],
    title: "Anchored volume-weighted average price",
    group: Group::Volume,
    ta_lib: None,
    inputs: &[Input::Volume, Input::Value],
    params: &[Param {
        max: LATEST,
        ..Param::period("anchor", 0, 0)
    }],
    outputs: &["vwap"],
    pane: Pane::Price,
    warm_up: |_| 1,
    relation: no_relation,
    start: |params| Machine::other(Anchored::new(params)),
    batch: |params, bars| Ok(by_streaming(Anchored::new(params), 1, bars)),
};

#[derive(Debug, Clone)]
struct Anchored {
    anchor_s: u64,
    value: f64,
    volume: f64,
}

impl Anchored {
    fn new(params: &Params) -> Self {
        Self {
            anchor_s: params.real(0) as u64,
            value: 0.0,
            volume: 0.0,
        }
    }
}

impl Stepper for Anchored {
    type Row = [f64; 1];

    fn step(&mut self, bar: &BarInput) -> Option<[f64; 1]> {
        if bar.ts.as_secs() < self.anchor_s {
            return None;
        }
        self.value += bar.value;
        self.volume += bar.volume;
        (self.volume > 0.0).then(|| [self.value / self.volume])
    }
}

/// VWAP of the session so far with bands: `vwap ± width · σ`, `σ² = Σ v (p − vwap)² / Σ v`, `v` a bar's volume and `p` its
/// own average price `value / volume`. `session` is 1 (UTC day), 7 (week from Monday) or 30 (month). No value
/// before the session's first volume. Updated without cancellation after West (1979), *Updating mean and
/// variance estimates*. Source: by definition of a volume-weighted deviation.
pub(crate) static VWAP_BANDS: Definition = Definition {
    name: "VWAP_BANDS",
    aliases: &[],
    title: "Session VWAP with deviation bands",
    group: Group::Volume,
    ta_lib: None,
    inputs: &[Input::Volume, Input::Value],
    params: &[SESSION, Param::real("width", 2.0, 0.01, 100.0)],
    outputs: &["upper", "vwap", "lower"],
    pane: Pane::Price,
    warm_up: |_| 1,
    relation: session_is_known,
    start: |params| Machine::other(Bands::new(params)),
    batch: |params, bars| Ok(by_streaming(Bands::new(params), 3, bars)),
};

#[derive(Debug, Clone)]
struct Bands {
    session: Session,
    width: f64,
    key: u64,
    value: f64,
    volume: f64,
    mean: f64,
    squares: f64,
}

impl Bands {
    fn new(params: &Params) -> Self {
        Self {
            session: Session::of(params.period(0)),
            width: params.real(1),
            key: 0,
            value: 0.0,
            volume: 0.0,
            mean: 0.0,
            squares: 0.0,
        }
    }
}

impl Stepper for Bands {
    type Row = [f64; 3];

    fn step(&mut self, bar: &BarInput) -> Option<[f64; 3]> {
        let key = self.session.key(bar.ts);
        if key != self.key {
            *self = Self {
                key,
                value: 0.0,
                volume: 0.0,
                mean: 0.0,
                squares: 0.0,
                ..*self
            };
        }
        if bar.volume > 0.0 {
            self.value += bar.value;
            self.volume += bar.volume;
            let price = bar.value / bar.volume;
            let before = price - self.mean;
            self.mean += before * (bar.volume / self.volume);
            self.squares += bar.volume * before * (price - self.mean);
        }
        if self.volume <= 0.0 {
            return None;
        }
        let vwap = self.value / self.volume;
        let band = self.width * (self.squares.max(0.0) / self.volume).sqrt();
        Some([vwap + band, vwap, vwap - band])
    }
}

#[cfg(test)]
mod tests {
    use tradewind_types::UnixNanos;

    use super::super::swings::tests::bar;
    use super::*;

    fn traded(secs: u64, price: f64, volume: f64) -> BarInput {
        BarInput {
            ts: UnixNanos::from_secs(secs),
            volume,
            value: price * volume,
            ..bar(0, price, price)
        }
    }

    #[test]
    fn it_begins_at_the_first_bar_that_opens_at_or_after_the_anchor() {
        let mut vwap = Anchored::new(&Params::from_slice(&[100.0]));
        assert_eq!(vwap.step(&traded(40, 1.0, 9.0)), None);
        assert_eq!(vwap.step(&traded(100, 10.0, 0.0)), None);
        assert_eq!(vwap.step(&traded(160, 10.0, 1.0)), Some([10.0]));
        assert_eq!(vwap.step(&traded(86_500, 20.0, 3.0)), Some([17.5]));
    }

    #[test]
    fn bands_lie_around_the_vwap_of_the_session() {
        let mut bands = Bands::new(&Params::from_slice(&[1.0, 2.0]));
        assert_eq!(bands.step(&traded(60, 10.0, 1.0)), Some([10.0, 10.0, 10.0]));
        // Prices 10 and 20 of equal weight: mean 15, deviation 5.
        assert_eq!(bands.step(&traded(120, 20.0, 1.0)), Some([25.0, 15.0, 5.0]));
        assert_eq!(bands.step(&traded(180, 99.0, 0.0)), Some([25.0, 15.0, 5.0]));
        assert_eq!(bands.step(&traded(86_400, 7.0, 0.0)), None);
        assert_eq!(bands.step(&traded(86_460, 7.0, 2.0)), Some([7.0, 7.0, 7.0]));
    }
}

//! Volume: the force of one bar and the rate of change of volume.

use super::volatility::Lag;
use crate::adapter::by_streaming;
use crate::input::{BarInput, Input};
use crate::machine::Machine;
use crate::params::{Param, Params};
use crate::registry::{Definition, Group, Pane, no_relation};
use crate::stepper::Stepper;

/// Force of one bar: `(close − close₋₁) · volume`, in price × size. `EFI` (`FORCE`) is its exponential average. Source:
/// Elder,
/// *Trading for a Living*.
pub(crate) static FORCE: Definition = Definition {
    name: "FORCE_RAW",
    aliases: &[],
    title: "Force of one bar",
    group: Group::Volume,
    ta_lib: None,
    inputs: &[Input::Close, Input::Volume],
    params: &[],
    outputs: &["force"],
    pane: Pane::Own,
    warm_up: |_| 2,
    relation: no_relation,
    start: |_| Machine::other(Force::default()),
    batch: |_, bars| Ok(by_streaming(Force::default(), 1, bars)),
};

#[derive(Debug, Clone, Default)]
struct Force {
    before: Option<f64>,
}

impl Stepper for Force {
    type Row = [f64; 1];

    fn step(&mut self, bar: &BarInput) -> Option<[f64; 1]> {
        let before = self.before.replace(bar.close)?;
        Some([(bar.close - before) * bar.volume])
    }
}

/// Rate of change of volume in percent: `100 · (volume − volumeₙ) / volumeₙ`, `volumeₙ` that of `period` bars ago.
/// No value where that was zero (TA-Lib's `ROC` says 0 there). Source: Achelis, *Technical Analysis from A to Z*.
pub(crate) static VROC: Definition = Definition {
    name: "VROC",
    aliases: &[],
    title: "Volume rate of change",
    group: Group::Volume,
    ta_lib: None,
    inputs: &[Input::Volume],
    params: &[Param::period("period", 14, 1)],
    outputs: &["vroc"],
    pane: Pane::Own,
    warm_up: |params| params.period(0) as usize + 1,
    relation: no_relation,
    start: |params| Machine::other(VolumeRate::new(params)),
    batch: |params, bars| Ok(by_streaming(VolumeRate::new(params), 1, bars)),
};

#[derive(Debug, Clone)]
struct VolumeRate(Lag);

impl VolumeRate {
    fn new(params: &Params) -> Self {
        Self(Lag::new(params.period(0) as usize))
    }
}

impl Stepper for VolumeRate {
    type Row = [f64; 1];

    fn step(&mut self, bar: &BarInput) -> Option<[f64; 1]> {
        let before = self.0.push(bar.volume)?;
        let rate = 100.0 * (bar.volume - before) / before;
        rate.is_finite().then_some([rate])
    }
}

#[cfg(test)]
mod tests {
    use super::super::swings::tests::bar;
    use super::*;

    fn traded(close: f64, volume: f64) -> BarInput {
        BarInput {
            volume,
            ..bar(0, close, close)
        }
    }

    #[test]
    fn force_is_the_change_times_the_volume() {
        let mut force = Force::default();
        assert_eq!(force.step(&traded(10.0, 5.0)), None);
        assert_eq!(force.step(&traded(12.0, 5.0)), Some([10.0]));
        assert_eq!(force.step(&traded(11.5, 4.0)), Some([-2.0]));
    }

    #[test]
    fn the_rate_after_no_volume_is_not_known() {
        let mut rate = VolumeRate::new(&Params::from_slice(&[1.0]));
        assert_eq!(rate.step(&traded(1.0, 4.0)), None);
        assert_eq!(rate.step(&traded(1.0, 5.0)), Some([25.0]));
        assert_eq!(rate.step(&traded(1.0, 0.0)), Some([-100.0]));
        assert_eq!(rate.step(&traded(1.0, 3.0)), None);
        assert_eq!(rate.step(&traded(1.0, 3.0)), Some([0.0]));
    }
}

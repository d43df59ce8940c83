//! Volume profile: at which prices of a session how much was traded.

use super::session::{SESSION, Session, session_is_known};
use super::volume_rows::VolumeProfile;
use crate::adapter::by_streaming;
use crate::input::{BarInput, Input};
use crate::machine::Machine;
use crate::params::{Param, Params};
use crate::registry::{Definition, Group, Pane};
use crate::stepper::Stepper;

const PARAMS: &[Param] = &[
    SESSION,
    Param::real("row_bps", 10.0, 0.1, 1_000.0),
    Param::real("area", 70.0, 1.0, 100.0),
];
const INPUTS: &[Input] = &[Input::Open, Input::High, Input::Low, Input::Volume];
const OUTPUTS: &[&str] = &["poc", "vah", "val"];

/// Volume profile of the session so far. Rows of price are `row_bps` hundredths of a percent of the session's first open
/// high and begin at multiples of that; a bar's volume is spread evenly over its range. `poc` (point of
/// control) is the middle of the row with most volume, the lowest of equal ones. The value area grows from that row,
/// each time by the neighbouring row with more volume (above where equal), until it holds `area` percent of the
/// volume; `vah` is its upper edge, `val` its lower. `session` is 1 (UTC day), 7 (week from Monday) or 30 (month). A
/// session that would need more than 1,024 rows has rows of double height, as often as it takes. No value before the session's first
/// volume. O(rows) a bar. Source: Steidlmayer's Market Profile as in Dalton, *Mind over Markets*; the 70 % is its
/// first standard deviation.
pub(crate) static VOLUME_PROFILE: Definition = Definition {
    name: "VOLUME_PROFILE",
    aliases: &["VP"],
    title: "Volume profile of the session",
    group: Group::Levels,
    ta_lib: None,
    inputs: INPUTS,
    params: PARAMS,
    outputs: OUTPUTS,
    pane: Pane::Price,
    warm_up: |_| 1,
    relation: session_is_known,
    start: |params| Machine::other(SessionProfile::new(params, false)),
    batch: |params, bars| Ok(by_streaming(SessionProfile::new(params, false), 3, bars)),
};

/// Volume profile of the session before: its levels as they stood at its end. No value before there was a session
/// with volume; one without any is passed over. See `VOLUME_PROFILE`.
pub(crate) static VOLUME_PROFILE_PREV: Definition = Definition {
    name: "VOLUME_PROFILE_PREV",
    aliases: &["VP_PREV"],
    title: "Volume profile of the session before",
    group: Group::Levels,
    ta_lib: None,
    inputs: INPUTS,
    params: PARAMS,
    outputs: OUTPUTS,
    pane: Pane::Price,
    warm_up: |_| 2,
    relation: session_is_known,
    start: |params| Machine::other(SessionProfile::new(params, true)),
    batch: |params, bars| Ok(by_streaming(SessionProfile::new(params, true), 3, bars)),
};

#[derive(Debug, Clone)]
struct SessionProfile {
    session: Session,
    row_share: f64,
    area_share: f64,
    previous: bool,
    key: Option<u64>,
    profile: VolumeProfile,
    before: Option<[f64; 3]>,
}

impl SessionProfile {
    fn new(params: &Params, previous: bool) -> Self {
        Self {
            session: Session::of(params.period(0)),
            row_share: params.real(1) / 10_000.0,
            area_share: params.real(2) / 100.0,
            previous,
            key: None,
            profile: VolumeProfile::default(),
            before: None,
        }
    }
}

impl SessionProfile {
    fn levels(&self) -> Option<[f64; 3]> {
        let levels = self.profile.levels(self.area_share)?;
        Some([levels.poc, levels.vah, levels.val])
    }
}

impl Stepper for SessionProfile {
    type Row = [f64; 3];

    fn step(&mut self, bar: &BarInput) -> Option<[f64; 3]> {
        let key = Some(self.session.key(bar.ts));
        if key != self.key {
            if self.previous {
                self.before = self.levels().or(self.before);
            }
            self.key = key;
            self.profile = VolumeProfile::of_height(bar.open.abs().max(bar.high.abs()) * self.row_share);
        }
        self.profile.add(bar.low, bar.high, bar.volume);
        if self.previous { self.before } else { self.levels() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::swings::tests::bar;
    use super::*;

    #[test]
    fn the_session_before_keeps_its_levels_and_one_without_volume_is_passed_over() {
        let params = Params::from_slice(&[1.0, 100.0, 70.0]);
        let (mut now, mut before) = (
            SessionProfile::new(&params, false),
            SessionProfile::new(&params, true),
        );
        let day = 86_400 / 60;
        let mut next = |at: u64, price: f64, volume: f64| {
            let bar = BarInput {
                volume,
                ..bar(at, price, price)
            };
            (now.step(&bar), before.step(&bar))
        };
        // 1_700_000_000 is 22:13 UTC; the bars of one minute below stay within their days.
        let (first, none) = next(0, 100.0, 5.0);
        assert_eq!((first.is_some(), none), (true, None));
        assert_eq!(next(day, 100.0, 0.0), (None, first));
        let (third, held) = next(2 * day, 150.0, 1.0);
        assert_eq!(held, first);
        assert_ne!(third, first);
    }
}

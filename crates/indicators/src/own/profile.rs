//! Volume profile: at which prices of a session how much was traded.

use std::collections::VecDeque;

use super::session::{SESSION, Session, session_is_known};
use crate::adapter::by_streaming;
use crate::input::{BarInput, Input};
use crate::machine::Machine;
use crate::params::{Param, Params};
use crate::registry::{Definition, Group, Pane};
use crate::stepper::Stepper;

/// Most rows of a profile; where a session's range needs more, rows are joined two by two.
const ROWS_MAX: i64 = 1_024;
/// Row numbers beyond this are not whole numbers in `f64`.
const ROW_FARTHEST: f64 = 4_503_599_627_370_496.0;

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
    profile: Profile,
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
            profile: Profile::default(),
            before: None,
        }
    }
}

impl Stepper for SessionProfile {
    type Row = [f64; 3];

    fn step(&mut self, bar: &BarInput) -> Option<[f64; 3]> {
        let key = Some(self.session.key(bar.ts));
        if key != self.key {
            if self.previous {
                self.before = self.profile.levels(self.area_share).or(self.before);
            }
            self.key = key;
            self.profile = Profile::of_height(bar.open.abs().max(bar.high.abs()) * self.row_share);
        }
        self.profile.add(bar.low, bar.high, bar.volume);
        if self.previous {
            self.before
        } else {
            self.profile.levels(self.area_share)
        }
    }
}

/// Volume by rows of price.
#[derive(Debug, Clone, Default)]
struct Profile {
    /// Height of a row; row `k` reaches from `k · height` to `(k + 1) · height`.
    height: f64,
    /// Number of the lowest row.
    lowest: i64,
    rows: VecDeque<f64>,
    total: f64,
}

impl Profile {
    fn of_height(height: f64) -> Self {
        Self {
            height,
            ..Self::default()
        }
    }

    /// Spreads volume evenly over the prices from `low` to `high`.
    fn add(&mut self, low: f64, high: f64, volume: f64) {
        let is_price = self.height > 0.0 && self.height.is_finite() && low <= high;
        if !is_price || volume <= 0.0 {
            return;
        }
        let (first, last) = self.make_room(low, high);
        self.total += volume;
        for row in first..=last {
            let (bottom, top) = (row as f64 * self.height, (row + 1) as f64 * self.height);
            let share = if first == last {
                1.0
            } else {
                (high.min(top) - low.max(bottom)).max(0.0) / (high - low)
            };
            if let Some(held) = self.rows.get_mut((row - self.lowest) as usize) {
                *held += volume * share;
            }
        }
    }

    /// Makes the rows reach from `low` to `high`, joining rows where they would be too many. Gives the numbers of the rows
    /// of both.
    fn make_room(&mut self, low: f64, high: f64) -> (i64, i64) {
        loop {
            let (first, last) = ((low / self.height).floor(), (high / self.height).floor());
            if first.abs() < ROW_FARTHEST && last.abs() < ROW_FARTHEST {
                let (first, last) = (first as i64, last as i64);
                let (mut bottom, mut top) = (first, last);
                if !self.rows.is_empty() {
                    bottom = bottom.min(self.lowest);
                    top = top.max(self.lowest + self.rows.len() as i64 - 1);
                }
                if top - bottom < ROWS_MAX {
                    self.stretch(bottom, top);
                    return (first, last);
                }
            }
            self.join();
        }
    }

    fn stretch(&mut self, bottom: i64, top: i64) {
        if self.rows.is_empty() {
            self.lowest = bottom;
        }
        while self.lowest > bottom {
            self.rows.push_front(0.0);
            self.lowest -= 1;
        }
        while self.lowest + (self.rows.len() as i64) <= top {
            self.rows.push_back(0.0);
        }
    }

    /// Doubles the height of the rows.
    fn join(&mut self) {
        let lowest = self.lowest.div_euclid(2);
        let mut joined: VecDeque<f64> = VecDeque::new();
        for (at, volume) in self.rows.iter().enumerate() {
            let row = ((self.lowest + at as i64).div_euclid(2) - lowest) as usize;
            match joined.get_mut(row) {
                Some(held) => *held += volume,
                None => joined.push_back(*volume),
            }
        }
        self.rows = joined;
        self.lowest = lowest;
        self.height *= 2.0;
    }

    /// Point of control, upper and lower edge of the value area.
    fn levels(&self, area_share: f64) -> Option<[f64; 3]> {
        if self.total <= 0.0 {
            return None;
        }
        let mut poc = 0;
        for (at, volume) in self.rows.iter().enumerate() {
            if *volume > self.rows[poc] {
                poc = at;
            }
        }
        let wanted = self.total * area_share;
        let (mut bottom, mut top) = (poc, poc);
        let mut held = self.rows[poc];
        while held < wanted {
            let above = self.rows.get(top + 1);
            let below = bottom.checked_sub(1).and_then(|at| self.rows.get(at));
            match (above, below) {
                (Some(above), below) if below.is_none_or(|below| above >= below) => {
                    held += above;
                    top += 1;
                }
                (_, Some(below)) => {
                    held += below;
                    bottom -= 1;
                }
                _ => break,
            }
        }
        let edge = |row: usize| (self.lowest + row as i64) as f64 * self.height;
        let middle = ((self.lowest + poc as i64) as f64 + 0.5) * self.height;
        Some([middle, edge(top + 1), edge(bottom)])
    }
}

#[cfg(test)]
mod tests {
    use super::super::swings::tests::bar;
    use super::*;

    #[test]
    fn the_value_area_grows_from_the_point_of_control_to_the_busier_side() {
        let mut profile = Profile::of_height(1.0);
        for (price, volume) in [
            (10.5, 5.0),
            (11.5, 20.0),
            (12.5, 40.0),
            (13.5, 10.0),
            (14.5, 25.0),
        ] {
            profile.add(price, price, volume);
        }
        assert_eq!(profile.levels(0.40), Some([12.5, 13.0, 12.0]));
        assert_eq!(profile.levels(0.60), Some([12.5, 13.0, 11.0]));
        assert_eq!(profile.levels(0.70), Some([12.5, 14.0, 11.0]));
        assert_eq!(profile.levels(1.00), Some([12.5, 15.0, 10.0]));
    }

    #[test]
    fn a_bars_volume_is_spread_over_its_range() {
        let mut profile = Profile::of_height(1.0);
        profile.add(10.5, 12.5, 8.0);
        assert_eq!(profile.rows, [2.0, 4.0, 2.0]);
        assert_eq!(profile.levels(0.5), Some([11.5, 12.0, 11.0]));
    }

    #[test]
    fn a_range_without_bounds_takes_bounded_rows_and_keeps_all_volume() {
        let mut profile = Profile::of_height(0.001);
        profile.add(100.0, 100.0, 3.0);
        profile.add(1e-9, 1e12, 5.0);
        profile.add(-1e300, 1e300, 1.0);
        assert!(profile.rows.len() <= ROWS_MAX as usize);
        assert!((profile.rows.iter().sum::<f64>() - 9.0).abs() < 1e-9);
        assert!(profile.levels(0.7).is_some());
    }

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

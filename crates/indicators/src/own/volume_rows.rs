//! Volume by price: the rows of a volume profile, its point of control and its value area.

use std::collections::VecDeque;

/// Most rows of a profile; where a session's range needs more, rows are joined two by two.
const ROWS_MAX: i64 = 1_024;
/// Row numbers beyond this are not whole numbers in `f64`.
const ROW_FARTHEST: f64 = 4_503_599_627_370_496.0;

/// A row of a profile.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ProfileRow {
    /// Its lower edge.
    pub low: f64,
    /// Its upper edge.
    pub high: f64,
    /// What was traded in it.
    pub volume: f64,
}

/// What a profile says.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ProfileLevels {
    /// Point of control: middle of the row with most volume, the lowest of equal ones.
    pub poc: f64,
    /// Value area high: upper edge of the area's highest row.
    pub vah: f64,
    /// Value area low: lower edge of its lowest row.
    pub val: f64,
}

/// Volume by rows of price: row `k` reaches from `k` to `k + 1` times the row's height. Holds at most 1,024 rows; where
/// the prices need more, rows are joined two by two, as often as it takes.
///
/// ```
/// use tradewind_indicators::VolumeProfile;
/// let mut profile = VolumeProfile::of_height(1.0);
/// profile.add(10.5, 12.5, 8.0);
/// let volumes: Vec<f64> = profile.rows().map(|row| row.volume).collect();
/// assert_eq!(volumes, [2.0, 4.0, 2.0]);
/// assert_eq!(profile.levels(0.7).map(|levels| levels.poc), Some(11.5));
/// ```
#[derive(Debug, Clone, Default)]
pub struct VolumeProfile {
    /// Height of a row.
    height: f64,
    /// Number of the lowest row.
    lowest: i64,
    rows: VecDeque<f64>,
    total: f64,
}

impl VolumeProfile {
    /// Without volume, with rows of that height in units of price. One that is not a positive number takes no volume.
    #[must_use]
    pub fn of_height(height: f64) -> Self {
        Self {
            height,
            ..Self::default()
        }
    }

    /// Spreads volume evenly over the prices from `low` to `high`. Volume that is not positive, and prices that are not
    /// finite or the wrong way round, are ignored. O(rows between them).
    pub fn add(&mut self, low: f64, high: f64, volume: f64) {
        let has_rows = self.height > 0.0 && self.height.is_finite();
        let is_range = low <= high && (high - low).is_finite();
        let is_volume = volume > 0.0 && volume.is_finite();
        if !(has_rows && is_range && is_volume) {
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

    /// All volume.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.total
    }

    /// The rows, lowest first.
    pub fn rows(&self) -> impl Iterator<Item = ProfileRow> + '_ {
        self.rows.iter().enumerate().map(|(at, volume)| ProfileRow {
            low: self.edge(at),
            high: self.edge(at + 1),
            volume: *volume,
        })
    }

    /// Lower edge of a row.
    fn edge(&self, at: usize) -> f64 {
        (self.lowest + at as i64) as f64 * self.height
    }

    /// Point of control and value area: `area_share` is the part of all volume in the area, 0.7 for 70 %. `None` without volume.
    /// O(rows).
    #[must_use]
    pub fn levels(&self, area_share: f64) -> Option<ProfileLevels> {
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
        Some(ProfileLevels {
            poc: ((self.lowest + poc as i64) as f64 + 0.5) * self.height,
            vah: self.edge(top + 1),
            val: self.edge(bottom),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(profile: &VolumeProfile, share: f64) -> Option<[f64; 3]> {
        profile.levels(share).map(|l| [l.poc, l.vah, l.val])
    }

    #[test]
    fn the_value_area_grows_from_the_point_of_control_to_the_busier_side() {
        let mut profile = VolumeProfile::of_height(1.0);
        for (price, volume) in [
            (10.5, 5.0),
            (11.5, 20.0),
            (12.5, 40.0),
            (13.5, 10.0),
            (14.5, 25.0),
        ] {
            profile.add(price, price, volume);
        }
        assert_eq!(levels(&profile, 0.40), Some([12.5, 13.0, 12.0]));
        assert_eq!(levels(&profile, 0.60), Some([12.5, 13.0, 11.0]));
        assert_eq!(levels(&profile, 0.70), Some([12.5, 14.0, 11.0]));
        assert_eq!(levels(&profile, 1.00), Some([12.5, 15.0, 10.0]));
    }

    #[test]
    fn a_bars_volume_is_spread_over_its_range() {
        let mut profile = VolumeProfile::of_height(1.0);
        profile.add(10.5, 12.5, 8.0);
        assert_eq!(profile.rows, [2.0, 4.0, 2.0]);
        assert_eq!(levels(&profile, 0.5), Some([11.5, 12.0, 11.0]));
    }

    #[test]
    fn a_range_without_bounds_takes_bounded_rows_and_keeps_all_volume() {
        let mut profile = VolumeProfile::of_height(0.001);
        profile.add(100.0, 100.0, 3.0);
        profile.add(1e-9, 1e12, 5.0);
        profile.add(-1e300, 1e300, 1.0);
        assert!(profile.rows.len() <= ROWS_MAX as usize);
        assert!((profile.rows.iter().sum::<f64>() - 9.0).abs() < 1e-9);
        assert!(profile.levels(0.7).is_some());
    }

    #[test]
    fn what_is_no_price_or_no_volume_is_ignored() {
        let mut profile = VolumeProfile::of_height(1.0);
        for (low, high, volume) in [
            (2.0, 1.0, 1.0),
            (f64::NAN, 1.0, 1.0),
            (1.0, f64::INFINITY, 1.0),
            (1.0, 2.0, -1.0),
        ] {
            profile.add(low, high, volume);
        }
        assert_eq!((profile.rows().count(), profile.levels(0.7)), (0, None));
        let mut none = VolumeProfile::of_height(f64::NAN);
        none.add(1.0, 2.0, 1.0);
        assert_eq!(none.total().to_bits(), 0.0f64.to_bits());
    }
}

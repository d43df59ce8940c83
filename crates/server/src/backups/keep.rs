//! Which backups stay: every one for some days, then one a day, then none.
//!
//! Ages are not told by the clock of now alone: a clock that jumps forward would make all of them old at once. They are
//! added up from one backup to the next, and a gap that is longer than the schedule explains counts as the longest that it
//! does. So a jump, like a time in which the program did not run, takes nothing away.

use std::time::Duration;

use tradewind_types::UnixNanos;
use tradewind_types::time::DAY_NS;

/// How long backups stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Days for which all stay.
    pub all_days: u32,
    /// Days for which one of each UTC day stays, counted like the others.
    pub daily_days: u32,
}

impl Default for Keep {
    fn default() -> Self {
        Self {
            all_days: 7,
            daily_days: 90,
        }
    }
}

/// So many of the newest stay, whatever their age.
const LEAST: usize = 7;
/// Longest gap that counts in full where the schedule has none that is longer.
const GAP_NS: u64 = 2 * DAY_NS;
/// The same where backups are taken by hand only.
const GAP_BY_HAND_NS: u64 = 31 * DAY_NS;

/// The longest gap between two backups that counts in full, when there is one `every` so often.
fn gap_max_ns(every: Option<Duration>) -> u64 {
    match every {
        Some(every) => u64::try_from(2 * every.as_nanos())
            .unwrap_or(u64::MAX)
            .max(GAP_NS),
        None => GAP_BY_HAND_NS,
    }
}

impl Keep {
    /// Places of those of `taken` that go, given oldest first, when there is one `every` so often. Of a day the first one
    /// stays: it does not change any more when later ones come. The newest [`LEAST`] always stay, however old they are.
    #[must_use]
    pub fn over(&self, taken: &[UnixNanos], every: Option<Duration>) -> Vec<usize> {
        let gap_max_ns = gap_max_ns(every);
        let mut age_ns = 0_u64;
        let mut newer: Option<UnixNanos> = None;
        let mut over = Vec::new();
        for (place, at) in taken.iter().enumerate().rev() {
            let gap_ns = newer.map_or(0, |newer| newer.0.saturating_sub(at.0));
            age_ns = age_ns.saturating_add(gap_ns.min(gap_max_ns));
            newer = Some(*at);
            let day = |at: UnixNanos| at.0 / DAY_NS;
            let before = place.checked_sub(1).and_then(|before| taken.get(before));
            let first_of_day = before.is_none_or(|before| day(*before) != day(*at));
            let within = |days: u32| age_ns < u64::from(days) * DAY_NS;
            let stays = within(self.all_days) || (first_of_day && within(self.daily_days));
            if !stays && taken.len() - place > LEAST {
                over.push(place);
            }
        }
        over.reverse();
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_NS: u64 = DAY_NS / 24;
    const HOURLY: Option<Duration> = Some(Duration::from_secs(3_600));
    /// A midnight.
    const NOW: UnixNanos = UnixNanos(20_000 * DAY_NS);

    fn ago(hours: u64) -> UnixNanos {
        UnixNanos(NOW.0 - hours * HOUR_NS)
    }

    fn stay(taken: &[UnixNanos]) -> Vec<UnixNanos> {
        let over = Keep::default().over(taken, HOURLY);
        let all = taken.iter().enumerate();
        all.filter(|(place, _)| !over.contains(place))
            .map(|(_, at)| *at)
            .collect()
    }

    #[test]
    fn hourly_for_a_week_then_the_first_of_each_day_for_ninety_days() {
        let hourly: Vec<UnixNanos> = (0..200 * 24).rev().map(ago).collect();
        let stay = stay(&hourly);
        let (week, older): (Vec<UnixNanos>, Vec<UnixNanos>) =
            stay.iter().partition(|at| NOW.0 - at.0 < 7 * DAY_NS);
        assert_eq!((week.len(), older.len()), (7 * 24, 83));
        assert!(
            older.iter().all(|at| at.0 % DAY_NS == 0),
            "the first of their days"
        );
        // Nothing more goes when it is looked at again.
        assert!(Keep::default().over(&stay, HOURLY).is_empty());
    }

    #[test]
    fn the_newest_stay_however_old_they_are_and_none_is_no_trouble() {
        let keep = Keep::default();
        assert!(keep.over(&[], HOURLY).is_empty());
        // One a month, by hand: seven stay.
        let monthly: Vec<UnixNanos> = (0..12).rev().map(|n| ago(24 * 30 * n)).collect();
        assert_eq!(keep.over(&monthly, None), [0, 1, 2, 3, 4]);
        assert!(keep.over(&monthly[5..], None).is_empty());
    }

    #[test]
    fn a_clock_that_jumps_forward_takes_nothing_away_while_it_is_wrong_or_right_again() {
        let before = stay(&(0..100 * 24).rev().map(ago).collect::<Vec<_>>());
        let jump_ns = 1_000 * DAY_NS;
        // For ten hours by the wrong clock: what is taken away after each is what two days more take away.
        let mut taken = before.clone();
        for hour in 1..=10 {
            taken.push(UnixNanos(NOW.0 + jump_ns + hour * HOUR_NS));
            taken = stay(&taken);
        }
        let old = |taken: &[UnixNanos]| taken.iter().filter(|at| at.0 <= NOW.0).count();
        assert!(old(&taken) + 2 * 24 + 10 + 3 >= old(&before), "{}", old(&taken));
        // By the right one again for ten days: as many as ever, and those of the future.
        for hour in 1..=240 {
            taken.push(UnixNanos(NOW.0 + hour * HOUR_NS));
            taken.sort_unstable();
            taken = stay(&taken);
        }
        let right = taken.iter().filter(|at| at.0 <= NOW.0 + 240 * HOUR_NS).count();
        assert!((7 + 80..=7 * 24 + 90).contains(&right), "{right}");
        assert!(
            taken.contains(&UnixNanos(NOW.0 + 240 * HOUR_NS)),
            "the newest by the right clock"
        );
    }
}

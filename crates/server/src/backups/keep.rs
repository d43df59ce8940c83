//! Which backups stay: every one for some days, then one a day, then none.

use tradewind_types::UnixNanos;
use tradewind_types::time::DAY_NS;

/// How long backups stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Days for which all stay.
    pub all_days: u32,
    /// Days for which one of each UTC day stays, counted from now like the others.
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

impl Keep {
    /// Those of `taken` that go, given oldest first. Of a day the first one stays: it does not change any more when later
    /// ones come. The newest of all always stays, however old it is.
    #[must_use]
    pub fn over(&self, taken: &[UnixNanos], now: UnixNanos) -> Vec<UnixNanos> {
        let Some((newest, older)) = taken.split_last() else {
            return Vec::new();
        };
        let age_days = |at: &UnixNanos| now.0.saturating_sub(at.0) / DAY_NS;
        let day = |at: &UnixNanos| at.0 / DAY_NS;
        let mut kept_day = None;
        let mut over = Vec::new();
        for at in older {
            let first_of_day = kept_day != Some(day(at));
            kept_day = Some(day(at));
            let age = age_days(at);
            let stays = age < u64::from(self.all_days) || (first_of_day && age < u64::from(self.daily_days));
            if !stays && at != newest {
                over.push(*at);
            }
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_NS: u64 = DAY_NS / 24;
    /// A midnight.
    const NOW: UnixNanos = UnixNanos(20_000 * DAY_NS);

    fn ago(hours: u64) -> UnixNanos {
        UnixNanos(NOW.0 - hours * HOUR_NS)
    }

    #[test]
    fn hourly_for_a_week_then_the_first_of_each_day_for_ninety_days() {
        let hourly: Vec<UnixNanos> = (0..200 * 24).rev().map(ago).collect();
        let over = Keep::default().over(&hourly, NOW);
        let stay: Vec<UnixNanos> = hourly.into_iter().filter(|at| !over.contains(at)).collect();
        let (week, older): (Vec<UnixNanos>, Vec<UnixNanos>) =
            stay.iter().partition(|at| NOW.0 - at.0 < 7 * DAY_NS);
        assert_eq!((week.len(), older.len()), (7 * 24, 83));
        assert!(
            older.iter().all(|at| at.0 % DAY_NS == 0),
            "the first of their days"
        );
        // Nothing more goes when it is looked at again.
        assert!(Keep::default().over(&stay, NOW).is_empty());
    }

    #[test]
    fn the_newest_stays_however_old_it_is_and_none_is_no_trouble() {
        let keep = Keep::default();
        assert!(keep.over(&[], NOW).is_empty());
        assert!(keep.over(&[ago(24 * 400)], NOW).is_empty());
        let two = [ago(24 * 500), ago(24 * 400)];
        assert_eq!(keep.over(&two, NOW), [two[0]]);
    }
}

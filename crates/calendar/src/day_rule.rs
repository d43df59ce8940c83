//! On which date of a year something falls, and where it is moved when that date is on a weekend.

use jiff::civil::{Date, Weekday};

/// A date of each year.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DayRule {
    /// Month and day.
    Fixed(i8, i8),
    /// The nth weekday of a month, the first = 1.
    Nth(i8, Weekday, i8),
    /// The last weekday of a month.
    Last(i8, Weekday),
    /// So many days after the nth weekday of a month: the day after Thanksgiving.
    NthPlus(i8, Weekday, i8, i16),
    /// So many days after Easter Sunday of the Western churches.
    Easter(i16),
    /// So many days after the date that a table has for the year; no day in a year that it has not.
    Table(&'static [Date], i16),
}

/// By how many days it is moved when it falls on a weekday; weekdays that are not named stay.
pub(crate) type Moved = &'static [(Weekday, i16)];

/// Where it falls.
pub(crate) const STAYS: Moved = &[];
/// From Sunday to Monday.
pub(crate) const SUNDAY_TO_MONDAY: Moved = &[(Weekday::Sunday, 1)];
/// From Saturday or Sunday to Monday.
pub(crate) const WEEKEND_TO_MONDAY: Moved = &[(Weekday::Saturday, 2), (Weekday::Sunday, 1)];
/// From Saturday to Friday, from Sunday to Monday.
pub(crate) const NEAREST: Moved = &[(Weekday::Saturday, -1), (Weekday::Sunday, 1)];
/// From Saturday or Sunday to the Friday before.
pub(crate) const WEEKEND_TO_FRIDAY: Moved = &[(Weekday::Saturday, -1), (Weekday::Sunday, -2)];
/// Two days on from a weekend: the second of two holidays that both fall on it.
pub(crate) const WEEKEND_BY_TWO: Moved = &[(Weekday::Saturday, 2), (Weekday::Sunday, 2)];

impl DayRule {
    /// The date in `year`, moved; `None` where the rule has none.
    pub(crate) fn in_year(self, year: i16, moved: Moved) -> Option<Date> {
        let date = self.unmoved(year)?;
        let by = moved
            .iter()
            .find(|(weekday, _)| *weekday == date.weekday())
            .map_or(0, |(_, by)| *by);
        plus(date, by)
    }

    fn unmoved(self, year: i16) -> Option<Date> {
        match self {
            DayRule::Fixed(month, day) => Date::new(year, month, day).ok(),
            DayRule::Nth(month, weekday, nth) => nth_weekday(year, month, nth, weekday),
            DayRule::Last(month, weekday) => nth_weekday(year, month, -1, weekday),
            DayRule::NthPlus(month, weekday, nth, days) => {
                plus(nth_weekday(year, month, nth, weekday)?, days)
            }
            DayRule::Easter(days) => plus(easter(year)?, days),
            DayRule::Table(dates, days) => {
                let date = dates.iter().find(|d| d.year() == year)?;
                plus(*date, days)
            }
        }
    }
}

/// `date` and so many days more.
pub(crate) fn plus(date: Date, days: i16) -> Option<Date> {
    date.checked_add(jiff::Span::new().days(i64::from(days))).ok()
}

/// The nth (first = 1, last = −1) of a weekday in a month.
pub(crate) fn nth_weekday(year: i16, month: i8, nth: i8, weekday: Weekday) -> Option<Date> {
    Date::new(year, month, 1)
        .ok()?
        .nth_weekday_of_month(nth, weekday)
        .ok()
}

/// Easter Sunday of the Gregorian calendar: the anonymous algorithm as in J. Meeus, Astronomical Algorithms, chapter 8.
pub(crate) fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let golden = y % 19;
    let (century, rest) = (y / 100, y % 100);
    let (d, e) = (century / 4, century % 4);
    let g = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - d - g + 15) % 30;
    let (i, k) = (rest / 4, rest % 4);
    let to_sunday = (32 + 2 * e + 2 * i - epact - k) % 7;
    let m = (golden + 11 * epact + 22 * to_sunday) / 451;
    let n = epact + to_sunday - 7 * m + 114;
    Date::new(year, i8::try_from(n / 31).ok()?, i8::try_from(n % 31 + 1).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn easter_falls_where_the_churches_print_it() {
        // Dates from the Astronomical Almanac's table of Easter.
        for (y, m, d) in [
            (1990, 4, 15),
            (2000, 4, 23),
            (2008, 3, 23),
            (2011, 4, 24),
            (2024, 3, 31),
            (2030, 4, 21),
        ] {
            assert_eq!(easter(y), Some(date(y, m, d)));
        }
    }

    #[test]
    fn rules_fall_and_move_as_they_say() {
        assert_eq!(
            DayRule::Nth(11, Weekday::Thursday, 4).in_year(2024, STAYS),
            Some(date(2024, 11, 28))
        );
        assert_eq!(
            DayRule::NthPlus(11, Weekday::Thursday, 4, 1).in_year(2024, STAYS),
            Some(date(2024, 11, 29))
        );
        assert_eq!(
            DayRule::Last(5, Weekday::Monday).in_year(2024, STAYS),
            Some(date(2024, 5, 27))
        );
        assert_eq!(
            DayRule::Fixed(7, 4).in_year(2026, NEAREST),
            Some(date(2026, 7, 3))
        );
        assert_eq!(
            DayRule::Fixed(12, 26).in_year(2021, WEEKEND_BY_TWO),
            Some(date(2021, 12, 28))
        );
        assert_eq!(DayRule::Fixed(2, 29).in_year(2023, STAYS), None);
        assert_eq!(DayRule::Easter(-2).in_year(2024, STAYS), Some(date(2024, 3, 29)));
    }
}

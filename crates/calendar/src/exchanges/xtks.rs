//! Tokyo Stock Exchange.
//!
//! Sources: the Act on National Holidays (Act No. 178 of 1948) with its amendments: moved Mondays from 2000 and 2003, Greenery
//! Day from 29 April to 4 May in 2007, Mountain Day from 2016, the Olympic years 2020 and 2021, the change of emperors in
//! 2019. The equinoxes are those that the National Astronomical Observatory of Japan announces each February for the year
//! after; those of later years are its computed ones. The exchange adds 31 December to 3 January. Hours: JPX, close at
//! 15:30 from 2024-11-05 (arrowhead 4.0).

use jiff::civil::Weekday::{Monday, Sunday};
use jiff::civil::{Date, date};

use crate::day_rule::{DayRule, Moved, STAYS, SUNDAY_TO_MONDAY};
use crate::rules::{ALWAYS, Closure, Holiday, Hours, MONDAY_TO_FRIDAY, Rules, shut};
use crate::zone::WallMinute;

/// Equinoxes from 1997 to 2030, where not moved.
const VERNAL: [Date; 34] = equinoxes(
    3,
    [
        20, 21, 21, 20, 20, 21, 21, 20, 20, 21, 21, 20, 20, 21, 21, 20, 20, 21, 21, 20, 20, 21, 21, 20, 20,
        21, 21, 20, 20, 20, 21, 20, 20, 20,
    ],
);
const AUTUMNAL: [Date; 34] = equinoxes(
    9,
    [
        23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 22, 23, 23, 23, 22, 23, 23, 23, 22, 23,
        23, 23, 22, 23, 23, 23, 22, 23, 23,
    ],
);

const fn equinoxes(month: i8, days: [i8; 34]) -> [Date; 34] {
    let mut dates = [date(1997, month, 1); 34];
    let mut i = 0;
    while i < dates.len() {
        dates[i] = date(1997 + i as i16, month, days[i]);
        i += 1;
    }
    dates
}

/// A holiday on Sunday moves to the next day that is none; between 3 and 5 May that is the sixth.
const SUNDAY_TO_TUESDAY: Moved = &[(Sunday, 2)];
const SUNDAY_TO_WEDNESDAY: Moved = &[(Sunday, 3)];

const HOLIDAYS: &[Holiday] = &[
    Holiday::new("New Year's Day", DayRule::Fixed(1, 1), STAYS),
    Holiday::new("New Year holiday", DayRule::Fixed(1, 2), STAYS),
    Holiday::new("New Year holiday", DayRule::Fixed(1, 3), STAYS),
    Holiday::new("Coming of Age Day", DayRule::Fixed(1, 15), SUNDAY_TO_MONDAY).years(ALWAYS.0, 1999),
    Holiday::new("Coming of Age Day", DayRule::Nth(1, Monday, 2), STAYS).years(2000, ALWAYS.1),
    Holiday::new("National Foundation Day", DayRule::Fixed(2, 11), SUNDAY_TO_MONDAY),
    Holiday::new("Emperor's Birthday", DayRule::Fixed(2, 23), SUNDAY_TO_MONDAY).years(2020, ALWAYS.1),
    Holiday::new("Vernal Equinox Day", DayRule::Table(&VERNAL, 0), SUNDAY_TO_MONDAY),
    Holiday::new("Greenery Day", DayRule::Fixed(4, 29), SUNDAY_TO_MONDAY).years(ALWAYS.0, 2006),
    Holiday::new("Showa Day", DayRule::Fixed(4, 29), SUNDAY_TO_MONDAY).years(2007, ALWAYS.1),
    // Until 2006 a Sunday's holiday of May did not pass over the next ones: the day between was a holiday anyway.
    Holiday::new("Constitution Memorial Day", DayRule::Fixed(5, 3), STAYS).years(ALWAYS.0, 2006),
    Holiday::new(
        "Constitution Memorial Day",
        DayRule::Fixed(5, 3),
        SUNDAY_TO_WEDNESDAY,
    )
    .years(2007, ALWAYS.1),
    Holiday::new("Citizens' holiday", DayRule::Fixed(5, 4), STAYS).years(ALWAYS.0, 2006),
    Holiday::new("Greenery Day", DayRule::Fixed(5, 4), SUNDAY_TO_TUESDAY).years(2007, ALWAYS.1),
    Holiday::new("Children's Day", DayRule::Fixed(5, 5), SUNDAY_TO_MONDAY),
    Holiday::new("Marine Day", DayRule::Fixed(7, 20), SUNDAY_TO_MONDAY).years(1996, 2002),
    Holiday::new("Marine Day", DayRule::Nth(7, Monday, 3), STAYS)
        .years(2003, ALWAYS.1)
        .but(&[2020, 2021]),
    Holiday::new("Mountain Day", DayRule::Fixed(8, 11), SUNDAY_TO_MONDAY)
        .years(2016, ALWAYS.1)
        .but(&[2020, 2021]),
    Holiday::new(
        "Respect for the Aged Day",
        DayRule::Fixed(9, 15),
        SUNDAY_TO_MONDAY,
    )
    .years(ALWAYS.0, 2002),
    Holiday::new("Respect for the Aged Day", DayRule::Nth(9, Monday, 3), STAYS).years(2003, ALWAYS.1),
    Holiday::new(
        "Autumnal Equinox Day",
        DayRule::Table(&AUTUMNAL, 0),
        SUNDAY_TO_MONDAY,
    ),
    Holiday::new("Health and Sports Day", DayRule::Fixed(10, 10), SUNDAY_TO_MONDAY).years(ALWAYS.0, 1999),
    Holiday::new("Sports Day", DayRule::Nth(10, Monday, 2), STAYS)
        .years(2000, ALWAYS.1)
        .but(&[2020, 2021]),
    Holiday::new("Culture Day", DayRule::Fixed(11, 3), SUNDAY_TO_MONDAY),
    Holiday::new(
        "Labour Thanksgiving Day",
        DayRule::Fixed(11, 23),
        SUNDAY_TO_MONDAY,
    ),
    Holiday::new("Emperor's Birthday", DayRule::Fixed(12, 23), SUNDAY_TO_MONDAY).years(1989, 2018),
    Holiday::new("New Year's Eve", DayRule::Fixed(12, 31), STAYS),
];

const CLOSURES: &[Closure] = &[
    // A day between two holidays is one.
    shut(2009, 9, 22, "Citizens' holiday"),
    shut(2015, 9, 22, "Citizens' holiday"),
    shut(2026, 9, 22, "Citizens' holiday"),
    shut(2019, 4, 30, "Abdication of Emperor Akihito"),
    shut(2019, 5, 1, "Accession of Emperor Naruhito"),
    shut(2019, 5, 2, "Citizens' holiday"),
    shut(2019, 10, 22, "Enthronement of Emperor Naruhito"),
    shut(2020, 7, 23, "Marine Day"),
    shut(2020, 7, 24, "Sports Day"),
    shut(2020, 8, 10, "Mountain Day"),
    shut(2021, 7, 22, "Marine Day"),
    shut(2021, 7, 23, "Sports Day"),
    shut(2021, 8, 9, "Mountain Day"),
    shut(2020, 10, 1, "Failure of the trading system"),
];

const OPEN: WallMinute = WallMinute::at(9, 0);
const PAUSE_END: WallMinute = WallMinute::at(12, 30);

pub(super) static XTKS: Rules = Rules {
    id: "XTKS",
    name: "Tokyo Stock Exchange",
    aliases: &["TSE", "JPX"],
    zone: "Asia/Tokyo",
    from: date(1997, 1, 1),
    published_to: date(2027, 12, 31),
    to: date(2030, 12, 31),
    week: MONDAY_TO_FRIDAY,
    hours: &[
        Hours::new(date(1997, 1, 1), OPEN, WallMinute::at(15, 0))
            .with_pause(WallMinute::at(11, 30), PAUSE_END),
        Hours::new(date(2024, 11, 5), OPEN, WallMinute::at(15, 30))
            .with_pause(WallMinute::at(11, 30), PAUSE_END),
    ],
    // The morning was longer by half an hour from 2011-11-21 (Tokyo Stock Exchange, "Extension of trading hours", 2011-07-26).
    as_traded: &[
        Hours::new(date(1997, 1, 1), OPEN, WallMinute::at(15, 0))
            .with_pause(WallMinute::at(11, 0), PAUSE_END),
        Hours::new(date(2011, 11, 21), OPEN, WallMinute::at(15, 0))
            .with_pause(WallMinute::at(11, 30), PAUSE_END),
        Hours::new(date(2024, 11, 5), OPEN, WallMinute::at(15, 30))
            .with_pause(WallMinute::at(11, 30), PAUSE_END),
    ],
    holidays: HOLIDAYS,
    later: &[],
    closures: &[CLOSURES],
    early: &[],
    special: &[],
    phases: &[],
};

//! Xetra, the electronic market of the Frankfurt Stock Exchange.
//!
//! Source: Deutsche Börse, "Trading calendar" (xetra.com/xetra-en/newsroom/trading-calendar) of each year. Whit Monday was kept
//! in 2007 and from 2015 to 2021, German Unity Day from 2014 to 2021. The early close of the year's last day is decided each
//! year; it has been 14:00 since 2010.

use jiff::civil::date;

use crate::day_rule::{DayRule, STAYS};
use crate::rules::{
    ALWAYS, Closure, EarlyClose, Edge, Holiday, Hours, MONDAY_TO_FRIDAY, PhaseKind, PhaseRule, Rules, shut,
};
use crate::zone::WallMinute;
use jiff::civil::Weekday::{Saturday, Sunday};

const HOLIDAYS: &[Holiday] = &[
    Holiday::new("New Year's Day", DayRule::Fixed(1, 1), STAYS),
    Holiday::new("Good Friday", DayRule::Easter(-2), STAYS),
    Holiday::new("Easter Monday", DayRule::Easter(1), STAYS),
    Holiday::new("Labour Day", DayRule::Fixed(5, 1), STAYS),
    Holiday::new("Whit Monday", DayRule::Easter(50), STAYS).years(2015, 2021),
    Holiday::new("German Unity Day", DayRule::Fixed(10, 3), STAYS).years(2014, 2021),
    Holiday::new("Christmas Eve", DayRule::Fixed(12, 24), STAYS),
    Holiday::new("Christmas Day", DayRule::Fixed(12, 25), STAYS),
    Holiday::new("Boxing Day", DayRule::Fixed(12, 26), STAYS),
    Holiday::new("New Year's Eve", DayRule::Fixed(12, 31), STAYS),
];

const CLOSURES: &[Closure] = &[
    shut(2007, 5, 28, "Whit Monday"),
    shut(2017, 10, 31, "500 years since the Reformation"),
];

pub(super) static XETR: Rules = Rules {
    id: "XETR",
    name: "Xetra",
    aliases: &["XETRA", "FWB"],
    zone: "Europe/Berlin",
    from: date(1990, 1, 1),
    published_to: date(2026, 12, 31),
    to: date(2030, 12, 31),
    week: MONDAY_TO_FRIDAY,
    hours: &[Hours::new(
        date(1990, 1, 1),
        WallMinute::at(9, 0),
        WallMinute::at(17, 30),
    )],
    // Deutsche Börse moved the close to 20:00 on 2000-06-02 and back to 17:30 on 2003-11-03 (its annual reports of 2000 and
    // 2003); before 1999-09-20 trading was from 08:30 to 17:00 (Xetra release notes), told here from Xetra's start on.
    as_traded: &[
        Hours::new(date(1990, 1, 1), WallMinute::at(8, 30), WallMinute::at(17, 0)),
        Hours::new(date(1999, 9, 20), WallMinute::at(9, 0), WallMinute::at(17, 30)),
        Hours::new(date(2000, 6, 2), WallMinute::at(9, 0), WallMinute::at(20, 0)),
        Hours::new(date(2003, 11, 3), WallMinute::at(9, 0), WallMinute::at(17, 30)),
    ],
    holidays: HOLIDAYS,
    later: &[],
    closures: &[CLOSURES],
    early: &[EarlyClose {
        // The weekday before 31 December.
        day: Holiday::new(
            "Last trading day of the year",
            DayRule::Fixed(12, 30),
            &[(Saturday, -1), (Sunday, -2)],
        )
        .years(2010, ALWAYS.1),
        weekdays: &[],
        close: WallMinute::at(14, 0),
    }],
    special: &[],
    phases: &[
        PhaseRule {
            kind: PhaseKind::OpeningAuction,
            from: date(2010, 1, 1),
            to: date(2030, 12, 31),
            start: Edge::Open(-10),
            end: Edge::Open(0),
        },
        PhaseRule {
            kind: PhaseKind::ClosingAuction,
            from: date(2010, 1, 1),
            to: date(2030, 12, 31),
            start: Edge::Close(0),
            end: Edge::Close(5),
        },
    ],
};

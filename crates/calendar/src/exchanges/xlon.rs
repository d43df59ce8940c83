//! London Stock Exchange.
//!
//! Sources: bank holidays of England and Wales (gov.uk/bank-holidays; Banking and Financial Dealings Act 1971 and the royal
//! proclamations under it); hours and half days from the exchange's "Business days" page.

use jiff::civil::Weekday::Monday;
use jiff::civil::date;

use crate::day_rule::{DayRule, STAYS, WEEKEND_BY_TWO, WEEKEND_TO_FRIDAY, WEEKEND_TO_MONDAY};
use crate::rules::{
    Closure, EarlyClose, Edge, Holiday, Hours, MONDAY_TO_FRIDAY, PhaseKind, PhaseRule, Rules, shut,
};
use crate::zone::WallMinute;

const HOLIDAYS: &[Holiday] = &[
    Holiday::new("New Year's Day", DayRule::Fixed(1, 1), WEEKEND_TO_MONDAY),
    Holiday::new("Good Friday", DayRule::Easter(-2), STAYS),
    Holiday::new("Easter Monday", DayRule::Easter(1), STAYS),
    // Moved to the anniversaries of the end of the war in 1995 and 2020.
    Holiday::new("Early May bank holiday", DayRule::Nth(5, Monday, 1), STAYS).but(&[1995, 2020]),
    // Moved to the jubilees of 2002, 2012 and 2022.
    Holiday::new("Spring bank holiday", DayRule::Last(5, Monday), STAYS).but(&[2002, 2012, 2022]),
    Holiday::new("Summer bank holiday", DayRule::Last(8, Monday), STAYS),
    Holiday::new("Christmas Day", DayRule::Fixed(12, 25), WEEKEND_BY_TWO),
    Holiday::new("Boxing Day", DayRule::Fixed(12, 26), WEEKEND_BY_TWO),
];

const CLOSURES: &[Closure] = &[
    shut(1995, 5, 8, "50 years since the end of the war"),
    shut(1999, 12, 31, "Millennium Eve"),
    shut(2002, 6, 3, "Golden Jubilee"),
    shut(2002, 6, 4, "Spring bank holiday"),
    shut(2011, 4, 29, "Royal wedding"),
    shut(2012, 6, 4, "Spring bank holiday"),
    shut(2012, 6, 5, "Diamond Jubilee"),
    shut(2020, 5, 8, "75 years since the end of the war"),
    shut(2022, 6, 2, "Spring bank holiday"),
    shut(2022, 6, 3, "Platinum Jubilee"),
    shut(2022, 9, 19, "Funeral of Queen Elizabeth II"),
    shut(2023, 5, 8, "Coronation of King Charles III"),
];

const fn half_day(name: &'static str, day: i8) -> EarlyClose {
    EarlyClose {
        day: Holiday::new(name, DayRule::Fixed(12, day), WEEKEND_TO_FRIDAY),
        weekdays: &[],
        close: WallMinute::at(12, 30),
    }
}

pub(super) static XLON: Rules = Rules {
    id: "XLON",
    name: "London Stock Exchange",
    aliases: &["LSE"],
    zone: "Europe/London",
    from: date(1990, 1, 1),
    published_to: date(2027, 12, 31),
    to: date(2030, 12, 31),
    week: MONDAY_TO_FRIDAY,
    hours: &[Hours::new(
        date(1990, 1, 1),
        WallMinute::at(8, 0),
        WallMinute::at(16, 30),
    )],
    as_traded: &[],
    holidays: HOLIDAYS,
    later: &[],
    closures: &[CLOSURES],
    early: &[half_day("Christmas Eve", 24), half_day("New Year's Eve", 31)],
    special: &[],
    // Millennium Exchange parameters since 2011-02-14: opening auction call 07:50, closing auction call 5 minutes.
    phases: &[
        PhaseRule {
            kind: PhaseKind::OpeningAuction,
            from: date(2011, 2, 14),
            to: date(2030, 12, 31),
            start: Edge::Open(-10),
            end: Edge::Open(0),
        },
        PhaseRule {
            kind: PhaseKind::ClosingAuction,
            from: date(2011, 2, 14),
            to: date(2030, 12, 31),
            start: Edge::Close(0),
            end: Edge::Close(5),
        },
    ],
};

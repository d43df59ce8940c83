//! The stock exchanges of the United States, which close on the same days: NYSE, Nasdaq, NYSE American.
//!
//! Sources: NYSE rule 7.2 and "Holidays & Trading Hours" (nyse.com/markets/hours-calendars); "NYSE Closings" (the list of
//! special closings kept by the exchange's archive) for mourning, weather and the early closes before 2000.

use jiff::civil::Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
use jiff::civil::date;

use crate::day_rule::{DayRule, NEAREST, STAYS, SUNDAY_TO_MONDAY};
use crate::rules::{
    ALWAYS, Closure, EarlyClose, Edge, Holiday, Hours, MONDAY_TO_FRIDAY, PhaseKind, PhaseRule, Rules,
    Special, shut, special,
};
use crate::zone::WallMinute;

const HOURS: &[Hours] = &[Hours::new(
    date(1990, 1, 1),
    WallMinute::at(9, 30),
    WallMinute::at(16, 0),
)];

/// A New Year's Day on Saturday is not kept (rule 7.2: not where the Friday ends a month's accounting).
pub(super) const NEW_YEAR: Holiday = Holiday::new("New Year's Day", DayRule::Fixed(1, 1), SUNDAY_TO_MONDAY);
pub(super) const MARTIN_LUTHER_KING: Holiday =
    Holiday::new("Martin Luther King Jr. Day", DayRule::Nth(1, Monday, 3), STAYS).years(1998, ALWAYS.1);
pub(super) const WASHINGTON: Holiday =
    Holiday::new("Washington's Birthday", DayRule::Nth(2, Monday, 3), STAYS);
pub(super) const GOOD_FRIDAY: Holiday = Holiday::new("Good Friday", DayRule::Easter(-2), STAYS);
pub(super) const MEMORIAL: Holiday = Holiday::new("Memorial Day", DayRule::Last(5, Monday), STAYS);
const JUNETEENTH: Holiday = Holiday::new("Juneteenth", DayRule::Fixed(6, 19), NEAREST).years(2022, ALWAYS.1);
pub(super) const INDEPENDENCE: Holiday = Holiday::new("Independence Day", DayRule::Fixed(7, 4), NEAREST);
pub(super) const LABOR: Holiday = Holiday::new("Labor Day", DayRule::Nth(9, Monday, 1), STAYS);
pub(super) const THANKSGIVING: Holiday =
    Holiday::new("Thanksgiving Day", DayRule::Nth(11, Thursday, 4), STAYS);
pub(super) const CHRISTMAS: Holiday = Holiday::new("Christmas Day", DayRule::Fixed(12, 25), NEAREST);
pub(super) const DAY_AFTER_THANKSGIVING: Holiday = Holiday::new(
    "Day after Thanksgiving",
    DayRule::NthPlus(11, Thursday, 4, 1),
    STAYS,
);
pub(super) const CHRISTMAS_EVE: Holiday = Holiday::new("Christmas Eve", DayRule::Fixed(12, 24), STAYS);

const HOLIDAYS: &[Holiday] = &[
    NEW_YEAR,
    MARTIN_LUTHER_KING,
    WASHINGTON,
    GOOD_FRIDAY,
    MEMORIAL,
    JUNETEENTH,
    INDEPENDENCE,
    LABOR,
    THANKSGIVING,
    CHRISTMAS,
];

/// Days of mourning, on which CME's stock index products rest too.
pub(super) const MOURNING: &[Closure] = &[
    shut(1994, 4, 27, "Funeral of Richard Nixon"),
    shut(2004, 6, 11, "Funeral of Ronald Reagan"),
    shut(2007, 1, 2, "Funeral of Gerald Ford"),
    shut(2018, 12, 5, "Funeral of George H. W. Bush"),
    shut(2025, 1, 9, "Funeral of Jimmy Carter"),
];

const CLOSURES: &[Closure] = &[
    shut(2001, 9, 11, "Attacks of 11 September"),
    shut(2001, 9, 12, "Attacks of 11 September"),
    shut(2001, 9, 13, "Attacks of 11 September"),
    shut(2001, 9, 14, "Attacks of 11 September"),
    shut(2012, 10, 29, "Hurricane Sandy"),
    shut(2012, 10, 30, "Hurricane Sandy"),
];

const MONDAY_TO_THURSDAY: &[jiff::civil::Weekday] = &[Monday, Tuesday, Wednesday, Thursday];

const fn early(day: Holiday, weekdays: &'static [jiff::civil::Weekday], hour: i16) -> EarlyClose {
    EarlyClose {
        day,
        weekdays,
        close: WallMinute::at(hour, 0),
    }
}

/// 14:00 until 1992, 13:00 from 1993. A Christmas Eve on Friday is either the holiday itself or a full day.
const EARLY: &[EarlyClose] = &[
    early(DAY_AFTER_THANKSGIVING.years(1992, 1992), &[], 14),
    early(DAY_AFTER_THANKSGIVING.years(1993, ALWAYS.1), &[], 13),
    early(CHRISTMAS_EVE.years(ALWAYS.0, 1992), MONDAY_TO_THURSDAY, 14),
    early(CHRISTMAS_EVE.years(1993, ALWAYS.1), MONDAY_TO_THURSDAY, 13),
    early(
        Holiday::new("Day before Independence Day", DayRule::Fixed(7, 3), STAYS).years(1995, ALWAYS.1),
        &[Monday, Tuesday, Thursday],
        13,
    ),
    // When the fourth is a Thursday: the Friday after it until 2012, the Wednesday before it from 2013.
    early(
        Holiday::new("Day after Independence Day", DayRule::Fixed(7, 5), STAYS).years(1995, 2012),
        &[Friday],
        13,
    ),
    early(
        Holiday::new("Day before Independence Day", DayRule::Fixed(7, 3), STAYS).years(2013, ALWAYS.1),
        &[Wednesday],
        13,
    ),
];

const SPECIAL: &[Special] = &[
    special("Day after Christmas", (1997, 12, 26), (9, 30), (13, 0)),
    special("New Year's Eve 1999", (1999, 12, 31), (9, 30), (13, 0)),
    special("Day after Christmas", (2003, 12, 26), (9, 30), (13, 0)),
];

/// Extended hours as Nasdaq and NYSE Arca have them (nasdaq.com/market-activity/trading-hours): 04:00 to the open, the close
/// to 20:00, to 17:00 after an early close. Told from 2014 on; earlier years had other hours that differed between venues.
const PHASES: &[PhaseRule] = &[
    PhaseRule {
        kind: PhaseKind::PreMarket,
        from: date(2014, 1, 1),
        to: date(2030, 12, 31),
        start: Edge::At(WallMinute::at(4, 0)),
        end: Edge::Open(0),
    },
    PhaseRule {
        kind: PhaseKind::PostMarket,
        from: date(2014, 1, 1),
        to: date(2030, 12, 31),
        start: Edge::Close(0),
        end: Edge::Close(240),
    },
];

const fn stocks(id: &'static str, name: &'static str, aliases: &'static [&'static str]) -> Rules {
    Rules {
        id,
        name,
        aliases,
        zone: "America/New_York",
        from: date(1990, 1, 1),
        published_to: date(2028, 12, 31),
        to: date(2030, 12, 31),
        week: MONDAY_TO_FRIDAY,
        hours: HOURS,
        as_traded: &[],
        holidays: HOLIDAYS,
        later: &[],
        closures: &[MOURNING, CLOSURES],
        early: EARLY,
        special: &[SPECIAL],
        phases: PHASES,
    }
}

pub(super) static XNYS: Rules = stocks("XNYS", "New York Stock Exchange", &["NYSE", "US"]);
pub(super) static XNAS: Rules = stocks("XNAS", "Nasdaq Stock Market", &["NASDAQ"]);
pub(super) static XASE: Rules = stocks("XASE", "NYSE American", &["AMEX"]);

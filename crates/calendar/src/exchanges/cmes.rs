//! CME Globex: from 17:00 of the evening before to 17:00 in Chicago.
//!
//! CME's holiday calendars differ by product group; this one is that of the equity index futures in its coarse form, as
//! `exchange_calendars` has it too: closed on New Year's Day, Good Friday and Christmas, an early close at noon on the other
//! holidays of the United States. Source: cmegroup.com/tools-information/holiday-calendar.html. The daily halt (16:00–17:00 in
//! Chicago, for most products since 2012-11-19 and other halts before) is not shown as a break: it is not the same for
//! all products.

use jiff::civil::Weekday::{Monday, Thursday, Tuesday, Wednesday};
use jiff::civil::date;

use super::united_states::{
    CHRISTMAS, CHRISTMAS_EVE, DAY_AFTER_THANKSGIVING, GOOD_FRIDAY, INDEPENDENCE, LABOR, MARTIN_LUTHER_KING,
    MEMORIAL, MOURNING, NEW_YEAR, THANKSGIVING, WASHINGTON,
};
use crate::rules::{ALWAYS, EarlyClose, Holiday, Hours, MONDAY_TO_FRIDAY, Rules};
use crate::zone::WallMinute;

const fn noon(day: Holiday) -> EarlyClose {
    EarlyClose {
        day,
        weekdays: &[],
        close: WallMinute::at(12, 0),
    }
}

pub(super) static CMES: Rules = Rules {
    id: "CMES",
    name: "CME Globex",
    aliases: &["CME", "GLOBEX", "CBOT", "NYMEX", "COMEX"],
    zone: "America/Chicago",
    from: date(1990, 1, 1),
    published_to: date(2028, 12, 31),
    to: date(2030, 12, 31),
    week: MONDAY_TO_FRIDAY,
    hours: &[Hours::new(
        date(1990, 1, 1),
        WallMinute::eve(17, 0),
        WallMinute::at(17, 0),
    )],
    as_traded: &[],
    holidays: &[NEW_YEAR, GOOD_FRIDAY, CHRISTMAS],
    later: &[],
    closures: &[MOURNING],
    early: &[
        noon(MARTIN_LUTHER_KING),
        noon(WASHINGTON),
        noon(MEMORIAL),
        noon(INDEPENDENCE),
        noon(LABOR),
        noon(THANKSGIVING),
        noon(DAY_AFTER_THANKSGIVING.years(1993, ALWAYS.1)),
        EarlyClose {
            day: CHRISTMAS_EVE,
            weekdays: &[Monday, Tuesday, Wednesday, Thursday],
            close: WallMinute::at(12, 0),
        },
    ],
    special: &[],
    phases: &[],
};

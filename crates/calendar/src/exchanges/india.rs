//! What the Indian exchanges share: evenings of Diwali, sessions on weekends, holidays of years not published yet.
//!
//! Sources. *Muhurat* sessions on weekdays: the NSE's, as in `pandas_market_calendars` 5.5.0; those of BSE from the press since
//! 2010. *Muhurat* on weekends and sessions by daylight: notices and press reports, with the NSE's archive of daily files as the
//! proof that the day was traded. Each has its line in `tests/golden/differences.csv`; `docs/calendars.md` says which rest on one
//! source only. That of 2026-11-08 was announced (NSE CMTR71775) with times to follow; lay it over as an override.
//!
//! Days that were traded at hours that were not found are left out; `docs/calendars.md` lists them.

use jiff::civil::Date;

use crate::day_rule::{DayRule, STAYS};
use crate::rules::{Holiday, Hours, PhaseKind, Special, special};
use crate::zone::WallMinute;

const NAME: &str = "Muhurat trading";

/// Evenings of Diwali on which there is a session of about an hour.
#[rustfmt::skip]
pub(super) const MUHURAT: &[Special] = &[
    special(NAME, (1998, 10, 19), (17, 28), (19, 29)),
    special(NAME, (2000, 10, 26), (18, 30), (19, 45)),
    special(NAME, (2001, 11, 14), (17, 0), (18, 15)),
    special(NAME, (2002, 11, 4), (17, 0), (18, 15)),
    special(NAME, (2004, 11, 12), (17, 30), (18, 45)),
    special(NAME, (2005, 11, 1), (18, 5), (19, 20)),
    special(NAME, (2007, 11, 9), (18, 0), (19, 0)),
    special(NAME, (2008, 10, 28), (18, 15), (19, 15)),
    special(NAME, (2009, 10, 17), (18, 15), (19, 15)),
    special(NAME, (2010, 11, 5), (18, 15), (19, 15)),
    special(NAME, (2011, 10, 26), (16, 45), (18, 0)),
    special(NAME, (2012, 11, 13), (15, 45), (17, 0)),
    special(NAME, (2014, 10, 23), (18, 30), (19, 30)),
    special(NAME, (2015, 11, 11), (17, 45), (18, 45)),
    special(NAME, (2016, 10, 30), (18, 30), (19, 30)),
    special(NAME, (2017, 10, 19), (18, 30), (19, 30)),
    special(NAME, (2018, 11, 7), (17, 30), (18, 30)),
    special(NAME, (2019, 10, 27), (18, 15), (19, 15)),
    special(NAME, (2020, 11, 14), (18, 15), (19, 15)),
    special(NAME, (2021, 11, 4), (18, 15), (19, 15)),
    special(NAME, (2022, 10, 24), (18, 15), (19, 15)),
    special(NAME, (2023, 11, 12), (18, 15), (19, 15)),
    special(NAME, (2024, 11, 1), (18, 0), (19, 0)),
    special(NAME, (2025, 10, 21), (13, 45), (14, 45)),
];

const SITE: &str = "Special session from the recovery site";
const BUDGET: &str = "Union Budget";

/// Saturdays and Sundays with a session by daylight.
#[rustfmt::skip]
pub(super) const WEEKENDS: &[Special] = &[
    special("Test of the backup system", (2003, 3, 22), (11, 0), (13, 0)),
    special("Special live session", (2010, 2, 6), (11, 0), (12, 30)),
    special("Special live session", (2012, 4, 28), (11, 15), (12, 45)),
    special("Special live session", (2014, 3, 22), (11, 15), (12, 45)),
    special(BUDGET, (2015, 2, 28), (9, 15), (15, 30)),
    special(BUDGET, (2020, 2, 1), (9, 15), (15, 30)),
    special("Session in place of Monday", (2024, 1, 20), (9, 15), (15, 30)),
    special(SITE, (2024, 3, 2), (9, 15), (12, 30)).with_pause((10, 0), (11, 30)),
    special(SITE, (2024, 5, 18), (9, 15), (12, 30)).with_pause((10, 0), (11, 30)),
    special(BUDGET, (2025, 2, 1), (9, 15), (15, 30)),
    special(BUDGET, (2026, 2, 1), (9, 15), (15, 30)),
];

/// Saturdays of the NSE: its archive has the day; the hours are those of recorded bars in 2013, and in 2012 those of the notices
/// of the like sessions of 2012-04-28 and 2014-03-22. Of BSE nothing was found.
pub(super) const NSE_SATURDAYS: &[Special] = &[
    special("Special live session", (2012, 1, 7), (11, 15), (12, 45)),
    special("Special live session", (2012, 3, 3), (11, 15), (12, 45)),
    special("Special live session", (2012, 9, 8), (11, 15), (12, 45)),
    special("Special live session", (2013, 5, 11), (11, 15), (12, 45)),
];

/// Holidays that come every year on the same date or with Easter: what is known of years whose circular is not out.
pub(super) const LATER: &[Holiday] = &[
    Holiday::new("Republic Day", DayRule::Fixed(1, 26), STAYS),
    Holiday::new("Good Friday", DayRule::Easter(-2), STAYS),
    Holiday::new("Dr. Ambedkar Jayanti", DayRule::Fixed(4, 14), STAYS),
    Holiday::new("Maharashtra Day", DayRule::Fixed(5, 1), STAYS),
    Holiday::new("Independence Day", DayRule::Fixed(8, 15), STAYS),
    Holiday::new("Gandhi Jayanti", DayRule::Fixed(10, 2), STAYS),
    Holiday::new("Christmas", DayRule::Fixed(12, 25), STAYS),
];

pub(super) const ZONE: &str = "Asia/Kolkata";

pub(super) const fn hours(from: Date, open: (i16, i16), close: (i16, i16)) -> Hours {
    Hours::new(
        from,
        WallMinute::at(open.0, open.1),
        WallMinute::at(close.0, close.1),
    )
}

pub(super) const fn phase(
    kind: PhaseKind,
    from: Date,
    start: crate::rules::Edge,
    end: crate::rules::Edge,
) -> crate::rules::PhaseRule {
    crate::rules::PhaseRule {
        kind,
        from,
        to: jiff::civil::date(2030, 12, 31),
        start,
        end,
    }
}

//! BSE, the former Bombay Stock Exchange: the equity segment.
//!
//! Holidays: BSE's yearly lists, as in `exchange_calendars` 4.13.2; where that list is wrong or silent, `tests/golden/differences.csv`
//! says so with a source. *Muhurat* and weekend sessions are held together with the NSE, at the same times.

use jiff::civil::date;

use super::india::{LATER, MUHURAT, WEEKENDS, ZONE, hours, phase};
use super::india_apart::BSE_ALONE;
use super::india_from_2011::FROM_2011;
use super::india_until_2010::UNTIL_2010;
use crate::rules::{Closure, Edge, MONDAY_TO_FRIDAY, PhaseKind, Rules, shut};
use crate::zone::WallMinute;

/// Not in the collected list.
const ALSO: &[Closure] = &[
    shut(1998, 1, 26, "Republic Day"),
    shut(1998, 10, 2, "Gandhi Jayanti"),
    // Moved by a day from what was announced first; the list has 2013-11-14.
    shut(2013, 11, 15, "Muharram"),
];

pub(super) static XBOM: Rules = Rules {
    id: "XBOM",
    name: "BSE, equity",
    aliases: &["BSE"],
    zone: ZONE,
    from: date(1997, 1, 1),
    published_to: date(2026, 12, 31),
    to: date(2030, 12, 31),
    week: MONDAY_TO_FRIDAY,
    hours: &[hours(date(1997, 1, 1), (9, 15), (15, 30))],
    // 09:55 until 2009, 09:00 from 2010-01-04 ("Trading on BSE, NSE to start at 9 am", India Today, 2009-12-16, and its deferral to 4
    // January), 09:15 with the pre-open session from 2010-10-18. When 09:55 began was not found: it is told from the start.
    as_traded: &[
        hours(date(1997, 1, 1), (9, 55), (15, 30)),
        hours(date(2010, 1, 4), (9, 0), (15, 30)),
        hours(date(2010, 10, 18), (9, 15), (15, 30)),
    ],
    holidays: &[],
    later: LATER,
    closures: &[UNTIL_2010, FROM_2011, BSE_ALONE, ALSO],
    early: &[],
    special: &[MUHURAT, WEEKENDS],
    phases: &[
        phase(
            PhaseKind::OpeningAuction,
            date(2010, 10, 18),
            Edge::At(WallMinute::at(9, 0)),
            Edge::At(WallMinute::at(9, 15)),
        ),
        phase(
            PhaseKind::PostMarket,
            date(2010, 10, 18),
            Edge::At(WallMinute::at(15, 40)),
            Edge::At(WallMinute::at(16, 0)),
        ),
    ],
};

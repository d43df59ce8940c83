//! National Stock Exchange of India: the equity segment, and NFO, its equity derivatives.
//!
//! Hours of the equity segment: NSE's circulars, as collected with their press sources in `pandas_market_calendars` 5.5.0; they are
//! those of continuous trading.
//!
//! NFO closes at 15:30, and at 15:40 from 2026-08-03: NSE's circular of 2026-05-29 on changes of trading modalities in the
//! equity derivatives segment, with the closing auction session of the cash market (15:15–15:35) from the same day; read in
//! its press reports (ANI via news.webindia123.com, 2026-05-30; lemonn.co.in/blog/fno/nse-fo-trading-hours-extended-340-pm-2026).
//! The circular itself was not at hand.
//!
//! Stocks with derivatives end continuous trading at 15:15 from that day and are closed by auction; all others trade to 15:30
//! as before, so the session of the equity segment still closes at 15:30 and the auction is a phase.

use jiff::civil::date;

use super::india::{LATER, MUHURAT, NSE_SATURDAYS, WEEKENDS, ZONE, hours, phase};
use super::india_apart::NSE_ALONE;
use super::india_from_2011::FROM_2011;
use super::india_until_2010::UNTIL_2010;
use super::xnse_1990s::ODD_CLOSES;
use crate::rules::{Edge, MONDAY_TO_FRIDAY, PhaseKind, Rules, Special, special};
use crate::zone::WallMinute;

/// Trading stopped at 11:40 for a failure of the telecom links and went on from 15:45 to 17:00 (NSE press release of the day).
pub(super) const FAILURE: &[Special] =
    &[
        special("Failure of the telecom links", (2021, 2, 24), (9, 15), (17, 0))
            .with_pause((11, 40), (15, 45)),
    ];

pub(super) static XNSE: Rules = Rules {
    id: "XNSE",
    name: "National Stock Exchange of India, equity",
    aliases: &["NSE"],
    zone: ZONE,
    from: date(1996, 1, 1),
    published_to: date(2026, 12, 31),
    to: date(2030, 12, 31),
    week: MONDAY_TO_FRIDAY,
    hours: &[
        hours(date(1996, 1, 1), (10, 0), (15, 30)),
        hours(date(1997, 7, 30), (9, 30), (15, 0)),
        hours(date(1997, 8, 7), (9, 0), (14, 30)),
        hours(date(1997, 8, 14), (9, 30), (15, 0)),
        hours(date(1997, 9, 29), (9, 30), (15, 30)),
        hours(date(1997, 10, 10), (9, 30), (16, 0)),
        hours(date(1998, 5, 18), (9, 30), (15, 30)),
        hours(date(1998, 7, 1), (10, 0), (15, 30)),
        hours(date(1998, 11, 18), (9, 55), (15, 45)),
        hours(date(1999, 6, 9), (9, 55), (15, 30)),
        hours(date(2010, 1, 4), (9, 0), (15, 30)),
        hours(date(2010, 10, 18), (9, 15), (15, 30)),
    ],
    as_traded: &[],
    holidays: &[],
    later: LATER,
    closures: &[UNTIL_2010, FROM_2011, NSE_ALONE],
    early: &[],
    special: &[ODD_CLOSES, MUHURAT, WEEKENDS, NSE_SATURDAYS, FAILURE],
    phases: &[
        phase(
            PhaseKind::OpeningAuction,
            date(2010, 10, 18),
            Edge::At(WallMinute::at(9, 0)),
            Edge::At(WallMinute::at(9, 15)),
        ),
        phase(
            PhaseKind::ClosingAuction,
            date(2026, 8, 3),
            Edge::At(WallMinute::at(15, 15)),
            Edge::At(WallMinute::at(15, 35)),
        ),
        phase(
            PhaseKind::PostMarket,
            date(2010, 10, 18),
            Edge::At(WallMinute::at(15, 40)),
            Edge::At(WallMinute::at(16, 0)),
        ),
    ],
};

pub(super) static NFO: Rules = Rules {
    id: "NFO",
    name: "National Stock Exchange of India, futures and options",
    aliases: &["NSEFO", "NSE-FO"],
    zone: ZONE,
    // Index futures began on that day.
    from: date(2000, 6, 12),
    published_to: date(2026, 12, 31),
    to: date(2030, 12, 31),
    week: MONDAY_TO_FRIDAY,
    hours: &[
        hours(date(2000, 6, 12), (9, 55), (15, 30)),
        hours(date(2010, 1, 4), (9, 0), (15, 30)),
        hours(date(2010, 10, 18), (9, 15), (15, 30)),
        hours(date(2026, 8, 3), (9, 15), (15, 40)),
    ],
    as_traded: &[],
    holidays: &[],
    later: LATER,
    closures: &[UNTIL_2010, FROM_2011, NSE_ALONE],
    early: &[],
    special: &[MUHURAT, WEEKENDS, NSE_SATURDAYS, FAILURE],
    // A pre-open session in derivatives since 2025-12-08.
    phases: &[phase(
        PhaseKind::OpeningAuction,
        date(2025, 12, 8),
        Edge::At(WallMinute::at(9, 0)),
        Edge::At(WallMinute::at(9, 15)),
    )],
};

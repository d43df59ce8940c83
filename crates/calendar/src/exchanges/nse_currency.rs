//! CDS: currency derivatives of the NSE, which also rest on the banks' holidays.
//!
//! Sources: NSE/CD/65903 of 2024-12-31 (2025) with CD70033 of 2025-09-04 (Id-e-Milad moved from 5 to 8 September), CD71962 of
//! 2025-12-23 (2026). Hours 09:00–17:00 since 2022-12-12 (RBI). Told from 2025 on: earlier lists were not at hand.

use jiff::civil::date;

use super::india::{LATER, MUHURAT, ZONE, hours};
use super::india_from_2011::FROM_2011;
use crate::rules::{Closure, MONDAY_TO_FRIDAY, Rules, shut};

/// Beyond the holidays of the equity segment.
const ALSO: &[Closure] = &[
    shut(2025, 2, 19, "Chhatrapati Shivaji Maharaj Jayanti"),
    shut(2025, 4, 1, "Annual closing of the banks"),
    shut(2025, 5, 12, "Buddha Purnima"),
    shut(2025, 9, 8, "Id-e-Milad"),
    shut(2026, 2, 19, "Chhatrapati Shivaji Maharaj Jayanti"),
    shut(2026, 3, 19, "Gudi Padwa"),
    shut(2026, 4, 1, "Annual closing of the banks"),
    shut(2026, 8, 26, "Id-e-Milad"),
];

/// CD71962 does not list the day of the municipal elections, which was declared later and for the banks as well.
pub(super) static CDS: Rules = Rules {
    id: "CDS",
    name: "National Stock Exchange of India, currency derivatives",
    aliases: &["NSE-CDS", "NSECD"],
    zone: ZONE,
    from: date(2025, 1, 1),
    published_to: date(2026, 12, 31),
    to: date(2030, 12, 31),
    week: MONDAY_TO_FRIDAY,
    hours: &[hours(date(2025, 1, 1), (9, 0), (17, 0))],
    as_traded: &[],
    holidays: &[],
    later: LATER,
    closures: &[FROM_2011, ALSO],
    early: &[],
    special: &[MUHURAT],
    phases: &[],
};

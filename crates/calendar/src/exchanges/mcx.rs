//! Multi Commodity Exchange of India: hours of the commodities that are traded abroad too (metals, energy).
//!
//! 09:00 to 23:30 while the United States have summer time, to 23:55 in their winter (MCX circular MCX/TRD/675/2023 and those of
//! every March and November). Told from 2021 on: hours and holidays of earlier years differed and were not all found. On 1
//! January the evening is closed. Budget days on a weekend are traded to 17:00 (NSE COM72351 says it for its own commodity
//! segment for 2026-02-01; MCX's notices of 2025-01 and 2026-01).

use jiff::civil::date;

use super::india::{LATER, MUHURAT, ZONE};
use super::mcx_days::{CLOSED, EVENINGS};
use crate::day_rule::{DayRule, STAYS};
use crate::rules::{EarlyClose, Holiday, Hours, MONDAY_TO_FRIDAY, Rules, Special, special};
use crate::zone::WallMinute;

const BUDGET: &[Special] = &[
    special("Union Budget", (2025, 2, 1), (9, 0), (17, 0)),
    special("Union Budget", (2026, 2, 1), (9, 0), (17, 0)),
];

pub(super) static MCX: Rules = Rules {
    id: "MCX",
    name: "Multi Commodity Exchange of India",
    aliases: &["XMCX"],
    zone: ZONE,
    from: date(2021, 1, 1),
    published_to: date(2026, 12, 31),
    to: date(2030, 12, 31),
    week: MONDAY_TO_FRIDAY,
    hours: &[Hours {
        from: date(2021, 1, 1),
        open: WallMinute::at(9, 0),
        close: WallMinute::at(23, 30),
        close_in_us_winter: Some(WallMinute::at(23, 55)),
        pause: None,
    }],
    as_traded: &[],
    holidays: &[],
    later: LATER,
    closures: &[CLOSED],
    early: &[EarlyClose {
        day: Holiday::new("New Year's Day", DayRule::Fixed(1, 1), STAYS),
        weekdays: &[],
        close: WallMinute::at(17, 0),
    }],
    special: &[EVENINGS, MUHURAT, BUDGET],
    phases: &[],
};

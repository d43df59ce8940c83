//! Markets without an exchange's day: crypto, which never closes, and foreign exchange, which rests at weekends.

use jiff::civil::date;

use crate::day_rule::{DayRule, STAYS};
use crate::rules::{EVERY_DAY, Holiday, Hours, MONDAY_TO_FRIDAY, Rules};
use crate::zone::WallMinute;

/// Round the clock; a session is a day in UTC.
pub(super) static CRYPTO: Rules = Rules {
    id: "CRYPTO",
    name: "Crypto, 24/7",
    aliases: &[
        "24/7",
        "247",
        "COINBASE",
        "KRAKEN",
        "BINANCE",
        "DERIBIT",
        "HYPERLIQUID",
        "DYDX",
    ],
    zone: "UTC",
    from: date(1990, 1, 1),
    published_to: date(2030, 12, 31),
    to: date(2030, 12, 31),
    week: EVERY_DAY,
    hours: &[Hours::new(
        date(1990, 1, 1),
        WallMinute::at(0, 0),
        WallMinute::at(24, 0),
    )],
    as_traded: &[],
    holidays: &[],
    later: &[],
    closures: &[],
    early: &[],
    special: &[],
    phases: &[],
};

/// The interbank day turns over at 17:00 in New York: a week runs from Sunday 17:00 to Friday 17:00. Most venues rest on
/// Christmas Day and New Year's Day alone, and so does this calendar; each venue's own hours may differ by minutes.
pub(super) static FX: Rules = Rules {
    id: "FX",
    name: "Foreign exchange, 24/5",
    aliases: &["24/5", "FOREX"],
    zone: "America/New_York",
    from: date(1990, 1, 1),
    published_to: date(2030, 12, 31),
    to: date(2030, 12, 31),
    week: MONDAY_TO_FRIDAY,
    hours: &[Hours::new(
        date(1990, 1, 1),
        WallMinute::eve(17, 0),
        WallMinute::at(17, 0),
    )],
    as_traded: &[],
    holidays: &[
        Holiday::new("New Year's Day", DayRule::Fixed(1, 1), STAYS),
        Holiday::new("Christmas Day", DayRule::Fixed(12, 25), STAYS),
    ],
    later: &[],
    closures: &[],
    early: &[],
    special: &[],
    phases: &[],
};

//! Stock Exchange of Hong Kong.
//!
//! Sources: the General Holidays Ordinance (cap. 149) with the lists gazetted for each year (gov.hk/en/about/abouthk/holiday); the
//! lunar dates are those of the Hong Kong Observatory's almanac; closures for typhoons and rainstorms from HKEX's market
//! communications. Hours: HKEX, 09:30 from 2011-03-07 (10:00 before), half days to 12:00 (12:30 before).

use jiff::civil::Weekday::{Friday, Monday, Sunday, Thursday, Tuesday, Wednesday};
use jiff::civil::{Date, Weekday, date};

use super::xhkg_lunar::{BUDDHA, CHUNG_YEUNG, DRAGON_BOAT, LUNAR_NEW_YEAR, MID_AUTUMN, QING_MING};
use crate::day_rule::{DayRule, STAYS, SUNDAY_TO_MONDAY, WEEKEND_BY_TWO};
use crate::rules::{
    ALWAYS, Closure, EarlyClose, Edge, Holiday, Hours, MONDAY_TO_FRIDAY, PhaseKind, PhaseRule, Rules, shut,
};
use crate::zone::WallMinute;

const HOLIDAYS: &[Holiday] = &[
    Holiday::new("New Year's Day", DayRule::Fixed(1, 1), SUNDAY_TO_MONDAY),
    Holiday::new("Lunar New Year's Day", DayRule::Table(&LUNAR_NEW_YEAR, 0), STAYS),
    Holiday::new(
        "Second day of Lunar New Year",
        DayRule::Table(&LUNAR_NEW_YEAR, 1),
        STAYS,
    ),
    Holiday::new(
        "Third day of Lunar New Year",
        DayRule::Table(&LUNAR_NEW_YEAR, 2),
        STAYS,
    ),
    // From 2013 a Sunday among the three is made up for by the fourth day: the first, second or third on Sunday.
    Holiday::new(
        "Fourth day of Lunar New Year",
        DayRule::Table(&LUNAR_NEW_YEAR, 3),
        STAYS,
    )
    .years(2013, ALWAYS.1)
    .but(FOURTH_DAY_OPEN),
    Holiday::new(
        "Ching Ming Festival",
        DayRule::Table(&QING_MING, 0),
        SUNDAY_TO_MONDAY,
    ),
    Holiday::new("Good Friday", DayRule::Easter(-2), STAYS),
    Holiday::new("Easter Monday", DayRule::Easter(1), STAYS),
    Holiday::new("Buddha's Birthday", DayRule::Table(&BUDDHA, 0), SUNDAY_TO_MONDAY).years(1999, ALWAYS.1),
    Holiday::new("Labour Day", DayRule::Fixed(5, 1), SUNDAY_TO_MONDAY).years(1999, ALWAYS.1),
    Holiday::new(
        "Tuen Ng Festival",
        DayRule::Table(&DRAGON_BOAT, 0),
        SUNDAY_TO_MONDAY,
    ),
    Holiday::new("HKSAR Establishment Day", DayRule::Fixed(7, 1), SUNDAY_TO_MONDAY).years(1997, ALWAYS.1),
    Holiday::new("Liberation Day", DayRule::Last(8, Monday), STAYS).years(ALWAYS.0, 1996),
    Holiday::new(
        "Day after Mid-Autumn Festival",
        DayRule::Table(&MID_AUTUMN, 1),
        STAYS,
    ),
    Holiday::new("National Day", DayRule::Fixed(10, 1), SUNDAY_TO_MONDAY).years(1997, ALWAYS.1),
    Holiday::new(
        "Chung Yeung Festival",
        DayRule::Table(&CHUNG_YEUNG, 0),
        SUNDAY_TO_MONDAY,
    ),
    Holiday::new("Christmas Day", DayRule::Fixed(12, 25), WEEKEND_BY_TWO),
    Holiday::new(
        "First weekday after Christmas",
        DayRule::Fixed(12, 26),
        &[(Sunday, 1)],
    ),
];

/// Years from 2013 in which none of the first three days is a Sunday.
const FOURTH_DAY_OPEN: &[i16] = &[2015, 2016, 2019, 2022, 2025, 2026, 2028, 2029];

/// Eves of a New Year's Day on Saturday until 2012, birthdays of the Queen, made-up holidays, weather.
const CLOSURES: &[Closure] = &[
    shut(1990, 1, 26, "Lunar New Year's Eve"),
    shut(1990, 6, 18, "Queen's Birthday"),
    shut(1991, 6, 18, "Queen's Birthday"),
    shut(1992, 6, 15, "Queen's Birthday"),
    shut(1992, 7, 22, "Typhoon Gary"),
    shut(1993, 1, 22, "Lunar New Year's Eve"),
    shut(1993, 6, 14, "Queen's Birthday"),
    shut(1993, 9, 17, "Typhoon Becky"),
    shut(1994, 6, 14, "Queen's Birthday"),
    shut(1995, 6, 19, "Queen's Birthday"),
    shut(1996, 6, 17, "Queen's Birthday"),
    shut(1997, 6, 30, "Queen's Birthday"),
    shut(1997, 7, 2, "Day after HKSAR Establishment Day"),
    shut(1997, 8, 18, "Sino-Japanese War Victory Day"),
    shut(1997, 10, 2, "Day after National Day"),
    shut(1998, 8, 17, "Sino-Japanese War Victory Day"),
    shut(1998, 10, 2, "Day after National Day"),
    shut(1999, 4, 6, "Day after Ching Ming Festival"),
    shut(1999, 9, 16, "Typhoon York"),
    shut(1999, 12, 31, "Year 2000 changeover"),
    shut(2000, 2, 4, "Lunar New Year's Eve"),
    shut(2001, 7, 6, "Typhoon Utor"),
    shut(2001, 7, 25, "Typhoon Yutu"),
    shut(2003, 1, 31, "Lunar New Year's Eve"),
    shut(2008, 8, 6, "Typhoon Kammuri"),
    shut(2008, 8, 22, "Typhoon Nuri"),
    shut(2010, 4, 6, "Day after Ching Ming Festival"),
    shut(2011, 9, 29, "Typhoon Nesat"),
    shut(2012, 10, 2, "Day after National Day"),
    shut(2013, 8, 14, "Typhoon Utor"),
    shut(2015, 4, 7, "Day after Easter Monday"),
    shut(2015, 9, 3, "70 years since the victory over Japan"),
    shut(2016, 8, 2, "Typhoon Nida"),
    shut(2016, 10, 21, "Typhoon Haima"),
    shut(2017, 8, 23, "Typhoon Hato"),
    shut(2020, 10, 13, "Typhoon Nangka"),
    shut(2021, 4, 6, "Day after Ching Ming Festival"),
    shut(2021, 10, 13, "Typhoon Kompasu"),
    shut(2022, 9, 12, "Second day after Mid-Autumn Festival"),
    shut(2023, 7, 17, "Typhoon Talim"),
    shut(2023, 9, 1, "Typhoon Saola"),
    shut(2023, 9, 8, "Black rainstorm"),
    shut(2024, 9, 6, "Typhoon Yagi"),
    shut(2026, 4, 7, "Day after Easter Monday"),
];

const ALL_WEEK: &[Weekday] = &[Monday, Tuesday, Wednesday, Thursday, Friday];

const fn half_day(day: Holiday, close: WallMinute) -> EarlyClose {
    EarlyClose {
        day,
        weekdays: ALL_WEEK,
        close,
    }
}

const CHRISTMAS_EVE: Holiday = Holiday::new("Christmas Eve", DayRule::Fixed(12, 24), STAYS);
const NEW_YEARS_EVE: Holiday = Holiday::new("New Year's Eve", DayRule::Fixed(12, 31), STAYS);
const HALF_PAST_TWELVE: WallMinute = WallMinute::at(12, 30);
const TWELVE: WallMinute = WallMinute::at(12, 0);
const TEN: WallMinute = WallMinute::at(10, 0);
const HALF_PAST_NINE: WallMinute = WallMinute::at(9, 30);
const FOUR: WallMinute = WallMinute::at(16, 0);

pub(super) static XHKG: Rules = Rules {
    id: "XHKG",
    name: "Stock Exchange of Hong Kong",
    aliases: &["HKEX", "SEHK"],
    zone: "Asia/Hong_Kong",
    from: date(1990, 1, 1),
    published_to: date(2027, 12, 31),
    to: date(2030, 12, 31),
    week: MONDAY_TO_FRIDAY,
    hours: &[
        Hours::new(FIRST, TEN, FOUR).with_pause(TWELVE, WallMinute::at(13, 0)),
        Hours::new(date(2011, 3, 7), HALF_PAST_NINE, FOUR).with_pause(TWELVE, WallMinute::at(13, 0)),
    ],
    // HKEX, "Extension of trading hours" (2010-11): the break was 12:30–14:30 until 2011-03-04, 12:00–13:30 until 2012-03-02,
    // and is 12:00–13:00 since 2012-03-05.
    as_traded: &[
        Hours::new(FIRST, TEN, FOUR).with_pause(HALF_PAST_TWELVE, WallMinute::at(14, 30)),
        Hours::new(date(2011, 3, 7), HALF_PAST_NINE, FOUR).with_pause(TWELVE, WallMinute::at(13, 30)),
        Hours::new(date(2012, 3, 5), HALF_PAST_NINE, FOUR).with_pause(TWELVE, WallMinute::at(13, 0)),
    ],
    holidays: HOLIDAYS,
    later: &[],
    closures: &[CLOSURES],
    early: &[
        half_day(CHRISTMAS_EVE.years(ALWAYS.0, 2010), HALF_PAST_TWELVE),
        half_day(CHRISTMAS_EVE.years(2011, ALWAYS.1), TWELVE),
        half_day(NEW_YEARS_EVE.years(ALWAYS.0, 2010), HALF_PAST_TWELVE),
        half_day(NEW_YEARS_EVE.years(2011, ALWAYS.1), TWELVE),
        half_day(
            Holiday::new("Lunar New Year's Eve", DayRule::Table(&LUNAR_NEW_YEAR, -1), STAYS)
                .years(2013, ALWAYS.1),
            TWELVE,
        ),
    ],
    special: &[],
    // Closing auction since 2016-07-25 (HKEX, closing auction session phase 1): orders to 16:08, random close to 16:10.
    phases: &[
        PhaseRule {
            kind: PhaseKind::OpeningAuction,
            from: date(2011, 3, 7),
            to: date(2030, 12, 31),
            start: Edge::Open(-30),
            end: Edge::Open(0),
        },
        PhaseRule {
            kind: PhaseKind::ClosingAuction,
            from: date(2016, 7, 25),
            to: date(2030, 12, 31),
            start: Edge::Close(0),
            end: Edge::Close(10),
        },
    ],
};

const FIRST: Date = date(1990, 1, 1);

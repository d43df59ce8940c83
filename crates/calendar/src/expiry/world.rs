//! Options on stocks of the United States, CME's quarterly futures, crypto options and futures of Deribit.

use jiff::civil::Weekday::{Friday, Wednesday};
use jiff::civil::date;

use super::Series;
use super::rules::{Day, ExpiryTime, OPEN_END, Rule, Underlying, last_in_month, weekly};
use crate::zone::WallMinute;

const OCC: &str = "OCC expiration calendar (theocc.com): last trading on the third Friday; until January 2015 the contract itself lapsed on the Saturday after";
const WEEKLYS: &str = "Cboe, weekly options on stocks (Weeklys) since 2010-06: Fridays";
const EQUITY_FUTURES: &str = "CME rulebook chapter 358 and others: trading in equity index futures ends at 08:30 on the third Friday of March, June, September, December";
const IMM: &str = "International Monetary Market dates: third Wednesday of March, June, September, December";
const FX: &str = "CME rulebook chapter 252 and others: trading in currency futures ends at 09:16 on the second business day before the third Wednesday";
const DERIBIT: &str = "Deribit, contract specifications (deribit.com/kb): 08:00 UTC, weekly on Fridays, monthly and quarterly on the last Friday";
const DERIBIT_DAILY: &str = "Deribit, daily options since 2020-02-03";

const DERIBIT_TIME: ExpiryTime = ExpiryTime::At("UTC", WallMinute::at(8, 0));

const fn quarterly(weekday: jiff::civil::Weekday, source: &'static str) -> Rule {
    Rule {
        series: Series::Quarterly,
        first: date(1990, 1, 1),
        last: OPEN_END,
        day: Day::NthInQuarter(weekday, 3),
        source,
    }
}

const fn daily(source: &'static str) -> Rule {
    Rule {
        series: Series::Daily,
        first: date(2020, 2, 3),
        last: OPEN_END,
        day: Day::Every,
        source,
    }
}

pub(super) static UNDERLYINGS: &[Underlying] = &[
    // The cycle that all optionable stocks and most funds share; SPX, SPY, QQQ and others have more days besides.
    Underlying {
        name: "US-EQUITY",
        aliases: &["US-STOCK", "US"],
        calendar: "XNYS",
        time: ExpiryTime::SessionClose,
        days_before: 0,
        rules: &[
            weekly(Friday, date(2010, 6, 4), OPEN_END, WEEKLYS),
            Rule {
                series: Series::Monthly,
                first: date(1990, 1, 1),
                last: OPEN_END,
                day: Day::NthInMonth(Friday, 3),
                source: OCC,
            },
        ],
    },
    Underlying {
        name: "CME-EQUITY",
        aliases: &["ES", "NQ", "YM", "RTY", "MES", "MNQ", "MYM", "M2K"],
        // The final settlement price is made of the stocks' opening prices.
        calendar: "XNYS",
        time: ExpiryTime::At("America/Chicago", WallMinute::at(8, 30)),
        days_before: 0,
        rules: &[quarterly(Friday, EQUITY_FUTURES)],
    },
    Underlying {
        name: "IMM",
        aliases: &["CME-IMM"],
        calendar: "CMES",
        time: ExpiryTime::SessionClose,
        days_before: 0,
        rules: &[quarterly(Wednesday, IMM)],
    },
    Underlying {
        name: "CME-FX",
        aliases: &["6E", "6B", "6J", "6A", "6S", "6N", "M6E"],
        calendar: "CMES",
        time: ExpiryTime::At("America/Chicago", WallMinute::at(9, 16)),
        days_before: 2,
        rules: &[quarterly(Wednesday, FX)],
    },
    Underlying {
        name: "BTC",
        aliases: &["DERIBIT-BTC", "XBT"],
        calendar: "CRYPTO",
        time: DERIBIT_TIME,
        days_before: 0,
        rules: &[
            daily(DERIBIT_DAILY),
            weekly(Friday, date(2016, 7, 1), OPEN_END, DERIBIT),
            last_in_month(Friday, date(2016, 7, 1), OPEN_END, DERIBIT),
        ],
    },
    Underlying {
        name: "ETH",
        aliases: &["DERIBIT-ETH"],
        calendar: "CRYPTO",
        time: DERIBIT_TIME,
        days_before: 0,
        rules: &[
            daily(DERIBIT_DAILY),
            weekly(Friday, date(2019, 3, 1), OPEN_END, DERIBIT),
            last_in_month(Friday, date(2019, 3, 1), OPEN_END, DERIBIT),
        ],
    },
];

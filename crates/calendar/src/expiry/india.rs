//! Index and stock derivatives of the NSE and BSE.
//!
//! Where a rule changed, existing contracts were moved with it, so a rule holds by the day of expiry. The change to Mondays that
//! the NSE announced for 2025-04-04 (FAOP66938) was put off and never came into force. What was listed before the rows here
//! (BSE's derivatives until their relaunch of May 2023, mini and long-dated contracts) is not told.

use jiff::civil::Date;
use jiff::civil::Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
use jiff::civil::date;

use super::rules::{ExpiryTime, OPEN_END, Rule, Underlying, last_in_month, weekly};

const SPECIFICATION: &str =
    "NSE, contract specifications of index and stock derivatives: last Thursday of the month";
const LAUNCH: &str = "NSE circular on the launch of the contracts";
const TUESDAYS: &str =
    "NSE circular of 2025-06-23 (businesstoday.in, 481484): all expiries on Tuesdays from 2025-09-01";
const THURSDAYS: &str = "NSE circular of 2024-11-29: monthly expiries on the last Thursday from 2025-01-01";
const END_OF_WEEKLIES: &str = "NSE circular of 2024-10-10 (business-standard.com, 124101100337): last weekly contracts of three indices";
const BANKNIFTY_WEDNESDAY: &str = "NSE circular of 2023-07-12 (livemint.com, 11689185840304): weekly on Wednesdays from 2023-09-06; ended by the circular of 2024-10-10";
const BANKNIFTY_MONTH: &str = "NSE circular on BANKNIFTY's monthly contracts: last Wednesday from 2024-03-01";
const FINNIFTY_TUESDAY: &str =
    "NSE circular on FINNIFTY: Tuesdays from 2021-10-19; weeklies ended by the circular of 2024-10-10";
const MIDCP_WEDNESDAY: &str =
    "NSE circular on MIDCPNIFTY (tradingqna.com, 144954): Wednesdays from 2023-04-26";
const MIDCP_MONDAY: &str =
    "NSE circular of 2023-07-12 (financialexpress.com, 3167864): Mondays from 2023-08-21";
const RELAUNCH: &str = "BSE notice on the relaunch of SENSEX and BANKEX derivatives, 2023-05-15: Fridays";
const BANKEX_MONDAY: &str = "BSE circular of 2023-08-30 (livemint.com, 11693383049452): Mondays from 2023-10-16; weeklies ended on 2024-11-18";
const BSE_TUESDAYS: &str = "BSE circular of 2024-11-28 (business-standard.com, 124112801317): Tuesdays from 2025-01-01, but for the contract of 2025-01-03";
const BSE_THURSDAYS: &str =
    "BSE circular of June 2025: Thursdays from 2025-09-01 (SEBI allowed Tuesday and Thursday alone)";

const LAST_OF_OLD: Date = date(2025, 8, 31);
const FIRST_OF_NEW: Date = date(2025, 9, 1);
const END_2024: Date = date(2024, 12, 31);
const BEGIN_2025: Date = date(2025, 1, 1);

const fn nse(name: &'static str, aliases: &'static [&'static str], rules: &'static [Rule]) -> Underlying {
    Underlying {
        name,
        aliases,
        calendar: "NFO",
        time: ExpiryTime::SessionClose,
        days_before: 0,
        rules,
    }
}

const fn bse(name: &'static str, rules: &'static [Rule]) -> Underlying {
    Underlying {
        name,
        aliases: &[],
        calendar: "XBOM",
        time: ExpiryTime::SessionClose,
        days_before: 0,
        rules,
    }
}

pub(super) static UNDERLYINGS: &[Underlying] = &[
    nse(
        "NIFTY",
        &["NIFTY50"],
        &[
            weekly(Thursday, date(2019, 2, 14), LAST_OF_OLD, LAUNCH),
            weekly(Tuesday, FIRST_OF_NEW, OPEN_END, TUESDAYS),
            last_in_month(Thursday, date(2000, 6, 12), LAST_OF_OLD, SPECIFICATION),
            last_in_month(Tuesday, FIRST_OF_NEW, OPEN_END, TUESDAYS),
        ],
    ),
    nse(
        "BANKNIFTY",
        &[],
        &[
            weekly(Thursday, date(2016, 6, 2), date(2023, 9, 3), LAUNCH),
            weekly(
                Wednesday,
                date(2023, 9, 4),
                date(2024, 11, 13),
                BANKNIFTY_WEDNESDAY,
            ),
            last_in_month(Thursday, date(2005, 6, 13), date(2024, 2, 29), SPECIFICATION),
            last_in_month(Wednesday, date(2024, 3, 1), END_2024, BANKNIFTY_MONTH),
            last_in_month(Thursday, BEGIN_2025, LAST_OF_OLD, THURSDAYS),
            last_in_month(Tuesday, FIRST_OF_NEW, OPEN_END, TUESDAYS),
        ],
    ),
    nse(
        "FINNIFTY",
        &[],
        &[
            weekly(Thursday, date(2021, 1, 14), date(2021, 10, 14), LAUNCH),
            weekly(Tuesday, date(2021, 10, 15), date(2024, 11, 19), FINNIFTY_TUESDAY),
            last_in_month(Thursday, date(2021, 1, 11), date(2021, 10, 14), SPECIFICATION),
            last_in_month(Tuesday, date(2021, 10, 15), END_2024, FINNIFTY_TUESDAY),
            last_in_month(Thursday, BEGIN_2025, LAST_OF_OLD, THURSDAYS),
            last_in_month(Tuesday, FIRST_OF_NEW, OPEN_END, TUESDAYS),
        ],
    ),
    nse(
        "MIDCPNIFTY",
        &[],
        &[
            weekly(Tuesday, date(2022, 1, 25), date(2023, 4, 25), LAUNCH),
            weekly(Wednesday, date(2023, 4, 26), date(2023, 8, 16), MIDCP_WEDNESDAY),
            weekly(Monday, date(2023, 8, 17), date(2024, 11, 18), END_OF_WEEKLIES),
            last_in_month(Tuesday, date(2022, 1, 24), date(2023, 4, 25), LAUNCH),
            last_in_month(Wednesday, date(2023, 4, 26), date(2023, 8, 16), MIDCP_WEDNESDAY),
            last_in_month(Monday, date(2023, 8, 17), END_2024, MIDCP_MONDAY),
            last_in_month(Thursday, BEGIN_2025, LAST_OF_OLD, THURSDAYS),
            last_in_month(Tuesday, FIRST_OF_NEW, OPEN_END, TUESDAYS),
        ],
    ),
    nse(
        "NIFTYNXT50",
        &[],
        &[
            last_in_month(Friday, date(2024, 4, 24), END_2024, LAUNCH),
            last_in_month(Thursday, BEGIN_2025, LAST_OF_OLD, THURSDAYS),
            last_in_month(Tuesday, FIRST_OF_NEW, OPEN_END, TUESDAYS),
        ],
    ),
    // Every stock with derivatives on the NSE.
    nse(
        "NSE-STOCK",
        &["NSE-STOCKS"],
        &[
            last_in_month(Thursday, date(2001, 7, 2), LAST_OF_OLD, SPECIFICATION),
            last_in_month(Tuesday, FIRST_OF_NEW, OPEN_END, TUESDAYS),
        ],
    ),
    bse(
        "SENSEX",
        &[
            weekly(Friday, date(2023, 5, 15), date(2025, 1, 3), RELAUNCH),
            weekly(Tuesday, date(2025, 1, 4), LAST_OF_OLD, BSE_TUESDAYS),
            weekly(Thursday, FIRST_OF_NEW, OPEN_END, BSE_THURSDAYS),
            last_in_month(Friday, date(2023, 5, 15), END_2024, RELAUNCH),
            last_in_month(Tuesday, BEGIN_2025, LAST_OF_OLD, BSE_TUESDAYS),
            last_in_month(Thursday, FIRST_OF_NEW, OPEN_END, BSE_THURSDAYS),
        ],
    ),
    bse(
        "BANKEX",
        &[
            weekly(Friday, date(2023, 5, 15), date(2023, 10, 13), RELAUNCH),
            weekly(Monday, date(2023, 10, 14), date(2024, 11, 18), BANKEX_MONDAY),
            last_in_month(Friday, date(2023, 5, 15), date(2023, 10, 13), RELAUNCH),
            last_in_month(Monday, date(2023, 10, 14), END_2024, BANKEX_MONDAY),
            last_in_month(Tuesday, BEGIN_2025, LAST_OF_OLD, BSE_TUESDAYS),
            last_in_month(Thursday, FIRST_OF_NEW, OPEN_END, BSE_THURSDAYS),
        ],
    ),
];

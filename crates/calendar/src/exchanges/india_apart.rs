//! Days of the week on which only one of the NSE and the BSE was closed, 1996 to 2013.
//!
//! Source: the exchanges' yearly circulars on trading holidays (nseindia.com/resources/exchange-communication-holidays,
//! bseindia.com/static/markets/marketinfo/listholi.aspx) and the notices on single days, as collected by `pandas_market_calendars`
//! 5.5.0 (NSE) and `exchange_calendars` 4.13.2 (BSE); the dates are theirs, the names of the festivals were added from the
//! lunar and Islamic calendars. Where no reason is on record the name is "Exchange holiday".
//!
//! Of the days on which `pandas_market_calendars` has the NSE closed, 32 are left out: the NSE's daily prices of ACC
//! (github.com/BennyThadikaran/eod2_data) have trades on them. They are in `tests/golden/differences.csv`. The others have no row
//! there. On 1997-10-30, Diwali, there are trades too, but of an evening whose hours were not found.

use crate::rules::{Closure, shut};

/// The NSE alone, before 1999 partly because BSE's list of 1998 is incomplete.
#[rustfmt::skip]
pub(super) const NSE_ALONE: &[Closure] = &[
    shut(1996, 1, 26, "Republic Day"),
    shut(1996, 2, 21, "Id-ul-Fitr"),
    shut(1996, 3, 5, "Holi"),
    shut(1996, 3, 20, "Gudi Padwa"),
    shut(1996, 4, 5, "Good Friday"),
    shut(1996, 8, 15, "Independence Day"),
    shut(1996, 10, 2, "Gandhi Jayanti"),
    shut(1996, 10, 21, "Dussehra"),
    shut(1996, 10, 30, "Exchange holiday"),
    shut(1996, 11, 12, "Diwali Balipratipada"),
    shut(1996, 12, 25, "Christmas"),
    shut(1996, 12, 27, "Exchange holiday"),
    shut(1996, 12, 30, "Exchange holiday"),
    shut(1997, 3, 28, "Good Friday"),
    shut(1997, 7, 18, "Id-e-Milad"),
    shut(1997, 10, 3, "Exchange holiday"),
    shut(1997, 10, 6, "Exchange holiday"),
    shut(1997, 10, 7, "Exchange holiday"),
    shut(1997, 10, 8, "Exchange holiday"),
    shut(1997, 10, 30, "Diwali Laxmi Pujan"),
    shut(1997, 11, 14, "Guru Nanak Jayanti"),
    shut(1998, 1, 26, "Republic Day"),
    shut(1998, 2, 16, "Exchange holiday"),
    shut(1998, 3, 13, "Holi"),
    shut(1998, 4, 8, "Bakri Id"),
    shut(1998, 5, 1, "Maharashtra Day"),
    shut(1998, 5, 7, "Muharram"),
    shut(1998, 8, 26, "Ganesh Chaturthi"),
    shut(1998, 10, 1, "Dussehra"),
    shut(1998, 10, 2, "Gandhi Jayanti"),
    shut(1998, 10, 21, "Diwali Balipratipada"),
    shut(1998, 11, 4, "Guru Nanak Jayanti"),
    shut(1998, 11, 25, "Exchange holiday"),
    shut(2013, 11, 15, "Muharram"),
];

/// The BSE alone.
#[rustfmt::skip]
pub(super) const BSE_ALONE: &[Closure] = &[
    shut(1997, 5, 8, "Exchange holiday"),
    shut(1997, 8, 18, "Exchange holiday"),
    shut(1997, 8, 25, "Exchange holiday"),
    shut(1997, 10, 28, "Exchange holiday"),
    shut(1997, 10, 29, "Diwali Laxmi Pujan"),
    shut(1998, 4, 9, "Mahavir Jayanti"),
    shut(1998, 4, 28, "Exchange holiday"),
    shut(1999, 1, 1, "New Year's Day"),
    shut(1999, 3, 18, "Gudi Padwa"),
    shut(1999, 3, 25, "Ram Navami"),
    shut(1999, 4, 30, "Buddha Purnima"),
    shut(1999, 11, 10, "Bhau Beej"),
    shut(2001, 1, 1, "New Year's Day"),
    shut(2004, 1, 1, "New Year's Day"),
];

//! What holds on any day of any calendar, and that no text upsets the readers of CSV.

use jiff::civil::Date;
use proptest::prelude::*;
use tradewind_calendar::actions;
use tradewind_calendar::expiry::{ExpiryRules, Label, Series};
use tradewind_calendar::{Calendar, HoursTable, overrides};
use tradewind_types::UnixNanos;

/// A calendar and a day that it covers, with its last weeks left for the day after.
fn calendar_and_day() -> impl Strategy<Value = (Calendar, Date)> {
    let calendars: Vec<Calendar> = Calendar::all()
        .flat_map(|c| [c.with_hours(HoursTable::AsTraded), c])
        .collect();
    (prop::sample::select(calendars), 0.0..1.0f64).prop_map(|(calendar, at)| {
        let (from, to) = calendar.coverage();
        let days = from.until(to).expect("in range").get_days() - 40;
        let date = from
            .checked_add(jiff::Span::new().days((f64::from(days) * at) as i64))
            .expect("in range");
        (calendar, date)
    })
}

proptest! {
    #[test]
    fn sessions_are_in_order_and_open_where_they_say((calendar, date) in calendar_and_day()) {
        let next = calendar.next_session(date).expect("covered").expect("one within weeks");
        prop_assert!(next.date > date);
        prop_assert!(next.open < next.close);
        let minutes = next.trading_ns(next.open, next.close) / 60_000_000_000;
        prop_assert_eq!(next.minutes(), minutes);
        prop_assert_eq!(calendar.trading_minutes(next.open, next.close), Ok(minutes));
        if let Some((start, end)) = next.pause {
            prop_assert!(next.open < start && start < end && end < next.close);
            prop_assert!(!next.is_open_at(start) && next.is_open_at(end));
        }
        prop_assert_eq!(calendar.is_open_at(next.open), Ok(true));
        prop_assert_eq!(calendar.is_open_at(UnixNanos(next.close.0 - 1)), Ok(true));
        let at_close = calendar.session_at(next.close).expect("covered");
        prop_assert!(at_close.is_none_or(|s| s.date != next.date), "the close is the first instant outside");
        let before = calendar.previous_session(next.date).expect("covered");
        if let Some(before) = before {
            prop_assert!(before.date <= date);
            prop_assert!(before.close <= next.open, "sessions do not overlap");
            let again = calendar.next_session(before.date).expect("covered").expect("one");
            prop_assert_eq!(again, next);
        }
    }

    #[test]
    fn expiries_are_sessions_and_a_label_leads_to_the_expiry_of_its_rank(
        name in prop::sample::select(ExpiryRules::names().collect::<Vec<_>>()),
        days in 0i64..1_200,
        series in prop::sample::select(Series::ALL.to_vec()),
        rank in 0u16..4,
    ) {
        let rules = ExpiryRules::find(name).expect("known");
        let date: Date = "2023-06-01".parse().expect("a date");
        let today = date.checked_add(jiff::Span::new().days(days)).expect("in range");
        let as_of = UnixNanos(u64::try_from(today.to_zoned(rules.calendar().zone().clone()).expect("a midnight").timestamp().as_nanosecond()).expect("after 1970"));
        let unexpired = rules.unexpired(series, as_of).expect("covered");
        prop_assert!(unexpired.is_sorted_by(|a, b| a.date < b.date && a.at < b.at));
        for expiry in &unexpired {
            prop_assert!(expiry.at > as_of);
            prop_assert!(rules.calendar().is_trading_day(expiry.date).expect("covered"));
            prop_assert!(expiry.moved_from.is_none_or(|day| day > expiry.date));
        }
        let label = Label { series, rank };
        let resolved = rules.resolve(label, as_of).expect("covered");
        prop_assert_eq!(resolved.as_ref(), unexpired.get(usize::from(rank)));
    }

    #[test]
    fn no_text_upsets_the_readers(text in "\\PC{0,400}", lines in prop::collection::vec("[a-zA-Z0-9:,\" .-]{0,60}", 0..8)) {
        let calendar = Calendar::find("XNYS").expect("known");
        let body = lines.join("\n");
        for text in [
            text,
            format!("calendar,date,kind,open,close,break_start,break_end,name\n{body}"),
            format!("instrument,ex_date,kind,new,held,amount,currency,price\n{body}"),
        ] {
            let rows = text.lines().filter(|l| !l.trim().is_empty()).count().saturating_sub(1);
            if let Ok(read) = overrides::read_csv(&text) {
                prop_assert_eq!(read.overrides.len() + read.rejects.len(), rows);
            }
            if let Ok(read) = actions::read_csv(&text, &calendar) {
                prop_assert_eq!(read.events.len() + read.rejects.len(), rows);
            }
            let _ = text.parse::<Label>();
        }
    }
}

//! Every session of the reference calendars (PyPI `exchange_calendars` and `pandas_market_calendars`, see
//! `tools/truth/calendars.py`): date, open, close, early close and break. Where we differ on purpose, the date, both readings and
//! the source are in `golden/differences.csv`; a difference that is not there fails, and so does a line that is no difference.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::{Date, Weekday};
use tradewind_calendar::{Calendar, Session};

/// One session as text: times in minutes of UTC after the midnight that begins its date.
type Reading = String;

fn golden(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn next_weekday(mut date: Date) -> Date {
    loop {
        date = date.tomorrow().expect("in range");
        if !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) {
            return date;
        }
    }
}

/// The sessions of a golden file and the period that it speaks of.
fn theirs(id: &str) -> (Date, Date, BTreeMap<Date, Reading>) {
    let text = golden(&format!("sessions/{id}.csv"));
    let mut lines = text.lines();
    let period = lines
        .next()
        .and_then(|l| l.split_once("; from "))
        .expect("a period")
        .1;
    let (from, to) = period.split_once(" to ").expect("two dates");
    let mut sessions = BTreeMap::new();
    for line in lines.skip(1) {
        let mut fields = line.splitn(3, ',');
        let mut date: Date = fields.next().and_then(|f| f.parse().ok()).expect("a date");
        let count: usize = fields.next().and_then(|f| f.parse().ok()).expect("a count");
        let reading = fields.next().expect("a reading");
        for _ in 0..count {
            sessions.insert(date, reading.replace(',', " "));
            date = next_weekday(date);
        }
    }
    (
        from.parse().expect("a date"),
        to.parse().expect("a date"),
        sessions,
    )
}

fn ours(session: &Session) -> Reading {
    let midnight = session
        .date
        .to_zoned(jiff::tz::TimeZone::UTC)
        .expect("a midnight")
        .timestamp()
        .as_nanosecond();
    let minutes = |ts: tradewind_types::UnixNanos| {
        let ns = i128::from(ts.0) - midnight;
        assert_eq!(ns % 60_000_000_000, 0);
        (ns / 60_000_000_000).to_string()
    };
    let pause = session
        .pause
        .map_or((String::new(), String::new()), |(s, e)| (minutes(s), minutes(e)));
    format!(
        "{} {} {} {} {}",
        minutes(session.open),
        minutes(session.close),
        pause.0,
        pause.1,
        u8::from(session.early_close)
    )
}

/// The differences that are meant: (calendar, date) → (ours, theirs).
fn meant() -> BTreeMap<(String, Date), (Reading, Reading)> {
    let text = golden("differences.csv");
    let mut meant = BTreeMap::new();
    for line in text.lines().filter(|l| !l.starts_with('#')).skip(1) {
        let fields: Vec<&str> = line.splitn(5, ',').collect();
        let [calendar, date, ours, theirs, source] = fields[..] else {
            panic!("five fields are wanted: {line}");
        };
        assert!(source.len() > 10, "a source is wanted: {line}");
        let key = (calendar.to_owned(), date.parse().expect("a date"));
        let before = meant.insert(key, (ours.to_owned(), theirs.to_owned()));
        assert!(before.is_none(), "twice: {line}");
    }
    meant
}

const CALENDARS: [&str; 9] = [
    "XNYS", "XNAS", "XLON", "XETR", "XTKS", "XHKG", "CMES", "XBOM", "XNSE",
];

#[test]
fn every_session_equals_the_reference_calendars_but_for_the_differences_that_are_listed() {
    let mut meant = meant();
    let mut wrong = Vec::new();
    for id in CALENDARS {
        let (from, to, theirs) = theirs(id);
        let calendar = Calendar::find(id).expect("known");
        let sessions = calendar.sessions(from, to).expect("covered");
        assert!(sessions.len() > 7_000, "{id}");
        let mut both: BTreeMap<Date, (Option<Reading>, Option<Reading>)> = BTreeMap::new();
        for session in &sessions {
            both.entry(session.date).or_default().0 = Some(ours(session));
        }
        for (date, reading) in theirs {
            both.entry(date).or_default().1 = Some(reading);
        }
        for (date, (ours, theirs)) in both {
            if ours == theirs {
                continue;
            }
            let text = |r: Option<Reading>| r.unwrap_or_else(|| "none".to_owned());
            let pair = (text(ours), text(theirs));
            match meant.remove(&(id.to_owned(), date)) {
                Some(listed) if listed == pair => {}
                _ => wrong.push(format!("{id},{date},{},{},", pair.0, pair.1)),
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differences that are not listed:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(meant.is_empty(), "listed, but no difference: {:?}", meant.keys());
}

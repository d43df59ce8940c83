//! Corporate actions and earnings dates over the API, and the factors that follow from them.

use serde_json::{Value, json};
use tradewind_store::catalog::{Kind, Rows, Rule, Scales, Series, bar_row, by_place};
use tradewind_store::identity::audit;
use tradewind_types::market::{Bar, BarInterval, BarSource};
use tradewind_types::record::Command;
use tradewind_types::{Decimal, Instrument, InstrumentIdx, PriceMantissa, SizeMantissa, UnixNanos};
use tradewind_wire::Role;

use crate::calendars::send_csv;
use crate::desk::{As, BTC, Desk, START};

const PATH: &str = "/api/v1/corporate-actions";

async fn admin(desk: &Desk) -> As {
    let user = desk.person("ravi", Role::Admin).await;
    desk.session(&user).await
}

/// A share that the engine knows, quoted in dollars, traded by the hours of New York.
async fn define_share(desk: &Desk) {
    let mut share = Instrument::spot(
        "ACME.XNAS".parse().expect("id"),
        "broker".parse().expect("venue"),
        "ACME",
        (
            "ACME".parse().expect("currency"),
            "USD".parse().expect("currency"),
        ),
        Decimal::new(1, 2),
        Decimal::ONE,
    );
    share.calendar = "XNYS".into();
    let instrument = Box::new(share);
    desk.command(Command::DefineInstrument { instrument }).await;
}

fn split(date: &str, new: &str, held: &str) -> Value {
    json!({"instrument": "ACME.XNAS", "ex_date": date, "kind": "SPLIT", "new": new, "held": held, "source": "a notice"})
}

#[tokio::test]
async fn an_event_is_entered_found_and_taken_away() {
    let desk = Desk::open().await;
    let who = admin(&desk).await;
    let added = desk.call(&who, "POST", PATH, split("2026-11-30", "2", "1")).await;
    assert_eq!(added.status, 201, "{}", String::from_utf8_lossy(&added.body));
    let added = added.json();
    // The Friday before is a half day: it closes at 13:00 in New York.
    assert_eq!(added["effective"], "2026-11-27T18:00:00Z", "{added}");
    assert_eq!((&added["kind"], &added["new"]), (&json!("SPLIT"), &json!("2")));
    let again = desk.call(&who, "POST", PATH, split("2026-11-30", "2", "1")).await;
    assert_eq!(
        (again.status.as_u16(), &again.json()),
        (200, &added),
        "the same event is there once"
    );
    let earnings = json!({"instrument": "ACME.XNAS", "ex_date": "2026-12-03", "kind": "EARNINGS",
        "period": "2026Q4", "time": "AFTER_CLOSE", "confirmed": true});
    let earnings = desk.call(&who, "POST", PATH, earnings).await.json();
    assert_eq!(
        (&earnings["time"], &earnings["confirmed"]),
        (&json!("AFTER_CLOSE"), &json!(true))
    );
    let other = json!({"instrument": "TATA.NSE", "ex_date": "2026-12-03", "kind": "DIVIDEND", "amount": "3.50", "currency": "INR"});
    let other = desk.call(&who, "POST", PATH, other).await.json();
    assert_eq!(
        other["effective"], "2026-12-02T10:00:00Z",
        "by the calendar that the market names: {other}"
    );

    // All by date, then a page at a time, then those of one.
    let ids = |list: &Value| -> Vec<Value> {
        let items = list["items"].as_array().expect("items");
        items.iter().map(|e| e["id"].clone()).collect()
    };
    let all = desk.get(&who, PATH).await.json();
    let wanted = [&added, &earnings, &other].map(|e| e["id"].clone());
    assert_eq!(ids(&all), wanted);
    assert_eq!(all["items"][1], earnings);
    let mut found = Vec::new();
    let mut page = desk.get(&who, &format!("{PATH}?limit=1")).await.json();
    loop {
        found.extend(ids(&page));
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        page = desk
            .get(&who, &format!("{PATH}?limit=1&cursor={cursor}"))
            .await
            .json();
    }
    assert_eq!(found, wanted);
    let of_one = desk
        .get(&who, &format!("{PATH}?instrument=TATA.NSE"))
        .await
        .json();
    assert_eq!(ids(&of_one), wanted[2..]);
    let before = desk
        .get(&who, &format!("{PATH}?from=2026-12-01&to=2026-12-02"))
        .await
        .json();
    assert_eq!(ids(&before), [json!(null); 0]);

    let path = format!("{PATH}/{}", added["id"].as_str().expect("an id"));
    assert_eq!(desk.call(&who, "DELETE", &path, Value::Null).await.status, 204);
    let gone = desk.call(&who, "DELETE", &path, Value::Null).await;
    assert_eq!(
        (gone.status.as_u16(), gone.problem().as_str()),
        (404, "CORPORATE_ACTION_UNKNOWN")
    );
    assert_eq!(ids(&desk.get(&who, PATH).await.json()), wanted[1..]);
    let rows = audit::list(&desk.db, 0, 100).await.expect("audit");
    let (_, last) = rows.last().expect("audited");
    assert_eq!(
        (last.action.as_str(), last.actor.as_str()),
        ("corporate_action.delete", "u-ravi")
    );
}

#[tokio::test]
async fn an_event_that_makes_no_sense_is_refused_by_field() {
    let desk = Desk::open().await;
    let who = admin(&desk).await;
    let with = |change: Value| {
        let mut body = split("2026-11-30", "2", "1");
        for (field, value) in change.as_object().expect("fields") {
            body[field] = value.clone();
        }
        body
    };
    for (change, field) in [
        (json!({"held": "0"}), "held:MALFORMED"),
        (json!({"ex_date": "soon"}), "ex_date:MALFORMED"),
        (json!({"instrument": "ACME"}), "instrument:MALFORMED"),
        (json!({"instrument": "ACME.NOWHERE"}), "instrument:MALFORMED"),
        (json!({"calendar": "NOWHERE"}), "calendar:MALFORMED"),
        (
            json!({"kind": "DIVIDEND", "amount": "-1", "currency": "USD"}),
            "amount:MALFORMED",
        ),
        (json!({"kind": "EARNINGS"}), "period:MALFORMED"),
        (json!({"color": "red"}), "color:UNKNOWN_FIELD"),
    ] {
        let answer = desk.call(&who, "POST", PATH, with(change.clone())).await;
        assert_eq!(answer.field(), field, "{change}: {}", answer.json());
    }
    // With a calendar, an instrument of a market that nobody knows is taken.
    let taken = with(json!({"instrument": "ACME.NOWHERE", "calendar": "XNYS"}));
    assert_eq!(desk.call(&who, "POST", PATH, taken).await.status, 201);
    let trader = desk.person("asha", Role::Trader).await;
    let trader = desk.session(&trader).await;
    let refused = desk
        .call(&trader, "POST", PATH, split("2026-11-30", "2", "1"))
        .await;
    assert_eq!(refused.status, 403);
}

#[tokio::test]
async fn a_file_of_events_is_entered_whole_or_not_at_all() {
    let desk = Desk::open().await;
    let who = admin(&desk).await;
    let good = "instrument,ex_date,kind,new,held,amount,currency\n\
        TATA.NSE,2026-12-03,split,5,1,,\n\
        INFY.NSE,2026-12-04,dividend,,,20,INR\n";
    let bad = format!("{good}INFY.NSE,2026-12-04,dividend,,,twenty,INR\nX.NOWHERE,2026-12-04,split,2,1,,\n");
    let refused = send_csv(&desk, &who, PATH, &bad).await;
    assert_eq!(refused.status, 422);
    let refused = refused.json();
    assert_eq!(
        (&refused["errors"][0]["field"], &refused["errors"][1]["field"]),
        (&json!("line 4"), &json!("line 5"))
    );
    assert_eq!(desk.get(&who, PATH).await.json()["items"], json!([]));
    let done = send_csv(&desk, &who, PATH, good).await.json();
    assert_eq!(done, json!({"imported": 2, "known": 0}));
    let again = send_csv(&desk, &who, PATH, good).await.json();
    assert_eq!(again, json!({"imported": 0, "known": 2}));
    // By a calendar that is named, also where none is known.
    let named = format!("{PATH}?calendar=XNYS");
    let done = send_csv(
        &desk,
        &who,
        &named,
        "instrument,ex_date,kind,new,held\nX.NOWHERE,2026-12-04,split,2,1\n",
    )
    .await;
    assert_eq!(done.json()["imported"], 1);
    assert_eq!(
        send_csv(&desk, &who, PATH, "a,b\n1,2\n").await.field(),
        "file:UNREADABLE"
    );
    let other = desk.request(&who, "POST", PATH, None);
    assert_eq!(desk.send(other).await.problem(), "UNSUPPORTED_MEDIA_TYPE");
}

#[tokio::test]
async fn factors_are_chained_and_what_has_none_is_told_apart() {
    let desk = Desk::open().await;
    define_share(&desk).await;
    let who = admin(&desk).await;
    for event in [
        split("2026-06-01", "2", "1"),
        json!({"instrument": "ACME.XNAS", "ex_date": "2026-09-01", "kind": "BONUS", "new": "1", "held": "4"}),
        json!({"instrument": "ACME.XNAS", "ex_date": "2026-10-01", "kind": "DIVIDEND", "amount": "1", "currency": "USD"}),
        json!({"instrument": "ACME.XNAS", "ex_date": "2026-12-01", "kind": "EARNINGS", "period": "Q4"}),
    ] {
        assert_eq!(desk.call(&who, "POST", PATH, event).await.status, 201);
    }
    let path = "/api/v1/instruments/ACME.XNAS/adjustments";
    let told = desk.get(&who, path).await.json();
    assert_eq!(
        told["factors"],
        json!([
            {"before": "2026-06-01", "effective": "2026-05-29T20:00:00Z", "price": "0.4", "volume": "2.5"},
            {"before": "2026-09-01", "effective": "2026-08-31T20:00:00Z", "price": "0.8", "volume": "1.25"},
        ])
    );
    let without = &told["without_factor"][0];
    assert_eq!(
        (&without["ex_date"], &without["kind"]),
        (&json!("2026-10-01"), &json!("DIVIDEND"))
    );
    assert!(
        without["reason"].as_str().expect("words").contains("not stored"),
        "{without}"
    );
    let splits = desk.get(&who, &format!("{path}?adjust=splits")).await.json();
    assert_eq!(
        (&splits["factors"], &splits["without_factor"]),
        (&told["factors"], &json!([]))
    );
    let none = desk
        .get(&who, "/api/v1/instruments/NONE.XNAS/adjustments")
        .await
        .json();
    assert_eq!(none["factors"], json!([]));
}

#[tokio::test]
async fn a_dividends_factor_follows_from_the_last_close_before_it() {
    let desk = Desk::open().await;
    // Bitcoin is traded around the clock: the ex-date begins at midnight, 15 hours after the desk's morning.
    desk.quote(BTC, 100, 101).await;
    desk.pass(std::time::Duration::from_secs(15 * 3_600)).await;
    let who = admin(&desk).await;
    let dividend = |currency: &str, date: &str| json!({"instrument": BTC, "ex_date": date, "kind": "DIVIDEND", "amount": "4", "currency": currency});
    for event in [dividend("USD", "2026-11-23"), dividend("EUR", "2026-11-23")] {
        assert_eq!(desk.call(&who, "POST", PATH, event).await.status, 201);
    }
    let path = format!("/api/v1/instruments/{}/adjustments", BTC);
    let told = desk.get(&who, &path).await.json();
    // The last trade of the day was at 100: 1 - 4 / 100.
    assert_eq!(told["factors"][0]["price"], "0.96", "{told}");
    assert_eq!(told["factors"][0]["effective"], "2026-11-23T00:00:00Z");
    let reason = told["without_factor"][0]["reason"]
        .as_str()
        .expect("words")
        .to_owned();
    assert!(reason.contains("EUR") && reason.contains("USD"), "{reason}");
}

/// Stores a bar that opened so many hours before the desk's morning, which is nine o'clock.
async fn store(desk: &Desk, instrument: &str, interval: BarInterval, hours_ago: u64, close: i64) {
    let price = PriceMantissa(close * 100);
    let bar = Bar {
        instrument: InstrumentIdx(0),
        interval,
        ts: UnixNanos(START.0 - hours_ago * 3_600_000_000_000),
        open: price,
        high: price,
        low: price,
        close: price,
        volume: SizeMantissa(10_000),
        value: 0,
        trades: 0,
        open_interest: None,
        source: BarSource::Venue,
        complete: true,
        revision: 0,
        ts_init: START,
    };
    let series = Series::bars(instrument.parse().expect("id"), interval);
    let mut rows = Rows::new(Kind::Bars, Scales { price: 2, size: 4 });
    let symbol = series.instrument.symbol.to_string();
    let row = bar_row(&mut rows, &symbol, &bar);
    rows.push(&row);
    let catalog = desk.state.catalogue.as_ref().expect("a catalogue").catalog();
    let mut session = catalog.session().await.expect("a session");
    for (place, rows) in by_place(&series.shelf(), &rows).expect("places") {
        let rule = Rule::LatestWrite { input: 1 };
        session.add(&place, rows, rule).await.expect("added");
    }
    session.commit().await.expect("committed");
}

fn dividend(instrument: &str, date: &str, amount: &str) -> Value {
    json!({"instrument": instrument, "ex_date": date, "kind": "DIVIDEND", "amount": amount, "currency": "USD"})
}

/// The price factors of an instrument.
async fn price_factors(desk: &Desk, who: &As, instrument: &str) -> Vec<Value> {
    let told = desk
        .get(who, &format!("/api/v1/instruments/{instrument}/adjustments"))
        .await
        .json();
    let factors = told["factors"].as_array().expect("factors");
    factors.iter().map(|factor| factor["price"].clone()).collect()
}

#[tokio::test]
async fn what_is_announced_for_later_is_in_no_factor() {
    let desk = Desk::open().await;
    define_share(&desk).await;
    let who = admin(&desk).await;
    for event in [
        split("2026-11-02", "2", "1"),
        split("2026-11-30", "3", "1"),
        dividend("ACME.XNAS", "2026-12-01", "1"),
    ] {
        assert_eq!(desk.call(&who, "POST", PATH, event).await.status, 201);
    }
    let path = "/api/v1/instruments/ACME.XNAS/adjustments";
    let told = desk.get(&who, path).await.json();
    assert_eq!(told["factors"].as_array().map(Vec::len), Some(1));
    assert_eq!(told["factors"][0]["price"], "0.5");
    assert_eq!(told["without_factor"], json!([]));
    let announced = told["announced"].as_array().expect("a list");
    let announced: Vec<[&Value; 3]> = announced
        .iter()
        .map(|a| [&a["ex_date"], &a["kind"], &a["effective"]])
        .collect();
    assert_eq!(
        announced,
        [
            [
                &json!("2026-11-30"),
                &json!("SPLIT"),
                &json!("2026-11-27T18:00:00Z")
            ],
            [
                &json!("2026-12-01"),
                &json!("DIVIDEND"),
                &json!("2026-11-30T21:00:00Z")
            ],
        ]
    );
    let splits = desk.get(&who, &format!("{path}?adjust=splits")).await.json();
    assert_eq!(splits["announced"].as_array().map(Vec::len), Some(1));
    // From the close of the half day on it holds.
    desk.clock.advance(std::time::Duration::from_secs(129 * 3_600));
    let user = desk.person("late", Role::Viewer).await;
    let who = desk.session(&user).await;
    let factors = price_factors(&desk, &who, "ACME.XNAS").await;
    assert_eq!(factors.len(), 2);
    assert_eq!(factors[1], "0.333333333333");
}

#[tokio::test]
async fn the_close_before_an_ex_date_is_never_a_bar_that_still_forms() {
    let desk = Desk::open().await;
    let seconds = std::time::Duration::from_secs;
    desk.quote(BTC, 100, 101).await;
    // Half a minute before midnight, when the ex-date begins, the price doubles.
    desk.pass(seconds(15 * 3_600 - 30)).await;
    desk.quote(BTC, 200, 201).await;
    let who = admin(&desk).await;
    let event = dividend(BTC, "2026-11-23", "4");
    assert_eq!(desk.call(&who, "POST", PATH, event).await.status, 201);
    desk.clock.advance(seconds(30));
    assert_eq!(price_factors(&desk, &who, BTC).await, ["0.96"]);
    desk.clock.advance(seconds(1));
    assert_eq!(price_factors(&desk, &who, BTC).await, ["0.98"]);
}

#[tokio::test]
async fn the_close_before_an_ex_date_is_of_the_minute_or_the_day_that_ended_later() {
    let desk = Desk::open().await;
    define_share(&desk).await;
    let who = admin(&desk).await;
    let midnight = |days: u64| days * 24 + 9;
    // Minutes of twelve days ago, and newer days, the last of which is the ex-date itself.
    store(&desk, BTC, BarInterval::M1, 12 * 24, 100).await;
    store(&desk, BTC, BarInterval::DAY, midnight(4), 40).await;
    store(&desk, BTC, BarInterval::DAY, midnight(3), 50).await;
    store(&desk, BTC, BarInterval::DAY, midnight(2), 60).await;
    let event = dividend(BTC, "2026-11-20", "5");
    assert_eq!(desk.call(&who, "POST", PATH, event).await.status, 201);
    assert_eq!(price_factors(&desk, &who, BTC).await, ["0.9"]);
    // A minute within the last day ended before that day did.
    store(&desk, BTC, BarInterval::M1, midnight(2) + 1, 80).await;
    assert_eq!(price_factors(&desk, &who, BTC).await, ["0.9"]);

    // Days that are cut at midnight hold the close of a session in New York, three hours before.
    store(&desk, "ACME.XNAS", BarInterval::DAY, midnight(4), 40).await;
    store(&desk, "ACME.XNAS", BarInterval::DAY, midnight(3), 50).await;
    store(&desk, "ACME.XNAS", BarInterval::DAY, midnight(2), 60).await;
    let event = dividend("ACME.XNAS", "2026-11-20", "5");
    assert_eq!(desk.call(&who, "POST", PATH, event).await.status, 201);
    assert_eq!(price_factors(&desk, &who, "ACME.XNAS").await, ["0.9"]);
}

#[tokio::test]
async fn factors_are_not_chained_of_more_events_than_an_answer_is_made_of() {
    let desk = Desk::open().await;
    let who = admin(&desk).await;
    let line = |n: u32| format!("ACME.XNAS,2026-11-02,earnings,{n}\n");
    let file = |lines: std::ops::Range<u32>| -> String {
        let lines: String = lines.map(line).collect();
        format!("instrument,ex_date,kind,period\n{lines}")
    };
    let path = "/api/v1/instruments/ACME.XNAS/adjustments";
    let done = send_csv(&desk, &who, PATH, &file(0..1_000)).await.json();
    assert_eq!(done["imported"], 1_000);
    assert_eq!(desk.get(&who, path).await.status, 200);
    send_csv(&desk, &who, PATH, &file(1_000..1_001)).await;
    assert_eq!(desk.get(&who, path).await.field(), "instrument:TOO_MANY_EVENTS");
}

#[tokio::test]
async fn the_same_terms_are_the_same_event_wherever_they_come_from() {
    let desk = Desk::open().await;
    define_share(&desk).await;
    let who = admin(&desk).await;
    let first = desk.call(&who, "POST", PATH, split("2026-11-30", "2", "1")).await;
    assert_eq!(first.status, 201);
    let first = first.json();
    let mut elsewhere = split("2026-11-30", "2", "1");
    elsewhere["source"] = json!("another notice");
    // The half day before closes earlier now, and with it the ex-date begins earlier.
    let half = json!({"kind": "EARLY_CLOSE", "close": "12:30", "name": "Shorter"});
    let put = desk
        .call(&who, "PUT", "/api/v1/calendars/XNYS/overrides/2026-11-27", half)
        .await;
    assert_eq!(put.status, 200);
    for again in [
        elsewhere,
        split("2026-11-30", "4", "2"),
        split("2026-11-30", "2", "1"),
    ] {
        let known = desk.call(&who, "POST", PATH, again.clone()).await;
        assert_eq!(
            (known.status.as_u16(), &known.json()),
            (200, &first),
            "the one that is there: {again}"
        );
    }
    let file = "instrument,ex_date,kind,new,held,amount,currency,source\n\
        ACME.XNAS,2026-11-30,split,2,1,,,a file\n\
        ACME.XNAS,2026-11-30,dividend,,,0.5,USD,a file\n\
        ACME.XNAS,2026-11-30,dividend,,,0.500,USD,the same file\n\
        ACME.XNAS,2026-11-30,split,3,1,,,a file\n";
    let done = send_csv(&desk, &who, PATH, file).await.json();
    assert_eq!(done, json!({"imported": 2, "known": 2}));

    // The log tells what was added, and nothing else.
    let rows = audit::list(&desk.db, 0, 100).await.expect("audit");
    let of = |action: &str| rows.iter().filter(|(_, row)| row.action == action).count();
    assert_eq!(of("corporate_action.add"), 1);
    let (_, import) = rows
        .iter()
        .find(|(_, row)| row.action == "corporate_action.import")
        .expect("audited");
    let import: Value = serde_json::from_str(&import.detail).expect("json");
    let events = import["events"].as_array().expect("events");
    assert_eq!(events.len(), 2);
    assert!(!events.contains(&first["id"]), "{import}");
}

#[tokio::test]
async fn bars_are_told_as_traded_or_as_if_todays_units_had_held_all_along() {
    let desk = Desk::open().await;
    define_share(&desk).await;
    let who = admin(&desk).await;
    // Wednesday, Thursday, and Friday, from which on there are two shares for one.
    for (hours_ago, close) in [(105, 100), (81, 98), (57, 49)] {
        store(&desk, "ACME.XNAS", BarInterval::DAY, hours_ago, close).await;
    }
    for event in [
        split("2026-11-20", "2", "1"),
        dividend("ACME.XNAS", "2026-11-19", "2"),
    ] {
        assert_eq!(desk.call(&who, "POST", PATH, event).await.status, 201);
    }
    let bars = async |query: &str| {
        let path = format!("/api/v1/instruments/ACME.XNAS/bars?{query}");
        desk.get(&who, &path).await
    };
    let told = async |query: &str| {
        let json = bars(query).await.json();
        let each = json["bars"]
            .as_array()
            .unwrap_or_else(|| panic!("{json}"))
            .clone();
        let figures =
            |bar: &Value| [&bar["close"], &bar["volume"]].map(|f| f.as_str().expect("a decimal").to_owned());
        (
            json["adjust"].clone(),
            each.iter().map(figures).collect::<Vec<_>>(),
        )
    };
    let of = |rows: [[&str; 2]; 3]| rows.map(|row| row.map(str::to_owned)).to_vec();
    let traded = of([["100", "1"], ["98", "1"], ["49", "1"]]);
    assert_eq!(told("interval=D").await, (Value::Null, traded));
    let splits = of([["50", "2"], ["49", "2"], ["49", "1"]]);
    assert_eq!(told("interval=D&adjust=splits").await, (json!("splits"), splits));
    // The dividend was 2 of a close of 100, and an owner had it from Thursday on.
    let all = of([["49", "2"], ["49", "2"], ["49", "1"]]);
    assert_eq!(told("interval=D&adjust=all").await, (json!("all"), all));
    // What indicators see is what is shown.
    let overlaid = bars("interval=D&adjust=all&overlays=SMA_3").await.json();
    assert_eq!(overlaid["overlays"]["SMA_3"][2]["value"], json!(49.0));

    assert_eq!(bars("interval=W&adjust=all").await.field(), "adjust:OUT_OF_RANGE");
    assert_eq!(bars("interval=D&adjust=some").await.status, 422);
    let unknown = dividend("ACME.XNAS", "2026-10-01", "1");
    assert_eq!(desk.call(&who, "POST", PATH, unknown).await.status, 201);
    assert_eq!(bars("interval=D&adjust=all").await.field(), "adjust:NO_FACTOR");
    assert_eq!(bars("interval=D&adjust=splits").await.status, 200);
}

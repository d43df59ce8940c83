//! Calendars over the API: what they say, and what administrators lay over them.

use std::future::poll_fn;
use std::task::Poll;

use axum::body::Body;
use http::{HeaderValue, header};
use serde_json::{Value, json};
use tradewind_server::calendars::Calendars;
use tradewind_store::calendar::overrides::{self, OverrideRow};
use tradewind_store::identity::audit;
use tradewind_wire::Role;

use crate::desk::{Answer, As, Desk};

async fn admin(desk: &Desk) -> As {
    let user = desk.person("ravi", Role::Admin).await;
    desk.session(&user).await
}

pub(crate) async fn send_csv(desk: &Desk, who: &As, path: &str, text: &str) -> Answer {
    let mut request = desk.request(who, "POST", path, None);
    let csv = HeaderValue::from_static("text/csv");
    request.headers_mut().insert(header::CONTENT_TYPE, csv);
    *request.body_mut() = Body::from(text.to_owned());
    desk.send(request).await
}

fn session<'a>(sessions: &'a Value, date: &str) -> Option<&'a Value> {
    let all = sessions["sessions"].as_array().expect("sessions");
    all.iter().find(|s| s["date"] == date)
}

#[tokio::test]
async fn calendars_are_listed_and_tell_their_sessions() {
    let desk = Desk::open().await;
    let user = desk.person("asha", Role::Viewer).await;
    let who = desk.session(&user).await;
    let list = desk.get(&who, "/api/v1/calendars").await.json();
    let all = list["calendars"].as_array().expect("calendars");
    let nse = all.iter().find(|c| c["id"] == "XNSE").expect("NSE");
    assert_eq!(nse["time_zone"], "Asia/Kolkata");
    assert_eq!(nse["overrides"], 0);
    let nfo = all.iter().find(|c| c["id"] == "NFO").expect("NFO");
    assert!(
        nfo["underlyings"]
            .as_array()
            .expect("a list")
            .contains(&json!("NIFTY")),
        "{nfo}"
    );

    let path = "/api/v1/calendars/nyse/sessions?from=2024-11-25&to=2024-11-29";
    let week = desk.get(&who, path).await.json();
    assert_eq!(week["calendar"], "XNYS");
    assert_eq!(week["sessions"].as_array().map(Vec::len), Some(4));
    assert_eq!(week["holidays"][0]["date"], "2024-11-28");
    let friday = session(&week, "2024-11-29").expect("a half day");
    assert_eq!(
        (&friday["kind"], &friday["open"], &friday["close"]),
        (
            &json!("EARLY_CLOSE"),
            &json!("2024-11-29T14:30:00Z"),
            &json!("2024-11-29T18:00:00Z")
        )
    );
    let monday = session(&week, "2024-11-25").expect("a day");
    assert_eq!(monday["kind"], "REGULAR");
    assert_eq!(monday["pre"]["from"], "2024-11-25T09:00:00Z");
    assert_eq!(monday["post"]["to"], "2024-11-26T01:00:00Z");
    assert_eq!(monday["overridden"], false);
    let tokyo = "/api/v1/calendars/XTKS/sessions?from=2024-11-25&to=2024-11-25";
    let tokyo = desk.get(&who, tokyo).await.json();
    assert_eq!(
        tokyo["sessions"][0]["breaks"],
        json!([{"from": "2024-11-25T02:30:00Z", "to": "2024-11-25T03:30:00Z"}])
    );

    // Without dates: from today on.
    let next = desk.get(&who, "/api/v1/calendars/XNYS/sessions").await.json();
    assert_eq!(next["sessions"][0]["date"], "2026-11-23");
}

#[tokio::test]
async fn a_question_that_a_calendar_does_not_answer_says_why() {
    let desk = Desk::open().await;
    let user = desk.person("asha", Role::Viewer).await;
    let who = desk.session(&user).await;
    let sessions = |query: &str| format!("/api/v1/calendars/XNYS/sessions?{query}");
    let unknown = desk.get(&who, "/api/v1/calendars/XXXX/sessions").await;
    assert_eq!(
        (unknown.status.as_u16(), unknown.problem().as_str()),
        (404, "CALENDAR_UNKNOWN")
    );
    for (query, field) in [
        ("from=yesterday", "from:MALFORMED"),
        ("from=2026-11-29&to=2026-11-28", "to:OUT_OF_RANGE"),
        ("from=2025-01-01&to=2026-11-28", "to:OUT_OF_RANGE"),
        ("from=1901-01-01", "from:OUT_OF_RANGE"),
        ("from=1989-12-20&to=1990-01-05", "from:OUT_OF_RANGE"),
        ("from=2030-12-20&to=2031-01-05", "to:OUT_OF_RANGE"),
        ("from=2031-01-02", "from:OUT_OF_RANGE"),
    ] {
        assert_eq!(desk.get(&who, &sessions(query)).await.field(), field, "{query}");
    }
    let expiries = |query: &str| format!("/api/v1/calendars/NFO/expiries?{query}");
    for (query, field) in [
        (
            "underlying=NIFTY&from=2099-12-20&to=2100-01-05",
            "from:OUT_OF_RANGE",
        ),
        ("underlying=TULIPS", "underlying:UNKNOWN"),
        ("underlying=ES", "underlying:OTHER_CALENDAR"),
    ] {
        assert_eq!(desk.get(&who, &expiries(query)).await.field(), field, "{query}");
    }
}

#[tokio::test]
async fn an_override_changes_sessions_and_expiries_until_it_is_taken_away() {
    let desk = Desk::open().await;
    let who = admin(&desk).await;
    let mut told = desk.state.calendars.watch();
    // NIFTY's weekly contract of that week expires on Tuesday the 8th.
    let expiries = "/api/v1/calendars/NFO/expiries?underlying=NIFTY&from=2026-12-07&to=2026-12-11";
    let before = desk.get(&who, expiries).await.json();
    assert_eq!(before["expiries"][0]["expiry"], "2026-12-08", "{before}");

    let path = "/api/v1/calendars/NFO/overrides/2026-12-08";
    let holiday = json!({"kind": "HOLIDAY", "name": "Election"});
    let put = desk.call(&who, "PUT", path, holiday).await;
    assert_eq!(put.status, 200, "{}", String::from_utf8_lossy(&put.body));
    let put = put.json();
    assert_eq!(
        (&put["calendar"], &put["restart_needed"]),
        (&json!("NFO"), &json!(false))
    );
    assert_eq!(put["overrides"][0]["changed_by"], "u-ravi");
    assert!(
        told.has_changed().expect("the calendars are there"),
        "those who watch are told"
    );
    told.mark_unchanged();

    let sessions = "/api/v1/calendars/NFO/sessions?from=2026-12-07&to=2026-12-09";
    let laid = desk.get(&who, sessions).await.json();
    assert_eq!(session(&laid, "2026-12-08"), None);
    assert_eq!(
        laid["holidays"],
        json!([{"date": "2026-12-08", "name": "Election", "overridden": true, "provisional": false}])
    );
    let rules = desk
        .get(&who, &format!("{sessions}&without_overrides=true"))
        .await
        .json();
    assert!(session(&rules, "2026-12-08").is_some());
    let moved = desk.get(&who, expiries).await.json();
    let first = &moved["expiries"][0];
    assert_eq!(
        (&first["expiry"], &first["moved_from"], &first["label"]),
        (&json!("2026-12-07"), &json!("2026-12-08"), &json!("W0"))
    );

    // Another in its place, and a list of one.
    let half = json!({"kind": "EARLY_CLOSE", "close": "12:30", "name": "Half day"});
    assert_eq!(desk.call(&who, "PUT", path, half).await.status, 200);
    let listed = desk.get(&who, "/api/v1/calendars/nfo/overrides").await.json();
    assert_eq!(listed["overrides"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&listed["overrides"][0]["kind"], &listed["overrides"][0]["close"]),
        (&json!("EARLY_CLOSE"), &json!("12:30"))
    );
    let laid = desk.get(&who, sessions).await.json();
    let half = session(&laid, "2026-12-08").expect("a session");
    assert_eq!(
        (&half["kind"], &half["close"], &half["overridden"]),
        (
            &json!("EARLY_CLOSE"),
            &json!("2026-12-08T07:00:00Z"),
            &json!(true)
        )
    );

    let removed = desk.call(&who, "DELETE", path, Value::Null).await.json();
    assert_eq!(removed["overrides"][0]["name"], "Half day");
    let again = desk.call(&who, "DELETE", path, Value::Null).await;
    assert_eq!(
        (again.status.as_u16(), again.problem().as_str()),
        (404, "OVERRIDE_UNKNOWN")
    );
    assert_eq!(desk.get(&who, sessions).await.json(), rules);
    assert!(told.has_changed().expect("the calendars are there"));

    let rows = audit::list(&desk.db, 0, 100).await.expect("audit");
    let rows: Vec<_> = rows
        .iter()
        .map(|(_, r)| r)
        .filter(|r| r.action.starts_with("calendar."))
        .collect();
    let actions: Vec<&str> = rows.iter().map(|r| r.action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "calendar.override.put",
            "calendar.override.put",
            "calendar.override.delete"
        ]
    );
    let second: Value = serde_json::from_str(&rows[1].detail).expect("json");
    assert_eq!(
        (rows[1].actor.as_str(), rows[1].subject.as_str()),
        ("u-ravi", "NFO 2026-12-08")
    );
    assert_eq!(
        (&second["before"]["name"], &second["after"]["name"]),
        (&json!("Election"), &json!("Half day"))
    );
}

#[tokio::test]
async fn bars_that_follow_a_calendar_need_a_restart_and_the_answer_says_so() {
    let desk = Desk::open().await;
    let who = admin(&desk).await;
    // The desk's configuration names XLON among the calendars that bars follow.
    let path = "/api/v1/calendars/LSE/overrides/2026-12-23";
    let half = json!({"kind": "EARLY_CLOSE", "close": "12:30", "name": "Half day"});
    let put = desk.call(&who, "PUT", path, half).await.json();
    assert_eq!(put["restart_needed"], true);
    assert!(put["note"].as_str().expect("words").contains("XLON"), "{put}");
    let removed = desk.call(&who, "DELETE", path, Value::Null).await.json();
    assert_eq!(removed["restart_needed"], true);
}

#[tokio::test]
async fn what_makes_no_sense_is_not_laid_over_a_calendar() {
    let desk = Desk::open().await;
    let who = admin(&desk).await;
    let early = |close: &str| json!({"kind": "EARLY_CLOSE", "close": close, "name": "x"});
    let special =
        |open: &str, close: &str| json!({"kind": "SPECIAL", "open": open, "close": close, "name": "x"});
    for (path, body, field) in [
        ("XNSE/overrides/2026-11-31", early("12:30"), "date:MALFORMED"),
        ("XNSE/overrides/2026-11-29", early("12:30"), "date:MISFIT"),
        ("XNSE/overrides/2026-11-30", early("16:00"), "date:MISFIT"),
        (
            "XNSE/overrides/2076-11-30",
            json!({"kind": "HOLIDAY", "name": "x"}),
            "date:MISFIT",
        ),
        (
            "CMES/overrides/2026-11-16",
            special("08:00", "20:00"),
            "date:MISFIT",
        ),
        (
            "XNSE/overrides/2026-11-30",
            special("18:00", "17:00"),
            "open:NOT_IN_ORDER",
        ),
        (
            "XNSE/overrides/2026-11-30",
            json!({"kind": "SPECIAL", "open": "18:00", "name": "x"}),
            "close:MISSING",
        ),
        (
            "XNSE/overrides/2026-11-30",
            json!({"kind": "HOLIDAY", "name": " "}),
            "name:MISSING",
        ),
        (
            "XNSE/overrides/2026-11-30",
            special("6 pm", "19:00"),
            "open:MALFORMED",
        ),
        (
            "24%2F7/overrides/2026-11-30",
            json!({"kind": "HOLIDAY", "name": "x"}),
            "calendar:NEVER_CLOSES",
        ),
    ] {
        let answer = desk
            .call(&who, "PUT", &format!("/api/v1/calendars/{path}"), body)
            .await;
        assert_eq!(answer.field(), field, "{path}: {}", answer.json());
    }
    assert!(desk.state.calendars.laid().is_empty());
}

#[tokio::test]
async fn a_file_of_overrides_is_laid_over_whole_or_not_at_all() {
    let desk = Desk::open().await;
    let who = admin(&desk).await;
    let path = "/api/v1/calendars/XNSE/overrides/import";
    let bad = "date,kind,open,close,name\n\
        2026-11-08,special,18:00,19:00,Muhurat\n\
        2026-13-01,holiday,,,No month\n\
        2026-12-02,early_close,,,No time\n";
    let refused = send_csv(&desk, &who, path, bad).await;
    assert_eq!(refused.status, 422);
    let refused = refused.json();
    let lines: Vec<&str> = refused["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .filter_map(|e| e["field"].as_str())
        .collect();
    assert_eq!(lines, ["line 3", "line 4"], "{refused}");
    // A line that is well formed, but has no effect: the second of December is a Wednesday, the sixth a Sunday.
    let sunday = "date,kind,close,name\n2026-12-02,early_close,13:00,a\n2026-12-06,early_close,13:00,b\n";
    assert_eq!(send_csv(&desk, &who, path, sunday).await.field(), "line 3:MISFIT");
    let other = "calendar,date,kind,name\nXLON,2026-12-02,holiday,a\n";
    assert_eq!(send_csv(&desk, &who, path, other).await.field(), "line 2:REFUSED");
    assert_eq!(
        send_csv(&desk, &who, path, "when,what\n").await.field(),
        "file:UNREADABLE"
    );
    assert_eq!(
        send_csv(&desk, &who, path, "date,kind\n").await.field(),
        "file:EMPTY"
    );
    assert!(desk.state.calendars.laid().is_empty());

    let good = "date,kind,open,close,name\n\
        2026-12-01,holiday,,,Election\n\
        2026-11-08,special,18:00,19:00,Muhurat\n";
    let answer = send_csv(&desk, &who, path, good).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let dates: Vec<Value> = answer.json()["overrides"]
        .as_array()
        .expect("overrides")
        .iter()
        .map(|o| o["date"].clone())
        .collect();
    assert_eq!(dates, [json!("2026-11-08"), json!("2026-12-01")]);
    let sessions = "/api/v1/calendars/XNSE/sessions?from=2026-11-08&to=2026-12-01";
    let laid = desk.get(&who, sessions).await.json();
    let muhurat = session(&laid, "2026-11-08").expect("an evening");
    assert_eq!(
        (&muhurat["kind"], &muhurat["open"], &muhurat["name"]),
        (
            &json!("SPECIAL"),
            &json!("2026-11-08T12:30:00Z"),
            &json!("Muhurat")
        )
    );
    assert_eq!(session(&laid, "2026-12-01"), None);
    let rows = audit::list(&desk.db, 0, 100).await.expect("audit");
    let (_, note) = rows
        .iter()
        .find(|(_, r)| r.action == "calendar.override.import")
        .expect("audited");
    assert!(note.detail.contains("Muhurat") && note.detail.contains("Election"));

    // What is stored is there after a restart.
    let again = Calendars::load(&desk.db, &desk.state.config.org, &[]).await;
    assert_eq!(again.expect("loaded").laid(), desk.state.calendars.laid());
}

#[tokio::test]
async fn only_administrators_lay_something_over_a_calendar() {
    let desk = Desk::open().await;
    let user = desk.person("asha", Role::Trader).await;
    let who = desk.session(&user).await;
    let holiday = json!({"kind": "HOLIDAY", "name": "mine"});
    let put = desk
        .call(
            &who,
            "PUT",
            "/api/v1/calendars/XNSE/overrides/2026-12-01",
            holiday,
        )
        .await;
    assert_eq!(put.status, 403);
    let csv = "date,kind,name\n2026-12-01,holiday,mine\n";
    let import = send_csv(&desk, &who, "/api/v1/calendars/XNSE/overrides/import", csv).await;
    assert_eq!(import.status, 403);
    assert!(desk.state.calendars.laid().is_empty());
}

/// Makes a call, and goes away after it was looked at so often. Whether it was answered before.
async fn left_after(looks: usize, desk: &Desk, who: &As, call: (&str, &str, Value)) -> bool {
    let (method, path, body) = call;
    let mut answer = Box::pin(desk.call(who, method, path, body));
    let mut left = looks;
    poll_fn(move |cx| {
        left -= 1;
        match answer.as_mut().poll(cx) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if left == 0 => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

#[tokio::test]
async fn what_is_changed_is_audited_also_when_whoever_asked_has_gone() {
    let desk = Desk::open().await;
    let who = admin(&desk).await;
    let days: Vec<String> = (1..28).map(|day| format!("2027-03-{day:02}")).collect();
    let put = |date: &str| format!("/api/v1/calendars/CMES/overrides/{date}");
    let mut answered = false;
    // Each goes away one look later than the one before, until one stays for the answer.
    for (looks, date) in (1..).zip(&days) {
        let event =
            json!({"instrument": "ACME.XNAS", "ex_date": date, "kind": "SPLIT", "new": "2", "held": "1"});
        left_after(looks, &desk, &who, ("POST", "/api/v1/corporate-actions", event)).await;
        let holiday = json!({"kind": "HOLIDAY", "name": "x"});
        answered |= left_after(looks, &desk, &who, ("PUT", &put(date), holiday)).await;
    }
    assert!(answered, "none of them stayed long enough");
    let mut counts = ((0, 0), (0, 0));
    // What goes on after they have gone takes its time; what never comes is not waited for for ever.
    for _ in 0..2_000 {
        let rows = audit::list(&desk.db, 0, 1_000).await.expect("audit");
        let of = |action: &str| rows.iter().filter(|(_, row)| row.action == action).count();
        let events = desk.get(&who, "/api/v1/corporate-actions?limit=500").await.json();
        let events = events["items"].as_array().map_or(0, Vec::len);
        counts = (
            (desk.state.calendars.laid().len(), events),
            (of("calendar.override.put"), of("corporate_action.add")),
        );
        if counts.0 == counts.1 {
            break;
        }
    }
    let (made, audited) = counts;
    assert!(made.0 > 0 && made.1 > 0, "{made:?}");
    assert_eq!(
        made, audited,
        "changes that were made, and those that the log tells"
    );
}

#[tokio::test]
async fn a_stored_override_that_nobody_can_read_stops_nothing_and_can_be_taken_away() {
    let desk = Desk::open().await;
    let who = admin(&desk).await;
    let path = "/api/v1/calendars/XNSE/overrides/2026-12-01";
    let holiday = json!({"kind": "HOLIDAY", "name": "Election"});
    assert_eq!(desk.call(&who, "PUT", path, holiday).await.status, 200);
    let eclipse = OverrideRow {
        calendar: "XNSE".to_owned(),
        date: "2026-12-02".parse().expect("a date"),
        kind: "eclipse".to_owned(),
        open: None,
        close: None,
        break_start: None,
        break_end: None,
        name: "Eclipse".to_owned(),
    };
    let org = &desk.state.config.org;
    overrides::put(&desk.db, org, &[eclipse], "u-ravi", desk.state.clock.now())
        .await
        .expect("put");
    let loaded = Calendars::load(&desk.db, org, &[]).await.expect("loaded");
    assert_eq!(loaded.laid(), desk.state.calendars.laid());
    assert_eq!(loaded.laid().len(), 1);
    let listed = desk.get(&who, "/api/v1/calendars/XNSE/overrides").await.json();
    assert_eq!(listed["overrides"].as_array().map(Vec::len), Some(1));

    let path = "/api/v1/calendars/XNSE/overrides/2026-12-02";
    let removed = desk.call(&who, "DELETE", path, Value::Null).await;
    assert_eq!(removed.status, 200);
    let again = desk.call(&who, "DELETE", path, Value::Null).await;
    assert_eq!(again.problem(), "OVERRIDE_UNKNOWN");
    let rows = audit::list(&desk.db, 0, 100).await.expect("audit");
    let (_, note) = rows
        .iter()
        .find(|(_, row)| row.action == "calendar.override.delete")
        .expect("audited");
    assert!(note.detail.contains("Eclipse"), "{}", note.detail);
}

//! `tradewind calendar` as scripts see it: CSV with a header, JSON, exit codes.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

fn calendar(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tradewind"))
        .arg("calendar")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("piped");
    // A program that refuses its arguments reads nothing.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("the program ends")
}

fn text(output: &Output) -> String {
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn refused(output: &Output, code: i32) -> String {
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{told}");
    told
}

#[test]
fn sessions_are_a_table_in_utc_with_early_closes_and_breaks() {
    let week = ["sessions", "XNYS", "--from", "2024-11-27", "--to", "2024-11-29"];
    assert_eq!(
        text(&calendar(&week, "")),
        "session,open,close,break_start,break_end,early_close,name\n\
         2024-11-27,2024-11-27T14:30:00Z,2024-11-27T21:00:00Z,,,false,\n\
         2024-11-29,2024-11-29T14:30:00Z,2024-11-29T18:00:00Z,,,true,Day after Thanksgiving\n"
    );
    let tokyo = ["sessions", "xtks", "--from", "2024-11-05", "--to", "2024-11-05"];
    assert!(text(&calendar(&tokyo, "")).ends_with(
        "2024-11-05,2024-11-05T00:00:00Z,2024-11-05T06:30:00Z,2024-11-05T02:30:00Z,2024-11-05T03:30:00Z,false,\n"
    ));
    let json: serde_json::Value =
        serde_json::from_str(&text(&calendar(&[&week[..], &["--json"]].concat(), ""))).expect("JSON");
    assert_eq!(json[1]["close"], "2024-11-29T18:00:00Z");
    assert_eq!(json[1]["early_close"], true);
    assert!(json[0]["break_start"].is_null());
}

#[test]
fn expiries_are_told_for_each_series_with_labels_from_the_first_date() {
    let month = ["expiries", "NIFTY", "--from", "2025-09-22", "--to", "2025-10-20"];
    assert_eq!(
        text(&calendar(&month, "")),
        "expiry,kind,label\n\
         2025-09-23,weekly,W0\n\
         2025-09-30,weekly,W1\n\
         2025-09-30,monthly,M0\n\
         2025-09-30,quarterly,Q0\n\
         2025-10-07,weekly,W2\n\
         2025-10-14,weekly,W3\n\
         2025-10-20,weekly,W4\n"
    );
    let json: serde_json::Value =
        serde_json::from_str(&text(&calendar(&[&month[..], &["--json"]].concat(), ""))).expect("JSON");
    assert_eq!(json[6]["moved_from"], "2025-10-21");
    assert_eq!(json[0]["at"], "2025-09-23T10:00:00Z");
}

#[test]
fn overrides_from_a_file_are_laid_over_and_bad_lines_refused_with_their_number() {
    let day = [
        "sessions",
        "NSE",
        "--from",
        "2026-11-08",
        "--to",
        "2026-11-08",
        "--overrides",
        "-",
    ];
    let good = "calendar,date,kind,open,close,name\nNSE,2026-11-08,special,18:00,19:00,Muhurat trading\n";
    assert!(
        text(&calendar(&day, good))
            .ends_with("2026-11-08,2026-11-08T12:30:00Z,2026-11-08T13:30:00Z,,,false,Muhurat trading\n")
    );
    let bad = "calendar,date,kind,name\nNSE,2026-12-01,holiday,x\nNSE,1st May,holiday,y\n";
    let told = refused(&calendar(&day, bad), 3);
    assert!(told.contains("line 3") && told.contains("1st May"), "{told}");
    let told = refused(&calendar(&day, "date,kind\n"), 3);
    assert!(told.contains("calendar"), "{told}");
}

#[test]
fn holidays_have_names_and_the_list_has_every_calendar() {
    let year = ["holidays", "XNSE", "--from", "2026-10-01", "--to", "2026-12-31"];
    assert_eq!(
        text(&calendar(&year, "")),
        "date,name\n2026-10-02,Gandhi Jayanti\n2026-10-20,Dussehra\n2026-11-10,Diwali Balipratipada\n\
         2026-11-24,Guru Nanak Jayanti\n2026-12-25,Christmas\n"
    );
    let list = text(&calendar(&["list"], ""));
    for id in [
        "XNYS", "XNAS", "XASE", "XBOM", "XNSE", "NFO", "CDS", "MCX", "CMES", "XLON", "XETR", "XTKS", "XHKG",
        "CRYPTO", "FX",
    ] {
        assert!(
            list.lines().any(|line| line.starts_with(&format!("{id},"))),
            "{id}"
        );
    }
}

#[test]
fn hours_as_traded_differ_where_they_are_known() {
    let day = ["sessions", "XETR", "--from", "2002-01-15", "--to", "2002-01-15"];
    assert!(text(&calendar(&day, "")).contains("2002-01-15T16:30:00Z"));
    let traded = [&day[..], &["--hours", "as-traded"]].concat();
    assert!(text(&calendar(&traded, "")).contains("2002-01-15T19:00:00Z"));
}

#[test]
fn what_is_not_known_is_a_usage_error_that_says_what_is() {
    let period = ["--from", "2024-01-01", "--to", "2024-01-31"];
    let told = refused(&calendar(&[&["sessions", "XXXX"][..], &period].concat(), ""), 2);
    assert!(told.contains("XXXX") && told.contains("XNYS"), "{told}");
    let told = refused(&calendar(&[&["expiries", "XXXX"][..], &period].concat(), ""), 2);
    assert!(told.contains("BANKNIFTY"), "{told}");
    let told = refused(
        &calendar(
            &["sessions", "XNYS", "--from", "1980-01-01", "--to", "2024-01-31"],
            "",
        ),
        2,
    );
    assert!(told.contains("1990-01-01"), "{told}");
    refused(
        &calendar(
            &["sessions", "XNYS", "--from", "2024-02-01", "--to", "2024-01-31"],
            "",
        ),
        2,
    );
    refused(
        &calendar(
            &["sessions", "XNYS", "--from", "tomorrow", "--to", "2024-01-31"],
            "",
        ),
        2,
    );
}

#[test]
fn overrides_that_administrators_have_stored_are_laid_over_with_data() {
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path().to_str().expect("UTF-8");
    let day = [
        "sessions",
        "XNSE",
        "--from",
        "2026-12-01",
        "--to",
        "2026-12-01",
        "--data",
        data,
    ];
    let told = refused(&calendar(&day, ""), 3);
    assert!(told.contains("there is no database"), "{told}");

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        use tradewind_store::calendar::overrides::{OverrideRow, put};
        use tradewind_types::{EngineId, OrgId, UnixNanos};
        let file = tradewind_store::DbConfig::file(&dir.path().join("tradewind.db"));
        let db = tradewind_store::Db::open(&file).await.expect("a database");
        tradewind_store::migrate::up(&db, UnixNanos(1))
            .await
            .expect("migrated");
        let (org, engine) = (
            OrgId::new("main").expect("an id"),
            EngineId::new("main").expect("an id"),
        );
        let desk = tradewind_store::identity::organisations::ensure(&db, &org, &engine, UnixNanos(1));
        desk.await.expect("a desk");
        let row = OverrideRow {
            calendar: "XNSE".to_owned(),
            date: "2026-12-01".parse().expect("a date"),
            kind: "early_close".to_owned(),
            open: None,
            close: Some("12:30".to_owned()),
            break_start: None,
            break_end: None,
            name: "Half day".to_owned(),
        };
        put(&db, &org, &[row], "u1", UnixNanos(2)).await.expect("stored");
        db.close().await;
    });
    let header = "session,open,close,break_start,break_end,early_close,name\n";
    assert_eq!(
        text(&calendar(&day, "")),
        format!("{header}2026-12-01,2026-12-01T03:45:00Z,2026-12-01T07:00:00Z,,,true,Half day\n")
    );
    // What is given by hand lies on top of it.
    let on_top = [&day[..], &["--overrides", "-"]].concat();
    let file = "calendar,date,kind,name\nXNSE,2026-12-01,holiday,Closed\n";
    assert_eq!(text(&calendar(&on_top, file)), header);
}

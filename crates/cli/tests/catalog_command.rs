//! `tradewind catalog` as scripts see it: files in, files out, exit codes.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn catalog(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tradewind"))
        .arg("catalog")
        .args(args)
        .args(["--data", &folder.join("data").display().to_string()])
        .output()
        .expect("the program runs")
}

fn text(output: &Output) -> String {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn refused(output: &Output, code: i32) -> String {
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{told}");
    told
}

const BARS: &str = "ts,open,high,low,close,volume\n\
                    2024-01-02T09:30:00Z,1.5,2,1,1.75,10\n\
                    2024-01-02T09:31:00Z,1.75,2,1.5,1.5,0.25\n\
                    nonsense,1,1,1,1,1\n\
                    2024-01-02T09:40:00Z,1.5,1.5,1.5,1.5,\n";

#[test]
fn bars_go_in_are_listed_and_come_out_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let csv = folder.path().join("bars.csv");
    std::fs::write(&csv, BARS).expect("written");
    let csv = csv.display().to_string();
    let rejects = folder.path().join("rejects.csv").display().to_string();
    let of = ["--instrument", "X.TEST", "--interval", "1m"];
    let import = |more: &[&str]| {
        let args: Vec<&str> = ["import", &csv]
            .into_iter()
            .chain(of)
            .chain(more.iter().copied())
            .collect();
        catalog(folder.path(), &args)
    };
    let told = text(&import(&["--rejects", &rejects, "--json"]));
    let report: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!((&report["added"], &report["rejected"]), (&3.into(), &1.into()));
    let written = std::fs::read_to_string(&rejects).expect("the rejects");
    assert!(written.contains(",4,\"`nonsense` is no time stamp"), "{written}");
    let again = text(&import(&[]));
    assert!(
        again.contains("0 new, 3 there already, 0 corrected, 1 rejected"),
        "{again}"
    );

    let listed = text(&catalog(folder.path(), &["ls", "--json"]));
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    assert_eq!(
        (&listed[0]["instrument"], &listed[0]["rows"]),
        (&"X.TEST".into(), &3.into())
    );

    let export: Vec<&str> = ["export"].into_iter().chain(of).collect();
    assert_eq!(
        text(&catalog(folder.path(), &export)),
        "ts,open,high,low,close,volume\n\
         2024-01-02T09:30:00Z,1.5,2,1,1.75,10\n\
         2024-01-02T09:31:00Z,1.75,2,1.5,1.5,0.25\n\
         2024-01-02T09:40:00Z,1.5,1.5,1.5,1.5,\n"
    );
    let zoned: Vec<&str> = export
        .iter()
        .copied()
        .chain([
            "--tz",
            "Asia/Kolkata",
            "--stamp",
            "close",
            "--columns",
            "ts=time,close",
            "--to",
            "2024-01-02T09:31:00Z",
        ])
        .collect();
    assert_eq!(
        text(&catalog(folder.path(), &zoned)),
        "time,close\n2024-01-02T15:01:00+05:30,1.75\n"
    );

    let gaps: Vec<&str> = ["gaps", "--at", "2024-01-02T09:41:00Z", "--days", "0"]
        .into_iter()
        .chain(of)
        .collect();
    text(&catalog(folder.path(), &gaps));
    let gaps: Vec<&str> = ["gaps", "--at", "2024-01-02T10:00:00Z", "--days", "1"]
        .into_iter()
        .chain(of)
        .collect();
    let told = catalog(folder.path(), &gaps);
    assert!(refused(&told, 4).contains("gaps"));
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(
        told.contains("2024-01-02T09:32:00Z to 2024-01-02T09:40:00Z: 8 bars"),
        "{told}"
    );

    let quality = text(&catalog(folder.path(), &["quality", "--json"]));
    let quality: serde_json::Value = serde_json::from_str(&quality).expect("JSON");
    assert_eq!(quality[0]["quality"]["bars"], 3);

    let kept = text(&catalog(folder.path(), &["retention", "--at", "2031-01-01"]));
    assert!(kept.contains("1 files would go"), "{kept}");
    text(&catalog(
        folder.path(),
        &["retention", "--at", "2031-01-01", "--keep", "1m=7", "--apply"],
    ));
    assert_eq!(text(&catalog(folder.path(), &["ls", "--json"])).trim(), "[]");
}

#[test]
fn standard_input_is_read_whole_although_its_decimals_are_found_late() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut bars = String::new();
    // More than the reader's buffer, and more decimals in the middle of it.
    for minute in 0..20_000 {
        let price = if minute < 15_000 { "1.5" } else { "1.625" };
        bars.push_str(&format!(
            "{},{price},{price},{price},{price},1\n",
            1_700_000_040 + 60 * minute
        ));
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_tradewind"))
        .args([
            "catalog",
            "import",
            "-",
            "--instrument",
            "X.TEST",
            "--interval",
            "1m",
            "--json",
        ])
        .args(["--header", "ts,open,high,low,close,volume"])
        .args(["--data", &folder.path().join("data").display().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut stdin = child.stdin.take().expect("its input");
    stdin.write_all(bars.as_bytes()).expect("read");
    drop(stdin);
    let told = text(&child.wait_with_output().expect("ended"));
    let report: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(
        (&report["added"], &report["rejected"], &report["price_scale"]),
        (&20_000.into(), &0.into(), &3.into())
    );
}

#[test]
fn closes_of_days_need_a_calendar_and_follow_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let csv = folder.path().join("days.csv");
    let bars = "ts,open,high,low,close\n2024-07-03T17:00:00Z,1,1,1,1\n2024-07-05T20:00:00Z,2,2,2,2\n";
    std::fs::write(&csv, bars).expect("written");
    let csv = csv.display().to_string();
    let of = ["--instrument", "SPY.XNYS", "--interval", "D"];
    let run = |verb: &[&str], more: &[&str]| {
        let args: Vec<&str> = [verb, &of, more].concat();
        catalog(folder.path(), &args)
    };
    let told = refused(&run(&["import", &csv], &["--stamp", "close"]), 3);
    assert!(told.contains("need the calendar"), "{told}");
    text(&run(
        &["import", &csv],
        &["--stamp", "close", "--calendar", "XNYS"],
    ));
    // The eve of Independence Day closes early.
    let opened = text(&run(&["export"], &["--columns", "ts,open"]));
    assert_eq!(
        opened,
        "ts,open\n2024-07-03T13:30:00Z,1\n2024-07-05T13:30:00Z,2\n"
    );
    let closed = text(&run(
        &["export"],
        &["--columns", "ts,open", "--stamp", "close", "--calendar", "XNYS"],
    ));
    assert_eq!(
        closed,
        "ts,open\n2024-07-03T17:00:00Z,1\n2024-07-05T20:00:00Z,2\n"
    );
}

#[test]
fn what_makes_no_sense_is_refused_with_the_right_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let csv = folder.path().join("bars.csv");
    std::fs::write(&csv, "a,b\n1,2\n").expect("written");
    let csv = csv.display().to_string();
    let of = |more: &[&str]| catalog(folder.path(), more);
    let told = refused(
        &of(&["import", &csv, "--instrument", "X.TEST", "--interval", "1m"]),
        3,
    );
    assert!(
        told.contains("line 1: there is no column ts, open, high, low, close"),
        "{told}"
    );
    refused(
        &of(&["import", &csv, "--instrument", "X.TEST", "--interval", "7m"]),
        2,
    );
    refused(
        &of(&[
            "import",
            &csv,
            "--instrument",
            "X.TEST",
            "--interval",
            "1m",
            "--tz",
            "Mars/Base",
        ]),
        2,
    );
    refused(&of(&["import", &csv]), 2);
    refused(
        &of(&[
            "export",
            "--instrument",
            "X.TEST",
            "--interval",
            "1m",
            "--output",
            "a.xlsx",
        ]),
        2,
    );
    refused(&of(&["export", "--instrument", "X.TEST", "--interval", "1m"]), 1);
    refused(&of(&["compact"]), 1);
    refused(&of(&["retention", "--keep", "everything"]), 2);
}

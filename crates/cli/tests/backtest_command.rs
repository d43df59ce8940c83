//! `tradewind backtest` as scripts use it: output, files, exit codes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples/backtests")
        .join(name)
}

fn tradewind(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tradewind"))
        .arg("backtest")
        .args(args)
        .output()
        .expect("the program runs")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn json(output: &Output) -> serde_json::Value {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The configurations that are in the repository.
fn examples() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(example("")).expect("a folder");
    let mut found: Vec<PathBuf> = folder.map(|entry| entry.expect("a file").path()).collect();
    found.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    found.sort();
    assert!(found.len() >= 4, "{found:?}");
    found
}

#[test]
fn every_example_runs_to_its_end_and_says_the_same_twice() {
    for config in examples() {
        let name = config.display();
        let once = json(&tradewind(&["run", "--config", text(&config), "--json"]));
        let twice = json(&tradewind(&["run", "--config", text(&config), "--json"]));
        assert_eq!(once, twice, "{name}");
        assert_eq!(once["checks"]["lookahead"]["verdict"], "equal", "{name}");
        assert!(once["summary"]["fills"].as_u64().expect("a count") > 0, "{name}");
        let table = tradewind(&["run", "--config", text(&config), "--quiet"]);
        let table = String::from_utf8_lossy(&table.stdout).into_owned();
        assert!(
            table.contains("Sharpe ratio") && table.contains("Assumptions:"),
            "{table}"
        );
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("out");
        let written = tradewind(&["run", "--config", text(&config), "--out", text(&out), "--quiet"]);
        assert!(written.status.success(), "{name}");
        let equity = std::fs::read_to_string(out.join("equity.csv")).expect("a curve");
        let last = equity.lines().last().expect("a row");
        let data = std::fs::read_to_string(example("synthetic.1d.csv")).expect("the data");
        let day = &data.lines().last().expect("a row")[..10];
        // Its bar ends at the midnight after it.
        assert_eq!(
            (day, &last[..20]),
            ("2021-10-01", "2021-10-02T00:00:00Z"),
            "{name}"
        );
    }
}

#[test]
fn a_run_on_the_catalogue_is_the_run_on_the_file_that_was_imported() {
    let folder = tempfile::tempdir().expect("a folder");
    let (catalogue, config) = (folder.path().join("catalogue"), folder.path().join("run.toml"));
    let import = Command::new(env!("CARGO_BIN_EXE_tradewind"))
        .args(["catalog", "import", text(&example("synthetic.1d.csv"))])
        .args(["--instrument", "SYN.TEST", "--interval", "1d"])
        .args([
            "--catalog",
            text(&catalogue),
            "--data",
            text(&folder.path().join("data")),
        ])
        .output()
        .expect("the program runs");
    assert!(
        import.status.success(),
        "{}",
        String::from_utf8_lossy(&import.stderr)
    );
    let of_file = std::fs::read_to_string(example("ema_cross.toml")).expect("an example");
    let source = "source = \"catalog\"\ncatalog = \"catalogue\"";
    let of_catalogue = of_file.replace("file = \"synthetic.1d.csv\"", source);
    assert_ne!(of_file, of_catalogue);
    std::fs::write(&config, &of_catalogue).expect("written");
    let example = example("ema_cross.toml");
    let file = json(&tradewind(&["run", "--config", text(&example), "--json"]));
    let catalogue = json(&tradewind(&["run", "--config", text(&config), "--json"]));
    let hash = |result: &serde_json::Value| result["checks"]["hash"].as_str().map(str::to_owned);
    assert!(hash(&file).is_some_and(|hash| hash.len() == 64));
    assert_eq!(hash(&file), hash(&catalogue));
    assert_eq!(file["summary"], catalogue["summary"]);
    // What the catalogue does not have is said, and nothing is left behind.
    std::fs::write(
        &config,
        of_catalogue.replace("interval = \"1d\"", "interval = \"1h\""),
    )
    .expect("written");
    let refused = tradewind(&["run", "--config", text(&config)]);
    assert_eq!(refused.status.code(), Some(3));
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(message.contains("there is nothing of"), "{message}");
}

#[test]
fn a_reader_who_has_seen_enough_ends_the_output_quietly() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let config = example("ema_cross.toml");
    assert!(
        tradewind(&["run", "--config", text(&config), "--out", text(&out), "--quiet"])
            .status
            .success()
    );
    let result = out.join("result.json");
    let commands: [&[&str]; 7] = [
        &["backtest", "compare", text(&result), text(&result)],
        &["backtest", "compare", text(&result), text(&result), "--json"],
        &["backtest", "run", "--config", text(&config), "--quiet"],
        &["backtest", "strategies"],
        &["indicators", "list"],
        &["completions", "bash"],
        &["calendar", "list"],
    ];
    for args in commands {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let ended = Command::new(env!("CARGO_BIN_EXE_tradewind"))
            .args(args)
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .expect("the program runs");
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.success() && told.is_empty(), "{args:?}: {told}");
        // Standard error may be gone as well.
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let ended = Command::new(env!("CARGO_BIN_EXE_tradewind"))
            .args(args)
            .stdout(writer.try_clone().expect("a second end"))
            .stderr(writer)
            .status()
            .expect("the program runs");
        assert!(ended.success(), "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("a device");
    let ended = Command::new(env!("CARGO_BIN_EXE_tradewind"))
        .args(["backtest", "strategies"])
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .expect("the program runs");
    assert_eq!(ended.status.code(), Some(1));
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(told.contains("the output cannot be written"), "{told}");
}

#[test]
fn results_become_tables_reports_and_comparisons() {
    let folder = tempfile::tempdir().expect("a folder");
    let (out, page) = (folder.path().join("out"), folder.path().join("report.html"));
    let config = example("ema_cross.toml");
    let args = [
        "run",
        "--config",
        text(&config),
        "--out",
        text(&out),
        "--report",
        text(&page),
    ];
    assert!(tradewind(&args).status.success());
    for name in [
        "result.json",
        "equity.csv",
        "orders.parquet",
        "fills.csv",
        "trades.parquet",
    ] {
        assert!(out.join(name).exists(), "{name}");
    }
    let html = std::fs::read_to_string(&page).expect("a page");
    assert!(!html.contains("TRADEWIND_REPORT_DATA") && html.contains("tradewind.backtest"));
    let result = out.join("result.json");
    let again = folder.path().join("again.html");
    assert!(
        tradewind(&["report", text(&result), "--output", text(&again)])
            .status
            .success()
    );
    assert_eq!(std::fs::read_to_string(&again).expect("a page"), html);
    let compared = json(&tradewind(&["compare", text(&result), text(&result), "--json"]));
    assert_eq!(compared["names"].as_array().map(Vec::len), Some(2));
    assert_eq!(compared["differences"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_sweep_goes_on_from_its_state_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("sweep.jsonl");
    let config = example("ema_cross.toml");
    let args = [
        "sweep",
        "--config",
        text(&config),
        "--grid",
        "fast=5,10",
        "--grid",
        "slow=20..40:10",
        "--json",
    ];
    let whole = json(&tradewind(&args));
    assert_eq!(whole["rows"].as_array().map(Vec::len), Some(6));
    let with_state = [&args[..], &["--state", text(&state)]].concat();
    assert_eq!(json(&tradewind(&with_state)), whole);
    // Half of it, the last line cut off, as after a kill.
    let kept = std::fs::read_to_string(&state).expect("a state file");
    let lines: Vec<&str> = kept.lines().collect();
    assert_eq!(lines.len(), 7);
    let half = format!("{}\n{}", lines[..4].join("\n"), &lines[4][..20]);
    std::fs::write(&state, half).expect("written");
    assert_eq!(json(&tradewind(&with_state)), whole);
    // Another grid is not taken for this one's.
    let other = [
        "sweep",
        "--config",
        text(&config),
        "--grid",
        "fast=5,6",
        "--state",
        text(&state),
    ];
    assert_eq!(tradewind(&other).status.code(), Some(3));
}

#[test]
fn ctrl_c_stops_a_sweep_and_the_same_command_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("sweep.jsonl");
    let config = example("ema_cross.toml");
    let args = [
        "sweep",
        "--config",
        text(&config),
        "--grid",
        "fast=3..27:1",
        "--grid",
        "slow=30..69:1",
        "--state",
        text(&state),
        "--json",
    ];
    let running = Command::new(env!("CARGO_BIN_EXE_tradewind"))
        .arg("backtest")
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let lines = || std::fs::read_to_string(&state).map_or(0, |kept| kept.lines().count());
    while lines() < 4 {
        std::thread::yield_now();
    }
    let interrupt = format!("kill -INT {}", running.id());
    assert!(
        Command::new("sh")
            .args(["-c", &interrupt])
            .status()
            .expect("a shell")
            .success()
    );
    let stopped = running.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&stopped.stderr).into_owned();
    assert_eq!(stopped.status.code(), Some(1), "{said}");
    assert!(
        said.contains("of 1000 variants") && said.contains("the same command goes on from"),
        "{said}"
    );
    let kept = std::fs::read_to_string(&state).expect("a state file");
    let finished = kept.lines().count() - 1;
    assert!((3..1_000).contains(&finished), "{finished}");
    assert!(
        said.contains(&format!("stopped after {finished} of")),
        "{finished}: {said}"
    );

    let whole = json(&tradewind(&args));
    assert_eq!(whole["rows"].as_array().map(Vec::len), Some(1_000));
    let after = std::fs::read_to_string(&state).expect("a state file");
    assert!(after.starts_with(&kept), "what was done is not done again");
    assert_eq!(after.lines().count(), 1_001);
}

#[test]
fn a_walk_forward_prints_its_windows() {
    let config = example("ema_cross.toml");
    let args = [
        "walk-forward",
        "--config",
        text(&config),
        "--grid",
        "fast=5,10",
        "--train",
        "500",
        "--test",
        "250",
        "--purge",
        "5",
        "--json",
    ];
    let walked = json(&tradewind(&args));
    assert_eq!(walked["windows"].as_array().map(Vec::len), Some(3));
}

#[test]
fn what_is_refused_ends_with_the_documented_codes() {
    let folder = tempfile::tempdir().expect("a folder");
    let bad = folder.path().join("bad.toml");
    let good = std::fs::read_to_string(example("ema_cross.toml")).expect("an example");
    std::fs::write(&bad, good.replace("slippage_bps", "slipage_bps")).expect("written");
    let refused = tradewind(&["run", "--config", text(&bad)]);
    assert_eq!(refused.status.code(), Some(3));
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(message.contains("did you mean `slippage_bps`?"), "{message}");
    assert_eq!(
        tradewind(&["run", "--config", "nowhere.toml"]).status.code(),
        Some(3)
    );
    let config = example("ema_cross.toml");
    let usage = tradewind(&["sweep", "--config", text(&config), "--grid", "fast=5..1"]);
    assert_eq!(usage.status.code(), Some(2));
}

#[test]
fn strategies_are_listed_with_their_parameters() {
    let all = json(&tradewind(&["strategies", "--json"]));
    let cross = all
        .as_array()
        .expect("a list")
        .iter()
        .find(|s| s["name"] == "ema_cross")
        .expect("it is there");
    assert!(
        cross["parameters"]
            .as_array()
            .expect("a list")
            .iter()
            .any(|p| p["name"] == "fast" && p["default"] == 10)
    );
}

//! `tradewind portfolio metrics` as scripts see it: files in, JSON out, exit codes.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

const RETURNS: &str =
    "ts,return\n2024-01-02,0.01\n2024-01-03,-0.02\n2024-01-04,0.015\n2024-01-05,\n2024-01-08,-0.005\n";
const BENCHMARK: &str = "note,RETURN,Ts\na,0.005,1704153600\nb,-0.01,1704240000\nc,0.02,1704326400\n";

fn metrics(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tradewind"))
        .args(["portfolio", "metrics"])
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

fn json(output: &Output) -> serde_json::Value {
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn figures_come_out_as_json_with_null_where_undefined() {
    let told = json(&metrics(&["--returns", "-"], RETURNS));
    assert_eq!(told["periods"], 4);
    assert_eq!(told["from"], "2024-01-02T00:00:00Z");
    let sharpe = told["sharpe"].as_f64().expect("a number");
    // mean 0, σ = √((1 + 4 + 2.25 + 0.25)/3)·1 %
    assert!(sharpe.abs() < 1e-9, "{sharpe}");
    let volatility = told["volatility"].as_f64().expect("a number");
    assert!(
        (volatility - 0.01 * 2.5_f64.sqrt() * 252_f64.sqrt()).abs() < 1e-12,
        "{volatility}"
    );
    assert!(told["calmar_36m"].is_null() && told["benchmark"].is_null());
}

#[test]
fn a_benchmark_is_compared_at_the_shared_time_stamps() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("b.csv");
    std::fs::write(&path, BENCHMARK).expect("written");
    let path = path.to_str().expect("text");
    let told = json(&metrics(
        &["--returns", "-", "--benchmark", path, "--periods-per-year", "365"],
        RETURNS,
    ));
    assert_eq!(told["benchmark"]["periods"], 3);
    assert_eq!(told["periods_per_year"], 365.0);
    assert!(told["benchmark"]["beta"].is_f64());
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_exit_code() {
    let refused = metrics(
        &["--returns", "-"],
        "ts,return\n2024-01-02,0.01\n2024-01-03,much\n",
    );
    assert_eq!(refused.status.code(), Some(3));
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains("line 3") && told.contains("much"), "{told}");
    assert_eq!(
        metrics(&["--returns", "/does/not/exist.csv"], "").status.code(),
        Some(3)
    );
    assert_eq!(
        metrics(&["--returns", "-", "--periods-per-year", "0"], RETURNS)
            .status
            .code(),
        Some(2)
    );
    assert_eq!(
        metrics(&["--returns", "-", "--benchmark", "-"], RETURNS)
            .status
            .code(),
        Some(2)
    );
    assert_eq!(metrics(&[], "").status.code(), Some(2));
}

//! `tradewind indicators` as scripts see it: bars in, columns out, exit codes.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

fn indicators(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tradewind"))
        .arg("indicators")
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

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// Sixty bars whose closes are 100, 101, … and whose columns are in another order and case.
fn bars() -> String {
    let rows = (0..60).map(|at| {
        let close = 100 + at;
        format!(
            "{close},{},{},{close},{},{}\n",
            close + 1,
            close - 1,
            1_704_067_200 + at * 60,
            10 * at
        )
    });
    std::iter::once("Open,HIGH,low,Close,TS,volume\n".to_owned())
        .chain(rows)
        .collect()
}

/// Columns by name, a cell per bar.
fn columns(output: &Output) -> BTreeMap<String, Vec<String>> {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    let mut lines = told.lines();
    let names: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let mut columns: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells.len(), names.len(), "{line}");
        for (name, cell) in names.iter().zip(cells) {
            columns
                .entry((*name).to_owned())
                .or_default()
                .push(cell.to_owned());
        }
    }
    columns
}

#[test]
fn columns_are_named_by_spec_and_output_and_cells_are_empty_before_the_first_value() {
    let specs = [
        "RSI_14",
        "MACD_12_26_9",
        "BBANDS_20_2",
        "STOCH_5_3_3",
        "CDLENGULFING",
        "SMA_3",
        "OBV",
        "MOM",
    ];
    let mut args = vec!["compute", "--input", "-"];
    specs.iter().for_each(|spec| args.extend(["--spec", spec]));
    let told = columns(&indicators(&args, &bars()));
    let names: Vec<&str> = told.keys().map(String::as_str).collect();
    let wanted = [
        "BBANDS_20_2.lower",
        "BBANDS_20_2.middle",
        "BBANDS_20_2.upper",
        "CDLENGULFING",
        "MACD_12_26_9.hist",
        "MACD_12_26_9.macd",
        "MACD_12_26_9.signal",
        "MOM",
        "OBV",
        "RSI_14",
        "SMA_3",
        "STOCH_5_3_3.d",
        "STOCH_5_3_3.k",
        "ts",
    ];
    assert_eq!(names, wanted);
    assert_eq!(told["ts"][0], "1704067200");
    assert_eq!(told["SMA_3"][..4], ["", "", "101", "102"]);
    assert_eq!(told["RSI_14"][13..15], ["", "100"]);
    assert_eq!(told["MACD_12_26_9.hist"][32], "");
    assert_ne!(told["MACD_12_26_9.hist"][33], "");
    assert_eq!(told["MOM"][9..11], ["", "10"]);
    // Volumes 0, 10, 20 on rising closes.
    assert_eq!(told["OBV"][..3], ["0", "10", "30"]);
    // σ² of 20 numbers in a row is (20² − 1)/12.
    let upper: f64 = told["BBANDS_20_2.upper"][19].parse().expect("a figure");
    assert!((upper - (109.5 + 2.0 * (399.0_f64 / 12.0).sqrt())).abs() < 1e-9);
    assert!(
        told["CDLENGULFING"]
            .iter()
            .all(|cell| ["", "0", "100", "-100"].contains(&cell.as_str()))
    );
}

#[test]
fn input_that_is_refused_ends_with_3_and_names_the_line() {
    let broken = bars().replacen("105,106,104,105", "105,106,104,what", 1);
    let output = indicators(&["compute", "--input", "-", "--spec", "SMA_3"], &broken);
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stdout.is_empty());
    let told = text(&output.stderr);
    assert!(told.contains("line 7") && told.contains("`what`"), "{told}");

    let no_volume = "ts,open,high,low,close\n2024-01-02,1,2,1,2\n";
    let output = indicators(&["compute", "--input", "-", "--spec", "OBV"], no_volume);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("OBV reads volume"));

    let output = indicators(&["compute", "--input", "/nowhere.csv", "--spec", "SMA_3"], "");
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn a_spec_that_names_nothing_ends_with_2_and_says_what_is_near() {
    let output = indicators(&["compute", "--input", "-", "--spec", "RSJ_14"], &bars());
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    assert!(told.contains("RSJ_14") && told.contains("RSI"), "{told}");
    let output = indicators(&["compute", "--input", "-", "--spec", "RSI_1"], &bars());
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        indicators(&["compute", "--input", "-"], &bars()).status.code(),
        Some(2)
    );
}

#[test]
fn the_list_tells_parameters_inputs_outputs_and_ta_libs_names() {
    let output = indicators(&["list", "--json"], "");
    assert_eq!(output.status.code(), Some(0));
    let all: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(all.len() >= 181);
    let of = |name: &str| {
        all.iter()
            .find(|one| one["name"] == name)
            .expect("listed")
            .clone()
    };
    let macd = of("MACD");
    assert_eq!(macd["id"], "MACD_12_26_9");
    assert_eq!(macd["outputs"], serde_json::json!(["macd", "signal", "hist"]));
    assert_eq!(macd["params"][1]["default"], 26);
    assert_eq!(macd["ta_lib"], "MACD");
    assert_eq!(macd["inputs"], serde_json::json!(["close"]));
    assert_eq!(of("KELTNER")["ta_lib"], "KC");
    assert_eq!(of("APO")["params"][2]["choices"]["1"], "EMA");
    assert_eq!(of("CDLDOJI")["group"], "candlestick_pattern");

    let output = indicators(&["list", "--group", "cycle"], "");
    let told = text(&output.stdout);
    assert!(told.starts_with("cycle\n") && told.contains("HT_SINE"), "{told}");
    assert!(!told.contains("RSI"));
    assert_eq!(indicators(&["list", "--group", "x"], "").status.code(), Some(2));
}

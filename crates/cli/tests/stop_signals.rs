//! A request to stop that comes as soon as the program can be reached ends it in good order.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

const ROUNDS: u32 = 5;

/// Starts the program; the first line that it prints says where it is reached.
fn started(arguments: &[&str]) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tradewind"))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let mut output = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    output.read_line(&mut line).expect("text");
    assert!(!line.is_empty(), "it ended before it said where it is reached");
    (child, output)
}

fn stops(arguments: &[&str], signal: &str) {
    for _ in 0..ROUNDS {
        let (mut child, output) = started(arguments);
        let asked = Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status();
        assert!(asked.expect("kill runs").success());
        let status = child.wait().expect("it is gone");
        assert!(
            status.success(),
            "{arguments:?} ended with {status} after {signal}"
        );
        drop(output);
    }
}

#[test]
fn the_server_stops_in_order_as_soon_as_it_serves() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_string_lossy().into_owned();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", &data];
    stops(&arguments, "-TERM");
    stops(&arguments, "-INT");
}

#[test]
fn the_simulator_stops_in_order_as_soon_as_it_serves() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state.json").to_string_lossy().into_owned();
    stops(&["simulate", "--state", &state], "-TERM");
    assert!(
        std::path::Path::new(&state).exists(),
        "the market's state was not saved"
    );
}

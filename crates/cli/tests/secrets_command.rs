//! `tradewind secrets` and the links of `tradewind user`, as a shell sees them.
#![cfg(unix)]

use std::path::Path;
use std::process::{Command, Output};

fn run(data: &Path, args: &[&str], keys: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tradewind"));
    command
        .args(args)
        .arg("--data")
        .arg(data)
        .env("TRADEWIND_PASSWORD", "three boats under the bridge")
        .env_remove("TRADEWIND_CONFIG")
        .env_remove("TRADEWIND_SECRET_KEYS");
    if let Some(keys) = keys {
        command.env("TRADEWIND_SECRET_KEYS", keys);
    }
    command.output().expect("it runs")
}

fn out(output: &Output) -> String {
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn keys(data: &Path, keys: Option<&str>) -> Vec<(String, u64)> {
    let told = out(&run(data, &["secrets", "status", "--json"], keys));
    let told: serde_json::Value = serde_json::from_str(&told).expect("json");
    let read = |key: &serde_json::Value| {
        let id = key["id"].as_str().expect("id").to_owned();
        (id, key["values"].as_u64().expect("a count"))
    };
    told["keys"].as_array().expect("keys").iter().map(read).collect()
}

#[test]
fn a_rotation_seals_everything_anew_and_keeps_the_key_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let first = keys(&data, None);
    assert_eq!((first.len(), first[0].1), (1, 0));
    let file = std::fs::read_to_string(data.join("secret.key")).expect("made at the first use");
    out(&run(&data, &["secrets", "rotate-signing-key"], None));
    assert_eq!(keys(&data, None), [(first[0].0.clone(), 1)]);
    let told = out(&run(&data, &["secrets", "rotate"], None));
    assert!(told.contains("1 values were sealed anew"), "{told}");
    let second = keys(&data, None);
    assert_eq!(second[1], (first[0].0.clone(), 0));
    assert_eq!(second[0].1, 1);
    out(&run(&data, &["secrets", "rotate"], None));
    let third = keys(&data, None);
    assert_eq!(
        (third.len(), third[1].0.as_str()),
        (2, second[0].0.as_str()),
        "the first is gone"
    );
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        assert!(!told.contains(line), "a key was printed");
    }
}

#[test]
fn keys_of_the_environment_are_changed_there_and_one_that_is_missing_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let fresh = || out(&run_generate()).trim().to_owned();
    let (old, new) = (fresh(), fresh());
    assert_eq!(old.len(), 43);
    out(&run(&data, &["secrets", "rotate-signing-key"], Some(&old)));
    assert!(
        !data.join("secret.key").exists(),
        "a file was made that nobody asked for"
    );
    let both = format!("{new},{old}");
    let told = out(&run(&data, &["secrets", "rotate"], Some(&both)));
    assert!(
        told.contains("the environment") && told.contains("1 values"),
        "{told}"
    );
    assert_eq!(keys(&data, Some(&new))[0].1, 1);
    let missing = run(&data, &["secrets", "status"], Some(&old));
    assert_eq!(missing.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("which is not there"));
    let typo = run(&data, &["secrets", "status"], Some("hunter2"));
    let said = String::from_utf8_lossy(&typo.stderr).into_owned();
    assert!(
        typo.status.code() == Some(1) && !said.contains("hunter2"),
        "{said}"
    );
}

fn run_generate() -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tradewind"));
    command.args(["secrets", "generate"]).output().expect("it runs")
}

#[test]
fn a_reset_link_is_printed_once_and_a_factor_that_is_not_there_cannot_be_taken_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    out(&run(&data, &["user", "add", "asha"], None));
    let link = out(&run(&data, &["user", "reset-link", "asha"], None));
    assert!(link.starts_with("#reset=s1."), "{link}");
    assert_ne!(link, out(&run(&data, &["user", "reset-link", "asha"], None)));
    let none = run(&data, &["user", "factor-reset", "asha"], None);
    assert_eq!(none.status.code(), Some(3));
    let unknown = run(&data, &["user", "reset-link", "nobody"], None);
    assert_eq!(unknown.status.code(), Some(1));
}

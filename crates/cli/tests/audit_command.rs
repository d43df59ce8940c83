//! `tradewind audit` on a data directory: signed, looked over, exported, and broken by hand.

use std::path::Path;
use std::process::{Command, Output};

use tradewind_store::{Db, DbConfig, sql};

fn tradewind(data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tradewind"));
    command
        .args(arguments)
        .arg("--data")
        .arg(data)
        .env("TRADEWIND_PASSWORD", "a long enough pass phrase 5b");
    command.output().expect("the binary runs")
}

fn good(data: &Path, arguments: &[&str]) -> String {
    let output = tradewind(data, arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("text")
}

async fn by_hand(data: &Path, text: &str) {
    let db = Db::open(&DbConfig::file(&data.join("tradewind.db")))
        .await
        .expect("open");
    sql::script(text, &db).await.expect("changed");
    db.close().await;
}

#[tokio::test]
async fn a_log_is_signed_looked_over_and_exported_and_what_is_cut_off_is_seen() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    good(&data, &["user", "list"]);
    let nothing = tradewind(&data, &["audit", "checkpoint"]);
    assert_eq!(nothing.status.code(), Some(1), "an empty log has nothing to sign");
    for name in ["asha", "bela", "chitra"] {
        good(&data, &["user", "add", name]);
    }
    let printed = good(&data, &["audit", "verify"]);
    assert!(
        printed.contains("3 entries up to number 3") && printed.contains("no checkpoint"),
        "{printed}"
    );
    let signed = good(&data, &["audit", "checkpoint"]);
    let elsewhere = folder.path().join("elsewhere.jsonl");
    std::fs::write(&elsewhere, &signed).expect("kept");
    let kept = std::fs::read_to_string(data.join("audit-checkpoints.jsonl")).expect("the file");
    assert_eq!(kept, signed, "what is printed is what is kept");
    good(&data, &["user", "add", "devi"]);
    let found: serde_json::Value =
        serde_json::from_str(&good(&data, &["audit", "verify", "--json"])).expect("JSON");
    assert_eq!(
        (&found["intact"], &found["entries"], &found["checkpoint"]["seq"]),
        (&true.into(), &4.into(), &3.into())
    );
    let lines = good(&data, &["audit", "export"]);
    assert_eq!(lines.lines().count(), 5, "the export is noted before it is made");
    let last = lines.lines().last().expect("a line");
    assert!(last.contains("audit.export") && last.contains("JSONL"), "{last}");
    let csv = good(&data, &["audit", "export", "--format", "csv"]);
    assert_eq!(csv.lines().count(), 7);

    by_hand(&data, "DELETE FROM audit WHERE seq >= 3").await;
    let cut = tradewind(&data, &["audit", "verify"]);
    assert_eq!(
        cut.status.code(),
        Some(4),
        "{}",
        String::from_utf8_lossy(&cut.stderr)
    );
    // Whoever may write the data directory takes its checkpoints away, but not those that are elsewhere.
    std::fs::remove_file(data.join("audit-checkpoints.jsonl")).expect("removed");
    good(&data, &["audit", "verify"]);
    let elsewhere = elsewhere.to_string_lossy();
    let cut = tradewind(&data, &["audit", "verify", "--checkpoints", &elsewhere]);
    assert_eq!(cut.status.code(), Some(4));
    let words = String::from_utf8_lossy(&cut.stderr).into_owned();
    assert!(words.contains("the log ends at 2"), "{words}");
    by_hand(&data, "UPDATE audit SET action = 'user.nothing' WHERE seq = 2").await;
    let changed = tradewind(&data, &["audit", "verify"]);
    assert_eq!(changed.status.code(), Some(4));
    let missing = tradewind(&data, &["audit", "verify", "--checkpoints", "/nowhere.jsonl"]);
    assert_eq!(missing.status.code(), Some(3));
}

#[tokio::test]
async fn what_is_not_there_is_not_made_by_looking_at_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, typo) = (folder.path().join("data"), folder.path().join("dat"));
    for command in ["verify", "export", "checkpoint"] {
        let refused = tradewind(&typo, &["audit", command]);
        assert_eq!(refused.status.code(), Some(3), "{command}");
        let words = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(words.contains("there is no data directory"), "{words}");
        assert!(!typo.exists(), "{command} made it");
    }
    std::fs::create_dir(&data).expect("made");
    for command in ["verify", "export", "checkpoint"] {
        let refused = tradewind(&data, &["audit", command]);
        assert_eq!(refused.status.code(), Some(3), "{command}");
        let words = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(words.contains("there is no database"), "{words}");
        let inside = std::fs::read_dir(&data).expect("a folder").count();
        assert_eq!(inside, 0, "{command} made something");
    }
    // A database without tables stays one.
    by_hand(&data, "SELECT 1").await;
    assert_eq!(tradewind(&data, &["audit", "verify"]).status.code(), Some(1));
    let db = Db::open(&DbConfig::file(&data.join("tradewind.db")))
        .await
        .expect("open");
    let tables = sql::query("SELECT name FROM sqlite_master").fetch_all(&db).await;
    assert_eq!(tables.expect("read").len(), 0);
    db.close().await;
}

#[test]
fn what_is_done_to_people_of_an_organisation_is_in_its_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    good(&data, &["org", "create", "rival"]);
    good(&data, &["user", "add", "asha"]);
    good(&data, &["user", "add", "bela", "--org", "rival"]);
    good(&data, &["user", "link", "bela"]);
    let lines = good(&data, &["audit", "export"]);
    let noted: Vec<(String, String)> = lines
        .lines()
        .map(|line| {
            let entry: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let text = |name: &str| entry[name].as_str().expect("text").to_owned();
            (text("org"), text("action"))
        })
        .collect();
    let expected = [
        ("main", "organisation.create"),
        ("main", "user.create"),
        ("rival", "user.create"),
        ("rival", "link.create"),
        ("main", "audit.export"),
    ];
    assert_eq!(
        noted,
        expected.map(|(org, action)| (org.to_owned(), action.to_owned()))
    );
}

//! `tradewind store` as a shell sees it: copies, backups, restores and drills, from and to both databases.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tradewind_store::testing::{Server, block_on};
use tradewind_store::{Db, DbConfig, sql};

/// A place for a database: a data folder, or a PostgreSQL server's URL that goes before it.
struct Place {
    data: PathBuf,
    url: Option<String>,
}

impl Place {
    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tradewind"));
        command
            .args(args)
            .arg("--data")
            .arg(&self.data)
            .env("TRADEWIND_PASSWORD", "three boats under the bridge")
            .env_remove("TRADEWIND_CONFIG")
            .env_remove("TRADEWIND_BACKUP_KEY");
        match &self.url {
            Some(url) => command.env("DATABASE_URL", url),
            None => command.env_remove("DATABASE_URL"),
        };
        command.output().expect("it runs")
    }

    fn backup(&self, file: &Path, key: &Path) -> Value {
        json(&self.run(&with_key("backup", file, key)))
    }
}

/// `store WHAT FILE --key-file KEY --json`.
fn with_key<'a>(what: &'a str, file: &'a Path, key: &'a Path) -> Vec<&'a str> {
    let text = |path: &'a Path| path.to_str().expect("text");
    vec!["store", what, text(file), "--key-file", text(key), "--json"]
}

/// A command that needs no data folder.
fn plain(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tradewind"));
    let command = command.args(args).env_remove("DATABASE_URL");
    command.output().expect("it runs")
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", errors(output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn refused(output: &Output, code: i32, why: &str) {
    let told = errors(output);
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(told.contains(why), "{told}");
}

/// Backs up `from`, restores into `to`, and does everything that must not work.
fn there_and_back(folder: &Path, name: &str, from: &Place, to: [&Place; 2], drill_on: Option<&str>) {
    let added = from.run(&["user", "add", "asha", "--role", "trader"]);
    assert!(added.status.success(), "{}", errors(&added));
    let key = folder.join("backup.key");
    let other = folder.join("other.key");
    for path in [&key, &other] {
        assert!(
            plain(&["store", "key", path.to_str().expect("text")])
                .status
                .success()
        );
    }
    let file = folder.join("nightly.twb");
    let taken = from.backup(&file, &key);
    assert_eq!(taken["database"], name);
    assert!(taken["rows"].as_u64().is_some_and(|rows| rows >= 4), "{taken}");
    refused(&from.run(&with_key("backup", &file, &key)), 3, "is there already");
    assert_eq!(json(&plain(&with_key("verify", &file, &key))), taken);
    refused(&plain(&with_key("verify", &file, &other)), 4, "");

    // Drills leave nothing behind and do not touch what is there.
    let mut drill = with_key("restore", &file, &key);
    drill.push("--drill");
    assert_eq!(json(&from.run(&drill)), taken);
    if let Some(url) = drill_on {
        drill.extend(["--drill-on", url]);
        assert_eq!(json(&from.run(&drill)), taken);
        assert_eq!(drills_left(url), 0);
    }

    // A damaged one is noticed and leaves an empty database.
    let mut bytes = std::fs::read(&file).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let damaged = folder.join("damaged.twb");
    std::fs::write(&damaged, &bytes).expect("written");
    refused(&plain(&with_key("verify", &damaged, &key)), 4, "");
    for (number, place) in to.iter().enumerate() {
        refused(&place.run(&with_key("restore", &damaged, &key)), 4, "");
        assert_eq!(json(&place.run(&with_key("restore", &file, &key))), taken);
        refused(&place.run(&with_key("restore", &file, &key)), 1, "");
        // What was restored is what was backed up, whatever database it is in now.
        let again = place.backup(&folder.join(format!("again-{number}.twb")), &key);
        assert_eq!(again["tables"], taken["tables"]);
    }
}

/// Databases of drills on a server.
fn drills_left(url: &str) -> i64 {
    let mut left = -1;
    block_on(async {
        let db = Db::open(&DbConfig::postgres(url).expect("a URL"))
            .await
            .expect("open");
        let count = sql::query("SELECT COUNT(*) FROM pg_database WHERE datname LIKE 'tradewind\\_drill%'")
            .fetch_one(&db)
            .await;
        left = count.expect("counted").at(0).expect("a number");
        db.close().await;
    });
    left
}

fn databases(server: &Server, names: &[&str]) {
    block_on(async {
        let config = DbConfig::postgres(&server.url("postgres")).expect("a URL");
        let db = Db::open(&config).await.expect("open");
        for name in names {
            sql::script(&format!("CREATE DATABASE {name}"), &db)
                .await
                .expect(name);
        }
        db.close().await;
    });
}

fn file(folder: &Path, name: &str) -> Place {
    Place {
        data: folder.join(name),
        url: None,
    }
}

fn on(server: &Server, folder: &Path, name: &str) -> Place {
    Place {
        data: folder.join(name),
        url: Some(server.url(name)),
    }
}

#[test]
fn an_sqlite_database_is_backed_up_drilled_and_restored() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let to = [&file(folder, "one"), &file(folder, "two")];
    there_and_back(folder, "SQLite", &file(folder, "from"), to, None);
}

#[test]
fn a_postgresql_database_is_backed_up_drilled_and_restored_into_either() {
    let Some(server) = Server::start_or_skip() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    databases(&server, &["source", "target", "returned"]);
    let from = on(&server, folder, "source");
    let to = [&on(&server, folder, "target"), &file(folder, "file")];
    there_and_back(folder, "PostgreSQL", &from, to, Some(&server.url("postgres")));

    // And copied by command: from the server to a file and back to the server.
    let (source, returned) = (server.url("source"), server.url("returned"));
    let between = folder.join("between.db").display().to_string();
    let copy = |from: &str, to: &str| {
        let args = ["store", "copy", "--from", from, "--to", to, "--json"];
        json(&plain(&args))
    };
    let there = copy(&source, &between);
    assert_eq!(copy(&between, &returned), there);
    let args = ["store", "copy", "--from", &between, "--to", &returned];
    refused(&plain(&args), 1, "");
}

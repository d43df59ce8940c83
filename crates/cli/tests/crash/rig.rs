//! The working folder, the simulated venue, and the program as a child process.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tradewind_simulator::{Simulator, SimulatorConfig, SimulatorHandle, VenueConfig, VenueKind};

use crate::api::Api;

/// The program as built for this test; `TRADEWIND_BIN` names another one. Its database is a file, or at a URL.
fn binary(database: Option<&str>) -> Command {
    let built = env!("CARGO_BIN_EXE_tradewind");
    let mut command = Command::new(std::env::var("TRADEWIND_BIN").unwrap_or_else(|_| built.to_owned()));
    match database {
        Some(url) => command.env("DATABASE_URL", url),
        None => command.env_remove("DATABASE_URL"),
    };
    command
}

const READY_WITHIN: Duration = Duration::from_secs(30);

/// What a resumed run needs to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) seed: u64,
    pub(crate) key: String,
    pub(crate) account: String,
}

/// One instrument to trade.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Market {
    pub(crate) instrument: String,
    /// A price near which to order, in cents.
    pub(crate) cents: u64,
}

pub(crate) struct Rig {
    dir: PathBuf,
    /// URL of the PostgreSQL database; none is a file.
    database: Option<String>,
    _temp: Option<tempfile::TempDir>,
    _simulator: SimulatorHandle,
    pub(crate) state: State,
    pub(crate) markets: Vec<Market>,
}

impl Rig {
    /// Makes a new run, or goes on with the one in `TRADEWIND_CRASH_DIR`.
    pub(crate) async fn new(seed: u64) -> Self {
        Self::within(Self::kept(), seed, None).await
    }

    /// A new run on a PostgreSQL database; `kept` is an empty folder for what it leaves.
    pub(crate) async fn on_postgres(kept: Option<PathBuf>, seed: u64, url: String) -> Self {
        let used = kept
            .as_ref()
            .is_some_and(|folder| folder.join("state.json").exists());
        assert!(
            !used,
            "a run on a private PostgreSQL cannot be gone on with: {kept:?}"
        );
        Self::within(kept, seed, Some(url)).await
    }

    /// Where what a run leaves is to be kept.
    pub(crate) fn kept() -> Option<PathBuf> {
        std::env::var_os("TRADEWIND_CRASH_DIR").map(PathBuf::from)
    }

    async fn within(kept: Option<PathBuf>, seed: u64, database: Option<String>) -> Self {
        let temp = kept
            .is_none()
            .then(|| tempfile::tempdir().expect("a temporary folder"));
        let dir = kept.unwrap_or_else(|| temp.as_ref().expect("made just now").path().to_owned());
        std::fs::create_dir_all(dir.join("acks")).expect("the working folder");
        let simulator = simulator(seed).await;
        let urls = simulator.url(VenueKind::Coinbase).expect("served");
        std::fs::write(dir.join("serve.toml"), config(&urls.ws, &urls.rest)).expect("the configuration");
        let saved = std::fs::read_to_string(dir.join("state.json")).ok();
        let state = saved.map(|text| serde_json::from_str(&text).expect("a whole state file"));
        let unset = State {
            seed,
            key: String::new(),
            account: String::new(),
        };
        let mut rig = Self {
            dir,
            database,
            _temp: temp,
            _simulator: simulator,
            state: state.clone().unwrap_or(unset),
            markets: Vec::new(),
        };
        if state.is_none() {
            rig.add_user();
        }
        rig.first_start(state.is_none()).await;
        rig
    }

    fn add_user(&mut self) {
        let add = self.run(&["user", "add", "crash", "--role", "trader"]);
        assert!(add.status.success(), "{}", String::from_utf8_lossy(&add.stderr));
        let mut arguments = vec!["key", "add", "--user", "crash", "--name", "crash"];
        for scope in ["read", "trade", "cancel", "manage"] {
            arguments.extend(["--scope", scope]);
        }
        let key = self.run(&arguments);
        assert!(key.status.success(), "{}", String::from_utf8_lossy(&key.stderr));
        self.state.key = String::from_utf8_lossy(&key.stdout).trim().to_owned();
    }

    /// A start without a crash: opens the account on a new run, and waits until the venue's prices are there.
    async fn first_start(&mut self, new: bool) {
        let mut server = self.spawn();
        let api = server.ready(self).await;
        if new {
            self.state.account = open_account(&api).await;
            let text = serde_json::to_string(&self.state).expect("plain data");
            std::fs::write(self.dir.join("state.json"), text).expect("the state file");
        }
        assert!(
            self.prices(&api, READY_WITHIN).await,
            "no valid quotes; the log ends with\n{}",
            self.log_tail()
        );
        server.stop();
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// Runs the program to its end on this run's data.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = binary(self.database.as_deref());
        command.args(arguments).arg("--data").arg(self.data());
        command
            .env("TRADEWIND_PASSWORD", "crash-test 7f3a9c")
            .output()
            .expect("the binary runs")
    }

    /// Starts serving.
    pub(crate) fn spawn(&self) -> Server {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.dir.join("server.log"))
            .expect("the log");
        let child = binary(self.database.as_deref())
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(self.dir.join("serve.toml"))
            .arg("--data")
            .arg(self.data())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn();
        Server {
            child: child.expect("the binary starts"),
        }
    }

    /// The acknowledgements of a client, for appending.
    pub(crate) fn ack_log(&self, client: u64) -> File {
        let path = self.dir.join(format!("acks/{client}.jsonl"));
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .expect("a client's log")
    }

    /// Every acknowledgement of the whole run.
    pub(crate) fn acknowledgements(&self) -> Vec<Value> {
        let logs = std::fs::read_dir(self.dir.join("acks"))
            .expect("the logs")
            .flatten();
        let text = |path: &Path| std::fs::read_to_string(path).expect("a client's log");
        let lines = logs.flat_map(|log| text(&log.path()).lines().map(str::to_owned).collect::<Vec<_>>());
        lines
            .map(|line| serde_json::from_str(&line).expect("a whole line"))
            .collect()
    }

    /// Cycles that were done and checked.
    pub(crate) fn cycles_done(&self) -> u64 {
        std::fs::read_to_string(self.progress()).map_or(0, |text| text.lines().count() as u64)
    }

    fn progress(&self) -> PathBuf {
        self.dir.join("progress.log")
    }

    /// Notes a cycle as done, durably.
    pub(crate) fn note(&self, line: &str) {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.progress())
            .expect("the progress file");
        writeln!(file, "{line}")
            .and_then(|()| file.sync_data())
            .expect("the progress file");
    }

    fn log_tail(&self) -> String {
        let log = std::fs::read_to_string(self.dir.join("server.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(20).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

async fn simulator(seed: u64) -> SimulatorHandle {
    let config = SimulatorConfig {
        seed,
        venues: vec![VenueConfig {
            kind: VenueKind::Coinbase,
            port: 0,
        }],
        history: Duration::from_secs(600),
        ..SimulatorConfig::default()
    };
    Simulator::start(config).await.expect("the simulator starts")
}

fn config(ws: &str, rest: &str) -> String {
    format!(
        r#"rate_multiplier = 1000000
paper_latency_ms = 1
snapshot_every = 2000

[[venues]]
id = "coinbase"
kind = "coinbase_advanced"
ws = "{ws}"
rest = "{rest}"
symbols = ["BTC-USD"]
maker_fee = "0.001"
taker_fee = "0.002"
fee_source = "the crash test"
simulated = true
"#
    )
}

async fn open_account(api: &Api) -> String {
    let account =
        json!({ "name": "Crash", "venue": "coinbase", "base_currency": "USD", "deposit": "1000000000" });
    let opened = api
        .ask(Method::POST, "/accounts", Some(&account))
        .await
        .expect(&[201]);
    let id = opened["id"].as_str().expect("an id").to_owned();
    let path = format!("/accounts/{id}/risk");
    let risk = api.ask(Method::GET, &path, None).await;
    let version = risk.headers["etag"].to_str().expect("text").to_owned();
    let mut settings = risk.body["settings"].clone();
    for field in ["orders_per_minute", "orders_per_hour", "orders_per_day"] {
        settings[field] = json!(100_000_000);
    }
    let put = api
        .try_ask(Method::PUT, &path, Some(&settings), Some(&version))
        .await;
    put.expect("answered").expect(&[200]);
    id
}

/// One instrument: its history fits the venue's burst of requests, so that prices are there soon after a start.
const INSTRUMENTS: [&str; 1] = ["BTC-USD.COINBASE"];

/// The instruments whose quotes are valid now.
async fn valid_markets(api: &Api) -> Vec<Market> {
    let quotes = api
        .get(&format!("/quotes?instruments={}", INSTRUMENTS.join(",")))
        .await;
    let rows = quotes
        .as_array()
        .or_else(|| quotes["items"].as_array())
        .cloned()
        .unwrap_or_default();
    let market = |row: &Value| {
        let bid: f64 = row["bid"].as_str()?.parse().ok()?;
        let instrument = row["instrument"].as_str()?.to_owned();
        (row["state"] == "VALID").then_some(Market {
            instrument,
            cents: (bid * 100.0) as u64,
        })
    };
    rows.iter().filter_map(market).collect()
}

impl Rig {
    /// Waits until the venue's quotes are valid, so that orders are filled rather than denied, but not for longer
    /// than `limit`. False when they are not.
    pub(crate) async fn prices(&mut self, api: &Api, limit: Duration) -> bool {
        let begun = std::time::Instant::now();
        while begun.elapsed() < limit {
            let found = valid_markets(api).await;
            if found.len() == INSTRUMENTS.len() {
                self.markets = found;
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }
}

/// The running program; killed when dropped.
pub(crate) struct Server {
    child: Child,
}

impl Server {
    /// Waits until it says where it is.
    pub(crate) async fn ready(&mut self, rig: &Rig) -> Api {
        let stdout = self.child.stdout.take().expect("piped");
        let (tell, told) = oneshot::channel();
        std::thread::spawn(move || {
            // Whoever waited may have given up.
            let _ = tell.send(address(stdout));
        });
        let told = tokio::time::timeout(READY_WITHIN, told).await;
        let base = told.ok().and_then(Result::ok).flatten();
        let base = base.unwrap_or_else(|| panic!("it does not start; the log ends with\n{}", rig.log_tail()));
        Api::new(base, rig.state.key.clone())
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it was running");
        self.child.wait().expect("it is gone");
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(&mut self) {
        let asked = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        assert!(asked.expect("kill runs").success());
        let status = self.child.wait().expect("it is gone");
        assert!(status.success(), "it stopped with {status}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address it prints; the rest of its output is read, so that it never blocks.
fn address(stdout: ChildStdout) -> Option<String> {
    let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
    let found = lines.find_map(|line| Some(line.strip_prefix("Tradewind is at ")?.trim().to_owned()));
    std::thread::spawn(move || lines.for_each(drop));
    found
}

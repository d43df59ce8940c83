//! The real program with logs at their most talkative, and a client of it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::sync::mpsc;

const WITHIN: Duration = Duration::from_secs(30);

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(
            self.status.as_u16(),
            status,
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub(crate) fn headers_text(&self) -> Vec<u8> {
        let mut all = Vec::new();
        for (name, value) in &self.headers {
            all.extend_from_slice(name.as_str().as_bytes());
            all.extend_from_slice(value.as_bytes());
            all.push(b'\n');
        }
        all
    }

    pub(crate) fn whole(&self) -> Vec<u8> {
        [self.headers_text(), self.body.clone()].concat()
    }
}

pub(crate) struct Program {
    child: Child,
    folder: PathBuf,
    base: String,
    lines: mpsc::Receiver<String>,
    client: Client<HttpConnector, Full<Bytes>>,
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tradewind"));
    command
        .env("TRADEWIND_DATA", folder.join("data"))
        .env("TRADEWIND_LOG", "trace");
    command
}

impl Program {
    pub(crate) async fn start(folder: &Path) -> Self {
        let config = folder.join("serve.toml");
        std::fs::write(&config, "rate_multiplier = 1000000\n").expect("the configuration");
        let log = folder.join("server.log");
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .expect("the log");
        let mut child = command(folder)
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(config)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the binary starts");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let (tell, lines) = mpsc::channel(64);
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                // Whoever listened may have gone.
                let _ = tell.blocking_send(line);
            }
        });
        let client = Client::builder(TokioExecutor::new()).build_http();
        let mut program = Self {
            child,
            folder: folder.to_owned(),
            base: String::new(),
            lines,
            client,
        };
        program.base = program.printed("Tradewind is at ").await;
        program
    }

    /// What follows a text in the next printed line that has it.
    async fn printed(&mut self, text: &str) -> String {
        let found = tokio::time::timeout(WITHIN, async {
            while let Some(line) = self.lines.recv().await {
                if let Some((_, rest)) = line.split_once(text) {
                    return Some(rest.trim().to_owned());
                }
            }
            None
        });
        let found = found.await.ok().flatten();
        found.unwrap_or_else(|| panic!("`{text}` was not printed"))
    }

    pub(crate) async fn printed_token(&mut self, before: &str) -> String {
        self.printed(before).await
    }

    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, String)],
        body: Option<&Value>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}/api/v1{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let bytes = body.map_or_else(Bytes::new, |b| Bytes::from(b.to_string()));
        let request = request.body(Full::new(bytes)).expect("a request");
        let answered = tokio::time::timeout(WITHIN, self.client.request(request)).await;
        let (parts, body) = answered.expect("in time").expect("an answer").into_parts();
        let body = body.collect().await.expect("a whole answer").to_bytes().to_vec();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// Runs a command on the same data; what it prints. Its log goes where the server's does.
    pub(crate) fn command(&self, arguments: &[&str], password: Option<&str>) -> String {
        let log = self.folder.join("command.log");
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .expect("the log");
        let mut command = command(&self.folder);
        command.args(arguments).stderr(log);
        if let Some(password) = password {
            command.env("TRADEWIND_PASSWORD", password);
        }
        let output = command.output().expect("the binary runs");
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// `kill -9`: the write-ahead log stays as it is.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it was running");
        self.child.wait().expect("it is gone");
    }

    pub(crate) fn stop(&mut self) {
        let asked = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        assert!(asked.expect("kill runs").success());
        assert!(self.child.wait().expect("it is gone").success());
    }

    /// The limits of the running process.
    pub(crate) fn limits(&self) -> Option<String> {
        std::fs::read_to_string(format!("/proc/{}/limits", self.child.id())).ok()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

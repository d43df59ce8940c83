//! Files and history of a git repository.

use std::collections::HashSet;
use std::fmt;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::rules::Rules;

/// What looks like a secret, without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) rule: &'static str,
    /// `path:line`, with the commit before it in the history.
    pub(crate) place: String,
    pub(crate) fingerprint: String,
    /// Its first characters.
    pub(crate) beginning: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} ({}…) in {}",
            self.rule, self.fingerprint, self.beginning, self.place
        )
    }
}

pub(crate) struct Repository(PathBuf);

/// Begins the message of a commit in the log that is read.
const COMMIT: &[u8] = b"\x01commit ";

impl Repository {
    /// `None` when there is no repository, or no git.
    pub(crate) fn open(root: &Path) -> Option<Self> {
        let repository = Self(root.to_owned());
        let asked = repository
            .git(&["rev-parse", "--is-inside-work-tree"])
            .stderr(Stdio::null())
            .output();
        asked.ok().filter(|out| out.status.success()).map(|_| repository)
    }

    /// A new one.
    pub(crate) fn create(root: &Path) -> Option<Self> {
        let repository = Self(root.to_owned());
        let made = repository
            .git(&["init", "--quiet"])
            .stderr(Stdio::null())
            .status();
        made.ok()
            .filter(std::process::ExitStatus::success)
            .map(|_| repository)
    }

    fn git(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command
            .current_dir(&self.0)
            .args(["-c", "core.quotePath=false"])
            .args(arguments);
        // Hooks of git set these for another repository.
        command
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env_remove("GIT_INDEX_FILE");
        command
    }

    fn run(&self, arguments: &[&str]) -> Vec<u8> {
        let output = self.git(arguments).output().expect("git runs");
        assert!(
            output.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    }

    /// Whether a part of the history is missing.
    pub(crate) fn is_shallow(&self) -> bool {
        self.run(&["rev-parse", "--is-shallow-repository"])
            .starts_with(b"true")
    }

    pub(crate) fn commit(&self, name: &str, content: &[u8], message: &str) {
        std::fs::write(self.0.join(name), content).expect("written");
        self.run(&["add", name]);
        self.record(message);
    }

    pub(crate) fn remove(&self, name: &str, message: &str) {
        self.run(&["rm", "--quiet", name]);
        self.record(message);
    }

    fn record(&self, message: &str) {
        let who = [
            "-c",
            "user.name=test",
            "-c",
            "user.email=test@localhost",
            "-c",
            "commit.gpgSign=false",
        ];
        self.run(&[&who[..], &["commit", "--quiet", "--no-verify", "-m", message]].concat());
    }

    /// What looks like a secret in the files that are or could be committed.
    pub(crate) fn files(&self, rules: &Rules) -> Vec<Finding> {
        let names = self.run(&["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let mut found = Vec::new();
        for name in names.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
            let name = String::from_utf8_lossy(name).into_owned();
            // One that was deleted and not yet committed is still listed.
            let Ok(bytes) = std::fs::read(self.0.join(&name)) else {
                continue;
            };
            for (line, text) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
                found.extend(rules.scan(text, &name, || format!("{name}:{line}")));
            }
        }
        found
    }

    /// What looks like a secret in what the commits up to now added, and in their messages. A line is looked at once,
    /// however often it was added.
    pub(crate) fn history(&self, rules: &Rules) -> Vec<Finding> {
        let arguments = [
            "log",
            "--patch",
            "--text",
            "--unified=0",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "--no-renames",
            "--diff-merges=first-parent",
            "--format=%x01commit %H%n%an %ae%n%B%n%x01patch",
            "HEAD",
        ];
        let mut child = self
            .git(&arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("git runs");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let (mut reader, mut found) = (Log::default(), Vec::new());
        for line in output.split(b'\n') {
            reader.line(&line.expect("git's output"), rules, &mut found);
        }
        assert!(child.wait().expect("git ends").success(), "git log failed");
        found
    }
}

/// Where in the log we are.
#[derive(Default)]
struct Log {
    commit: String,
    file: String,
    line: u64,
    in_message: bool,
    seen: HashSet<Vec<u8>>,
}

impl Log {
    fn line(&mut self, text: &[u8], rules: &Rules, found: &mut Vec<Finding>) {
        if let Some(commit) = text.strip_prefix(COMMIT) {
            self.commit = String::from_utf8_lossy(&commit[..commit.len().min(12)]).into_owned();
            self.in_message = true;
        } else if text == b"\x01patch" {
            self.in_message = false;
        } else if self.in_message {
            found.extend(rules.scan(text, "message", || format!("{} message", self.commit)));
        } else if let Some(path) = text.strip_prefix(b"+++ b/") {
            self.file = String::from_utf8_lossy(path).into_owned();
        } else if text.starts_with(b"@@ ") {
            self.line = begin(text);
        } else if let Some(added) = text.strip_prefix(b"+") {
            if self.seen.insert(added.to_vec()) {
                found.extend(rules.scan(added, &self.file, || {
                    format!("{} {}:{}", self.commit, self.file, self.line)
                }));
            }
            self.line += 1;
        }
    }
}

/// The first line of a hunk `@@ -a,b +c,d @@` in the new file: c.
fn begin(hunk: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(hunk);
    let new = text.split(" +").nth(1).unwrap_or_default();
    let digits: String = new.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

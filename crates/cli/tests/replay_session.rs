//! A session of the demo, recorded on tape by the real program against the simulated venues, replays to its own
//! journal; a tape that was cut is not provable.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tradewind_types::OrderEventKind;
use tradewind_types::record::{Outcome, Record};

/// Until then the strategies have traded, however busy the machine.
const PATIENCE: Duration = Duration::from_secs(120);

struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn tradewind() -> Command {
    Command::new(env!("CARGO_BIN_EXE_tradewind"))
}

fn fills(journal: &Path) -> usize {
    let mut fills = 0;
    let count = |record: tradewind_journal::RecordRef<'_>| {
        let decoded = Record::decode(record.kind, record.version, record.payload);
        if let Ok(Record::Outcome(Outcome::Order(event))) = decoded {
            fills += usize::from(matches!(event.kind, OrderEventKind::Filled { .. }));
        }
    };
    // The journal may not be there yet.
    let _ = tradewind_journal::scan(journal, 1, count);
    fills
}

/// Runs the demo until it has traded, then stops it as Ctrl-C does.
fn recorded_session(data: &Path) -> PathBuf {
    let data_arg = data.to_str().expect("a path in UTF-8");
    let args = [
        "demo",
        "--tape",
        "--listen",
        "127.0.0.1:0",
        "--strategy-interval",
        "1s",
        "--data",
        data_arg,
    ];
    let child = tradewind()
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut demo = Demo(child);
    let begun = Instant::now();
    while fills(&data.join("journal")) < 2 {
        assert!(begun.elapsed() < PATIENCE, "no fill in {PATIENCE:?}");
        #[allow(
            clippy::disallowed_methods,
            reason = "another process runs in real time; the condition is polled"
        )]
        std::thread::sleep(Duration::from_millis(250));
    }
    let stopped = Command::new("kill")
        .args(["-INT", &demo.0.id().to_string()])
        .status();
    assert!(stopped.expect("kill runs").success());
    assert!(demo.0.wait().expect("it ends").success());
    let mut tapes = std::fs::read_dir(data.join("tapes")).expect("a folder of tapes");
    tapes.next().expect("a tape").expect("readable").path()
}

fn replay(tape: &Path) -> (Option<i32>, serde_json::Value) {
    let output = tradewind().args(["replay-session", "--json"]).arg(tape).output();
    let output = output.expect("the program runs");
    let value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code(), value)
}

#[test]
fn a_recorded_demo_session_replays_byte_for_byte_and_a_cut_tape_is_not_provable() {
    let folder = tempfile::tempdir().expect("a folder");
    let tape = recorded_session(folder.path());
    let (code, answer) = replay(&tape);
    assert_eq!(
        (code, answer["verdict"].as_str()),
        (Some(0), Some("equal")),
        "{answer}"
    );
    assert!(answer["fills"].as_u64() >= Some(2), "{answer}");

    let bytes = std::fs::read(&tape).expect("readable");
    std::fs::write(&tape, &bytes[..bytes.len() * 2 / 3]).expect("written");
    let (code, answer) = replay(&tape);
    assert_eq!(
        (code, answer["verdict"].as_str()),
        (Some(4), Some("not provable")),
        "{answer}"
    );
}

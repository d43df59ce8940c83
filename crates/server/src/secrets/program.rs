//! Running a program that the operator has configured: one that says root keys, or one that delivers a reset link.
//!
//! The program is started as it is written, without a shell. What it is told goes to its standard input, since arguments
//! and variables can be seen by others on the machine.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

/// The most that a program may say.
const OUTPUT_BYTES_MAX: u64 = 64 * 1024;
/// Between two looks at whether it has ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Variables of ours that are no other program's business.
const OURS: [&str; 4] = [
    super::source::SECRET_KEYS_ENV,
    "TRADEWIND_PASSWORD",
    "TRADEWIND_API_KEY",
    "DATABASE_URL",
];

/// Why a program did not do what it was configured for.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// Nothing is configured.
    #[error("the command is empty: its first word is the program")]
    Empty,
    /// It could not be started, told or heard.
    #[error("{program}: {error}")]
    Io {
        /// Its path.
        program: String,
        /// Why.
        error: std::io::Error,
    },
    /// It ended with another code than 0.
    #[error("{program} ended with {status}")]
    Failed {
        /// Its path.
        program: String,
        /// How.
        status: std::process::ExitStatus,
    },
    /// It took too long and was ended.
    #[error("{program} did not end within {seconds} s")]
    TooSlow {
        /// Its path.
        program: String,
        /// How long it was given.
        seconds: u64,
    },
}

/// Runs a program to its end and returns what it printed, at most 64 KiB. Blocks; what it writes to standard error goes to
/// ours.
///
/// # Errors
/// When it cannot be started, fails, or takes longer than `longest`; then it is ended.
pub fn run_program(
    command: &[String],
    input: &[u8],
    longest: Duration,
) -> Result<Zeroizing<Vec<u8>>, ProgramError> {
    let (program, arguments) = command.split_first().ok_or(ProgramError::Empty)?;
    let io = |error| ProgramError::Io {
        program: program.clone(),
        error,
    };
    let deadline = Instant::now() + longest;
    let mut starting = Command::new(program);
    starting
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    for name in OURS {
        starting.env_remove(name);
    }
    let mut child = starting.spawn().map_err(io)?;
    let ended = converse(&mut child, input, deadline);
    match ended {
        Ok(Some((status, output))) if status.success() => Ok(output),
        Ok(Some((status, _))) => Err(ProgramError::Failed {
            program: program.clone(),
            status,
        }),
        Ok(None) => {
            end(&mut child);
            Err(ProgramError::TooSlow {
                program: program.clone(),
                seconds: longest.as_secs(),
            })
        }
        Err(error) => {
            end(&mut child);
            Err(io(error))
        }
    }
}

type Ended = Option<(std::process::ExitStatus, Zeroizing<Vec<u8>>)>;

/// Tells it its input, hears it out and waits for its end; `None` when the time is over first.
fn converse(child: &mut Child, input: &[u8], deadline: Instant) -> std::io::Result<Ended> {
    let (tell, hear) = (child.stdin.take(), child.stdout.take());
    let left = |deadline: Instant| deadline.saturating_duration_since(Instant::now());
    let (said, heard) = sync_channel(1);
    let mut output = Zeroizing::new(Vec::new());
    if let Some(hear) = hear {
        thread::spawn(move || {
            let mut text = Zeroizing::new(Vec::new());
            let read = hear.take(OUTPUT_BYTES_MAX).read_to_end(&mut text);
            // Nobody listens any more when the time was over.
            let _ = said.send(read.map(|_| text));
        });
    }
    if let Some(mut tell) = tell {
        // A program that does not read its input has its reasons.
        match tell.write_all(input) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    match heard.recv_timeout(left(deadline)) {
        Ok(text) => output = text?,
        Err(RecvTimeoutError::Timeout) => return Ok(None),
        Err(RecvTimeoutError::Disconnected) => {}
    }
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some((status, output)));
        }
        if left(deadline).is_zero() {
            return Ok(None);
        }
        thread::park_timeout(LOOK_EVERY);
    }
}

fn end(child: &mut Child) {
    if let Err(error) = child.kill().and_then(|()| child.wait().map(|_| ())) {
        tracing::warn!(%error, "a program could not be ended");
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn shell(script: &str) -> Vec<String> {
        ["/bin/sh", "-c", script].map(str::to_owned).to_vec()
    }

    #[test]
    fn a_program_hears_its_input_and_is_heard() {
        let output = run_program(&shell("cat; echo done"), b"told: ", LONG).expect("ran");
        assert_eq!(*output, b"told: done\n");
        let deaf = run_program(&shell("exec 0<&-; echo done"), b"told", LONG).expect("ran");
        assert_eq!(*deaf, b"done\n");
    }

    #[test]
    fn a_program_that_fails_is_missing_or_takes_too_long_is_an_error() {
        let failed = run_program(&shell("exit 3"), b"", LONG).expect_err("failed");
        assert!(failed.to_string().contains("exit status: 3"), "{failed}");
        let missing = run_program(&["/nowhere/at-all".to_owned()], b"", LONG).expect_err("missing");
        assert!(missing.to_string().starts_with("/nowhere/at-all: "), "{missing}");
        assert!(matches!(run_program(&[], b"", LONG), Err(ProgramError::Empty)));
        let slow = run_program(&shell("exec sleep 600"), b"", Duration::from_millis(50));
        assert!(matches!(slow, Err(ProgramError::TooSlow { .. })), "{slow:?}");
        let silent = run_program(
            &shell("exec 1>&-; exec sleep 600"),
            b"",
            Duration::from_millis(50),
        );
        assert!(matches!(silent, Err(ProgramError::TooSlow { .. })), "{silent:?}");
    }
}

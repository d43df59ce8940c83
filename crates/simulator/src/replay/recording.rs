//! Recordings: text files, plain or gzip, one message a line as `<unix seconds>: <message>`. Lines that tell
//! of connections and of what was sent (`<->`, `<-`, `->`) are skipped.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

use super::protocol::{Key, Protocol};

/// Most messages of a recording.
const LINES_MAX: usize = 4_000_000;
/// Longest line, bytes.
const LINE_MAX: u64 = 32 << 20;
/// Most bytes of a recording, unpacked.
const BYTES_MAX: u64 = 2 << 30;

/// A recording could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file system refused, or the file is no whole gzip file.
    #[error("recording {path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A line is not of the format.
    #[error("recording {path}, line {line}: {reason}")]
    Malformed {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Nothing in it was received from a venue.
    #[error("recording {path} holds no message")]
    Empty {
        /// The file.
        path: String,
    },
}

/// One message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// When it was received, nanoseconds since the epoch.
    pub ts_ns: u64,
    /// The message.
    pub text: Arc<str>,
    /// What a client must have subscribed to, to get it.
    pub(super) key: Key,
}

/// A recording.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recording {
    /// The protocol it is in.
    pub protocol: Protocol,
    /// Its messages, in order.
    pub lines: Vec<Line>,
}

impl Recording {
    /// Reads a file.
    ///
    /// # Errors
    /// [`RecordingError`].
    pub fn load(path: &Path) -> Result<Self, RecordingError> {
        let name = path.display().to_string();
        let io_error = |source| RecordingError::Io {
            path: name.clone(),
            source,
        };
        let mut file = File::open(path).map_err(io_error)?;
        let mut magic = [0u8; 2];
        let packed = file.read(&mut magic).map_err(io_error)? == 2 && magic == [0x1f, 0x8b];
        file.seek(SeekFrom::Start(0)).map_err(io_error)?;
        let source: Box<dyn Read> = if packed {
            Box::new(MultiGzDecoder::new(file))
        } else {
            Box::new(file)
        };
        Self::read(BufReader::new(source.take(BYTES_MAX)), &name)
    }

    /// Reads lines; `name` is for errors.
    ///
    /// # Errors
    /// [`RecordingError`].
    pub fn read(mut source: impl BufRead, name: &str) -> Result<Self, RecordingError> {
        let malformed = |line, reason| RecordingError::Malformed {
            path: name.to_owned(),
            line,
            reason,
        };
        let mut raw: Vec<(u64, String)> = Vec::new();
        let mut number = 0;
        loop {
            number += 1;
            let mut line = String::new();
            let read = source.by_ref().take(LINE_MAX).read_line(&mut line);
            let read = read.map_err(|source| RecordingError::Io {
                path: name.to_owned(),
                source,
            })?;
            if read == 0 {
                break;
            }
            let line = line.trim_end();
            if line.is_empty() || !line.as_bytes()[0].is_ascii_digit() {
                // Connections (`wss://… <-> …`) and what was sent (`wss://… <- …`).
                continue;
            }
            let (stamp, text) = line
                .split_once(": ")
                .ok_or_else(|| malformed(number, "no `: ` after the time"))?;
            let ts_ns =
                seconds(stamp).ok_or_else(|| malformed(number, "the time is no number of seconds"))?;
            if raw.len() >= LINES_MAX {
                return Err(malformed(number, "more messages than a replay takes"));
            }
            raw.push((ts_ns, text.to_owned()));
        }
        if raw.is_empty() {
            return Err(RecordingError::Empty {
                path: name.to_owned(),
            });
        }
        let protocol = Protocol::detect(raw.iter().map(|(_, text)| text.as_str()));
        let lines = raw.into_iter().map(|(ts_ns, text)| {
            let key = protocol.key(&text);
            Line {
                ts_ns,
                text: text.into(),
                key,
            }
        });
        Ok(Self {
            protocol,
            lines: lines.collect(),
        })
    }

    /// Time from the first to the last message, nanoseconds.
    #[must_use]
    pub fn length_ns(&self) -> u64 {
        match (self.lines.first(), self.lines.last()) {
            (Some(first), Some(last)) => last.ts_ns.saturating_sub(first.ts_ns),
            _ => 0,
        }
    }
}

/// Decimal seconds as nanoseconds, exactly.
fn seconds(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.get(..fraction.len().min(9))?;
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let nanos: u64 = format!("{digits:0<9}").parse().ok()?;
    whole
        .parse::<u64>()
        .ok()?
        .checked_mul(1_000_000_000)?
        .checked_add(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_and_what_was_sent_is_skipped() {
        let text = concat!(
            "wss://ws.example <-> 1618677816.8\n",
            "wss://ws.example <- 1618677817.0: {\"type\":\"subscribe\"}\n",
            "1618677817.061845: {\"type\":\"ticker\",\"product_id\":\"A-B\"}\n",
            "1618677817.07979: {\"type\":\"match\",\"product_id\":\"A-B\"}\n",
        );
        let recording = Recording::read(text.as_bytes(), "test").expect("read");
        assert_eq!(recording.protocol, Protocol::CoinbaseExchange);
        assert_eq!(recording.lines.len(), 2);
        assert_eq!(recording.lines[0].ts_ns, 1_618_677_817_061_845_000);
        assert_eq!(recording.length_ns(), 17_945_000);
    }

    #[test]
    fn mistakes_are_reported_with_their_line() {
        for (text, line) in [("1.5: {}\n2.x: {}\n", 2), ("1.5 {}\n", 1)] {
            let error = Recording::read(text.as_bytes(), "test").expect_err("refused");
            assert!(error.to_string().contains(&format!("line {line}")), "{error}");
        }
        assert!(matches!(
            Recording::read("\n".as_bytes(), "x"),
            Err(RecordingError::Empty { .. })
        ));
    }
}

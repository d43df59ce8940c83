//! Reading quotes: their numbers without gaps, their latency.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tradewind_types::{Clock, UnixNanos};
use tradewind_venues::clock::SystemClock;

use anyhow::Context as _;

use super::wire::Socket;
use crate::commands::bench::latencies::Latencies;
use crate::commands::bench::target::Target;
use crate::failure::Failure;

/// Sockets that connect at once.
const CONNECTING_MAX: usize = 64;

/// What all sockets count into.
pub(super) struct Counts {
    pub(super) windows: Vec<Latencies>,
    /// Window that is counted into; past the end = none.
    window: AtomicU64,
    pub(super) gaps: AtomicU64,
    pub(super) refreshed: AtomicU64,
    pub(super) resumed: AtomicU64,
    pub(super) lost: AtomicU64,
    stop: AtomicBool,
}

impl Counts {
    pub(super) fn new(windows: u32) -> Arc<Self> {
        Arc::new(Self {
            windows: (0..windows.max(1)).map(|_| Latencies::new()).collect(),
            window: AtomicU64::new(u64::MAX),
            gaps: AtomicU64::new(0),
            refreshed: AtomicU64::new(0),
            resumed: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        })
    }

    /// Counts into one window after the other.
    pub(super) async fn count_for(&self, length: Duration) {
        for window in 0..self.windows.len() as u64 {
            self.window.store(window, Ordering::Relaxed);
            tokio::time::sleep(length).await;
        }
        self.window.store(u64::MAX, Ordering::Relaxed);
    }

    /// From here on an end is no loss.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Counts a socket that ended by itself.
    pub(super) fn ended(&self) {
        if !self.stop.load(Ordering::Relaxed) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// 0 gaps and 0 losses, or what there was.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let (gaps, lost) = (
            self.gaps.load(Ordering::Relaxed),
            self.lost.load(Ordering::Relaxed),
        );
        if gaps + lost > 0 {
            return Err(Failure::Check(format!(
                "{gaps} gaps in the numbering, {lost} sockets lost; 0 wanted"
            )));
        }
        Ok(())
    }
}

/// Connects so many sockets, some at once.
pub(super) async fn connect_all(count: usize, target: &Target) -> Result<Vec<Socket>, Failure> {
    let room = Arc::new(Semaphore::new(CONNECTING_MAX));
    let mut connecting = JoinSet::new();
    for n in 0..count {
        let (room, target) = (Arc::clone(&room), target.clone());
        connecting.spawn(async move {
            let _place = room.acquire().await.context("a place to connect")?;
            Socket::open(&target, n).await
        });
    }
    let mut sockets = Vec::with_capacity(count);
    while let Some(socket) = connecting.join_next().await {
        sockets.push(socket.context("a connection was interrupted")??);
    }
    Ok(sockets)
}

/// Where a reader is with its topics.
#[derive(Default)]
pub(super) struct Reader {
    topics: Vec<Position>,
    /// Where the next frame's topic probably stands: they come in turns.
    next: usize,
    day: Day,
}

struct Position {
    instrument: String,
    epoch: String,
    /// False until the first frame, whose number may be any.
    begun: bool,
    seq: u64,
}

impl Reader {
    /// The `n`th reader of so many instruments.
    pub(super) fn new(instruments: &[String], n: usize, topics: usize) -> Result<Self, Failure> {
        let all = instruments.len();
        if all == 0 || topics > all {
            return Err(Failure::failed(format!(
                "the server has {all} instruments, {topics} are wanted"
            )));
        }
        let topics = (0..topics).map(|t| Position {
            instrument: instruments[(n + t) % all].clone(),
            epoch: String::new(),
            begun: false,
            seq: 0,
        });
        Ok(Self {
            topics: topics.collect(),
            ..Self::default()
        })
    }

    /// Subscribes, going on from where it was before if it was.
    pub(super) async fn subscribe(&self, socket: &mut Socket) -> Result<(), Failure> {
        for Position {
            instrument,
            epoch,
            seq,
            ..
        } in &self.topics
        {
            let since = if epoch.is_empty() {
                String::new()
            } else {
                format!(r#","since":{{"epoch":"{epoch}","seq":{seq}}}"#)
            };
            let asked =
                format!(r#"{{"op":"subscribe","channel":"quotes","instrument":"{instrument}"{since}}}"#);
            socket.say(&asked).await?;
        }
        Ok(())
    }

    /// Reads until the socket ends.
    pub(super) async fn read(&mut self, socket: &mut Socket, counts: &Counts) {
        while socket.read(|frame| self.frame(frame, counts)).await {}
    }

    /// Takes a frame in; true when it carried a quote.
    pub(super) fn take(&mut self, frame: &[u8], counts: &Counts) -> bool {
        let (snapshot, rest) = match (frame.strip_prefix(DELTA), frame.strip_prefix(SNAPSHOT)) {
            (Some(rest), _) => (false, rest),
            (None, Some(rest)) => (true, rest),
            (None, None) => return false,
        };
        let Some((topic, rest)) = until_quote(rest) else {
            return false;
        };
        let Some(at) = self.place_of(topic) else {
            return false;
        };
        let position = &mut self.topics[at];
        let Some(seq) = number_after(rest, b"\"seq\":") else {
            return false;
        };
        if snapshot {
            if !position.epoch.is_empty() && position.seq != seq {
                counts.refreshed.fetch_add(1, Ordering::Relaxed);
            }
            if let Some(epoch) = text_after(rest, b"\"epoch\":\"") {
                epoch.clone_into(&mut position.epoch);
            }
        } else if position.begun && seq != position.seq + 1 {
            counts.gaps.fetch_add(1, Ordering::Relaxed);
        }
        (position.begun, position.seq) = (true, seq);
        let window = usize::try_from(counts.window.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        if let Some(latencies) = counts.windows.get(window)
            && let Some(ts) = text_after(rest, b"\"ts\":\"").and_then(|text| self.day.time(text))
        {
            latencies.add(SystemClock.now().since(ts) / 1_000);
        }
        true
    }

    fn frame(&mut self, frame: &[u8], counts: &Counts) {
        self.take(frame, counts);
    }

    fn place_of(&mut self, topic: &[u8]) -> Option<usize> {
        let instrument = topic.strip_prefix(b"quotes:")?;
        let is = |position: &Position| position.instrument.as_bytes() == instrument;
        let at = if self.topics.get(self.next).is_some_and(is) {
            self.next
        } else {
            self.topics.iter().position(is)?
        };
        self.next = (at + 1) % self.topics.len();
        Some(at)
    }
}

const DELTA: &[u8] = br#"{"op":"delta","topic":""#;
const SNAPSHOT: &[u8] = br#"{"op":"snapshot","topic":""#;

fn until_quote(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|b| *b == b'"')?;
    Some((&text[..end], &text[end..]))
}

fn after<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let at = text.windows(name.len()).position(|w| w == name)?;
    Some(&text[at + name.len()..])
}

fn number_after(text: &[u8], name: &[u8]) -> Option<u64> {
    let digits = after(text, name)?.iter().take_while(|b| b.is_ascii_digit());
    let mut some = false;
    let number = digits.fold(0_u64, |n, digit| {
        some = true;
        n.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'))
    });
    some.then_some(number)
}

fn text_after<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a str> {
    let (value, _) = until_quote(after(text, name)?)?;
    std::str::from_utf8(value).ok()
}

/// Reads times, of which one in many is of another second than the one before.
#[derive(Default)]
struct Day {
    second: String,
    begins: UnixNanos,
}

impl Day {
    fn time(&mut self, text: &str) -> Option<UnixNanos> {
        const SECOND: usize = "2026-11-30T07:00:00".len();
        let (second, rest) = text.split_at_checked(SECOND)?;
        if second != self.second {
            self.begins = format!("{second}Z").parse().ok()?;
            second.clone_into(&mut self.second);
        }
        let fraction = rest.strip_suffix('Z')?.trim_start_matches('.').as_bytes();
        let nanos = (0..9).fold(0_u64, |n, at| {
            n * 10
                + fraction
                    .get(at)
                    .map_or(0, |digit| u64::from(digit.wrapping_sub(b'0')))
        });
        Some(UnixNanos(self.begins.0 + nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_counted_per_topic() {
        let counts = Counts::new(1);
        let instruments = ["A-B.C".to_owned(), "D-E.C".to_owned()];
        let mut reader = Reader::new(&instruments, 0, 2).expect("two");
        let mut hear = |op: &str, instrument: &str, seq: u64| {
            let epoch = if op == "snapshot" { r#""epoch":"e-1","# } else { "" };
            let frame = format!(
                r#"{{"op":"{op}","topic":"quotes:{instrument}",{epoch}"seq":{seq},"data":{{"bid":"1","ts":"1970-01-01T00:00:01.5Z"}}}}"#
            );
            assert!(reader.take(frame.as_bytes(), &counts));
            counts.gaps.load(Ordering::Relaxed)
        };
        assert_eq!(hear("snapshot", "A-B.C", 7), 0);
        assert_eq!(hear("snapshot", "D-E.C", 1), 0);
        assert_eq!(hear("delta", "A-B.C", 8), 0);
        assert_eq!(hear("delta", "D-E.C", 2), 0);
        assert_eq!(hear("delta", "D-E.C", 4), 1);
        assert_eq!(hear("delta", "A-B.C", 9), 1);
        assert!(!reader.take(br#"{"op":"heartbeat"}"#, &counts));
        assert_eq!(
            (reader.topics[0].epoch.as_str(), reader.topics[0].seq),
            ("e-1", 9)
        );
        assert!(counts.check().is_err());
        assert!(Reader::new(&instruments, 0, 3).is_err());
    }

    #[test]
    fn times_are_read_as_the_type_reads_them() {
        let mut day = Day::default();
        for text in [
            "1970-01-01T00:00:01Z",
            "2026-11-30T07:15:52.123456789Z",
            "2026-11-30T07:15:52.5Z",
            "2026-11-30T07:15:53.000001Z",
        ] {
            assert_eq!(day.time(text), text.parse().ok(), "{text}");
        }
        assert_eq!(day.time("yesterday"), None);
    }
}

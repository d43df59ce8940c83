//! `hub.nats`: the same load over the WebSocket of a `nats-server`, to have something to compare with.
//!
//! The messages are those of our hub, byte for byte of the same form; every topic is a subject, every socket a
//! connection with a subscription for each of its topics. The publisher is in this process and costs it little: it
//! sends each message once. What NATS does not do here and ours does: rights, numbering, snapshots, an engine before it.
//! The server is `nats-server` on the path, started with a configuration in a temporary folder.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tradewind_types::Clock;
use tradewind_venues::clock::SystemClock;
use tradewind_wire as api;

use super::lanes::{Lane, WARM_UP, report};
use super::reading::{Counts, Reader};
use super::wire::Socket;
use crate::args::BenchArgs;
use crate::commands::bench::Figure;
use crate::commands::on_runtime;
use crate::failure::Failure;

/// As many as ours has.
const INSTRUMENTS: usize = 50;
/// Attempts to connect to a server that starts, a tenth of a second apart.
const ATTEMPTS: u32 = 100;
/// Longest line of the protocol that is waited for.
const LINE_MAX: usize = 64 * 1024;

pub(crate) fn measure(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    let lane = Lane::of(args, "hub.nats", 1_000, 10, 50);
    on_runtime(run(args, &lane))
}

/// A started `nats-server`; it ends with this value.
struct Server {
    child: Child,
    folder: std::path::PathBuf,
    authority: String,
}

impl Server {
    fn start() -> Result<Self, Failure> {
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let address = free.context("a free port")?;
        let folder = std::env::temp_dir().join(format!("tradewind-nats-{}", std::process::id()));
        std::fs::create_dir_all(&folder).context("a temporary folder")?;
        let config = folder.join("nats.conf");
        // No other listener than the WebSocket; port -1 is one that the system chooses.
        let text = format!(
            "host: 127.0.0.1\nport: -1\nmax_connections: 65536\nwebsocket {{\n  host: \"127.0.0.1\"\n  port: {}\n  no_tls: true\n  \
             compression: false\n}}\n",
            address.port()
        );
        std::fs::write(&config, text).context("the configuration of nats-server")?;
        let child = Command::new("nats-server")
            .arg("-c")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let child = child.map_err(|error| {
            Failure::with_hint(
                format!("nats-server cannot be started: {error}"),
                "it is the Debian package nats-server; tools/peers/nats/run.sh installs it",
            )
        })?;
        Ok(Self {
            child,
            folder,
            authority: address.to_string(),
        })
    }

    async fn connect(&self) -> Result<Client, Failure> {
        let mut attempt = 1;
        let socket = loop {
            match Socket::upgrade(&self.authority, "/", "").await {
                Ok(socket) => break socket,
                Err(failure) if attempt == ATTEMPTS => return Err(failure),
                Err(_) => {
                    attempt += 1;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        };
        let mut client = Client {
            socket,
            stream: Vec::new(),
        };
        let hello = "CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":false}\r\nPING\r\n";
        client.socket.say(hello).await?;
        let mut ready = false;
        while !ready {
            if !client.read(|_| {}, &mut ready).await {
                return Err(Failure::failed("nats-server ends the connection"));
            }
        }
        Ok(client)
    }

    fn resident_bytes(&self) -> Option<u64> {
        crate::commands::bench::target::resident_bytes_of(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ours alone, by its handle.
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait().map(drop)) {
            eprintln!("nats-server could not be stopped: {error}");
        }
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            eprintln!("{} could not be removed: {error}", self.folder.display());
        }
    }
}

/// A connection that speaks NATS over WebSocket.
struct Client {
    socket: Socket,
    /// Bytes of the protocol that are not whole: its messages do not keep to the frames.
    stream: Vec<u8>,
}

impl Client {
    /// Reads what is there and hands out every message's payload; `pong` is set when one came. False at the end.
    async fn read(&mut self, mut told: impl FnMut(&[u8]), pong: &mut bool) -> bool {
        let stream = &mut self.stream;
        let mut pings = 0;
        let open = self
            .socket
            .read(|frame| {
                if stream.is_empty() {
                    let rest = messages(frame, &mut told, pong, &mut pings);
                    stream.extend_from_slice(&frame[rest..]);
                } else {
                    stream.extend_from_slice(frame);
                    let rest = messages(stream, &mut told, pong, &mut pings);
                    stream.drain(..rest);
                }
            })
            .await;
        let mut answered = true;
        for _ in 0..pings {
            answered &= self.socket.say("PONG\r\n").await.is_ok();
        }
        open && answered && self.stream.len() < LINE_MAX
    }
}

/// Takes whole messages off the front; how many bytes they were.
fn messages(bytes: &[u8], told: &mut impl FnMut(&[u8]), pong: &mut bool, pings: &mut usize) -> usize {
    let mut at = 0;
    while let Some(end) = bytes[at..].windows(2).position(|w| w == b"\r\n") {
        let line = &bytes[at..at + end];
        let after = at + end + 2;
        if line.starts_with(b"MSG ") {
            let length = line
                .rsplit(|b| *b == b' ')
                .next()
                .and_then(|n| std::str::from_utf8(n).ok());
            let Some(length) = length.and_then(|n| n.parse::<usize>().ok()) else {
                return bytes.len();
            };
            let Some(payload) = bytes.get(after..after + length + 2) else {
                return at;
            };
            told(&payload[..length]);
            at = after + length + 2;
            continue;
        }
        *pong |= line == b"PONG";
        *pings += usize::from(line == b"PING");
        at = after;
    }
    at
}

fn instrument(n: usize) -> String {
    format!("BENCH{n}-USD.BENCH")
}

async fn run(args: &BenchArgs, lane: &Lane) -> Result<Vec<Figure>, Failure> {
    let server = Server::start()?;
    let publisher = server.connect().await?;
    let before = server.resident_bytes();
    let began = Instant::now();
    let mut clients = Vec::with_capacity(lane.sockets);
    for _ in 0..lane.sockets {
        clients.push(server.connect().await?);
    }
    let connected = began.elapsed();
    let idle = server.resident_bytes();
    let counts = Counts::new(args.runs);
    let instruments: Vec<String> = (0..INSTRUMENTS).map(instrument).collect();
    let mut readers = JoinSet::new();
    for (n, mut client) in clients.into_iter().enumerate() {
        let mut reader = Reader::new(&instruments, n, lane.topics)?;
        for topic in 0..lane.topics {
            let slot = (n + topic) % INSTRUMENTS;
            client
                .socket
                .say(&format!("SUB quotes.{slot} {topic}\r\n"))
                .await?;
        }
        let counts = Arc::clone(&counts);
        readers.spawn(async move {
            let mut told = |frame: &[u8]| {
                reader.take(frame, &counts);
            };
            while client.read(&mut told, &mut false).await {}
            counts.ended();
        });
    }
    let publishing = tokio::spawn(publish(publisher, lane.rate));
    tokio::time::sleep(WARM_UP).await;
    let window = Duration::from_secs_f64(args.seconds() as f64 / f64::from(args.runs.max(1)));
    counts.count_for(window).await;
    let loaded = server.resident_bytes();
    counts.stop();
    publishing.abort();
    readers.shutdown().await;
    let figures = report(args, lane, &counts, window, connected, [before, idle, loaded]);
    counts.check()?;
    Ok(figures)
}

/// Publishes a quote of every instrument `rate` times a second, spread over the period, as our server does.
async fn publish(mut client: Client, rate: u32) {
    let per_second = u64::from(rate.max(1)) * INSTRUMENTS as u64;
    let mut ticks = interval(Duration::from_millis(2));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut sent, mut passed) = (0_u64, 0_u64);
    loop {
        ticks.tick().await;
        passed += 1;
        let mut lines = String::new();
        while sent < passed * per_second / 500 {
            let (slot, n) = (sent % INSTRUMENTS as u64, sent / INSTRUMENTS as u64);
            let payload = message(slot as usize, n);
            lines.push_str(&format!("PUB quotes.{slot} {}\r\n{payload}\r\n", payload.len()));
            sent += 1;
        }
        if !lines.is_empty() && client.socket.say(&lines).await.is_err() {
            return;
        }
    }
}

/// The `n`th message of an instrument, in the form of our hub's.
fn message(slot: usize, n: u64) -> String {
    let phase = i64::try_from(n % 200).unwrap_or(0);
    let bid = 100_000 + phase.min(200 - phase);
    let dollars = |cents: i64| Some(api::Dec(rust_decimal::Decimal::new(cents, 2)));
    let quote = api::Quote {
        instrument: instrument(slot),
        bid: dollars(bid),
        ask: dollars(bid + 2),
        bid_size: dollars(150),
        ask_size: dollars(250),
        mid: dollars(bid + 1),
        last: None,
        last_size: None,
        ts: Some(api::Time(SystemClock.now())),
        age_ms: Some(0),
        state: api::DataState::Valid,
        simulated: true,
        late: false,
    };
    let data = serde_json::to_string(&quote).unwrap_or_default();
    format!(
        r#"{{"op":"delta","topic":"quotes:{}","seq":{},"data":{data}}}"#,
        instrument(slot),
        n + 1
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_taken_apart_wherever_they_are_cut() {
        let all = b"INFO {}\r\nPONG\r\nMSG quotes.1 3 5\r\nhello\r\nPING\r\nMSG quotes.1 3 reply 2\r\n\r\n\r\n+OK\r\n";
        for cut in 0..all.len() {
            let (mut heard, mut pong, mut pings) = (Vec::new(), false, 0);
            let mut told = |payload: &[u8]| heard.push(payload.to_vec());
            let rest = messages(&all[..cut], &mut told, &mut pong, &mut pings);
            let rest = rest + messages(&all[rest..], &mut told, &mut pong, &mut pings);
            assert_eq!(rest, all.len(), "{cut}");
            assert_eq!(heard, [&b"hello"[..], b"\r\n"], "{cut}");
            assert!(pong && pings == 1, "{cut}");
        }
    }
}

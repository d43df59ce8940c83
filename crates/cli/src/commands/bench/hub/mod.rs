//! `bench hub`: many sockets in a process of their own, each reading quotes at a steady rate.
//!
//! Every frame's number is checked against the one before; latency is our clock minus the time in the quote, on one
//! machine one clock: from the moment the quote was made, through engine and hub, to here. `--stalled`
//! more sockets subscribe and never read. Memory per socket is the growth of the server's resident memory when the sockets connect, before
//! they subscribe.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tradewind_types::{Clock, UnixNanos};
use tradewind_venues::clock::SystemClock;

use super::Figure;
use super::latencies::Latencies;
use super::target::{self, Target};
use crate::args::BenchArgs;
use crate::commands::on_runtime;
use crate::failure::Failure;

/// Sockets that connect at once.
const CONNECTING_MAX: usize = 64;
/// Time after subscribing that is not counted: snapshots, first wake-ups.
const WARM_UP: Duration = Duration::from_secs(3);

type Socket = WebSocketStream<TcpStream>;

/// What all sockets count into.
struct Counts {
    windows: Vec<Latencies>,
    /// Window that is counted into; past the end = none.
    window: AtomicU64,
    gaps: AtomicU64,
    refreshed: AtomicU64,
    lost: AtomicU64,
    stop: AtomicBool,
}

pub(super) fn measure(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    let (target, _served) = target::of(args)?;
    on_runtime(run(args, &target))
}

async fn run(args: &BenchArgs, target: &Target) -> Result<Vec<Figure>, Failure> {
    let windows = args.runs.max(1);
    let counts = Arc::new(Counts {
        windows: (0..windows).map(|_| Latencies::new()).collect(),
        window: AtomicU64::new(u64::MAX),
        gaps: AtomicU64::new(0),
        refreshed: AtomicU64::new(0),
        lost: AtomicU64::new(0),
        stop: AtomicBool::new(false),
    });
    let before = target.resident_bytes();
    let began = Instant::now();
    let sockets = connect_all(args.sockets, target).await?;
    let connected = began.elapsed();
    // The server's housekeeping has its beat every second; what connecting took for a moment is given back by then.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle = target.resident_bytes();
    // Subscribed, and never read again.
    let mut stalled = Vec::with_capacity(args.stalled);
    for n in 0..args.stalled {
        stalled.push(subscribed(connect(target, n).await?, &target.instruments, n).await?);
    }
    let mut readers = JoinSet::new();
    for (n, socket) in sockets.into_iter().enumerate() {
        let socket = subscribed(socket, &target.instruments, n).await?;
        readers.spawn(read(socket, Arc::clone(&counts)));
    }
    tokio::time::sleep(WARM_UP).await;
    let window_length = Duration::from_secs_f64(args.seconds.max(1) as f64 / f64::from(windows));
    for window in 0..windows {
        counts.window.store(u64::from(window), Ordering::Relaxed);
        tokio::time::sleep(window_length).await;
    }
    counts.window.store(u64::MAX, Ordering::Relaxed);
    let loaded = target.resident_bytes();
    counts.stop.store(true, Ordering::Relaxed);
    readers.shutdown().await;
    drop(stalled);
    let memory = Memory { before, idle, loaded };
    report(args, &counts, window_length, connected, &memory)
}

struct Memory {
    before: Option<u64>,
    idle: Option<u64>,
    loaded: Option<u64>,
}

fn report(
    args: &BenchArgs,
    counts: &Counts,
    window: Duration,
    connected: Duration,
    memory: &Memory,
) -> Result<Vec<Figure>, Failure> {
    let (gaps, lost) = (
        counts.gaps.load(Ordering::Relaxed),
        counts.lost.load(Ordering::Relaxed),
    );
    let refreshed = counts.refreshed.load(Ordering::Relaxed);
    let p50: f64 = counts
        .windows
        .iter()
        .map(|w| w.quantile_ms(0.5))
        .fold(0.0, f64::max);
    let note = format!(
        "{} sockets + {} stalled, {} messages/s each asked for, {} s; {gaps} gaps, {refreshed} conflated, {lost} lost; \
         worst p50 {p50:.2} ms; connected in {:.1} s; load generator on the same machine",
        args.sockets,
        args.stalled,
        args.rate,
        args.seconds,
        connected.as_secs_f64()
    );
    let delivered = counts
        .windows
        .iter()
        .map(|w| w.count() as f64 / window.as_secs_f64())
        .collect();
    let p99 = counts.windows.iter().map(|w| w.quantile_ms(0.99)).collect();
    let mut figures = vec![
        Figure::of("hub.delivered", "messages/s", delivered, &note),
        Figure::of("hub.p99", "ms", p99, &note),
    ];
    if let (Some(before), Some(idle)) = (memory.before, memory.idle) {
        let each = |bytes: u64| bytes.saturating_sub(before) as f64 / args.sockets.max(1) as f64;
        let loaded = memory
            .loaded
            .map(|bytes| format!("; under load {:.0}", each(bytes)))
            .unwrap_or_default();
        let note = format!(
            "resident memory of the server per idle socket, {} sockets{loaded}",
            args.sockets
        );
        figures.push(Figure::of("hub.socket_bytes", "bytes", vec![each(idle)], &note));
    }
    if gaps + lost > 0 {
        figures.iter().for_each(|figure| eprintln!("{figure}"));
        return Err(Failure::Check(format!(
            "{gaps} gaps in the numbering, {lost} sockets lost; 0 wanted"
        )));
    }
    Ok(figures)
}

async fn connect_all(count: usize, target: &Target) -> Result<Vec<Socket>, Failure> {
    let room = Arc::new(Semaphore::new(CONNECTING_MAX));
    let mut connecting = JoinSet::new();
    for n in 0..count {
        let (room, target) = (Arc::clone(&room), target.clone());
        connecting.spawn(async move {
            let _place = room.acquire().await.context("a place to connect")?;
            connect(&target, n).await
        });
    }
    let mut sockets = Vec::with_capacity(count);
    while let Some(socket) = connecting.join_next().await {
        sockets.push(socket.context("a connection was interrupted")??);
    }
    Ok(sockets)
}

/// Connects, signs on with a key, and hears the welcome.
async fn connect(target: &Target, n: usize) -> Result<Socket, Failure> {
    let hint = "more sockets may need a higher limit of open files: ulimit -n 20000";
    let refused =
        |what: &str, error: &dyn std::fmt::Display| Failure::with_hint(format!("{what}: {error}"), hint);
    let stream = TcpStream::connect(target.authority())
        .await
        .map_err(|error| refused("cannot connect", &error))?;
    stream.set_nodelay(true).context("a socket option")?;
    let mut request = format!("ws://{}/api/v1/stream", target.authority())
        .into_client_request()
        .context("the hub's address")?;
    let key = format!("Bearer {}", target.key(n));
    request
        .headers_mut()
        .insert("authorization", key.parse().context("the key as a header")?);
    let config = WebSocketConfig::default().read_buffer_size(2 * 1024);
    let opened = tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await;
    let (mut socket, _) = opened.map_err(|error| refused("the hub refuses", &error))?;
    match socket.next().await {
        Some(Ok(Message::Text(text))) if text.contains("\"op\":\"welcome\"") => Ok(socket),
        other => Err(Failure::failed(format!("no welcome from the hub, but {other:?}"))),
    }
}

async fn subscribed(mut socket: Socket, instruments: &[String], n: usize) -> Result<Socket, Failure> {
    let instrument = instruments
        .get(n % instruments.len().max(1))
        .context("the server has no instruments")?;
    let asked = format!(r#"{{"op":"subscribe","channel":"quotes","instrument":"{instrument}"}}"#);
    socket.send(Message::text(asked)).await.context("subscribing")?;
    Ok(socket)
}

async fn read(mut socket: Socket, counts: Arc<Counts>) {
    let mut last = None;
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        let now = SystemClock.now();
        let snapshot = text.starts_with(r#"{"op":"snapshot""#);
        if !snapshot && !text.starts_with(r#"{"op":"delta""#) {
            continue;
        }
        let Some(seq) = number_after(&text, "\"seq\":") else {
            continue;
        };
        match last.replace(seq) {
            Some(before) if snapshot => {
                counts
                    .refreshed
                    .fetch_add(u64::from(seq != before), Ordering::Relaxed);
            }
            Some(before) if seq != before + 1 => {
                counts.gaps.fetch_add(1, Ordering::Relaxed);
            }
            _ => {}
        }
        let window = usize::try_from(counts.window.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        if let (Some(latencies), Some(ts)) = (counts.windows.get(window), time_after(&text, "\"ts\":\"")) {
            latencies.add(now.since(ts) / 1_000);
        }
    }
    if !counts.stop.load(Ordering::Relaxed) {
        counts.lost.fetch_add(1, Ordering::Relaxed);
    }
}

fn number_after(text: &str, name: &str) -> Option<u64> {
    let rest = &text[text.find(name)? + name.len()..];
    rest[..rest.find(|c: char| !c.is_ascii_digit())?].parse().ok()
}

fn time_after(text: &str, name: &str) -> Option<UnixNanos> {
    let rest = &text[text.find(name)? + name.len()..];
    rest[..rest.find('"')?].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_and_time_are_found_in_a_frame() {
        let frame = r#"{"op":"delta","topic":"quotes:A-B.C","seq":41,"data":{"bid":"1","ts":"1970-01-01T00:00:01Z"}}"#;
        assert_eq!(number_after(frame, "\"seq\":"), Some(41));
        assert_eq!(time_after(frame, "\"ts\":\""), Some(UnixNanos::from_secs(1)));
        assert_eq!(number_after("{}", "\"seq\":"), None);
    }
}

//! Lanes of a steady load.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::reading::{Counts, Reader, connect_all};
use super::wire::Socket;
use crate::args::BenchArgs;
use crate::commands::bench::Figure;
use crate::commands::bench::served::Load;
use crate::commands::bench::target::{self, Target};
use crate::commands::on_runtime;
use crate::failure::Failure;

/// Time after subscribing that is not counted: snapshots, first wake-ups.
pub(super) const WARM_UP: Duration = Duration::from_secs(3);
/// How long idle sockets are left alone: two heartbeats, whose messages are among what a socket costs.
const IDLE: Duration = Duration::from_secs(32);
/// Time after which what connecting took for a moment is given back.
const SETTLED: Duration = Duration::from_secs(2);

/// A steady load.
pub(super) struct Lane {
    pub(super) name: &'static str,
    pub(super) sockets: usize,
    pub(super) topics: usize,
    pub(super) rate: u32,
    pub(super) stalled: usize,
}

impl Lane {
    pub(super) fn of(args: &BenchArgs, name: &'static str, sockets: usize, topics: usize, rate: u32) -> Self {
        Self {
            name,
            sockets: args.sockets.unwrap_or(sockets),
            topics: args.topics.unwrap_or(topics),
            rate: args.rate.unwrap_or(rate),
            stalled: args.stalled.unwrap_or(if name == "hub" { 1 } else { 0 }),
        }
    }
}

pub(crate) fn fan_out(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    steady(args, &Lane::of(args, "hub", 2_000, 1, 50))
}

pub(crate) fn throughput(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    steady(args, &Lane::of(args, "hub.throughput", 1_000, 10, 50))
}

pub(crate) fn wide(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    steady(args, &Lane::of(args, "hub.wide", 10_000, 1, 10))
}

fn steady(args: &BenchArgs, lane: &Lane) -> Result<Vec<Figure>, Failure> {
    let (target, _served) = target::of(args, Load::of(args, lane.rate))?;
    on_runtime(run(args, lane, &target))
}

async fn run(args: &BenchArgs, lane: &Lane, target: &Target) -> Result<Vec<Figure>, Failure> {
    let counts = Counts::new(args.runs);
    let before = target.resident_bytes();
    let began = Instant::now();
    let sockets = connect_all(lane.sockets, target).await?;
    let connected = began.elapsed();
    tokio::time::sleep(SETTLED).await;
    let idle = target.resident_bytes();
    // Subscribed, and never read again.
    let mut stalled = Vec::with_capacity(lane.stalled);
    for n in 0..lane.stalled {
        let mut socket = Socket::open(target, n).await?;
        Reader::new(&target.instruments, n, lane.topics)?
            .subscribe(&mut socket)
            .await?;
        stalled.push(socket);
    }
    let mut readers = JoinSet::new();
    for (n, mut socket) in sockets.into_iter().enumerate() {
        let mut reader = Reader::new(&target.instruments, n, lane.topics)?;
        reader.subscribe(&mut socket).await?;
        let counts = Arc::clone(&counts);
        readers.spawn(async move {
            reader.read(&mut socket, &counts).await;
            counts.ended();
        });
    }
    tokio::time::sleep(WARM_UP).await;
    let window = Duration::from_secs_f64(args.seconds() as f64 / f64::from(args.runs.max(1)));
    counts.count_for(window).await;
    let loaded = target.resident_bytes();
    counts.stop();
    readers.shutdown().await;
    drop(stalled);
    let figures = report(args, lane, &counts, window, connected, [before, idle, loaded]);
    if let Err(failure) = counts.check() {
        figures.iter().for_each(|figure| eprintln!("{figure}"));
        return Err(failure);
    }
    Ok(figures)
}

pub(super) fn report(
    args: &BenchArgs,
    lane: &Lane,
    counts: &Counts,
    window: Duration,
    connected: Duration,
    [before, idle, loaded]: [Option<u64>; 3],
) -> Vec<Figure> {
    let worst = counts
        .windows
        .iter()
        .map(|w| w.quantile_ms(0.5))
        .fold(0.0, f64::max);
    let note = format!(
        "{} sockets × {} topics + {} stalled, {} messages/s each asked for of a topic, {} s; {} gaps, {} conflated, {} lost; \
         worst p50 {worst:.2} ms; connected in {:.1} s; load generator on the same machine",
        lane.sockets,
        lane.topics,
        lane.stalled,
        lane.rate,
        args.seconds(),
        counts.gaps.load(Ordering::Relaxed),
        counts.refreshed.load(Ordering::Relaxed),
        counts.lost.load(Ordering::Relaxed),
        connected.as_secs_f64()
    );
    let per_second = |count: u64| count as f64 / window.as_secs_f64();
    let delivered = counts.windows.iter().map(|w| per_second(w.count())).collect();
    let p99 = counts.windows.iter().map(|w| w.quantile_ms(0.99)).collect();
    let named = |what: &str| format!("{}.{what}", lane.name);
    let mut figures = vec![
        Figure::of(named("delivered"), "messages/s", delivered, &note),
        Figure::of(named("p99"), "ms", p99, &note),
    ];
    if let (Some(before), Some(idle)) = (before, idle) {
        let each = |bytes: u64| bytes.saturating_sub(before) as f64 / lane.sockets.max(1) as f64;
        let loaded = loaded.map(|bytes| format!("; under load {:.0}", each(bytes)));
        let note = format!(
            "resident memory of the server per idle socket, {} sockets{}",
            lane.sockets,
            loaded.unwrap_or_default()
        );
        figures.push(Figure::of(
            named("socket_bytes"),
            "bytes",
            vec![each(idle)],
            &note,
        ));
    }
    figures
}

/// `hub.idle`.
pub(crate) fn idle(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    let count = args.sockets.unwrap_or(10_000);
    let (target, _served) = target::of(args, Load::of(args, args.rate.unwrap_or(1)))?;
    on_runtime(async {
        let counts = Counts::new(1);
        let before = target.resident_bytes();
        let began = Instant::now();
        let sockets = connect_all(count, &target).await?;
        let connected = began.elapsed();
        let mut readers = JoinSet::new();
        for mut socket in sockets {
            let counts = Arc::clone(&counts);
            readers.spawn(async move {
                while socket.read(|_| {}).await {}
                counts.ended();
            });
        }
        tokio::time::sleep(IDLE).await;
        let after = target.resident_bytes();
        counts.stop();
        readers.shutdown().await;
        counts.check()?;
        let (Some(before), Some(after)) = (before, after) else {
            return Err(Failure::failed(
                "the server's memory cannot be read: no process id, or no /proc",
            ));
        };
        let each = after.saturating_sub(before) as f64 / count.max(1) as f64;
        let note = format!(
            "resident memory of the server per idle socket, {count} sockets after {} s of heartbeats, 0 lost; connected in {:.1} s; \
             load generator on the same machine",
            IDLE.as_secs(),
            connected.as_secs_f64()
        );
        Ok(vec![Figure::of(
            "hub.idle.socket_bytes",
            "bytes",
            vec![each],
            &note,
        )])
    })
}
